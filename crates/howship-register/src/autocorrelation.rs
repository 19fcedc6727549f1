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

    /// Variance of the score under this autocorrelation: `Σᵢⱼ C(xᵢ − xⱼ) Jᵢ Jⱼᵀ`.
    pub(crate) fn meat(
        &self,
        image: &LevelImage,
        samples: &Samples,
        state: &State,
        centre: PointMm,
        loss: Loss,
    ) -> Matrix8 {
        let rows = rows(image, samples, state, centre, loss);
        self.correlated(&samples.voxels, &rows)
    }

    /// `Σᵢⱼ C(xᵢ − xⱼ) Jᵢ Jⱼᵀ` of rows at voxels, by convolving each column, laid out on the level's grid.
    ///
    /// Thinned samples lie at voxels whose three indices are all even or all odd ([`Samples::new`]). Those are two grids of
    /// twice the spacing, an eighth of the voxels each: lags within one are even, lags from one to the other odd.
    fn correlated(&self, voxels: &[[u32; 3]], rows: &[[f64; PARAMETERS]]) -> Matrix8 {
        // Each column is brought to size 1: their units differ by orders of magnitude.
        let scale: [f64; PARAMETERS] = std::array::from_fn(|p| {
            let sum: f64 = rows.iter().map(|r| r[p] * r[p]).sum();
            (sum / rows.len().max(1) as f64).sqrt().max(1e-300)
        });
        let columns = Columns {
            rows,
            scale: &scale,
        };
        let meat = if voxels.iter().all(|v| is_lattice(*v)) {
            let (within, reach) = self.taps(2, 0);
            // A voxel of the even grid lies one voxel before that of the odd one with the same halved indices.
            let (across, _) = self.taps(2, -1);
            let halved = |i: usize| voxels[i].map(|v| v / 2);
            let grid = Grid::around((0..voxels.len()).map(halved), reach);
            let of = |odd: u32| -> Vec<(usize, usize)> {
                let own = (0..voxels.len()).filter(|&i| voxels[i][0] & 1 == odd);
                own.map(|i| (i, grid.place(halved(i)))).collect()
            };
            let (even, odd) = (of(0), of(1));
            columns.spread(&even, &even, &grid, &within)
                + columns.spread(&odd, &odd, &grid, &within)
                + columns.spread(&even, &odd, &grid, &across) * 2.0
        } else {
            let (kernels, reach) = self.taps(1, 0);
            let grid = Grid::around(voxels.iter().copied(), reach);
            let places = voxels.iter().enumerate();
            let all: Vec<(usize, usize)> = places.map(|(i, v)| (i, grid.place(*v))).collect();
            columns.spread(&all, &all, &grid, &kernels)
        };
        (meat + meat.transpose()) * (0.5 * self.variance)
    }

    /// What weighs a voxel `step · k + shift` away, by axis, for k from −reach to reach, and that reach: no tap where
    /// nothing goes together any more.
    fn taps(&self, step: i64, shift: i64) -> ([Vec<f32>; 3], [usize; 3]) {
        let last = |axis: &[f64; LAGS + 1]| axis.iter().rposition(|&v| v != 0.0).unwrap_or(0);
        let reach = self.by_lag.map(|axis| last(&axis).div_ceil(step as usize));
        let kernel = |a: usize| {
            let far = reach[a] as i64;
            let lag = |k: i64| (step * k + shift).unsigned_abs() as usize;
            let weight = |k: i64| self.by_lag[a].get(lag(k)).map_or(0.0, |v| *v as f32);
            (-far..=far).map(weight).collect()
        };
        (std::array::from_fn(kernel), reach)
    }
}

/// Whether a voxel's indices are all even or all odd.
fn is_lattice([x, y, z]: [u32; 3]) -> bool {
    x & 1 == y & 1 && y & 1 == z & 1
}

/// A box of voxels with zeros around, so that the border that the convolution continues is zero.
struct Grid {
    low: [u32; 3],
    reach: [usize; 3],
    size: [usize; 3],
}

impl Grid {
    fn around(voxels: impl Iterator<Item = [u32; 3]>, reach: [usize; 3]) -> Self {
        let (mut low, mut high) = ([u32::MAX; 3], [0u32; 3]);
        for v in voxels {
            low = std::array::from_fn(|a| low[a].min(v[a]));
            high = std::array::from_fn(|a| high[a].max(v[a]));
        }
        let size =
            std::array::from_fn(|a| high[a].saturating_sub(low[a]) as usize + 1 + 2 * reach[a]);
        Self { low, reach, size }
    }

    fn place(&self, voxel: [u32; 3]) -> usize {
        let at: [usize; 3] =
            std::array::from_fn(|a| (voxel[a] - self.low[a]) as usize + self.reach[a]);
        at[0] + self.size[0] * (at[1] + self.size[1] * at[2])
    }
}

/// Jacobian rows and what brings each of their columns to size 1.
struct Columns<'a> {
    rows: &'a [[f64; PARAMETERS]],
    scale: &'a [f64; PARAMETERS],
}

impl Columns<'_> {
    /// `Σ Jᵢ (K ∗ J)ᵢᵀ` over the rows `at`, of what lies at the rows `from`; both with their places on the grid.
    fn spread(
        &self,
        from: &[(usize, usize)],
        at: &[(usize, usize)],
        grid: &Grid,
        kernels: &[Vec<f32>; 3],
    ) -> Matrix8 {
        let mut meat = Matrix8::zeros();
        for q in 0..PARAMETERS {
            let mut field = vec![0f32; grid.size.iter().product()];
            for (row, place) in from {
                field[*place] = (self.rows[*row][q] / self.scale[q]) as f32;
            }
            let field = separable(field, grid.size, kernels);
            for (row, place) in at {
                let spread = f64::from(field[*place]) * self.scale[q];
                for p in 0..PARAMETERS {
                    meat[(p, q)] += self.rows[*row][p] * spread;
                }
            }
        }
        meat
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Falls off otherwise along each axis, to 0 after 3, 2 and 4 voxels.
    fn noise() -> Autocorrelation {
        let mut by_lag = [[0.0; LAGS + 1]; 3];
        for (axis, falls) in by_lag.iter_mut().zip([
            &[1.0, 0.7, 0.35, 0.1][..],
            &[1.0, 0.5, 0.2],
            &[1.0, 0.8, 0.5, 0.3, 0.05],
        ]) {
            axis[..falls.len()].copy_from_slice(falls);
        }
        Autocorrelation {
            variance: 2.5,
            by_lag,
        }
    }

    #[test]
    fn thinned_and_dense_samples_give_the_sum_over_all_pairs() {
        let noise = noise();
        for lattice in [true, false] {
            let mut voxels = Vec::new();
            for z in 3..12u32 {
                for y in 2..10u32 {
                    for x in 5..14u32 {
                        let voxel = [x, y, z];
                        // With gaps, as a mask leaves them.
                        if (!lattice || is_lattice(voxel)) && (x * 7 + y * 3 + z * 5) % 4 != 0 {
                            voxels.push(voxel);
                        }
                    }
                }
            }
            assert!(voxels.iter().all(|v| is_lattice(*v)) == lattice);
            let rows: Vec<[f64; PARAMETERS]> = (0..voxels.len())
                .map(|i| std::array::from_fn(|p| ((i * (p + 3) * 37) % 101) as f64 / 50.0 - 0.7))
                .collect();
            let found = noise.correlated(&voxels, &rows);
            let mut truth = Matrix8::zeros();
            for (v, j) in voxels.iter().zip(&rows) {
                for (w, k) in voxels.iter().zip(&rows) {
                    let of = |a: usize| noise.by_lag[a].get(v[a].abs_diff(w[a]) as usize);
                    let together: f64 = (0..3).map(|a| of(a).copied().unwrap_or(0.0)).product();
                    for p in 0..PARAMETERS {
                        for q in 0..PARAMETERS {
                            truth[(p, q)] += noise.variance * together * j[p] * k[q];
                        }
                    }
                }
            }
            let off = (found - truth).abs().max() / truth.abs().max();
            // Fields of 32 bits.
            assert!(off < 1e-5, "{off} lattice {lattice}");
        }
    }
}
