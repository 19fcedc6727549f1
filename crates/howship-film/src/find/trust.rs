//! How far a landmark can be trusted.

use super::Evidence;
use super::nets::POINTS;

/// Logistic regression of "within 3 % of the hand's length" on what the networks saw, by
/// `examples/find_calibration.rs` on formula films that taught nothing.
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

/// Probability of each landmark to be within 3 % of the hand's length of its true place.
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
