//! Variance components of targets × raters by restricted maximum likelihood, on complete and incomplete tables.

mod optimum;
mod sufficient;

use crate::{Error, Ratings};
use optimum::{Optimum, maximise};
use serde::Serialize;
use sufficient::Sufficient;

/// Variance components of `y_ij = μ + target_i + rater_j + e_ij`.
///
/// Vectors and matrices over components are in the order target, rater, residual.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrossedComponents {
    /// Variance between targets.
    pub target: f64,
    /// Variance between raters' means.
    pub rater: f64,
    /// Variance of interaction and error, which one rating a cell cannot tell apart.
    pub residual: f64,
    /// Asymptotic covariance of the three: inverse of the expected information at the estimate, not restricted
    /// by bounds that hold a component at zero.
    pub covariance: [[f64; 3]; 3],
    /// Whether a component was held at zero.
    pub at_zero: [bool; 3],
    /// Generalised least squares estimate of μ.
    pub mean: f64,
    /// Its variance.
    pub mean_variance: f64,
    /// Restricted log likelihood, constants included.
    pub log_likelihood: f64,
    /// Targets with at least one rating.
    pub targets: usize,
    /// Raters with at least one rating.
    pub raters: usize,
    /// Ratings that stand.
    pub ratings: usize,
    /// What a reader of the numbers must know.
    pub notes: Vec<String>,
}

/// Variance components of `y_ij = μ + target_i + e_ij`: raters are not told apart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OneWayComponents {
    /// Variance between targets.
    pub target: f64,
    /// Variance of ratings within targets: raters' bias, interaction and error together.
    pub residual: f64,
    /// Asymptotic covariance in the order target, residual, as in [`CrossedComponents::covariance`].
    pub covariance: [[f64; 2]; 2],
    /// Whether a component was held at zero.
    pub at_zero: [bool; 2],
    /// Generalised least squares estimate of μ.
    pub mean: f64,
    /// Its variance.
    pub mean_variance: f64,
    /// Restricted log likelihood, constants included.
    pub log_likelihood: f64,
    /// Targets with at least one rating.
    pub targets: usize,
    /// Ratings that stand.
    pub ratings: usize,
    /// What a reader of the numbers must know.
    pub notes: Vec<String>,
}

/// Beyond this the cube of the number of raters takes minutes.
const MOST_RATERS: usize = 500;

/// REML variance components of targets and raters, both random and crossed, from a table that may have holes.
///
/// On complete tables with no component at zero they equal those of the two-way analysis of variance.
/// The likelihood is evaluated from sums over targets with equally many ratings and Woodbury's identity over
/// raters, its derivatives are exact, and Newton's method with bounds at zero climbs it: the time does not grow
/// with the number of targets after one pass over the table, and grows with the cube of the smaller of the two
/// counts where the table has holes. (Patterson, Thompson, Biometrika 1971; Searle, Casella, McCulloch,
/// Variance Components, 1992.)
///
/// # Limits
/// Up to 500 raters or targets, whichever are fewer. Ratings must be missing at random. Raters' variance rests on as many numbers as there are raters.
///
/// # Errors
/// All ratings equal; no target with two ratings or no rater with two; components that the pattern of missing
/// ratings cannot tell apart.
pub fn crossed_components(ratings: &Ratings) -> Result<CrossedComponents, Error> {
    if ratings.raters() > ratings.targets() {
        // The two roles are alike and the likelihood costs the cube of the second.
        let turned = transposed(ratings)?;
        return Ok(swap_roles(estimate_crossed(&turned)?));
    }
    estimate_crossed(ratings)
}

fn estimate_crossed(ratings: &Ratings) -> Result<CrossedComponents, Error> {
    let statistic = "variance components of targets and raters";
    if ratings.raters() > MOST_RATERS {
        return Err(Error::Undefined {
            statistic,
            reason: format!(
                "{} raters of {} targets; at most {MOST_RATERS} of the fewer can be told apart",
                ratings.raters(),
                ratings.targets()
            ),
        });
    }
    let sums = Sufficient::of(ratings, true).ok_or_else(|| all_equal(statistic))?;
    if sums.raters < 2 || sums.targets < 2 || !sums.targets_repeat() || !sums.raters_repeat() {
        return Err(Error::Undefined {
            statistic,
            reason: format!(
                "{} ratings of {} targets by {} raters; some targets must have two ratings and some raters two \
                 targets",
                sums.ratings, sums.targets, sums.raters
            ),
        });
    }
    let best = maximise(&sums, true).ok_or_else(|| not_apart(statistic))?;
    let square = sums.scale * sums.scale;
    let components = best.variances.map(|v| v * square);
    let covariance = best.covariance.map(|r| r.map(|c| c * square * square));
    Ok(CrossedComponents {
        target: components[0],
        rater: components[1],
        residual: components[2],
        covariance,
        at_zero: best.at_bound,
        mean: sums.centre + sums.scale * best.mean,
        mean_variance: best.mean_variance * square,
        log_likelihood: log_likelihood(&sums, &best),
        targets: sums.targets,
        raters: sums.raters,
        ratings: sums.ratings,
        notes: notes(&best.at_bound, true),
    })
}

/// REML variance components of targets with ratings nested in them (a different or unknown rater each time).
///
/// # Errors
/// All ratings equal; fewer than two targets, or none with two ratings.
pub fn one_way_components(ratings: &Ratings) -> Result<OneWayComponents, Error> {
    let statistic = "variance components of targets";
    let sums = Sufficient::of(ratings, false).ok_or_else(|| all_equal(statistic))?;
    if sums.targets < 2 || !sums.targets_repeat() {
        return Err(Error::Undefined {
            statistic,
            reason: format!(
                "{} ratings of {} targets; at least two targets are needed and some must have two ratings",
                sums.ratings, sums.targets
            ),
        });
    }
    let best = maximise(&sums, false).ok_or_else(|| not_apart(statistic))?;
    let square = sums.scale * sums.scale;
    let (c, fourth) = (best.covariance, square * square);
    Ok(OneWayComponents {
        target: best.variances[0] * square,
        residual: best.variances[2] * square,
        covariance: [
            [c[0][0] * fourth, c[0][2] * fourth],
            [c[2][0] * fourth, c[2][2] * fourth],
        ],
        at_zero: [best.at_bound[0], best.at_bound[2]],
        mean: sums.centre + sums.scale * best.mean,
        mean_variance: best.mean_variance * square,
        log_likelihood: log_likelihood(&sums, &best),
        targets: sums.targets,
        ratings: sums.ratings,
        notes: notes(&best.at_bound, false),
    })
}

fn log_likelihood(sums: &Sufficient, best: &Optimum) -> f64 {
    let freedom = sums.ratings as f64 - 1.0;
    let constant = freedom * (2.0 * std::f64::consts::PI).ln() + 2.0 * freedom * sums.scale.ln();
    -0.5 * (best.criterion + constant)
}

fn notes(at_bound: &[bool; 3], raters: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if at_bound[0] {
        notes.push("the variance between targets is estimated as zero: the ratings do not tell targets apart");
    }
    if at_bound[1] && raters {
        notes
            .push("the variance between raters is estimated as zero: no bias between raters shows");
    }
    if at_bound[2] {
        notes.push("no residual variance is left: raters differ by constants only");
    }
    notes.into_iter().map(str::to_owned).collect()
}

fn all_equal(statistic: &'static str) -> Error {
    Error::Undefined {
        statistic,
        reason:
            "all ratings are equal, fewer than three stand, or they are too large to be squared"
                .to_owned(),
    }
}

fn not_apart(statistic: &'static str) -> Error {
    Error::Undefined {
        statistic,
        reason: "the pattern of missing ratings does not tell the components apart; let raters share targets"
            .to_owned(),
    }
}

fn transposed(ratings: &Ratings) -> Result<Ratings, Error> {
    let (n, k) = (ratings.targets(), ratings.raters());
    let values = (0..k).flat_map(|j| (0..n).map(move |i| ratings.row(i)[j]));
    Ratings::new(k, n, values.collect())
}

fn swap_roles(c: CrossedComponents) -> CrossedComponents {
    let order = [1, 0, 2];
    let at_zero = order.map(|a| c.at_zero[a]);
    CrossedComponents {
        target: c.rater,
        rater: c.target,
        covariance: order.map(|a| order.map(|b| c.covariance[a][b])),
        at_zero,
        targets: c.raters,
        raters: c.targets,
        notes: notes(&at_zero, true),
        ..c
    }
}

#[cfg(test)]
mod tests;
