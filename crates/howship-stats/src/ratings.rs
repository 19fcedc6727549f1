//! A table of ratings: targets by raters, with gaps.

use crate::Error;

/// Targets × raters, row-major; a missing rating is NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratings {
    targets: usize,
    raters: usize,
    values: Vec<f64>,
}

impl Ratings {
    /// A matrix of `targets` rows and `raters` columns.
    ///
    /// # Errors
    /// A count of values that is not `targets · raters`, fewer than 2 targets or 2 raters, an infinite value.
    pub fn new(targets: usize, raters: usize, values: Vec<f64>) -> Result<Self, Error> {
        if targets < 2 || raters < 2 || values.len() != targets.saturating_mul(raters) {
            return Err(Error::TooFew {
                statistic: "a table of ratings (at least 2 targets × 2 raters)",
                needed: targets.max(2).saturating_mul(raters.max(2)),
                found: values.len(),
            });
        }
        if let Some(&value) = values.iter().find(|v| v.is_infinite()) {
            return Err(Error::Domain {
                name: "rating",
                value,
                allowed: "a finite number, or NaN where missing",
            });
        }
        Ok(Self {
            targets,
            raters,
            values,
        })
    }

    /// How many targets.
    #[must_use]
    pub fn targets(&self) -> usize {
        self.targets
    }

    /// How many raters.
    #[must_use]
    pub fn raters(&self) -> usize {
        self.raters
    }

    /// One target's ratings.
    #[must_use]
    pub fn row(&self, target: usize) -> &[f64] {
        let start = target * self.raters;
        self.values.get(start..start + self.raters).unwrap_or(&[])
    }

    /// All ratings, row-major.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Whether no rating is missing.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.values.iter().all(|v| !v.is_nan())
    }
}
