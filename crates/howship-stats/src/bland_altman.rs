//! Limits of agreement (Bland, Altman, Lancet 1986) with intervals, for readings that repeat too.

use crate::quantiles::{checked_confidence, student_half_width};
use crate::{
    Error, Estimate, Interval, chi_square_quantile, noncentral_t_quantile, normal_quantile,
    welch_satterthwaite,
};
use serde::Serialize;

/// Options of the Bland-Altman analyses.
#[derive(Debug, Clone, PartialEq)]
pub struct BlandAltmanOptions {
    /// Confidence level of the intervals.
    pub confidence: f64,
    /// Limits lie this many SDs from the bias; 1.96 (1999), 2 in the paper of 1986.
    pub multiple: f64,
}

impl Default for BlandAltmanOptions {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            multiple: 1.96,
        }
    }
}

/// One limit of agreement with its intervals.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limit {
    /// bias ± multiple · SD.
    pub value: f64,
    /// Exact, by the noncentral t; the one to report.
    pub exact: Interval,
    /// Method of variance estimates recovery (Zou, Stat Methods Med Res 2013).
    pub mover: Interval,
    /// Standard error √(3 s²/n) (Bland, Altman, Lancet 1986).
    pub approximate_1986: Interval,
    /// Standard error s √(1/n + z²/(2(n − 1))) (Bland, Altman, Stat Methods Med Res 1999).
    pub approximate_1999: Interval,
}

/// Agreement of two methods or readers in the unit of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct BlandAltman {
    /// Pairs.
    pub pairs: usize,
    /// Mean difference, first less second, with its t interval.
    pub bias: Estimate,
    /// Standard error of the bias.
    pub bias_standard_error: f64,
    /// SD of the differences, with its chi-square interval.
    pub sd: Estimate,
    /// Lower limit of agreement.
    pub lower: Limit,
    /// Upper limit of agreement.
    pub upper: Limit,
}

/// Bland-Altman limits of agreement of pairs; pairs with NaN are left out.
///
/// # Limits
/// One bias and one SD at all sizes, differences normal. Scores are neither: see [`crate::heteroscedastic_limits`] and look
/// at the plot. (`heteroscedastic_limits` is in this crate's root.)
///
/// # Errors
/// Fewer than 3 pairs; all differences equal.
pub fn bland_altman(
    pairs: &[(f64, f64)],
    options: &BlandAltmanOptions,
) -> Result<BlandAltman, Error> {
    let confidence = checked_confidence(options.confidence)?;
    let differences = differences(pairs);
    let (mean, variance) = moments(&differences)?;
    let (n, s) = (differences.len() as f64, variance.sqrt());
    let t = student_half_width(confidence, n - 1.0)?;
    let tail = 0.5 - 0.5 * confidence;
    let normal = normal_quantile(1.0 - tail)?;
    let scale = |p: f64| -> Result<f64, Error> {
        Ok(((n - 1.0) / chi_square_quantile(p, n - 1.0)?).sqrt())
    };
    let (narrow, wide) = (scale(1.0 - tail)?, scale(tail)?);
    let se = s / n.sqrt();
    let limit = |z: f64| -> Result<Limit, Error> {
        let value = mean + z * s;
        let exact = |p: f64| -> Result<f64, Error> {
            Ok(mean + se * noncentral_t_quantile(p, n - 1.0, z * n.sqrt())?)
        };
        let plus_minus = |half: f64| Interval::new(value - half, value + half);
        // Towards the bias the SD may be smaller, away from it larger.
        let inner = (normal * normal / n + (z * (1.0 - narrow)).powi(2)).sqrt() * s;
        let outer = (normal * normal / n + (z * (wide - 1.0)).powi(2)).sqrt() * s;
        let (down, up) = if z > 0.0 {
            (inner, outer)
        } else {
            (outer, inner)
        };
        Ok(Limit {
            value,
            exact: Interval::new(exact(tail)?, exact(1.0 - tail)?),
            mover: Interval::new(value - down, value + up),
            approximate_1986: plus_minus(t * (3.0 * variance / n).sqrt()),
            approximate_1999: plus_minus(t * s * (1.0 / n + z * z / (2.0 * (n - 1.0))).sqrt()),
        })
    };
    Ok(BlandAltman {
        pairs: differences.len(),
        bias: Estimate::new(mean, mean - t * se, mean + t * se),
        bias_standard_error: se,
        sd: Estimate::new(s, s * narrow, s * wide),
        lower: limit(-options.multiple)?,
        upper: limit(options.multiple)?,
    })
}

fn differences(pairs: &[(f64, f64)]) -> Vec<f64> {
    (pairs.iter().map(|(a, b)| a - b))
        .filter(|d| d.is_finite())
        .collect()
}

/// Mean and variance of differences that differ.
fn moments(differences: &[f64]) -> Result<(f64, f64), Error> {
    if differences.len() < 3 {
        return Err(Error::TooFew {
            statistic: "limits of agreement",
            needed: 3,
            found: differences.len(),
        });
    }
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (n - 1.0);
    if differences.windows(2).all(|p| p[0] == p[1]) {
        return Err(Error::Undefined {
            statistic: "limits of agreement",
            reason: format!("all {n} differences equal {mean}: no spread is seen"),
        });
    }
    Ok((mean, variance))
}

/// Repeatability of one method or reader.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Repeatability {
    /// Within-subject SD, with its chi-square interval.
    pub within_sd: Estimate,
    /// Repeatability coefficient, 1.96 · √2 · within-subject SD: two readings differ by less in 95 %.
    pub coefficient: Estimate,
    /// Degrees of freedom.
    pub freedom: f64,
}

/// Repeatability from replicates: an inner slice per subject, two or more each, numbers may differ.
///
/// # Errors
/// No subject with two replicates; all replicates equal.
pub fn repeatability(replicates: &[Vec<f64>], confidence: f64) -> Result<Repeatability, Error> {
    let confidence = checked_confidence(confidence)?;
    let (sd, freedom) = crate::rms_precision_error(replicates)?;
    if !(sd > 0.0) {
        return Err(Error::Undefined {
            statistic: "repeatability",
            reason: "all replicates are equal: no error is seen, and none can be ruled out"
                .to_owned(),
        });
    }
    let tail = 0.5 - 0.5 * confidence;
    let end = |p: f64| -> Result<f64, Error> {
        Ok(sd * (freedom / chi_square_quantile(p, freedom)?).sqrt())
    };
    let within_sd = Estimate::new(sd, end(1.0 - tail)?, end(tail)?);
    let factor = std::f64::consts::SQRT_2 * normal_quantile(0.975)?;
    Ok(Repeatability {
        within_sd,
        coefficient: within_sd.map(|s| factor * s),
        freedom,
    })
}

/// Limits of agreement of *single* readings where each method gave replicates.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ReplicateLimits {
    /// Subjects.
    pub subjects: usize,
    /// Mean difference of the means, with its t interval.
    pub bias: Estimate,
    /// SD of differences of the subjects' means.
    pub sd_of_means: f64,
    /// SD of differences of single readings.
    pub sd: f64,
    /// Lower limit with its 1999 interval (Satterthwaite degrees of freedom).
    pub lower: Estimate,
    /// Upper limit with its 1999 interval.
    pub upper: Estimate,
}

/// Limits of agreement for single readings from replicated ones: the variance of differences of means plus
/// (1 − 1/m) of each method's within-subject variance (Bland, Altman 1999, §5.1; m is the harmonic mean of the
/// numbers of replicates of the subjects that both read).
///
/// # Errors
/// Fewer than 3 subjects with readings by both methods, all differences equal, a method without replicates.
pub fn replicate_limits(
    first: &[Vec<f64>],
    second: &[Vec<f64>],
    options: &BlandAltmanOptions,
) -> Result<ReplicateLimits, Error> {
    let confidence = checked_confidence(options.confidence)?;
    let mean = |v: &Vec<f64>| v.iter().sum::<f64>() / v.len() as f64;
    let pairs: Vec<(f64, f64)> = (first.iter().zip(second))
        .filter(|(a, b)| !a.is_empty() && !b.is_empty())
        .map(|(a, b)| (mean(a), mean(b)))
        .collect();
    let differences = differences(&pairs);
    let (bias, variance) = moments(&differences)?;
    let n = differences.len() as f64;
    let mut parts = vec![(variance, n - 1.0)];
    // Subjects read by one method only tell of its replicates, but are in no difference.
    let both: Vec<bool> = (first.iter().zip(second))
        .map(|(a, b)| !a.is_empty() && !b.is_empty())
        .collect();
    for method in [first, second] {
        let (within, freedom) = crate::rms_precision_error(method)?;
        let used: Vec<f64> = (method.iter().zip(&both).filter(|(_, both)| **both))
            .map(|(v, _)| 1.0 / v.len() as f64)
            .collect();
        let inverse = used.iter().sum::<f64>() / used.len().max(1) as f64;
        parts.push(((1.0 - inverse) * within * within, freedom));
    }
    let total: f64 = parts.iter().map(|(v, _)| v).sum();
    let freedom = welch_satterthwaite(&parts);
    let sd = total.sqrt();
    let t = student_half_width(confidence, n - 1.0)?;
    let z = options.multiple;
    let half = t * (variance / n + z * z * total / (2.0 * freedom)).sqrt();
    let limit = |value: f64| Estimate::new(value, value - half, value + half);
    let se = (variance / n).sqrt();
    Ok(ReplicateLimits {
        subjects: differences.len(),
        bias: Estimate::new(bias, bias - t * se, bias + t * se),
        sd_of_means: variance.sqrt(),
        sd,
        lower: limit(bias - z * sd),
        upper: limit(bias + z * sd),
    })
}
