use crate::generalized_pivots::GeneralizedPivots;
use crate::icc::{consistency_ratio, correlation_of_mean};
use crate::quantiles::checked_confidence;
use crate::two_way::analysed;
use crate::{Error, Estimate, MeasurementErrorOptions, Ratings, crossed_components};
use serde::Serialize;

/// Generalisability coefficients for the mean of a number of raters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Generalisability {
    /// Raters averaged.
    pub raters: usize,
    /// G (relative, Eρ²): σ²p / (σ²p + σ²e/n), for comparing patients read by the same raters.
    pub relative: Estimate,
    /// Φ (absolute): σ²p / (σ²p + (σ²r + σ²e)/n), for comparing with a fixed value.
    pub absolute: Estimate,
}

/// G and Φ for each number of raters (Cronbach et al., The Dependability of Behavioral Measurements, 1972).
///
/// From ratings of status they are those of status; from ratings of *change* between two visits they are G for
/// change, σ²pt / (σ²pt + σ²ptr/n), since differencing doubles both terms (van der Heijde et al., Rheumatology 1999).
/// Intervals: exact for G, generalized for Φ, as in [`icc`](crate::icc).
///
/// # Errors
/// As [`icc`](crate::icc); no variance at all.
pub fn generalisability(
    ratings: &Ratings,
    raters: &[usize],
    options: &MeasurementErrorOptions,
) -> Result<Vec<Generalisability>, Error> {
    let confidence = checked_confidence(options.confidence)?;
    let statistic = "generalisability";
    let (sums, anova) = analysed(ratings, statistic)?;
    if !(anova.residual > 0.0) {
        return Err(Error::Undefined {
            statistic,
            reason: "raters differ by constants only: no error is seen".to_owned(),
        });
    }
    let [target, rater, residual] = if ratings.is_complete() {
        anova.components()
    } else {
        let c = crossed_components(ratings)?;
        [c.target, c.rater, c.residual]
    };
    let pivots = GeneralizedPivots::new(&sums, &anova, options.draws, options.seed)?;
    let ratio = consistency_ratio(&sums, &anova, confidence)?;
    let largest = sums.view().largest();
    let coefficient = |n: f64| {
        let absolute = |[t, r, e]: &[f64; 3]| correlation_of_mean(*t, r + e, n, largest);
        Generalisability {
            raters: n as usize,
            relative: Estimate {
                value: correlation_of_mean(target, residual, n, largest),
                interval: ratio.map(|r| correlation_of_mean(r, 1.0, n, largest)),
            },
            absolute: Estimate {
                value: absolute(&[target, rater, residual]),
                interval: pivots.interval(confidence, |[t, r, e]| absolute(&[*t, r.max(0.0), *e])),
            },
        }
    };
    Ok(raters
        .iter()
        .map(|&n| coefficient(n.max(1) as f64))
        .collect())
}
