//! Films that are one exposure: saved again, turned by quarters, shifted, brightened or made noisy.

use super::refuse::refuse;
use super::series::Shot;
use crate::Error;
use howship_change::{FilmMap, FollowedJoint, Judged, Verdict};
use howship_film::Landmarks;
use howship_stats::median;
use std::collections::BTreeMap;

struct Rule {
    /// Bones from which on it is told: those of two joints. Two that stand still to each other are an unchanged joint.
    bones: usize,
    /// Distance of the median bone from one motion of all, pixels: copies 0.0004 (another gain), 0.004 (turned by a
    /// quarter, shifted, made noisy), 0.01 (JPEG of quality 85); hands laid down again several pixels.
    median: f64,
    /// And of the worst bone: copies up to 0.024.
    worst: f64,
    /// Correlation of the films over the median bone: copies 0.9998 and more, of which the noise is the same; two exposures
    /// of a formula hand that did not move 0.993, and distances of 0.03 and 0.07.
    correlation: f64,
    /// So many times those distances are doubted, whatever the correlation: a copy made worse, or something that does not
    /// live and lay still. A living hand does not.
    doubt: f64,
    /// Half the side of the square around a joint that is carried along, pixels: a bone that is turned by 0.001 rad is
    /// off by 0.05 at its corners.
    reach: f64,
}

const RULE: Rule = Rule {
    bones: 4,
    median: 0.02,
    worst: 0.05,
    correlation: 0.998,
    doubt: 5.0,
    reach: 50.0,
};

/// What the motions of bones between two films say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Copy,
    Doubt,
    Two,
}

/// Refuses a film on which all bones moved as one against another film, and the noise with them. Where the noise does not
/// tell, nothing is called stable between the two, and it is said.
///
/// # Method
/// The similarity that carries the joints of all registered bones best, each as the corners of a square, as its own
/// registration carries it; the distance left. Nothing of a living hand lies to a fiftieth of a pixel as it lay before.
///
/// # Limits
/// Films of a single joint have too few bones, and mirrored copies are refused as left against right.
///
/// # Errors
/// Names the copy; what is compared with itself would be called stable.
pub(super) fn no_second_copies(
    joints: &mut [FollowedJoint],
    marks: &Landmarks,
    shots: &[&Shot],
    warnings: &mut Vec<String>,
) -> Result<(), Error> {
    for ((first, later), bones) in bones_of(joints, marks) {
        let Some((told, worst)) = told(&bones) else {
            continue;
        };
        let lie = format!(
            "all {} bones lie on it as on `{first}`, to {worst:.3} pixels",
            bones.len()
        );
        match told {
            Told::Two => {}
            Told::Copy => {
                let shot = shots.iter().find(|s| s.name == later);
                let path = shot.map_or_else(|| later.as_str().into(), |s| s.path.clone());
                return Err(refuse(
                    &path,
                    format!(
                        "it is the same exposure as `{first}`, saved again: {lie}, and no hand or foot lies down twice alike"
                    ),
                    "give each exposure once: a copy would be called stable",
                ));
            }
            Told::Doubt => {
                let why = format!(
                    "{lie}, as on a copy of one exposure: nothing is called stable between them"
                );
                unsettle(joints, [&first, &later], &format!("`{later}`: {why}"));
                warnings.push(format!("`{later}`: {why}"));
            }
        }
    }
    Ok(())
}

/// Takes back every `stable` that a later film and its baseline gave.
fn unsettle(joints: &mut [FollowedJoint], [first, later]: [&str; 2], why: &str) {
    let back = |judged: &mut Judged| {
        if judged.verdict == Verdict::Stable {
            judged.verdict = Verdict::Uncertain;
            judged.reason = why.to_owned();
        }
    };
    for followed in joints {
        let films = &followed.films;
        let at = films.iter().position(|f| f == later);
        let Some(at) = at.filter(|at| *at > 0 && films[0] == first) else {
            continue;
        };
        let last = at + 1 == films.len();
        let joint = &mut followed.joint;
        // Changes are from baseline to each later visit.
        joint.narrowing.get_mut(at - 1).map(back);
        for erosion in &mut joint.erosions {
            erosion.changes.get_mut(at - 1).map(back);
            for other in erosion.other_changes.values_mut() {
                other.get_mut(at - 1).map(back);
            }
            if last {
                back(&mut erosion.verdict);
            }
        }
    }
}

/// A bone's joint on the earlier film, where its registration carries things, and the films' correlation over it.
#[derive(Debug, Clone, Copy)]
struct Bone {
    at: [f64; 2],
    map: FilmMap,
    correlation: f64,
}

/// What bones tell, and the largest distance of one from the motion of all.
fn told(bones: &[Bone]) -> Option<(Told, f64)> {
    let [middle, worst] = apart(bones)?;
    let correlation = median(bones.iter().map(|b| b.correlation).collect())?;
    let within = |times: f64| middle <= times * RULE.median && worst <= times * RULE.worst;
    let told = match bones.len() >= RULE.bones {
        true if within(1.0) && correlation >= RULE.correlation => Told::Copy,
        true if within(RULE.doubt) => Told::Doubt,
        _ => Told::Two,
    };
    Some((told, worst))
}

/// Registered bones by the pair of films.
fn bones_of(joints: &[FollowedJoint], marks: &Landmarks) -> BTreeMap<(String, String), Vec<Bone>> {
    let mut all: BTreeMap<(String, String), Vec<Bone>> = BTreeMap::new();
    for followed in joints {
        let film_of = |visit: &str| {
            let at = followed
                .joint
                .visits
                .iter()
                .position(|v| v.visit == visit)?;
            followed.films.get(at)
        };
        for found in followed
            .joint
            .registrations
            .iter()
            .filter(|r| r.failed.is_none())
        {
            let (Some(from), Some(to)) = (film_of(&found.from), film_of(&found.to)) else {
                continue;
            };
            let joint = &followed.joint;
            let mark = marks
                .of(from)
                .find(|m| m.joint == joint.joint && (m.side == joint.side || m.hand == joint.hand));
            if let Some(mark) = mark {
                let pair = all.entry((from.clone(), to.clone())).or_default();
                pair.push(Bone {
                    at: [mark.x, mark.y],
                    map: found.map,
                    correlation: found.correlation,
                });
            }
        }
    }
    all
}

/// Median and largest distance of bones from where one similarity of all carries them.
fn apart(bones: &[Bone]) -> Option<[f64; 2]> {
    let corners = |at: [f64; 2]| {
        [[-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0], [1.0, 1.0]]
            .map(|d: [f64; 2]| [at[0] + RULE.reach * d[0], at[1] + RULE.reach * d[1]])
    };
    let pairs: Vec<[[f64; 2]; 2]> = bones
        .iter()
        .flat_map(|b| corners(b.at).map(|p| [p, b.map.apply(p)]))
        .collect();
    let one = similarity(&pairs)?;
    let off = |[p, q]: &[[f64; 2]; 2]| {
        let there = one.apply(*p);
        (there[0] - q[0]).hypot(there[1] - q[1])
    };
    let of_bones: Vec<f64> = pairs
        .chunks(4)
        .map(|corners| corners.iter().map(off).fold(0.0, f64::max))
        .collect();
    let worst = of_bones.iter().copied().fold(0.0, f64::max);
    Some([median(of_bones)?, worst])
}

/// The least-squares similarity of pairs of points.
fn similarity(pairs: &[[[f64; 2]; 2]]) -> Option<FilmMap> {
    let count = pairs.len() as f64;
    let mean = |k: usize| {
        let sum = pairs
            .iter()
            .fold([0.0; 2], |s, p| [s[0] + p[k][0], s[1] + p[k][1]]);
        [sum[0] / count, sum[1] / count]
    };
    let (from, to) = (mean(0), mean(1));
    let (mut along, mut across, mut square) = (0.0, 0.0, 0.0);
    for [p, q] in pairs {
        let (x, y) = (p[0] - from[0], p[1] - from[1]);
        let (u, v) = (q[0] - to[0], q[1] - to[1]);
        along += x * u + y * v;
        across += x * v - y * u;
        square += x * x + y * y;
    }
    let (a, b) = (along / square, across / square);
    let shift = [
        to[0] - a * from[0] + b * from[1],
        to[1] - b * from[0] - a * from[1],
    ];
    (a.is_finite() && b.is_finite()).then_some(FilmMap { a, b, shift })
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_change::FilmJoint;

    /// Bones of a hand as one motion carries them, each off by up to `off` pixels.
    fn bones(turn: f64, scale: f64, off: f64, correlation: f64) -> Vec<Bone> {
        let (a, b) = (scale * turn.cos(), scale * turn.sin());
        let bone = |i: usize| {
            let unit = |k: usize| 2.0 * ((i * k % 29) as f64 / 29.0) - 1.0;
            let shift = [1000.0 + off * unit(7), -20.0 + off * unit(11)];
            Bone {
                at: [
                    300.0 + 40.0 * (i % 7) as f64,
                    300.0 + 350.0 * (i / 7) as f64,
                ],
                map: FilmMap { a, b, shift },
                correlation,
            }
        };
        (0..28).map(bone).collect()
    }

    fn say(bones: &[Bone]) -> Told {
        told(bones).unwrap().0
    }

    #[test]
    fn one_motion_of_all_bones_is_a_copy_however_it_is_turned() {
        for (turn, scale) in [
            (0.0, 1.0),
            (std::f64::consts::FRAC_PI_2, 1.0),
            (std::f64::consts::PI, 1.0),
            (0.03, 0.5),
        ] {
            assert_eq!(say(&bones(turn, scale, 0.01, 0.9995)), Told::Copy);
            // Other noise: something that did not move.
            assert_eq!(say(&bones(turn, scale, 0.01, 0.993)), Told::Doubt);
            assert_eq!(say(&bones(turn, scale, 0.05, 0.9995)), Told::Doubt);
            // Hands that lie down again differ by more, bone by bone.
            assert_eq!(say(&bones(turn, scale, 0.5, 0.9995)), Told::Two);
        }
        assert_eq!(say(&bones(0.0, 1.0, 0.0, 1.0)[..2]), Told::Two);
    }

    /// All joints where they were, one of the bones turned by half a degree.
    #[test]
    fn a_bone_that_turned_by_itself_is_of_another_exposure() {
        for pose in 0..8 {
            let mut all = bones(0.3 * f64::from(pose), 1.0, 0.0, 0.999);
            let Bone { at, map, .. } = &mut all[5];
            let before = map.apply(*at);
            let turned = FilmMap {
                a: map.a - 0.01 * map.b,
                b: map.b + 0.01 * map.a,
                ..*map
            };
            let after = turned.apply(*at);
            *map = turned;
            map.shift = [0, 1].map(|k| map.shift[k] + before[k] - after[k]);
            assert_eq!(say(&all), Told::Two, "{pose}");
        }
    }

    /// Only between the two films that are doubted, and nothing but `stable`.
    #[test]
    fn what_is_doubted_is_not_stable() {
        let judged = |verdict| Judged {
            verdict,
            ..Judged::unmeasured("as measured")
        };
        let joint = FilmJoint {
            joint: "MCP2".to_owned(),
            side: None,
            hand: 1,
            unit: "mm".to_owned(),
            refused: None,
            visits: Vec::new(),
            registrations: Vec::new(),
            closures: Vec::new(),
            narrowing: vec![judged(Verdict::Stable), judged(Verdict::Stable)],
            erosions: Vec::new(),
            warnings: Vec::new(),
        };
        let films = ["a", "b", "c"].map(str::to_owned).to_vec();
        let mut joints = vec![FollowedJoint { joint, films }];
        let verdicts = |joints: &[FollowedJoint]| -> Vec<Verdict> {
            let all = joints[0].joint.narrowing.iter();
            all.map(|j| j.verdict).collect()
        };
        unsettle(&mut joints, ["b", "c"], "doubt");
        assert_eq!(verdicts(&joints), [Verdict::Stable; 2]);
        unsettle(&mut joints, ["a", "c"], "doubt");
        assert_eq!(verdicts(&joints), [Verdict::Stable, Verdict::Uncertain]);
        assert_eq!(joints[0].joint.narrowing[1].reason, "doubt");
        joints[0].joint.narrowing[0] = judged(Verdict::Progressing);
        unsettle(&mut joints, ["a", "b"], "doubt");
        assert_eq!(verdicts(&joints)[0], Verdict::Progressing);
    }
}
