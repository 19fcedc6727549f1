//! Normal and Student's distribution, and their quantiles.

use crate::Error;
use statrs::distribution::{Continuous, ContinuousCDF, Normal, StudentsT};

/// Degrees of freedom from which Student's t is expanded about the normal: beyond, the incomplete beta function's
/// argument lies too near to 1 for its digits, and the expansion's first term left out is below 1e-15.
const NEARLY_NORMAL: f64 = 1e6;
/// Most steps to a quantile. Halving alone needs fewer from any bracket.
const STEPS: usize = 2_200;

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

/// Quantile of Student's t; infinite degrees of freedom give the normal. Far tails of few degrees of freedom that no
/// number holds are infinite.
///
/// Newton's method on the smaller tail, kept between bounds and ended after a set number of steps: a library's inverse
/// of the incomplete beta function did not end for some degrees of freedom. From a million degrees of freedom on Fisher
/// and Cornish's expansion (Technometrics 1960).
///
/// # Errors
/// Degrees of freedom that are not positive, `p` not strictly between 0 and 1.
pub fn student_t_quantile(p: f64, degrees_of_freedom: f64) -> Result<f64, Error> {
    let z = normal_quantile(p)?;
    let t = student_t(degrees_of_freedom.min(f64::MAX))?;
    if p == 0.5 {
        return Ok(0.0);
    }
    if degrees_of_freedom >= NEARLY_NORMAL {
        let n = degrees_of_freedom;
        let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0 / n / n;
        return Ok(z + (z.powi(3) + z) / 4.0 / n + second);
    }
    Ok(tail_quantile(&t, p.min(1.0 - p)).copysign(z))
}

/// The positive value beyond which `tail` (below a half) of the distribution lies.
fn tail_quantile(t: &StudentsT, tail: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    while t.cdf(-high) > tail {
        low = high;
        high *= 8.0;
        if high == f64::INFINITY {
            return high;
        }
    }
    let mut at = f64::midpoint(low, high);
    for _ in 0..STEPS {
        let excess = t.cdf(-at) - tail;
        if excess > 0.0 {
            low = at;
        } else {
            high = at;
        }
        let newton = at + excess / t.pdf(at);
        let next = if newton > low && newton < high {
            newton
        } else {
            f64::midpoint(low, high)
        };
        if (next - at).abs() <= 2.0 * f64::EPSILON * at {
            return next;
        }
        at = next;
    }
    at
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

    /// The distribution function of a quantile is p, over 12 orders of degrees of freedom; one and two degrees of
    /// freedom have closed forms.
    #[test]
    fn a_quantile_of_student_is_where_the_distribution_says() {
        for exponent in -4..=24 {
            let n = 10_f64.powf(f64::from(exponent) / 4.0) * 1.037;
            for p in [0.6, 0.9, 0.975, 0.995, 1.0 - 1e-9] {
                let q = student_t_quantile(p, n).unwrap();
                let tail = student_t_cdf(-q, n).unwrap();
                assert!((tail / (1.0 - p) - 1.0).abs() < 1e-9, "{n} {p}: {q} {tail}");
                let other = student_t_quantile(1.0 - p, n).unwrap();
                assert!((other / q + 1.0).abs() < 1e-6, "{n} {p}: {q} {other}");
            }
        }
        for p in [0.6, 0.9, 0.975, 0.995] {
            let one = (std::f64::consts::PI * (p - 0.5)).tan();
            assert!((student_t_quantile(p, 1.0).unwrap() / one - 1.0).abs() < 1e-11);
            let two = (2.0 * p - 1.0) / (2.0 * p * (1.0 - p)).sqrt();
            assert!((student_t_quantile(p, 2.0).unwrap() / two - 1.0).abs() < 1e-11);
        }
    }

    #[test]
    fn quantiles_of_any_degrees_of_freedom_end() {
        for exponent in -320..=308 {
            let n = 10_f64.powi(exponent) * 1.7;
            for p in [1e-300, 1e-12, 0.025, 0.5, 0.51, 0.975, 1.0 - 1e-16] {
                if let Ok(q) = student_t_quantile(p, n) {
                    assert!(q * (p - 0.5) >= 0.0, "{n} {p}: {q}");
                }
            }
        }
    }
}
