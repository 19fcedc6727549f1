//! The two networks and their numbers, which `training/train_joints.py` wrote.

use super::network::{Convolution, Layer, Tensor, doubled, halved, joined};
pub(crate) use super::shape::POINTS;
use super::shape::Shape;
use crate::Error;
use howship_change::Part;

/// Pixels a side of a crop of the whole hand, and of its heat maps.
pub(crate) const CROP: usize = 144;
pub(crate) const MAP: usize = 72;
/// Pixels a side of a joint's patch.
pub(crate) const PATCH: usize = 48;

static HAND: &[u8] = include_bytes!("joints.weights");
static FOOT: &[u8] = include_bytes!("feet.weights");

const fn layer(size: usize, stride: usize, inputs: usize, outputs: usize) -> Layer {
    Layer {
        size,
        stride,
        inputs,
        outputs,
        rectified: true,
    }
}

const fn last(inputs: usize, outputs: usize) -> Layer {
    Layer {
        size: 1,
        stride: 1,
        inputs,
        outputs,
        rectified: false,
    }
}

/// In the order in which they are called.
const WHOLE_HAND: [Layer; 15] = [
    layer(5, 2, 2, 12),
    layer(3, 1, 12, 12),
    layer(3, 1, 12, 24),
    layer(3, 1, 24, 24),
    layer(3, 1, 24, 40),
    layer(3, 1, 40, 40),
    layer(3, 1, 40, 56),
    layer(3, 1, 56, 56),
    layer(3, 1, 56, 56),
    layer(3, 1, 96, 40),
    layer(3, 1, 40, 40),
    layer(3, 1, 64, 24),
    layer(3, 1, 24, 24),
    layer(3, 1, 36, 32),
    last(32, POINTS),
];
const ONE_JOINT: [Layer; 11] = [
    layer(3, 1, 2, 12),
    layer(3, 1, 12, 12),
    layer(3, 1, 12, 20),
    layer(3, 1, 20, 20),
    layer(3, 1, 20, 32),
    layer(3, 1, 32, 32),
    layer(3, 1, 32, 40),
    layer(3, 1, 72, 32),
    layer(3, 1, 52, 20),
    layer(3, 1, 32, 12),
    last(12, 1),
];

/// Both networks and the shape model.
#[derive(Debug, Clone)]
pub(crate) struct Networks {
    whole_hand: Vec<Convolution>,
    one_joint: Vec<Convolution>,
    pub(crate) shape: Shape,
    pub(crate) part: Part,
}

impl Networks {
    /// From the numbers that are part of the program.
    pub(crate) fn load(part: Part) -> Result<Self, Error> {
        let weights = match part {
            Part::Hand => HAND,
            Part::Foot => FOOT,
        };
        let all = WHOLE_HAND.iter().chain(&ONE_JOINT);
        let halves: usize = all.map(Layer::numbers).sum();
        let expected = 2 * halves + 4 * Shape::NUMBERS;
        if weights.len() != expected {
            return Err(Error::Weights {
                expected,
                found: weights.len(),
            });
        }
        let (first, rest) = weights.split_at(2 * halves);
        let numbers: Vec<f32> = first
            .chunks_exact(2)
            .map(|b| half(u16::from_le_bytes([b[0], b[1]])))
            .collect();
        let mut at = 0;
        let mut build = |layers: &[Layer]| -> Vec<Convolution> {
            layers
                .iter()
                .map(|layer| {
                    let from = at;
                    at += layer.numbers();
                    Convolution::new(*layer, &numbers[from..at])
                })
                .collect()
        };
        let (whole_hand, one_joint) = (build(&WHOLE_HAND), build(&ONE_JOINT));
        let shape: Vec<f64> = rest
            .chunks_exact(4)
            .map(|b| f64::from(f32::from_le_bytes([b[0], b[1], b[2], b[3]])))
            .collect();
        Ok(Self {
            whole_hand,
            one_joint,
            shape: Shape::new(&shape),
            part,
        })
    }

    /// Heat maps (logits) of the landmarks from a crop's two channels.
    pub(crate) fn heat_maps(&self, input: &Tensor) -> Tensor {
        let n = &self.whole_hand;
        let x0 = n[1].apply(&n[0].apply(input));
        let x1 = n[3].apply(&n[2].apply(&halved(&x0)));
        let x2 = n[5].apply(&n[4].apply(&halved(&x1)));
        let x3 = n[8].apply(&n[7].apply(&n[6].apply(&halved(&x2))));
        let y = n[10].apply(&n[9].apply(&joined(&doubled(&x3), &x2)));
        let y = n[12].apply(&n[11].apply(&joined(&doubled(&y), &x1)));
        n[14].apply(&n[13].apply(&joined(&doubled(&y), &x0)))
    }

    /// Logits of where the joint is in a patch.
    pub(crate) fn joint_map(&self, input: &Tensor) -> Tensor {
        let n = &self.one_joint;
        let a = n[1].apply(&n[0].apply(input));
        let b = n[3].apply(&n[2].apply(&halved(&a)));
        let c = n[5].apply(&n[4].apply(&halved(&b)));
        let d = n[6].apply(&halved(&c));
        let y = n[7].apply(&joined(&doubled(&d), &c));
        let y = n[8].apply(&joined(&doubled(&y), &b));
        let y = n[9].apply(&joined(&doubled(&y), &a));
        n[10].apply(&y)
    }
}

/// IEEE 754 binary16 to f32.
fn half(bits: u16) -> f32 {
    let sign = if bits & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from(bits >> 10 & 0x1f);
    let fraction = f32::from(bits & 0x3ff) / 1024.0;
    sign * match exponent {
        0 => fraction * 2f32.powi(-14),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        e => (1.0 + fraction) * 2f32.powi(e - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_read() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x3555, 0.333_251_95),
            (0x0001, 5.960_464_5e-8),
            (0x7bff, 65504.0),
        ] {
            assert_eq!(half(bits), value);
        }
    }

    #[test]
    fn the_weights_are_whole_and_finite() {
        let networks = Networks::load(Part::Hand).unwrap();
        let out = networks.heat_maps(&Tensor::zeros(CROP, CROP, 2));
        assert_eq!((out.height, out.width, out.channels), (MAP, MAP, POINTS));
        assert!(out.data.iter().all(|v| v.is_finite()));
        assert_eq!(
            networks
                .joint_map(&Tensor::zeros(PATCH, PATCH, 2))
                .data
                .len(),
            PATCH * PATCH
        );
    }
}
