//! Formula joints drawn at random, their films, and a store of films already made.

use crate::Failure;
use howship_film::JointPlace;
use howship_image::{Film, FilmScale, ScaleSource};
use howship_phantom::film::{
    DetectorSpec, FilmGeometry, FilmLesionSpec, FilmLesionTruth, JointFilm, JointFilmSpec,
    JointFilmTruth, JointFilmVisit, ProcessingSpec, Segment,
};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use std::path::Path;

/// What is drawn.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// Tilt, roll and flexion of the second film against the first, evenly from ± this.
    pub tilt_deg: f64,
    /// Whether in-plane turn, shift, lift and exposure differ too.
    pub moved: bool,
    /// Whether joint spaces and some erosions change.
    pub changed: bool,
}

/// What an erosion does between the two films.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    Unchanged,
    Grows,
    Shrinks,
    New,
}

/// One joint on two films.
pub(crate) struct Case {
    pub spec: JointFilmSpec,
    pub courses: Vec<Course>,
    /// As the films show it.
    pub truth: [JointFilmTruth; 2],
    /// The second visit's lesions as the first film's pose would show them: what changed, without the tilt.
    pub untilted: Vec<FilmLesionTruth>,
    pub films: [Film; 2],
    pub places: [JointPlace; 2],
}

/// An MCP or PIP joint; each side of the proximal bone's head has an erosion or none.
fn spec(seed: u64, plan: Plan) -> (JointFilmSpec, Vec<Course>) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut within = |low: f64, high: f64| rng.random_range(low..=high);
    let mcp = within(0.0, 1.0) < 0.6;
    let mut spec = JointFilmSpec {
        ray: 2 + (within(0.0, 2.99) as usize),
        proximal: if mcp {
            Segment::Metacarpal
        } else {
            Segment::Proximal
        },
        scale: within(0.92, 1.08),
        joint_space_mm: if mcp {
            within(1.3, 1.9)
        } else {
            within(0.8, 1.2)
        },
        seed,
        // A ray per pixel; what its aperture blurs is added to the detector's blur below.
        ray_mm: 0.1,
        // The joint's field and what repositioning shifts.
        geometry: FilmGeometry {
            size_px: [250, 250],
            origin_px: [124.5, 124.5],
            ..FilmGeometry::default()
        },
        ..JointFilmSpec::default()
    };
    let mut courses = Vec::new();
    for side in [0.0, 180.0] {
        let kind = within(0.0, 1.0);
        let mut lesion = FilmLesionSpec {
            angle_deg: side + within(-10.0, 10.0),
            // On the head, where the joint's field holds intact outline on both sides.
            from_joint_mm: if mcp {
                within(5.0, 7.0)
            } else {
                within(3.5, 5.0)
            },
            depth_mm: within(0.7, 2.0),
            along_mm: within(1.6, 3.2),
            around_mm: within(3.0, 6.0),
            ..FilmLesionSpec::default()
        };
        let (deep, wide) = (within(0.0, 1.0), within(0.0, 1.0));
        let closed = (within(-1.0, 1.0)).max(0.0);
        // Half of the sides have no erosion.
        let course = match kind {
            k if k < 0.2 || (k < 0.5 && !plan.changed) => Course::Unchanged,
            k if k < 0.3 => Course::Grows,
            k if k < 0.44 => Course::Shrinks,
            k if k < 0.5 => Course::New,
            _ => continue,
        };
        (lesion.depth_course, lesion.width_course) = match course {
            Course::Unchanged => (vec![1.0, 1.0], vec![1.0, 1.0]),
            Course::Grows => (vec![1.0, 1.15 + 0.5 * deep], vec![1.0, 1.0 + 0.3 * wide]),
            Course::Shrinks => (vec![1.0, 0.3 + 0.55 * deep], vec![1.0, 0.75 + 0.25 * wide]),
            Course::New => (vec![0.0, 1.0], vec![1.0, 1.0]),
        };
        if course == Course::Shrinks {
            lesion.recortication = vec![0.0, closed];
        }
        courses.push(course);
        spec.proximal_lesions.push(lesion);
    }
    let narrowing = within(-0.4, 0.2);
    let tilt = plan.tilt_deg;
    let amount = within(0.0, 0.8);
    let mut detector = |low: f64, high: f64| DetectorSpec {
        photons_per_mm2: within(1e5, 4e5),
        processing: ProcessingSpec {
            unsharp_amount: amount,
            ..ProcessingSpec::default()
        },
        scatter_to_primary: within(low, high),
        blur_sigma_mm: 0.07f64.hypot(0.1 / 12f64.sqrt()),
        ..DetectorSpec::default()
    };
    let (a, b) = (detector(0.15, 0.15001), detector(0.12, 0.2));
    let first = JointFilmVisit {
        name: "M0".into(),
        flexion_deg: 3.0,
        detector: a,
        ..JointFilmVisit::default()
    };
    let moved = if plan.moved { 1.0 } else { 0.0 };
    let second = JointFilmVisit {
        name: "M12".into(),
        in_plane_deg: moved * within(-6.0, 6.0),
        shift_mm: [moved * within(-0.8, 0.8), moved * within(-0.8, 0.8)],
        lift_mm: moved * within(-4.0, 4.0),
        tilt_deg: within(-tilt, tilt),
        roll_deg: within(-tilt, tilt),
        flexion_deg: 3.0 + within(-tilt, tilt),
        joint_space_change_mm: if plan.changed { narrowing } else { 0.0 },
        detector: b,
        ..JointFilmVisit::default()
    };
    spec.visits = vec![first, second];
    (spec, courses)
}

/// A drawn joint with its films: from the store where it is there, else made (and stored).
pub(crate) fn case(seed: u64, plan: Plan, store: Option<&Path>) -> Result<Case, Failure> {
    let (spec, courses) = spec(seed, plan);
    let at = store.map(|s| {
        let kind = [plan.moved, plan.changed].map(u8::from);
        s.join(format!("{}-{}{}-{seed}", plan.tilt_deg, kind[0], kind[1]))
    });
    let known = match &at {
        Some(at) if at.exists() => Some(read(at, spec.geometry.size_px)?),
        _ => None,
    };
    let (mut truth, values) = match known {
        Some(known) => known,
        None => {
            let joint = JointFilm::new(&spec)?;
            let truth = vec![joint.truth(0)?, joint.truth(1)?, joint.truth_posed(1, 0)?];
            let values = [joint.render(0)?.values, joint.render(1)?.values];
            if let Some(at) = &at {
                write(at, &truth, &values)?;
            }
            (truth, values)
        }
    };
    let untilted = truth.pop().map(|t| t.lesions).unwrap_or_default();
    let truth: [JointFilmTruth; 2] = truth.try_into().map_err(|_| "two visits have two truths")?;
    let [w, h] = spec.geometry.size_px;
    let [a, b] = values;
    let film = |values: Vec<f32>, truth: &JointFilmTruth| -> Result<Film, Failure> {
        let mm = truth.pixel_mm / truth.magnification;
        let scale = FilmScale::known([mm; 2], ScaleSource::Phantom);
        Ok(Film::new(w, h, values, scale)?)
    };
    let films = [film(a, &truth[0])?, film(b, &truth[1])?];
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5EED);
    let places = [0, 1].map(|k: usize| {
        // A landmark is off by a third of a millimetre, an axis by two degrees.
        let mut off = |by: f64| rng.random_range(-by..=by);
        let axis = (truth[k].bones[0].axis_deg + off(2.0)).to_radians();
        JointPlace {
            centre: truth[k].centre_px.map(|c| c + off(3.0)),
            axis: [axis.sin(), -axis.cos()],
            field_px: None,
        }
    });
    Ok(Case {
        spec,
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
