//! Least squares with named columns: estimates and contrasts.

use crate::{Error, student_t_cdf, student_t_quantile};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

/// Named columns of a linear model's design matrix.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    rows: usize,
    names: Vec<String>,
    values: Vec<f64>,
}

impl Design {
    /// No columns yet.
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self {
            rows,
            names: Vec::new(),
            values: Vec::new(),
        }
    }

    /// A column of ones, named `intercept`.
    #[must_use]
    pub fn intercept(rows: usize) -> Self {
        Self {
            rows,
            names: vec!["intercept".to_owned()],
            values: vec![1.0; rows],
        }
    }

    /// Adds a column.
    ///
    /// # Errors
    /// A column that is not as long as the design, or holds a number that is not finite.
    pub fn with(mut self, name: impl Into<String>, column: Vec<f64>) -> Result<Self, Error> {
        let name = name.into();
        if column.len() != self.rows {
            return Err(Error::Undefined {
                statistic: "a linear model",
                reason: format!(
                    "column `{name}` has {} values where the design has {} rows",
                    column.len(),
                    self.rows
                ),
            });
        }
        finite(&column, "value of a design's column")?;
        self.names.push(name);
        self.values.extend(column);
        Ok(self)
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Names of the columns.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Position of a column.
    #[must_use]
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|n| n == name)
    }

    pub(crate) fn matrix(&self) -> DMatrix<f64> {
        DMatrix::from_column_slice(self.rows, self.names.len(), &self.values)
    }

    /// A column that the others before it already hold, if there is one.
    pub(crate) fn aliased(&self) -> Option<&str> {
        let x = self.matrix();
        let lengths: Vec<f64> = x.column_iter().map(|c| c.norm()).collect();
        let r = x.qr().unpack_r();
        let at = (0..self.names.len())
            .find(|&j| j >= r.nrows() || !(r[(j, j)].abs() > 1e-9 * lengths[j]))?;
        self.names.get(at).map(String::as_str)
    }

    pub(crate) fn refuse_aliased(&self, statistic: &'static str) -> Result<(), Error> {
        let Some(name) = self.aliased() else {
            return Ok(());
        };
        Err(Error::Undefined {
            statistic,
            reason: format!(
                "column `{name}` is constant or a combination of the columns before it; leave it out"
            ),
        })
    }
}

pub(crate) fn finite(values: &[f64], name: &'static str) -> Result<(), Error> {
    match values.iter().find(|v| !v.is_finite()) {
        Some(&value) => Err(Error::Domain {
            name,
            value,
            allowed: "a finite number",
        }),
        None => Ok(()),
    }
}

/// An estimate with its error, test and interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Contrast {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Degrees of freedom of t.
    pub degrees_of_freedom: f64,
    /// Estimate over standard error.
    pub t: f64,
    /// Two-sided, of the hypothesis that the truth is 0.
    pub p: f64,
    /// Confidence interval, symmetric by t.
    pub interval: (f64, f64),
    /// Its level, as in 0.95.
    pub level: f64,
}

impl Contrast {
    /// Test and interval by Student's t.
    ///
    /// # Errors
    /// A standard error or degrees of freedom that are not positive, a level outside (0, 1).
    pub fn by_t(
        estimate: f64,
        standard_error: f64,
        degrees_of_freedom: f64,
        level: f64,
    ) -> Result<Self, Error> {
        if !(standard_error > 0.0 && standard_error.is_finite()) {
            return Err(Error::Domain {
                name: "standard error of a contrast",
                value: standard_error,
                allowed: "> 0 and finite; numbers without spread allow no test",
            });
        }
        let t = estimate / standard_error;
        let half = standard_error * student_t_quantile(0.5 + 0.5 * level, degrees_of_freedom)?;
        Ok(Self {
            estimate,
            standard_error,
            degrees_of_freedom,
            t,
            p: (2.0 * student_t_cdf(-t.abs(), degrees_of_freedom)?).min(1.0),
            interval: (estimate - half, estimate + half),
            level,
        })
    }
}

/// A linear model fitted by least squares.
#[derive(Debug, Clone, PartialEq)]
pub struct LinearFit {
    /// Names of the coefficients.
    pub names: Vec<String>,
    /// Coefficients.
    pub coefficients: Vec<f64>,
    /// Their covariance.
    pub covariance: Vec<Vec<f64>>,
    /// Residual variance.
    pub residual_variance: f64,
    /// Rows less coefficients.
    pub degrees_of_freedom: f64,
    /// Observed less fitted.
    pub residuals: Vec<f64>,
}

/// Least squares by Householder QR; with a factor's indicator and covariates this is the analysis of covariance.
///
/// # Errors
/// A response that is not finite or not as long as the design, no more rows than columns, columns that are
/// combinations of others (named).
pub fn fit_linear(design: &Design, response: &[f64]) -> Result<LinearFit, Error> {
    let (n, p) = (design.rows(), design.names.len());
    check_response(design, response)?;
    design.refuse_aliased("a linear model")?;
    let x = design.matrix();
    let y = DVector::from_column_slice(response);
    let qr = x.clone().qr();
    let mut rotated = y.clone();
    qr.q_tr_mul(&mut rotated);
    let r = qr.unpack_r();
    let singular = || Error::Undefined {
        statistic: "a linear model",
        reason: "the design is singular".to_owned(),
    };
    let coefficients = r
        .solve_upper_triangular(&rotated.rows(0, p).into_owned())
        .ok_or_else(singular)?;
    let inverse = r
        .solve_upper_triangular(&DMatrix::identity(p, p))
        .ok_or_else(singular)?;
    let residuals = &y - &x * &coefficients;
    let freedom = (n - p) as f64;
    // What rounding alone leaves of an exact fit is no spread.
    let exact = residuals.norm() <= 1e-13 * y.norm();
    let residual_variance = if exact {
        0.0
    } else {
        residuals.norm_squared() / freedom
    };
    let covariance = &inverse * inverse.transpose() * residual_variance;
    Ok(LinearFit {
        names: design.names.clone(),
        coefficients: coefficients.iter().copied().collect(),
        covariance: rows_of(&covariance),
        residual_variance,
        degrees_of_freedom: freedom,
        residuals: residuals.iter().copied().collect(),
    })
}

pub(crate) fn check_response(design: &Design, response: &[f64]) -> Result<(), Error> {
    finite(response, "response")?;
    if response.len() != design.rows() {
        return Err(Error::Undefined {
            statistic: "a linear model",
            reason: format!(
                "{} responses for a design of {} rows",
                response.len(),
                design.rows()
            ),
        });
    }
    if design.names.is_empty() || design.rows() <= design.names.len() {
        return Err(Error::TooFew {
            statistic: "a linear model",
            needed: design.names.len().max(1) + 1,
            found: design.rows(),
        });
    }
    Ok(())
}

pub(crate) fn rows_of(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
    matrix
        .row_iter()
        .map(|r| r.iter().copied().collect())
        .collect()
}

impl LinearFit {
    /// A weighted sum of coefficients; weights that are not given are 0.
    ///
    /// # Errors
    /// More weights than coefficients, a response without spread, a level outside (0, 1).
    pub fn contrast(&self, weights: &[f64], level: f64) -> Result<Contrast, Error> {
        let (estimate, variance) = weighted(&self.coefficients, &self.covariance, weights)?;
        Contrast::by_t(estimate, variance.sqrt(), self.degrees_of_freedom, level)
    }

    /// One coefficient.
    ///
    /// # Errors
    /// As [`LinearFit::contrast`].
    pub fn coefficient(&self, position: usize, level: f64) -> Result<Contrast, Error> {
        self.contrast(&unit(position), level)
    }
}

/// Weights that pick one coefficient.
pub(crate) fn unit(position: usize) -> Vec<f64> {
    let mut weights = vec![0.0; position + 1];
    weights[position] = 1.0;
    weights
}

/// Estimate and variance of a weighted sum.
pub(crate) fn weighted(
    coefficients: &[f64],
    covariance: &[Vec<f64>],
    weights: &[f64],
) -> Result<(f64, f64), Error> {
    if weights.len() > coefficients.len() {
        return Err(Error::Undefined {
            statistic: "a contrast",
            reason: format!(
                "{} weights for {} coefficients",
                weights.len(),
                coefficients.len()
            ),
        });
    }
    let estimate = weights.iter().zip(coefficients).map(|(w, c)| w * c).sum();
    let variance = (weights.iter().zip(covariance))
        .map(|(w, row)| w * weights.iter().zip(row).map(|(v, c)| v * c).sum::<f64>())
        .sum();
    Ok((estimate, variance))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Anscombe, Am Stat 1973, first set: 3.0001 + 0.5001 x, standard errors 1.1247 and 0.1179.
    #[test]
    fn anscombe_as_published() {
        let x = vec![10.0, 8.0, 13.0, 9.0, 11.0, 14.0, 6.0, 4.0, 12.0, 7.0, 5.0];
        let y = [
            8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68,
        ];
        let fit = fit_linear(&Design::intercept(11).with("x", x).unwrap(), &y).unwrap();
        let a = fit.coefficient(0, 0.95).unwrap();
        let b = fit.coefficient(1, 0.95).unwrap();
        assert!((a.estimate - 3.000_090_9).abs() < 1e-7 && (b.estimate - 0.500_090_9).abs() < 1e-7);
        assert!((a.standard_error - 1.124_746_8).abs() < 1e-7);
        assert!((b.standard_error - 0.117_905_5).abs() < 1e-7);
        assert!((a.p - 0.025_734_1).abs() < 1e-6 && (b.p - 0.002_169_6).abs() < 1e-6);
        assert_eq!(b.degrees_of_freedom, 9.0);
    }

    #[test]
    fn a_repeated_column_is_named() {
        let d = Design::intercept(4)
            .with("a", vec![1.0, 2.0, 3.0, 5.0])
            .unwrap();
        let d = d.with("twice a", vec![2.0, 4.0, 6.0, 10.0]).unwrap();
        let message = fit_linear(&d, &[1.0, 2.0, 3.0, 4.0])
            .unwrap_err()
            .to_string();
        assert!(message.contains("`twice a`"), "{message}");
        assert!(fit_linear(&Design::intercept(1), &[1.0]).is_err());
        assert!(fit_linear(&Design::intercept(2), &[1.0, f64::NAN]).is_err());
        let flat = fit_linear(&Design::intercept(3), &[1.1, 1.1, 1.1]).unwrap();
        assert!(flat.coefficient(0, 0.95).is_err());
    }
}
