//! How far a landmark can be trusted.

use super::Evidence;
use super::nets::POINTS;
use super::search::hand_length;
use super::shape::Points;

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

/// What neighbours say of a joint that looks right by itself.
#[derive(Debug, Clone, Copy)]
struct Neighbours {
    /// A PIP joint is at most as sure as this and a share of its DIP joint's confidence: a finger whose end was not
    /// made out points out of the film or is dislocated, and what looks like its joint is seen end on.
    pip: [f64; 2],
    /// Two joints nearer than this share of the hand's length are one place, taken twice.
    apart: f64,
    /// Confidence that is left to both: which of the two it is, or whether it is either, is not known.
    twice: f64,
}

/// Set on the openly licensed film of a rheumatoid hand (three PIP joints of dislocated fingers passed before, and the
/// thumb's IP joint as the index finger's MCP).
const NEIGHBOURS: Neighbours = Neighbours {
    pip: [0.2, 0.8],
    apart: 0.04,
    twice: 0.3,
};

/// Landmarks of PIP2; PIP3 to 5 follow, and DIP2 to 5 after them.
const FIRST_PIP: usize = 11;

/// Confidence of each landmark, 0 to 1.
pub(crate) fn confidence(
    score: f64,
    evidence: &[Evidence; POINTS],
    points: &Points,
) -> [f64; POINTS] {
    let mut all = alone(score, evidence);
    let near = NEIGHBOURS.apart * hand_length(points);
    for i in super::JOINTS {
        for k in i + 1..super::JOINTS.end {
            if (points[i][0] - points[k][0]).hypot(points[i][1] - points[k][1]) < near {
                for one in [i, k] {
                    all[one] = all[one].min(NEIGHBOURS.twice);
                }
            }
        }
    }
    for pip in FIRST_PIP..FIRST_PIP + 4 {
        let most = NEIGHBOURS.pip[0] + NEIGHBOURS.pip[1] * all[pip + 4];
        all[pip] = all[pip].min(most);
    }
    all
}

/// By what was seen of each landmark itself.
fn alone(score: f64, evidence: &[Evidence; POINTS]) -> [f64; POINTS] {
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
        let sure = alone(0.83, &all(0.9, 0.01, 0.9));
        let lost = alone(0.6, &all(0.6, 0.02, 0.4));
        assert!(sure.iter().all(|c| *c > 0.8) && sure[6] > 0.95);
        assert!(lost[5..19].iter().all(|c| *c < 0.5));
    }

    #[test]
    fn a_finger_whose_end_is_lost_and_a_joint_taken_twice_are_refused() {
        let good = Evidence {
            peak: 0.9,
            residual: 0.01,
            belief: 0.9,
        };
        let mut points: Points =
            std::array::from_fn(|i| [(i % 5) as f64 * 0.2, (i / 5) as f64 * 0.2]);
        let all = confidence(0.83, &[good; POINTS], &points);
        for i in super::super::JOINTS {
            assert!(all[i] > 0.9, "{all:?}");
        }
        let mut evidence = [good; POINTS];
        evidence[FIRST_PIP + 5].belief = 0.0;
        evidence[FIRST_PIP + 5].peak = 0.2;
        let all = confidence(0.83, &evidence, &points);
        assert!(all[FIRST_PIP + 1] < 0.5 && all[FIRST_PIP] > 0.9, "{all:?}");
        points[8] = points[7];
        let all = confidence(0.83, &[good; POINTS], &points);
        assert!(all[7] < 0.5 && all[8] < 0.5 && all[9] > 0.9, "{all:?}");
    }
}
