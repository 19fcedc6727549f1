//! Generalisability and dependability of the mean of several raters.

use crate::generalized_pivots::{GeneralizedPivots, PivotTables};
use crate::icc::{consistency_ratio, correlation_of_mean};
use crate::kurtosis::{Adjustment, RatioShrinkage};
use crate::quantiles::checked_confidence;
use crate::two_way::analysed;
use crate::{
    Ends, Error, Estimate, Interval, MeasurementErrorOptions, Ratings, crossed_components,
};
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
    /// Interval of G if scores were normal.
    pub relative_normal: Interval,
    /// Interval of Φ if scores were normal.
    pub absolute_normal: Interval,
    /// Which ends of the kurtosis-adjusted intervals come from the sample.
    pub ends: Ends,
}

/// G and Φ for each number of raters (Cronbach et al., The Dependability of Behavioral Measurements, 1972).
///
/// From ratings of status they are those of status; from ratings of *change* between two visits they are G for
/// change, σ²pt / (σ²pt + σ²ptr/n), since differencing doubles both terms (van der Heijde et al., Rheumatology 1999).
/// Intervals: F for G, generalized for Φ, kurtosis-adjusted (one-sided where [`Generalisability::ends`] says
/// so) and of normal scores, as in [`icc`](crate::icc).
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
    let tables = PivotTables::new(&sums, &anova);
    let ends = Ends::for_targets(anova.targets);
    let make = |shrinkage: RatioShrinkage, confidence: f64| {
        let pivots = tables.draw(shrinkage, (options.draws, options.seed))?;
        let ratio = consistency_ratio((&sums, &anova), shrinkage, confidence)?;
        Ok::<_, Error>((pivots, ratio, confidence))
    };
    let shrinkage = Adjustment::two_way(ratings, &sums, &anova).ratio;
    let adjusted = make(shrinkage, ends.two_sided(confidence))?;
    let normal = make(RatioShrinkage::NONE, confidence)?;
    let largest = sums.view().largest();
    let coefficient = |n: f64| {
        let absolute = |[t, r, e]: &[f64; 3]| correlation_of_mean(*t, r + e, n, largest);
        let of = |(pivots, ratio, confidence): &(GeneralizedPivots, Interval, f64)| {
            (
                ratio.map(|r| correlation_of_mean(r, 1.0, n, largest)),
                pivots.interval(*confidence, |[t, r, e]| absolute(&[*t, r.max(0.0), *e])),
            )
        };
        let ((relative_adjusted, absolute_adjusted), (relative_normal, absolute_normal)) =
            (of(&adjusted), of(&normal));
        Generalisability {
            raters: n as usize,
            relative: Estimate {
                value: correlation_of_mean(target, residual, n, largest),
                interval: ends.of_correlation(relative_adjusted),
            },
            absolute: Estimate {
                value: absolute(&[target, rater, residual]),
                interval: ends.of_correlation(absolute_adjusted),
            },
            relative_normal,
            absolute_normal,
            ends,
        }
    };
    Ok(raters
        .iter()
        .map(|&n| coefficient(n.max(1) as f64))
        .collect())
}
