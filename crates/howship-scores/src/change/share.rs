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
        let exact = interim(count, of, confidence)?;
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

struct Ends {
    lower: f64,
    upper: f64,
}

fn interim(count: usize, of: usize, confidence: f64) -> Result<Ends, Error> {
    if of == 0 || !(confidence > 0.0 && confidence < 1.0) {
        return Err(Error::Statistic(howship_stats::Error::TooFew {
            statistic: "a proportion",
            needed: 1,
            found: of,
        }));
    }
    let tail = 0.5 - 0.5 * confidence;
    let cdf = |k: usize, p: f64| -> f64 {
        let mut log = of as f64 * (1.0 - p).ln();
        let mut sum = log.exp();
        for i in 1..=k {
            log += ((of - i + 1) as f64 / i as f64 * p / (1.0 - p)).ln();
            sum += log.exp();
        }
        sum
    };
    let solve = |k: usize, target: f64| -> f64 {
        let (mut a, mut b) = (0.0, 1.0);
        for _ in 0..60 {
            let m = 0.5 * (a + b);
            if cdf(k, m) > target {
                a = m;
            } else {
                b = m;
            }
        }
        a
    };
    Ok(Ends {
        lower: if count == 0 {
            0.0
        } else {
            solve(count - 1, 1.0 - tail)
        },
        upper: if count == of { 1.0 } else { solve(count, tail) },
    })
}
