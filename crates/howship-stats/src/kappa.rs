//! Cohen's kappa, plain and weighted.

use crate::quantiles::checked_confidence;
use crate::{Crosstab, Error, Interval, normal_cdf, normal_quantile};
use serde::Serialize;

/// How much two grades agree.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum KappaWeights {
    /// 1 where equal, else 0.
    Unweighted,
    /// `1 − |a − b| / range` of the grades' values.
    Linear,
    /// `1 − ((a − b) / range)²`; close to ICC(A,1).
    Quadratic,
    /// Disagreement of each pair of grades, row-major, 0 on the diagonal; its scale does not matter.
    Disagreement(Vec<f64>),
    /// Agreement of each pair of grades, row-major, 1 on the diagonal, at most 1.
    Agreement(Vec<f64>),
}

impl KappaWeights {
    /// Agreement weights for these grades, row-major.
    ///
    /// # Errors
    /// A custom table of another size, with numbers that are not finite, or with no disagreement in it.
    pub fn matrix(&self, grades: &[f64]) -> Result<Vec<f64>, Error> {
        let c = grades.len();
        let range = grades.last().copied().unwrap_or(0.0) - grades.first().copied().unwrap_or(0.0);
        let of = |f: &dyn Fn(f64, f64) -> f64| {
            grades
                .iter()
                .flat_map(|&a| grades.iter().map(move |&b| (a, b)))
                .map(|(a, b)| f(a, b))
                .collect()
        };
        match self {
            Self::Unweighted => Ok(of(&|a, b| f64::from(u8::from(a == b)))),
            Self::Linear => Ok(of(&|a, b| 1.0 - (a - b).abs() / range)),
            Self::Quadratic => Ok(of(&|a, b| 1.0 - ((a - b) / range).powi(2))),
            Self::Agreement(w) => checked_table(w, c).map(<[f64]>::to_vec),
            Self::Disagreement(v) => {
                let most = checked_table(v, c)?.iter().copied().fold(0.0, f64::max);
                if !(most > 0.0) {
                    return Err(Error::Domain {
                        name: "largest disagreement weight",
                        value: most,
                        allowed: "> 0",
                    });
                }
                Ok(v.iter().map(|v| 1.0 - v / most).collect())
            }
        }
    }
}

fn checked_table(weights: &[f64], grades: usize) -> Result<&[f64], Error> {
    if weights.len() != grades * grades {
        return Err(Error::TooFew {
            statistic: "a table of weights (one for every pair of grades)",
            needed: grades * grades,
            found: weights.len(),
        });
    }
    match weights.iter().find(|w| !w.is_finite()) {
        Some(&value) => Err(Error::Domain {
            name: "weight",
            value,
            allowed: "a finite number",
        }),
        None => Ok(weights),
    }
}

/// Agreement of two raters beyond chance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Kappa {
    /// Kappa, weighted by what was asked.
    pub value: f64,
    /// Standard error for intervals (Fleiss, Cohen, Everitt, Psychol Bull 1969).
    pub standard_error: f64,
    /// Standard error where kappa is 0, for the test.
    pub null_standard_error: f64,
    /// Normal interval, cut at 1. Pairs must be independent; joints of one patient are not: bootstrap patients.
    pub interval: Interval,
    /// Two-sided probability under kappa 0.
    pub p: f64,
    /// Weighted share of agreement.
    pub observed: f64,
    /// That expected by chance.
    pub expected: f64,
    /// Pairs.
    pub pairs: f64,
}

/// Cohen's kappa, weighted or not, with its large-sample standard errors.
///
/// # Limits
/// Where a grade is rare (joint changes are 5-10 %), kappa is unstable and low even at high agreement: report the
/// [specific agreement](crate::specific_agreement) too.
///
/// # Errors
/// Agreement expected by chance is already complete (both raters use one grade only); unusable weights.
pub fn cohen_kappa(
    table: &Crosstab,
    weights: &KappaWeights,
    confidence: f64,
) -> Result<Kappa, Error> {
    let z = normal_quantile(0.5 + 0.5 * checked_confidence(confidence)?)?;
    let weights = weights.matrix(table.grades())?;
    let (c, n) = (table.grades().len(), table.total());
    let p: Vec<f64> = table.counts().iter().map(|v| v / n).collect();
    let rows: Vec<f64> = (0..c).map(|i| p[i * c..(i + 1) * c].iter().sum()).collect();
    let columns: Vec<f64> = (0..c).map(|j| (0..c).map(|i| p[i * c + j]).sum()).collect();
    let observed: f64 = p.iter().zip(&weights).map(|(p, w)| p * w).sum();
    let expected: f64 = pairs(c)
        .map(|(i, j)| rows[i] * columns[j] * weights[i * c + j])
        .sum();
    if !(1.0 - expected > 1e-12) {
        return Err(Error::Undefined {
            statistic: "kappa",
            reason: "both raters use one grade throughout: chance alone agrees completely"
                .to_owned(),
        });
    }
    let value = (observed - expected) / (1.0 - expected);
    let mean_row: Vec<f64> = (0..c)
        .map(|i| (0..c).map(|j| columns[j] * weights[i * c + j]).sum())
        .collect();
    let mean_column: Vec<f64> = (0..c)
        .map(|j| (0..c).map(|i| rows[i] * weights[i * c + j]).sum())
        .collect();
    let (mut spread, mut null_spread) = (0.0, 0.0);
    for (i, j) in pairs(c) {
        let (w, mean) = (weights[i * c + j], mean_row[i] + mean_column[j]);
        spread += p[i * c + j] * (w - mean * (1.0 - value)).powi(2);
        null_spread += rows[i] * columns[j] * (w - mean).powi(2);
    }
    let unit = n.sqrt() * (1.0 - expected);
    let centre = value - expected * (1.0 - value);
    let standard_error = (spread - centre * centre).max(0.0).sqrt() / unit;
    let null_standard_error = (null_spread - expected * expected).max(0.0).sqrt() / unit;
    Ok(Kappa {
        value,
        standard_error,
        null_standard_error,
        interval: Interval::new(
            value - z * standard_error,
            (value + z * standard_error).min(1.0),
        ),
        p: 2.0 * normal_cdf(-(value / null_standard_error).abs()),
        observed,
        expected,
        pairs: n,
    })
}

fn pairs(c: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..c).flat_map(move |i| (0..c).map(move |j| (i, j)))
}
