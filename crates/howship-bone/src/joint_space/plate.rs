//! Where a blurred plate's edge lies: half of a thin plate's peak is reached outside of the bone.
//!
//! The subchondral plate is two or three times as thick as the blur. Its peak is then lower than its density and the
//! place of half the peak lies up to 0.03 mm outside of its edge. The mean profile across all of a joint's edge, nearly
//! free of noise, is compared with that of a plate before trabecular bone, blurred by a Gaussian; edge, blur and
//! thickness are what it fits best by.

use howship_stats::normal_cdf;
use nalgebra::{SMatrix, SVector};

/// Values across an edge at even steps, soft tissue first.
#[derive(Debug, Clone, Copy)]
pub(super) struct Profile<'a> {
    /// Place of the first value, mm.
    pub(super) from: f64,
    /// mm.
    pub(super) step: f64,
    pub(super) values: &'a [f64],
}

/// What is known before the fit, in the image's unit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tissue {
    pub(super) soft: f64,
    /// Of compact bone.
    pub(super) compact: f64,
}

/// Edge, ln of the blur's SD, ln of the thickness; tissue before, the plate's own and behind it.
type Parameters = SVector<f64, PARAMETERS>;
const PARAMETERS: usize = 6;

/// Expected values and SDs of the parameters; tissues in the contrast of compact bone over soft tissue.
///
/// Blur of 0.06 to 0.15 mm with the smoothing; subchondral plates of 0.15 to 0.6 mm; choices. The plate is held as dense
/// as compact bone: left free, its density takes up that it is thin at some places, and the edge goes outwards.
const EXPECTED: [[f64; 2]; PARAMETERS] = [
    [0.0, 0.1],
    [-2.4, 0.35],
    [-1.2, 0.5],
    [0.0, 0.1],
    [1.0, 0.03],
    [0.35, 0.25],
];
/// What the model leaves of a profile, in the contrast; a choice.
const MISFIT: f64 = 0.01;
const ROUNDS: usize = 40;

/// Place of the plate's outer edge on a profile's axis, mm; `None` where no plate fits.
pub(super) fn edge(profile: Profile<'_>, tissue: Tissue) -> Option<f64> {
    let contrast = tissue.compact - tissue.soft;
    let at = |i: usize| profile.from + profile.step * i as f64;
    // Where no line reaches there is no value.
    let seen = profile
        .values
        .iter()
        .enumerate()
        .filter(|(_, v)| v.is_finite());
    let values: Vec<(f64, f64)> = seen
        .map(|(i, v)| (at(i), (v - tissue.soft) / contrast))
        .collect();
    let cost = |p: &Parameters| -> f64 {
        let misfit = |(at, v): &(f64, f64)| ((model(p, *at) - v) / MISFIT).powi(2);
        let prior = |k: usize| ((p[k] - EXPECTED[k][0]) / EXPECTED[k][1]).powi(2);
        values.iter().map(misfit).sum::<f64>() + (0..PARAMETERS).map(prior).sum::<f64>()
    };
    let mut p = Parameters::from_fn(|k, _| EXPECTED[k][0]);
    let (mut best, mut damping) = (cost(&p), 1.0);
    for _ in 0..ROUNDS {
        let (hessian, gradient) = normal_equations(&p, &values);
        let damped = hessian + SMatrix::from_diagonal(&hessian.diagonal()) * damping;
        let next = p - damped.cholesky()?.solve(&gradient);
        let now = cost(&next);
        if now < best {
            let gained = best - now;
            (p, best, damping) = (next, now, damping * 0.3);
            if gained < 1e-6 * best {
                break;
            }
        } else {
            damping *= 4.0;
        }
    }
    // A fit that ran far from what is expected of a plate tells nothing about its edge.
    let plausible = (0..3).all(|k| ((p[k] - EXPECTED[k][0]) / EXPECTED[k][1]).abs() < 3.0);
    (best.is_finite() && plausible).then_some(p[0])
}

fn model(p: &Parameters, at: f64) -> f64 {
    let (sd, thickness) = (p[1].exp(), p[2].exp());
    let [soft, plate, behind] = [p[3], p[4], p[5]];
    let rise = normal_cdf((at - p[0]) / sd);
    let fall = normal_cdf((at - p[0] - thickness) / sd);
    soft + (plate - soft) * rise + (behind - plate) * fall
}

/// Normal equations of the misfit and of what is expected, by differences.
fn normal_equations(
    p: &Parameters,
    values: &[(f64, f64)],
) -> (SMatrix<f64, PARAMETERS, PARAMETERS>, Parameters) {
    const STEP: f64 = 1e-5;
    let mut hessian = SMatrix::zeros();
    let mut gradient = Parameters::zeros();
    for &(at, value) in values {
        let here = model(p, at);
        let slope = Parameters::from_fn(|k, _| {
            let mut moved = *p;
            moved[k] += STEP;
            (model(&moved, at) - here) / STEP
        }) / MISFIT;
        hessian += slope * slope.transpose();
        gradient += slope * ((here - value) / MISFIT);
    }
    for k in 0..PARAMETERS {
        let [expected, sd] = EXPECTED[k];
        hessian[(k, k)] += 1.0 / (sd * sd);
        gradient[k] += (p[k] - expected) / (sd * sd);
    }
    (hessian, gradient)
}
