//! Newton steps within a trust region.

use nalgebra::{DMatrix, DVector};

/// Value, gradient and Hessian; none outside the domain.
pub(super) type Derivatives = (f64, DVector<f64>, DMatrix<f64>);

/// Where the search ended.
pub(super) struct Minimum {
    pub(super) at: DVector<f64>,
    pub(super) value: f64,
    pub(super) converged: bool,
}

/// Minimum of a smooth function by Newton's method in a trust region; directions of negative curvature are
/// followed downhill, so that saddle points are left. (Nocedal, Wright, Numerical Optimization, 2006, ch. 4.)
pub(super) fn minimise(
    function: impl Fn(&DVector<f64>) -> Option<Derivatives>,
    start: DVector<f64>,
    iterations: usize,
) -> Option<Minimum> {
    let mut at = start;
    let mut here = function(&at)?;
    let mut radius = 1.0;
    for _ in 0..iterations {
        let (step, predicted) = trust_step(&here.1, &here.2, radius)?;
        let done = |converged| Minimum {
            at: at.clone(),
            value: here.0,
            converged,
        };
        // Nothing that rounding of the value could show is left to gain.
        if predicted < 1e-17 * here.0.abs().max(1.0) || step.norm() < 1e-13 * at.norm().max(1.0) {
            return Some(done(true));
        }
        let trial = &at + &step;
        let slack = 1e-14 * here.0.abs().max(1.0);
        let next = function(&trial).filter(|n| n.0.is_finite());
        let gain = next.as_ref().map_or(f64::NEG_INFINITY, |n| here.0 - n.0);
        let ratio = (gain + slack) / (predicted + slack);
        if ratio < 0.25 {
            radius = 0.25 * step.norm();
        } else if ratio > 0.75 && step.norm() > 0.99 * radius {
            radius = (2.0 * radius).min(1e3);
        }
        if ratio > 0.05
            && let Some(next) = next
        {
            at = trial;
            here = next;
        } else if radius < 1e-12 {
            return Some(done(true));
        }
    }
    Some(Minimum {
        at,
        value: here.0,
        converged: false,
    })
}

/// Newton step on the Hessian with its eigenvalues made positive, cut at the radius, and the fall it promises.
fn trust_step(
    gradient: &DVector<f64>,
    hessian: &DMatrix<f64>,
    radius: f64,
) -> Option<(DVector<f64>, f64)> {
    if !(gradient.iter().chain(hessian.iter())).all(|v| v.is_finite()) {
        return None;
    }
    let eigen = hessian.clone().symmetric_eigen();
    let largest = eigen.eigenvalues.amax();
    if !(largest > 0.0) {
        return Some((DVector::zeros(gradient.len()), 0.0));
    }
    let floor = 1e-12 * largest;
    let along = eigen.eigenvectors.transpose() * gradient;
    let mut step = DVector::zeros(gradient.len());
    for (i, &curvature) in eigen.eigenvalues.iter().enumerate() {
        step[i] = -along[i] / curvature.abs().max(floor);
        // On a ridge the gradient says nothing; any way down will do.
        if curvature < -1e-8 * largest && step[i].abs() < 1e-3 * radius {
            step[i] = if along[i] > 0.0 { -radius } else { radius };
        }
    }
    let length = step.norm();
    if length > radius {
        step *= radius / length;
    }
    let model = |s: &DVector<f64>| {
        let terms = s.iter().zip(eigen.eigenvalues.iter());
        along.dot(s) + 0.5 * terms.map(|(x, c)| c * x * x).sum::<f64>()
    };
    let predicted = -model(&step);
    Some((&eigen.eigenvectors * step, predicted.max(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (x² − 1)² + y² has a saddle at the origin and minima at x = ±1.
    #[test]
    fn a_saddle_is_left() {
        let f = |v: &DVector<f64>| {
            let (x, y) = (v[0], v[1]);
            let value = (x * x - 1.0).powi(2) + y * y;
            let gradient = DVector::from_vec(vec![4.0 * x * (x * x - 1.0), 2.0 * y]);
            let hessian = DMatrix::from_row_slice(2, 2, &[12.0 * x * x - 4.0, 0.0, 0.0, 2.0]);
            Some((value, gradient, hessian))
        };
        let m = minimise(f, DVector::from_vec(vec![0.0, 0.5]), 100).unwrap();
        assert!(m.converged && (m.at[0].abs() - 1.0).abs() < 1e-9 && m.at[1].abs() < 1e-9);
    }
}
