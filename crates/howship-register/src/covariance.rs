//! Covariance of the pose: a sandwich `A⁻¹ B A⁻¹` that allows for correlated noise.
//!
//! `A` is the expected derivative of the score. It is taken from the product of the *fixed* gradient with
//! the *moving* gradient: their noises are independent, so noise does not inflate it as it would inflate
//! the square of one gradient. `B` is the variance of the score, summed over cubes of voxels and over pairs
//! of neighbouring cubes with a flat-top kernel (Conley, J Econometrics 1999; Politis & Romano, 1995):
//! no noise model is assumed, only that residuals several correlation lengths apart are unrelated. A bone of
//! few voxels has too few cubes for that; there the measured autocorrelation of the residuals is used.

use crate::autocorrelation::Autocorrelation;
use crate::gauss_newton::{Matrix8, PARAMETERS, State, Term};
use crate::image::LevelImage;
use crate::refine::Level;
use crate::robust::Loss;
use crate::sample::{CHUNK, Samples};
use howship_image::{PointMm, VectorMm};
use nalgebra::{Matrix3, Matrix6, SMatrix};
use rayon::prelude::*;

/// Covariance of (rotation, translation) and what it rests on.
pub(crate) struct PoseCovariance {
    pub matrix: Matrix6<f64>,
    /// 1/e distance of the residuals (mm).
    pub correlation_mm: f64,
}

/// `None` where the images do not fix all six parameters.
pub(crate) fn pose_covariance(
    level: &Level,
    state: &State,
    loss: Loss,
    centre: PointMm,
) -> Option<PoseCovariance> {
    let at = state.transform.apply(centre);
    let noise = Autocorrelation::of(level, state, loss);
    let length = noise.length();
    let block = ((1.6 * length).ceil() as usize).max(3);
    let (bread, scores) = passes(&level.moving, &level.samples, state, at, loss);
    let inverse = inverse(&bread)?;
    let grid = Blocks::new(&level.samples, &scores, block);
    let free = grid.meat(&FLAT_TOP);
    // The flat top is not positive by construction; the triangle is.
    let free = if free.cholesky().is_some() {
        free
    } else {
        grid.meat(&TRIANGLE)
    };
    let windows = grid.filled as f64 / INDEPENDENT;
    let share = (FEW_WINDOWS / windows.max(1.0)).powi(2).min(1.0);
    let meat = if share > 0.05 {
        let modelled = noise.meat(&level.moving, &level.samples, state, at, loss);
        // A residual that the noise model cannot explain must still widen the result.
        let extra = (1.0 - share) * free + share * modelled;
        if modelled.iter().all(|v| v.is_finite()) {
            extra
        } else {
            free
        }
    } else {
        free
    };
    let full = inverse * meat * inverse;
    let matrix = full.fixed_view::<6, 6>(0, 0).into_owned();
    let matrix = (matrix + matrix.transpose()) * 0.5;
    let sound = matrix.iter().all(|v| v.is_finite()) && matrix.diagonal().iter().all(|&v| v >= 0.0);
    let spacing = level.moving.geometry().spacing();
    let mean = (spacing[0] * spacing[1] * spacing[2]).cbrt();
    sound.then_some(PoseCovariance {
        matrix,
        correlation_mm: length * mean,
    })
}

/// Weights of cubes 0, ±1, ±2 apart: flat, then falling; and the triangle.
const FLAT_TOP: [f64; 5] = [0.5, 1.0, 1.0, 1.0, 0.5];
const TRIANGLE: [f64; 5] = [1.0 / 3.0, 2.0 / 3.0, 1.0, 2.0 / 3.0, 1.0 / 3.0];
/// Cubes that make one independent piece of information under the flat top: (Σ K²)³.
const INDEPENDENT: f64 = 43.0;
/// Below this many independent pieces the scores' variance is too noisy by itself, and the measured
/// autocorrelation of the residuals takes over.
const FEW_WINDOWS: f64 = 300.0;

/// Derivative of the score, and the score of every sample.
fn passes(
    image: &LevelImage,
    samples: &Samples,
    state: &State,
    centre: PointMm,
    loss: Loss,
) -> (Matrix8, Vec<[f64; PARAMETERS]>) {
    let mut scores = vec![[0f64; PARAMETERS]; samples.len()];
    let parts: Vec<Matrix8> = scores
        .par_chunks_mut(CHUNK)
        .enumerate()
        .map(|(c, out)| {
            let mut bread = Matrix8::zeros();
            for (k, score) in out.iter_mut().enumerate() {
                let Some(term) = Term::at(image, samples, c * CHUNK + k, state, centre) else {
                    continue;
                };
                let (_, weight, slope) = loss.at(term.residual);
                if weight == 0.0 {
                    continue;
                }
                *score = term.mean_row().map(|j| j * weight * term.residual);
                let fixed = term.row(&term.fixed_gradient);
                let moving = term.row(&term.moving_gradient);
                for p in 0..PARAMETERS {
                    for q in p..PARAMETERS {
                        bread[(p, q)] +=
                            0.5 * slope * (fixed[p] * moving[q] + fixed[q] * moving[p]);
                    }
                }
            }
            bread
        })
        .collect();
    let mut bread = parts.iter().fold(Matrix8::zeros(), |sum, part| sum + part);
    for p in 0..PARAMETERS {
        for q in 0..p {
            bread[(p, q)] = bread[(q, p)];
        }
    }
    (bread, scores)
}

/// Inverse of a positive definite matrix whose rows have very different units.
fn inverse(matrix: &Matrix8) -> Option<Matrix8> {
    let diagonal = matrix.diagonal();
    if diagonal.iter().any(|&d| !(d > 0.0)) {
        return None;
    }
    let scale = diagonal.map(|d| 1.0 / d.sqrt());
    let scaled = Matrix8::from_fn(|p, q| matrix[(p, q)] * scale[p] * scale[q]);
    let inner = scaled.cholesky()?.inverse();
    Some(Matrix8::from_fn(|p, q| inner[(p, q)] * scale[p] * scale[q]))
}

/// Scores summed over cubes of the level's grid.
struct Blocks {
    size: [usize; 3],
    sums: Vec<[f64; PARAMETERS]>,
    filled: usize,
}

impl Blocks {
    fn new(samples: &Samples, scores: &[[f64; PARAMETERS]], block: usize) -> Self {
        let (mut low, mut high) = ([u32::MAX; 3], [0u32; 3]);
        for v in &samples.voxels {
            low = std::array::from_fn(|a| low[a].min(v[a]));
            high = std::array::from_fn(|a| high[a].max(v[a]));
        }
        let size = std::array::from_fn(|a| (high[a].saturating_sub(low[a])) as usize / block + 1);
        let mut sums = vec![[0f64; PARAMETERS]; size.iter().product()];
        let mut used = vec![false; sums.len()];
        for (voxel, score) in samples.voxels.iter().zip(scores) {
            let b: [usize; 3] = std::array::from_fn(|a| (voxel[a] - low[a]) as usize / block);
            let id = b[0] + size[0] * (b[1] + size[1] * b[2]);
            used[id] |= score.iter().any(|&s| s != 0.0);
            for (sum, s) in sums[id].iter_mut().zip(score) {
                *sum += s;
            }
        }
        let filled = used.iter().filter(|&&u| u).count();
        Self { size, sums, filled }
    }

    /// `Σ K(c − c') g(c) g(c')ᵀ` with a kernel that is a product over the axes.
    fn meat(&self, kernel: &[f64]) -> Matrix8 {
        let mut weighted = self.sums.clone();
        let stride = [1, self.size[0], self.size[0] * self.size[1]];
        let radius = kernel.len() / 2;
        for a in 0..3 {
            let source = weighted.clone();
            for (i, out) in weighted.iter_mut().enumerate() {
                let at = (i / stride[a]) % self.size[a];
                *out = [0.0; PARAMETERS];
                for (k, w) in kernel.iter().enumerate() {
                    let Some(to) = (at + k).checked_sub(radius).filter(|&t| t < self.size[a])
                    else {
                        continue;
                    };
                    let from = source[i - at * stride[a] + to * stride[a]];
                    for (o, s) in out.iter_mut().zip(from) {
                        *o += w * s;
                    }
                }
            }
        }
        let mut meat = Matrix8::zeros();
        for (g, h) in self.sums.iter().zip(&weighted) {
            for p in 0..PARAMETERS {
                for q in 0..PARAMETERS {
                    meat[(p, q)] += 0.5 * (g[p] * h[q] + g[q] * h[p]);
                }
            }
        }
        meat
    }
}

/// Covariance of the position of a point of the fixed frame, in moving-frame axes.
pub(crate) fn at_point(covariance: &Matrix6<f64>, arm: VectorMm) -> Matrix3<f64> {
    // displacement = ω × arm + t
    let cross = Matrix3::new(0.0, arm.z, -arm.y, -arm.z, 0.0, arm.x, arm.y, -arm.x, 0.0);
    let mut jacobian = SMatrix::<f64, 3, 6>::zeros();
    jacobian.fixed_view_mut::<3, 3>(0, 0).copy_from(&cross);
    jacobian
        .fixed_view_mut::<3, 3>(0, 3)
        .copy_from(&Matrix3::identity());
    jacobian * covariance * jacobian.transpose()
}
