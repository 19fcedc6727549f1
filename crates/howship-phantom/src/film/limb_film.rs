//! A hand or foot over visits as clinical films, with known truth.

use super::anatomy::{Segment, TubularBone};
use super::camera::FilmGeometry;
use super::detector::DetectorSpec;
use super::joint::bone_name;
use super::lesion::{Cavity, FilmLesionSpec};
use super::lesion_truth::{Course, FilmLesionTruth, Seen, lesion_truth};
use super::limb::{Joint, Limb, LimbForm, LimbPose, Placed, first_bone, landmarks};
use super::marker::stamp;
use super::scene::{Film2d, Grain, Item, Scene};
use super::spectrum::Beam;
use super::texture::Texture;
use super::truth::{FilmBoneTruth, JointFilmTruth, JointSpaceTruth, LimbFilmTruth};
use crate::{Error, error::Check};
use howship_change::Side;
use howship_change::anatomy::Part;
use howship_image::Film;
use serde::{Deserialize, Serialize};

/// A patient's hand or foot, its lesions and its visits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct LimbFilmSpec<F: LimbForm> {
    /// Which side. Films are seen from the back of hand or foot (dorsopalmar, dorsoplantar): a left thumb or great toe
    /// is on the right.
    pub side: Side,
    /// Sizes and make-up.
    pub form: F,
    /// Erosions.
    pub lesions: Vec<LimbLesion>,
    /// Pixels and tube; the middle of the limb falls on `origin_px`.
    pub geometry: FilmGeometry,
    /// Greatest distance of the rays on the detector, mm.
    pub ray_mm: f64,
    /// Whether a lead letter names the side.
    pub marker: bool,
    /// Visits.
    pub visits: Vec<LimbFilmVisit<F::Pose>>,
    /// Seed of texture and walls; each visit's noise has a seed of its own made from it.
    pub seed: u64,
}

/// An erosion of one of the tubular bones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimbLesion {
    /// Ray counted from the thumb or the great toe, 1 to 5.
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

/// One film.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, bound = "")]
pub struct LimbFilmVisit<P: LimbPose> {
    /// Name.
    pub name: String,
    /// How the hand or foot lies.
    pub pose: P,
    /// Joint spaces that changed since the baseline.
    pub narrowing: Vec<Narrowing>,
    /// Exposure and processing.
    pub detector: DetectorSpec,
}

/// A joint's space against the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Narrowing {
    /// Ray counted from the thumb or the great toe, 1 to 5.
    pub ray: usize,
    /// The bone on the wrist's or ankle's side of the joint.
    pub proximal: Segment,
    /// Change, mm; negative narrows.
    pub change_mm: f64,
}

impl<F: LimbForm> Default for LimbFilmSpec<F> {
    fn default() -> Self {
        Self {
            side: Side::L,
            form: F::default(),
            lesions: Vec::new(),
            geometry: F::geometry(),
            ray_mm: 0.05,
            marker: true,
            visits: vec![LimbFilmVisit {
                name: "M0".to_owned(),
                ..LimbFilmVisit::default()
            }],
            seed: 1,
        }
    }
}

impl<F: LimbForm> LimbFilmSpec<F> {
    /// One film.
    pub(crate) fn one(form: F, pose: F::Pose) -> Self {
        Self {
            form,
            visits: vec![LimbFilmVisit {
                name: "M0".to_owned(),
                pose,
                ..LimbFilmVisit::default()
            }],
            ..Self::default()
        }
    }

    /// Whether every number is usable; names the first that is not.
    ///
    /// # Errors
    /// The first number out of its range.
    pub fn check(&self) -> Result<(), Error> {
        self.form.check("form")?;
        let sizes = self.form.sizes();
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
                check_joint(F::PART, &field, narrowing.ray, narrowing.proximal)?;
                let space = sizes.space(narrowing.ray, narrowing.proximal);
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

    fn posed(&self, visit: usize) -> Result<(&LimbFilmVisit<F::Pose>, Limb), Error> {
        let visits = self.visits.len();
        let shot = self
            .visits
            .get(visit)
            .ok_or(Error::VisitIndex { visit, visits })?;
        let mut pose = shot.pose.clone();
        for n in &shot.narrowing {
            let k = joint_of_ray(n.ray, n.proximal);
            pose.joints_mut()[n.ray - 1][k].slip_mm[2] += n.change_mm;
        }
        Ok((shot, self.form.limb(&pose)?))
    }

    fn cavity(
        &self,
        lesion: usize,
        cavity: &FilmLesionSpec,
        visit: usize,
        limb: &Limb,
    ) -> Result<(usize, Option<Cavity>), Error> {
        let spec = &self.lesions[lesion];
        let field = format!("lesions[{lesion}]");
        let name = bone_name(TubularBone {
            part: F::PART,
            ray: spec.ray,
            segment: spec.bone,
        });
        let Some(at) = limb.bones.iter().position(|b| b.name == name) else {
            return Err(Error::Text {
                field,
                value: name,
                expected: "a bone of the limb: rays 1 to 5, `metacarpal` (of a foot `metatarsal`), `proximal`, `middle` (not of thumb or great toe) or `distal`",
            });
        };
        let seed = self.seed ^ (lesion as u64 + 1).wrapping_mul(0xD1B5_4A32_D192_ED03);
        let cavity = Cavity::new(
            cavity,
            visit,
            &limb.bones[at].bone,
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
        let (shot, limb) = self.posed(visit)?;
        let mut cavities: Vec<Vec<Cavity>> = vec![Vec::new(); limb.bones.len()];
        for i in 0..self.lesions.len() {
            let (bone, cavity) = self.cavity(i, &self.lesions[i].lesion, visit, &limb)?;
            cavities[bone].extend(cavity);
        }
        let items = limb
            .bones
            .iter()
            .zip(cavities)
            .enumerate()
            .map(|(i, (placed, cavities))| Item {
                bone: &placed.bone,
                placement: placed.placement,
                cavities,
                texture: limb.texture,
                offset: texture_offset(i),
            })
            .collect();
        let texture = Texture::new(self.seed);
        let scene = Scene {
            items,
            skin: limb.skin.clone(),
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

    /// The same as a film with its scale (in the plane of metacarpals or metatarsals), side and view.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn film(&self, visit: usize) -> Result<Film, Error> {
        let height = self.visits.get(visit).map_or(0.0, |v| v.pose.height_mm());
        let magnification = self.geometry.source_mm / (self.geometry.source_mm - height);
        self.render(visit)?.film(magnification, Some(self.side))
    }

    /// What is true of a visit's film.
    ///
    /// # Errors
    /// As [`Self::render`].
    pub fn truth(&self, visit: usize) -> Result<LimbFilmTruth, Error> {
        self.check()?;
        let (shot, limb) = self.posed(visit)?;
        let geometry = &self.geometry;
        let mut truth = LimbFilmTruth {
            visit: shot.name.clone(),
            part: F::PART,
            side: self.side,
            pixel_mm: geometry.pixel_mm,
            landmarks: landmarks(F::PART)
                .iter()
                .zip(&limb.landmarks)
                .map(|(name, p)| ((*name).to_owned(), geometry.project(*p)))
                .collect(),
            root_px: geometry.project(limb.root),
            joints: self.joints(shot, &limb),
            bones: limb
                .bones
                .iter()
                .filter(|b| b.tubular)
                .map(|b| FilmBoneTruth::new(&b.name, &b.placement, geometry, 0.0))
                .collect(),
            lesions: self.lesions(visit, &limb)?,
        };
        if self.side == Side::R {
            truth.mirror(geometry.size_px[0]);
        }
        Ok(truth)
    }

    /// What is true of one joint, as of a film of that joint alone.
    ///
    /// # Errors
    /// As [`Self::render`], or a joint that the limb does not have.
    pub fn joint_truth(
        &self,
        visit: usize,
        ray: usize,
        proximal: Segment,
    ) -> Result<JointFilmTruth, Error> {
        self.check()?;
        check_joint(F::PART, "joint", ray, proximal)?;
        let (shot, limb) = self.posed(visit)?;
        let distal = match (proximal, ray) {
            (Segment::Metacarpal | Segment::Metatarsal, _) => Segment::Proximal,
            (Segment::Proximal, 2..) => Segment::Middle,
            _ => Segment::Distal,
        };
        let names = [proximal, distal].map(|segment| {
            bone_name(TubularBone {
                part: F::PART,
                ray,
                segment,
            })
        });
        let mut bones = Vec::new();
        for (name, is_distal) in names.iter().zip([false, true]) {
            let found = limb.bones.iter().find(|b| b.name == *name);
            bones.extend(found.map(|b| {
                let end = if is_distal { 0.0 } else { b.bone.length };
                FilmBoneTruth::new(&b.name, &b.placement, &self.geometry, f64::from(end))
            }));
        }
        let middle = limb.landmarks[landmark_of(ray, proximal)];
        let source = self.geometry.source_mm;
        let mut lesions = self.lesions(visit, &limb)?;
        lesions.retain(|l| names.contains(&l.bone));
        Ok(JointFilmTruth {
            visit: shot.name.clone(),
            joint_space_mm: self.joint_space(shot, ray, proximal),
            centre_px: self.geometry.project(middle),
            pixel_mm: self.geometry.pixel_mm,
            magnification: source / (source - middle.y),
            bones,
            lesions,
        })
    }

    /// What would be true of a visit's lesions if the limb lay as at another visit.
    ///
    /// # Errors
    /// As [`Self::joint_truth`].
    pub fn joint_truth_posed(
        &self,
        visit: usize,
        pose: usize,
        ray: usize,
        proximal: Segment,
    ) -> Result<JointFilmTruth, Error> {
        let visits = self.visits.len();
        let lying = self.visits.get(pose).ok_or(Error::VisitIndex {
            visit: pose,
            visits,
        })?;
        let mut other = self.clone();
        if let Some(shot) = other.visits.get_mut(visit) {
            *shot = LimbFilmVisit {
                name: shot.name.clone(),
                ..lying.clone()
            };
        }
        other.joint_truth(visit, ray, proximal)
    }

    /// A visit's joint space, mm.
    fn joint_space(&self, shot: &LimbFilmVisit<F::Pose>, ray: usize, proximal: Segment) -> f64 {
        let of_joint = |n: &&Narrowing| (n.ray, n.proximal) == (ray, proximal);
        let changes = shot.narrowing.iter().filter(of_joint);
        let change: f64 = changes.map(|n| n.change_mm).sum();
        self.form.sizes().space(ray, proximal) + change
    }

    fn joints(&self, shot: &LimbFilmVisit<F::Pose>, limb: &Limb) -> Vec<JointSpaceTruth> {
        let sizes = self.form.sizes();
        (5..19)
            .map(|i| {
                let (ray, proximal) = joint_at(F::PART, i);
                JointSpaceTruth {
                    joint: landmarks(F::PART)[i].to_owned(),
                    centre_px: self.geometry.project(limb.landmarks[i]),
                    joint_space_mm: self.joint_space(shot, ray, proximal),
                    fused: sizes.fused.contains(&Joint { ray, proximal }),
                }
            })
            .collect()
    }

    fn lesions(&self, visit: usize, limb: &Limb) -> Result<Vec<FilmLesionTruth>, Error> {
        let texture = Texture::new(self.seed);
        let beam = Beam::new(self.visits[visit].detector.kvp)?;
        let mut all = Vec::new();
        for i in 0..self.lesions.len() {
            let (at, now) = self.cavity(i, &self.lesions[i].lesion, visit, limb)?;
            let largest = self.lesions[i].lesion.at_its_largest();
            let Placed {
                name,
                bone,
                placement,
                ..
            } = &limb.bones[at];
            let grain = Grain {
                texture: &texture,
                strength: limb.texture,
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
            if let (_, Some(largest)) = self.cavity(i, &largest, 0, limb)? {
                let course = Course {
                    now: now.as_ref(),
                    largest: &largest,
                };
                all.push(lesion_truth(i as u32 + 1, name, &seen, &course));
            }
        }
        Ok(all)
    }
}

fn check_joint(part: Part, field: &str, ray: usize, proximal: Segment) -> Result<(), Error> {
    let kind = proximal == first_bone(part)
        || matches!(
            (ray, proximal),
            (_, Segment::Proximal) | (2.., Segment::Middle)
        );
    let known = (1..=5).contains(&ray) && kind;
    if known {
        return Ok(());
    }
    Err(Error::Text {
        field: field.to_owned(),
        value: format!("ray {ray}, {proximal:?}"),
        expected: "a joint of the limb: rays 1 to 5, `metacarpal` (of a foot `metatarsal`), `proximal` or (not of thumb or great toe) `middle`",
    })
}

/// Index of a joint in its ray's list of poses.
fn joint_of_ray(ray: usize, proximal: Segment) -> usize {
    match (proximal, ray) {
        (Segment::Metacarpal | Segment::Metatarsal, _) => 0,
        (Segment::Proximal, _) => 1,
        _ => 2,
    }
}

/// Landmark of a joint.
pub(crate) fn landmark_of(ray: usize, proximal: Segment) -> usize {
    match proximal {
        Segment::Metacarpal | Segment::Metatarsal => 4 + ray,
        Segment::Proximal => 9 + ray,
        _ => 13 + ray,
    }
}

/// Ray and proximal bone of a joint's landmark.
fn joint_at(part: Part, landmark: usize) -> (usize, Segment) {
    match landmark {
        5..10 => (landmark - 4, first_bone(part)),
        10..15 => (landmark - 9, Segment::Proximal),
        _ => (landmark - 13, Segment::Middle),
    }
}

/// Tells the bones' textures apart, mm.
fn texture_offset(bone: usize) -> f32 {
    3.7 * bone as f32
}
