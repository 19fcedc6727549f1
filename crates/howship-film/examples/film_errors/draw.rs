//! Formula joints drawn at random, their films, and a store of films already made.

use crate::Failure;
use howship_film::JointPlace;
use howship_image::Film;
use howship_phantom::film::{
    Film2d, FilmLesionTruth, FootJoint, JointFilm, JointFilmSpec, JointFilmTruth, LesionCourse,
    RandomJoint, Segment,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// One joint on two films.
pub(crate) struct Case {
    pub seed: u64,
    /// Short name.
    pub joint: &'static str,
    /// Whether its proximal bone is a metacarpal or metatarsal.
    pub head: bool,
    /// Tilt, roll, flexion and turn in the plane of the second film against the first, degrees.
    pub step_deg: [f64; 4],
    pub courses: Vec<LesionCourse>,
    /// As the films show it.
    pub truth: [JointFilmTruth; 2],
    /// The second visit's lesions as the first film's pose would show them: what changed, without the tilt.
    pub untilted: Vec<FilmLesionTruth>,
    pub films: [Film; 2],
    pub places: [JointPlace; 2],
}

impl Case {
    /// Whether the mouth of one of its erosions is seen in profile on both films.
    pub(crate) fn in_profile(&self) -> bool {
        let [a, b] = &self.truth;
        let pairs = a.lesions.iter().zip(&b.lesions);
        pairs.into_iter().any(|(a, b)| in_profile([a, b]))
    }
}

/// Mouths shorter than this are not in profile, mm.
const LEAST_MOUTH_MM: f64 = 0.5;

pub(crate) fn in_profile(truth: [&FilmLesionTruth; 2]) -> bool {
    truth.iter().all(|t| t.mouth_mm > LEAST_MOUTH_MM)
}

/// Joints of what are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Hands,
    Feet,
}

/// What a seed draws, before its films are made.
enum Drawn {
    Hand(Box<JointFilmSpec>),
    Foot(Box<FootJoint>),
}

impl Drawn {
    /// Truth of both films and of the second in the first one's pose; grey levels of both.
    fn make(&self) -> Result<Known, Failure> {
        Ok(match self {
            Self::Hand(spec) => {
                let joint = JointFilm::new(spec)?;
                let truth = vec![joint.truth(0)?, joint.truth(1)?, joint.truth_posed(1, 0)?];
                (truth, [joint.render(0)?.values, joint.render(1)?.values])
            }
            Self::Foot(foot) => {
                let (spec, ray, bone) = (&foot.spec, foot.ray, foot.proximal);
                let truth = vec![
                    spec.joint_truth(0, ray, bone)?,
                    spec.joint_truth(1, ray, bone)?,
                    spec.joint_truth_posed(1, 0, ray, bone)?,
                ];
                (truth, [spec.render(0)?.values, spec.render(1)?.values])
            }
        })
    }

    fn size_px(&self) -> [usize; 2] {
        match self {
            Self::Hand(spec) => spec.geometry.size_px,
            Self::Foot(foot) => foot.spec.geometry.size_px,
        }
    }

    fn joint(&self) -> (&'static str, bool) {
        match self {
            Self::Hand(spec) if spec.proximal == Segment::Metacarpal => ("MCP2", true),
            Self::Hand(_) => ("PIP2", false),
            Self::Foot(foot) => (foot.name(), foot.proximal == Segment::Metatarsal),
        }
    }

    fn step_deg(&self) -> [f64; 4] {
        let step = |a: [f64; 4], b: [f64; 4]| std::array::from_fn(|i| b[i] - a[i]);
        match self {
            Self::Hand(spec) => {
                let pose = |v: usize| {
                    let v = &spec.visits[v];
                    [v.tilt_deg, v.roll_deg, v.flexion_deg, v.in_plane_deg]
                };
                step(pose(0), pose(1))
            }
            Self::Foot(foot) => {
                let k = usize::from(foot.proximal == Segment::Proximal);
                let pose = |v: usize| {
                    let p = &foot.spec.visits[v].pose;
                    let flexion = p.joints[foot.ray - 1][k].flexion_deg;
                    [p.tilt_deg, p.roll_deg, flexion, p.in_plane_deg]
                };
                step(pose(0), pose(1))
            }
        }
    }
}

/// Pixels along a side of a foot joint's films: neighbours are within it, and what standing anew shifts.
const FOOT_SIDE_PX: usize = 380;

/// A drawn joint with its films: from the store where it is there, else made (and stored).
pub(crate) fn case(
    seed: u64,
    plan: RandomJoint,
    of: Of,
    store: Option<&Path>,
) -> Result<Case, Failure> {
    let (drawn, courses) = match of {
        Of::Hands => {
            let (spec, courses) = plan.draw(seed);
            (Drawn::Hand(Box::new(spec)), courses)
        }
        Of::Feet => {
            let foot = plan.draw_foot(seed, FOOT_SIDE_PX)?;
            let courses = foot.courses.clone();
            (Drawn::Foot(Box::new(foot)), courses)
        }
    };
    let at = store.map(|s| {
        let kind = [plan.laid_anew, plan.changes].map(u8::from);
        let foot = if of == Of::Feet { "foot-" } else { "" };
        s.join(format!(
            "{foot}{}-{}{}-{seed}",
            plan.tilt_deg, kind[0], kind[1]
        ))
    });
    let known = match &at {
        Some(at) if at.exists() => Some(read(at, drawn.size_px())?),
        _ => None,
    };
    let (mut truth, values) = match known {
        Some(known) => known,
        None => {
            let (truth, values) = drawn.make()?;
            if let Some(at) = &at {
                write(at, &truth, &values)?;
            }
            (truth, values)
        }
    };
    let untilted = truth.pop().map(|t| t.lesions).unwrap_or_default();
    let truth: [JointFilmTruth; 2] = truth.try_into().map_err(|_| "two visits have two truths")?;
    let [a, b] = values;
    let film = |values: Vec<f32>, truth: &JointFilmTruth| -> Result<Film, Failure> {
        let made = Film2d {
            size_px: drawn.size_px(),
            pixel_mm: truth.pixel_mm,
            values,
        };
        Ok(made.film(truth.magnification, None)?)
    };
    let films = [film(a, &truth[0])?, film(b, &truth[1])?];
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5EED);
    let places = [0, 1].map(|k: usize| {
        // A landmark is off by a third of a millimetre, an axis by two degrees.
        let mut off = |by: f64| rng.random_range(-by..=by);
        // As neighbours on both sides tell it: a toe points away from its metatarsal by up to 20 degrees.
        let bones = truth[k].bones.iter().map(|b| b.axis_deg);
        let pointing = match of {
            Of::Hands => truth[k].bones[0].axis_deg,
            Of::Feet => bones.sum::<f64>() / truth[k].bones.len() as f64,
        };
        let axis = (pointing + off(2.0)).to_radians();
        JointPlace {
            centre: truth[k].centre_px.map(|c| c + off(3.0)),
            axis: [axis.sin(), -axis.cos()],
            field_px: None,
        }
    });
    let (joint, head) = drawn.joint();
    Ok(Case {
        seed,
        joint,
        head,
        step_deg: drawn.step_deg(),
        courses,
        truth,
        untilted,
        films,
        places,
    })
}

/// Truth of both films and of the second in the first one's pose; grey levels of both.
type Known = (Vec<JointFilmTruth>, [Vec<f32>; 2]);

/// Grey levels are whole numbers below 65,536: two bytes each, after the truth as JSON and its length.
fn write(at: &Path, truth: &[JointFilmTruth], values: &[Vec<f32>; 2]) -> Result<(), Failure> {
    let json = serde_json::to_vec(truth)?;
    let mut bytes = (json.len() as u64).to_le_bytes().to_vec();
    bytes.extend(json);
    for v in values.iter().flatten() {
        bytes.extend((*v as u16).to_le_bytes());
    }
    let temporary = at.with_extension("part");
    std::fs::write(&temporary, bytes)?;
    Ok(std::fs::rename(temporary, at)?)
}

fn read(at: &Path, [w, h]: [usize; 2]) -> Result<Known, Failure> {
    let bytes = std::fs::read(at)?;
    let short = || format!("{} is cut short", at.display());
    let (head, rest) = bytes.split_at_checked(8).ok_or_else(short)?;
    let n = u64::from_le_bytes(head.try_into()?) as usize;
    let (json, rest) = rest.split_at_checked(n).ok_or_else(short)?;
    if rest.len() != 4 * w * h {
        return Err(short().into());
    }
    let mut values = rest
        .chunks_exact(2)
        .map(|b| f32::from(u16::from_le_bytes([b[0], b[1]])));
    let first = values.by_ref().take(w * h).collect();
    Ok((serde_json::from_slice(json)?, [first, values.collect()]))
}
