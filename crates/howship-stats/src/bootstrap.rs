//! Resampling with results that do not depend on the number of threads.

use crate::generalized_pivots::quantile_pair;
use crate::quantiles::checked_confidence;
use crate::{Error, Interval, normal_cdf, normal_quantile};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Draws that share one random stream: results do not depend on how many threads work.
const BLOCK: usize = 32;

/// Options of a bootstrap.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapOptions {
    /// Draws.
    pub draws: usize,
    /// Seed; the same seed gives the same draws for any number of threads.
    pub seed: u64,
}

impl Default for BootstrapOptions {
    fn default() -> Self {
        Self {
            draws: 2000,
            seed: 1979,
        }
    }
}

/// Sums that add over clusters (patients): a bootstrap draw is then a weighted sum of rows, whatever the statistic.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterSums {
    width: usize,
    rows: Vec<f64>,
}

impl ClusterSums {
    /// No clusters yet, each to bring `width` sums.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self {
            width: width.max(1),
            rows: Vec::new(),
        }
    }

    /// Adds a cluster, cut or filled with zeros to the width.
    pub fn push(&mut self, sums: &[f64]) {
        let start = self.rows.len();
        self.rows.extend(sums.iter().take(self.width));
        self.rows.resize(start + self.width, 0.0);
    }

    /// How many clusters.
    #[must_use]
    pub fn clusters(&self) -> usize {
        self.rows.len() / self.width
    }

    /// Sums over all clusters.
    #[must_use]
    pub fn total(&self) -> Vec<f64> {
        let mut total = vec![0.0; self.width];
        for row in self.rows.chunks_exact(self.width) {
            add(&mut total, row, 1.0);
        }
        total
    }
}

fn add(total: &mut [f64], row: &[f64], times: f64) {
    for (t, r) in total.iter_mut().zip(row) {
        *t += times * r;
    }
}

/// Bootstrap draws of several statistics at once.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapDraws {
    estimates: Vec<f64>,
    /// By statistic, then draw; NaN where a draw left the statistic undefined.
    draws: Vec<Vec<f64>>,
    /// By statistic, then cluster: the statistic without that cluster.
    left_out: Vec<Vec<f64>>,
}

/// Resamples clusters with replacement and evaluates `statistic` (sums in, `outputs` numbers out) on every draw.
///
/// Clusters' counts are multinomial; the sums of a draw are added from the clusters' sums, so that the cost does not
/// depend on how many observations a cluster has. `statistic` writes NaN for what a draw leaves undefined.
///
/// # Errors
/// Fewer than 2 clusters, no draws.
pub fn cluster_bootstrap(
    sums: &ClusterSums,
    outputs: usize,
    statistic: impl Fn(&[f64], &mut [f64]) + Sync,
    options: &BootstrapOptions,
) -> Result<BootstrapDraws, Error> {
    let clusters = sums.clusters();
    if clusters < 2 || options.draws == 0 {
        return Err(Error::TooFew {
            statistic: "a bootstrap over clusters (patients; at least 1 draw)",
            needed: 2,
            found: clusters.min(options.draws),
        });
    }
    let total = sums.total();
    let mut estimates = vec![f64::NAN; outputs];
    statistic(&total, &mut estimates);
    let left_out: Vec<Vec<f64>> = (sums.rows.par_chunks_exact(sums.width))
        .map(|row| {
            let mut rest = total.clone();
            add(&mut rest, row, -1.0);
            let mut values = vec![f64::NAN; outputs];
            statistic(&rest, &mut values);
            values
        })
        .collect();
    let blocks: Vec<Vec<f64>> = (0..options.draws.div_ceil(BLOCK))
        .into_par_iter()
        .map(|block| {
            let draws = BLOCK.min(options.draws - block * BLOCK);
            draw_block(sums, outputs, &statistic, options.seed, block as u64, draws)
        })
        .collect();
    let columns = |rows: &mut dyn Iterator<Item = &[f64]>, length: usize| {
        let mut out = vec![Vec::with_capacity(length); outputs];
        for row in rows {
            for (column, value) in out.iter_mut().zip(row) {
                column.push(*value);
            }
        }
        out
    };
    Ok(BootstrapDraws {
        estimates,
        draws: columns(
            &mut blocks.iter().flat_map(|b| b.chunks_exact(outputs.max(1))),
            options.draws,
        ),
        left_out: columns(&mut left_out.iter().map(Vec::as_slice), clusters),
    })
}

fn draw_block(
    sums: &ClusterSums,
    outputs: usize,
    statistic: &(impl Fn(&[f64], &mut [f64]) + Sync),
    seed: u64,
    block: u64,
    draws: usize,
) -> Vec<f64> {
    let (clusters, width) = (sums.clusters(), sums.width);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(block);
    let limit = u32::try_from(clusters).unwrap_or(u32::MAX);
    let mut counts = vec![0u32; draws * clusters];
    for draw in counts.chunks_exact_mut(clusters) {
        for _ in 0..clusters {
            draw[rng.random_range(0..limit) as usize] += 1;
        }
    }
    let mut totals = vec![0.0; draws * width];
    for (cluster, row) in sums.rows.chunks_exact(width).enumerate() {
        for (draw, total) in totals.chunks_exact_mut(width).enumerate() {
            let times = counts[draw * clusters + cluster];
            if times > 0 {
                add(total, row, f64::from(times));
            }
        }
    }
    let mut values = vec![f64::NAN; draws * outputs];
    for (total, value) in totals
        .chunks_exact(width)
        .zip(values.chunks_exact_mut(outputs.max(1)))
    {
        statistic(total, value);
    }
    values
}

impl BootstrapDraws {
    /// The statistic on the data themselves; NaN where undefined.
    #[must_use]
    pub fn estimate(&self, output: usize) -> f64 {
        self.estimates.get(output).copied().unwrap_or(f64::NAN)
    }

    /// Draws of one statistic; NaN where a draw left it undefined.
    #[must_use]
    pub fn draws(&self, output: usize) -> &[f64] {
        self.draws.get(output).map_or(&[], Vec::as_slice)
    }

    /// Draws that left the statistic undefined; intervals leave them out.
    #[must_use]
    pub fn undefined(&self, output: usize) -> usize {
        self.draws(output).iter().filter(|v| v.is_nan()).count()
    }

    fn defined(&self, output: usize) -> Result<Vec<f64>, Error> {
        let values: Vec<f64> = (self.draws(output).iter().copied())
            .filter(|v| v.is_finite())
            .collect();
        // Intervals from the minority of draws that happen to be defined would claim too much.
        if !self.estimate(output).is_finite() || 2 * values.len() <= self.draws(output).len() {
            return Err(Error::Undefined {
                statistic: "a bootstrap interval",
                reason: format!(
                    "the statistic is defined in {} of {} draws",
                    values.len(),
                    self.draws(output).len()
                ),
            });
        }
        Ok(values)
    }

    /// Standard deviation over draws.
    ///
    /// # Errors
    /// The statistic is undefined on the data or on half of the draws.
    pub fn standard_error(&self, output: usize) -> Result<f64, Error> {
        let values = self.defined(output)?;
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        Ok((values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt())
    }

    /// Percentile interval.
    ///
    /// # Errors
    /// As [`Self::standard_error`]; a confidence not between 0 and 1.
    pub fn percentile(&self, output: usize, confidence: f64) -> Result<Interval, Error> {
        let tail = 0.5 - 0.5 * checked_confidence(confidence)?;
        Ok(quantile_pair(&mut self.defined(output)?, tail))
    }

    /// Bias-corrected and accelerated interval (Efron, J Am Stat Assoc 1987), acceleration by leaving out clusters.
    ///
    /// # Errors
    /// As [`Self::percentile`]; all draws on one side of the estimate.
    pub fn bca(&self, output: usize, confidence: f64) -> Result<Interval, Error> {
        let tail = 0.5 - 0.5 * checked_confidence(confidence)?;
        let mut values = self.defined(output)?;
        values.sort_unstable_by(f64::total_cmp);
        let estimate = self.estimate(output);
        let below = values.iter().filter(|v| **v < estimate).count() as f64;
        let ties = values.iter().filter(|v| **v == estimate).count() as f64;
        let bias = normal_quantile((below + 0.5 * ties) / values.len() as f64)?;
        let acceleration = self.acceleration(output);
        let end = |p: f64| -> Result<f64, Error> {
            let z = bias + normal_quantile(p)?;
            let adjusted = normal_cdf(bias + z / (1.0 - acceleration * z));
            Ok(crate::generalized_pivots::sorted_quantile(
                &values, adjusted,
            ))
        };
        Ok(Interval::new(end(tail)?, end(1.0 - tail)?))
    }

    fn acceleration(&self, output: usize) -> f64 {
        let values = self.left_out.get(output).map_or(&[][..], Vec::as_slice);
        let values: Vec<f64> = values.iter().copied().filter(|v| v.is_finite()).collect();
        let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
        let (mut squares, mut cubes) = (0.0, 0.0);
        for v in values {
            squares += (mean - v).powi(2);
            cubes += (mean - v).powi(3);
        }
        if squares > 0.0 {
            cubes / (6.0 * squares.powf(1.5))
        } else {
            0.0
        }
    }
}
