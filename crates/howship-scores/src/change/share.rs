use crate::{Error, TidyCell};
use serde::Serialize;

/// A count out of how many, with its exact interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// How many.
    pub count: usize,
    /// Out of how many.
    pub of: usize,
    /// Their ratio.
    pub share: f64,
    /// Lower end of the Clopper-Pearson interval.
    pub lower: f64,
    /// Upper end.
    pub upper: f64,
}

impl Share {
    /// Count, share and exact interval (Clopper, Pearson, Biometrika 1934).
    ///
    /// Joints of one patient are not independent: over joints the interval is too narrow, over patients it holds.
    ///
    /// # Errors
    /// Nothing to count among, a confidence outside (0, 1).
    pub fn new(count: usize, of: usize, confidence: f64) -> Result<Self, Error> {
        let exact = howship_stats::clopper_pearson(count as u64, of as u64, confidence)?;
        Ok(Self {
            count,
            of,
            share: count as f64 / of as f64,
            lower: exact.lower,
            upper: exact.upper,
        })
    }

    pub(crate) fn count(verdicts: &[bool], confidence: f64) -> Result<Self, Error> {
        let count = verdicts.iter().filter(|&&v| v).count();
        Self::new(count, verdicts.len(), confidence)
    }

    pub(crate) fn cells(&self) -> [TidyCell; 5] {
        [
            self.count.into(),
            self.of.into(),
            self.share.into(),
            self.lower.into(),
            self.upper.into(),
        ]
    }
}
