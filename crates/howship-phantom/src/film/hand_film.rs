//! Series of films of a hand: presets.

use super::anatomy::Segment;
use super::detector::DetectorSpec;
use super::hand::{HandForm, HandPose};
use super::lesion::FilmLesionSpec;
use super::limb::{Joint, JointPose};
use super::limb_film::{LimbFilmSpec, LimbFilmVisit, LimbLesion, Narrowing};
use howship_change::Side;

/// A patient's hand, its lesions and its visits.
pub type HandFilmSpec = LimbFilmSpec<HandForm>;
/// One film of a hand.
pub type HandFilmVisit = LimbFilmVisit<HandPose>;

impl HandFilmSpec {
    /// Films at 0, 6, 12 and 24 months: one erosion heals, one stays, one progresses, one joint narrows; the hand
    /// lies differently each time and exposures differ.
    #[must_use]
    pub fn demo() -> Self {
        // So far from the joint the bones' profiles are their sides, not a collateral recess.
        let lesion = |from_joint_mm: f64, along: f64, depth: f64| FilmLesionSpec {
            angle_deg: 0.0,
            from_joint_mm,
            along_mm: along,
            depth_mm: depth,
            ..FilmLesionSpec::default()
        };
        let healing = FilmLesionSpec {
            depth_course: vec![1.0, 0.7, 0.35, 0.0],
            recortication: vec![0.0, 0.3, 0.7, 1.0],
            ..lesion(8.5, 3.2, 1.9)
        };
        let progressing = FilmLesionSpec {
            depth_course: vec![1.0, 1.25, 1.5, 1.9],
            width_course: vec![1.0, 1.1, 1.25, 1.5],
            ..lesion(8.0, 2.6, 1.3)
        };
        let on = |ray: usize, bone: Segment, at_base: bool, lesion: FilmLesionSpec| LimbLesion {
            ray,
            bone,
            at_base,
            lesion,
        };
        let visits = ["M0", "M6", "M12", "M24"]
            .into_iter()
            .enumerate()
            .map(|(i, name)| {
                let turns = [
                    [0.0, 0.0, 0.0],
                    [1.5, -1.0, 2.0],
                    [-1.0, 1.5, -3.0],
                    [2.0, 1.0, 1.0],
                ][i];
                let mut pose = HandPose {
                    roll_deg: turns[0],
                    tilt_deg: turns[1],
                    in_plane_deg: turns[2],
                    ..HandPose::relaxed()
                };
                pose.shift_mm = [1.5 * turns[1], -turns[0]];
                for (ray, joints) in pose.joints.iter_mut().enumerate() {
                    joints[0].deviation_deg += turns[ray % 3];
                    joints[1].flexion_deg += 0.5 * turns[(ray + 1) % 3].abs();
                }
                let mut detector = DetectorSpec::default();
                detector.photons_per_mm2 *= [1.0, 0.8, 1.2, 0.9][i];
                HandFilmVisit {
                    name: name.to_owned(),
                    pose,
                    narrowing: vec![Narrowing {
                        ray: 4,
                        proximal: Segment::Proximal,
                        change_mm: [0.0, -0.2, -0.45, -0.8][i],
                    }],
                    detector,
                }
            })
            .collect();
        Self {
            side: Side::R,
            lesions: vec![
                on(2, Segment::Metacarpal, false, healing),
                on(3, Segment::Proximal, false, lesion(6.0, 2.4, 1.3)),
                on(5, Segment::Metacarpal, false, progressing),
            ],
            visits,
            ..Self::default()
        }
    }

    /// A hand by name: `healthy`, `demo`, `deformed` or `child`; `None` for another name.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let pose = HandPose::relaxed();
        let one = Self::one;
        Some(match name {
            "healthy" => one(HandForm::default(), pose),
            "demo" => Self::demo(),
            "deformed" => {
                let mut pose = pose;
                let mut form = HandForm {
                    joint_spaces_mm: [0.8, 0.6, 0.6],
                    ..HandForm::default()
                };
                form.makeup.cortical_index = 0.3;
                form.fused = vec![Joint {
                    ray: 3,
                    proximal: Segment::Proximal,
                }];
                form.tips[3] = 0.7;
                for joints in &mut pose.joints[1..] {
                    joints[0] = JointPose {
                        deviation_deg: joints[0].deviation_deg - 22.0,
                        flexion_deg: 15.0,
                        slip_mm: [-2.0, -2.0, -1.0],
                        ..joints[0]
                    };
                }
                pose.joints[0][0].flexion_deg = 45.0;
                pose.joints[0][1].flexion_deg = -35.0;
                one(form, pose)
            }
            "child" => one(
                HandForm {
                    scale: 0.7,
                    growth_plate_mm: 1.0,
                    carpals: 0.8,
                    joint_spaces_mm: [2.2, 1.6, 1.3],
                    ..HandForm::default()
                },
                pose,
            ),
            _ => return None,
        })
    }
}
