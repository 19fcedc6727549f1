//! Exact first and second derivatives by forward differentiation.

use std::ops::{Add, Mul, Neg, Sub};

/// A number with its exact first and second derivatives by `N` variables (forward differentiation).
///
/// Likelihoods of variance components are a few dozen lines of plain algebra; carrying the derivatives along
/// leaves no second set of formulas that could disagree with the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Jet<const N: usize> {
    pub(crate) value: f64,
    pub(crate) gradient: [f64; N],
    /// Symmetric; only `hessian[a][b]` with `b <= a` is kept up.
    hessian: [[f64; N]; N],
}

impl<const N: usize> Jet<N> {
    /// A number that depends on nothing.
    pub(crate) fn constant(value: f64) -> Self {
        Self {
            value,
            gradient: [0.0; N],
            hessian: [[0.0; N]; N],
        }
    }

    /// The variable with this number.
    pub(crate) fn variable(value: f64, number: usize) -> Self {
        let mut jet = Self::constant(value);
        jet.gradient[number] = 1.0;
        jet
    }

    /// Second derivative by two variables.
    pub(crate) fn second(&self, a: usize, b: usize) -> f64 {
        self.hessian[a.max(b)][a.min(b)]
    }

    /// `f(self)` from the value and the first two derivatives of f.
    fn chain(self, value: f64, first: f64, second: f64) -> Self {
        let mut out = Self::constant(value);
        for a in 0..N {
            out.gradient[a] = first * self.gradient[a];
            for b in 0..=a {
                out.hessian[a][b] =
                    first * self.hessian[a][b] + second * self.gradient[a] * self.gradient[b];
            }
        }
        out
    }

    pub(crate) fn recip(self) -> Self {
        let r = 1.0 / self.value;
        self.chain(r, -r * r, 2.0 * r * r * r)
    }

    pub(crate) fn ln(self) -> Self {
        let r = 1.0 / self.value;
        self.chain(self.value.ln(), r, -r * r)
    }

    pub(crate) fn sqrt(self) -> Self {
        let s = self.value.sqrt();
        self.chain(s, 0.5 / s, -0.25 / (s * s * s))
    }

    /// Adds `factor · other`.
    pub(crate) fn add_scaled(&mut self, other: &Self, factor: f64) {
        self.value += factor * other.value;
        for a in 0..N {
            self.gradient[a] += factor * other.gradient[a];
            for b in 0..=a {
                self.hessian[a][b] += factor * other.hessian[a][b];
            }
        }
    }

    /// Takes `x · y` away.
    pub(crate) fn subtract_product(&mut self, x: &Self, y: &Self) {
        self.value -= x.value * y.value;
        for a in 0..N {
            self.gradient[a] -= x.value * y.gradient[a] + x.gradient[a] * y.value;
            for b in 0..=a {
                self.hessian[a][b] -= x.value * y.hessian[a][b]
                    + x.gradient[a] * y.gradient[b]
                    + x.gradient[b] * y.gradient[a]
                    + x.hessian[a][b] * y.value;
            }
        }
    }
}

impl<const N: usize> Add for Jet<N> {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self.add_scaled(&other, 1.0);
        self
    }
}

impl<const N: usize> Sub for Jet<N> {
    type Output = Self;
    fn sub(mut self, other: Self) -> Self {
        self.add_scaled(&other, -1.0);
        self
    }
}

impl<const N: usize> Neg for Jet<N> {
    type Output = Self;
    fn neg(self) -> Self {
        Self::constant(0.0) - self
    }
}

impl<const N: usize> Mul for Jet<N> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let mut out = Self::constant(0.0);
        out.subtract_product(&self, &other);
        -out
    }
}

impl<const N: usize> Mul<f64> for Jet<N> {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        let mut out = Self::constant(0.0);
        out.add_scaled(&self, factor);
        out
    }
}

/// Lower Cholesky factor in place of a symmetric matrix (row-major, lower triangle read); false where a pivot is
/// not positive.
pub(crate) fn cholesky<const N: usize>(matrix: &mut [Jet<N>], size: usize) -> bool {
    for j in 0..size {
        for i in j..size {
            let mut sum = matrix[i * size + j];
            for l in 0..j {
                let (x, y) = (matrix[i * size + l], matrix[j * size + l]);
                sum.subtract_product(&x, &y);
            }
            if i > j {
                sum = sum * matrix[j * size + j].recip();
            } else if sum.value > 0.0 {
                sum = sum.sqrt();
            } else {
                return false;
            }
            matrix[i * size + j] = sum;
        }
    }
    true
}

/// `L⁻¹ b` in place, for a factor made by [`cholesky`].
pub(crate) fn forward_solve<const N: usize>(factor: &[Jet<N>], size: usize, b: &mut [Jet<N>]) {
    for i in 0..size {
        let mut sum = b[i];
        for l in 0..i {
            sum.subtract_product(&factor[i * size + l], &b[l]);
        }
        b[i] = sum * factor[i * size + i].recip();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// f(x, y) = ln(x y) / √x at (4, 3), by hand.
    #[test]
    fn derivatives_by_hand() {
        let (x, y) = (Jet::<2>::variable(4.0, 0), Jet::<2>::variable(3.0, 1));
        let f = (x * y).ln() * x.sqrt().recip();
        let l = 12.0f64.ln();
        assert!((f.value - l / 2.0).abs() < 1e-14);
        assert!((f.gradient[0] - (0.125 - l / 16.0)).abs() < 1e-14);
        assert!((f.gradient[1] - 1.0 / 6.0).abs() < 1e-14);
        assert!((f.second(0, 1) + 1.0 / 48.0).abs() < 1e-14);
        assert!((f.second(1, 1) + 1.0 / 18.0).abs() < 1e-14);
        let expected = -2.0 / 32.0 + 0.75 * l / 32.0;
        assert!((f.second(0, 0) - expected).abs() < 1e-14);
    }

    #[test]
    fn cholesky_of_a_two_by_two() {
        let x = Jet::<1>::variable(4.0, 0);
        let c = Jet::constant;
        let mut m = [x, c(0.0), c(2.0), c(5.0)];
        assert!(cholesky(&mut m, 2));
        // log det = ln(4·5 − 4), derivative 5/16.
        let half = m[0].ln() + m[3].ln();
        assert!((2.0 * half.value - 16.0f64.ln()).abs() < 1e-14);
        assert!((2.0 * half.gradient[0] - 5.0 / 16.0).abs() < 1e-14);
        assert!(!cholesky(&mut [c(-1.0)], 1));
    }
}
