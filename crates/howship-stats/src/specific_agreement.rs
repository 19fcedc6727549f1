//! Positive and negative agreement.

use crate::quantiles::checked_confidence;
use crate::{Error, Interval, clopper_pearson, normal_quantile};
use serde::Serialize;

/// Ratings of one target: how many were given and how many were positive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Votes {
    /// Positive ratings.
    pub positive: u32,
    /// All ratings.
    pub ratings: u32,
    /// Cluster (patient) of the target.
    pub cluster: usize,
}

/// A share of agreement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct AgreementShare {
    /// Given that one rater says so, how often another one does too; none where nobody says so.
    pub value: Option<f64>,
    /// Interval: by clusters on the logit scale; where agreement is complete or absent, Clopper-Pearson over targets.
    pub interval: Option<Interval>,
    /// Ratings of this kind.
    pub ratings: u64,
}

/// Positive and negative agreement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SpecificAgreement {
    /// 2a / (2a + b + c) for two raters.
    pub positive: AgreementShare,
    /// 2d / (2d + b + c) for two raters.
    pub negative: AgreementShare,
    /// Share of agreeing pairs of ratings.
    pub overall: Option<f64>,
}

/// Specific agreement (Cicchetti, Feinstein, J Clin Epidemiol 1990), for two raters or more, with holes.
///
/// Unlike kappa it keeps its meaning where positives are rare.
///
/// # Errors
/// No target rated twice, more positives than ratings, a confidence not between 0 and 1.
pub fn specific_agreement(votes: &[Votes], confidence: f64) -> Result<SpecificAgreement, Error> {
    let confidence = checked_confidence(confidence)?;
    let votes: Vec<Votes> = votes.iter().copied().filter(|v| v.ratings > 1).collect();
    if votes.is_empty() {
        return Err(Error::Undefined {
            statistic: "specific agreement",
            reason: "no target is rated twice".to_owned(),
        });
    }
    if let Some(v) = votes.iter().find(|v| v.positive > v.ratings) {
        return Err(Error::Domain {
            name: "positive ratings",
            value: f64::from(v.positive),
            allowed: "at most the number of ratings",
        });
    }
    let negatives = |v: &Votes| v.ratings - v.positive;
    let agree: f64 = votes
        .iter()
        .map(|v| pairs(v.positive) + pairs(negatives(v)))
        .sum();
    let all: f64 = votes.iter().map(|v| pairs(v.ratings)).sum();
    Ok(SpecificAgreement {
        positive: share(&votes, |v| v.positive, confidence)?,
        negative: share(&votes, negatives, confidence)?,
        overall: Some(agree / all),
    })
}

fn pairs(n: u32) -> f64 {
    f64::from(n) * (f64::from(n) - 1.0)
}

/// Σ agreeing pairs over Σ possible pairs of one kind, each target's pairs counted per other rater.
fn share(
    votes: &[Votes],
    kind: impl Fn(&Votes) -> u32,
    confidence: f64,
) -> Result<AgreementShare, Error> {
    let mut parts: Vec<(usize, f64, f64)> = votes
        .iter()
        .map(|v| {
            let n = kind(v);
            let possible = f64::from(n) * f64::from(v.ratings - 1);
            (v.cluster, pairs(n), possible)
        })
        .collect();
    let ratings = votes.iter().map(|v| u64::from(kind(v))).sum();
    let agreed: f64 = parts.iter().map(|p| p.1).sum();
    let possible: f64 = parts.iter().map(|p| p.2).sum();
    if possible == 0.0 {
        return Ok(AgreementShare {
            value: None,
            interval: None,
            ratings,
        });
    }
    let value = agreed / possible;
    let interval = if agreed == 0.0 || agreed == possible {
        let targets = parts.iter().filter(|p| p.2 > 0.0).count() as u64;
        let successes = if agreed == 0.0 { 0 } else { targets };
        Some(clopper_pearson(successes, targets, confidence)?)
    } else {
        parts.sort_by_key(|p| p.0);
        logit_interval(&parts, value, possible, confidence)?
    };
    Ok(AgreementShare {
        value: Some(value),
        interval,
        ratings,
    })
}

/// Ratio of sums over clusters: linearised variance, interval on the logit scale.
fn logit_interval(
    parts: &[(usize, f64, f64)],
    value: f64,
    possible: f64,
    confidence: f64,
) -> Result<Option<Interval>, Error> {
    let residuals: Vec<f64> = parts
        .chunk_by(|a, b| a.0 == b.0)
        .map(|c| c.iter().map(|p| p.1 - value * p.2).sum())
        .collect();
    let clusters = residuals.len() as f64;
    if clusters < 2.0 {
        return Ok(None);
    }
    let squares: f64 = residuals.iter().map(|r| r * r).sum();
    let se = (clusters / (clusters - 1.0) * squares).sqrt() / possible;
    let z = normal_quantile(0.5 + 0.5 * confidence)?;
    let (centre, half) = (
        (value / (1.0 - value)).ln(),
        z * se / (value * (1.0 - value)),
    );
    let inverse = |x: f64| 1.0 / (1.0 + (-x).exp());
    Ok(Some(Interval::new(
        inverse(centre - half),
        inverse(centre + half),
    )))
}
