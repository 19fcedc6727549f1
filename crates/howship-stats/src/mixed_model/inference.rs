//! Tests and intervals of fixed effects.

use super::kenward_roger::KenwardRoger;
use super::{Likelihood, MixedFit, curvature};
use crate::linear_model::{rows_of, unit, weighted};
use crate::{Contrast, Error};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;
use statrs::distribution::{ContinuousCDF, FisherSnedecor};

/// How the denominator's degrees of freedom are approximated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DegreesOfFreedom {
    /// Kenward, Roger, Biometrics 1997: adjusts the covariance too; REML only.
    #[default]
    KenwardRoger,
    /// Satterthwaite 1946, as Giesbrecht, Burns, Biometrics 1985: from the observed information of the variances.
    Satterthwaite,
}

/// Fixed effects ready for tests.
#[derive(Debug, Clone)]
pub struct FixedEffects {
    /// Names of the fixed effects.
    pub names: Vec<String>,
    /// Fixed effects.
    pub coefficients: Vec<f64>,
    /// Their covariance, adjusted where the method adjusts it.
    pub covariance: Vec<Vec<f64>>,
    /// Which method.
    pub method: DegreesOfFreedom,
    freedom: Freedom,
    /// R⁻¹ times the response's scale: from weights to the inner coordinates.
    inward: DMatrix<f64>,
}

#[derive(Debug, Clone)]
enum Freedom {
    KenwardRoger(KenwardRoger),
    Satterthwaite(Satterthwaite),
}

/// Test that several contrasts are all zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct FTest {
    /// The statistic, scaled where the method scales it.
    pub f: f64,
    /// Independent contrasts.
    pub numerator: f64,
    /// Denominator's degrees of freedom.
    pub denominator: f64,
    /// Probability of a larger F.
    pub p: f64,
}

impl MixedFit {
    /// Prepares tests of the fixed effects.
    ///
    /// # Errors
    /// Kenward-Roger for a fit by full likelihood; a likelihood too flat for its curvature to be used.
    pub fn fixed_effects(&self, method: DegreesOfFreedom) -> Result<FixedEffects, Error> {
        let data = &self.data;
        let inner = self.residual_variance / data.scales.response.powi(2);
        let (freedom, covariance) = match method {
            DegreesOfFreedom::KenwardRoger => {
                if self.likelihood == Likelihood::Full {
                    return Err(Error::Undefined {
                        statistic: "Kenward-Roger degrees of freedom",
                        reason: "the model was fitted by full likelihood; fit it by REML"
                            .to_owned(),
                    });
                }
                let adjusted = KenwardRoger::of(data, &self.theta, inner).ok_or_else(flat)?;
                let covariance = rows_of(&data.outward(&adjusted.adjusted));
                (Freedom::KenwardRoger(adjusted), covariance)
            }
            DegreesOfFreedom::Satterthwaite => {
                let restricted = self.likelihood == Likelihood::Restricted;
                let parts = curvature(data, self.theta.as_slice(), restricted);
                let parts = parts.ok_or_else(flat)?;
                let p = data.fixed;
                let top = |m: &DMatrix<f64>| m.view((0, 0), (p, p)).into_owned();
                let inverse = top(&parts.gram).cholesky().ok_or_else(flat)?.inverse();
                let satterthwaite = Satterthwaite {
                    variances: doubled_inverse(parts.hessian),
                    slopes: parts
                        .slopes
                        .iter()
                        .map(|d| &inverse * top(d) * &inverse * -inner)
                        .collect(),
                    covariance: inverse * inner,
                    sigma: inner.sqrt(),
                };
                (
                    Freedom::Satterthwaite(satterthwaite),
                    self.covariance.clone(),
                )
            }
        };
        Ok(FixedEffects {
            names: self.names.clone(),
            coefficients: self.coefficients.clone(),
            covariance,
            method,
            freedom,
            inward: &data.scales.r_inverse * data.scales.response,
        })
    }
}

fn flat() -> Error {
    Error::Undefined {
        statistic: "degrees of freedom of fixed effects",
        reason: "the likelihood is flat in the variances".to_owned(),
    }
}

/// 2 H⁻¹ over the directions in which the deviance curves upwards.
fn doubled_inverse(hessian: DMatrix<f64>) -> DMatrix<f64> {
    let n = hessian.nrows();
    // An eigenvalue search never ends on what is not a number.
    if !hessian.iter().all(|v| v.is_finite()) {
        return DMatrix::from_element(n, n, f64::NAN);
    }
    let eigen = hessian.symmetric_eigen();
    let mut out = DMatrix::zeros(n, n);
    for (value, vector) in eigen
        .eigenvalues
        .iter()
        .zip(eigen.eigenvectors.column_iter())
    {
        if *value > 1e-8 {
            out += vector * vector.transpose() * (2.0 / value);
        }
    }
    out
}

#[derive(Debug, Clone)]
struct Satterthwaite {
    /// Asymptotic covariance of (θ, σ).
    variances: DMatrix<f64>,
    /// Derivatives of the fixed effects' covariance by θ.
    slopes: Vec<DMatrix<f64>>,
    covariance: DMatrix<f64>,
    sigma: f64,
}

impl Satterthwaite {
    fn degrees_of_freedom(&self, weights: &DVector<f64>) -> f64 {
        let variance = weights.dot(&(&self.covariance * weights));
        let mut gradient: Vec<f64> = (self.slopes.iter())
            .map(|s| weights.dot(&(s * weights)))
            .collect();
        gradient.push(2.0 * variance / self.sigma);
        let gradient = DVector::from_vec(gradient);
        2.0 * variance * variance / gradient.dot(&(&self.variances * &gradient))
    }
}

impl FixedEffects {
    fn inner_weights(&self, weights: &[f64]) -> DVector<f64> {
        let p = self.coefficients.len();
        let full = DVector::from_fn(p, |i, _| weights.get(i).copied().unwrap_or(0.0));
        self.inward.transpose() * full
    }

    /// A weighted sum of fixed effects; weights that are not given are 0.
    ///
    /// # Errors
    /// More weights than fixed effects, none that is not 0, a level outside (0, 1).
    pub fn contrast(&self, weights: &[f64], level: f64) -> Result<Contrast, Error> {
        let (estimate, variance) = weighted(&self.coefficients, &self.covariance, weights)?;
        let inner = self.inner_weights(weights);
        let freedom = match &self.freedom {
            Freedom::KenwardRoger(k) => {
                let row = DMatrix::from_rows(&[inner.transpose()]);
                k.f_test(&row).map_or(f64::NAN, |(_, freedom)| freedom)
            }
            Freedom::Satterthwaite(s) => s.degrees_of_freedom(&inner),
        };
        Contrast::by_t(estimate, variance.sqrt(), freedom, level)
    }

    /// One fixed effect.
    ///
    /// # Errors
    /// As [`FixedEffects::contrast`].
    pub fn coefficient(&self, position: usize, level: f64) -> Result<Contrast, Error> {
        self.contrast(&unit(position), level)
    }

    /// Test that several contrasts are zero at once.
    ///
    /// # Errors
    /// No contrasts, more weights than fixed effects, contrasts that are combinations of others.
    pub fn joint_test(&self, contrasts: &[Vec<f64>]) -> Result<FTest, Error> {
        let dependent = || Error::Undefined {
            statistic: "a joint test",
            reason: "there are no contrasts, or one is a combination of the others".to_owned(),
        };
        let p = self.coefficients.len();
        if contrasts.is_empty() || contrasts.len() > p {
            return Err(dependent());
        }
        let mut estimates = Vec::new();
        for weights in contrasts {
            estimates.push(weighted(&self.coefficients, &self.covariance, weights)?.0);
        }
        let estimates = DVector::from_vec(estimates);
        let rows: Vec<_> = contrasts
            .iter()
            .map(|w| self.inner_weights(w).transpose())
            .collect();
        let rows = DMatrix::from_rows(&rows);
        let q = contrasts.len() as f64;
        let (f, denominator) = match &self.freedom {
            Freedom::KenwardRoger(k) => {
                let (scale, freedom) = k.f_test(&rows).ok_or_else(dependent)?;
                let middle = &rows * &k.adjusted * rows.transpose();
                let solved = middle.cholesky().ok_or_else(dependent)?.solve(&estimates);
                (scale * estimates.dot(&solved) / q, freedom)
            }
            Freedom::Satterthwaite(s) => s.f_test(&rows, &estimates).ok_or_else(dependent)?,
        };
        let distribution = FisherSnedecor::new(q, denominator).map_err(|_| Error::Domain {
            name: "degrees of freedom",
            value: denominator,
            allowed: "> 0",
        })?;
        Ok(FTest {
            f,
            numerator: q,
            denominator,
            p: distribution.sf(f),
        })
    }
}

impl Satterthwaite {
    /// F of several contrasts: squares of independent ones pooled (Fai, Cornelius, J Stat Comput Simul 1996).
    fn f_test(&self, rows: &DMatrix<f64>, estimates: &DVector<f64>) -> Option<(f64, f64)> {
        let middle = rows * &self.covariance * rows.transpose();
        if !middle.iter().all(|v| v.is_finite()) {
            return None;
        }
        let eigen = middle.symmetric_eigen();
        let largest = eigen.eigenvalues.amax();
        if !(eigen.eigenvalues.min() > 1e-12 * largest) {
            return None;
        }
        let q = eigen.eigenvalues.len() as f64;
        let (mut f, mut expectation, mut lone) = (0.0, 0.0, f64::NAN);
        for (value, vector) in eigen
            .eigenvalues
            .iter()
            .zip(eigen.eigenvectors.column_iter())
        {
            let freedom = self.degrees_of_freedom(&(rows.transpose() * vector));
            f += vector.dot(estimates).powi(2) / value / q;
            lone = freedom;
            expectation += if freedom > 2.0 {
                freedom / (freedom - 2.0)
            } else {
                0.0
            };
        }
        let pooled = if expectation > q {
            2.0 * expectation / (expectation - q)
        } else {
            2.0
        };
        Some((f, if q == 1.0 { lone } else { pooled }))
    }
}
