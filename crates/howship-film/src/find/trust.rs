//! How far a landmark can be trusted.

use super::Evidence;
use super::nets::POINTS;

/// Logistic weights of what the networks saw.
///
/// Set by eye, not fitted: on the openly licensed film of a rheumatoid hand with dislocated fingers the joints that were
/// plainly wrong fall below one half, on eight intact hands none does. `examples/find_calibration.rs` writes the table
/// (formula films that taught nothing) from which they can be fitted; until then confidence is no probability.
#[derive(Debug, Clone, Copy)]
struct Calibration {
    constant: f64,
    score: f64,
    peak: f64,
    residual: f64,
    belief: f64,
}

const JOINTS: Calibration = Calibration {
    constant: -9.5,
    score: 8.0,
    peak: 4.0,
    residual: -20.0,
    belief: 4.0,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_evidence_is_refused_and_strong_is_not() {
        let all = |peak, residual, belief| {
            [Evidence {
                peak,
                residual,
                belief,
            }; POINTS]
        };
        let sure = confidence(0.83, &all(0.9, 0.01, 0.9));
        let lost = confidence(0.6, &all(0.6, 0.02, 0.4));
        assert!(sure.iter().all(|c| *c > 0.8) && sure[6] > 0.95);
        assert!(lost[5..19].iter().all(|c| *c < 0.5));
    }
}
