//! Robust Gauss-Newton on the residual `r = a · M(T x) + b − F(x)`.
//!
//! The Jacobian is the mean of the two images' gradients (Malis, ICRA 2004: efficient second-order
//! minimisation): it converges faster, and the estimate treats both images alike, so that swapping
//! them gives the inverse pose.

use crate::image::LevelImage;
use crate::sample::{CHUNK, Samples};
use howship_image::{PointMm, RigidTransform, VectorMm};
use nalgebra::{SMatrix, SVector};
use rayon::prelude::*;

/// Rotation (3), translation (3), gain, offset.
pub(crate) const PARAMETERS: usize = 8;
pub(crate) type Matrix8 = SMatrix<f64, PARAMETERS, PARAMETERS>;
pub(crate) type Vector8 = SVector<f64, PARAMETERS>;

/// Pose and linear relation of intensities: `F ≈ gain · M + offset`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State {
    pub transform: RigidTransform,
    pub gain: f64,
    pub offset: f64,
}

/// How residuals count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Loss {
    /// Linear beyond 1.345 standard deviations: convex, for the way down.
    Huber(f64),
    /// Nothing beyond 4.685: changed bone and neighbours have no say in the final pose.
    Tukey(f64),
}

/// Tukey's limit for 95 % efficiency at the normal distribution.
pub(crate) const TUKEY: f64 = 4.685;
const HUBER: f64 = 1.345;

impl Loss {
    /// Loss, weight ψ(r)/r and ψ'(r).
    #[inline]
    pub(crate) fn at(self, r: f64) -> (f64, f64, f64) {
        match self {
            Self::Huber(scale) => {
                let limit = HUBER * scale;
                if r.abs() <= limit {
                    (0.5 * r * r, 1.0, 1.0)
                } else {
                    (limit * (r.abs() - 0.5 * limit), limit / r.abs(), 0.0)
                }
            }
            Self::Tukey(scale) => {
                let limit = TUKEY * scale;
                let u2 = (r / limit).powi(2);
                if u2 >= 1.0 {
                    return (limit * limit / 6.0, 0.0, 0.0);
                }
                let v = 1.0 - u2;
                (
                    limit * limit / 6.0 * (1.0 - v * v * v),
                    v * v,
                    v * (1.0 - 5.0 * u2),
                )
            }
        }
    }
}

/// What one comparison of the images at one voxel gives.
pub(crate) struct Term {
    pub residual: f64,
    pub moving: f64,
    pub fixed_gradient: VectorMm,
    pub moving_gradient: VectorMm,
    pub arm: VectorMm,
}

impl Term {
    /// At one sample; both gradients are in the moving frame and in units of the fixed image.
    #[inline]
    pub(crate) fn at(
        level: &LevelImage,
        samples: &Samples,
        i: usize,
        state: &State,
        centre: PointMm,
    ) -> Option<Self> {
        let y = state.transform.apply(samples.points[i]);
        let (moving, gradient) = level.sample(y)?;
        Some(Self {
            residual: state.gain * moving + state.offset - samples.values[i],
            moving,
            fixed_gradient: state.transform.rotate(samples.gradients[i]),
            moving_gradient: gradient * state.gain,
            arm: y - centre,
        })
    }

    /// Derivative of the residual by the parameters, with a gradient of one's choice.
    #[inline]
    pub(crate) fn row(&self, gradient: &VectorMm) -> [f64; PARAMETERS] {
        let torque = self.arm.cross(gradient);
        [
            torque.x,
            torque.y,
            torque.z,
            gradient.x,
            gradient.y,
            gradient.z,
            self.moving,
            1.0,
        ]
    }

    #[inline]
    pub(crate) fn mean_row(&self) -> [f64; PARAMETERS] {
        self.row(&((self.fixed_gradient + self.moving_gradient) * 0.5))
    }
}

/// Normal equations of one pass over the samples.
pub(crate) struct Normal {
    pub hessian: Matrix8,
    pub gradient: Vector8,
    /// Mean loss.
    pub cost: f64,
    pub count: usize,
}

/// Linearises the robust least-squares problem at a state.
pub(crate) fn normal(
    level: &LevelImage,
    samples: &Samples,
    state: &State,
    centre: PointMm,
    loss: Loss,
) -> Normal {
    let parts: Vec<([f64; 46], usize)> = chunks(samples.len())
        .map(|range| {
            let mut sums = [0f64; 46];
            let mut count = 0;
            for i in range {
                let Some(term) = Term::at(level, samples, i, state, centre) else {
                    continue;
                };
                let row = term.mean_row();
                let (cost, weight, _) = loss.at(term.residual);
                count += 1;
                sums[44] += cost;
                if weight == 0.0 {
                    continue;
                }
                let mut k = 0;
                for p in 0..PARAMETERS {
                    let weighted = weight * row[p];
                    sums[36 + p] += weighted * term.residual;
                    for q in p..PARAMETERS {
                        sums[k] += weighted * row[q];
                        k += 1;
                    }
                }
            }
            (sums, count)
        })
        .collect();
    let mut sums = [0f64; 46];
    let mut count = 0;
    for (part, n) in parts {
        for (sum, value) in sums.iter_mut().zip(part) {
            *sum += value;
        }
        count += n;
    }
    let mut hessian = Matrix8::zeros();
    let mut k = 0;
    for p in 0..PARAMETERS {
        for q in p..PARAMETERS {
            hessian[(p, q)] = sums[k];
            hessian[(q, p)] = sums[k];
            k += 1;
        }
    }
    let gradient = Vector8::from_fn(|p, _| sums[36 + p]);
    Normal {
        hessian,
        gradient,
        cost: sums[44] / count.max(1) as f64,
        count,
    }
}

fn chunks(n: usize) -> impl IndexedParallelIterator<Item = std::ops::Range<usize>> {
    (0..n.div_ceil(CHUNK))
        .into_par_iter()
        .map(move |c| c * CHUNK..((c + 1) * CHUNK).min(n))
}

/// First and second moments of the two images over the samples that both show.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    pub count: f64,
    pub fixed: f64,
    pub moving: f64,
    pub fixed_variance: f64,
    pub moving_variance: f64,
    pub covariance: f64,
}

impl Moments {
    /// Pearson correlation; 0 where one image is constant.
    pub(crate) fn correlation(&self) -> f64 {
        let product = self.fixed_variance * self.moving_variance;
        if product > 0.0 {
            (self.covariance / product.sqrt()).clamp(-1.0, 1.0)
        } else {
            0.0
        }
    }

    fn from_sums(s: [f64; 6], origin: f64) -> Self {
        let n = s[0];
        if n == 0.0 {
            return Self::default();
        }
        let (f, m) = (s[1] / n, s[2] / n);
        Self {
            count: n,
            fixed: f + origin,
            moving: m + origin,
            fixed_variance: (s[3] / n - f * f).max(0.0),
            moving_variance: (s[4] / n - m * m).max(0.0),
            covariance: s[5] / n - f * m,
        }
    }
}

fn add_moments(sums: &mut [f64; 6], f: f64, m: f64) {
    for (sum, value) in sums.iter_mut().zip([1.0, f, m, f * f, m * m, f * m]) {
        *sum += value;
    }
}

/// Moments at a pose, serially: for the many small jobs of the search.
pub(crate) fn moments_serial(
    level: &LevelImage,
    samples: &Samples,
    transform: &RigidTransform,
) -> Moments {
    let origin = samples.values.first().copied().unwrap_or(0.0);
    let mut sums = [0f64; 6];
    for (point, value) in samples.points.iter().zip(&samples.values) {
        if let Some(m) = level.value(transform.apply(*point)) {
            add_moments(&mut sums, value - origin, m - origin);
        }
    }
    Moments::from_sums(sums, origin)
}

/// Moments at a pose.
pub(crate) fn moments(
    level: &LevelImage,
    samples: &Samples,
    transform: &RigidTransform,
) -> Moments {
    let origin = samples.values.first().copied().unwrap_or(0.0);
    let parts: Vec<[f64; 6]> = chunks(samples.len())
        .map(|range| {
            let mut sums = [0f64; 6];
            for i in range {
                if let Some(m) = level.value(transform.apply(samples.points[i])) {
                    add_moments(&mut sums, samples.values[i] - origin, m - origin);
                }
            }
            sums
        })
        .collect();
    let sums = parts
        .iter()
        .fold([0f64; 6], |t, s| std::array::from_fn(|i| t[i] + s[i]));
    Moments::from_sums(sums, origin)
}

/// Residuals in sample order; NaN where the moving image does not show the voxel.
pub(crate) fn residuals(level: &LevelImage, samples: &Samples, state: &State) -> Vec<f32> {
    let mut all = vec![f32::NAN; samples.len()];
    all.par_chunks_mut(CHUNK).enumerate().for_each(|(c, out)| {
        for (k, r) in out.iter_mut().enumerate() {
            let i = c * CHUNK + k;
            if let Some(m) = level.value(state.transform.apply(samples.points[i])) {
                *r = (state.gain * m + state.offset - samples.values[i]) as f32;
            }
        }
    });
    all
}

/// Robust standard deviation: 1.4826 times the median of the absolute residuals.
pub(crate) fn scale(residuals: &[f32]) -> f64 {
    let mut sizes: Vec<f32> = residuals
        .iter()
        .filter(|r| r.is_finite())
        .map(|r| r.abs())
        .collect();
    if sizes.is_empty() {
        return 0.0;
    }
    let middle = sizes.len() / 2;
    let (_, median, _) = sizes.select_nth_unstable_by(middle, f32::total_cmp);
    1.4826 * f64::from(*median)
}

/// Solves with a damping of the diagonal; `None` where the system is singular.
pub(crate) fn solve(normal: &Normal, damping: f64) -> Option<Vector8> {
    let scale = normal
        .hessian
        .diagonal()
        .map(|d| if d > 0.0 { 1.0 / d.sqrt() } else { 0.0 });
    let mut system = Matrix8::from_fn(|p, q| normal.hessian[(p, q)] * scale[p] * scale[q]);
    for p in 0..PARAMETERS {
        // A direction without information is left where it is instead of spoiling the others.
        system[(p, p)] = if scale[p] > 0.0 { 1.0 + damping } else { 1.0 };
    }
    let step = system
        .cholesky()?
        .solve(&normal.gradient.component_mul(&scale));
    let step = -step.component_mul(&scale);
    step.iter().all(|v| v.is_finite()).then_some(step)
}

/// Applies a step about the image of the centre.
pub(crate) fn moved(state: &State, step: &Vector8, centre: PointMm) -> State {
    let turn = RigidTransform::about(
        centre,
        VectorMm::new(step[0], step[1], step[2]),
        VectorMm::new(step[3], step[4], step[5]),
    );
    State {
        transform: turn.after(&state.transform),
        gain: state.gain + step[6],
        offset: state.offset + step[7],
    }
}

/// RMS motion of the bone in mm that a step means.
pub(crate) fn motion(step: &Vector8, radius: f64) -> f64 {
    let turn = step[0] * step[0] + step[1] * step[1] + step[2] * step[2];
    let shift = step[3] * step[3] + step[4] * step[4] + step[5] * step[5];
    (shift + turn * radius * radius * (2.0 / 3.0)).sqrt()
}
