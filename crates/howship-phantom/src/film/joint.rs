//! One joint on a film: two bones, lesions and visits, for thousands of measuring experiments.

use super::anatomy::{BoneMakeup, Head, Segment, TubularBone, TubularSize, tubular};
use super::bone::Bone;
use super::camera::{FilmGeometry, Placement, turn};
use super::detector::DetectorSpec;
use super::lesion::{Cavity, FilmLesionSpec};
use super::lesion_truth::{Course, Seen, lesion_truth};
use super::scene::{Film2d, Grain, Item, Scene, Skin};
use super::spectrum::Beam;
use super::texture::Texture;
use super::truth::{FilmBoneTruth, JointFilmTruth};
use crate::{Error, error::Check};
use howship_change::anatomy::Part;
use nalgebra::{Rotation3, Vector3};
use serde::{Deserialize, Serialize};

/// A joint between two tubular bones of one ray.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JointFilmSpec {
    /// Whether it is a joint of a hand or a foot.
    pub part: Part,
    /// Ray counted from the thumb or the great toe, 1 to 5.
    pub ray: usize,
    /// The bone on the wrist's or ankle's side: a metacarpal makes an MCP joint, a metatarsal an MTP joint, a proximal
    /// phalanx a PIP (or, of the first ray, the IP) joint.
    pub proximal: Segment,
    /// Size relative to the adult mean (0.5 to 1.5).
    pub scale: f64,
    /// Width of both bones relative to their length (0.7 to 1.4).
    pub stoutness: f64,
    /// Joint space between the bones at baseline, mm.
    pub joint_space_mm: f64,
    /// What the bones are made of.
    pub makeup: BoneMakeup,
    /// Half width of the soft tissue about the joint, mm.
    pub skin_mm: f64,
    /// Height of the joint's middle above the detector, mm.
    pub height_mm: f64,
    /// Erosions of the proximal bone's head.
    pub proximal_lesions: Vec<FilmLesionSpec>,
    /// Erosions of the distal bone's base.
    pub distal_lesions: Vec<FilmLesionSpec>,
    /// Pixels; the joint's middle falls on `origin_px`.
    pub geometry: FilmGeometry,
    /// Greatest distance of the rays on the detector, mm.
    pub ray_mm: f64,
    /// Visits.
    pub visits: Vec<JointFilmVisit>,
    /// Seed of texture and walls; a visit's noise has a seed of its own made from it.
    pub seed: u64,
}

/// One film of the joint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JointFilmVisit {
    /// Name.
    pub name: String,
    /// Turn in the film's plane, degrees; positive takes the fingertip to the thumb's side.
    pub in_plane_deg: f64,
    /// Tilt of both bones out of the film's plane (fingertip towards the detector), degrees.
    pub tilt_deg: f64,
    /// Roll of both bones about their axis, degrees.
    pub roll_deg: f64,
    /// Flexion of the distal bone, degrees.
    pub flexion_deg: f64,
    /// Deviation of the distal bone to the thumb's side, degrees.
    pub deviation_deg: f64,
    /// Turn of the distal bone about its own axis, degrees.
    pub twist_deg: f64,
    /// Shift on the film, mm (right, up).
    pub shift_mm: [f64; 2],
    /// Change of height above the detector, mm: changes the magnification.
    pub lift_mm: f64,
    /// Change of the joint space from the baseline, mm; negative narrows it.
    pub joint_space_change_mm: f64,
    /// Exposure and processing.
    pub detector: DetectorSpec,
}

impl Default for JointFilmVisit {
    fn default() -> Self {
        Self {
            name: "M0".to_owned(),
            in_plane_deg: 0.0,
            tilt_deg: 0.0,
            roll_deg: 0.0,
            flexion_deg: 0.0,
            deviation_deg: 0.0,
            twist_deg: 0.0,
            shift_mm: [0.0; 2],
            lift_mm: 0.0,
            joint_space_change_mm: 0.0,
            detector: DetectorSpec::default(),
        }
    }
}

impl Default for JointFilmSpec {
    fn default() -> Self {
        Self {
            part: Part::Hand,
            ray: 2,
            proximal: Segment::Metacarpal,
            scale: 1.0,
            stoutness: 1.0,
            joint_space_mm: 1.6,
            makeup: BoneMakeup::default(),
            skin_mm: 12.0,
            height_mm: 13.0,
            proximal_lesions: Vec::new(),
            distal_lesions: Vec::new(),
            geometry: FilmGeometry::default(),
            ray_mm: 0.05,
            visits: vec![JointFilmVisit::default()],
            seed: 1,
        }
    }
}

impl JointFilmSpec {
    /// Whether every number is usable; names the first that is not.
    ///
    /// # Errors
    /// The first number out of its range.
    pub fn check(&self) -> Result<(), Error> {
        Check::within("scale", self.scale, 0.3..=2.0, "it is 0.3 to 2")?;
        Check::within("stoutness", self.stoutness, 0.6..=1.6, "it is 0.6 to 1.6")?;
        Check::within(
            "joint_space_mm",
            self.joint_space_mm,
            0.1..=5.0,
            "it is 0.1 to 5 mm",
        )?;
        Check::within("skin_mm", self.skin_mm, 3.0..=60.0, "it is 3 to 60 mm")?;
        Check::within(
            "height_mm",
            self.height_mm,
            0.0..=200.0,
            "it is 0 to 200 mm",
        )?;
        Check::within("ray_mm", self.ray_mm, 0.005..=2.0, "it is 0.005 to 2 mm")?;
        self.geometry.check("geometry")?;
        self.makeup.check("makeup")?;
        if self.visits.is_empty() {
            return Err(Error::NoVisits);
        }
        for (v, visit) in self.visits.iter().enumerate() {
            if self.visits[..v].iter().any(|w| w.name == visit.name) {
                return Err(Error::VisitName {
                    visit: v,
                    name: visit.name.clone(),
                });
            }
            visit.check(&format!("visits[{v}]"), self.joint_space_mm)?;
        }
        for (list, lesions) in [
            ("proximal_lesions", &self.proximal_lesions),
            ("distal_lesions", &self.distal_lesions),
        ] {
            for (i, lesion) in lesions.iter().enumerate() {
                lesion.check(&format!("{list}[{i}]"), self.visits.len())?;
            }
        }
        Ok(())
    }
}

impl JointFilmVisit {
    fn check(&self, field: &str, space: f64) -> Result<(), Error> {
        for (name, value) in [
            ("in_plane_deg", self.in_plane_deg),
            ("tilt_deg", self.tilt_deg),
            ("roll_deg", self.roll_deg),
            ("flexion_deg", self.flexion_deg),
            ("deviation_deg", self.deviation_deg),
            ("twist_deg", self.twist_deg),
        ] {
            Check::within(
                format!("{field}.{name}"),
                value,
                -90.0..=90.0,
                "it is at most 90 degrees",
            )?;
        }
        for shift in self.shift_mm {
            Check::within(
                format!("{field}.shift_mm"),
                shift,
                -500.0..=500.0,
                "it is at most 500 mm",
            )?;
        }
        Check::within(
            format!("{field}.lift_mm"),
            self.lift_mm,
            -100.0..=200.0,
            "it is -100 to 200 mm",
        )?;
        let least = 0.02 - space;
        Check::within(
            format!("{field}.joint_space_change_mm"),
            self.joint_space_change_mm,
            least..=5.0,
            "it leaves at least 0.02 mm and adds at most 5 mm",
        )?;
        self.detector.check(&format!("{field}.detector"))
    }
}

/// A joint whose bones are built once: visits and noise can be rendered from it many times.
#[derive(Debug, Clone)]
pub struct JointFilm {
    spec: JointFilmSpec,
    bones: [Bone; 2],
    head_centre: f64,
    names: [String; 2],
    texture: Texture,
}

impl JointFilm {
    /// Builds the bones of a specification.
    ///
    /// # Errors
    /// A number out of range, or a joint that a ray does not have.
    pub fn new(spec: &JointFilmSpec) -> Result<Self, Error> {
        spec.check()?;
        let missing = |segment: &str| Error::Text {
            field: "proximal".to_owned(),
            value: segment.to_owned(),
            expected: "a metacarpal (of a foot a metatarsal), proximal or middle bone that the ray has, with a bone beyond it",
        };
        let next = match (spec.proximal, spec.ray) {
            (Segment::Metacarpal | Segment::Metatarsal, _) => Segment::Proximal,
            (Segment::Proximal, 1) | (Segment::Middle, _) => Segment::Distal,
            (Segment::Proximal, _) => Segment::Middle,
            (Segment::Distal, _) => return Err(missing("distal")),
        };
        let kind = |segment: Segment| TubularBone {
            part: spec.part,
            ray: spec.ray,
            segment,
        };
        let size = |segment: Segment| -> Result<TubularSize, Error> {
            let mut size = kind(segment)
                .adult()
                .ok_or_else(|| missing("that ray and bone"))?;
            let (s, w) = (spec.scale as f32, (spec.scale * spec.stoutness) as f32);
            size.length *= s;
            for width in [&mut size.base, &mut size.waist, &mut size.head] {
                *width *= w;
            }
            Ok(size)
        };
        let (near, far) = (size(spec.proximal)?, size(next)?);
        // What the proximal bone meets at its own base is beyond the film.
        let (bone, head): (Bone, Option<Head>) =
            tubular(kind(spec.proximal), &near, &spec.makeup, None, 0.0);
        let head = head.ok_or_else(|| missing("distal"))?;
        let gap = spec.joint_space_mm as f32;
        let (other, _) = tubular(
            kind(next),
            &far,
            &spec.makeup,
            Some((&head, near.length)),
            gap,
        );
        Ok(Self {
            spec: spec.clone(),
            bones: [bone, other],
            head_centre: f64::from(head.centre),
            names: [bone_name(kind(spec.proximal)), bone_name(kind(next))],
            texture: Texture::new(spec.seed),
        })
    }

    /// The specification.
    #[must_use]
    pub fn spec(&self) -> &JointFilmSpec {
        &self.spec
    }

    fn visit(&self, visit: usize) -> Result<&JointFilmVisit, Error> {
        let visits = self.spec.visits.len();
        self.spec
            .visits
            .get(visit)
            .ok_or(Error::VisitIndex { visit, visits })
    }

    fn placements(&self, visit: &JointFilmVisit) -> [Placement; 2] {
        let rad = f64::to_radians;
        let hand = turn(
            rad(visit.in_plane_deg),
            rad(visit.tilt_deg),
            rad(visit.roll_deg),
        );
        let along = |r: &Rotation3<f64>, z: f64| *r * Vector3::new(0.0, 0.0, z);
        let length = f64::from(self.bones[0].length);
        let tip = length - self.head_centre;
        let space = self.spec.joint_space_mm;
        // The joint space's middle lies over the origin.
        let middle = Vector3::new(
            visit.shift_mm[0],
            self.spec.height_mm + visit.lift_mm,
            visit.shift_mm[1],
        );
        let centre = middle - along(&hand, tip + 0.5 * space);
        let distal = hand
            * turn(
                rad(visit.deviation_deg),
                rad(visit.flexion_deg),
                rad(visit.twist_deg),
            );
        [
            Placement {
                rotation: hand,
                shift: centre - along(&hand, self.head_centre),
            },
            Placement {
                rotation: distal,
                shift: centre + along(&distal, tip + space + visit.joint_space_change_mm),
            },
        ]
    }

    /// One lesion's cavity at a visit.
    fn cavity(
        &self,
        lesion: &FilmLesionSpec,
        at: [usize; 2],
        visit: usize,
    ) -> Result<Option<Cavity>, Error> {
        let [bone, i] = at;
        let seed =
            self.spec.seed ^ ((100 * bone + i + 1) as u64).wrapping_mul(0xD1B5_4A32_D192_ED03);
        let list = ["proximal_lesions", "distal_lesions"][bone];
        let field = format!("{list}[{i}]");
        Cavity::new(lesion, visit, &self.bones[bone], bone == 1, seed, &field)
    }

    fn lesions(&self, bone: usize) -> &[FilmLesionSpec] {
        [&self.spec.proximal_lesions, &self.spec.distal_lesions][bone]
    }

    fn cavities(&self, visit: usize) -> Result<[Vec<Cavity>; 2], Error> {
        let build = |bone: usize| -> Result<Vec<Cavity>, Error> {
            let mut all = Vec::new();
            for (i, lesion) in self.lesions(bone).iter().enumerate() {
                all.extend(self.cavity(lesion, [bone, i], visit)?);
            }
            Ok(all)
        };
        Ok([build(0)?, build(1)?])
    }

    /// The film of a visit, grey levels 0 to 4095, bone bright.
    ///
    /// # Errors
    /// A visit that does not exist, or a lesion that is not on its bone.
    pub fn render(&self, visit: usize) -> Result<Film2d, Error> {
        let shot = self.visit(visit)?;
        let placements = self.placements(shot);
        let cavities = self.cavities(visit)?;
        let items = (0..2)
            .map(|b| Item {
                bone: &self.bones[b],
                placement: placements[b],
                cavities: cavities[b].clone(),
                texture: self.spec.makeup.texture,
                offset: texture_offset(b),
            })
            .collect();
        let middle = placements[1].shift;
        let ends = [0usize, 1].map(|b| {
            let along = if b == 0 { -40.0 } else { 40.0 };
            middle + placements[b].rotation * Vector3::new(0.0, 0.0, along)
        });
        let skin = vec![
            Skin {
                from: middle,
                to: ends[0],
                radii: [self.spec.skin_mm; 2],
                flatness: 0.85,
            },
            Skin {
                from: middle,
                to: ends[1],
                radii: [self.spec.skin_mm; 2],
                flatness: 0.85,
            },
        ];
        let scene = Scene {
            items,
            skin,
            texture: &self.texture,
            skin_blur_mm: 0.0,
        };
        let seed = self.spec.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (visit as u64 + 1);
        scene.film(&self.spec.geometry, self.spec.ray_mm, &shot.detector, seed)
    }

    /// What is true of the joint at a visit.
    ///
    /// # Errors
    /// A visit that does not exist, or a lesion that is not on its bone.
    pub fn truth(&self, visit: usize) -> Result<JointFilmTruth, Error> {
        self.truth_posed(visit, visit)
    }

    /// What would be true of a visit's lesions if the joint lay as at another visit: against that one's own truth, what
    /// changed without what tilt does to a shadow.
    ///
    /// # Errors
    /// As [`Self::truth`].
    pub fn truth_posed(&self, visit: usize, pose: usize) -> Result<JointFilmTruth, Error> {
        self.visit(visit)?;
        let shot = self.visit(pose)?;
        let placements = self.placements(shot);
        let geometry = &self.spec.geometry;
        let bones: Vec<FilmBoneTruth> = (0..2)
            .map(|b| {
                let anchor = if b == 0 {
                    f64::from(self.bones[0].length)
                } else {
                    0.0
                };
                FilmBoneTruth::new(&self.names[b], &placements[b], geometry, anchor)
            })
            .collect();
        let beam = Beam::new(shot.detector.kvp)?;
        let mut lesions = Vec::new();
        for b in 0..2 {
            let grain = Grain {
                texture: &self.texture,
                strength: self.spec.makeup.texture,
                offset: texture_offset(b),
            };
            let seen = Seen {
                bone: &self.bones[b],
                placement: &placements[b],
                geometry,
                grain: &grain,
                beam: &beam,
            };
            for (i, lesion) in self.lesions(b).iter().enumerate() {
                let id = lesions.len() as u32 + 1;
                let now = self.cavity(lesion, [b, i], visit)?;
                // At 2 % of its size or more there is always a cavity.
                if let Some(largest) = self.cavity(&lesion.at_its_largest(), [b, i], 0)? {
                    let course = Course {
                        now: now.as_ref(),
                        largest: &largest,
                    };
                    lesions.push(lesion_truth(id, &self.names[b], &seen, &course));
                }
            }
        }
        let head = placements[0].point(Vector3::new(0.0, 0.0, f64::from(self.bones[0].length)));
        let base = placements[1].shift;
        Ok(JointFilmTruth {
            visit: shot.name.clone(),
            joint_space_mm: self.spec.joint_space_mm + shot.joint_space_change_mm,
            centre_px: geometry.project((head + base) * 0.5),
            pixel_mm: geometry.pixel_mm,
            magnification: geometry.source_mm / (geometry.source_mm - 0.5 * (head.y + base.y)),
            bones,
            lesions,
        })
    }
}

/// Tells both bones' textures apart, mm.
fn texture_offset(bone: usize) -> f32 {
    9.1 * bone as f32
}

/// `MC2`, `PP2`, `MP2`, `DP2`; of a foot `MT2`, `FPP2`, `FMP2`, `FDP2`.
pub(crate) fn bone_name(bone: TubularBone) -> String {
    let short = match bone.segment {
        Segment::Metacarpal => "MC",
        Segment::Metatarsal => "MT",
        Segment::Proximal => "PP",
        Segment::Middle => "MP",
        Segment::Distal => "DP",
    };
    let foot = bone.part == Part::Foot && bone.segment != Segment::Metatarsal;
    format!("{}{short}{}", if foot { "F" } else { "" }, bone.ray)
}
