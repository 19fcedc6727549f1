//! Joints drawn at random on two films, for experiments on how well films are measured.
//!
//! Ranges were set by eye (general knowledge): they are those of adult hands on ordinary digital films, not of a
//! population.

use super::anatomy::{BoneMakeup, Segment};
use super::camera::FilmGeometry;
use super::detector::{DetectorSpec, ProcessingSpec, Tone};
use super::draw::Draw;
use super::joint::{JointFilmSpec, JointFilmVisit};
use super::lesion::FilmLesionSpec;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

/// What an erosion does between the two films.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LesionCourse {
    /// Nothing.
    Unchanged,
    /// Its wall recedes.
    Grows,
    /// Its wall grows in, the mouth stays open: at most a narrow part of it is closed by new cortex.
    Shrinks,
    /// It fills in from its wall and new cortex closes most of the mouth.
    Heals,
    /// It is not there on the first film.
    New,
}

/// What is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RandomJoint {
    /// Tilt, roll and flexion of the second film against the first, evenly from ± this (degrees).
    pub tilt_deg: f64,
    /// Whether both films' poses are drawn: turn in the plane, shift, height, and how the first film lies.
    pub laid_anew: bool,
    /// Whether joint spaces and erosions change.
    pub changes: bool,
    /// Whether there are erosions: one or none on each side of the proximal bone's head.
    pub erosions: bool,
}

/// A ray per pixel; what its aperture blurs is added to the detector's blur.
pub(crate) const RAY_MM: f64 = 0.1;
/// Pixels along a side: the field of an MCP joint and what repositioning shifts.
const SIDE: usize = 290;

impl RandomJoint {
    /// An MCP or PIP joint of fingers 2 to 4 at `M0` and `M12`, and what each of its erosions does.
    #[must_use]
    pub fn draw(&self, seed: u64) -> (JointFilmSpec, Vec<LesionCourse>) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut d = Draw(&mut rng);
        let mcp = d.chance(0.6);
        let mut spec = JointFilmSpec {
            ray: 2 + d.index(3),
            proximal: if mcp {
                Segment::Metacarpal
            } else {
                Segment::Proximal
            },
            scale: d.between(0.92, 1.08),
            joint_space_mm: if mcp {
                d.between(1.3, 1.9)
            } else {
                d.between(0.8, 1.2)
            },
            makeup: makeup(&mut d),
            seed,
            ray_mm: RAY_MM,
            geometry: FilmGeometry {
                size_px: [SIDE; 2],
                origin_px: [(SIDE as f64 - 1.0) / 2.0; 2],
                ..FilmGeometry::default()
            },
            visits: self.visits(&mut d),
            ..JointFilmSpec::default()
        };
        let mut courses = Vec::new();
        if self.erosions {
            for side in [0.0, 180.0] {
                let reach = if mcp { [5.0, 7.0] } else { [3.5, 5.0] };
                if let Some((lesion, course)) = self.erosion(&mut d, reach, side) {
                    spec.proximal_lesions.push(lesion);
                    courses.push(course);
                }
            }
        }
        (spec, courses)
    }

    fn visits(&self, d: &mut Draw<'_>) -> Vec<JointFilmVisit> {
        let [before, after] = detectors(d);
        let moved = f64::from(u8::from(self.laid_anew));
        let mut lie = |turn: f64, tilt: f64| JointFilmVisit {
            in_plane_deg: moved * d.between(-turn, turn),
            shift_mm: [moved * d.between(-0.8, 0.8), moved * d.between(-0.8, 0.8)],
            lift_mm: moved * d.between(-4.0, 4.0),
            tilt_deg: d.between(-tilt, tilt),
            roll_deg: d.between(-tilt, tilt),
            flexion_deg: d.between(-tilt, tilt),
            ..JointFilmVisit::default()
        };
        // A hand laid flat is seldom quite flat.
        let first = lie(3.0, 3.0 * moved);
        let step = lie(6.0, self.tilt_deg);
        let narrowing = d.between(-0.4, 0.2);
        let flat = |v: &JointFilmVisit| 3.0 + v.flexion_deg;
        let second = JointFilmVisit {
            name: "M12".to_owned(),
            in_plane_deg: first.in_plane_deg + step.in_plane_deg,
            tilt_deg: first.tilt_deg + step.tilt_deg,
            roll_deg: first.roll_deg + step.roll_deg,
            flexion_deg: flat(&first) + step.flexion_deg,
            joint_space_change_mm: if self.changes { narrowing } else { 0.0 },
            detector: after,
            ..step
        };
        let first = JointFilmVisit {
            name: "M0".to_owned(),
            flexion_deg: flat(&first),
            detector: before,
            ..first
        };
        vec![first, second]
    }

    /// Half of the sides have none or nearly so.
    pub(crate) fn erosion(
        &self,
        d: &mut Draw<'_>,
        from_joint_mm: [f64; 2],
        side: f64,
    ) -> Option<(FilmLesionSpec, LesionCourse)> {
        let kind = d.between(0.0, 1.0);
        let mut lesion = FilmLesionSpec {
            angle_deg: side + d.between(-10.0, 10.0),
            from_joint_mm: d.between(from_joint_mm[0], from_joint_mm[1]),
            depth_mm: d.between(0.7, 2.0),
            along_mm: d.between(1.6, 3.2),
            around_mm: d.between(3.0, 6.0),
            ..FilmLesionSpec::default()
        };
        let (deep, wide, closed) = (
            d.between(0.0, 1.0),
            d.between(0.0, 1.0),
            d.between(0.0, 1.0),
        );
        let course = match kind {
            k if k < 0.18 || (k < 0.55 && !self.changes) => LesionCourse::Unchanged,
            k if k < 0.28 => LesionCourse::Grows,
            k if k < 0.36 => LesionCourse::Shrinks,
            k if k < 0.48 => LesionCourse::Heals,
            k if k < 0.55 => LesionCourse::New,
            _ => return None,
        };
        let (depth, width, closing) = match course {
            LesionCourse::Unchanged => ([1.0, 1.0], [1.0, 1.0], 0.0),
            LesionCourse::Grows => ([1.0, 1.15 + 0.5 * deep], [1.0, 1.0 + 0.3 * wide], 0.0),
            LesionCourse::Shrinks => (
                [1.0, 0.3 + 0.55 * deep],
                [1.0, 0.75 + 0.25 * wide],
                0.4 * (2.0 * closed - 1.0).max(0.0),
            ),
            LesionCourse::Heals => (
                [1.0, 0.1 + 0.5 * deep],
                [1.0, 0.6 + 0.4 * wide],
                0.75 + 0.25 * closed,
            ),
            LesionCourse::New => ([0.0, 1.0], [1.0, 1.0], 0.0),
        };
        lesion.depth_course = depth.to_vec();
        lesion.width_course = width.to_vec();
        lesion.recortication = vec![0.0, closing];
        Some((lesion, course))
    }
}

/// From thin and osteopenic to dense.
pub(crate) fn makeup(d: &mut Draw<'_>) -> BoneMakeup {
    let mut within = |low, high| d.between(low, high) as f32;
    BoneMakeup {
        cortical_index: within(0.3, 0.55),
        plate_mm: within(0.35, 0.6),
        trabecular_ends: within(0.14, 0.26),
        trabecular_shaft: within(0.03, 0.06),
        texture: within(0.15, 0.35),
    }
}

/// One machine on two days: exposure, scatter and tone differ, the unsharp mask a little.
pub(crate) fn detectors(d: &mut Draw<'_>) -> [DetectorSpec; 2] {
    let blur = d.between(0.06, 0.09).hypot(RAY_MM / 12f64.sqrt());
    let amount = d.between(0.05, 0.75);
    let (middle, width) = (d.between(0.92, 1.08), d.between(0.32, 0.42));
    [0, 1].map(|_| DetectorSpec {
        photons_per_mm2: d.between(1e5, 4e5),
        scatter_to_primary: d.between(0.12, 0.2),
        blur_sigma_mm: blur,
        processing: ProcessingSpec {
            unsharp_amount: amount + d.between(-0.05, 0.05),
            tone: Tone::Sigmoid {
                middle: middle + d.between(-0.04, 0.04),
                width: width * d.between(0.96, 1.04),
            },
            ..ProcessingSpec::default()
        },
        ..DetectorSpec::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(changes: bool) -> Vec<(JointFilmSpec, Vec<LesionCourse>)> {
        let plan = RandomJoint {
            tilt_deg: 5.0,
            laid_anew: true,
            changes,
            erosions: true,
        };
        (0..300).map(|seed| plan.draw(seed)).collect()
    }

    #[test]
    fn every_course_is_drawn_and_every_specification_is_one() {
        let all = drawn(true);
        for (spec, courses) in &all {
            spec.check().unwrap();
            assert_eq!(spec.proximal_lesions.len(), courses.len());
            let [a, b] = [0, 1].map(|v| &spec.visits[v]);
            let step = [
                b.tilt_deg - a.tilt_deg,
                b.roll_deg - a.roll_deg,
                b.flexion_deg - a.flexion_deg,
            ];
            assert!(step.iter().all(|s| s.abs() <= 5.0), "{step:?}");
        }
        for course in [
            LesionCourse::Unchanged,
            LesionCourse::Grows,
            LesionCourse::Shrinks,
            LesionCourse::Heals,
            LesionCourse::New,
        ] {
            assert!(all.iter().any(|(_, c)| c.contains(&course)), "{course:?}");
        }
    }

    #[test]
    fn where_nothing_changes_nothing_does() {
        for (spec, courses) in drawn(false) {
            assert!(courses.iter().all(|c| *c == LesionCourse::Unchanged));
            assert_eq!(spec.visits[1].joint_space_change_mm, 0.0);
        }
    }
}
