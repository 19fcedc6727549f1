//! Intraclass correlations with exact, adjusted and resampled intervals.

use crate::generalized_pivots::{GeneralizedPivots, PivotTables};
use crate::kurtosis::{Adjustment, RatioShrinkage, TailWeight};
use crate::quantiles::checked_confidence;
use crate::root::bracketed_root;
use crate::two_way::{TwoWayAnova, TwoWaySums, analysed};
use crate::{
    Ends, Error, Interval, Ratings, crossed_components, fisher_f_quantile, one_way_components,
};
use serde::{Deserialize, Serialize};

/// The six intraclass correlations of Shrout and Fleiss (Psychol Bull 1979) and McGraw and Wong (Psychol Methods
/// 1996).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum IccForm {
    /// ICC(1,1): another rater for every rating.
    #[serde(rename = "ICC(1,1)")]
    OneWay,
    /// ICC(2,1) = ICC(A,1): absolute agreement, one rater of a population of raters.
    #[serde(rename = "ICC(A,1)")]
    Agreement,
    /// ICC(3,1) = ICC(C,1): consistency, one of these raters.
    #[serde(rename = "ICC(C,1)")]
    Consistency,
    /// ICC(1,k): mean of k ratings, each by another rater.
    #[serde(rename = "ICC(1,k)")]
    OneWayMean,
    /// ICC(2,k) = ICC(A,k): absolute agreement of the mean of k raters.
    #[serde(rename = "ICC(A,k)")]
    AgreementMean,
    /// ICC(3,k) = ICC(C,k): consistency of the mean of these k raters (Cronbach's alpha).
    #[serde(rename = "ICC(C,k)")]
    ConsistencyMean,
}

impl IccForm {
    /// All six, in the order of Shrout and Fleiss.
    pub const ALL: [Self; 6] = [
        Self::OneWay,
        Self::Agreement,
        Self::Consistency,
        Self::OneWayMean,
        Self::AgreementMean,
        Self::ConsistencyMean,
    ];

    /// Name as in McGraw and Wong.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::OneWay => "ICC(1,1)",
            Self::Agreement => "ICC(A,1)",
            Self::Consistency => "ICC(C,1)",
            Self::OneWayMean => "ICC(1,k)",
            Self::AgreementMean => "ICC(A,k)",
            Self::ConsistencyMean => "ICC(C,k)",
        }
    }
}

/// How the normal-theory interval of absolute agreement is made. One-way and consistency forms have exact intervals
/// and one method only: F on complete tables, Wald's F by quadratic forms (Ann Math Stat 1941; Harville, Fenech,
/// Biometrics 1985) on tables with holes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgreementInterval {
    /// Satterthwaite's approximation as in Shrout and Fleiss and in McGraw and Wong; complete tables only, else
    /// [`Self::Generalized`].
    McGrawWong,
    /// Generalized confidence interval (Weerahandi 1993; Tian and Cappelleri 2004) with seeded draws.
    Generalized,
}

/// Options of [`icc`].
#[derive(Debug, Clone, PartialEq)]
pub struct IccOptions {
    /// Confidence level.
    pub confidence: f64,
    /// Normal-theory interval of ICC(A,1) and ICC(A,k).
    pub agreement_interval: AgreementInterval,
    /// Raters averaged in the forms ending in k, no whole number where targets were rated by different numbers; none
    /// means the harmonic mean number of ratings of a target, which is the raters of the table where none is missing.
    pub mean_of: Option<f64>,
    /// Draws of the generalized interval.
    pub draws: usize,
    /// Seed of these draws.
    pub seed: u64,
}

impl Default for IccOptions {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            agreement_interval: AgreementInterval::Generalized,
            mean_of: None,
            draws: 10_000,
            seed: 1979,
        }
    }
}

/// One intraclass correlation.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Icc {
    /// Which.
    pub form: IccForm,
    /// Estimate. Negative where targets differ less than raters do.
    pub value: f64,
    /// Kurtosis-adjusted confidence interval, the one to report: degrees of freedom shrink as targets'
    /// contributions to the mean squares spread more than normal ones; one-sided where [`IccTable::ends`] says so. None
    /// where no error is left to make one from.
    pub interval: Option<Interval>,
    /// Interval of normal scores: F (exact), for absolute agreement [`IccOptions::agreement_interval`].
    pub normal: Option<Interval>,
    /// Of absolute agreement on complete tables: Satterthwaite's approximation as Shrout and Fleiss and McGraw and Wong
    /// print it, for comparison. It misses the truth far more often than it says where raters' bias is large.
    pub satterthwaite: Option<Interval>,
}

/// The six forms from one table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IccTable {
    /// In the order of [`IccForm::ALL`].
    pub forms: Vec<Icc>,
    /// Targets with a rating.
    pub targets: usize,
    /// Raters.
    pub raters: usize,
    /// Ratings that stand.
    pub ratings: usize,
    /// Whether no rating is missing; then estimates come from mean squares, else from REML.
    pub complete: bool,
    /// k: how many raters the forms ending in k average.
    pub mean_of: f64,
    /// Variance between targets (may be negative on complete tables).
    pub target_variance: f64,
    /// Variance between raters' means (may be negative on complete tables).
    pub rater_variance: f64,
    /// Variance of interaction and error.
    pub residual_variance: f64,
    /// How heavy the tails of the targets' contributions are, raters as fixed effects.
    pub tails: TailWeight,
    /// Which ends of the kurtosis-adjusted intervals come from the sample.
    pub ends: Ends,
}

impl IccTable {
    /// One form.
    #[must_use]
    pub fn get(&self, form: IccForm) -> Option<&Icc> {
        self.forms.iter().find(|i| i.form == form)
    }
}

/// Variance components as the estimates use them.
struct Components {
    crossed: [f64; 3],
    one_way: [f64; 2],
}

impl Components {
    fn of(ratings: &Ratings, anova: &TwoWayAnova) -> Result<Self, Error> {
        if ratings.is_complete() {
            return Ok(Self {
                crossed: anova.components(),
                one_way: anova.one_way_components(),
            });
        }
        let crossed = crossed_components(ratings)?;
        let one_way = one_way_components(ratings)?;
        Ok(Self {
            crossed: [crossed.target, crossed.rater, crossed.residual],
            one_way: [one_way.target, one_way.residual],
        })
    }
}

/// Intraclass correlations of targets rated by raters, with confidence intervals.
///
/// Estimates are those of the analysis of variance on complete tables and of REML variance components on tables
/// with holes (missing at random). For repair, hand over ratings of *change*: the ICC of status is near 1 even
/// where that of change is near 0.
///
/// # Intervals
/// [`Icc::normal`] is exact for normal scores and holds far less than it says for sums of grades over patients of
/// whom few change. [`Icc::interval`] takes the variance of each mean square from the targets' own contributions (as
/// O'Neill, Am Stat 2014, and Bonett, Comput Stat Data Anal 2006, do for one variance), never less than normal
/// theory's, and more on the side where targets that the sample happens to lack would pull. It equals the former where
/// contributions spread no more than normal ones. With fewer than [`FEW_TARGETS`](crate::FEW_TARGETS) targets it is a
/// one-sided lower bound at the same confidence, and its upper end is 1 ([`Ends`]).
///
/// # Limits
/// ICC(A,·) generalizes to other raters from as many raters as the table has: with two, one degree of freedom,
/// and its interval is wide by nature; the one-sided lower bound then holds the truth in up to 99.7 % instead of 95 %.
///
/// # Errors
/// All ratings equal, no variance to compare; a rater without ratings or sharing no target with the others; a
/// confidence not between 0 and 1.
pub fn icc(ratings: &Ratings, options: &IccOptions) -> Result<IccTable, Error> {
    let confidence = checked_confidence(options.confidence)?;
    let (sums, anova) = analysed(ratings, "the intraclass correlation")?;
    let components = Components::of(ratings, &anova)?;
    let mean_of = options
        .mean_of
        .unwrap_or_else(|| mean_ratings(ratings))
        .max(1.0);
    let values = Values {
        components: &components,
        mean_of,
        largest: sums.view().largest(),
    };
    if IccForm::ALL.iter().any(|&form| values.value(form).is_nan()) {
        return Err(Error::Undefined {
            statistic: "the intraclass correlation",
            reason: "neither targets nor raters' errors vary: raters differ by constants only"
                .to_owned(),
        });
    }
    let two_way = Adjustment::two_way(ratings, &sums, &anova);
    let ends = Ends::for_targets(anova.targets);
    let (adjusted, normal) = if anova.residual > 0.0 {
        let one_way = Adjustment::one_way(ratings, &sums, &anova);
        let tables = PivotTables::new(&sums, &anova);
        let make = |classical: bool, shrinkage: [RatioShrinkage; 2], confidence: f64| {
            let agreement = if classical {
                AgreementLimits::Single(mcgraw_wong(&anova, confidence)?)
            } else {
                let pivots = tables.draw(shrinkage[1], (options.draws, options.seed))?;
                AgreementLimits::Pivots(pivots, confidence)
            };
            Intervals::new((&sums, &anova), agreement, shrinkage, confidence)
        };
        let classical =
            options.agreement_interval == AgreementInterval::McGrawWong && ratings.is_complete();
        let shrinkage = [one_way.ratio, two_way.ratio];
        let adjusted = make(false, shrinkage, ends.two_sided(confidence))?;
        let normal = make(classical, [RatioShrinkage::NONE; 2], confidence)?;
        (Some(adjusted), Some(normal))
    } else {
        (None, None)
    };
    let satterthwaite = (ratings.is_complete() && anova.residual > 0.0)
        .then(|| mcgraw_wong(&anova, confidence).map(AgreementLimits::Single))
        .transpose()?;
    let forms = IccForm::ALL.map(|form| {
        let of = |intervals: &Option<Intervals>| {
            let interval = intervals.as_ref()?.of(form, mean_of);
            (interval.lower.is_finite() && interval.upper.is_finite()).then_some(interval)
        };
        Icc {
            form,
            value: values.value(form),
            interval: of(&adjusted).map(|interval| ends.of_correlation(interval)),
            normal: of(&normal),
            satterthwaite: satterthwaite.as_ref().and_then(|s| match form {
                IccForm::Agreement => Some(s.agreement(1.0, values.largest)),
                IccForm::AgreementMean => Some(s.agreement(mean_of, values.largest)),
                _ => None,
            }),
        }
    });
    let [target, rater, residual] = components.crossed;
    Ok(IccTable {
        forms: forms.to_vec(),
        targets: anova.targets as usize,
        raters: ratings.raters(),
        ratings: anova.ratings as usize,
        complete: ratings.is_complete(),
        mean_of,
        target_variance: target,
        rater_variance: rater,
        residual_variance: residual,
        tails: two_way.weight,
        ends,
    })
}

/// Ratings of a target: the harmonic mean, since the error of a mean of ratings goes with the inverse of their number.
fn mean_ratings(ratings: &Ratings) -> f64 {
    let (mut inverse, mut targets) = (0.0, 0.0);
    for target in 0..ratings.targets() {
        let found = ratings.row(target).iter().filter(|v| !v.is_nan()).count();
        if found > 0 {
            inverse += 1.0 / found as f64;
            targets += 1.0;
        }
    }
    let mean: f64 = targets / inverse;
    // A table that all raters filled gives their number, not what rounding leaves of it.
    if (mean - mean.round()).abs() < 1e-9 {
        mean.round()
    } else {
        mean
    }
}

struct Values<'a> {
    components: &'a Components,
    mean_of: f64,
    largest: f64,
}

impl Values<'_> {
    fn value(&self, form: IccForm) -> f64 {
        let [target, mut rater, residual] = self.components.crossed;
        let [between, within] = self.components.one_way;
        // Where targets differ less than raters do, two negative variances would make a correlation beyond 1.
        if target < 0.0 {
            rater = rater.max(0.0);
        }
        let mean = |t: f64, e: f64| correlation_of_mean(t, e, self.mean_of, self.largest);
        match form {
            IccForm::OneWay => between / (between + within),
            IccForm::Agreement => target / (target + rater + residual),
            IccForm::Consistency => target / (target + residual),
            IccForm::OneWayMean => mean(between, within),
            IccForm::AgreementMean => mean(target, rater + residual),
            IccForm::ConsistencyMean => mean(target, residual),
        }
    }
}

struct Intervals {
    one_way: Interval,
    consistency: Interval,
    agreement: AgreementLimits,
    largest: f64,
}

enum AgreementLimits {
    Single(Interval),
    Pivots(GeneralizedPivots, f64),
}

impl Intervals {
    fn new(
        (sums, anova): (&TwoWaySums, &TwoWayAnova),
        agreement: AgreementLimits,
        [one_way, two_way]: [RatioShrinkage; 2],
        confidence: f64,
    ) -> Result<Self, Error> {
        Ok(Self {
            one_way: one_way_ratio((sums, anova), one_way, confidence)?,
            consistency: consistency_ratio((sums, anova), two_way, confidence)?,
            agreement,
            largest: sums.view().largest(),
        })
    }

    fn of(&self, form: IccForm, mean_of: f64) -> Interval {
        let correlation = |ratio: f64, k: f64| correlation_of_mean(ratio, 1.0, k, self.largest);
        match form {
            IccForm::OneWay => self.one_way.map(|r| correlation(r, 1.0)),
            IccForm::OneWayMean => self.one_way.map(|r| correlation(r, mean_of)),
            IccForm::Consistency => self.consistency.map(|r| correlation(r, 1.0)),
            IccForm::ConsistencyMean => self.consistency.map(|r| correlation(r, mean_of)),
            IccForm::Agreement => self.agreement.agreement(1.0, self.largest),
            IccForm::AgreementMean => self.agreement.agreement(mean_of, self.largest),
        }
    }
}

impl AgreementLimits {
    /// Of the mean of `k` raters; `largest`: most ratings of a target.
    fn agreement(&self, k: f64, largest: f64) -> Interval {
        match self {
            // Spearman and Brown: the mean's correlation is a rising function of the single rating's.
            AgreementLimits::Single(interval) => interval.map(|r| k * r / (1.0 + (k - 1.0) * r)),
            // Raters' variance is no less than zero: without this, raters without bias get too wide an interval.
            AgreementLimits::Pivots(pivots, confidence) => pivots
                .interval(*confidence, |[t, r, e]| {
                    correlation_of_mean(*t, r.max(0.0) + e, k, largest)
                }),
        }
    }
}

/// Correlation of the mean of `k` ratings. A negative variance of targets is possible down to −error over the most
/// ratings that a target has (`largest`); means of more ratings would cross a pole there, and it counts as zero.
pub(crate) fn correlation_of_mean(target: f64, error: f64, k: f64, largest: f64) -> f64 {
    let target = if k > largest { target.max(0.0) } else { target };
    target / (target + error / k)
}

/// Interval of target over residual variance, raters taken as fixed effects: without shrinkage exact for any pattern
/// of holes.
pub(crate) fn consistency_ratio(
    (sums, anova): (&TwoWaySums, &TwoWayAnova),
    shrinkage: RatioShrinkage,
    confidence: f64,
) -> Result<Interval, Error> {
    let freedom = (anova.target_freedom(), anova.residual_freedom);
    let bounds = wald_bounds(anova.residual, freedom, shrinkage, confidence)?;
    Ok(bounds.map_ends(|wanted| {
        ratio_at(sums.view().largest(), wanted, |theta| {
            sums.view().residual_fixed_raters(theta) - anova.residual
        })
    }))
}

fn one_way_ratio(
    (sums, anova): (&TwoWaySums, &TwoWayAnova),
    shrinkage: RatioShrinkage,
    confidence: f64,
) -> Result<Interval, Error> {
    let freedom = (anova.target_freedom(), anova.within_freedom());
    let bounds = wald_bounds(anova.within, freedom, shrinkage, confidence)?;
    Ok(bounds.map_ends(|wanted| {
        ratio_at(sums.view().largest(), wanted, |theta| {
            sums.view().residual_one_mean(theta) - anova.within
        })
    }))
}

/// Sums of squares of targets at which Wald's F meets its two quantiles; the larger gives the lower ratio.
struct WaldBounds {
    lower: f64,
    upper: f64,
}

impl WaldBounds {
    fn map_ends(&self, ratio: impl Fn(f64) -> f64) -> Interval {
        Interval::new(ratio(self.lower), ratio(self.upper))
    }
}

fn wald_bounds(
    error: f64,
    (targets, residual): (f64, f64),
    shrinkage: RatioShrinkage,
    confidence: f64,
) -> Result<WaldBounds, Error> {
    let tail = 0.5 - 0.5 * confidence;
    let unit = error / residual * targets;
    let (t, r) = (shrinkage.targets, shrinkage.residual);
    // The lower end is where the targets' mean square came out too large and the residual one too small.
    let lower = fisher_f_quantile(1.0 - tail, t.over(targets), r.short(residual))?;
    let upper = fisher_f_quantile(tail, t.short(targets), r.over(residual))?;
    Ok(WaldBounds {
        lower: unit * lower,
        upper: unit * upper,
    })
}

/// The variance ratio at which the targets' sum of squares equals `wanted`.
fn ratio_at(largest: f64, wanted: f64, sum_of_squares: impl Fn(f64) -> f64) -> f64 {
    let offset = 1.0 / largest;
    let height = |x: f64| (sum_of_squares(x.exp() - offset).max(f64::MIN_POSITIVE) / wanted).ln();
    let lowest = offset.ln() - 32.0;
    // Where targets' means are all alike, no ratio explains as much.
    if height(lowest) <= 0.0 {
        return -offset;
    }
    let x = bracketed_root(lowest, offset.ln() + 40.0, height);
    x.exp() - offset
}

/// Interval of ICC(A,1) by Satterthwaite's approximation (McGraw, Wong 1996, with the correction of 1996).
fn mcgraw_wong(anova: &TwoWayAnova, confidence: f64) -> Result<Interval, Error> {
    let (n, k) = (anova.targets, anova.raters);
    let targets = anova.targets_after_raters / anova.target_freedom();
    let raters = anova.raters_after_targets / anova.rater_freedom();
    let error = anova.residual_mean_square();
    let [t, r, e] = anova.components();
    let rho = t / (t + r + e);
    let ratio = raters / error;
    let rest = n * (1.0 + (k - 1.0) * rho) - k * rho;
    let freedom = (n - 1.0) * (k - 1.0) * (k * rho * ratio + rest).powi(2)
        / ((n - 1.0) * (k * rho * ratio).powi(2) + rest * rest);
    let upper_tail = 0.5 + 0.5 * confidence;
    let low = fisher_f_quantile(upper_tail, n - 1.0, freedom)?;
    let high = fisher_f_quantile(upper_tail, freedom, n - 1.0)?;
    let noise = k * raters + (k * n - k - n) * error;
    Ok(Interval::new(
        n * (targets - low * error) / (low * noise + n * targets),
        n * (high * targets - error) / (noise + n * high * targets),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader whose scores fall as the other's rise.
    fn opposite(noise: &[f64]) -> IccTable {
        let rows: Vec<Vec<f64>> = noise
            .iter()
            .enumerate()
            .map(|(i, e)| vec![i as f64, 12.0 - i as f64 + e])
            .collect();
        let flat: Vec<f64> = rows.concat();
        icc(
            &Ratings::new(rows.len(), 2, flat).unwrap(),
            &IccOptions::default(),
        )
        .unwrap()
    }

    #[test]
    fn no_correlation_lies_beyond_one_and_no_lower_end_above_its_estimate() {
        for noise in [
            [0.0; 12],
            std::array::from_fn(|i| ((i * 5) % 7) as f64 / 7.0),
        ] {
            let table = opposite(&noise);
            for form in &table.forms {
                assert!(form.value <= 1.0, "{:?}", form);
                // That of means has no bound below, and none at all where all targets' means are alike.
                if let Some(interval) = form.interval.filter(|_| form.value.is_finite()) {
                    assert!(interval.lower <= form.value + 1e-9, "{form:?}");
                }
            }
            let one = table.get(IccForm::Agreement).unwrap().value;
            assert!((-1.0..-0.9).contains(&one), "{one}");
        }
    }
}
