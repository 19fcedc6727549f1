//! The profiled likelihood and its derivatives.

use super::products::{Products, triangle};
use crate::jet::{Jet, cholesky, forward_solve};
use nalgebra::{DMatrix, DVector};

/// The likelihood's parts at one relative factor θ, in the inner coordinates and without constants.
///
/// V = σ²(I + ZΛΛ'Z'), Λ lower triangular with the entries θ (Bates, Mächler, Bolker, Walker, J Stat Softw 2015).
pub(super) struct Profile<const N: usize> {
    /// log|I + ZΛΛ'Z'|, and with REML log|Q'(…)⁻¹Q|.
    pub(super) determinants: Jet<N>,
    /// Residual sum of squares, penalised.
    pub(super) squares: Jet<N>,
    /// Q'(I + ZΛΛ'Z')⁻¹[Q y], row-major with fixed + 1 columns, lower triangle.
    pub(super) gram: Vec<Jet<N>>,
}

pub(super) fn profile<const N: usize>(
    data: &Products,
    theta: &[f64],
    restricted: bool,
) -> Option<Profile<N>> {
    let (p, q) = (data.fixed, data.random);
    let width = p + 1;
    let factor: Vec<Jet<N>> = (theta.iter().enumerate())
        .map(|(i, &t)| Jet::variable(t, i))
        .collect();
    let mut gram: Vec<Jet<N>> = (0..width * width)
        .map(|i| Jet::constant(data.whole[(i / width, i % width)]))
        .collect();
    let mut determinants = Jet::constant(0.0);
    for kind in &data.kinds {
        let mut inner = inner_matrix(&factor, &kind.gram);
        if !cholesky(&mut inner, q) {
            return None;
        }
        for j in 0..q {
            determinants.add_scaled(&inner[j * q + j].ln(), 2.0 * kind.groups);
        }
        let kernel = kernel(&factor, &inner, q);
        for a in 0..q {
            for b in 0..=a {
                let weight = if a == b { -1.0 } else { -2.0 };
                let (jet, outer) = (&kernel[triangle(a, b)], &kind.outer[triangle(a, b)]);
                for c in 0..width {
                    for d in 0..=c {
                        gram[c * width + d].add_scaled(jet, weight * outer[(c, d)]);
                    }
                }
            }
        }
    }
    let mut root = gram.clone();
    if !cholesky(&mut root, width) {
        return None;
    }
    if restricted {
        for c in 0..p {
            determinants.add_scaled(&root[c * width + c].ln(), 2.0);
        }
    }
    let last = root[width * width - 1];
    Some(Profile {
        determinants,
        squares: last * last,
        gram,
    })
}

/// Λ'Z'ZΛ + I, lower triangle.
fn inner_matrix<const N: usize>(factor: &[Jet<N>], gram: &DMatrix<f64>) -> Vec<Jet<N>> {
    let q = gram.nrows();
    let mut right = vec![Jet::constant(0.0); q * q];
    for a in 0..q {
        for j in 0..q {
            for b in j..q {
                right[a * q + j].add_scaled(&factor[triangle(b, j)], gram[(a, b)]);
            }
        }
    }
    let mut inner = vec![Jet::constant(0.0); q * q];
    for i in 0..q {
        for j in 0..=i {
            let mut sum = Jet::constant(if i == j { 1.0 } else { 0.0 });
            for a in i..q {
                sum = sum + factor[triangle(a, i)] * right[a * q + j];
            }
            inner[i * q + j] = sum;
        }
    }
    inner
}

/// Λ(Λ'Z'ZΛ + I)⁻¹Λ', packed lower triangle.
fn kernel<const N: usize>(factor: &[Jet<N>], root: &[Jet<N>], q: usize) -> Vec<Jet<N>> {
    let columns: Vec<Vec<Jet<N>>> = (0..q)
        .map(|a| {
            let mut column = vec![Jet::constant(0.0); q];
            for j in 0..=a {
                column[j] = factor[triangle(a, j)];
            }
            forward_solve(root, q, &mut column);
            column
        })
        .collect();
    let mut out = Vec::with_capacity(q * (q + 1) / 2);
    for a in 0..q {
        for b in 0..=a {
            let mut sum = Jet::constant(0.0);
            for (x, y) in columns[a].iter().zip(&columns[b]) {
                sum = sum + *x * *y;
            }
            out.push(sum);
        }
    }
    out
}

impl<const N: usize> Profile<N> {
    /// Deviance profiled over fixed effects and residual variance, with its derivatives.
    pub(super) fn deviance(&self, freedom: f64) -> (f64, DVector<f64>, DMatrix<f64>) {
        let deviance = self.determinants + self.squares.ln() * freedom;
        let gradient = DVector::from_fn(N, |a, _| deviance.gradient[a]);
        let hessian = DMatrix::from_fn(N, N, |a, b| deviance.second(a, b));
        (deviance.value, gradient, hessian)
    }

    /// Second derivatives by (θ, σ) of the deviance that is not profiled over σ.
    pub(super) fn full_hessian(&self, freedom: f64) -> DMatrix<f64> {
        let variance = self.squares.value / freedom;
        let sigma = variance.sqrt();
        DMatrix::from_fn(N + 1, N + 1, |a, b| match (a.min(b), a.max(b)) {
            (low, high) if high < N => {
                self.determinants.second(low, high) + self.squares.second(low, high) / variance
            }
            (low, _) if low < N => -2.0 * self.squares.gradient[low] / (sigma * variance),
            _ => 4.0 * freedom / variance,
        })
    }

    /// Q'(…)⁻¹[Q y] and its derivatives by each θ, symmetric, with fixed + 1 columns.
    pub(super) fn gram_and_derivatives(&self, width: usize) -> (DMatrix<f64>, Vec<DMatrix<f64>>) {
        let at = |c: usize, d: usize| &self.gram[c.max(d) * width + c.min(d)];
        let value = DMatrix::from_fn(width, width, |c, d| at(c, d).value);
        let derivatives = (0..N)
            .map(|a| DMatrix::from_fn(width, width, |c, d| at(c, d).gradient[a]))
            .collect();
        (value, derivatives)
    }
}
