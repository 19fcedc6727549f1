//! Estimator 3: more large decreases than noise makes.

use super::RepairOptions;
use super::evidence::{Changes, Evidence, unanswered};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// Decreases of at least a size, observed and by noise alone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TailCount {
    /// Size, in points of the total.
    pub cut: f64,
    /// Patients whose mean change is at most −cut.
    pub decreased: usize,
    /// Patients whose mean change is at least cut.
    pub increased: usize,
    /// How many of the former noise alone makes, if nobody repairs.
    pub by_noise: f64,
    /// Decreased less those by noise.
    pub excess: f64,
    /// Share of simulated studies without repair that have as many decreases.
    pub p: f64,
}

const ASSUMPTIONS: [&str; 4] = [
    "errors are symmetric, alike in all patients, and independent between readers",
    "error of the mean of readers: the differences between pairs of readers, scaled, either sign, with a tenth of \
     normal errors so that the tails do not end with the data",
    "without repair true changes are 0 or above, of any shape (fitted to the changes by maximum likelihood)",
    "p by parametric bootstrap with the differences between readers resampled; the fitted true changes are kept",
];

pub(crate) fn tail_comparison(
    changes: &Changes,
    options: &RepairOptions,
) -> Evidence<Vec<TailCount>> {
    Evidence::new(
        compare(changes, options),
        unanswered(&[changes]),
        &ASSUMPTIONS,
    )
}

fn compare(changes: &Changes, options: &RepairOptions) -> Option<Vec<TailCount>> {
    let means: Vec<(f64, usize)> = changes.means().into_iter().flatten().collect();
    let errors = pooled_errors(changes, &means);
    if errors.len() < 3 || means.len() < 3 {
        return None;
    }
    let observed: Vec<f64> = means.iter().map(|m| m.0).collect();
    let grid = Grid::of(&observed, &errors);
    let noise = grid.density(&errors);
    let truth = grid.nonnegative_truth(&observed, &noise);
    let n = observed.len();
    let simulated: Vec<Vec<usize>> = (0..options.draws as u64)
        .into_par_iter()
        .map(|draw| {
            let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
            rng.set_stream(draw);
            let resampled: Vec<f64> = (0..errors.len())
                .map(|_| errors[rng.random_range(0..errors.len())])
                .collect();
            let noise = grid.density(&resampled);
            let (truth, noise) = (cumulative(&truth), cumulative(&noise));
            let study: Vec<f64> = (0..n)
                .map(|_| {
                    grid.truth_at(pick(&mut rng, &truth)) + grid.error_at(pick(&mut rng, &noise))
                })
                .collect();
            options.cuts.iter().map(|&c| below(&study, c)).collect()
        })
        .collect();
    let counts = options.cuts.iter().enumerate().map(|(i, &cut)| {
        let decreased = below(&observed, cut);
        let by_noise = n as f64 * grid.share_below(&truth, &noise, cut);
        let as_many = simulated.iter().filter(|s| s[i] >= decreased).count();
        TailCount {
            cut,
            decreased,
            increased: observed.iter().filter(|&&x| x >= cut - EDGE).count(),
            by_noise,
            excess: decreased as f64 - by_noise,
            p: (as_many as f64 + 1.0) / (simulated.len() as f64 + 1.0),
        }
    });
    Some(counts.collect())
}

/// Sums of binary fractions of points may miss a cut by rounding.
const EDGE: f64 = 1e-9;

fn below(changes: &[f64], cut: f64) -> usize {
    changes.iter().filter(|&&x| x <= -cut + EDGE).count()
}

/// Errors of the mean of k readers: `(Δ_A − Δ_B − bias)/2` has the distribution of a mean of two symmetric errors;
/// for another k it is scaled by √(2/k).
fn pooled_errors(changes: &Changes, means: &[(f64, usize)]) -> Vec<f64> {
    let readers = means.iter().map(|m| 1.0 / m.1 as f64).sum::<f64>() / means.len().max(1) as f64;
    let scale = 0.5 * (2.0 * readers).sqrt();
    let mut errors = Vec::new();
    for &pair in &changes.pairs {
        let (d, bias) = changes.differences(pair);
        errors.extend(d.iter().map(|x| scale * (x - bias)));
    }
    errors
}

/// True changes and errors on one lattice.
struct Grid {
    step: f64,
    /// Errors run from −reach to reach, in steps.
    reach: usize,
    /// True changes run from 0 to this, in steps.
    truths: usize,
}

/// More points cost more than they tell.
const MOST_POINTS: f64 = 400.0;

impl Grid {
    fn of(observed: &[f64], errors: &[f64]) -> Self {
        let largest = |x: &[f64]| x.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let (reach, top) = (largest(errors).max(largest(observed)), largest(observed));
        let mut sizes: Vec<f64> = observed
            .iter()
            .map(|v| v.abs())
            .filter(|v| *v > EDGE)
            .collect();
        sizes.sort_unstable_by(f64::total_cmp);
        let finest = sizes.first().copied().unwrap_or(1.0);
        let step = finest.max(reach / MOST_POINTS).max(1e-6);
        Self {
            step,
            reach: (reach / step).ceil() as usize + 2,
            truths: (top / step).ceil() as usize + 1,
        }
    }

    fn index(&self, error: f64) -> usize {
        let i = (error / self.step).round() + self.reach as f64;
        (i.max(0.0) as usize).min(2 * self.reach)
    }

    fn error_at(&self, i: usize) -> f64 {
        (i as f64 - self.reach as f64) * self.step
    }

    fn truth_at(&self, i: usize) -> f64 {
        i as f64 * self.step
    }

    /// Symmetric density of errors on the lattice.
    fn density(&self, errors: &[f64]) -> Vec<f64> {
        const NORMAL: f64 = 0.1;
        let n = errors.len() as f64;
        let variance = errors.iter().map(|e| e * e).sum::<f64>() / n;
        let sd = variance.sqrt().max(0.3 * self.step);
        let mut density: Vec<f64> = (0..=2 * self.reach)
            .map(|i| (-0.5 * (self.error_at(i) / sd).powi(2)).exp())
            .collect();
        let sum: f64 = density.iter().sum();
        for d in &mut density {
            *d *= NORMAL / sum;
        }
        for &e in errors {
            density[self.index(e)] += 0.5 * (1.0 - NORMAL) / n;
            density[self.index(-e)] += 0.5 * (1.0 - NORMAL) / n;
        }
        density
    }

    /// Distribution of true changes ≥ 0 of greatest likelihood, by EM (Laird, J Am Stat Assoc 1978).
    fn nonnegative_truth(&self, observed: &[f64], noise: &[f64]) -> Vec<f64> {
        let mut counts = std::collections::BTreeMap::new();
        for &x in observed {
            *counts.entry((x / self.step).round() as i64).or_insert(0.0) += 1.0;
        }
        let likelihood = |x: i64, t: usize| {
            let i = x - t as i64 + self.reach as i64;
            usize::try_from(i)
                .ok()
                .and_then(|i| noise.get(i))
                .copied()
                .unwrap_or(0.0)
        };
        let mut truth = vec![1.0 / self.truths as f64; self.truths];
        for _ in 0..300 {
            let mut next = vec![0.0; self.truths];
            for (&x, &n) in &counts {
                let weights: Vec<f64> = (0..self.truths)
                    .map(|t| truth[t] * likelihood(x, t))
                    .collect();
                let sum: f64 = weights.iter().sum();
                if sum > 0.0 {
                    for (out, w) in next.iter_mut().zip(&weights) {
                        *out += n * w / sum;
                    }
                }
            }
            let sum: f64 = next.iter().sum();
            if !(sum > 0.0) {
                break;
            }
            truth = next.into_iter().map(|w| w / sum).collect();
        }
        truth
    }

    fn share_below(&self, truth: &[f64], noise: &[f64], cut: f64) -> f64 {
        let mut share = 0.0;
        for (t, p) in truth.iter().enumerate() {
            let under = noise
                .iter()
                .enumerate()
                .filter(|(e, _)| self.truth_at(t) + self.error_at(*e) <= -cut + EDGE);
            share += p * under.map(|(_, q)| q).sum::<f64>();
        }
        share
    }
}

fn cumulative(density: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    density
        .iter()
        .map(|d| {
            sum += d;
            sum
        })
        .collect()
}

fn pick(rng: &mut ChaCha8Rng, cumulative: &[f64]) -> usize {
    let top = cumulative.last().copied().unwrap_or(0.0);
    let u = rng.random::<f64>() * top;
    cumulative
        .partition_point(|&c| c <= u)
        .min(cumulative.len() - 1)
}
