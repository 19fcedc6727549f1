//! How far a landmark can be trusted.

use super::Evidence;
use super::nets::POINTS;
use super::search::hand_length;
use super::shape::Points;

/// Logistic weights of what the networks saw: the probability that a landmark is within 3 % of the hand's length.
///
/// Fitted by `examples/find_calibration.rs` on 150 formula films that taught nothing (seeds from 900000; half of the hands
/// deformed, a quarter of the films spoilt): 98 of 2,086 joints wrong. On 150 others (seeds from 910000) the calibration
/// error of joints is 0.010, and 74 of the 2,062 that pass one half are wrong. Real films are other films: the joints of
/// 32 intact hands all pass, 2 of 200 children's wrongly; on two rheumatoid hands what is plainly wrong does not pass.
#[derive(Debug, Clone, Copy)]
struct Calibration {
    constant: f64,
    score: f64,
    peak: f64,
    residual: f64,
    belief: f64,
}

const JOINTS: Calibration = Calibration {
    constant: -7.94,
    score: 2.05,
    peak: 4.89,
    residual: -64.94,
    belief: 6.88,
};
const OTHERS: Calibration = Calibration {
    constant: -9.16,
    score: 9.2,
    peak: 6.67,
    residual: -144.51,
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
