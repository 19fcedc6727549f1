//! How far a landmark can be trusted.

use super::Evidence;
use super::nets::POINTS;

/// Logistic weights of what the networks saw.
///
/// Set by eye, not fitted: `examples/find_calibration.rs` writes the table (formula films that taught nothing) from which
/// they can be. Until then confidence orders landmarks and is no probability.
#[derive(Debug, Clone, Copy)]
struct Calibration {
    constant: f64,
    score: f64,
    peak: f64,
    residual: f64,
    belief: f64,
}

const JOINTS: Calibration = Calibration {
    constant: -4.0,
    score: 6.0,
    peak: 2.0,
    residual: -10.0,
    belief: 2.0,
};
const OTHERS: Calibration = Calibration {
    constant: -3.0,
    score: 5.0,
    peak: 3.0,
    residual: -10.0,
    belief: 0.0,
};

/// Confidence of each landmark, 0 to 1.
pub(crate) fn confidence(score: f64, evidence: &[Evidence; POINTS]) -> [f64; POINTS] {
    std::array::from_fn(|i| {
        let c = if super::JOINTS.contains(&i) {
            &JOINTS
        } else {
            &OTHERS
        };
        let e = &evidence[i];
        let logit = c.constant
            + c.score * score
            + c.peak * e.peak
            + c.residual * e.residual.min(0.3)
            + c.belief * e.belief;
        1.0 / (1.0 + (-logit).exp())
    })
}
