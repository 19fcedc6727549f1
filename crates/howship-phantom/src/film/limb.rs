//! What hand and foot share: rays built bone by bone, their joints, how the whole is laid down.

use super::anatomy::{BoneMakeup, Head, Segment, TubularBone, TubularSize, tubular};
use super::bone::Bone;
use super::camera::{FilmGeometry, Placement, turn};
use super::carpus::pebble;
use super::joint::bone_name;
use super::scene::Skin;
use super::solid::Solid;
use crate::{Error, error::Check};
use howship_change::anatomy::Part;
use nalgebra::{Rotation3, Vector3};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Landmarks of a hand, in the order of every list of them.
///
/// Bases are those of the five metacarpals; joints are the middles of their joint spaces; tips are the ends of the
/// distal phalanges.
pub const LANDMARKS: [&str; 24] = [
    "CMC1", "CMC2", "CMC3", "CMC4", "CMC5", "MCP1", "MCP2", "MCP3", "MCP4", "MCP5", "IP1", "PIP2",
    "PIP3", "PIP4", "PIP5", "DIP2", "DIP3", "DIP4", "DIP5", "TIP1", "TIP2", "TIP3", "TIP4", "TIP5",
];

/// Landmarks of a foot, slot by slot those of a hand.
pub const FOOT_LANDMARKS: [&str; 24] = [
    "TMT1", "TMT2", "TMT3", "TMT4", "TMT5", "MTP1", "MTP2", "MTP3", "MTP4", "MTP5", "FIP1",
    "FPIP2", "FPIP3", "FPIP4", "FPIP5", "FDIP2", "FDIP3", "FDIP4", "FDIP5", "FTIP1", "FTIP2",
    "FTIP3", "FTIP4", "FTIP5",
];

/// The landmarks of a part.
pub(crate) fn landmarks(part: Part) -> &'static [&'static str; 24] {
    match part {
        Part::Hand => &LANDMARKS,
        Part::Foot => &FOOT_LANDMARKS,
    }
}

/// The first bone of a part's rays.
pub(crate) fn first_bone(part: Part) -> Segment {
    match part {
        Part::Hand => Segment::Metacarpal,
        Part::Foot => Segment::Metatarsal,
    }
}

/// A joint by kind and ray.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    /// Ray counted from the thumb or the great toe, 1 to 5.
    pub ray: usize,
    /// The bone on the wrist's or ankle's side.
    pub proximal: Segment,
}

/// How one joint is bent and out of place.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JointPose {
    /// Palmar or plantar flexion, degrees.
    pub flexion_deg: f64,
    /// Deviation to the thumb's or great toe's side, degrees (ulnar drift and hallux valgus are negative).
    pub deviation_deg: f64,
    /// Turn about the distal bone's axis, degrees.
    pub twist_deg: f64,
    /// Slip of the distal bone to the thumb's or great toe's side, dorsally and along the axis, mm (subluxation).
    pub slip_mm: [f64; 3],
}

impl JointPose {
    /// Whether a ray's angles are angles and its slips within a limb.
    pub(crate) fn check_all(joints: &[[Self; 3]; 5], field: &str) -> Result<(), Error> {
        for joint in joints.iter().flatten() {
            for angle in [joint.flexion_deg, joint.deviation_deg, joint.twist_deg] {
                check_angle(field, angle)?;
            }
            for slip in joint.slip_mm {
                Check::within(
                    format!("{field}.joints.slip_mm"),
                    slip,
                    -20.0..=20.0,
                    "it is at most 20 mm",
                )?;
            }
        }
        Ok(())
    }
}

pub(crate) fn check_angle(field: &str, angle: f64) -> Result<(), Error> {
    Check::within(
        format!("{field} (an angle)"),
        angle,
        -180.0..=180.0,
        "it is at most 180 degrees",
    )
}

/// Shift on the film and height above the detector, mm.
pub(crate) fn check_place(field: &str, shift_mm: [f64; 2], height_mm: f64) -> Result<(), Error> {
    for shift in shift_mm {
        Check::within(
            format!("{field}.shift_mm"),
            shift,
            -1e3..=1e3,
            "it is at most 1,000 mm",
        )?;
    }
    Check::within(
        format!("{field}.height_mm"),
        height_mm,
        0.0..=250.0,
        "it is 0 to 250 mm",
    )
}

/// How a hand or foot lies on the film.
pub trait LimbPose:
    Clone + std::fmt::Debug + PartialEq + Default + Serialize + DeserializeOwned
{
    /// Whether every number is usable.
    ///
    /// # Errors
    /// The first number out of its range.
    fn check(&self, field: &str) -> Result<(), Error>;
    /// Height of the middle of the limb above the detector, mm.
    fn height_mm(&self) -> f64;
    /// Poses of the joints of each ray, from the first bone outwards.
    fn joints_mut(&mut self) -> &mut [[JointPose; 3]; 5];
}

/// Sizes and make-up of a hand or foot.
pub trait LimbForm:
    Clone + std::fmt::Debug + PartialEq + Default + Serialize + DeserializeOwned
{
    /// How it lies.
    type Pose: LimbPose;
    /// Which it is.
    const PART: Part;
    /// Whether every number is usable.
    ///
    /// # Errors
    /// The first number out of its range.
    fn check(&self, field: &str) -> Result<(), Error>;
    /// The tubular bones' sizes.
    fn sizes(&self) -> RaySizes;
    /// The limb laid on the film.
    ///
    /// # Errors
    /// A number out of range.
    fn limb(&self, pose: &Self::Pose) -> Result<Limb, Error>;
    /// The film on which it lies if nothing else is said.
    fn geometry() -> FilmGeometry;
}

/// A bone in its place.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) name: String,
    pub(crate) bone: Bone,
    pub(crate) placement: Placement,
    /// Whether it is one of the rays' long bones.
    pub(crate) tubular: bool,
}

impl Placed {
    /// A carpal, tarsal or sesamoid, or a bone of forearm or leg.
    pub(crate) fn short(name: &str, bone: Bone, placement: Placement) -> Self {
        Self {
            name: name.to_owned(),
            bone,
            placement,
            tubular: false,
        }
    }
}

/// A hand or foot ready to be filmed. The thumb's (great toe's) side is +x; a right one is mirrored when it is projected.
#[derive(Debug, Clone)]
pub struct Limb {
    pub(crate) bones: Vec<Placed>,
    pub(crate) skin: Vec<Skin>,
    /// In the order of [`LANDMARKS`] or [`FOOT_LANDMARKS`].
    pub(crate) landmarks: Vec<Vector3<f64>>,
    /// Middle of the wrist, of a foot the ankle.
    pub(crate) root: Vector3<f64>,
    /// Relative strength of the trabecular texture.
    pub(crate) texture: f32,
}

/// Sizes and make-up of the tubular bones and joints of a hand or foot.
#[derive(Debug, Clone)]
pub struct RaySizes {
    pub(crate) part: Part,
    pub(crate) scale: f64,
    pub(crate) stoutness: f64,
    pub(crate) lengths: [[f64; 4]; 5],
    pub(crate) widths: [f64; 5],
    pub(crate) joint_spaces_mm: [f64; 3],
    pub(crate) makeup: BoneMakeup,
    pub(crate) growth_plate_mm: f64,
    pub(crate) fused: Vec<Joint>,
    pub(crate) tips: [f64; 5],
    pub(crate) softness: f64,
    /// Size of carpals or tarsals relative to their places.
    pub(crate) short_bones: f64,
}

impl RaySizes {
    pub(crate) fn check(&self, field: &str, short_bones: &str) -> Result<(), Error> {
        Check::within(
            format!("{field}.scale"),
            self.scale,
            0.3..=1.6,
            "it is 0.3 to 1.6",
        )?;
        Check::within(
            format!("{field}.stoutness"),
            self.stoutness,
            0.6..=1.6,
            "it is 0.6 to 1.6",
        )?;
        for factor in self.lengths.iter().flatten().chain(&self.widths) {
            Check::within(
                format!("{field}.lengths or widths"),
                *factor,
                0.5..=1.6,
                "factors are 0.5 to 1.6",
            )?;
        }
        for space in self.joint_spaces_mm {
            Check::within(
                format!("{field}.joint_spaces_mm"),
                space,
                0.05..=5.0,
                "it is 0.05 to 5 mm",
            )?;
        }
        Check::within(
            format!("{field}.growth_plate_mm"),
            self.growth_plate_mm,
            0.0..=4.0,
            "it is 0 to 4 mm",
        )?;
        Check::within(
            format!("{field}.{short_bones}"),
            self.short_bones,
            0.2..=1.2,
            "it is 0.2 to 1.2",
        )?;
        Check::within(
            format!("{field}.softness"),
            self.softness,
            0.6..=2.0,
            "it is 0.6 to 2",
        )?;
        for share in self.tips {
            Check::within(format!("{field}.tips"), share, 0.3..=1.0, "it is 0.3 to 1")?;
        }
        self.makeup.check(&format!("{field}.makeup"))
    }

    pub(crate) fn size(&self, ray: usize, segment: Segment) -> Option<TubularSize> {
        let mut size = TubularBone {
            part: self.part,
            ray,
            segment,
        }
        .adult()?;
        let i = ray - 1;
        let part = match segment {
            Segment::Metacarpal | Segment::Metatarsal => 0,
            Segment::Proximal => 1,
            Segment::Middle => 2,
            Segment::Distal => 3,
        };
        let mut length = self.scale * self.lengths[i][part];
        if segment == Segment::Distal {
            length *= self.tips[i];
        }
        let width = (self.scale * self.stoutness * self.widths[i]) as f32;
        size.length *= length as f32;
        for w in [&mut size.base, &mut size.waist, &mut size.head] {
            *w *= width;
        }
        Some(size)
    }

    pub(crate) fn space(&self, ray: usize, proximal: Segment) -> f64 {
        let kind = match proximal {
            Segment::Metacarpal | Segment::Metatarsal => 0,
            Segment::Proximal => 1,
            _ => 2,
        };
        let joint = Joint { ray, proximal };
        if self.fused.contains(&joint) {
            0.05
        } else {
            self.joint_spaces_mm[kind]
        }
    }
}

/// What is known of one ray while it is built: base, middles of the joint spaces, tip.
pub(crate) struct Chain {
    pub(crate) nodes: Vec<Vector3<f64>>,
}

/// How one ray is to be built.
pub(crate) struct RayPlan<'a> {
    /// From the thumb or great toe, 1 to 5.
    pub(crate) ray: usize,
    pub(crate) sizes: &'a RaySizes,
    /// Where the first bone's base lies and how the bone is turned.
    pub(crate) start: Placement,
    /// Poses of the joints from the first bone outwards.
    pub(crate) joints: &'a [JointPose; 3],
    /// Sesamoids under the first bone's head: middles (x and y in half widths of the head, z below its tip likewise)
    /// and half sizes in half widths of the head.
    pub(crate) sesamoids: &'a [[[f32; 3]; 2]],
}

impl Limb {
    pub(crate) fn new(sizes: &RaySizes) -> Self {
        Self {
            bones: Vec::new(),
            skin: Vec::new(),
            landmarks: vec![Vector3::zeros(); LANDMARKS.len()],
            root: Vector3::zeros(),
            texture: sizes.makeup.texture,
        }
    }

    /// First bone and phalanges of one ray, from base to tip.
    pub(crate) fn ray(&mut self, plan: &RayPlan) -> Chain {
        let (ray, sizes) = (plan.ray, plan.sizes);
        let first = first_bone(sizes.part);
        let segments: &[Segment] = if ray == 1 {
            &[first, Segment::Proximal, Segment::Distal]
        } else {
            &[first, Segment::Proximal, Segment::Middle, Segment::Distal]
        };
        let mut rotation = plan.start.rotation;
        let mut origin = plan.start.shift;
        self.landmarks[ray - 1] = origin;
        let mut nodes = vec![origin];
        let mut before: Option<(Head, f32, Segment)> = None;
        for (k, &segment) in segments.iter().enumerate() {
            let Some(size) = sizes.size(ray, segment) else {
                continue;
            };
            let gap = before
                .as_ref()
                .map_or(0.0, |(_, _, s)| sizes.space(ray, *s));
            let mate = before.as_ref().map(|(head, length, _)| (head, *length));
            let kind = TubularBone {
                part: sizes.part,
                ray,
                segment,
            };
            let (mut bone, head) = tubular(kind, &size, &sizes.makeup, mate, gap as f32);
            if let Some((old, length, _)) = &before {
                let bend = plan.joints[k - 1];
                let tip = f64::from(*length - old.centre);
                let centre = origin + rotation * Vector3::new(0.0, 0.0, f64::from(old.centre));
                let straight = rotation;
                rotation *= turn(
                    bend.deviation_deg.to_radians(),
                    bend.flexion_deg.to_radians(),
                    bend.twist_deg.to_radians(),
                );
                let slip = straight * Vector3::from(bend.slip_mm);
                let head_end = centre + straight * Vector3::new(0.0, 0.0, tip);
                origin = centre + rotation * Vector3::new(0.0, 0.0, tip + gap) + slip;
                let middle = (head_end + origin) * 0.5;
                nodes.push(middle);
                self.landmarks[joint_index(ray, k)] = middle;
                if gap < 0.1 {
                    let reach = 0.55 * size.base;
                    bone.proximal
                        .added
                        .push(Solid::ellipsoid([0.0; 3], [reach, 0.8 * reach, 2.5]));
                }
            }
            growth_plate(&mut bone, sizes, ray, segment, &size);
            let length = bone.length;
            self.bones.push(Placed {
                name: bone_name(kind),
                bone,
                placement: Placement {
                    rotation,
                    shift: origin,
                },
                tubular: true,
            });
            if k == 0 {
                self.sesamoids(plan, &size, rotation, origin);
            }
            if segment == Segment::Distal {
                let tip = origin + rotation * Vector3::new(0.0, 0.0, f64::from(length));
                self.landmarks[18 + ray] = tip;
                nodes.push(tip);
            }
            before = head.map(|head| (head, length, segment));
        }
        Chain { nodes }
    }

    fn sesamoids(
        &mut self,
        plan: &RayPlan,
        size: &TubularSize,
        rotation: Rotation3<f64>,
        origin: Vector3<f64>,
    ) {
        if plan.sizes.growth_plate_mm > 0.0 {
            return;
        }
        let s = size.head;
        for [at, half] in plan.sesamoids {
            let at = Vector3::new(at[0] * s, at[1] * s, size.length - at[2] * s).cast();
            self.bones.push(Placed {
                name: format!("sesamoid{}", plan.ray),
                bone: pebble(half.map(|h| h * s), &plan.sizes.makeup),
                placement: Placement {
                    rotation,
                    shift: origin + rotation * at,
                },
                tubular: false,
            });
        }
    }

    /// Turns the whole about a point and shifts that to where it lies over the film.
    pub(crate) fn lay_down(
        &mut self,
        rotation: Rotation3<f64>,
        pivot: Vector3<f64>,
        shift: Vector3<f64>,
    ) {
        let map = |p: Vector3<f64>| rotation * (p - pivot) + shift;
        for placed in &mut self.bones {
            placed.placement = Placement {
                rotation: rotation * placed.placement.rotation,
                shift: map(placed.placement.shift),
            };
        }
        for tube in &mut self.skin {
            tube.from = map(tube.from);
            tube.to = map(tube.to);
        }
        for landmark in &mut self.landmarks {
            *landmark = map(*landmark);
        }
        self.root = map(self.root);
    }
}

/// Index in [`LANDMARKS`] of the joint before a ray's `k`-th bone (1 is the first phalanx).
fn joint_index(ray: usize, k: usize) -> usize {
    match (k, ray) {
        (1, ray) => 4 + ray,
        (2, ray) => 9 + ray,
        (_, ray) => 13 + ray,
    }
}

/// Phalanges and the first ray's first bone grow at the base, the other metacarpals and metatarsals at the head.
fn growth_plate(
    bone: &mut Bone,
    sizes: &RaySizes,
    ray: usize,
    segment: Segment,
    size: &TubularSize,
) {
    if sizes.growth_plate_mm <= 0.0 {
        return;
    }
    let half = 0.5 * sizes.growth_plate_mm as f32;
    let height = if segment == first_bone(sizes.part) && ray > 1 {
        bone.length - 1.45 * size.head
    } else {
        0.62 * size.base
    };
    bone.growth_plates.push([height, half]);
}
