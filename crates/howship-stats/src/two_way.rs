//! Analysis of variance of targets by raters.

use crate::{Error, Ratings};
use nalgebra::{DMatrix, DVector, SymmetricEigen};

/// What of a table of ratings the analysis of variance and the exact intervals need, additive over targets.
///
/// Layout: for each number of ratings m that occurs: count of targets, Σ s², Σ s by rater, co-rating counts
/// (raters × raters), where s is a target's sum; then Σ y by rater; then Σ y². A bootstrap draw is a weighted sum
/// of rows of this.
#[derive(Debug, Clone)]
pub(crate) struct TwoWaySums {
    raters: usize,
    sizes: Vec<usize>,
    pub(crate) sums: Vec<f64>,
    /// What was taken from every rating before it was squared.
    pub(crate) shift: f64,
}

/// Such sums, wherever they lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TwoWayView<'a> {
    raters: usize,
    sizes: &'a [usize],
    sums: &'a [f64],
}

impl TwoWaySums {
    /// Room for targets with the numbers of ratings that occur in the table.
    pub(crate) fn empty(ratings: &Ratings) -> Self {
        let mut sizes: Vec<usize> = (0..ratings.targets())
            .map(|i| count(ratings.row(i)))
            .filter(|&m| m > 0)
            .collect();
        sizes.sort_unstable();
        sizes.dedup();
        let raters = ratings.raters();
        let length = sizes.len() * stride(raters) + raters + 1;
        Self {
            raters,
            sizes,
            sums: vec![0.0; length],
            shift: 0.0,
        }
    }

    /// Sums over all targets, ratings less `shift`.
    pub(crate) fn of(ratings: &Ratings, shift: f64) -> Self {
        let mut sums = Self::empty(ratings);
        sums.shift = shift;
        for target in 0..ratings.targets() {
            sums.add(ratings.row(target), shift);
        }
        sums
    }

    /// Adds one target.
    pub(crate) fn add(&mut self, row: &[f64], shift: f64) {
        let raters = self.raters;
        let Some(group) = self.sizes.iter().position(|&m| m == count(row)) else {
            return;
        };
        let total: f64 = row.iter().filter(|v| !v.is_nan()).map(|v| v - shift).sum();
        let start = group * stride(raters);
        let tail = self.sizes.len() * stride(raters);
        self.sums[start] += 1.0;
        self.sums[start + 1] += total * total;
        for (j, value) in row.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
            let y = value - shift;
            self.sums[start + 2 + j] += total;
            for (l, _) in row.iter().enumerate().filter(|(_, v)| !v.is_nan()) {
                self.sums[start + 2 + raters + j * raters + l] += 1.0;
            }
            self.sums[tail + j] += y;
            self.sums[tail + raters] += y * y;
        }
    }

    pub(crate) fn view(&self) -> TwoWayView<'_> {
        self.view_of(&self.sums)
    }

    /// Other sums of the same layout, as a bootstrap draw makes them.
    pub(crate) fn view_of<'a>(&'a self, sums: &'a [f64]) -> TwoWayView<'a> {
        TwoWayView {
            raters: self.raters,
            sizes: &self.sizes,
            sums,
        }
    }
}

impl<'a> TwoWayView<'a> {
    fn group(&self, group: usize) -> Group<'a> {
        let (raters, start) = (self.raters, group * stride(self.raters));
        let part = &self.sums[start..start + stride(raters)];
        Group {
            size: self.sizes[group] as f64,
            targets: part[0],
            squares: part[1],
            by_rater: &part[2..2 + raters],
            together: &part[2 + raters..],
        }
    }

    fn groups(self) -> impl Iterator<Item = Group<'a>> {
        (0..self.sizes.len()).map(move |g| self.group(g))
    }

    fn by_rater(&self) -> &'a [f64] {
        let tail = self.sizes.len() * stride(self.raters);
        &self.sums[tail..tail + self.raters]
    }

    fn squares(&self) -> f64 {
        self.sums.last().copied().unwrap_or(0.0)
    }

    /// Targets with at least one rating.
    pub(crate) fn targets(&self) -> f64 {
        self.groups().map(|g| g.targets).sum()
    }

    /// How many ratings each rater gave.
    pub(crate) fn per_rater(&self) -> Vec<f64> {
        let k = self.raters;
        (0..k)
            .map(|j| self.groups().map(|g| g.together[j * k + j]).sum())
            .collect()
    }

    /// Most ratings that any target has.
    pub(crate) fn largest(&self) -> f64 {
        self.sizes.last().map_or(1.0, |&m| m as f64)
    }

    /// Sum of squares left by raters as fixed effects when targets are random with variance ratio `theta`:
    /// the generalised residual y'V⁻¹y − (X'V⁻¹y)'(X'V⁻¹X)⁻¹X'V⁻¹y, V = I + θZZ'.
    pub(crate) fn residual_fixed_raters(&self, theta: f64) -> f64 {
        let (normal, right, squares) = self.equations(|size| theta / (1.0 + theta * size));
        match normal.cholesky() {
            Some(factor) => squares - right.dot(&factor.solve(&right)),
            None => f64::NAN,
        }
    }

    /// Raters' effects when targets are random with variance ratio `theta`; an infinite ratio takes targets as fixed.
    pub(crate) fn rater_effects(&self, theta: f64) -> Option<Vec<f64>> {
        let fixed = theta.is_infinite();
        let weight = |size: f64| {
            if fixed {
                1.0 / size
            } else {
                theta / (1.0 + theta * size)
            }
        };
        let (mut normal, right, _) = self.equations(weight);
        if fixed {
            // A constant of all raters is a constant of all targets: the effects are made to add up to zero.
            let ridge = normal.trace() / (self.raters * self.raters) as f64;
            normal.add_scalar_mut(ridge);
        }
        let effects = normal.cholesky()?.solve(&right);
        Some(effects.iter().copied().collect())
    }

    /// Normal equations of the raters and the sum of squares, targets shrunk by a weight for their size.
    fn equations(&self, weight: impl Fn(f64) -> f64) -> (DMatrix<f64>, DVector<f64>, f64) {
        let k = self.raters;
        let mut normal = DMatrix::<f64>::zeros(k, k);
        let mut right = DVector::from_column_slice(self.by_rater());
        let mut squares = self.squares();
        for group in self.groups() {
            let weight = weight(group.size);
            squares -= weight * group.squares;
            for j in 0..k {
                normal[(j, j)] += group.together[j * k + j];
                right[j] -= weight * group.by_rater[j];
                for l in 0..k {
                    normal[(j, l)] -= weight * group.together[j * k + l];
                }
            }
        }
        (normal, right, squares)
    }

    /// As [`Self::residual_fixed_raters`] with only the mean as fixed effect.
    pub(crate) fn residual_one_mean(&self, theta: f64) -> f64 {
        let (squares, ones, right) = self.mean_equation(theta);
        squares - right * right / ones
    }

    /// The one mean when targets are random with variance ratio `theta`.
    pub(crate) fn mean(&self, theta: f64) -> f64 {
        let (_, ones, right) = self.mean_equation(theta);
        right / ones
    }

    fn mean_equation(&self, theta: f64) -> (f64, f64, f64) {
        let mut squares = self.squares();
        let (mut ones, mut right) = (0.0, self.by_rater().iter().sum::<f64>());
        for group in self.groups() {
            let weight = theta / (1.0 + theta * group.size);
            squares -= weight * group.squares;
            ones += group.targets * group.size * (1.0 - weight * group.size);
            // Each rater's sum of targets' sums counts a target's sum once per rating.
            right -= weight * group.by_rater.iter().sum::<f64>();
        }
        (squares, ones, right)
    }

    /// Analysis of variance by fitting constants (Henderson's method 3); on complete tables the usual two-way one.
    pub(crate) fn anova(&self) -> Option<TwoWayAnova> {
        let k = self.raters;
        let per_rater = self.per_rater();
        if per_rater.iter().any(|&n| !(n > 0.0)) {
            return None;
        }
        let (ratings, targets) = (per_rater.iter().sum::<f64>(), self.targets());
        let (within_normal, within_right, within) = self.equations(|size| 1.0 / size);
        let ratings_squared: f64 = self.groups().map(|g| g.targets * g.size * g.size).sum();
        let spectrum = RaterSpectrum::new(within_normal, &within_right)?;
        let explained = spectrum.explained(0.0);
        let total: f64 = self.by_rater().iter().sum();
        let rater_means: f64 = (self.by_rater().iter().zip(&per_rater))
            .map(|(t, n)| t * t / n)
            .sum();
        let residual = rounding(within - explained, self.squares());
        Some(TwoWayAnova {
            raters: k as f64,
            targets,
            ratings,
            residual,
            residual_freedom: ratings - targets - (k as f64 - 1.0),
            targets_after_raters: self.squares() - rater_means - residual,
            raters_after_targets: explained,
            within: rounding(within, self.squares()),
            between: self.squares() - within - total * total / ratings,
            target_trace: ratings - k as f64,
            mean_trace: ratings - ratings_squared / ratings,
            rater_trace: spectrum.values.iter().sum(),
            spectrum,
        })
    }
}

/// Cancellation leaves about 1e-16 of the total; what is that small is zero.
fn rounding(sum: f64, total: f64) -> f64 {
    if sum <= 1e-12 * total { 0.0 } else { sum }
}

fn stride(raters: usize) -> usize {
    2 + raters + raters * raters
}

fn count(row: &[f64]) -> usize {
    row.iter().filter(|v| !v.is_nan()).count()
}

struct Group<'a> {
    size: f64,
    targets: f64,
    squares: f64,
    by_rater: &'a [f64],
    together: &'a [f64],
}

/// Raters' information within targets: eigenvalues and squared projections, the one direction without any left out.
#[derive(Debug, Clone)]
pub(crate) struct RaterSpectrum {
    pub(crate) values: Vec<f64>,
    projections: Vec<f64>,
}

impl RaterSpectrum {
    fn new(normal: DMatrix<f64>, right: &DVector<f64>) -> Option<Self> {
        let raters = normal.nrows();
        let pairs: Vec<(f64, f64)> = if raters == 2 {
            // The contrast of two raters is known; a bootstrap draw should not pay for an eigenproblem.
            let projection = (right[0] - right[1]) * std::f64::consts::FRAC_1_SQRT_2;
            vec![(2.0 * normal[(0, 0)], projection * projection)]
        } else {
            let eigen = SymmetricEigen::new(normal);
            let mut all: Vec<(f64, f64)> = (0..raters)
                .map(|i| {
                    (
                        eigen.eigenvalues[i],
                        eigen.eigenvectors.column(i).dot(right).powi(2),
                    )
                })
                .collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0));
            all.truncate(raters - 1);
            all
        };
        // A second direction without information: two groups of raters who share no target.
        if pairs.iter().any(|(value, _)| !(*value > 1e-9)) {
            return None;
        }
        let (values, projections) = pairs.into_iter().unzip();
        Some(Self {
            values,
            projections,
        })
    }

    /// Raters' sum of squares after targets, shrunk by the variance ratio `phi`: Σ g²/λ/(1 + φλ).
    pub(crate) fn explained(&self, phi: f64) -> f64 {
        (self.values.iter().zip(&self.projections))
            .map(|(value, g2)| g2 / (value * (1.0 + phi * value)))
            .sum()
    }
}

/// Sums of squares and the traces that turn them into variance components.
#[derive(Debug, Clone)]
pub(crate) struct TwoWayAnova {
    pub(crate) raters: f64,
    pub(crate) targets: f64,
    pub(crate) ratings: f64,
    pub(crate) residual: f64,
    pub(crate) residual_freedom: f64,
    pub(crate) targets_after_raters: f64,
    pub(crate) raters_after_targets: f64,
    pub(crate) within: f64,
    pub(crate) between: f64,
    target_trace: f64,
    mean_trace: f64,
    rater_trace: f64,
    pub(crate) spectrum: RaterSpectrum,
}

impl TwoWayAnova {
    pub(crate) fn target_freedom(&self) -> f64 {
        self.targets - 1.0
    }

    pub(crate) fn rater_freedom(&self) -> f64 {
        self.raters - 1.0
    }

    pub(crate) fn within_freedom(&self) -> f64 {
        self.ratings - self.targets
    }

    pub(crate) fn residual_mean_square(&self) -> f64 {
        self.residual / self.residual_freedom
    }

    /// Variance components by moments: target, rater, residual. May be negative.
    pub(crate) fn components(&self) -> [f64; 3] {
        let residual = self.residual_mean_square();
        let target =
            (self.targets_after_raters - self.target_freedom() * residual) / self.target_trace;
        let rater =
            (self.raters_after_targets - self.rater_freedom() * residual) / self.rater_trace;
        [target, rater, residual]
    }

    /// One-way components: target, and everything within a target.
    pub(crate) fn one_way_components(&self) -> [f64; 2] {
        let within = self.within / self.within_freedom();
        [
            (self.between - self.target_freedom() * within) / self.mean_trace,
            within,
        ]
    }
}

/// Sums and their analysis of variance, checked to carry a reliability at all.
pub(crate) fn analysed(
    ratings: &Ratings,
    statistic: &'static str,
) -> Result<(TwoWaySums, TwoWayAnova), Error> {
    let undefined = |reason: &str| Error::Undefined {
        statistic,
        reason: reason.to_owned(),
    };
    let (sum, n) = (ratings.values().iter().filter(|v| !v.is_nan()))
        .fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
    if n == 0.0 {
        return Err(undefined("no rating stands"));
    }
    let shift = sum / n;
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for v in ratings.values().iter().filter(|v| !v.is_nan()) {
        (low, high) = (low.min(*v), high.max(*v));
    }
    if low == high {
        return Err(undefined("all ratings are equal: nothing varies"));
    }
    let sums = TwoWaySums::of(ratings, shift);
    if sums.view().per_rater().iter().any(|&n| n < 1.0) {
        return Err(undefined("a rater has no ratings; leave that rater out"));
    }
    let anova = sums.view().anova().ok_or_else(|| {
        undefined(
            "raters share no targets, so that their differences cannot be told from the targets'",
        )
    })?;
    if anova.residual_freedom < 1.0 {
        return Err(undefined(
            "too few targets are rated twice to leave a degree of freedom for error",
        ));
    }
    Ok((sums, anova))
}
