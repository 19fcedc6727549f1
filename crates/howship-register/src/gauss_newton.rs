//! Robust Gauss-Newton on the residual `r = a · M(T x) + b − F(x)`.
//!
//! The Jacobian is the mean of the two images' gradients (Malis, ICRA 2004: efficient second-order
//! minimisation): it converges faster, and the estimate treats both images alike, so that swapping
//! them gives the inverse pose.

use crate::image::LevelImage;
use crate::least_squares::{Normal, Sums};
use crate::moments::{Moments, add_moments};
use crate::robust::Loss;
use crate::sample::{CHUNK, Samples};
use howship_image::{PointMm, RigidTransform, VectorMm};
use nalgebra::{SMatrix, SVector};
use rayon::prelude::*;

/// Rotation (3), translation (3), gain, offset.
pub(crate) const PARAMETERS: usize = 8;
pub(crate) type Matrix8 = SMatrix<f64, PARAMETERS, PARAMETERS>;
pub(crate) type Vector8 = SVector<f64, PARAMETERS>;

/// Pose and linear relation of intensities: `F ≈ gain · M + offset`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    pub transform: RigidTransform,
    pub gain: f64,
    pub offset: f64,
}

/// What one comparison of the images at one voxel gives.
pub(crate) struct Term {
    pub residual: f64,
    pub moving: f64,
    pub fixed_gradient: VectorMm,
    pub moving_gradient: VectorMm,
    pub arm: VectorMm,
}

impl Term {
    /// At one sample; both gradients are in the moving frame and in units of the fixed image.
    #[inline]
    pub(crate) fn at(
        level: &LevelImage,
        samples: &Samples,
        i: usize,
        state: &State,
        centre: PointMm,
    ) -> Option<Self> {
        let y = state.transform.apply(samples.points[i]);
        let (moving, gradient) = level.sample(y)?;
        Some(Self {
            residual: state.gain * moving + state.offset - samples.values[i],
            moving,
            fixed_gradient: state.transform.rotate(samples.gradients[i]),
            moving_gradient: gradient * state.gain,
            arm: y - centre,
        })
    }

    /// Derivative of the residual by the parameters, with a gradient of one's choice.
    #[inline]
    pub(crate) fn row(&self, gradient: &VectorMm) -> [f64; PARAMETERS] {
        let torque = self.arm.cross(gradient);
        [
            torque.x,
            torque.y,
            torque.z,
            gradient.x,
            gradient.y,
            gradient.z,
            self.moving,
            1.0,
        ]
    }

    #[inline]
    pub(crate) fn mean_row(&self) -> [f64; PARAMETERS] {
        self.row(&((self.fixed_gradient + self.moving_gradient) * 0.5))
    }
}

/// Linearises the robust least-squares problem at a state.
pub(crate) fn normal(
    level: &LevelImage,
    samples: &Samples,
    state: &State,
    centre: PointMm,
    loss: Loss,
) -> Normal<PARAMETERS> {
    let parts: Vec<Sums<PARAMETERS>> = chunks(samples.len())
        .map(|range| {
            let mut sums = Sums::new();
            for i in range {
                let Some(term) = Term::at(level, samples, i, state, centre) else {
                    continue;
                };
                let (cost, weight, _) = loss.at(term.residual);
                sums.count(cost);
                if weight == 0.0 {
                    continue;
                }
                sums.add(&term.mean_row(), weight, term.residual);
            }
            sums
        })
        .collect();
    Sums::total(&parts)
}

fn chunks(n: usize) -> impl IndexedParallelIterator<Item = std::ops::Range<usize>> {
    (0..n.div_ceil(CHUNK))
        .into_par_iter()
        .map(move |c| c * CHUNK..((c + 1) * CHUNK).min(n))
}

/// Moments at a pose, serially: for the many small jobs of the search.
pub(crate) fn moments_serial(
    level: &LevelImage,
    samples: &Samples,
    transform: &RigidTransform,
) -> Moments {
    let origin = samples.values.first().copied().unwrap_or(0.0);
    let mut sums = [0f64; 6];
    for (point, value) in samples.points.iter().zip(&samples.values) {
        if let Some(m) = level.value(transform.apply(*point)) {
            add_moments(&mut sums, value - origin, m - origin);
        }
    }
    Moments::from_sums(sums, origin)
}

/// Moments at a pose.
pub(crate) fn moments(
    level: &LevelImage,
    samples: &Samples,
    transform: &RigidTransform,
) -> Moments {
    let origin = samples.values.first().copied().unwrap_or(0.0);
    let parts: Vec<[f64; 6]> = chunks(samples.len())
        .map(|range| {
            let mut sums = [0f64; 6];
            for i in range {
                if let Some(m) = level.value(transform.apply(samples.points[i])) {
                    add_moments(&mut sums, samples.values[i] - origin, m - origin);
                }
            }
            sums
        })
        .collect();
    let sums = parts
        .iter()
        .fold([0f64; 6], |t, s| std::array::from_fn(|i| t[i] + s[i]));
    Moments::from_sums(sums, origin)
}

/// Residuals in sample order; NaN where the moving image does not show the voxel.
pub(crate) fn residuals(level: &LevelImage, samples: &Samples, state: &State) -> Vec<f32> {
    let mut all = vec![f32::NAN; samples.len()];
    all.par_chunks_mut(CHUNK).enumerate().for_each(|(c, out)| {
        for (k, r) in out.iter_mut().enumerate() {
            let i = c * CHUNK + k;
            if let Some(m) = level.value(state.transform.apply(samples.points[i])) {
                *r = (state.gain * m + state.offset - samples.values[i]) as f32;
            }
        }
    });
    all
}

/// Applies a step about the image of the centre.
pub(crate) fn moved(state: &State, step: &Vector8, centre: PointMm) -> State {
    let turn = RigidTransform::about(
        centre,
        VectorMm::new(step[0], step[1], step[2]),
        VectorMm::new(step[3], step[4], step[5]),
    );
    State {
        transform: turn.after(&state.transform),
        gain: state.gain + step[6],
        offset: state.offset + step[7],
    }
}

/// RMS motion of the bone in mm that a step means.
pub(crate) fn motion(step: &Vector8, radius: f64) -> f64 {
    let turn = step[0] * step[0] + step[1] * step[1] + step[2] * step[2];
    let shift = step[3] * step[3] + step[4] * step[4] + step[5] * step[5];
    (shift + turn * radius * radius * (2.0 / 3.0)).sqrt()
}
