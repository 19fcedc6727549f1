//! Inverse-compositional Gauss-Newton: the fixed film's derivatives are taken once, the moving film is sampled
//! anew at every step. Inner loops are in single precision over columns of samples, sums of blocks in double.

use super::bone::LEAST_SAMPLES;
use super::plane::Plane;
use super::samples::{ARM, LANES, PARAMETERS, Samples};
use super::similarity::Similarity;
use crate::moments::{Moments, add_moments};
use nalgebra::{SMatrix, SVector};
use pulp::{Arch, Simd};

/// How a level is refined.
pub(crate) struct Rules {
    pub iterations: usize,
    /// Level pixels.
    pub tolerance: f64,
    pub loss_limit: f64,
    pub scale_sd: f64,
    /// Samples that count as one.
    pub correlated: f64,
}

/// Where a refinement ended, in the level's pixels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refined {
    pub pose: Similarity,
    pub gain: f64,
    pub offset: f64,
    pub converged: bool,
    pub iterations: usize,
    /// Limit of Geman-McClure's loss.
    pub limit: f64,
    /// Robust standard deviation of the residuals.
    pub scale: f64,
}

impl Refined {
    pub(crate) fn start(pose: Similarity) -> Self {
        Self {
            pose,
            gain: 1.0,
            offset: 0.0,
            converged: false,
            iterations: 0,
            limit: 1.0,
            scale: 0.0,
        }
    }
}

/// Buffers of one fit.
#[derive(Default)]
pub(crate) struct Buffers {
    residuals: Vec<f32>,
    sizes: Vec<f32>,
}

type Matrix = SMatrix<f64, PARAMETERS, PARAMETERS>;
type Vector = SVector<f64, PARAMETERS>;

/// Normal equations of one pass over the samples.
pub(crate) struct Normal {
    pub hessian: Matrix,
    pub gradient: Vector,
}

/// Samples from which the scale of the residuals is taken.
const FOR_SCALE: usize = 500;
/// Samples that are worked on together, and whose products are added in single precision.
const BLOCK: usize = 256;

/// Where a block of samples falls on the moving film: first coefficient of each and the weights of three columns and
/// three rows.
struct Places {
    first: [i32; BLOCK],
    columns: [[f32; BLOCK]; 3],
    rows: [[f32; 3]; BLOCK],
}

/// No place on the film.
const NOWHERE: i32 = -1;

impl Places {
    fn new() -> Self {
        Self {
            first: [NOWHERE; BLOCK],
            columns: [[0.0; BLOCK]; 3],
            rows: [[0.0; 3]; BLOCK],
        }
    }

    /// Loops are kept apart so that the compiler works on several samples at once.
    #[inline(always)]
    fn put(&mut self, x: &[f32], y: &[f32], pose: &Similarity, [nx, ny]: [usize; 2]) {
        let (a, b) = (pose.a as f32, pose.b as f32);
        let [sx, sy] = pose.shift.map(|v| v as f32);
        // A column more than the three is read.
        let (last_x, last_y) = (nx as f32 - 3.0, ny as f32 - 2.0);
        let n = x.len();
        let (mut u, mut v) = ([0f32; BLOCK], [0f32; BLOCK]);
        for i in 0..n {
            u[i] = a * x[i] - b * y[i] + sx;
            v[i] = b * x[i] + a * y[i] + sy;
        }
        for i in 0..n {
            // Written so that NaN fails.
            let on = (u[i] >= 1.0) & (v[i] >= 1.0) & (u[i] <= last_x) & (v[i] <= last_y);
            let (iu, iv) = (nearest(u[i]), nearest(v[i]));
            let first = iu
                .wrapping_sub(1)
                .wrapping_add(iv.wrapping_sub(1).wrapping_mul(nx as i32));
            self.first[i] = if on { first } else { NOWHERE };
            u[i] -= iu as f32;
            v[i] -= iv as f32;
        }
        let [low, middle, high] = &mut self.columns;
        for i in 0..n {
            [low[i], middle[i], high[i]] = spline(u[i]);
            self.rows[i] = spline(v[i]);
        }
    }
}

/// Weights of a quadratic B-spline's three coefficients about a place, by what it is beyond the middle one.
#[inline(always)]
fn spline(t: f32) -> [f32; 3] {
    [
        0.5 * (0.5 - t) * (0.5 - t),
        0.75 - t * t,
        0.5 * (0.5 + t) * (0.5 + t),
    ]
}

/// The pixel nearest to a place on a film, by the bits of its sum with 2²³: a conversion that checks its range is not
/// done for several samples at once. Of no meaning elsewhere.
#[inline(always)]
fn nearest(place: f32) -> i32 {
    ((place + 8_388_608.0).to_bits() & 0x7f_ffff) as i32
}

/// Residuals at a pose; NaN where the moving film does not show the sample. How many it shows.
fn residuals(samples: &Samples, film: &Plane, at: &Refined, out: &mut Vec<f32>) -> usize {
    out.resize(samples.x.len(), f32::NAN);
    out[samples.count..].fill(f32::NAN);
    let out = &mut out[..samples.count];
    widest_residuals(samples, film, at, out)
}

#[pulp::with_simd(widest_residuals = Arch::new())]
#[inline(always)]
fn residuals_into<'a, S: Simd>(
    _simd: S,
    samples: &'a Samples,
    film: &'a Plane,
    at: &'a Refined,
    out: &'a mut [f32],
) -> usize {
    let (gain, offset) = (at.gain as f32, at.offset as f32);
    let nx = film.size()[0];
    let coefficients = film.data();
    let mut places = Places::new();
    // Of each sample, three columns (and one beyond, so that they are read at once), rows added.
    let mut across = [[0f32; 4]; BLOCK];
    let mut shown = 0;
    let blocks = out.chunks_mut(BLOCK).zip(samples.values().chunks(BLOCK));
    for ((out, values), (x, y)) in blocks.zip(samples.x.chunks(BLOCK).zip(samples.y.chunks(BLOCK)))
    {
        places.put(x, y, &at.pose, film.size());
        let n = out.len();
        for (across, (first, rows)) in across[..n]
            .iter_mut()
            .zip(places.first.iter().zip(&places.rows))
        {
            let Ok(first) = usize::try_from(*first) else {
                *across = [f32::NAN; 4];
                continue;
            };
            shown += 1;
            let part = &coefficients[first..first + 2 * nx + 4];
            let (r0, r1, r2) = (&part[..4], &part[nx..nx + 4], &part[2 * nx..2 * nx + 4]);
            for k in 0..4 {
                across[k] = rows[0] * r0[k] + rows[1] * r1[k] + rows[2] * r2[k];
            }
        }
        let [low, middle, high] = &places.columns;
        for i in 0..n {
            let a = &across[i];
            let value = low[i] * a[0] + middle[i] * a[1] + high[i] * a[2];
            out[i] = value - offset - gain * values[i];
        }
    }
    shown
}

/// Robust standard deviation of the residuals, of some of them.
fn scale(residuals: &[f32], sizes: &mut Vec<f32>) -> f64 {
    let thin = (residuals.len() / FOR_SCALE).max(1);
    sizes.clear();
    let some = residuals.iter().step_by(thin);
    sizes.extend(some.filter(|r| r.is_finite()).map(|r| r.abs()));
    if sizes.is_empty() {
        return 0.0;
    }
    let middle = sizes.len() / 2;
    let (_, median, _) = sizes.select_nth_unstable_by(middle, f32::total_cmp);
    1.4826 * f64::from(*median)
}

/// From a start to where no parameter moves any more; `None` where the films do not overlap or the fit runs away.
pub(crate) fn refine(
    samples: &Samples,
    film: &Plane,
    start: Refined,
    rules: &Rules,
    buffers: &mut Buffers,
) -> Option<Refined> {
    let mut now = Refined {
        converged: false,
        iterations: 0,
        ..start
    };
    for _ in 0..rules.iterations {
        now.iterations += 1;
        let shown = residuals(samples, film, &now, &mut buffers.residuals);
        if shown < LEAST_SAMPLES {
            return None;
        }
        now.scale = scale(&buffers.residuals, &mut buffers.sizes) + 1e-6;
        now.limit = rules.loss_limit * now.scale;
        let normal = normal(samples, &buffers.residuals, &now);
        let step = solve_with_prior(&normal, &now, rules)?;
        now.offset += step[4];
        now.gain += step[5];
        if !(now.gain > 0.05 && now.gain < 20.0) {
            return None;
        }
        now.pose = composed(&now.pose, &step, samples.centre);
        if step.iter().take(4).all(|s| s.abs() < rules.tolerance) {
            now.converged = true;
            break;
        }
    }
    Some(now)
}

/// Weight of a residual in Geman-McClure's loss: it falls off as `1 / (1 + (r / limit)²)²`, never to nothing. Where
/// much of the surroundings differs (soft tissue, the other bone's shadow) no sample is lost for good on the way.
#[inline(always)]
pub(crate) fn weight(residual: f32, limit: f32) -> f32 {
    let u = residual / limit;
    let v = 1.0 / (1.0 + u * u);
    v * v
}

/// What a step of each parameter does to the model, over what the columns hold.
#[inline]
pub(crate) fn gains(gain: f64) -> [f64; PARAMETERS] {
    [gain, gain, gain, gain, 1.0, 1.0]
}

fn normal(samples: &Samples, residuals: &[f32], now: &Refined) -> Normal {
    widest_normal(samples, residuals, now)
}

#[pulp::with_simd(widest_normal = Arch::new())]
#[inline(always)]
fn normal_of<'a, S: Simd>(
    _simd: S,
    samples: &'a Samples,
    residuals: &'a [f32],
    now: &'a Refined,
) -> Normal {
    let limit = now.limit as f32;
    let mut hessian = Matrix::zeros();
    let mut gradient = Vector::zeros();
    let (mut weights, mut clean, mut weighted) = ([0f32; BLOCK], [0f32; BLOCK], [0f32; BLOCK]);
    let mut from = 0;
    while from < residuals.len() {
        let to = (from + BLOCK).min(residuals.len());
        let n = to - from;
        let near = &samples.near[from..to];
        let (clean, weights) = (&mut clean[..n], &mut weights[..n]);
        for (c, r) in clean.iter_mut().zip(&residuals[from..to]) {
            *c = if r.is_finite() { *r } else { 0.0 };
        }
        for (((w, c), r), near) in weights
            .iter_mut()
            .zip(&*clean)
            .zip(&residuals[from..to])
            .zip(near)
        {
            let full = weight(*c, limit) * near;
            *w = if r.is_finite() { full } else { 0.0 };
        }
        let weighted = &mut weighted[..n];
        for p in 0..PARAMETERS {
            let column = &samples.columns[p][from..to];
            for ((out, w), c) in weighted.iter_mut().zip(&*weights).zip(column) {
                *out = w * c;
            }
            gradient[p] += f64::from(dot(weighted, clean));
            for q in p..PARAMETERS {
                hessian[(p, q)] += f64::from(dot(weighted, &samples.columns[q][from..to]));
            }
        }
        from = to;
    }
    let g = gains(now.gain);
    Normal {
        hessian: Matrix::from_fn(|p, q| g[p] * g[q] * hessian[(p.min(q), p.max(q))]),
        gradient: Vector::from_fn(|p, _| g[p] * gradient[p]),
    }
}

/// Both are a whole number of lanes long, so many that no addition waits for the one before.
#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0f32; LANES];
    for (x, y) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
        for k in 0..LANES {
            sums[k] += x[k] * y[k];
        }
    }
    sums.iter().sum()
}

/// The normal matrix with the prior on the scale.
pub(crate) fn with_prior(normal: &Normal, scale: f64, rules: &Rules) -> Matrix {
    let mut system = normal.hessian;
    system[(3, 3)] += prior_weight(scale, rules) / (ARM * ARM);
    system
}

fn prior_weight(scale: f64, rules: &Rules) -> f64 {
    scale * scale * rules.correlated / (rules.scale_sd * rules.scale_sd)
}

fn solve_with_prior(normal: &Normal, now: &Refined, rules: &Rules) -> Option<Vector> {
    let mut system = with_prior(normal, now.scale, rules);
    let ridge = 1e-10 * normal.hessian.trace();
    for p in 0..PARAMETERS {
        system[(p, p)] += ridge;
    }
    let mut gradient = normal.gradient;
    // A step in the fixed frame is taken back: it lowers the scale that it raises there.
    gradient[3] += prior_weight(now.scale, rules) * now.pose.scale().ln() / ARM;
    let step = system.cholesky()?.solve(&gradient);
    step.iter().all(|v| v.is_finite()).then_some(step)
}

/// The pose after a step of the fixed frame.
fn composed(pose: &Similarity, step: &Vector, centre: [f64; 2]) -> Similarity {
    let (a, b) = (1.0 + step[3] / ARM, step[2] / ARM);
    let turned = [a * centre[0] - b * centre[1], b * centre[0] + a * centre[1]];
    let within = Similarity {
        a,
        b,
        shift: [
            step[0] + centre[0] - turned[0],
            step[1] + centre[1] - turned[1],
        ],
    };
    pose.after(&within.inverse())
}

/// Mean of the absolute residuals at a pose, each counted as 2 at most: by it starts are told apart.
pub(crate) fn cost(samples: &Samples, film: &Plane, end: &Refined, buffers: &mut Buffers) -> f64 {
    let shown = residuals(samples, film, end, &mut buffers.residuals);
    let sum: f64 = buffers
        .residuals
        .iter()
        .filter(|r| r.is_finite())
        .map(|r| f64::from(r.abs().min(2.0)))
        .sum();
    sum / shown.max(1) as f64
}

/// Normal matrix, residuals and moments where a refinement ended.
pub(crate) struct Ended<'a> {
    pub normal: Normal,
    pub residuals: &'a [f32],
    pub moments: Moments,
}

/// What the quality and the covariance are made of.
pub(crate) fn at_end<'a>(
    samples: &Samples,
    film: &Plane,
    end: &Refined,
    buffers: &'a mut Buffers,
) -> Ended<'a> {
    residuals(samples, film, end, &mut buffers.residuals);
    let mut sums = [0f64; 6];
    for (&r, &t) in buffers.residuals.iter().zip(samples.values()) {
        if r.is_finite() {
            let (r, t) = (f64::from(r), f64::from(t));
            add_moments(&mut sums, t, r + end.offset + end.gain * t);
        }
    }
    Ended {
        normal: normal(samples, &buffers.residuals, end),
        residuals: &buffers.residuals,
        moments: Moments::from_sums(sums, 0.0),
    }
}
