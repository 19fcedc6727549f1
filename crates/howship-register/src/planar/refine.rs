//! Inverse-compositional Gauss-Newton: the fixed film's derivatives are taken once, the moving film is sampled
//! anew at every step.

use super::bone::{ARM, Samples};
use super::similarity::Similarity;
use super::spline::PlaneSpline;
use crate::least_squares::{Normal, Sums};
use crate::moments::{Moments, add_moments};
use crate::robust::{Loss, scale};
use nalgebra::{SMatrix, SVector};

/// Shift x and y, rotation, scale, offset, gain.
pub(crate) const PARAMETERS: usize = 6;

/// How a level is refined.
pub(crate) struct Rules {
    pub iterations: usize,
    pub tolerance: f64,
    pub loss_limit: f64,
    pub scale_sd: f64,
    pub correlated: f64,
}

/// Where a refinement ended.
#[derive(Debug, Clone)]
pub(crate) struct Refined {
    pub pose: Similarity,
    pub gain: f64,
    pub offset: f64,
    pub converged: bool,
    pub iterations: usize,
    pub loss: Loss,
    /// Robust standard deviation of the residuals.
    pub scale: f64,
}

/// Fewest pixels that both films must show.
const LEAST_SAMPLES: usize = 200;
/// Pixels from which the scale of the residuals is taken.
const FOR_SCALE: usize = 1500;

/// Residuals at a pose; NaN where the moving film does not show the pixel.
fn residuals(
    samples: &Samples,
    film: &PlaneSpline,
    pose: &Similarity,
    gain: f64,
    offset: f64,
    out: &mut Vec<f32>,
) -> usize {
    let (gain, offset) = (gain as f32, offset as f32);
    let mut shown = 0;
    out.clear();
    out.extend(
        samples
            .pixels
            .iter()
            .zip(&samples.values)
            .map(|(&[x, y], t)| {
                let [x, y] = pose.apply([f64::from(x), f64::from(y)]);
                match film.sample(x, y) {
                    Some(v) => {
                        shown += 1;
                        v - offset - gain * t
                    }
                    None => f32::NAN,
                }
            }),
    );
    shown
}

/// From a start to where no parameter moves any more; `None` where the films do not overlap or the fit runs away.
pub(crate) fn refine(
    samples: &Samples,
    film: &PlaneSpline,
    start: &Similarity,
    rules: &Rules,
) -> Option<Refined> {
    let mut now = Refined {
        pose: *start,
        gain: 1.0,
        offset: 0.0,
        converged: false,
        iterations: 0,
        loss: Loss::GemanMcClure(1.0),
        scale: 0.0,
    };
    let thin = (samples.pixels.len() / FOR_SCALE).max(1);
    let mut all = Vec::with_capacity(samples.pixels.len());
    let mut few = Vec::with_capacity(samples.pixels.len() / thin + 1);
    for _ in 0..rules.iterations {
        now.iterations += 1;
        let shown = residuals(samples, film, &now.pose, now.gain, now.offset, &mut all);
        if shown < LEAST_SAMPLES {
            return None;
        }
        few.clear();
        few.extend(all.iter().copied().step_by(thin));
        now.scale = scale(&few) + 1e-6;
        now.loss = Loss::GemanMcClure(rules.loss_limit * now.scale);
        let normal = normal(samples, &all, &now);
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

/// One row of the Jacobian of the model: what a step of each parameter does to it.
#[inline]
pub(crate) fn row(samples: &Samples, i: usize, gain: f64) -> [f64; PARAMETERS] {
    let [x, y, turn, scale] = samples.rows[i].map(|v| gain * f64::from(v));
    [x, y, turn, scale, 1.0, f64::from(samples.values[i])]
}

fn normal(samples: &Samples, residuals: &[f32], now: &Refined) -> Normal<PARAMETERS> {
    let mut sums = Sums::<PARAMETERS>::new();
    for (i, &r) in residuals.iter().enumerate() {
        if !r.is_finite() {
            continue;
        }
        let r = f64::from(r);
        let (cost, weight, _) = now.loss.at(r);
        sums.count(cost);
        let weight = weight * f64::from(samples.near[i]);
        sums.add(&row(samples, i, now.gain), weight, r);
    }
    Sums::total(&[sums])
}

/// The normal matrix with the prior on the scale.
pub(crate) fn with_prior(
    normal: &Normal<PARAMETERS>,
    scale: f64,
    rules: &Rules,
) -> SMatrix<f64, PARAMETERS, PARAMETERS> {
    let mut system = normal.hessian;
    system[(3, 3)] += prior_weight(scale, rules) / (ARM * ARM);
    system
}

fn prior_weight(scale: f64, rules: &Rules) -> f64 {
    scale * scale * rules.correlated / (rules.scale_sd * rules.scale_sd)
}

fn solve_with_prior(
    normal: &Normal<PARAMETERS>,
    now: &Refined,
    rules: &Rules,
) -> Option<SVector<f64, PARAMETERS>> {
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
fn composed(pose: &Similarity, step: &SVector<f64, PARAMETERS>, centre: [f64; 2]) -> Similarity {
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

/// Normal matrix, residuals and moments where a refinement ended.
pub(crate) struct Ended {
    pub normal: Normal<PARAMETERS>,
    pub residuals: Vec<f32>,
    pub moments: Moments,
    /// Mean of the absolute residuals, each counted as 2 at most.
    pub cost: f64,
}

/// What the quality and the covariance are made of.
pub(crate) fn at_end(samples: &Samples, film: &PlaneSpline, end: &Refined) -> Ended {
    let mut all = Vec::with_capacity(samples.pixels.len());
    residuals(samples, film, &end.pose, end.gain, end.offset, &mut all);
    let mut sums = [0f64; 6];
    let mut cost = 0.0;
    for (&r, &t) in all.iter().zip(&samples.values) {
        if r.is_finite() {
            let (r, t) = (f64::from(r), f64::from(t));
            add_moments(&mut sums, t, r + end.offset + end.gain * t);
            cost += r.abs().min(2.0);
        }
    }
    let moments = Moments::from_sums(sums, 0.0);
    Ended {
        normal: normal(samples, &all, end),
        residuals: all,
        cost: cost / moments.count.max(1.0),
        moments,
    }
}
