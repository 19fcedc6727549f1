//! A hand over visits as clinical films, with known truth.

use super::anatomy::Segment;
use super::camera::FilmGeometry;
use super::detector::DetectorSpec;
use super::hand::{Hand, HandForm, HandPose, Joint, JointPose, LANDMARKS, Placed};
use super::joint::bone_name;
use super::lesion::{Cavity, FilmLesionSpec};
use super::lesion_truth::{Course, FilmLesionTruth, Seen, lesion_truth};
use super::marker::stamp;
use super::scene::{Film2d, Grain, Item, Scene};
use super::spectrum::Beam;
use super::texture::Texture;
use super::truth::{FilmBoneTruth, HandFilmTruth, JointSpaceTruth};
use crate::{Error, error::Check};
use howship_change::Side;
use howship_image::Film;
use serde::{Deserialize, Serialize};

/// A patient's hand, its lesions and its visits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandFilmSpec {
    /// Which hand. Films are seen from the back of the hand (PA): a left thumb is on the right.
    pub side: Side,
    /// Sizes and make-up.
    pub form: HandForm,
    /// Erosions.
    pub lesions: Vec<HandLesion>,
    /// Pixels and tube; the middle of the hand falls on `origin_px`.
    pub geometry: FilmGeometry,
    /// Greatest distance of the rays on the detector, mm.
    pub ray_mm: f64,
    /// Whether a lead letter names the side.
    pub marker: bool,
    /// Visits.
    pub visits: Vec<HandFilmVisit>,
    /// Seed of texture and walls; each visit's noise has a seed of its own made from it.
    pub seed: u64,
}

/// An erosion of one of the hand's tubular bones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandLesion {
    /// Ray counted from the thumb, 1 to 5.
    pub ray: usize,
    /// The bone.
    pub bone: Segment,
    /// Whether it is at the bone's base; else at its head.
    #[serde(default)]
    pub at_base: bool,
    /// Place, size and course.
    #[serde(default)]
    pub lesion: FilmLesionSpec,
}

/// One film of the hand.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandFilmVisit {
    /// Name.
    pub name: String,
    /// How the hand lies.
    pub pose: HandPose,
    /// Joint spaces that changed since the baseline.
    pub narrowing: Vec<Narrowing>,
    /// Exposure and processing.
    pub detector: DetectorSpec,
}

/// A joint's space against the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Narrowing {
    /// Ray counted from the thumb, 1 to 5.
    pub ray: usize,
    /// The bone on the wrist's side of the joint.
    pub proximal: Segment,
    /// Change, mm; negative narrows.
    pub change_mm: f64,
}

impl Default for HandFilmSpec {
    fn default() -> Self {
        Self {
            side: Side::L,
            form: HandForm::default(),
            lesions: Vec::new(),
            geometry: FilmGeometry {
                size_px: [1900, 2300],
                pixel_mm: 0.1,
                origin_px: [950.0, 1290.0],
                ..FilmGeometry::default()
            },
            ray_mm: 0.05,
            marker: true,
            visits: vec![HandFilmVisit {
                name: "M0".to_owned(),
                ..HandFilmVisit::default()
            }],
            seed: 1,
        }
    }
}

impl HandFilmSpec {
    /// Whether every number is usable; names the first that is not.
    ///
    /// # Errors
    /// The first number out of its range.
    pub fn check(&self) -> Result<(), Error> {
        self.form.check("form")?;
        self.geometry.check("geometry")?;
        Check::within("ray_mm", self.ray_mm, 0.005..=2.0, "it is 0.005 to 2 mm")?;
        if self.visits.is_empty() {
            return Err(Error::NoVisits);
        }
        for (v, visit) in self.visits.iter().enumerate() {
            let field = format!("visits[{v}]");
            if self.visits[..v].iter().any(|w| w.name == visit.name) {
                return Err(Error::VisitName {
                    visit: v,
                    name: visit.name.clone(),
                });
            }
            visit.pose.check(&format!("{field}.pose"))?;
            visit.detector.check(&format!("{field}.detector"))?;
            for (i, narrowing) in visit.narrowing.iter().enumerate() {
                let field = format!("{field}.narrowing[{i}]");
                check_joint(&field, narrowing.ray, narrowing.proximal)?;
                let space = self.form.space(narrowing.ray, narrowing.proximal);
                let range = 0.02 - space..=5.0;
                Check::within(
                    format!("{field}.change_mm"),
                    narrowing.change_mm,
                    range,
                    "it leaves at least 0.02 mm and adds at most 5 mm",
                )?;
            }
        }
        for (i, lesion) in self.lesions.iter().enumerate() {
            lesion
                .lesion
                .check(&format!("lesions[{i}].lesion"), self.visits.len())?;
        }
        Ok(())
    }

    fn posed(&self, visit: usize) -> Result<(&HandFilmVisit, Hand), Error> {
        let visits = self.visits.len();
        let shot = self
            .visits
            .get(visit)
            .ok_or(Error::VisitIndex { visit, visits })?;
        let mut pose = shot.pose.clone();
        for n in &shot.narrowing {
            let k = joint_of_ray(n.ray, n.proximal);
            pose.joints[n.ray - 1][k].slip_mm[2] += n.change_mm;
        }
        Ok((shot, Hand::new(&self.form, &pose)?))
    }

    fn cavity(
        &self,
        lesion: usize,
        cavity: &FilmLesionSpec,
        visit: usize,
        hand: &Hand,
    ) -> Result<(usize, Option<Cavity>), Error> {
        let spec = &self.lesions[lesion];
        let field = format!("lesions[{lesion}]");
        let name = bone_name(spec.ray, spec.bone);
        let Some(at) = hand.bones.iter().position(|b| b.name == name) else {
            return Err(Error::Text {
                field,
                value: name,
                expected: "a bone of the hand: rays 1 to 5, the thumb has no middle phalanx",
            });
        };
        let seed = self.seed ^ (lesion as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
        let cavity = Cavity::new(
            cavity,
            visit,
            &hand.bones[at].bone,
            spec.at_base,
            seed,
            &field,
        )?;
        Ok((at, cavity))
    }

    /// The film of a visit, grey levels 0 to 4095, bone bright.
    ///
    /// # Errors
    /// A number out of range, a visit that does not exist, a lesion that is not on its bone.
    pub fn render(&self, visit: usize) -> Result<Film2d, Error> {
        self.check()?;
        let (shot, hand) = self.posed(visit)?;
        let mut cavities: Vec<Vec<Cavity>> = vec![Vec::new(); hand.bones.len()];
        for i in 0..self.lesions.len() {
            let (bone, cavity) = self.cavity(i, &self.lesions[i].lesion, visit, &hand)?;
            cavities[bone].extend(cavity);
        }
        let items = hand
            .bones
            .iter()
            .zip(cavities)
            .enumerate()
            .map(|(i, (placed, cavities))| Item {
                bone: &placed.bone,
                placement: placed.placement,
                cavities,
                texture: self.form.makeup.texture,
                offset: texture_offset(i),
            })
            .collect();
        let texture = Texture::new(self.seed);
        let scene = Scene {
            items,
            skin: hand.skin.clone(),
            texture: &texture,
            skin_blur_mm: 1.0,
        };
        let seed = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (visit as u64 + 1);
        let mut transmitted = scene.transmitted(&self.geometry, self.ray_mm, &shot.detector)?;
        let size = self.geometry.size_px;
        if self.side == Side::R {
            transmitted.chunks_mut(size[0]).for_each(<[f32]>::reverse);
        }
        if self.marker {
            stamp(&mut transmitted, size, self.geometry.pixel_mm, self.side);
        }
        Ok(Film2d {
            size_px: size,
            pixel_mm: self.geometry.pixel_mm,
            values: shot
                .detector
                .expose(&transmitted, size, self.geometry.pixel_mm, seed),
        })
    }

    /// The same as a film with its scale (in the metacarpals' plane), side and view.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn film(&self, visit: usize) -> Result<Film, Error> {
        let height = self.visits.get(visit).map_or(0.0, |v| v.pose.height_mm);
        let magnification = self.geometry.source_mm / (self.geometry.source_mm - height);
        self.render(visit)?.film(magnification, Some(self.side))
    }

    /// What is true of a visit's film.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn truth(&self, visit: usize) -> Result<HandFilmTruth, Error> {
        self.check()?;
        let (shot, hand) = self.posed(visit)?;
        let geometry = &self.geometry;
        let mut truth = HandFilmTruth {
            visit: shot.name.clone(),
            side: self.side,
            pixel_mm: geometry.pixel_mm,
            landmarks: LANDMARKS
                .iter()
                .zip(&hand.landmarks)
                .map(|(name, p)| ((*name).to_owned(), geometry.project(*p)))
                .collect(),
            wrist_px: geometry.project(hand.wrist),
            joints: self.joints(shot, &hand),
            bones: hand
                .bones
                .iter()
                .filter(|b| b.name.len() == 3)
                .map(|b| FilmBoneTruth::new(&b.name, &b.placement, geometry, 0.0))
                .collect(),
            lesions: self.lesions(visit, &hand)?,
        };
        if self.side == Side::R {
            truth.mirror(geometry.size_px[0]);
        }
        Ok(truth)
    }

    fn joints(&self, shot: &HandFilmVisit, hand: &Hand) -> Vec<JointSpaceTruth> {
        (5..19)
            .map(|i| {
                let (ray, proximal) = joint_at(i);
                let change: f64 = shot
                    .narrowing
                    .iter()
                    .filter(|n| (n.ray, n.proximal) == (ray, proximal))
                    .map(|n| n.change_mm)
                    .sum();
                JointSpaceTruth {
                    joint: LANDMARKS[i].to_owned(),
                    centre_px: self.geometry.project(hand.landmarks[i]),
                    joint_space_mm: self.form.space(ray, proximal) + change,
                    fused: self.form.fused.contains(&Joint { ray, proximal }),
                }
            })
            .collect()
    }

    fn lesions(&self, visit: usize, hand: &Hand) -> Result<Vec<FilmLesionTruth>, Error> {
        let texture = Texture::new(self.seed);
        let beam = Beam::new(self.visits[visit].detector.kvp)?;
        let mut all = Vec::new();
        for i in 0..self.lesions.len() {
            let (at, now) = self.cavity(i, &self.lesions[i].lesion, visit, hand)?;
            let largest = self.lesions[i].lesion.at_its_largest();
            let Placed {
                name,
                bone,
                placement,
            } = &hand.bones[at];
            let grain = Grain {
                texture: &texture,
                strength: self.form.makeup.texture,
                offset: texture_offset(at),
            };
            let seen = Seen {
                bone,
                placement,
                geometry: &self.geometry,
                grain: &grain,
                beam: &beam,
            };
            // At 2 % of its size or more there is always a cavity.
            if let (_, Some(largest)) = self.cavity(i, &largest, 0, hand)? {
                let course = Course {
                    now: now.as_ref(),
                    largest: &largest,
                };
                all.push(lesion_truth(i as u32 + 1, name, &seen, &course));
            }
        }
        Ok(all)
    }

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
        let on = |ray: usize, bone: Segment, at_base: bool, lesion: FilmLesionSpec| HandLesion {
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
        let one = |form: HandForm, pose: HandPose| Self {
            form,
            visits: vec![HandFilmVisit {
                name: "M0".to_owned(),
                pose,
                ..HandFilmVisit::default()
            }],
            ..Self::default()
        };
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

fn check_joint(field: &str, ray: usize, proximal: Segment) -> Result<(), Error> {
    let known = (1..=5).contains(&ray)
        && !matches!((ray, proximal), (_, Segment::Distal) | (1, Segment::Middle));
    if known {
        return Ok(());
    }
    Err(Error::Text {
        field: field.to_owned(),
        value: format!("ray {ray}, {proximal:?}"),
        expected: "a joint of the hand: rays 1 to 5, `metacarpal`, `proximal` or (not the thumb) `middle`",
    })
}

/// Index of a joint in its ray's list of poses.
fn joint_of_ray(ray: usize, proximal: Segment) -> usize {
    match (proximal, ray) {
        (Segment::Metacarpal, _) => 0,
        (Segment::Proximal, _) => 1,
        _ => 2,
    }
}

/// Ray and proximal bone of a joint's landmark.
fn joint_at(landmark: usize) -> (usize, Segment) {
    match landmark {
        5..10 => (landmark - 4, Segment::Metacarpal),
        10..15 => (landmark - 9, Segment::Proximal),
        _ => (landmark - 13, Segment::Middle),
    }
}

/// Tells the bones' textures apart, mm.
fn texture_offset(bone: usize) -> f32 {
    3.7 * bone as f32
}
