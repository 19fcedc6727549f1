//! Krippendorff's alpha.

use crate::quantiles::checked_confidence;
use crate::{BootstrapOptions, ClusterSums, Error, Interval, Ratings, cluster_bootstrap};
use serde::{Deserialize, Serialize};

/// What the numbers of a scale mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Names.
    Nominal,
    /// Order.
    Ordinal,
    /// Differences.
    Interval,
    /// Ratios; no negative values.
    Ratio,
}

/// Agreement of any number of raters, with holes, on any scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct KrippendorffAlpha {
    /// Alpha: 1 − observed over expected disagreement.
    pub value: f64,
    /// Percentile interval over clusters; none where too few draws define it.
    pub interval: Option<Interval>,
    /// Scale.
    pub scale: Scale,
    /// Units with at least two ratings; the others say nothing.
    pub units: usize,
    /// Ratings in them.
    pub ratings: usize,
}

/// Krippendorff's alpha (Content Analysis, 1980; Hayes, Krippendorff, Commun Methods Meas 2007).
///
/// `clusters` names the cluster (patient) of each target, so that the bootstrap resamples patients; none resamples
/// targets.
///
/// # Errors
/// No target rated twice, all ratings equal, a negative rating on a ratio scale, clusters that do not match the
/// targets.
pub fn krippendorff_alpha(
    ratings: &Ratings,
    scale: Scale,
    clusters: Option<&[usize]>,
    confidence: f64,
    bootstrap: &BootstrapOptions,
) -> Result<KrippendorffAlpha, Error> {
    let confidence = checked_confidence(confidence)?;
    let statistic = "Krippendorff's alpha";
    if let Some(&value) = ratings.values().iter().find(|v| **v < 0.0)
        && scale == Scale::Ratio
    {
        return Err(Error::Domain {
            name: "rating on a ratio scale",
            value,
            allowed: "0 or more",
        });
    }
    if clusters.is_some_and(|c| c.len() != ratings.targets()) {
        return Err(Error::TooFew {
            statistic: "Krippendorff's alpha (a cluster for every target)",
            needed: ratings.targets(),
            found: clusters.map_or(0, <[usize]>::len),
        });
    }
    let units: Vec<(usize, Vec<f64>)> = (0..ratings.targets())
        .map(|i| {
            let row = ratings.row(i).iter().copied().filter(|v| !v.is_nan());
            (clusters.map_or(i, |c| c[i]), row.collect::<Vec<_>>())
        })
        .filter(|(_, row)| row.len() > 1)
        .collect();
    let mut grades: Vec<f64> = units.iter().flat_map(|(_, r)| r.iter().copied()).collect();
    let count = grades.len();
    grades.sort_unstable_by(f64::total_cmp);
    grades.dedup_by(|a, b| a == b);
    if units.is_empty() || grades.len() < 2 {
        let reason = if units.is_empty() {
            "no target is rated twice"
        } else {
            "all ratings are equal: nothing varies"
        };
        return Err(Error::Undefined {
            statistic,
            reason: reason.to_owned(),
        });
    }
    let sums = coincidences(&units, &grades);
    let value = alpha(&sums.total(), &grades, scale);
    let evaluate = |total: &[f64], out: &mut [f64]| out[0] = alpha(total, &grades, scale);
    let interval = cluster_bootstrap(&sums, 1, evaluate, bootstrap)
        .and_then(|draws| draws.percentile(0, confidence))
        .ok();
    Ok(KrippendorffAlpha {
        value,
        interval,
        scale,
        units: units.len(),
        ratings: count,
    })
}

/// Coincidence matrices by cluster, clusters in rising order.
fn coincidences(units: &[(usize, Vec<f64>)], grades: &[f64]) -> ClusterSums {
    let c = grades.len();
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.sort_by_key(|&u| units[u].0);
    let mut sums = ClusterSums::new(c * c);
    for part in order.chunk_by(|&a, &b| units[a].0 == units[b].0) {
        let mut matrix = vec![0.0; c * c];
        for &unit in part {
            let row = &units[unit].1;
            let weight = 1.0 / (row.len() as f64 - 1.0);
            let at: Vec<usize> = row
                .iter()
                .map(|v| grades.partition_point(|g| g < v))
                .collect();
            for (a, &i) in at.iter().enumerate() {
                for (b, &j) in at.iter().enumerate() {
                    if a != b {
                        matrix[i * c + j] += weight;
                    }
                }
            }
        }
        sums.push(&matrix);
    }
    sums
}

fn alpha(matrix: &[f64], grades: &[f64], scale: Scale) -> f64 {
    let c = grades.len();
    let margin: Vec<f64> = (0..c)
        .map(|i| matrix[i * c..(i + 1) * c].iter().sum())
        .collect();
    let total: f64 = margin.iter().sum();
    let mut below = Vec::with_capacity(c);
    let mut running = 0.0;
    for m in &margin {
        below.push(running);
        running += m;
    }
    let distance = |i: usize, j: usize| -> f64 {
        let (a, b) = (grades[i], grades[j]);
        match scale {
            Scale::Nominal => 1.0,
            // Ratings between the two grades, half of those at the ends.
            Scale::Ordinal => below[j] + margin[j] - below[i] - 0.5 * (margin[i] + margin[j]),
            Scale::Interval => a - b,
            Scale::Ratio => (a - b) / (a + b),
        }
    };
    let (mut observed, mut expected) = (0.0, 0.0);
    for i in 0..c {
        for j in i + 1..c {
            let square = distance(i, j).powi(2);
            observed += matrix[i * c + j] * square;
            expected += margin[i] * margin[j] * square;
        }
    }
    if expected > 0.0 {
        1.0 - (total - 1.0) * observed / expected
    } else {
        f64::NAN
    }
}
