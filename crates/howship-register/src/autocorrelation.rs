//! How residuals of neighbouring voxels go together: noise of a scan is not independent from voxel to voxel.

use crate::convolve::separable;
use crate::gauss_newton::{Matrix8, PARAMETERS, State, Term};
use crate::image::LevelImage;
use crate::refine::Level;
use crate::robust::Loss;
use crate::sample::{CHUNK, Samples};
use howship_image::PointMm;
use rayon::prelude::*;

/// How the (robustly limited) residuals of neighbouring voxels go together.
///
/// The autocorrelation is measured along each axis and taken to be a product over the axes.
pub(crate) struct Autocorrelation {
    variance: f64,
    /// By axis and lag, 1 at lag 0; 0 from where it falls below [`NEGLIGIBLE`].
    by_lag: [[f64; LAGS + 1]; 3],
}

/// Largest lag in voxels of the level.
const LAGS: usize = 10;
const NEGLIGIBLE: f64 = 0.02;
/// Voxels at which it is measured.
const PROBES: usize = 12_000;

/// Products and squares for each axis and lag.
type Sums = [[[f64; 2]; LAGS + 1]; 3];

impl Autocorrelation {
    /// Measured at the pose found.
    pub(crate) fn of(level: &Level, state: &State, loss: Loss) -> Self {
        let mut by_lag = [[0f64; LAGS + 1]; 3];
        for axis in &mut by_lag {
            axis[0] = 1.0;
        }
        let Some(image) = &level.fixed else {
            return Self {
                variance: 0.0,
                by_lag,
            };
        };
        let probes = level.samples.thinned(PROBES);
        let influence = |voxel: [f64; 3]| -> Option<f64> {
            let (fixed, _) = image.sample_index(voxel)?;
            let world = state.transform.apply(image.geometry().world(voxel));
            let moving = level.moving.value(world)?;
            let r = state.gain * moving + state.offset - fixed;
            let (_, weight, _) = loss.at(r);
            (weight > 0.0).then_some(weight * r)
        };
        let parts: Vec<Sums> = probes
            .voxels
            .par_iter()
            .map(|voxel| {
                let mut sums = [[[0f64; 2]; LAGS + 1]; 3];
                let here = voxel.map(f64::from);
                let Some(r) = influence(here) else {
                    return sums;
                };
                for axis in 0..3 {
                    sums[axis][0] = [r * r, 1.0];
                    for lag in 1..=LAGS {
                        let mut there = here;
                        there[axis] += lag as f64;
                        let Some(s) = influence(there) else { break };
                        sums[axis][lag] = [r * s, 0.5 * (r * r + s * s)];
                    }
                }
                sums
            })
            .collect();
        let mut total: Sums = [[[0.0; 2]; LAGS + 1]; 3];
        for part in &parts {
            for axis in 0..3 {
                for lag in 0..=LAGS {
                    total[axis][lag][0] += part[axis][lag][0];
                    total[axis][lag][1] += part[axis][lag][1];
                }
            }
        }
        let variance = total[0][0][0] / total[0][0][1].max(1.0);
        for axis in 0..3 {
            for lag in 1..=LAGS {
                let [product, square] = total[axis][lag];
                let value = if square > 0.0 { product / square } else { 0.0 };
                if value < NEGLIGIBLE {
                    break;
                }
                by_lag[axis][lag] = value;
            }
        }
        Self { variance, by_lag }
    }

    /// Mean over the axes of the lag (voxels) at which it falls to 1/e.
    pub(crate) fn length(&self) -> f64 {
        let target = (-1f64).exp();
        let one = |axis: &[f64; LAGS + 1]| {
            for lag in 1..=LAGS {
                if axis[lag] < target {
                    let fall = axis[lag - 1] - axis[lag];
                    return (lag - 1) as f64 + (axis[lag - 1] - target) / fall;
                }
            }
            LAGS as f64
        };
        self.by_lag.iter().map(one).sum::<f64>() / 3.0
    }

    /// Variance of the score under this autocorrelation: `Σᵢⱼ C(xᵢ − xⱼ) Jᵢ Jⱼᵀ`, by convolving each
    /// column of the Jacobian, laid out on the level's grid.
    pub(crate) fn meat(
        &self,
        image: &LevelImage,
        samples: &Samples,
        state: &State,
        centre: PointMm,
        loss: Loss,
    ) -> Matrix8 {
        let rows = rows(image, samples, state, centre, loss);
        let (mut low, mut high) = ([u32::MAX; 3], [0u32; 3]);
        for v in &samples.voxels {
            low = std::array::from_fn(|a| low[a].min(v[a]));
            high = std::array::from_fn(|a| high[a].max(v[a]));
        }
        // No tap where nothing goes together any more.
        let reach = self
            .by_lag
            .map(|axis| axis.iter().rposition(|&v| v != 0.0).unwrap_or(0));
        // Zeros around, so that the border that the convolution continues is zero.
        let size: [usize; 3] =
            std::array::from_fn(|a| high[a].saturating_sub(low[a]) as usize + 1 + 2 * reach[a]);
        let places: Vec<usize> = samples
            .voxels
            .iter()
            .map(|v| {
                let at: [usize; 3] = std::array::from_fn(|a| (v[a] - low[a]) as usize + reach[a]);
                at[0] + size[0] * (at[1] + size[1] * at[2])
            })
            .collect();
        let kernels = std::array::from_fn(|a| {
            let side = self.by_lag[a][1..=reach[a]].iter().map(|&v| v as f32);
            let mut kernel: Vec<f32> = side.clone().rev().collect();
            kernel.push(1.0);
            kernel.extend(side);
            kernel
        });
        // Each column is brought to size 1: their units differ by orders of magnitude.
        let scale: [f64; PARAMETERS] = std::array::from_fn(|p| {
            let sum: f64 = rows.iter().map(|r| r[p] * r[p]).sum();
            (sum / rows.len().max(1) as f64).sqrt().max(1e-300)
        });
        let mut meat = Matrix8::zeros();
        for q in 0..PARAMETERS {
            let mut field = vec![0f32; size.iter().product()];
            for (place, row) in places.iter().zip(&rows) {
                field[*place] = (row[q] / scale[q]) as f32;
            }
            let field = separable(field, size, &kernels);
            for (place, row) in places.iter().zip(&rows) {
                let spread = f64::from(field[*place]) * scale[q] * self.variance;
                for p in 0..PARAMETERS {
                    meat[(p, q)] += row[p] * spread;
                }
            }
        }
        (meat + meat.transpose()) * 0.5
    }
}

/// Jacobian rows of the samples that count; zero for the others.
fn rows(
    image: &LevelImage,
    samples: &Samples,
    state: &State,
    centre: PointMm,
    loss: Loss,
) -> Vec<[f64; PARAMETERS]> {
    let mut rows = vec![[0f64; PARAMETERS]; samples.len()];
    rows.par_chunks_mut(CHUNK).enumerate().for_each(|(c, out)| {
        for (k, row) in out.iter_mut().enumerate() {
            let Some(term) = Term::at(image, samples, c * CHUNK + k, state, centre) else {
                continue;
            };
            if loss.at(term.residual).1 > 0.0 {
                *row = term.mean_row();
            }
        }
    });
    rows
}
