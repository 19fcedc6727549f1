//! Each joint looked at by itself, at the resolution that shows its space.

use super::nets::{Networks, PATCH, POINTS};
use super::network::Tensor;
use super::picture::{Cut, Picture, gaussian};
use super::search::hand_length;
use super::shape::Points;
use howship_change::Part;
use rayon::prelude::*;
use std::f64::consts::FRAC_PI_2;

/// How joints are refined, in pixels of the patch.
#[derive(Debug, Clone, Copy)]
struct Tuning {
    /// Length of hand and foot (without its tarsus) at which patches are cut.
    hand_px: f64,
    foot_px: f64,
    rounds: usize,
    /// Spread of where a joint may be, across and along the finger.
    prior: [f64; 2],
    /// Half width of the window over which the peak is averaged.
    reach: usize,
}

/// Values of the prototype (chosen on synthetic films).
const TUNING: Tuning = Tuning {
    hand_px: 320.0,
    foot_px: 240.0,
    rounds: 2,
    prior: [7.0, 12.0],
    reach: 4,
};

/// Landmark, the one before it and the one after it on its finger.
const JOINTS: [[usize; 3]; 14] = [
    [5, 0, 10],
    [10, 5, 19],
    [6, 1, 11],
    [11, 6, 15],
    [15, 11, 20],
    [7, 2, 12],
    [12, 7, 16],
    [16, 12, 21],
    [8, 3, 13],
    [13, 8, 17],
    [17, 13, 22],
    [9, 4, 14],
    [14, 9, 18],
    [18, 14, 23],
];

/// Moves the joints; the share of the second network's belief about each that lies at the place taken (0 for landmarks
/// that are no joints).
pub(crate) fn refine(networks: &Networks, picture: &Picture, points: &mut Points) -> [f64; POINTS] {
    let length = match networks.part {
        Part::Hand => TUNING.hand_px,
        Part::Foot => TUNING.foot_px,
    };
    let scale = length / hand_length(points).max(1e-6);
    let blurred = picture.for_scale(scale);
    let mut belief = [0.0; POINTS];
    for _ in 0..TUNING.rounds {
        let moved: Vec<_> = JOINTS
            .par_iter()
            .map(|&[joint, before, after]| {
                let along = [
                    points[after][0] - points[before][0],
                    points[after][1] - points[before][1],
                ];
                let angle = -FRAC_PI_2 - along[1].atan2(along[0]);
                let cut = Cut::new(points[joint], angle, scale, false, PATCH);
                let map = networks.joint_map(&channels(&blurred.piece(&cut, PATCH)));
                let (at, share) = place(&map);
                (joint, cut.back(at), share)
            })
            .collect();
        for (joint, at, share) in moved {
            points[joint] = at;
            belief[joint] = share;
        }
    }
    belief
}

/// As `one_joint_input` of the training.
fn channels(piece: &[f32]) -> Tensor {
    let smooth = gaussian(piece, PATCH, PATCH, 8.0);
    let detail: Vec<f32> = piece.iter().zip(&smooth).map(|(x, s)| x - s).collect();
    let moments = |values: &[f32]| {
        let n = values.len() as f64;
        let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let square = values
            .iter()
            .map(|&v| (f64::from(v) - mean).powi(2))
            .sum::<f64>()
            / n;
        (mean as f32, square.sqrt() as f32 + 1e-4)
    };
    let ((mean, sd), (_, detail_sd)) = (moments(piece), moments(&detail));
    let mut out = Tensor::zeros(PATCH, PATCH, 2);
    for (i, to) in out.data.chunks_exact_mut(2).enumerate() {
        to[0] = (piece[i] - mean) / sd;
        to[1] = detail[i] / detail_sd;
    }
    out
}

/// Mean about the peak of the belief times the prior, and the share of belief there.
fn place(map: &Tensor) -> ([f64; 2], f64) {
    let most = map.data.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let half = PATCH as f64 / 2.0;
    let belief = |x: usize, y: usize| {
        let (u, v) = (
            (x as f64 - half) / TUNING.prior[0],
            (y as f64 - half) / TUNING.prior[1],
        );
        f64::from(map.data[y * PATCH + x] - most).exp() * (-0.5 * (u * u + v * v)).exp()
    };
    let all: Vec<f64> = (0..PATCH * PATCH)
        .map(|i| belief(i % PATCH, i / PATCH))
        .collect();
    let peak = (0..all.len()).fold(0, |best, i| if all[i] > all[best] { i } else { best });
    let (x, y) = (peak % PATCH, peak / PATCH);
    let (mut sum, mut moment) = (0.0, [0.0; 2]);
    for v in y.saturating_sub(TUNING.reach)..(y + TUNING.reach + 1).min(PATCH) {
        for u in x.saturating_sub(TUNING.reach)..(x + TUNING.reach + 1).min(PATCH) {
            let w = all[v * PATCH + u];
            sum += w;
            moment[0] += w * u as f64;
            moment[1] += w * v as f64;
        }
    }
    let total: f64 = all.iter().sum();
    (moment.map(|m| m / sum.max(1e-30)), sum / total.max(1e-30))
}
