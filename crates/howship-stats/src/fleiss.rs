//! Fleiss' kappa.

use crate::quantiles::checked_confidence;
use crate::{BootstrapOptions, ClusterSums, Error, Interval, cluster_bootstrap, normal_cdf};
use serde::Serialize;

/// Agreement beyond chance of several raters on nominal grades.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FleissKappa {
    /// Kappa.
    pub value: f64,
    /// Standard error where kappa is 0 (Fleiss, Nee, Landis, Psychol Bull 1979), for the test.
    pub null_standard_error: f64,
    /// Two-sided probability under kappa 0.
    pub p: f64,
    /// Percentile interval over subjects; none where too few draws define it.
    pub interval: Option<Interval>,
    /// Subjects.
    pub subjects: usize,
    /// Ratings of each subject.
    pub raters: usize,
}

/// Fleiss' kappa (Psychol Bull 1971) from counts: a row per subject, how many raters gave each grade.
///
/// # Limits
/// Every subject needs equally many ratings; else use [`krippendorff_alpha`](crate::krippendorff_alpha).
///
/// # Errors
/// Rows of different length or sum, fewer than 2 subjects or ratings, one grade throughout.
pub fn fleiss_kappa(
    counts: &[Vec<u32>],
    confidence: f64,
    bootstrap: &BootstrapOptions,
) -> Result<FleissKappa, Error> {
    let confidence = checked_confidence(confidence)?;
    let grades = counts.first().map_or(0, Vec::len);
    let raters = counts.first().map_or(0, |row| row.iter().sum::<u32>());
    if counts.len() < 2 || raters < 2 || grades < 2 {
        return Err(Error::TooFew {
            statistic: "Fleiss' kappa (2 subjects, 2 ratings of each, 2 grades)",
            needed: 2,
            found: counts.len().min(raters as usize).min(grades),
        });
    }
    let mut sums = ClusterSums::new(grades + 2);
    for row in counts {
        let own = row.iter().sum::<u32>();
        if own != raters || row.len() != grades {
            return Err(Error::Domain {
                name: "ratings of a subject",
                value: f64::from(own),
                allowed: "equally many for every subject",
            });
        }
        let mut line: Vec<f64> = row.iter().map(|&n| f64::from(n)).collect();
        line.push(row.iter().map(|&n| f64::from(n).powi(2)).sum());
        line.push(1.0);
        sums.push(&line);
    }
    let m = f64::from(raters);
    let statistic = |total: &[f64], out: &mut [f64]| out[0] = kappa(total, grades, m);
    let draws = cluster_bootstrap(&sums, 1, statistic, bootstrap)?;
    let value = draws.estimate(0);
    if !value.is_finite() {
        return Err(Error::Undefined {
            statistic: "Fleiss' kappa",
            reason: "all raters give one grade throughout: nothing varies".to_owned(),
        });
    }
    let total = sums.total();
    let n = counts.len() as f64;
    let p: Vec<f64> = total[..grades].iter().map(|t| t / (n * m)).collect();
    let spread: f64 = p.iter().map(|p| p * (1.0 - p)).sum();
    let skew: f64 = p.iter().map(|p| p * (1.0 - p) * (1.0 - 2.0 * p)).sum();
    let null = (2.0 / (n * m * (m - 1.0)) * (spread * spread - skew))
        .max(0.0)
        .sqrt()
        / spread;
    Ok(FleissKappa {
        value,
        null_standard_error: null,
        p: 2.0 * normal_cdf(-(value / null).abs()),
        interval: draws.percentile(0, confidence).ok(),
        subjects: counts.len(),
        raters: raters as usize,
    })
}

fn kappa(total: &[f64], grades: usize, raters: f64) -> f64 {
    let subjects = total[grades + 1];
    let observed = (total[grades] / subjects - raters) / (raters * (raters - 1.0));
    let expected: f64 = (total[..grades].iter())
        .map(|t| (t / (subjects * raters)).powi(2))
        .sum();
    if 1.0 - expected > 1e-12 {
        (observed - expected) / (1.0 - expected)
    } else {
        f64::NAN
    }
}
