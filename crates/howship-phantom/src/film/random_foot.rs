//! Joints of feet drawn at random on two films: those of `random_joint` within their foot, so that neighbouring bones
//! and sesamoids throw their shadows as they do.
//!
//! Ranges were set by eye (general knowledge).

use super::anatomy::Segment;
use super::camera::FilmGeometry;
use super::detector::Tone;
use super::draw::Draw;
use super::foot::{FootForm, FootPose};
use super::foot_film::{FootFilmSpec, FootFilmVisit};
use super::limb::{FOOT_LANDMARKS, LimbForm as _};
use super::limb_film::{LimbLesion, Narrowing, landmark_of};
use super::random_joint::{LesionCourse, RAY_MM, RandomJoint, detectors, makeup};
use crate::Error;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;

/// A joint of a foot, on two films cut out about it.
#[derive(Debug, Clone, PartialEq)]
pub struct FootJoint {
    /// The foot; its films hold the joint and what is beside it.
    pub spec: FootFilmSpec,
    /// Ray from the great toe, 1 to 5.
    pub ray: usize,
    /// The bone on the ankle's side.
    pub proximal: Segment,
    /// What each of its erosions does.
    pub courses: Vec<LesionCourse>,
}

impl FootJoint {
    /// `MTP5`, `FIP1`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        FOOT_LANDMARKS[landmark_of(self.ray, self.proximal)]
    }
}

/// Half width of a metatarsal's head over which erosions are drawn farther from the joint than on a lesser toe's.
const USUAL_HEAD_MM: f64 = 5.7;

/// By how much more attenuation a machine shows as mid-grey on a film of a foot than on one of a hand: machines set their
/// curve by what is on the film. Under the hand's curve half of the shades of metatarsal heads are in its flat end (the
/// middle of the bone at 0.5 to 0.8 of white, at 0.3 to 0.45 in hands), where a bone that is half gone loses a quarter of
/// its contrast, and erosions measure 0.6 mm² too small. With this the lesser rays lie as hands do; the great toe's stay
/// brighter.
const TONE_OF_FEET: f64 = 0.3;

impl RandomJoint {
    /// An MTP joint (a third of them of the great toe, as many of the fifth toe) or the great toe's IP joint, at `M0` and
    /// `M12`. Pixels along a side are `side_px` (of the great toe half as many again).
    ///
    /// # Errors
    /// None for any seed within the ranges that are drawn from.
    pub fn draw_foot(&self, seed: u64, side_px: usize) -> Result<FootJoint, Error> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xF007);
        let mut d = Draw(&mut rng);
        let (ray, proximal) = match d.index(10) {
            0 | 1 => (1, Segment::Metatarsal),
            2 | 3 => (1, Segment::Proximal),
            4 | 5 => (5, Segment::Metatarsal),
            other => (2 + other % 3, Segment::Metatarsal),
        };
        let form = FootForm {
            scale: d.between(0.92, 1.08),
            joint_spaces_mm: [d.between(1.3, 2.2), d.between(0.8, 1.4), 1.0],
            makeup: makeup(&mut d),
            ..FootForm::default()
        };
        let visits = self.foot_visits(&mut d, (ray, proximal));
        let mut spec = FootFilmSpec {
            form,
            ray_mm: RAY_MM,
            marker: false,
            visits,
            seed,
            ..FootFilmSpec::default()
        };
        let mut courses = Vec::new();
        if self.erosions {
            for side in [0.0, 180.0] {
                let head = spec.form.sizes().size(ray, proximal);
                let larger = head.map_or(1.0, |h| f64::from(h.head) / USUAL_HEAD_MM);
                let reach = [4.2, 5.8].map(|r| r * larger);
                if let Some((lesion, course)) = self.erosion(&mut d, reach, side) {
                    spec.lesions.push(LimbLesion {
                        ray,
                        bone: proximal,
                        at_base: false,
                        lesion,
                    });
                    courses.push(course);
                }
            }
        }
        let n = if ray == 1 { 3 * side_px / 2 } else { side_px };
        let centre = spec.joint_truth(0, ray, proximal)?.centre_px;
        let middle = (n as f64 - 1.0) / 2.0;
        spec.geometry = FilmGeometry {
            size_px: [n; 2],
            origin_px: [0, 1].map(|a| spec.geometry.origin_px[a] + middle - centre[a]),
            ..spec.geometry
        };
        Ok(FootJoint {
            spec,
            ray,
            proximal,
            courses,
        })
    }

    fn foot_visits(&self, d: &mut Draw<'_>, joint: (usize, Segment)) -> Vec<FootFilmVisit> {
        let mut shots = detectors(d);
        for shot in &mut shots {
            if let Tone::Sigmoid { middle, .. } = &mut shot.processing.tone {
                *middle += TONE_OF_FEET;
            }
        }
        let [before, after] = shots;
        let moved = f64::from(u8::from(self.laid_anew));
        // This foot's own form of standing, the same on both films.
        let mut usual = FootPose::default();
        let valgus = d.between(-4.0, 16.0);
        for i in 0..5 {
            usual.metatarsals_deg[i] += d.normal(0.0, 1.0);
            usual.inclination_deg[i] += d.normal(0.0, 2.0);
            for joint in &mut usual.joints[i] {
                joint.flexion_deg += d.normal(0.0, 4.0);
                joint.deviation_deg += d.normal(0.0, 2.0);
            }
        }
        usual.metatarsals_deg[0] += valgus / 4.0;
        usual.joints[0][0].deviation_deg -= valgus;
        let mut lie = |from: &FootPose, turn: f64, tilt: f64| {
            let mut pose = from.clone();
            pose.in_plane_deg += moved * d.between(-turn, turn);
            pose.shift_mm = [moved * d.between(-0.8, 0.8), moved * d.between(-0.8, 0.8)];
            pose.height_mm = FootPose::default().height_mm + moved * d.between(-4.0, 4.0);
            pose.tilt_deg += d.between(-tilt, tilt);
            pose.roll_deg += d.between(-tilt, tilt);
            let flexion = d.between(-tilt, tilt);
            for toe in &mut pose.joints {
                toe[0].flexion_deg += flexion;
                toe[1].flexion_deg += d.between(-tilt, tilt);
            }
            pose
        };
        let first = lie(&usual, 3.0, 3.0 * moved);
        let second = lie(&first, 6.0, self.tilt_deg);
        let change_mm = if self.changes {
            d.between(-0.4, 0.2)
        } else {
            0.0
        };
        vec![
            FootFilmVisit {
                name: "M0".to_owned(),
                pose: first,
                narrowing: Vec::new(),
                detector: before,
            },
            FootFilmVisit {
                name: "M12".to_owned(),
                pose: second,
                narrowing: vec![Narrowing {
                    ray: joint.0,
                    proximal: joint.1,
                    change_mm,
                }],
                detector: after,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joints_of_feet_lie_in_the_middle_of_their_films() {
        let plan = RandomJoint {
            tilt_deg: 5.0,
            laid_anew: true,
            changes: true,
            erosions: true,
        };
        let mut names = std::collections::BTreeSet::new();
        for seed in 0..40 {
            let joint = plan.draw_foot(seed, 400).unwrap();
            names.insert(joint.name());
            assert_eq!(joint.courses.len(), joint.spec.lesions.len());
            let n = joint.spec.geometry.size_px[0] as f64;
            // A turn by 9 degrees about the midfoot moves the great toe's IP joint by 11 mm.
            for visit in 0..2 {
                let truth = joint
                    .spec
                    .joint_truth(visit, joint.ray, joint.proximal)
                    .unwrap();
                assert!(
                    truth.centre_px.iter().all(|c| (c - 0.5 * n).abs() < 120.0),
                    "{truth:?}"
                );
                assert_eq!(truth.bones.len(), 2);
                assert_eq!(truth.lesions.len(), joint.courses.len());
            }
        }
        assert!(
            names.contains("MTP1") && names.contains("MTP5") && names.contains("FIP1"),
            "{names:?}"
        );
    }
}
