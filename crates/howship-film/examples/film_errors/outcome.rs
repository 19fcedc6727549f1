//! A case measured, and what came out beside the truth.

use crate::Failure;
use crate::draw::Case;
use howship_change::{FilmErosion, FilmJoint, FilmQuantity, JointBone, Verdict};
use howship_film::{FilmOptions, GivenErosion, JointName, JointView, measure_joint};
use howship_phantom::film::{FilmLesionTruth, LesionCourse};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

/// A value with its standard error, interval and truth.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Against {
    pub value: f64,
    pub se: f64,
    pub low: f64,
    pub high: f64,
    pub truth: f64,
}

impl Against {
    fn single(value: f64, se: f64, truth: f64) -> Self {
        Self {
            value,
            se,
            low: value - 1.96 * se,
            high: value + 1.96 * se,
            truth,
        }
    }

    pub(crate) fn error(&self) -> f64 {
        self.value - self.truth
    }

    pub(crate) fn holds(&self) -> bool {
        self.low <= self.truth && self.truth <= self.high
    }
}

/// One erosion of the phantom.
pub(crate) struct LesionOutcome {
    pub course: LesionCourse,
    /// As the films show it.
    pub truth: [FilmLesionTruth; 2],
    /// Measured where it was pointed at.
    pub areas: [Option<Against>; 2],
    pub change: Option<Against>,
    pub continuity: [Option<Against>; 2],
    pub continuity_change: Option<Against>,
    pub mouth: [f64; 2],
    pub depth: [f64; 2],
    pub verdict: Option<Verdict>,
    pub reason: String,
    /// Found without being pointed at, and how.
    pub found: Option<howship_change::FilmErosionSource>,
}

impl LesionOutcome {
    /// Whether its mouth is seen in profile on both films.
    pub(crate) fn in_profile(&self) -> bool {
        let [a, b] = &self.truth;
        crate::draw::in_profile([a, b])
    }
}

/// One joint.
pub(crate) struct JointOutcome {
    pub case: Case,
    pub result: FilmJoint,
    pub space: Option<Against>,
    pub width: Option<f64>,
    /// Of both bones at their ends along y, mm.
    pub registration: Vec<f64>,
    pub lesions: Vec<LesionOutcome>,
    /// Erosions found where there is none: on the first film, and in the difference.
    pub false_found: [usize; 2],
}

/// Farther from the mouth than this (px) what is found is something else.
const NEAR_PX: f64 = 25.0;

pub(crate) fn outcome(
    case: Case,
    find: bool,
    options: &FilmOptions,
) -> Result<JointOutcome, Failure> {
    let views = [0, 1].map(|k: usize| JointView {
        visit: ["M0", "M12"][k],
        film: &case.films[k],
        place: case.places[k],
        side: None,
    });
    let given: Vec<GivenErosion> = case
        .courses
        .iter()
        .enumerate()
        .map(|(i, course)| {
            let v = usize::from(*course == LesionCourse::New);
            GivenErosion {
                visit: ["M0", "M12"][v].into(),
                bone: Some(JointBone::Proximal),
                at: pointed(case.truth[v].lesions[i].mouth_px, case.seed + i as u64),
                mouth: None,
            }
        })
        .collect();
    let name = JointName {
        joint: case.joint,
        hand: 1,
    };
    let result = measure_joint(name, &views, &given, options)?;
    let alone = if find {
        Some(measure_joint(name, &views, &[], options)?)
    } else {
        None
    };
    let found: &[FilmErosion] = alone.as_ref().map_or(&[], |r| &r.erosions);
    let mut lesions = Vec::new();
    let mut matched = Vec::new();
    for i in 0..case.courses.len() {
        let truth = [0, 1].map(|v: usize| case.truth[v].lesions[i].clone());
        let at = |e: &FilmErosion| {
            let v = usize::from(e.visit == "M12");
            let [x, y] = truth[v].mouth_px;
            (e.at[0] - x).hypot(e.at[1] - y)
        };
        let nearest = |list: &[FilmErosion]| -> Option<FilmErosion> {
            let near = list.iter().min_by(|a, b| at(a).total_cmp(&at(b)))?;
            (at(near) < NEAR_PX).then(|| near.clone())
        };
        let seen = nearest(found);
        matched.extend(seen.as_ref().map(|e| e.id));
        lesions.push(lesion(
            case.courses[i],
            truth.clone(),
            &case.untilted[i],
            nearest(&result.erosions).as_ref(),
            seen.map(|e| e.source),
        ));
    }
    let elsewhere = |new: bool| {
        let other = found.iter().filter(|e| !matched.contains(&e.id));
        other
            .filter(|e| (e.source == howship_change::FilmErosionSource::New) == new)
            .count()
    };
    let false_found = [elsewhere(false), elsewhere(true)];
    let truth = case.truth[0].joint_space_mm - case.truth[1].joint_space_mm;
    let change = result.narrowing.first().and_then(|j| j.change.as_ref());
    let space = change.map(|c| Against {
        value: c.value,
        se: c.se,
        low: c.interval[0],
        high: c.interval[1],
        truth,
    });
    let width = result
        .visits
        .first()
        .and_then(|v| v.joint_space.as_ref())
        .map(|m| m.value - case.truth[0].joint_space_mm);
    let registration = result
        .registrations
        .iter()
        .filter_map(|r| {
            let k = usize::from(r.bone == JointBone::Distal);
            let m = case.truth[0].bones[k].map_to(&case.truth[1].bones[k])?;
            let p = case.truth[0].bones[k].end_px;
            let t = m[1][0] * p[0] + m[1][1] * p[1] + m[1][2];
            Some((r.map.apply(p)[1] - t) * case.truth[0].pixel_mm)
        })
        .collect();
    Ok(JointOutcome {
        case,
        result,
        space,
        width,
        registration,
        lesions,
        false_found,
    })
}

/// A reader's point is off by a third of a millimetre each way.
fn pointed([x, y]: [f64; 2], seed: u64) -> [f64; 2] {
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xF1A6);
    let mut off = || rng.random_range(-3.0..=3.0);
    [x + off(), y + off()]
}

fn lesion(
    course: LesionCourse,
    truth: [FilmLesionTruth; 2],
    untilted: &FilmLesionTruth,
    measured: Option<&FilmErosion>,
    found: Option<howship_change::FilmErosionSource>,
) -> LesionOutcome {
    let get = |v: usize, q| measured.and_then(|e| e.visits[v].measurements.get(&q));
    let value = |v: usize, q| get(v, q).map_or(f64::NAN, |m| m.value);
    let single = |v: usize, q, truth: f64| get(v, q).map(|m| Against::single(m.value, m.se, truth));
    let change = |judged: Option<&howship_change::Judged>, truth: f64| {
        judged?.change.as_ref().map(|c| Against {
            value: c.value,
            se: c.se,
            low: c.interval[0],
            high: c.interval[1],
            truth,
        })
    };
    let line = FilmQuantity::CorticalContinuity;
    LesionOutcome {
        course,
        areas: [0, 1].map(|v: usize| single(v, FilmQuantity::Area, truth[v].area_mm2)),
        change: change(
            measured.and_then(|e| e.changes.first()),
            untilted.area_mm2 - truth[0].area_mm2,
        ),
        continuity: [0, 1].map(|v: usize| single(v, line, truth[v].continuity)),
        continuity_change: change(
            measured.and_then(|e| e.other_changes.get(&line)?.first()),
            untilted.continuity - truth[0].continuity,
        ),
        mouth: [0, 1].map(|v| value(v, FilmQuantity::Mouth)),
        depth: [0, 1].map(|v| value(v, FilmQuantity::Depth)),
        verdict: measured.map(|e| e.verdict.verdict),
        reason: measured.map_or_else(String::new, |e| e.verdict.reason.clone()),
        found,
        truth,
    }
}
