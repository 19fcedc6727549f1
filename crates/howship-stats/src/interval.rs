//! Two ends of an interval.

use serde::Serialize;

/// Two ends, both included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Interval {
    /// Lower end.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Interval {
    /// From one end to the other.
    #[must_use]
    pub fn new(lower: f64, upper: f64) -> Self {
        Self { lower, upper }
    }

    /// Whether a value lies inside, ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        value >= self.lower && value <= self.upper
    }

    /// Both ends through an increasing function.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self::new(f(self.lower), f(self.upper))
    }
}

/// A number with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its confidence interval.
    pub interval: Interval,
}

impl Estimate {
    /// A number and the ends of its interval.
    #[must_use]
    pub fn new(value: f64, lower: f64, upper: f64) -> Self {
        Self {
            value,
            interval: Interval::new(lower, upper),
        }
    }

    /// Value and both ends through an increasing function.
    #[must_use]
    pub fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self {
            value: f(self.value),
            interval: self.interval.map(f),
        }
    }
}
