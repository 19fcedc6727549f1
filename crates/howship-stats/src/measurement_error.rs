use crate::generalized_pivots::GeneralizedPivots;
use crate::quantiles::checked_confidence;
use crate::two_way::{TwoWayAnova, analysed};
use crate::{Error, Estimate, Ratings, chi_square_quantile, crossed_components, normal_quantile};
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
    /// Variance of interaction and error (consistency); its interval is exact, by chi-square.
    pub residual: Estimate,
    /// That plus the variance between readers' means (agreement); generalized interval. None where readers are
    /// pooled and their means are not compared.
    pub rater_and_residual: Option<Estimate>,
    /// Degrees of freedom of the residual.
    pub freedom: f64,
    /// Targets with a rating.
    pub targets: usize,
    /// Readers (or readings).
    pub raters: usize,
}

impl MeasurementError {
    fn variance(&self, scope: ReaderScope) -> Option<Estimate> {
        match scope {
            ReaderScope::Fixed => Some(self.residual),
            ReaderScope::Any => self.rater_and_residual,
        }
    }

    /// Standard error of measurement of the mean of `readers` readers.
    #[must_use]
    pub fn standard_error(&self, scope: ReaderScope, readers: usize) -> Option<Estimate> {
        let readers = readers.max(1) as f64;
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
        readers: usize,
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
        readers: usize,
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
    let pivots = GeneralizedPivots::new(&sums, &anova, options.draws, options.seed)?;
    let both = pivots.interval(confidence, |[_, r, e]| r.max(0.0) + e);
    let freedom = anova.residual_freedom;
    let mean_square = anova.residual_mean_square();
    Ok(MeasurementError {
        residual: chi_square_estimate(residual, mean_square, freedom, confidence)?,
        rater_and_residual: Some(Estimate {
            value: rater + residual,
            interval: both,
        }),
        freedom,
        targets: anova.targets as usize,
        raters: ratings.raters(),
    })
}

/// Error of measurement within readers, pooled over readers who each read twice or more: one table each.
///
/// # Errors
/// No table with an error; a confidence not between 0 and 1.
pub fn pooled_measurement_error(
    readers: &[Ratings],
    options: &MeasurementErrorOptions,
) -> Result<MeasurementError, Error> {
    let confidence = checked_confidence(options.confidence)?;
    let statistic = "the pooled error of measurement";
    let (mut squares, mut freedom, mut targets) = (0.0, 0.0, 0.0);
    for table in readers {
        // A reader whose readings carry no error (all scores equal) says nothing about its size.
        let Ok((_, anova)) = analysed(table, statistic) else {
            continue;
        };
        squares += anova.residual;
        freedom += anova.residual_freedom;
        targets += anova.targets;
    }
    if !(squares > 0.0) {
        return Err(Error::Undefined {
            statistic,
            reason: "no reader's repeated readings differ by more than a constant".to_owned(),
        });
    }
    let value = squares / freedom;
    Ok(MeasurementError {
        residual: chi_square_estimate(value, value, freedom, confidence)?,
        rater_and_residual: None,
        freedom,
        targets: targets as usize,
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

/// A variance with the chi-square interval of its mean square.
fn chi_square_estimate(
    value: f64,
    mean_square: f64,
    freedom: f64,
    confidence: f64,
) -> Result<Estimate, Error> {
    let tail = 0.5 - 0.5 * confidence;
    Ok(Estimate::new(
        value,
        mean_square * freedom / chi_square_quantile(1.0 - tail, freedom)?,
        mean_square * freedom / chi_square_quantile(tail, freedom)?,
    ))
}
