//! How far a landmark can be trusted.

use super::nets::POINTS;
use super::search::Hypothesis;

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
pub(crate) fn confidence(hand: &Hypothesis, belief: &[f64; POINTS]) -> [f64; POINTS] {
    std::array::from_fn(|i| {
        let c = if (5..19).contains(&i) {
            &JOINTS
        } else {
            &OTHERS
        };
        let logit = c.constant
            + c.score * hand.score
            + c.peak * hand.peaks[i]
            + c.residual * hand.residuals[i].min(0.3)
            + c.belief * belief[i];
        1.0 / (1.0 + (-logit).exp())
    })
}
