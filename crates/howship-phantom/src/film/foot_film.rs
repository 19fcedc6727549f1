//! Series of films of a foot: presets.

use super::anatomy::Segment;
use super::detector::DetectorSpec;
use super::foot::{FootForm, FootPose};
use super::lesion::FilmLesionSpec;
use super::limb_film::{LimbFilmSpec, LimbFilmVisit, LimbLesion, Narrowing};
use howship_change::Side;

/// A patient's foot, its lesions and its visits.
pub type FootFilmSpec = LimbFilmSpec<FootForm>;
/// One film of a foot.
pub type FootFilmVisit = LimbFilmVisit<FootPose>;

impl FootFilmSpec {
    /// Films at 0, 6, 12 and 24 months: an erosion of the fifth metatarsal's head progresses, one of the third's stays,
    /// one of the great toe's proximal phalanx heals, and the second toe's MTP joint narrows; the foot stands
    /// differently each time and exposures differ.
    #[must_use]
    pub fn demo() -> Self {
        let lesion = |angle_deg: f64, from_joint_mm: f64, along: f64, depth: f64| FilmLesionSpec {
            angle_deg,
            from_joint_mm,
            along_mm: along,
            depth_mm: depth,
            ..FilmLesionSpec::default()
        };
        // The fifth metatarsal's head is eroded on its outer side, away from the great toe.
        let progressing = FilmLesionSpec {
            depth_course: vec![1.0, 1.25, 1.5, 1.9],
            width_course: vec![1.0, 1.1, 1.25, 1.5],
            ..lesion(180.0, 8.0, 2.6, 1.3)
        };
        let healing = FilmLesionSpec {
            depth_course: vec![1.0, 0.7, 0.35, 0.0],
            recortication: vec![0.0, 0.3, 0.7, 1.0],
            ..lesion(0.0, 5.5, 3.2, 1.9)
        };
        let on = |ray: usize, bone: Segment, at_base: bool, lesion: FilmLesionSpec| LimbLesion {
            ray,
            bone,
            at_base,
            lesion,
        };
        let turns = [
            [0.0, 0.0, 0.0],
            [1.5, -1.0, 2.0],
            [-1.0, 1.5, -3.0],
            [2.0, 1.0, 1.0],
        ];
        let visits = ["M0", "M6", "M12", "M24"]
            .into_iter()
            .enumerate()
            .map(|(i, name)| {
                let [roll, tilt, turn] = turns[i];
                let mut pose = FootPose {
                    roll_deg: roll,
                    tilt_deg: tilt,
                    in_plane_deg: turn,
                    shift_mm: [1.5 * tilt, -roll],
                    ..FootPose::default()
                };
                for (ray, joints) in pose.joints.iter_mut().enumerate() {
                    joints[0].deviation_deg += turns[i][ray % 3];
                    joints[0].flexion_deg += turns[i][(ray + 1) % 3];
                }
                let mut detector = DetectorSpec::default();
                detector.photons_per_mm2 *= [1.0, 0.8, 1.2, 0.9][i];
                FootFilmVisit {
                    name: name.to_owned(),
                    pose,
                    narrowing: vec![Narrowing {
                        ray: 2,
                        proximal: Segment::Metatarsal,
                        change_mm: [0.0, -0.2, -0.45, -0.8][i],
                    }],
                    detector,
                }
            })
            .collect();
        Self {
            side: Side::R,
            lesions: vec![
                on(5, Segment::Metatarsal, false, progressing),
                on(3, Segment::Metatarsal, false, lesion(0.0, 8.0, 2.4, 1.4)),
                on(1, Segment::Proximal, true, healing),
            ],
            visits,
            ..Self::default()
        }
    }

    /// A foot by name: `healthy`, `demo`, `deformed` or `child`; `None` for another name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        Some(match name {
            "healthy" => Self::one(FootForm::default(), FootPose::default()),
            "demo" => Self::demo(),
            "deformed" => {
                let mut form = FootForm {
                    joint_spaces_mm: [0.8, 0.6, 0.6],
                    ..FootForm::default()
                };
                form.makeup.cortical_index = 0.3;
                let mut pose = FootPose::default();
                pose.metatarsals_deg[0] += 8.0;
                pose.joints[0][0].deviation_deg -= 28.0;
                pose.joints[0][0].twist_deg = -12.0;
                for toe in &mut pose.joints[1..4] {
                    toe[0].deviation_deg -= 16.0;
                    toe[0].flexion_deg -= 18.0;
                    toe[0].slip_mm = [-2.5, 5.0, -3.5];
                    toe[1].flexion_deg += 22.0;
                }
                Self::one(form, pose)
            }
            "child" => Self::one(
                FootForm {
                    scale: 0.7,
                    growth_plate_mm: 1.0,
                    tarsals: 0.85,
                    joint_spaces_mm: [2.4, 1.6, 1.3],
                    ..FootForm::default()
                },
                FootPose::default(),
            ),
            _ => return None,
        })
    }
}
