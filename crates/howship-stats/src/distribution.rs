//! Normal and Student's distribution, and their quantiles.

use crate::Error;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Distribution function of the standard normal.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    Normal::standard().cdf(z)
}

/// Quantile of the standard normal.
///
/// # Errors
/// `p` is not strictly between 0 and 1.
pub fn normal_quantile(p: f64) -> Result<f64, Error> {
    if !(p > 0.0 && p < 1.0) {
        return Err(Error::Domain {
            name: "p",
            value: p,
            allowed: "0 < p < 1",
        });
    }
    Ok(Normal::standard().inverse_cdf(p))
}

fn student_t(degrees_of_freedom: f64) -> Result<StudentsT, Error> {
    StudentsT::new(0.0, 1.0, degrees_of_freedom).map_err(|_| Error::Domain {
        name: "degrees of freedom",
        value: degrees_of_freedom,
        allowed: "> 0",
    })
}

/// Distribution function of Student's t; infinite degrees of freedom give the normal.
///
/// # Errors
/// Degrees of freedom that are not positive.
pub fn student_t_cdf(t: f64, degrees_of_freedom: f64) -> Result<f64, Error> {
    if degrees_of_freedom == f64::INFINITY {
        return Ok(normal_cdf(t));
    }
    Ok(student_t(degrees_of_freedom)?.cdf(t))
}

/// Quantile of Student's t; infinite degrees of freedom give the normal.
///
/// # Errors
/// Degrees of freedom that are not positive, `p` not strictly between 0 and 1.
pub fn student_t_quantile(p: f64, degrees_of_freedom: f64) -> Result<f64, Error> {
    if degrees_of_freedom == f64::INFINITY {
        return normal_quantile(p);
    }
    if !(p > 0.0 && p < 1.0) {
        return Err(Error::Domain {
            name: "p",
            value: p,
            allowed: "0 < p < 1",
        });
    }
    Ok(student_t(degrees_of_freedom)?.inverse_cdf(p))
}

/// Natural logarithm of the gamma function, for x above 0.
#[must_use]
pub fn ln_gamma(x: f64) -> f64 {
    statrs::function::gamma::ln_gamma(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed tables: z(0.975) = 1.959964, t(0.975, 10) = 2.228139.
    #[test]
    fn quantiles_as_printed_in_tables() {
        assert!((normal_quantile(0.975).unwrap() - 1.959_963_985).abs() < 1e-8);
        assert!((student_t_quantile(0.975, 10.0).unwrap() - 2.228_138_852).abs() < 1e-7);
        assert!((student_t_cdf(2.228_138_852, 10.0).unwrap() - 0.975).abs() < 1e-8);
        assert!(normal_quantile(1.0).is_err());
        assert!(student_t_cdf(0.0, -1.0).is_err());
    }
}
