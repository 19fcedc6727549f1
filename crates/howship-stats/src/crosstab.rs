//! Tables of two raters' grades.

use crate::Error;

/// Counts of pairs of grades: first rater's grade by row, second rater's by column.
#[derive(Debug, Clone, PartialEq)]
pub struct Crosstab {
    grades: Vec<f64>,
    counts: Vec<f64>,
}

impl Crosstab {
    /// A table of `grades.len()²` counts, row-major; grades in rising order.
    ///
    /// # Errors
    /// Fewer than 2 grades, grades out of order, a count that is negative or no number, no count at all.
    pub fn new(grades: Vec<f64>, counts: Vec<f64>) -> Result<Self, Error> {
        let c = grades.len();
        if c < 2 || counts.len() != c * c {
            return Err(Error::TooFew {
                statistic: "a table of two raters' grades (at least 2 grades, a count for every pair)",
                needed: c.max(2).saturating_mul(c.max(2)),
                found: counts.len(),
            });
        }
        if let Some(pair) = grades.windows(2).find(|p| !(p[0] < p[1])) {
            return Err(Error::Domain {
                name: "grade",
                value: pair[1],
                allowed: "grades in rising order",
            });
        }
        if let Some(&value) = counts.iter().find(|v| !(**v >= 0.0 && v.is_finite())) {
            return Err(Error::Domain {
                name: "count",
                value,
                allowed: "0 or more",
            });
        }
        if !(counts.iter().sum::<f64>() > 0.0) {
            return Err(Error::TooFew {
                statistic: "a table of two raters' grades",
                needed: 1,
                found: 0,
            });
        }
        Ok(Self { grades, counts })
    }

    /// Counts of pairs; the grades are those that occur, pairs with NaN are left out.
    ///
    /// # Errors
    /// No pair; one grade only, so that agreement beyond chance is not defined.
    pub fn from_pairs(pairs: &[(f64, f64)]) -> Result<Self, Error> {
        let whole = || pairs.iter().filter(|(a, b)| !a.is_nan() && !b.is_nan());
        let mut grades: Vec<f64> = whole().flat_map(|&(a, b)| [a, b]).collect();
        grades.sort_unstable_by(f64::total_cmp);
        grades.dedup_by(|a, b| a == b);
        if grades.len() == 1 {
            return Err(Error::Undefined {
                statistic: "kappa",
                reason: format!("both raters give {} throughout: nothing varies", grades[0]),
            });
        }
        let c = grades.len();
        let mut counts = vec![0.0; c * c];
        for (a, b) in whole() {
            let at = |g: f64| grades.partition_point(|&x| x < g);
            counts[at(*a) * c + at(*b)] += 1.0;
        }
        Self::new(grades, counts)
    }

    /// Grades, rising.
    #[must_use]
    pub fn grades(&self) -> &[f64] {
        &self.grades
    }

    /// Counts, row-major.
    #[must_use]
    pub fn counts(&self) -> &[f64] {
        &self.counts
    }

    /// Number of pairs.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.counts.iter().sum()
    }
}
