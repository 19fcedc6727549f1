//! Exact tests and intervals of counts.

use crate::quantiles::checked_confidence;
use crate::{Error, Interval, beta_quantile};
use statrs::function::beta::checked_beta_reg;

/// Exact two-sided sign test: probability of a split at least this uneven under equal chances; ties are left out.
///
/// 1 where there is no split to judge.
#[must_use]
pub fn sign_test(increased: u64, decreased: u64) -> f64 {
    let (n, k) = (increased + decreased, increased.max(decreased));
    if n == 0 || 2 * k == n {
        return 1.0;
    }
    // P(X ≥ k) of a binomial with p = ½ is the regularised incomplete beta function.
    let tail = checked_beta_reg(k as f64, (n - k + 1) as f64, 0.5).unwrap_or(1.0);
    (2.0 * tail).min(1.0)
}

/// Exact interval of a proportion (Clopper, Pearson, Biometrika 1934): holds the truth at least as often as stated.
///
/// # Errors
/// No trials, more successes than trials, a confidence not between 0 and 1.
pub fn clopper_pearson(successes: u64, trials: u64, confidence: f64) -> Result<Interval, Error> {
    let tail = 0.5 - 0.5 * checked_confidence(confidence)?;
    if trials == 0 {
        return Err(Error::TooFew {
            statistic: "a proportion",
            needed: 1,
            found: 0,
        });
    }
    if successes > trials {
        return Err(Error::Domain {
            name: "successes",
            value: successes as f64,
            allowed: "at most the number of trials",
        });
    }
    let (x, n) = (successes as f64, trials as f64);
    let lower = if successes == 0 {
        0.0
    } else {
        beta_quantile(tail, x, n - x + 1.0)?
    };
    let upper = if successes == trials {
        1.0
    } else {
        beta_quantile(1.0 - tail, x + 1.0, n - x)?
    };
    Ok(Interval::new(lower, upper))
}
