//! What is believed of a true change once it was measured with an error.

use crate::{Error, normal_cdf, student_t_cdf};

/// What is believed of a true change before it is measured.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Prior {
    /// `T ~ Normal(0, sd)`, with an SD that is wide against any measurement error: the weak default.
    Weak {
        /// SD of true changes, in the unit of the measurement.
        sd: f64,
    },
    /// With probability `spike` nothing changed at all; else `T ~ Normal(mean, sd)` as in a reference cohort.
    SpikeSlab {
        /// P(T = 0).
        spike: f64,
        /// Mean true change among those that changed.
        mean: f64,
        /// SD of true changes among those that changed.
        sd: f64,
    },
}

/// The three probabilities of a verdict; they sum to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClassProbability {
    /// P(T < −δ).
    pub below: f64,
    /// P(−δ ≤ T ≤ δ).
    pub within: f64,
    /// P(T > δ).
    pub above: f64,
}

/// Posterior probabilities that a true change lies below −δ, within ±δ, above δ.
///
/// # Method
/// Normal likelihood where the degrees of freedom are infinite: conjugate, closed form. With finite degrees of
/// freedom the t likelihood is written as a scale mixture of normals and integrated over 64 equal-probability
/// scales; each scale is weighted by its marginal likelihood (exact in the limit; < 2e-3 in probability at 3
/// degrees of freedom, checked against the flat-prior closed form).
///
/// # Errors
/// A standard error, δ, SD or degrees of freedom that are not positive; a spike outside [0, 1).
pub fn change_posterior(
    observed: f64,
    standard_error: f64,
    degrees_of_freedom: f64,
    delta: f64,
    prior: Prior,
) -> Result<ClassProbability, Error> {
    check(observed, standard_error, degrees_of_freedom, delta)?;
    let (spike, mean, sd) = match prior {
        Prior::Weak { sd } => (0.0, 0.0, sd),
        Prior::SpikeSlab { spike, mean, sd } => (spike, mean, sd),
    };
    if !(sd > 0.0 && sd.is_finite()) {
        return Err(Error::Domain {
            name: "prior SD",
            value: sd,
            allowed: "> 0 and finite",
        });
    }
    if !(0.0..1.0).contains(&spike) {
        return Err(Error::Domain {
            name: "spike",
            value: spike,
            allowed: "0 <= spike < 1",
        });
    }
    let mut total = ClassProbability {
        below: 0.0,
        within: 0.0,
        above: 0.0,
    };
    let mut evidence = 0.0;
    for scale in error_scales(degrees_of_freedom)? {
        let error = standard_error * scale;
        let marginal = (sd * sd + error * error).sqrt();
        let slab = (1.0 - spike) * density(observed - mean, marginal);
        let shrink = sd * sd / (marginal * marginal);
        let centre = mean + shrink * (observed - mean);
        let spread = sd * error / marginal;
        let below = normal_cdf((-delta - centre) / spread);
        let above = normal_cdf((centre - delta) / spread);
        let point = spike * density(observed, error);
        total.below += slab * below;
        total.above += slab * above;
        total.within += slab * (1.0 - below - above).max(0.0) + point;
        evidence += slab + point;
    }
    if !(evidence > 0.0) {
        // So many prior SDs away that the density underflows: the data decide alone.
        let below = student_t_cdf((-delta - observed) / standard_error, degrees_of_freedom)?;
        let above = student_t_cdf((observed - delta) / standard_error, degrees_of_freedom)?;
        return Ok(ClassProbability {
            below,
            within: (1.0 - below - above).max(0.0),
            above,
        });
    }
    Ok(ClassProbability {
        below: total.below / evidence,
        within: total.within / evidence,
        above: total.above / evidence,
    })
}

fn check(observed: f64, standard_error: f64, freedom: f64, delta: f64) -> Result<(), Error> {
    if !observed.is_finite() {
        return Err(Error::Domain {
            name: "observed change",
            value: observed,
            allowed: "finite",
        });
    }
    if !(standard_error > 0.0 && standard_error.is_finite()) {
        return Err(Error::Domain {
            name: "standard error",
            value: standard_error,
            allowed: "> 0 and finite",
        });
    }
    if !(freedom > 0.0) {
        return Err(Error::Domain {
            name: "degrees of freedom",
            value: freedom,
            allowed: "> 0",
        });
    }
    if !(delta >= 0.0 && delta.is_finite()) {
        return Err(Error::Domain {
            name: "delta",
            value: delta,
            allowed: ">= 0 and finite",
        });
    }
    Ok(())
}

fn density(x: f64, sd: f64) -> f64 {
    (-0.5 * (x / sd).powi(2)).exp() / (sd * (2.0 * std::f64::consts::PI).sqrt())
}

/// Equal-probability scales `√(ν/χ²)` that turn a normal into Student's t.
fn error_scales(freedom: f64) -> Result<Vec<f64>, Error> {
    use statrs::distribution::{ChiSquared, ContinuousCDF};
    if freedom == f64::INFINITY {
        return Ok(vec![1.0]);
    }
    let chi = ChiSquared::new(freedom).map_err(|_| Error::Domain {
        name: "degrees of freedom",
        value: freedom,
        allowed: "> 0",
    })?;
    const SCALES: usize = 64;
    Ok((0..SCALES)
        .map(|i| (freedom / chi.inverse_cdf((i as f64 + 0.5) / SCALES as f64)).sqrt())
        .collect())
}

/// Expected share of wrong calls among those called (Bayesian false discovery rate).
///
/// `certainty` holds, for each call made, the probability that it is right; no call gives `None`.
/// (Newton, Noueiry, Sarkar, Ahlquist, Biostatistics 2004.)
#[must_use]
pub fn expected_false_discovery(certainty: &[f64]) -> Option<f64> {
    if certainty.is_empty() {
        return None;
    }
    Some(certainty.iter().map(|p| 1.0 - p).sum::<f64>() / certainty.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_prior_gives_back_the_likelihood() {
        let wide = Prior::Weak { sd: 1e4 };
        let p = change_posterior(-1.0, 0.3, f64::INFINITY, 0.5, wide).unwrap();
        assert!((p.below - normal_cdf(0.5 / 0.3)).abs() < 1e-6);
        assert!((p.below + p.within + p.above - 1.0).abs() < 1e-12);
        let t = change_posterior(-1.0, 0.3, 3.0, 0.5, wide).unwrap();
        assert!(
            (t.below - student_t_cdf(0.5 / 0.3, 3.0).unwrap()).abs() < 2e-3,
            "{}",
            t.below
        );
    }

    #[test]
    fn swapping_the_sign_swaps_the_classes() {
        let prior = Prior::Weak { sd: 3.0 };
        let a = change_posterior(0.7, 0.4, 8.0, 0.2, prior).unwrap();
        let b = change_posterior(-0.7, 0.4, 8.0, 0.2, prior).unwrap();
        assert!((a.above - b.below).abs() < 1e-12 && (a.within - b.within).abs() < 1e-12);
    }

    #[test]
    fn a_spike_pulls_towards_no_change() {
        let weak = change_posterior(0.5, 0.3, f64::INFINITY, 0.2, Prior::Weak { sd: 2.0 }).unwrap();
        let spike = Prior::SpikeSlab {
            spike: 0.8,
            mean: 0.0,
            sd: 2.0,
        };
        let spiked = change_posterior(0.5, 0.3, f64::INFINITY, 0.2, spike).unwrap();
        assert!(spiked.within > weak.within + 0.2);
    }

    #[test]
    fn bad_numbers_are_named() {
        let prior = Prior::Weak { sd: 1.0 };
        assert!(change_posterior(f64::NAN, 1.0, 1.0, 1.0, prior).is_err());
        assert!(change_posterior(0.0, 0.0, 1.0, 1.0, prior).is_err());
        assert!(change_posterior(0.0, 1.0, 0.0, 1.0, prior).is_err());
        assert_eq!(expected_false_discovery(&[]), None);
        assert!((expected_false_discovery(&[0.9, 1.0]).unwrap() - 0.05).abs() < 1e-12);
    }
}
