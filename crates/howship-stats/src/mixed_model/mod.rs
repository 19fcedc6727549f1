//! Linear mixed models with one grouping factor: profiled likelihood over the relative covariance factor.

mod diagnostics;
mod inference;
mod kenward_roger;
mod newton;
mod products;
mod profile;

pub use diagnostics::ResidualDiagnostics;
pub use inference::{DegreesOfFreedom, FTest, FixedEffects};

use crate::linear_model::rows_of;
use crate::{Design, Error};
use nalgebra::{DMatrix, DVector};
use newton::{Derivatives, Minimum, minimise};
use products::{Products, STATISTIC, triangle};
use profile::profile;
use serde::Serialize;

/// Which likelihood is made largest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Likelihood {
    /// Restricted: variances without the bias that estimated fixed effects bring.
    #[default]
    Restricted,
    /// Full: for comparing models with different fixed effects.
    Full,
}

/// How a mixed model is fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MixedOptions {
    /// Which likelihood.
    pub likelihood: Likelihood,
    /// Most steps of the search.
    pub iterations: usize,
    /// A diagonal element of the relative factor (random effects scaled to unit mean square) below which the fit
    /// is called singular.
    pub singular_below: f64,
}

impl Default for MixedOptions {
    fn default() -> Self {
        Self {
            likelihood: Likelihood::Restricted,
            iterations: 200,
            singular_below: 1e-4,
        }
    }
}

/// A fitted mixed model `y = Xβ + Zb + e`, `b ~ N(0, D)` for each group, `e ~ N(0, σ²)`.
#[derive(Debug, Clone)]
pub struct MixedFit {
    /// Names of the fixed effects.
    pub names: Vec<String>,
    /// Fixed effects β.
    pub coefficients: Vec<f64>,
    /// Their covariance at the estimated variances, without correction for small samples.
    pub covariance: Vec<Vec<f64>>,
    /// Names of the random effects.
    pub random_names: Vec<String>,
    /// Covariance D of the random effects.
    pub random_covariance: Vec<Vec<f64>>,
    /// Residual variance σ².
    pub residual_variance: f64,
    /// Relative factor Λ, lower triangular, `D = σ²ΛΛ'`.
    pub relative_factor: Vec<Vec<f64>>,
    /// Log likelihood, restricted or full, constants included.
    pub log_likelihood: f64,
    /// Which likelihood was made largest.
    pub likelihood: Likelihood,
    /// Whether D is on the boundary: a variance of zero or a correlation of ±1.
    pub singular: bool,
    /// Whether the search ended at an optimum.
    pub converged: bool,
    /// Labels of the groups, in order.
    pub groups: Vec<u32>,
    /// Predicted random effects (empirical best linear unbiased predictors), a row per group.
    pub random_effects: Vec<Vec<f64>>,
    /// Fitted values with random effects, in the order of the rows.
    pub fitted: Vec<f64>,
    /// Observed less fitted.
    pub residuals: Vec<f64>,
    /// What a reader of the numbers must know.
    pub notes: Vec<String>,
    data: Products,
    theta: DVector<f64>,
}

/// Fits `y = Xβ + Zb + e` with random effects by group, unstructured covariance, any pattern of missing rows.
///
/// # Method
/// Deviance profiled over β and σ² as a function of the relative Cholesky factor (Bates, Mächler, Bolker, Walker,
/// J Stat Softw 2015, with one grouping factor), exact first and second derivatives, Newton's method in a trust
/// region without bounds (the deviance is smooth and even in the factor's columns). Groups with equal Z'Z share
/// their sums: an evaluation costs the number of *different* visit patterns, not of subjects.
///
/// # Limits
/// One to four random effects of one grouping factor; errors independent and of one variance.
///
/// # Errors
/// Numbers that are not finite, designs of unequal length, aliased columns, fewer than two groups, no fewer
/// random effects than rows, a response that the fixed effects fit exactly.
pub fn fit_mixed(
    response: &[f64],
    fixed: &Design,
    random: &Design,
    groups: &[u32],
    options: &MixedOptions,
) -> Result<MixedFit, Error> {
    let data = Products::of(response, fixed, random, groups)?;
    let restricted = options.likelihood == Likelihood::Restricted;
    let best = search(&data, restricted, options)?;
    let theta = with_positive_columns(&best.at, data.random);
    let solution = solve(&data, &theta, restricted).ok_or_else(no_optimum)?;
    let singular = (0..data.random).any(|j| theta[triangle(j, j)] < options.singular_below);
    let freedom = data.freedom(restricted);
    let constant = freedom * (1.0 + (2.0 * std::f64::consts::PI / freedom).ln())
        + 2.0 * freedom * data.scales.response.ln()
        + f64::from(u8::from(restricted)) * 2.0 * data.scales.log_determinant_r;
    let (random_effects, fitted) = predict(&data, &solution, &theta, fixed, random);
    let residuals: Vec<f64> = response.iter().zip(&fitted).map(|(y, f)| y - f).collect();
    let outer = data.scales.response * data.scales.response;
    let factor = DMatrix::from_fn(data.random, data.random, |a, b| {
        let inner = if b <= a { theta[triangle(a, b)] } else { 0.0 };
        inner / data.scales.random[a]
    });
    let variance = solution.variance * outer;
    Ok(MixedFit {
        names: fixed.names().to_vec(),
        coefficients: solution.coefficients.iter().copied().collect(),
        covariance: rows_of(&data.outward(&(&solution.inverse * solution.variance))),
        random_names: random.names().to_vec(),
        random_covariance: rows_of(&(&factor * factor.transpose() * variance)),
        residual_variance: variance,
        relative_factor: rows_of(&factor),
        log_likelihood: -0.5 * (best.value + constant),
        likelihood: options.likelihood,
        singular,
        converged: best.converged,
        groups: data.labels.clone(),
        random_effects,
        fitted,
        residuals,
        notes: notes(singular, best.converged),
        data,
        theta,
    })
}

fn notes(singular: bool, converged: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if singular {
        notes.push(
            "the fit is singular: a variance of the random effects is estimated as zero, or a correlation as ±1"
                .to_owned(),
        );
    }
    if !converged {
        notes.push("the search for the variances did not end at an optimum".to_owned());
    }
    notes
}

fn no_optimum() -> Error {
    Error::Undefined {
        statistic: STATISTIC,
        reason: "the likelihood has no optimum with a positive residual variance".to_owned(),
    }
}

/// Calls a generic function of the number of entries of Λ.
macro_rules! sized {
    ($entries:expr, $call:ident) => {
        match $entries {
            1 => $call!(1),
            3 => $call!(3),
            6 => $call!(6),
            10 => $call!(10),
            _ => None,
        }
    };
}

fn deviance(data: &Products, theta: &[f64], restricted: bool) -> Option<Derivatives> {
    let freedom = data.freedom(restricted);
    macro_rules! call {
        ($n:literal) => {
            profile::<$n>(data, theta, restricted).map(|p| p.deviance(freedom))
        };
    }
    sized!(theta.len(), call)
}

/// What the solution and its tests need of the likelihood at one θ, in the inner coordinates.
struct Curvature {
    /// Second derivatives of the deviance by (θ, σ).
    hessian: DMatrix<f64>,
    /// Q'(I + ZΛΛ'Z')⁻¹[Q y].
    gram: DMatrix<f64>,
    /// Its derivatives by each θ.
    slopes: Vec<DMatrix<f64>>,
    /// Residual variance.
    variance: f64,
}

fn curvature(data: &Products, theta: &[f64], restricted: bool) -> Option<Curvature> {
    let freedom = data.freedom(restricted);
    macro_rules! call {
        ($n:literal) => {
            profile::<$n>(data, theta, restricted).map(|p| {
                let (gram, slopes) = p.gram_and_derivatives(data.fixed + 1);
                Curvature {
                    hessian: p.full_hessian(freedom),
                    gram,
                    slopes,
                    variance: p.squares.value / freedom,
                }
            })
        };
    }
    sized!(theta.len(), call)
}

/// From Λ = I as lme4 does; where that ends on the boundary, from other lengths too, and the lowest is kept.
fn search(data: &Products, restricted: bool, options: &MixedOptions) -> Result<Minimum, Error> {
    let q = data.random;
    let start = |length: f64| {
        let mut theta = DVector::zeros(q * (q + 1) / 2);
        for j in 0..q {
            theta[triangle(j, j)] = length;
        }
        theta
    };
    let run = |length: f64| {
        minimise(
            |theta| deviance(data, theta.as_slice(), restricted),
            start(length),
            options.iterations,
        )
    };
    let mut best = run(1.0);
    let bounded = best.as_ref().is_none_or(|m| {
        !m.converged || (0..q).any(|j| m.at[triangle(j, j)].abs() < options.singular_below)
    });
    if bounded {
        for length in [0.1, 4.0] {
            let other = run(length);
            let lower = match (&best, &other) {
                (Some(a), Some(b)) => b.value < a.value - 1e-12 * a.value.abs(),
                (None, Some(_)) => true,
                _ => false,
            };
            if lower {
                best = other;
            }
        }
    }
    best.filter(|m| m.at.amax() < 1e6).ok_or_else(no_optimum)
}

/// The sign of a column of Λ is free; its diagonal is made positive.
fn with_positive_columns(theta: &DVector<f64>, q: usize) -> DVector<f64> {
    let mut out = theta.clone();
    for j in 0..q {
        if out[triangle(j, j)] < 0.0 {
            for i in j..q {
                out[triangle(i, j)] = -out[triangle(i, j)];
            }
        }
    }
    out
}

/// Fixed effects and residual variance at one θ.
struct Solution {
    /// In the units of the response.
    coefficients: DVector<f64>,
    /// In the inner coordinates.
    inner: DVector<f64>,
    /// (Q'(I + ZΛΛ'Z')⁻¹Q)⁻¹.
    inverse: DMatrix<f64>,
    /// In the inner coordinates.
    variance: f64,
}

fn solve(data: &Products, theta: &DVector<f64>, restricted: bool) -> Option<Solution> {
    let p = data.fixed;
    let Curvature { gram, variance, .. } = curvature(data, theta.as_slice(), restricted)?;
    let inverse = gram.view((0, 0), (p, p)).into_owned().cholesky()?.inverse();
    let right = gram.view((0, p), (p, 1)).column(0).into_owned();
    let inner = &inverse * &right;
    let scales = &data.scales;
    // Of responses of unit variance: below this, rounding is all that is left of the residuals.
    if !(variance > 1e-14) {
        return None;
    }
    Some(Solution {
        coefficients: &scales.least_squares + &scales.r_inverse * &inner * scales.response,
        inner,
        inverse,
        variance,
    })
}

/// Random effects of each group and fitted values of each row.
fn predict(
    data: &Products,
    solution: &Solution,
    theta: &DVector<f64>,
    fixed: &Design,
    random: &Design,
) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (p, q) = (data.fixed, data.random);
    let kernels: Vec<DMatrix<f64>> = data.kernels(theta);
    let effects: Vec<DVector<f64>> = (data.responses.iter().zip(&data.kind_of_group))
        .map(|(b, &kind)| {
            let rest = b.column(p) - b.columns(0, p) * &solution.inner;
            let mut effect = &kernels[kind] * rest;
            for j in 0..q {
                effect[j] *= data.scales.response / data.scales.random[j];
            }
            effect
        })
        .collect();
    let (x, z) = (fixed.matrix(), random.matrix());
    let level = x * &solution.coefficients;
    let fitted = (data.group_of_row.iter().enumerate())
        .map(|(i, &g)| level[i] + z.row(i).transpose().dot(&effects[g]))
        .collect();
    let rows = effects.iter().map(|e| e.iter().copied().collect());
    (rows.collect(), fitted)
}

impl Products {
    fn freedom(&self, restricted: bool) -> f64 {
        let lost = if restricted { self.fixed } else { 0 };
        (self.rows - lost) as f64
    }

    /// Covariance of fixed effects in the units of the response.
    fn outward(&self, inner: &DMatrix<f64>) -> DMatrix<f64> {
        let back = &self.scales.r_inverse * self.scales.response;
        &back * inner * back.transpose()
    }

    /// Λ(Λ'Z'ZΛ + I)⁻¹Λ' of each kind of group.
    fn kernels(&self, theta: &DVector<f64>) -> Vec<DMatrix<f64>> {
        let q = self.random;
        let factor = DMatrix::from_fn(
            q,
            q,
            |a, b| {
                if b <= a { theta[triangle(a, b)] } else { 0.0 }
            },
        );
        let kinds = self.kinds.iter().map(|kind| {
            let inner = factor.transpose() * &kind.gram * &factor + DMatrix::identity(q, q);
            let solved = inner.cholesky().map(|c| c.solve(&factor.transpose()));
            // I + a positive semidefinite matrix always has a factor.
            &factor * solved.unwrap_or_else(|| DMatrix::zeros(q, q))
        });
        kinds.collect()
    }
}
