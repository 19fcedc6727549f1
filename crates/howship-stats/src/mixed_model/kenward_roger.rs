//! Small-sample covariance and degrees of freedom (Kenward, Roger, Biometrics 1997).

use super::products::{Products, triangle};
use nalgebra::{DMatrix, DVector};

/// Covariance of fixed effects adjusted for the estimation of variances, and what F tests need
/// (Kenward, Roger, Biometrics 1997), in the inner coordinates.
///
/// V is linear in its parameters: the entries of the random effects' covariance, and σ² last. All sums over rows
/// are sums over kinds of groups of q × q kernels between Z'Q and its transpose, because
/// V⁻¹ = (I − ZMZ')/σ² with M = Λ(Λ'Z'ZΛ + I)⁻¹Λ'.
#[derive(Debug, Clone)]
pub(super) struct KenwardRoger {
    phi: DMatrix<f64>,
    pub(super) adjusted: DMatrix<f64>,
    /// P of each parameter: derivatives of Q'V⁻¹Q.
    slopes: Vec<DMatrix<f64>>,
    /// Asymptotic covariance of the parameters.
    variances: DMatrix<f64>,
}

impl KenwardRoger {
    pub(super) fn of(data: &Products, theta: &DVector<f64>, variance: f64) -> Option<Self> {
        let sums = Sums::of(data, theta, variance)?;
        let m = sums.slopes.len();
        let phi = sums.phi;
        let half: Vec<DMatrix<f64>> = sums.slopes.iter().map(|s| &phi * s).collect();
        let information = DMatrix::from_fn(m, m, |r, s| {
            let (low, high) = (r.min(s), r.max(s));
            let q = &sums.second[triangle(high, low)];
            0.5 * (sums.traces[(r, s)] - 2.0 * (&phi * q).trace() + (&half[r] * &half[s]).trace())
        });
        let variances = inverse(information)?;
        let mut middle = DMatrix::zeros(phi.nrows(), phi.nrows());
        for r in 0..m {
            for s in 0..m {
                let q = &sums.second[triangle(r.max(s), r.min(s))];
                middle += (q - &sums.slopes[r] * &half[s]) * variances[(r, s)];
            }
        }
        // Q_rs was summed in its symmetric part only; so is this.
        middle = (&middle + middle.transpose()) * 0.5;
        let adjusted = &phi + &phi * middle * &phi * 2.0;
        Some(Self {
            adjusted,
            phi,
            slopes: sums.slopes,
            variances,
        })
    }

    /// Scale and denominator's degrees of freedom of the F test that rows of contrasts are zero.
    pub(super) fn f_test(&self, rows: &DMatrix<f64>) -> Option<(f64, f64)> {
        let q = rows.nrows() as f64;
        let middle = (rows * &self.phi * rows.transpose()).cholesky()?.inverse();
        let theta_phi = rows.transpose() * middle * rows * &self.phi;
        let parts: Vec<DMatrix<f64>> = (self.slopes.iter())
            .map(|s| &theta_phi * s * &self.phi)
            .collect();
        let (mut a1, mut a2) = (0.0, 0.0);
        for (r, x) in parts.iter().enumerate() {
            for (s, y) in parts.iter().enumerate() {
                a1 += self.variances[(r, s)] * x.trace() * y.trace();
                a2 += self.variances[(r, s)] * (x * y).trace();
            }
        }
        Some(scale_and_freedom(q, a1, a2))
    }
}

/// Equations of Kenward and Roger's section 3 for A1, A2 and q contrasts.
fn scale_and_freedom(q: f64, a1: f64, a2: f64) -> (f64, f64) {
    if !(a2 > 0.0) {
        return (1.0, f64::INFINITY);
    }
    let b = (a1 + 6.0 * a2) / (2.0 * q);
    let g = ((q + 1.0) * a1 - (q + 4.0) * a2) / ((q + 2.0) * a2);
    let d = 3.0 * q + 2.0 * (1.0 - g);
    let (c1, c2, c3) = (g / d, (q - g) / d, (q + 2.0 - g) / d);
    let expectation = 1.0 - a2 / q;
    let v1 = 1.0 - c2 * b;
    // Both vanish together where the moments match exactly.
    let ratio = if expectation.abs() < 1e-14 && v1.abs() < 1e-14 {
        1.0
    } else {
        expectation / v1
    };
    let rho = ratio * ratio * (1.0 + c1 * b) / (1.0 - c3 * b) / q;
    let freedom = 4.0 + (q + 2.0) / (q * rho - 1.0);
    let scale = if (freedom - 2.0).abs() < 1e-2 {
        1.0
    } else {
        freedom * expectation / (freedom - 2.0)
    };
    (scale, freedom)
}

fn inverse(information: DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = information.nrows();
    let scale = DVector::from_fn(n, |i, _| information[(i, i)].max(0.0).sqrt());
    if !scale.iter().all(|s| *s > 0.0 && s.is_finite()) {
        return None;
    }
    let unit = DMatrix::from_fn(n, n, |i, j| information[(i, j)] / (scale[i] * scale[j]));
    if !unit.iter().all(|v| v.is_finite()) {
        return None;
    }
    let solved = unit.pseudo_inverse(1e-10).ok()?;
    Some(DMatrix::from_fn(n, n, |i, j| {
        solved[(i, j)] / (scale[i] * scale[j])
    }))
}

/// Sums over all rows that the adjustment is made of.
struct Sums {
    phi: DMatrix<f64>,
    slopes: Vec<DMatrix<f64>>,
    /// Symmetric part of Q_rs = Q'V⁻¹G_rV⁻¹G_sV⁻¹Q, packed lower triangle over parameters.
    second: Vec<DMatrix<f64>>,
    /// tr(V⁻¹G_rV⁻¹G_s).
    traces: DMatrix<f64>,
}

impl Sums {
    fn of(data: &Products, theta: &DVector<f64>, variance: f64) -> Option<Self> {
        let (p, q) = (data.fixed, data.random);
        let bases = bases(q);
        let m = bases.len() + 1;
        let last = m - 1;
        let kernels = data.kernels(theta);
        let top = |x: DMatrix<f64>| x.view((0, 0), (p, p)).into_owned();
        let whole = data.whole.clone();
        let mut gram = whole.clone();
        let zero = DMatrix::zeros(p + 1, p + 1);
        let mut slopes = vec![zero.clone(); m];
        let mut second = vec![zero; m * (m + 1) / 2];
        let mut traces = DMatrix::zeros(m, m);
        slopes[last] -= &whole;
        second[triangle(last, last)] += &whole;
        for (kind, k) in data.kinds.iter().zip(&kernels) {
            let a = &kind.gram;
            let t = DMatrix::identity(q, q) - k * a;
            let h = a * &t;
            let twice = k * 2.0 - k * a * k;
            gram -= kind.sandwich(k);
            slopes[last] += kind.sandwich(&twice);
            second[triangle(last, last)] -= kind.sandwich(&(&twice + &t * k * t.transpose()));
            let ak = a * k;
            traces[(last, last)] +=
                kind.groups * (kind.rows as f64 - 2.0 * ak.trace() + (&ak * &ak).trace());
            let squared = t.transpose() * a * &t;
            for (r, e) in bases.iter().enumerate() {
                let te = &t * e;
                slopes[r] -= kind.sandwich(&(&te * t.transpose()));
                second[triangle(last, r)] += kind.sandwich(&(&te * t.transpose() * t.transpose()));
                traces[(last, r)] += kind.groups * (e * &squared).trace();
                for (s, f) in bases.iter().enumerate().take(r + 1) {
                    let between = &te * &h * f * t.transpose();
                    second[triangle(r, s)] += kind.sandwich(&between);
                    traces[(r, s)] += kind.groups * (&h * e * &h * f).trace();
                }
            }
        }
        traces.fill_upper_triangle_with_lower_triangle();
        // V is in units of σ² here; the parameters are too, which scales everything by powers of it.
        let inner = top(gram).cholesky()?.inverse();
        let scaled = |x: DMatrix<f64>, power: i32| top(x) / variance.powi(power);
        Some(Self {
            phi: inner * variance,
            slopes: slopes.into_iter().map(|x| scaled(x, 2)).collect(),
            second: second.into_iter().map(|x| scaled(x, 3)).collect(),
            traces: traces / variance.powi(2),
        })
    }
}

/// Derivatives of a symmetric q × q matrix by the entries of its lower triangle.
fn bases(q: usize) -> Vec<DMatrix<f64>> {
    let mut out = Vec::new();
    for a in 0..q {
        for b in 0..=a {
            let mut e = DMatrix::zeros(q, q);
            e[(a, b)] = 1.0;
            e[(b, a)] = 1.0;
            out.push(e);
        }
    }
    out
}
