//! Generalised pivotal quantities: intervals of ratios of variance components.

use crate::kurtosis::{RatioShrinkage, Shrinkage};
use crate::two_way::{TwoWayAnova, TwoWaySums};
use crate::{Error, Interval, chi_square_quantile};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution};

const GRID: usize = 320;
/// Share of the residual sum of squares that differences of sums leave.
const ROUNDING: f64 = 1e-12;

/// Draws of what the variance components may be, given the sums of squares (Weerahandi, J Am Stat Assoc 1993):
/// each sum of squares over a chi-square draw is solved for its component. Exact marginally for the residual and
/// for the ratios of targets and of raters to it (Wald's quadratic forms), on tables with holes too. Where the
/// targets' and the residual sum of squares spread more than those of normal ratings, their chi-squares have fewer
/// degrees of freedom.
#[derive(Debug, Clone)]
pub(crate) struct GeneralizedPivots {
    /// Target, rater, residual.
    draws: Vec<[f64; 3]>,
}

/// Variance ratios by sum of squares, from which draws are made; the costly part, the same whatever the law.
pub(crate) struct PivotTables<'a> {
    anova: &'a TwoWayAnova,
    /// None where no question is about targets.
    targets: Option<RatioTable>,
    raters: RatioTable,
}

impl<'a> PivotTables<'a> {
    pub(crate) fn new(sums: &TwoWaySums, anova: &'a TwoWayAnova) -> Self {
        let targets = RatioTable::new(1.0 / sums.view().largest(), |theta| {
            let targets = sums.view().residual_fixed_raters(theta) - anova.residual;
            // Where targets' means are all alike, nothing is left but rounding.
            if targets > ROUNDING * anova.residual {
                targets
            } else {
                0.0
            }
        });
        Self {
            targets: Some(targets),
            ..Self::without_targets(anova)
        }
    }

    /// Draws of the targets' variance will be zero.
    pub(crate) fn without_targets(anova: &'a TwoWayAnova) -> Self {
        let most = anova.spectrum.values.iter().copied().fold(0.0, f64::max);
        Self {
            anova,
            targets: None,
            raters: RatioTable::new(1.0 / most, |phi| anova.spectrum.explained(phi)),
        }
    }

    pub(crate) fn draw(
        &self,
        shrinkage: RatioShrinkage,
        (draws, seed): (usize, u64),
    ) -> Result<GeneralizedPivots, Error> {
        let anova = self.anova;
        let residual_law = SumOfSquares::new(anova.residual_freedom, shrinkage.residual)?;
        let target_law = SumOfSquares::new(anova.target_freedom(), shrinkage.targets)?;
        let rater_law = SumOfSquares::new(anova.rater_freedom(), Shrinkage::NONE)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let draws = (0..draws)
            .map(|_| {
                let residual = anova.residual / residual_law.sample(&mut rng);
                let target = self.targets.as_ref().map_or(0.0, |targets| {
                    targets.ratio(residual * target_law.sample(&mut rng))
                });
                let rater = self.raters.ratio(residual * rater_law.sample(&mut rng));
                [target * residual, rater * residual, residual]
            })
            .collect();
        Ok(GeneralizedPivots { draws })
    }
}

impl GeneralizedPivots {
    /// Equal-tailed interval of a function of target, rater and residual variance.
    pub(crate) fn interval(&self, confidence: f64, f: impl Fn(&[f64; 3]) -> f64) -> Interval {
        let mut values: Vec<f64> = self.draws.iter().map(f).collect();
        let tail = 0.5 - 0.5 * confidence;
        quantile_pair(&mut values, tail)
    }
}

/// Law of a sum of squares over its variance: chi-square, or two halves of chi-squares with fewer degrees of freedom
/// and the same mean, one below the median and one above.
enum SumOfSquares {
    Whole(ChiSquared<f64>),
    Halves { short: Half, over: Half },
}

struct Half {
    law: ChiSquared<f64>,
    median: f64,
    scale: f64,
}

impl Half {
    fn new(freedom: f64, shrunk: f64) -> Result<Self, Error> {
        Ok(Self {
            law: chi_squared(shrunk)?,
            median: chi_square_quantile(0.5, shrunk)?,
            scale: freedom / shrunk,
        })
    }

    /// A draw below the median, or above it.
    fn sample(&self, below: bool, rng: &mut impl Rng) -> f64 {
        loop {
            let x = self.law.sample(rng);
            if (x < self.median) == below {
                return self.scale * x;
            }
        }
    }
}

impl SumOfSquares {
    fn new(freedom: f64, shrinkage: Shrinkage) -> Result<Self, Error> {
        if shrinkage.is_none() {
            return Ok(Self::Whole(chi_squared(freedom)?));
        }
        Ok(Self::Halves {
            short: Half::new(freedom, shrinkage.short(freedom))?,
            over: Half::new(freedom, shrinkage.over(freedom))?,
        })
    }

    fn sample(&self, rng: &mut impl Rng) -> f64 {
        match self {
            Self::Whole(law) => law.sample(rng),
            Self::Halves { short, over } => {
                if rng.random::<bool>() {
                    short.sample(true, rng)
                } else {
                    over.sample(false, rng)
                }
            }
        }
    }
}

fn chi_squared(freedom: f64) -> Result<ChiSquared<f64>, Error> {
    ChiSquared::new(freedom).map_err(|_| Error::Domain {
        name: "degrees of freedom",
        value: freedom,
        allowed: "> 0",
    })
}

/// The two quantiles at `tail` and `1 − tail`, by interpolated order statistics.
pub(crate) fn quantile_pair(values: &mut [f64], tail: f64) -> Interval {
    values.sort_unstable_by(f64::total_cmp);
    Interval::new(
        sorted_quantile(values, tail),
        sorted_quantile(values, 1.0 - tail),
    )
}

/// Quantile of sorted values, interpolated between order statistics (Hyndman and Fan's type 7).
pub(crate) fn sorted_quantile(sorted: &[f64], p: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else {
        return f64::NAN;
    };
    let at = p.clamp(0.0, 1.0) * last as f64;
    let below = (at.floor() as usize).min(last);
    let above = (below + 1).min(last);
    sorted[below] + (at - below as f64) * (sorted[above] - sorted[below])
}

/// A sum of squares as a falling function of the variance ratio, tabulated so that it can be inverted per draw.
struct RatioTable {
    offset: f64,
    /// Logarithms of ratio + offset and of the sum of squares, in falling order of the latter.
    knots: Vec<(f64, f64)>,
}

impl RatioTable {
    fn new(offset: f64, sum_of_squares: impl Fn(f64) -> f64) -> Self {
        let knots = (0..GRID)
            .map(|i| -30.0 + 60.0 * i as f64 / (GRID - 1) as f64)
            .map(|x: f64| {
                let x = x + offset.ln();
                (
                    x,
                    sum_of_squares(x.exp() - offset).max(f64::MIN_POSITIVE).ln(),
                )
            })
            .filter(|(_, s)| s.is_finite())
            .collect();
        Self { offset, knots }
    }

    /// The ratio at which the sum of squares has this value: log-log interpolation, exact on balanced tables,
    /// where the curve is a straight line.
    fn ratio(&self, sum_of_squares: f64) -> f64 {
        let wanted = sum_of_squares.max(f64::MIN_POSITIVE).ln();
        let at = self.knots.partition_point(|(_, s)| *s > wanted);
        let at = at.clamp(1, self.knots.len().saturating_sub(1).max(1));
        let (Some(a), Some(b)) = (self.knots.get(at - 1), self.knots.get(at)) else {
            return 0.0;
        };
        let slope = if b.1 == a.1 {
            0.0
        } else {
            (b.0 - a.0) / (b.1 - a.1)
        };
        (a.0 + slope * (wanted - a.1)).exp() - self.offset
    }
}
