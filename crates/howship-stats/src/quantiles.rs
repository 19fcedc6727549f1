//! Chi-square, F and beta distributions, and their quantiles.

use crate::root::monotone_root;
use crate::{Error, student_t_quantile};
use statrs::function::beta::checked_beta_reg;
use statrs::function::gamma::{checked_gamma_lr, checked_gamma_ur};

fn positive(name: &'static str, value: f64) -> Result<f64, Error> {
    if value > 0.0 && !value.is_nan() {
        Ok(value)
    } else {
        Err(Error::Domain {
            name,
            value,
            allowed: "> 0",
        })
    }
}

fn probability(p: f64) -> Result<f64, Error> {
    if p > 0.0 && p < 1.0 {
        Ok(p)
    } else {
        Err(Error::Domain {
            name: "p",
            value: p,
            allowed: "0 < p < 1",
        })
    }
}

/// Distribution function of chi-square.
///
/// # Errors
/// Degrees of freedom that are not positive.
pub fn chi_square_cdf(x: f64, degrees_of_freedom: f64) -> Result<f64, Error> {
    let freedom = positive("degrees of freedom", degrees_of_freedom)?;
    if x <= 0.0 {
        return Ok(0.0);
    }
    Ok(checked_gamma_lr(0.5 * freedom, 0.5 * x).unwrap_or(1.0))
}

/// Quantile of chi-square, to about 1e-13 relative.
///
/// # Errors
/// Degrees of freedom that are not positive, `p` not strictly between 0 and 1.
pub fn chi_square_quantile(p: f64, degrees_of_freedom: f64) -> Result<f64, Error> {
    let (p, freedom) = (
        probability(p)?,
        positive("degrees of freedom", degrees_of_freedom)?,
    );
    let shape = 0.5 * freedom;
    // The smaller tail is matched, on the scale of its logarithm: neither end loses digits.
    let tail = |log_x: f64| {
        let x = 0.5 * log_x.exp();
        if p < 0.5 {
            checked_gamma_lr(shape, x).map_or(0.0, |v| v.max(f64::MIN_POSITIVE).ln() - p.ln())
        } else {
            checked_gamma_ur(shape, x)
                .map_or(0.0, |v| (1.0 - p).ln() - v.max(f64::MIN_POSITIVE).ln())
        }
    };
    Ok(monotone_root(freedom.ln(), 0.5, tail).exp())
}

/// Distribution function of Fisher's F; infinite denominator degrees of freedom give chi-square over its freedom.
///
/// # Errors
/// Degrees of freedom that are not positive.
pub fn fisher_f_cdf(x: f64, numerator: f64, denominator: f64) -> Result<f64, Error> {
    let d1 = positive("numerator degrees of freedom", numerator)?;
    let d2 = positive("denominator degrees of freedom", denominator)?;
    if x <= 0.0 {
        return Ok(0.0);
    }
    if d2 == f64::INFINITY {
        return chi_square_cdf(x * d1, d1);
    }
    Ok(beta_cdf_unchecked(
        d1 * x / (d1 * x + d2),
        0.5 * d1,
        0.5 * d2,
    ))
}

/// Quantile of Fisher's F, to about 1e-13 relative.
///
/// # Errors
/// Degrees of freedom that are not positive, `p` not strictly between 0 and 1.
pub fn fisher_f_quantile(p: f64, numerator: f64, denominator: f64) -> Result<f64, Error> {
    let d1 = positive("numerator degrees of freedom", numerator)?;
    let d2 = positive("denominator degrees of freedom", denominator)?;
    let p = probability(p)?;
    if d2 == f64::INFINITY {
        return Ok(chi_square_quantile(p, d1)? / d1);
    }
    let (a, b) = (0.5 * d1, 0.5 * d2);
    let tail = |log_x: f64| {
        let x = log_x.exp();
        let (below, above) = (d1 * x / (d1 * x + d2), d2 / (d1 * x + d2));
        if p < 0.5 {
            beta_cdf_unchecked(below, a, b).max(f64::MIN_POSITIVE).ln() - p.ln()
        } else {
            (1.0 - p).ln() - beta_cdf_unchecked(above, b, a).max(f64::MIN_POSITIVE).ln()
        }
    };
    Ok(monotone_root(0.0, 1.0, tail).exp())
}

fn beta_cdf_unchecked(x: f64, a: f64, b: f64) -> f64 {
    checked_beta_reg(a, b, x.clamp(0.0, 1.0)).unwrap_or(f64::NAN)
}

/// Quantile of the beta distribution.
///
/// # Errors
/// Shapes that are not positive, `p` not strictly between 0 and 1.
pub fn beta_quantile(p: f64, a: f64, b: f64) -> Result<f64, Error> {
    let (a, b) = (positive("shape a", a)?, positive("shape b", b)?);
    // F and beta are one family; F's quantile keeps the digits of both tails.
    let odds = fisher_f_quantile(p, 2.0 * a, 2.0 * b)? * a / b;
    Ok(odds / (1.0 + odds))
}

/// Two-sided Student quantile of a confidence level.
pub(crate) fn student_half_width(confidence: f64, freedom: f64) -> Result<f64, Error> {
    student_t_quantile(0.5 + 0.5 * confidence, freedom)
}

/// A confidence level between 0 and 1, both excluded.
pub(crate) fn checked_confidence(confidence: f64) -> Result<f64, Error> {
    if confidence > 0.0 && confidence < 1.0 {
        Ok(confidence)
    } else {
        Err(Error::Domain {
            name: "confidence",
            value: confidence,
            allowed: "0 < confidence < 1, as in 0.95",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R 4.2.2: qchisq, qf, qbeta, pf.
    #[test]
    fn quantiles_as_r_gives_them() {
        let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-11, "{a} is not {b}");
        close(chi_square_quantile(0.975, 1.0).unwrap(), 5.023886187314888);
        close(
            chi_square_quantile(0.025, 1.0).unwrap(),
            0.0009820691171752561,
        );
        close(chi_square_quantile(0.025, 15.0).unwrap(), 6.262137795043251);
        close(
            fisher_f_quantile(0.975, 5.0, 15.0).unwrap(),
            3.576415349279059,
        );
        close(
            fisher_f_quantile(0.025, 5.0, 15.0).unwrap(),
            0.155575963078487,
        );
        close(
            fisher_f_quantile(0.975, 2.5, 1.3).unwrap(),
            194.6700698288097,
        );
        close(
            beta_quantile(0.025, 13.0, 110.0).unwrap(),
            0.05797028861952349,
        );
    }

    #[test]
    fn quantile_undoes_the_distribution_function() {
        for d1 in [0.7, 1.0, 4.0, 60.0, 499.0] {
            for d2 in [1.0, 3.0, 45.5, 1500.0] {
                for p in [0.001, 0.025, 0.5, 0.8, 0.975, 0.999] {
                    let x = fisher_f_quantile(p, d1, d2).unwrap();
                    let back = fisher_f_cdf(x, d1, d2).unwrap();
                    assert!((back - p).abs() < 1e-11, "F({d1}, {d2}) at {p}: {back}");
                }
            }
            let x = chi_square_quantile(0.8, d1).unwrap();
            assert!((chi_square_cdf(x, d1).unwrap() - 0.8).abs() < 1e-12);
        }
        assert!(fisher_f_quantile(0.5, 0.0, 1.0).is_err());
        assert!(chi_square_quantile(1.0, 2.0).is_err());
    }
}
