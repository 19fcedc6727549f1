use crate::two_way::{TwoWayAnova, TwoWaySums};
use crate::{Error, Interval};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution};

const GRID: usize = 320;

/// Draws of what the variance components may be, given the sums of squares (Weerahandi, J Am Stat Assoc 1993):
/// each sum of squares over a chi-square draw is solved for its component. Exact marginally for the residual and
/// for the ratios of targets and of raters to it (Wald's quadratic forms), on tables with holes too.
#[derive(Debug, Clone)]
pub(crate) struct GeneralizedPivots {
    /// Target, rater, residual.
    draws: Vec<[f64; 3]>,
}

impl GeneralizedPivots {
    pub(crate) fn new(
        sums: &TwoWaySums,
        anova: &TwoWayAnova,
        draws: usize,
        seed: u64,
    ) -> Result<Self, Error> {
        let law = |freedom: f64| {
            ChiSquared::new(freedom).map_err(|_| Error::Domain {
                name: "degrees of freedom",
                value: freedom,
                allowed: "> 0",
            })
        };
        let residual_law = law(anova.residual_freedom)?;
        let target_law = law(anova.target_freedom())?;
        let rater_law = law(anova.rater_freedom())?;
        let targets = RatioTable::new(1.0 / sums.view().largest(), |theta| {
            sums.view().residual_fixed_raters(theta) - anova.residual
        });
        let most = anova.spectrum.values.iter().copied().fold(0.0, f64::max);
        let raters = RatioTable::new(1.0 / most, |phi| anova.spectrum.explained(phi));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let draws = (0..draws)
            .map(|_| {
                let residual = anova.residual / residual_law.sample(&mut rng);
                let target = targets.ratio(residual * target_law.sample(&mut rng));
                let rater = raters.ratio(residual * rater_law.sample(&mut rng));
                [target * residual, rater * residual, residual]
            })
            .collect();
        Ok(Self { draws })
    }

    /// Equal-tailed interval of a function of target, rater and residual variance.
    pub(crate) fn interval(&self, confidence: f64, f: impl Fn(&[f64; 3]) -> f64) -> Interval {
        let mut values: Vec<f64> = self.draws.iter().map(f).collect();
        let tail = 0.5 - 0.5 * confidence;
        quantile_pair(&mut values, tail)
    }
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
