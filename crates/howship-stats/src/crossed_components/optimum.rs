//! The most likely variance components.

use super::sufficient::{Criterion, Sufficient};
use nalgebra::{Matrix3, Vector3};

/// Residual variance, of standardised ratings, that counts as none.
const RESIDUAL_FLOOR: f64 = 1e-12;

/// Where the restricted likelihood of standardised ratings is highest.
pub(super) struct Optimum {
    pub(super) variances: [f64; 3],
    pub(super) covariance: [[f64; 3]; 3],
    pub(super) at_bound: [bool; 3],
    pub(super) criterion: f64,
    pub(super) mean: f64,
    pub(super) mean_variance: f64,
}

/// Newton's method on the variances, held at or above zero by an active set; where the likelihood is not concave
/// the expected information takes the Hessian's place (Fisher scoring).
pub(super) fn maximise(sums: &Sufficient, with_raters: bool) -> Option<Optimum> {
    let floor = [0.0, 0.0, RESIDUAL_FLOOR];
    let third = 1.0 / 3.0;
    let mut at = [third, if with_raters { third } else { 0.0 }, third];
    let mut here = sums.criterion(at, with_raters)?;
    for _ in 0..200 {
        let gradient = gradient(&here);
        let held = std::array::from_fn(|a| {
            (a == 1 && !with_raters) || (at[a] <= floor[a] && gradient[a] >= 0.0)
        });
        let step = direction(&here, &gradient, &held)?;
        let decrement = -gradient.dot(&step);
        if decrement < 1e-18 {
            break;
        }
        let Some((next, criterion)) = search(
            sums,
            with_raters,
            &at,
            &step,
            decrement,
            here.value(),
            &floor,
        ) else {
            break;
        };
        at = next;
        here = criterion;
    }
    let at_bound = std::array::from_fn(|a| at[a] <= floor[a] && (a != 1 || with_raters));
    if at_bound[2] {
        at[2] = 0.0;
    }
    Some(Optimum {
        variances: at,
        covariance: covariance(&here, with_raters)?,
        at_bound,
        criterion: here.value(),
        mean: here.mean,
        mean_variance: here.mean_variance,
    })
}

fn gradient(here: &Criterion) -> Vector3<f64> {
    Vector3::from_fn(|a, _| here.determinants.gradient[a] + here.squares.gradient[a])
}

/// Twice the expected information: minus the Hessian of the determinants, V being linear in the variances.
fn expected(here: &Criterion) -> Matrix3<f64> {
    Matrix3::from_fn(|a, b| -here.determinants.second(a, b))
}

fn direction(here: &Criterion, gradient: &Vector3<f64>, held: &[bool; 3]) -> Option<Vector3<f64>> {
    let observed =
        Matrix3::from_fn(|a, b| here.determinants.second(a, b) + here.squares.second(a, b));
    let restricted = |mut matrix: Matrix3<f64>| {
        for a in 0..3 {
            if held[a] {
                matrix.row_mut(a).fill(0.0);
                matrix.column_mut(a).fill(0.0);
                matrix[(a, a)] = 1.0;
            }
        }
        matrix.cholesky()
    };
    let free = Vector3::from_fn(|a, _| if held[a] { 0.0 } else { -gradient[a] });
    let factor = restricted(observed).or_else(|| restricted(expected(here)))?;
    Some(factor.solve(&free))
}

/// Halves the step, clipped at the bounds, until the criterion falls.
fn search(
    sums: &Sufficient,
    with_raters: bool,
    at: &[f64; 3],
    step: &Vector3<f64>,
    decrement: f64,
    value: f64,
    floor: &[f64; 3],
) -> Option<([f64; 3], Criterion)> {
    let mut length = 1.0;
    for _ in 0..60 {
        let mut next: [f64; 3] = std::array::from_fn(|a| (at[a] + length * step[a]).max(floor[a]));
        // A residual variance that falls to nothing in one step would never come back.
        next[2] = next[2].max(0.02 * at[2]).max(floor[2]);
        if let Some(criterion) = sums.criterion(next, with_raters) {
            // What rounding leaves of the value decides nothing any more near the optimum.
            let slack = 1e-13 * value.abs().max(1.0);
            if criterion.value() <= value - 1e-4 * length * decrement + slack {
                return Some((next, criterion));
            }
        }
        length *= 0.5;
    }
    None
}

fn covariance(here: &Criterion, with_raters: bool) -> Option<[[f64; 3]; 3]> {
    let mut information = expected(here) * 0.5;
    if !with_raters {
        information.row_mut(1).fill(0.0);
        information.column_mut(1).fill(0.0);
        information[(1, 1)] = 1.0;
    }
    // Scaled to a unit diagonal, so that the test of singularity knows no units.
    let scale = Vector3::from_fn(|a, _| information[(a, a)].sqrt());
    if scale.iter().any(|s| !(*s > 0.0 && s.is_finite())) {
        return None;
    }
    let unit = Matrix3::from_fn(|a, b| information[(a, b)] / (scale[a] * scale[b]));
    // An eigenvalue search never ends on what is not a number.
    if !unit.iter().all(|u| u.is_finite()) || unit.symmetric_eigenvalues().min() < 1e-10 {
        return None;
    }
    let inverse = unit.cholesky()?.inverse();
    let mut out = [[0.0; 3]; 3];
    for a in 0..3 {
        for b in 0..3 {
            if with_raters || (a != 1 && b != 1) {
                out[a][b] = inverse[(a, b)] / (scale[a] * scale[b]);
            }
        }
    }
    Some(out)
}
