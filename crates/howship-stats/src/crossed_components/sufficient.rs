//! What the likelihood needs to know of a table, and its derivatives.

use crate::Ratings;
use crate::jet::{Jet, cholesky, forward_solve};

/// Derivatives by target, rater and residual variance.
pub(super) type Var3 = Jet<3>;

/// All that the likelihood needs of a table, gathered by how many ratings a target has: an evaluation then costs
/// the cube of the number of raters, however many targets there are.
#[derive(Debug, Clone)]
pub(super) struct Sufficient {
    pub(super) ratings: usize,
    pub(super) targets: usize,
    pub(super) raters: usize,
    pub(super) centre: f64,
    pub(super) scale: f64,
    squares: f64,
    rater_count: Vec<f64>,
    rater_sum: Vec<f64>,
    strata: Vec<Stratum>,
}

/// The targets with one number of ratings.
#[derive(Debug, Clone)]
struct Stratum {
    /// How many raters are told apart.
    raters: usize,
    ratings: f64,
    targets: f64,
    sum: f64,
    sum_squares: f64,
    /// Of targets rated by both raters, raters × raters.
    pairs: Vec<f64>,
    /// Of the targets' sums, by rater.
    rater_sum: Vec<f64>,
}

impl Stratum {
    fn new(ratings: usize, raters: usize) -> Self {
        Self {
            raters,
            ratings: ratings as f64,
            targets: 0.0,
            sum: 0.0,
            sum_squares: 0.0,
            pairs: vec![0.0; raters * raters],
            rater_sum: vec![0.0; raters],
        }
    }

    fn add(&mut self, row: &[(usize, f64)]) {
        let sum: f64 = row.iter().map(|(_, v)| v).sum();
        self.targets += 1.0;
        self.sum += sum;
        self.sum_squares += sum * sum;
        for &(j, _) in row.iter().filter(|(j, _)| *j < self.raters) {
            self.rater_sum[j] += sum;
            for &(l, _) in row {
                self.pairs[j * self.raters + l] += 1.0;
            }
        }
    }
}

/// −2 log restricted likelihood in two parts, and the generalised least squares mean.
pub(super) struct Criterion {
    /// `log|V| + log|1'V⁻¹1|`; minus half its Hessian is the expected information.
    pub(super) determinants: Var3,
    /// `y'Py`.
    pub(super) squares: Var3,
    pub(super) mean: f64,
    pub(super) mean_variance: f64,
}

impl Criterion {
    pub(super) fn value(&self) -> f64 {
        self.determinants.value + self.squares.value
    }
}

impl Sufficient {
    /// None where all ratings are equal, or fewer than three stand. Raters' sums only where they are told apart.
    pub(super) fn of(table: &Ratings, with_raters: bool) -> Option<Self> {
        let (rows, raters) = present(table);
        let ratings: usize = rows.iter().map(Vec::len).sum();
        if ratings < 3 {
            return None;
        }
        let all = || rows.iter().flatten().map(|(_, v)| *v);
        let centre = all().sum::<f64>() / ratings as f64;
        let variance = all().map(|v| (v - centre).powi(2)).sum::<f64>() / ratings as f64;
        let largest = all().fold(0.0f64, |m, v| m.max(v.abs()));
        // What rounding alone makes of equal numbers.
        if !(variance.sqrt() > 1e-13 * largest && variance.is_finite()) {
            return None;
        }
        let mut out = Self {
            ratings,
            targets: rows.len(),
            raters,
            centre,
            scale: variance.sqrt(),
            squares: 0.0,
            rater_count: vec![0.0; raters],
            rater_sum: vec![0.0; raters],
            strata: Vec::new(),
        };
        for mut row in rows {
            for (j, value) in &mut row {
                *value = (*value - out.centre) / out.scale;
                out.squares += *value * *value;
                out.rater_count[*j] += 1.0;
                out.rater_sum[*j] += *value;
            }
            out.stratum(row.len(), with_raters).add(&row);
        }
        Some(out)
    }

    fn stratum(&mut self, ratings: usize, with_raters: bool) -> &mut Stratum {
        let key = ratings as f64;
        let at = self.strata.iter().position(|s| s.ratings == key);
        let at = at.unwrap_or_else(|| {
            let raters = if with_raters { self.raters } else { 0 };
            self.strata.push(Stratum::new(ratings, raters));
            self.strata.len() - 1
        });
        &mut self.strata[at]
    }

    /// Whether some target has two ratings, without which targets and error are one.
    pub(super) fn targets_repeat(&self) -> bool {
        self.strata.iter().any(|s| s.ratings > 1.0)
    }

    /// Whether some rater rated two targets.
    pub(super) fn raters_repeat(&self) -> bool {
        self.rater_count.iter().any(|n| *n > 1.0)
    }

    /// The criterion of the standardised ratings at three variances; none outside the domain.
    ///
    /// V = σe²I + σt²ZtZt' + σr²ZrZr'. The first two terms are block-diagonal by target and inverted in closed
    /// form, the third goes in by Woodbury's identity over raters (Searle, Casella, McCulloch, Variance
    /// Components, 1992, ch. 6 and M.4).
    pub(super) fn criterion(&self, variances: [f64; 3], with_raters: bool) -> Option<Criterion> {
        let target = Var3::variable(variances[0], 0);
        let rater = Var3::variable(variances[1], 1);
        let residual = Var3::variable(variances[2], 2);
        let precision = residual.recip();
        let shrink: Vec<Var3> = (self.strata.iter())
            .map(|s| target * (residual + target * s.ratings).recip())
            .collect();
        let weigh = |whole: f64, part: &dyn Fn(&Stratum) -> f64| {
            let mut sum = Var3::constant(whole);
            for (s, g) in self.strata.iter().zip(&shrink) {
                sum.add_scaled(g, -part(s));
            }
            sum * precision
        };
        let mut determinants = Var3::constant(0.0);
        for s in &self.strata {
            let block = residual + target * s.ratings;
            determinants.add_scaled(&residual.ln(), s.targets * (s.ratings - 1.0));
            determinants.add_scaled(&block.ln(), s.targets);
        }
        let total: f64 = self.rater_sum.iter().sum();
        let mut one_one = weigh(self.ratings as f64, &|s| s.ratings * s.ratings * s.targets);
        let mut one_y = weigh(total, &|s| s.ratings * s.sum);
        let mut y_y = weigh(self.squares, &|s| s.sum_squares);
        if with_raters {
            let k = self.raters;
            let mut inner = vec![Var3::constant(0.0); k * k];
            let mut ones = Vec::with_capacity(k);
            let mut ys = Vec::with_capacity(k);
            for j in 0..k {
                for l in 0..=j {
                    let own = if j == l { self.rater_count[j] } else { 0.0 };
                    inner[j * k + l] = weigh(own, &|s| s.pairs[j * k + l]) * rater;
                }
                inner[j * k + j] = inner[j * k + j] + Var3::constant(1.0);
                ones.push(weigh(self.rater_count[j], &|s| {
                    s.ratings * s.pairs[j * k + j]
                }));
                ys.push(weigh(self.rater_sum[j], &|s| s.rater_sum[j]));
            }
            if !cholesky(&mut inner, k) {
                return None;
            }
            forward_solve(&inner, k, &mut ones);
            forward_solve(&inner, k, &mut ys);
            for j in 0..k {
                determinants.add_scaled(&inner[j * k + j].ln(), 2.0);
                one_one.subtract_product(&rater, &(ones[j] * ones[j]));
                one_y.subtract_product(&rater, &(ones[j] * ys[j]));
                y_y.subtract_product(&rater, &(ys[j] * ys[j]));
            }
        }
        let usable = one_one.value > 0.0 && determinants.value.is_finite();
        usable.then(|| Criterion {
            determinants: determinants + one_one.ln(),
            squares: y_y - one_y * one_y * one_one.recip(),
            mean: one_y.value / one_one.value,
            mean_variance: 1.0 / one_one.value,
        })
    }
}

/// Each target's ratings that stand, by rater; targets and raters without any are dropped.
fn present(table: &Ratings) -> (Vec<Vec<(usize, f64)>>, usize) {
    let mut number = vec![usize::MAX; table.raters()];
    let mut raters = 0;
    for (j, slot) in number.iter_mut().enumerate() {
        if (0..table.targets()).any(|i| !table.row(i)[j].is_nan()) {
            *slot = raters;
            raters += 1;
        }
    }
    let rows = (0..table.targets())
        .map(|i| {
            let row = table.row(i).iter().enumerate();
            row.filter(|(_, v)| !v.is_nan())
                .map(|(j, &v)| (number[j], v))
                .collect::<Vec<_>>()
        })
        .filter(|row| !row.is_empty())
        .collect();
    (rows, raters)
}
