//! Standard error of measurement and smallest detectable change, for the same readers and for any.

use crate::generalized_pivots::PivotTables;
use crate::kurtosis::{Adjustment, RatioShrinkage, Shrinkage};
use crate::quantiles::checked_confidence;
use crate::two_way::{TwoWayAnova, TwoWaySums, analysed};
use crate::{
    Error, Estimate, Interval, Ratings, chi_square_quantile, crossed_components, normal_quantile,
};
use serde::{Deserialize, Serialize};

/// Which readers a statement about error is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReaderScope {
    /// The same readers read everything: their constant bias cancels (consistency).
    Fixed,
    /// Any readers of the population that these come from: bias between readers is error (agreement).
    Any,
}

/// Options of [`measurement_error`].
#[derive(Debug, Clone, PartialEq)]
pub struct MeasurementErrorOptions {
    /// Confidence level of the intervals, not of the detectable change.
    pub confidence: f64,
    /// Draws of the generalized interval for any readers.
    pub draws: usize,
    /// Seed of these draws.
    pub seed: u64,
}

impl Default for MeasurementErrorOptions {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            draws: 10_000,
            seed: 1979,
        }
    }
}

/// Error variance of one rating, for the same readers and for any readers, with intervals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MeasurementError {
    /// Variance of interaction and error (consistency); kurtosis-adjusted chi-square interval.
    pub residual: Estimate,
    /// That plus the variance between readers' means (agreement); kurtosis-adjusted generalized interval. None where
    /// readers are pooled and their means are not compared.
    pub rater_and_residual: Option<Estimate>,
    /// Intervals of normal scores; see [`MeasurementError::with_normal_intervals`].
    pub normal: NormalErrorIntervals,
    /// Variance of the residual mean square over that of normal ratings: above 1 where few targets carry the error.
    pub tail: f64,
    /// Degrees of freedom of the residual.
    pub freedom: f64,
    /// Targets with a rating.
    pub targets: usize,
    /// Readers (or readings).
    pub raters: usize,
}

/// What the intervals of an error of measurement would be if scores were normal.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NormalErrorIntervals {
    /// Of interaction and error: exact chi-square.
    pub residual: Interval,
    /// With the variance between readers: generalized.
    pub rater_and_residual: Option<Interval>,
}

impl MeasurementError {
    fn variance(&self, scope: ReaderScope) -> Option<Estimate> {
        match scope {
            ReaderScope::Fixed => Some(self.residual),
            ReaderScope::Any => self.rater_and_residual,
        }
    }

    /// The same error with the intervals of normal scores (chi-square, generalized) for all that is made from it.
    #[must_use]
    pub fn with_normal_intervals(&self) -> Self {
        let swap = |e: Estimate, interval: Interval| Estimate { interval, ..e };
        Self {
            residual: swap(self.residual, self.normal.residual),
            rater_and_residual: (self.rater_and_residual)
                .zip(self.normal.rater_and_residual)
                .map(|(e, interval)| swap(e, interval)),
            ..*self
        }
    }

    /// Standard error of measurement of the mean of `readers` readers; not a whole number where patients were read
    /// by different numbers of readers.
    #[must_use]
    pub fn standard_error(&self, scope: ReaderScope, readers: f64) -> Option<Estimate> {
        let readers = readers.max(1.0);
        Some(self.variance(scope)?.map(|v| (v / readers).sqrt()))
    }

    /// Smallest detectable change, from a table of *changes*: z · SEM of the change. At 95 % and two readers this
    /// is 1.96 · SD of the readers' differences / (√2 · √2) (Bruynesteyn et al., Ann Rheum Dis 2005).
    ///
    /// # Errors
    /// `level` not strictly between 0 and 1.
    pub fn smallest_detectable_change(
        &self,
        scope: ReaderScope,
        readers: f64,
        level: f64,
    ) -> Result<Option<Estimate>, Error> {
        let z = normal_quantile(0.5 + 0.5 * level)?;
        Ok(self
            .standard_error(scope, readers)
            .map(|e| e.map(|s| z * s)))
    }

    /// Smallest detectable difference, from a table of *statuses*: z · √2 · SEM (Lassere et al., J Rheumatol 1999).
    /// It overstates what paired reading can detect; give the smallest detectable change beside it.
    ///
    /// # Errors
    /// `level` not strictly between 0 and 1.
    pub fn smallest_detectable_difference(
        &self,
        scope: ReaderScope,
        readers: f64,
        level: f64,
    ) -> Result<Option<Estimate>, Error> {
        let z = std::f64::consts::SQRT_2 * normal_quantile(0.5 + 0.5 * level)?;
        Ok(self
            .standard_error(scope, readers)
            .map(|e| e.map(|s| z * s)))
    }
}

/// Error of measurement of ratings, from the analysis of variance (complete tables) or REML (tables with holes).
///
/// For one reader who read twice, the two readings are the raters and [`ReaderScope::Fixed`] is wanted.
///
/// # Intervals
/// Chi-square, and generalized for any readers, with degrees of freedom that shrink as the targets' residuals spread
/// more than normal ones; see [`icc`](crate::icc). [`MeasurementError::with_normal_intervals`] gives those of normal
/// scores.
///
/// # Limits
/// One error variance for all targets; where error grows with the score, see
/// [`detectable_change_by_size`](crate::detectable_change_by_size). With few readers the interval for any readers is
/// wide by nature: two readers leave one degree of freedom for their bias.
///
/// # Errors
/// All ratings equal; a rater without ratings or sharing no targets with the others.
pub fn measurement_error(
    ratings: &Ratings,
    options: &MeasurementErrorOptions,
) -> Result<MeasurementError, Error> {
    let confidence = checked_confidence(options.confidence)?;
    let statistic = "the error of measurement";
    let (sums, anova) = analysed(ratings, statistic)?;
    if !(anova.residual > 0.0) {
        return Err(Error::Undefined {
            statistic,
            reason: "raters differ by constants only: no error is seen, and none can be ruled out"
                .to_owned(),
        });
    }
    let (rater, residual) = components(ratings, &anova)?;
    let adjustment = Adjustment::two_way(ratings, &sums, &anova);
    let (freedom, mean_square) = (anova.residual_freedom, anova.residual_mean_square());
    let alone = |shrinkage| chi_square_interval(mean_square, freedom, shrinkage, confidence);
    let tables = PivotTables::without_targets(&anova);
    let both = |residual: Shrinkage| {
        let shrinkage = RatioShrinkage {
            residual,
            ..RatioShrinkage::NONE
        };
        let pivots = tables.draw(shrinkage, (options.draws, options.seed))?;
        Ok::<_, Error>(pivots.interval(confidence, |[_, r, e]| r.max(0.0) + e))
    };
    Ok(MeasurementError {
        residual: Estimate {
            value: residual,
            interval: alone(adjustment.error)?,
        },
        rater_and_residual: Some(Estimate {
            value: rater + residual,
            interval: both(adjustment.error)?,
        }),
        normal: NormalErrorIntervals {
            residual: alone(Shrinkage::NONE)?,
            rater_and_residual: Some(both(Shrinkage::NONE)?),
        },
        tail: adjustment.weight.residual,
        freedom,
        targets: anova.targets as usize,
        raters: ratings.raters(),
    })
}

/// Error of measurement within readers, pooled over readers who each read twice or more: one table each, with the
/// patient of each of its targets, since one patient may be in several tables.
///
/// # Errors
/// No table with an error; not a patient for every target; a confidence not between 0 and 1.
pub fn pooled_measurement_error(
    readers: &[(&Ratings, &[usize])],
    options: &MeasurementErrorOptions,
) -> Result<MeasurementError, Error> {
    let confidence = checked_confidence(options.confidence)?;
    let statistic = "the pooled error of measurement";
    let mut tables: Vec<(&Ratings, &[usize], TwoWaySums, TwoWayAnova)> = Vec::new();
    for (ratings, patients) in readers {
        if patients.len() != ratings.targets() {
            return Err(Error::TooFew {
                statistic: "a pooled error of measurement (a patient for every target)",
                needed: ratings.targets(),
                found: patients.len(),
            });
        }
        // A reader whose readings carry no error (all scores equal) says nothing about its size.
        if let Ok((sums, anova)) = analysed(ratings, statistic) {
            tables.push((ratings, patients, sums, anova));
        }
    }
    let sum = |f: fn(&TwoWayAnova) -> f64| tables.iter().map(|t| f(&t.3)).sum::<f64>();
    let (squares, freedom) = (sum(|a| a.residual), sum(|a| a.residual_freedom));
    if !(squares > 0.0) {
        return Err(Error::Undefined {
            statistic,
            reason: "no reader's repeated readings differ by more than a constant".to_owned(),
        });
    }
    let value = squares / freedom;
    let adjustment = Adjustment::pooled(&tables);
    Ok(MeasurementError {
        residual: Estimate {
            value,
            interval: chi_square_interval(value, freedom, adjustment.error, confidence)?,
        },
        rater_and_residual: None,
        normal: NormalErrorIntervals {
            residual: chi_square_interval(value, freedom, Shrinkage::NONE, confidence)?,
            rater_and_residual: None,
        },
        tail: adjustment.weight.residual,
        freedom,
        targets: sum(|a| a.targets) as usize,
        raters: readers.len(),
    })
}

fn components(ratings: &Ratings, anova: &TwoWayAnova) -> Result<(f64, f64), Error> {
    if ratings.is_complete() {
        let [_, rater, residual] = anova.components();
        return Ok((rater.max(0.0), residual));
    }
    let components = crossed_components(ratings)?;
    Ok((components.rater, components.residual))
}

/// The chi-square interval of the variance that a mean square estimates.
fn chi_square_interval(
    mean_square: f64,
    freedom: f64,
    shrinkage: Shrinkage,
    confidence: f64,
) -> Result<Interval, Error> {
    let tail = 0.5 - 0.5 * confidence;
    // The upper end is where the mean square fell short.
    let (over, short) = (shrinkage.over(freedom), shrinkage.short(freedom));
    Ok(Interval::new(
        mean_square * over / chi_square_quantile(1.0 - tail, over)?,
        mean_square * short / chi_square_quantile(tail, short)?,
    ))
}
