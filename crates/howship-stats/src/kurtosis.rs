//! Degrees of freedom that shrink where few targets carry the spread.

use crate::Ratings;
use crate::error_by_size::excess_by_size;
use crate::root::bracketed_root;
use crate::two_way::{TwoWayAnova, TwoWaySums, TwoWayView};
use serde::Serialize;

/// What is added, for every unit of spread beyond normal theory, on the side where a mean square fell short:
/// `REACH / n^⅔`. The targets that carry a heavy tail are few; where a sample lacks them, the mean square and its
/// estimated spread are too small together. Set by simulation (example `agreement_intervals` of howship-scores).
const REACH: f64 = 80.0;
/// What spread counts more where a mean square in a ratio of fewer than 100 targets came out too large.
const OVER: f64 = 0.4;
/// As [`REACH`], for the residual alone: of spread that was seen, and of spread that follows from patients' sizes, with
/// the part of the latter that counts on the side where the mean square came out too large.
const REACH_SEEN: f64 = 60.0;
const REACH_BY_SIZE: f64 = 20.0;
const OVER_BY_SIZE: f64 = 0.3;
/// A ratio of mean squares is adjusted in full from `GATE / √n` of spread beyond normal theory on, and not at all
/// without: its two mean squares by themselves exceed normal theory too often by chance.
const GATE: f64 = 2.0;

/// Degrees of freedom do not shrink further: an error that might be thirty times as large as seen, as one degree of
/// freedom has it, is no answer, and samples that miss the targets who carry it are mended by none.
const LEAST_FREEDOM: f64 = 3.0;

/// How much more the mean squares of a table vary than those of normal ratings would: ratios of variances, 1 where
/// the targets' contributions spread as squares of normal numbers do.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct TailWeight {
    /// Mean square between targets.
    pub targets: f64,
    /// Residual mean square.
    pub residual: f64,
    /// Logarithm of the ratio of the two, on which intraclass correlations rest.
    pub ratio: f64,
}

/// Factors by which degrees of freedom shrink.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Shrinkage {
    /// Where the mean square fell short of what it estimates: for the end away from zero.
    short: f64,
    /// Where it exceeded it.
    over: f64,
}

impl Shrinkage {
    /// Normal theory.
    pub(crate) const NONE: Self = Self {
        short: 1.0,
        over: 1.0,
    };

    /// Of the residual mean square, from its spread over that of normal ratings, and from what would follow from the
    /// sizes of what is read.
    fn of_error(weight: f64, by_size: f64, targets: f64) -> Self {
        let seen = (weight - 1.0).max(0.0);
        let reach = |wide: f64| 1.0 + wide / targets.powf(2.0 / 3.0);
        Self {
            short: 1.0 + (seen * reach(REACH_SEEN)).max(by_size * reach(REACH_BY_SIZE)),
            over: 1.0 + seen.max(OVER_BY_SIZE * by_size),
        }
    }

    fn of_ratio(excess: f64, targets: f64, reach: f64) -> Self {
        let excess = excess.max(0.0);
        Self {
            short: 1.0 + excess * (1.0 + reach / targets.powf(2.0 / 3.0)),
            over: 1.0 + excess * (1.0 + OVER * (100.0 / targets).min(1.0)),
        }
    }

    pub(crate) fn is_none(self) -> bool {
        self == Self::NONE
    }

    /// Degrees of freedom of a mean square that fell short.
    pub(crate) fn short(self, freedom: f64) -> f64 {
        (freedom / self.short).max(LEAST_FREEDOM.min(freedom))
    }

    /// Degrees of freedom of a mean square that exceeded what it estimates.
    pub(crate) fn over(self, freedom: f64) -> f64 {
        (freedom / self.over).max(LEAST_FREEDOM.min(freedom))
    }
}

/// Shrinkage of the degrees of freedom of a table's mean squares.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adjustment {
    pub(crate) weight: TailWeight,
    /// Residual mean square alone.
    pub(crate) error: Shrinkage,
    /// Both mean squares in a ratio, where targets that raise both matter less.
    pub(crate) ratio: RatioShrinkage,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RatioShrinkage {
    pub(crate) targets: Shrinkage,
    pub(crate) residual: Shrinkage,
}

impl RatioShrinkage {
    pub(crate) const NONE: Self = Self {
        targets: Shrinkage::NONE,
        residual: Shrinkage::NONE,
    };
}

impl Adjustment {
    const NONE: Self = Self {
        weight: TailWeight {
            targets: 1.0,
            residual: 1.0,
            ratio: 1.0,
        },
        error: Shrinkage::NONE,
        ratio: RatioShrinkage::NONE,
    };

    /// Raters as fixed effects: what ICC(C,·), ICC(A,·) and the error of measurement rest on.
    pub(crate) fn two_way(ratings: &Ratings, sums: &TwoWaySums, anova: &TwoWayAnova) -> Self {
        let view = sums.view();
        let ratio = ratio_of(
            ratings,
            view,
            anova.residual / anova.residual_freedom,
            |t| view.residual_fixed_raters(t) - anova.residual,
        );
        let effects = (view.rater_effects(ratio), view.rater_effects(f64::INFINITY));
        let (Some(shrunk), Some(fixed)) = effects else {
            return Self::NONE;
        };
        let shares = Contributions::of(ratings, sums.shift, ratio, [&shrunk, &fixed]);
        shares.adjustment(anova.target_freedom(), anova.residual_freedom)
    }

    /// Raters not told apart: what ICC(1,·) rests on.
    pub(crate) fn one_way(ratings: &Ratings, sums: &TwoWaySums, anova: &TwoWayAnova) -> Self {
        let view = sums.view();
        let ratio = ratio_of(ratings, view, anova.within / anova.within_freedom(), |t| {
            view.residual_one_mean(t) - anova.within
        });
        let mean = vec![view.mean(ratio); ratings.raters()];
        let none = vec![0.0; ratings.raters()];
        let shares = Contributions::of(ratings, sums.shift, ratio, [&mean, &none]);
        shares.adjustment(anova.target_freedom(), anova.within_freedom())
    }

    /// Residuals of several tables whose sums of squares are pooled; `clusters` name the patient of each target.
    pub(crate) fn pooled(tables: &[(&Ratings, &[usize], TwoWaySums, TwoWayAnova)]) -> Self {
        let mut parts: Vec<(usize, [f64; 3])> = Vec::new();
        let mut freedom = 0.0;
        for (ratings, clusters, sums, anova) in tables {
            let Some(fixed) = sums.view().rater_effects(f64::INFINITY) else {
                return Self::NONE;
            };
            let shares = Contributions::of(ratings, sums.shift, 0.0, [&fixed, &fixed]);
            let expected = shares.expected(anova.residual_freedom);
            let own = shares.targets.iter().zip(&shares.residual).zip(expected);
            for (cluster, ((target, error), share)) in clusters.iter().zip(own) {
                parts.push((*cluster, [*target, *error, share]));
            }
            freedom += anova.residual_freedom;
        }
        // A patient whom several readers read twice is one patient.
        parts.sort_by_key(|p| p.0);
        let of_patients = |at: usize| -> Vec<f64> {
            let patients = parts.chunk_by(|a, b| a.0 == b.0);
            patients
                .map(|own| own.iter().map(|p| p.1[at]).sum())
                .collect()
        };
        let [targets, residual, expected] = [0, 1, 2].map(of_patients);
        let weight = spread(&residual, &expected, freedom);
        let by_size = excess_by_size(&targets, &residual, &expected);
        Self {
            weight: TailWeight {
                residual: weight,
                ..Self::NONE.weight
            },
            error: Shrinkage::of_error(weight, by_size, informative(&expected)),
            ratio: RatioShrinkage::NONE,
        }
    }
}

/// The variance ratio at which the targets' sum of squares is what it should be; zero where that is below zero, and
/// on complete tables, where every ratio gives the same contributions.
fn ratio_of(
    ratings: &Ratings,
    view: TwoWayView<'_>,
    mean_square: f64,
    sum_of_squares: impl Fn(f64) -> f64,
) -> f64 {
    if ratings.is_complete() {
        return 0.0;
    }
    let wanted = mean_square * (view.targets() - 1.0);
    let height = |x: f64| (sum_of_squares(x.exp()).max(f64::MIN_POSITIVE) / wanted).ln();
    // A ratio to three digits is plenty for a spread.
    let x = bracketed_root(-12.0, 25.0, height);
    if x <= -12.0 { 0.0 } else { x.exp() }
}

/// What each target adds to the two sums of squares.
struct Contributions {
    targets: Vec<f64>,
    residual: Vec<f64>,
    /// Ratings.
    sizes: Vec<f64>,
}

impl Contributions {
    fn of(ratings: &Ratings, shift: f64, ratio: f64, [shrunk, fixed]: [&[f64]; 2]) -> Self {
        let n = ratings.targets();
        let mut all = Self {
            targets: Vec::with_capacity(n),
            residual: Vec::with_capacity(n),
            sizes: Vec::with_capacity(n),
        };
        for target in 0..n {
            let row = ratings.row(target);
            let (mut size, mut between, mut sum, mut squares) = (0.0f64, 0.0, 0.0, 0.0);
            for ((value, level), effect) in row.iter().zip(shrunk).zip(fixed) {
                if value.is_nan() {
                    continue;
                }
                size += 1.0;
                between += value - shift - level;
                let rest = value - shift - effect;
                sum += rest;
                squares += rest * rest;
            }
            // Targets without ratings keep their place, and add nothing.
            let shared = between * between / (size.max(1.0) * (1.0 + ratio * size));
            all.targets.push(shared);
            all.residual
                .push((squares - sum * sum / size.max(1.0)).max(0.0));
            all.sizes.push(size);
        }
        all
    }

    /// Degrees of freedom of the residual, shared out by ratings.
    fn expected(&self, freedom: f64) -> Vec<f64> {
        let repeats = |size: &f64| (size - 1.0).max(0.0);
        let all: f64 = self.sizes.iter().map(repeats).sum();
        (self.sizes.iter())
            .map(|size| freedom * repeats(size) / all)
            .collect()
    }

    fn adjustment(&self, target_freedom: f64, residual_freedom: f64) -> Adjustment {
        let n = self.sizes.iter().filter(|s| **s > 0.0).count() as f64;
        let even: Vec<f64> = (self.sizes.iter())
            .map(|s| if *s > 0.0 { target_freedom / n } else { 0.0 })
            .collect();
        let expected = self.expected(residual_freedom);
        let targets = spread(&self.targets, &even, target_freedom);
        let residual = spread(&self.residual, &expected, residual_freedom);
        let b = deviations(&self.targets, &even, target_freedom);
        let e = deviations(&self.residual, &expected, residual_freedom);
        let square = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>();
        let difference: Vec<f64> = b.iter().zip(&e).map(|(b, e)| b - e).collect();
        let apart = square(&b) + square(&e);
        if !(apart > 0.0 && targets.is_finite() && residual.is_finite()) {
            return Adjustment::NONE;
        }
        // Targets that raise both mean squares leave their ratio alone.
        let shared = square(&difference) / apart;
        let normal = 2.0 / target_freedom + 2.0 / residual_freedom;
        let total = 2.0 * targets / target_freedom + 2.0 * residual / residual_freedom;
        let ratio = shared * total / normal;
        let gate = ((ratio - 1.0) * n.sqrt() / GATE).clamp(0.0, 1.0);
        let by_size = excess_by_size(&self.targets, &self.residual, &expected);
        let part = |weight: f64, n: f64, reach: f64| {
            Shrinkage::of_ratio(gate * (shared * weight - 1.0), n, reach)
        };
        Adjustment {
            weight: TailWeight {
                targets,
                residual,
                ratio,
            },
            error: Shrinkage::of_error(residual, by_size, informative(&expected)),
            ratio: RatioShrinkage {
                targets: part(targets, n, REACH),
                residual: part(residual, informative(&expected), REACH_SEEN),
            },
        }
    }
}

/// Targets that tell of the residual.
fn informative(expected: &[f64]) -> f64 {
    expected.iter().filter(|f| **f > 0.0).count().max(1) as f64
}

/// Contributions less what they should be, as shares of the sum.
fn deviations(contributions: &[f64], expected: &[f64], freedom: f64) -> Vec<f64> {
    let sum: f64 = contributions.iter().sum();
    (contributions.iter().zip(expected))
        .map(|(c, f)| (c - f * sum / freedom) / sum)
        .collect()
}

/// Variance of a mean square from its contributions, over that of normal ratings; unbiased where these are normal
/// and complete.
fn spread(contributions: &[f64], expected: &[f64], freedom: f64) -> f64 {
    let n = informative(expected);
    if n < 4.0 {
        return 1.0;
    }
    let deviations = deviations(contributions, expected, freedom);
    let squares: f64 = deviations.iter().map(|d| d * d).sum();
    let unbiased = n * (n + 1.0) / ((n - 1.0) * (n - 2.0));
    0.5 * freedom * squares * unbiased
}
