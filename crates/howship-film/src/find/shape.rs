//! What hands look like: the mean place of the landmarks and how they vary, from formula hands.

use nalgebra::{Complex, SMatrix, SVector};

/// Landmarks.
pub(crate) const POINTS: usize = 24;

/// Modes of variation.
const MODES: usize = 14;

/// A point in pixels: column, row.
pub(crate) type Px = [f64; 2];

/// Landmarks of a hand.
pub(crate) type Points = [Px; POINTS];

/// How the shape is fitted. Lengths are in units of the shape: a hand is about 0.7 long.
#[derive(Debug, Clone, Copy)]
struct Tuning {
    rounds: usize,
    /// Residual at which a landmark counts half.
    robust: f64,
    /// Weight of the prior.
    prior: f64,
    /// Most standard deviations along a mode.
    most: f64,
}

/// The prototype's values (tried on synthetic films).
const TUNING: Tuning = Tuning {
    rounds: 20,
    robust: 0.03,
    prior: 0.001,
    most: 3.0,
};

/// A similarity: q = z p + t, as complex numbers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Similarity {
    pub(crate) z: Complex<f64>,
    pub(crate) t: Complex<f64>,
}

impl Similarity {
    /// The weighted least-squares similarity from one set of points to another.
    pub(crate) fn between(from: &Points, to: &Points, weights: &[f64; POINTS]) -> Self {
        let total = weights.iter().sum::<f64>().max(1e-12);
        let mean = |points: &Points| -> Complex<f64> {
            points
                .iter()
                .zip(weights)
                .map(|(p, w)| Complex::new(p[0], p[1]) * *w)
                .sum::<Complex<f64>>()
                / total
        };
        let (a, b) = (mean(from), mean(to));
        let (mut cross, mut square) = (Complex::new(0.0, 0.0), 0.0);
        for ((p, q), w) in from.iter().zip(to).zip(weights) {
            let (p, q) = (Complex::new(p[0], p[1]) - a, Complex::new(q[0], q[1]) - b);
            cross += p.conj() * q * *w;
            square += w * p.norm_sqr();
        }
        let z = cross / square.max(1e-12);
        Self { z, t: b - z * a }
    }

    pub(crate) fn apply(&self, p: Px) -> Px {
        let q = self.z * Complex::new(p[0], p[1]) + self.t;
        [q.re, q.im]
    }
}

/// A fit of the shape to landmarks.
#[derive(Debug, Clone)]
pub(crate) struct Fit {
    /// The shape in the landmarks' pixels.
    pub(crate) points: Points,
    /// Distance of each landmark from it, in units of the shape.
    pub(crate) residuals: [f64; POINTS],
}

/// Mean and modes of a hand's landmarks: centred, their squares sum to 1.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) mean: Points,
    modes: SMatrix<f64, MODES, { 2 * POINTS }>,
    deviations: SVector<f64, MODES>,
}

impl Shape {
    /// Mean, modes, standard deviations.
    pub(crate) const NUMBERS: usize = 2 * POINTS * (1 + MODES) + MODES;

    /// From [`Self::NUMBERS`] numbers.
    pub(crate) fn new(numbers: &[f64]) -> Self {
        let at = |i: usize| numbers.get(i).copied().unwrap_or(0.0);
        Self {
            mean: std::array::from_fn(|i| [at(2 * i), at(2 * i + 1)]),
            modes: SMatrix::from_fn(|m, i| at(2 * POINTS * (1 + m) + i)),
            deviations: SVector::from_fn(|m, _| at(2 * POINTS * (1 + MODES) + m).max(1e-9)),
        }
    }

    /// The robust fit to landmarks with weights.
    pub(crate) fn fit(&self, points: &Points, weights: &[f64; POINTS]) -> Fit {
        let mut b = SVector::<f64, MODES>::zeros();
        let mut robust = *weights;
        let mean_weight = weights.iter().sum::<f64>() / POINTS as f64;
        let mut fit = Fit {
            points: self.mean,
            residuals: [0.0; POINTS],
        };
        for _ in 0..TUNING.rounds {
            let to = Similarity::between(&self.formed(&b), points, &robust);
            let inverse = Complex::new(1.0, 0.0) / to.z;
            let mut gram = SMatrix::<f64, MODES, MODES>::zeros();
            let mut right = SVector::<f64, MODES>::zeros();
            for i in 0..POINTS {
                let y = (Complex::new(points[i][0], points[i][1]) - to.t) * inverse;
                for (k, value) in [y.re - self.mean[i][0], y.im - self.mean[i][1]]
                    .into_iter()
                    .enumerate()
                {
                    let column = self.modes.column(2 * i + k);
                    gram += column * column.transpose() * robust[i];
                    right += column * (robust[i] * value);
                }
            }
            for m in 0..MODES {
                let ratio = self.deviations[0] / self.deviations[m];
                gram[(m, m)] += TUNING.prior * mean_weight * ratio * ratio;
            }
            if let Some(solved) = gram.cholesky().map(|c| c.solve(&right)) {
                let most = self.deviations * TUNING.most;
                b = solved.zip_map(&most, |v, m| v.clamp(-m, m));
            }
            let formed = self.formed(&b);
            let to = Similarity::between(&formed, points, &robust);
            let size = to.z.norm().max(1e-12);
            for i in 0..POINTS {
                let q = to.apply(formed[i]);
                fit.points[i] = q;
                fit.residuals[i] = (q[0] - points[i][0]).hypot(q[1] - points[i][1]) / size;
                robust[i] = weights[i] / (1.0 + (fit.residuals[i] / TUNING.robust).powi(2));
            }
        }
        fit
    }

    fn formed(&self, b: &SVector<f64, MODES>) -> Points {
        let shift = self.modes.tr_mul(b);
        std::array::from_fn(|i| {
            [
                self.mean[i][0] + shift[2 * i],
                self.mean[i][1] + shift[2 * i + 1],
            ]
        })
    }
}
