//! Which ends of an interval a sample of this size can give.

use crate::Interval;
use serde::Serialize;

/// With fewer targets the upper end of an intraclass correlation cannot be known from the sample.
///
/// Where one patient in twenty carries most of the variance between patients, as in sums of grades of treated patients,
/// a third of all samples of 20 have no such patient and look like samples of patients who are all alike: an upper end
/// that holds the truth of the former is useless for the latter. The lower end does not depend on patients who are
/// absent.
pub const FEW_TARGETS: usize = 100;

/// Which ends of an interval of a correlation come from the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ends {
    /// Both: a two-sided interval.
    Both,
    /// The lower only: a one-sided bound at the same confidence, the upper end is 1.
    Lower,
}

impl Ends {
    pub(crate) fn for_targets(targets: f64) -> Self {
        if targets < FEW_TARGETS as f64 {
            Self::Lower
        } else {
            Self::Both
        }
    }

    /// Confidence of the two-sided interval that has the wanted lower end; negative below one half.
    pub(crate) fn two_sided(self, confidence: f64) -> f64 {
        match self {
            Self::Both => confidence,
            Self::Lower => 2.0 * confidence - 1.0,
        }
    }

    pub(crate) fn of_correlation(self, interval: Interval) -> Interval {
        match self {
            Self::Both => interval,
            Self::Lower => Interval::new(interval.lower, 1.0),
        }
    }
}
