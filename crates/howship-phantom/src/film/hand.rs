//! A whole hand: bones hung on each other joint by joint, soft tissue, landmarks.

use super::anatomy::{BoneMakeup, Head, Segment, TubularSize, adult, tubular};
use super::bone::Bone;
use super::camera::{Placement, turn};
use super::carpus::{CARPALS, lump, pebble, radius, ulna};
use super::joint::bone_name;
use super::scene::Skin;
use super::solid::Solid;
use crate::{Error, error::Check};
use nalgebra::{Rotation3, Vector3};
use serde::{Deserialize, Serialize};

/// Landmarks of a hand, in the order of every list of them.
///
/// Bases are those of the five metacarpals; joints are the middles of their joint spaces; tips are the ends of the
/// distal phalanges.
pub const LANDMARKS: [&str; 24] = [
    "CMC1", "CMC2", "CMC3", "CMC4", "CMC5", "MCP1", "MCP2", "MCP3", "MCP4", "MCP5", "IP1", "PIP2",
    "PIP3", "PIP4", "PIP5", "DIP2", "DIP3", "DIP4", "DIP5", "TIP1", "TIP2", "TIP3", "TIP4", "TIP5",
];

/// Sizes and make-up of a hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandForm {
    /// Size relative to the adult mean: near 0.94 in women and 1.05 in men, 0.5 at two years of age.
    pub scale: f64,
    /// Width relative to length.
    pub stoutness: f64,
    /// Factor on the length of metacarpal, proximal, middle and distal bone of each ray (the thumb has no middle).
    pub lengths: [[f64; 4]; 5],
    /// Factor on each ray's width.
    pub widths: [f64; 5],
    /// Joint spaces of MCP, PIP (IP of the thumb) and DIP joints, mm.
    pub joint_spaces_mm: [f64; 3],
    /// What the bones are made of.
    pub makeup: BoneMakeup,
    /// Thickness of open growth plates, mm; 0 in adults.
    pub growth_plate_mm: f64,
    /// Size of the carpals relative to their places: below 1 they are not yet ossified.
    pub carpals: f64,
    /// Thickness of the soft tissue relative to the mean.
    pub softness: f64,
    /// Joints that have grown together: their space is bridged by bone.
    pub fused: Vec<Joint>,
    /// Share of the distal phalanx that is left, per ray.
    pub tips: [f64; 5],
}

/// A joint of the hand by kind and ray.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joint {
    /// Ray counted from the thumb, 1 to 5.
    pub ray: usize,
    /// The bone on the wrist's side.
    pub proximal: Segment,
}

impl Default for HandForm {
    fn default() -> Self {
        Self {
            scale: 1.0,
            stoutness: 1.0,
            lengths: [[1.0; 4]; 5],
            widths: [1.0; 5],
            joint_spaces_mm: [1.7, 1.3, 1.1],
            makeup: BoneMakeup::default(),
            growth_plate_mm: 0.0,
            carpals: 1.0,
            softness: 1.0,
            fused: Vec::new(),
            tips: [1.0; 5],
        }
    }
}

/// How one joint is bent and out of place.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JointPose {
    /// Palmar flexion, degrees.
    pub flexion_deg: f64,
    /// Deviation to the thumb's side, degrees (ulnar drift is negative).
    pub deviation_deg: f64,
    /// Turn about the distal bone's axis, degrees.
    pub twist_deg: f64,
    /// Slip of the distal bone to the thumb's side, dorsally and along the axis, mm (subluxation).
    pub slip_mm: [f64; 3],
}

/// How a hand lies on the film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HandPose {
    /// In-plane direction of each metacarpal, degrees from the third one's middle position, positive to the thumb.
    pub metacarpals_deg: [f64; 5],
    /// Poses of MCP, PIP and DIP of each ray (MCP and IP, then unused, of the thumb).
    pub joints: [[JointPose; 3]; 5],
    /// Palmar flexion of the thumb's metacarpal and its turn about its own axis, degrees.
    pub thumb_deg: [f64; 2],
    /// Roll about the hand's long axis, tilt (fingers towards the detector), turn in the film's plane; degrees.
    pub roll_deg: f64,
    /// Tilt.
    pub tilt_deg: f64,
    /// Turn in the film's plane, positive to the thumb's side.
    pub in_plane_deg: f64,
    /// Deviation of the forearm against the hand, degrees.
    pub wrist_deg: f64,
    /// Shift on the film, mm (right, up).
    pub shift_mm: [f64; 2],
    /// Height of the metacarpals' plane above the detector, mm.
    pub height_mm: f64,
}

/// In-plane directions of the metacarpals, degrees.
pub(crate) const METACARPALS_DEG: [f64; 5] = [38.0, 8.0, 1.5, -6.0, -14.0];
/// Bases of the metacarpals, mm (x to the thumb, y dorsal, z to the fingers).
const BASES_MM: [[f64; 3]; 5] = [
    [19.5, -7.0, -12.5],
    [11.5, 0.0, -1.0],
    [0.0, 1.0, 0.0],
    [-9.8, 0.0, -3.2],
    [-18.2, -2.5, -6.6],
];

impl Default for HandPose {
    fn default() -> Self {
        Self {
            metacarpals_deg: METACARPALS_DEG,
            joints: [[JointPose::default(); 3]; 5],
            thumb_deg: [8.0, -60.0],
            roll_deg: 0.0,
            tilt_deg: 0.0,
            in_plane_deg: 0.0,
            wrist_deg: 0.0,
            shift_mm: [0.0; 2],
            height_mm: 13.0,
        }
    }
}

impl HandPose {
    /// Fingers a little apart and straight, the thumb beside them.
    #[must_use]
    pub fn relaxed() -> Self {
        let mut pose = Self::default();
        for (i, direction) in [7.0, 1.0, -6.0, -16.0].into_iter().enumerate() {
            pose.joints[i + 1][0].deviation_deg = direction - METACARPALS_DEG[i + 1];
        }
        pose
    }

    pub(crate) fn check(&self, field: &str) -> Result<(), Error> {
        let angles = self
            .joints
            .iter()
            .flatten()
            .flat_map(|j| [j.flexion_deg, j.deviation_deg, j.twist_deg])
            .chain(self.metacarpals_deg)
            .chain(self.thumb_deg)
            .chain([
                self.roll_deg,
                self.tilt_deg,
                self.in_plane_deg,
                self.wrist_deg,
            ]);
        for angle in angles {
            Check::within(
                format!("{field} (an angle)"),
                angle,
                -180.0..=180.0,
                "it is at most 180 degrees",
            )?;
        }
        let slips = self.joints.iter().flatten().flat_map(|j| j.slip_mm);
        for slip in slips {
            Check::within(
                format!("{field}.joints.slip_mm"),
                slip,
                -20.0..=20.0,
                "it is at most 20 mm",
            )?;
        }
        for shift in self.shift_mm {
            Check::within(
                format!("{field}.shift_mm"),
                shift,
                -1e3..=1e3,
                "it is at most 1,000 mm",
            )?;
        }
        Check::within(
            format!("{field}.height_mm"),
            self.height_mm,
            0.0..=250.0,
            "it is 0 to 250 mm",
        )
    }
}

/// A bone of the hand in its place.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) name: String,
    pub(crate) bone: Bone,
    pub(crate) placement: Placement,
}

/// A hand ready to be filmed. The thumb's side is +x; a right hand is mirrored when it is projected.
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    pub(crate) bones: Vec<Placed>,
    pub(crate) skin: Vec<Skin>,
    /// In the order of [`LANDMARKS`].
    pub(crate) landmarks: Vec<Vector3<f64>>,
    /// Middle of the radiocarpal joint.
    pub(crate) wrist: Vector3<f64>,
    /// Relative strength of the trabecular texture.
    pub(crate) texture: f32,
}

/// What is known of one ray while it is built.
struct Chain {
    nodes: Vec<Vector3<f64>>,
}

impl HandForm {
    pub(crate) fn check(&self, field: &str) -> Result<(), Error> {
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
            format!("{field}.carpals"),
            self.carpals,
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

    fn size(&self, ray: usize, segment: Segment) -> Option<TubularSize> {
        let mut size = adult(ray, segment)?;
        let i = ray - 1;
        let part = match segment {
            Segment::Metacarpal => 0,
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
            Segment::Metacarpal => 0,
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

impl Hand {
    pub(crate) fn new(form: &HandForm, pose: &HandPose) -> Result<Self, Error> {
        form.check("form")?;
        let mut hand = Self {
            bones: Vec::new(),
            skin: Vec::new(),
            landmarks: vec![Vector3::zeros(); LANDMARKS.len()],
            wrist: Vector3::zeros(),
            texture: form.makeup.texture,
        };
        let chains: Vec<Chain> = (1..=5).map(|ray| hand.ray(form, pose, ray)).collect();
        hand.wrist_bones(form, pose);
        hand.soft_tissue(form, &chains);
        hand.lay_down(form, pose);
        Ok(hand)
    }

    /// Metacarpal and phalanges of one ray, from base to tip.
    fn ray(&mut self, form: &HandForm, pose: &HandPose, ray: usize) -> Chain {
        let i = ray - 1;
        let segments: &[Segment] = if ray == 1 {
            &[Segment::Metacarpal, Segment::Proximal, Segment::Distal]
        } else {
            &[
                Segment::Metacarpal,
                Segment::Proximal,
                Segment::Middle,
                Segment::Distal,
            ]
        };
        let thumb = if ray == 1 { pose.thumb_deg } else { [0.0; 2] };
        let mut rotation = turn(
            pose.metacarpals_deg[i].to_radians(),
            thumb[0].to_radians(),
            thumb[1].to_radians(),
        );
        let mut origin = Vector3::from(BASES_MM[i]) * form.scale;
        self.landmarks[i] = origin;
        let mut nodes = vec![origin];
        let mut before: Option<(Head, f32, Segment)> = None;
        for (k, &segment) in segments.iter().enumerate() {
            let Some(size) = form.size(ray, segment) else {
                continue;
            };
            let gap = before.as_ref().map_or(0.0, |(_, _, s)| form.space(ray, *s));
            let mate = before.as_ref().map(|(head, length, _)| (head, *length));
            let (mut bone, head) = tubular(segment, &size, &form.makeup, mate, gap as f32);
            if let Some((old, length, _)) = &before {
                let bend = pose.joints[i][k - 1];
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
            growth_plate(&mut bone, form, ray, segment, &size);
            let length = bone.length;
            self.bones.push(Placed {
                name: bone_name(ray, segment),
                bone,
                placement: Placement {
                    rotation,
                    shift: origin,
                },
            });
            if segment == Segment::Metacarpal {
                self.sesamoids(form, ray, &size, rotation, origin);
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
        form: &HandForm,
        ray: usize,
        size: &TubularSize,
        rotation: Rotation3<f64>,
        origin: Vector3<f64>,
    ) {
        if form.growth_plate_mm > 0.0 {
            return;
        }
        let s = size.head;
        let places: &[f32] = match ray {
            1 => &[-0.5, 0.5],
            2 => &[0.35],
            5 => &[-0.3],
            _ => &[],
        };
        for x in places {
            let half = if ray == 1 {
                [0.34, 0.3, 0.42]
            } else {
                [0.2, 0.18, 0.24]
            };
            let at = Vector3::new(x * s, -1.15 * s, size.length - 0.75 * s).cast();
            self.bones.push(Placed {
                name: format!("sesamoid{ray}"),
                bone: pebble(half.map(|h| h * s), &form.makeup),
                placement: Placement {
                    rotation,
                    shift: origin + rotation * at,
                },
            });
        }
    }

    fn wrist_bones(&mut self, form: &HandForm, pose: &HandPose) {
        let s = form.scale;
        for carpal in &CARPALS {
            let size = (s * form.carpals * 0.5 * (1.0 + form.stoutness)) as f32;
            self.bones.push(Placed {
                name: carpal.name.to_owned(),
                bone: lump(carpal.half.map(|h| h * size), carpal.rounding, &form.makeup),
                placement: Placement {
                    rotation: turn(carpal.turn_deg.to_radians(), 0.0, 0.0),
                    shift: Vector3::from(carpal.middle) * s,
                },
            });
        }
        // The forearm turns about the lunate's middle.
        let pivot = Vector3::new(2.0, 0.0, -24.0) * s;
        let rotation = turn(pose.wrist_deg.to_radians(), 0.0, 0.0);
        let about = |p: Vector3<f64>| pivot + rotation * (p - pivot);
        for (name, bone, x) in [
            ("radius", radius(&form.makeup, s as f32), 5.0),
            ("ulna", ulna(&form.makeup, s as f32), -17.5),
        ] {
            let shift = about(Vector3::new(x * s, 0.0, 0.0));
            self.bones.push(Placed {
                name: name.to_owned(),
                bone,
                placement: Placement { rotation, shift },
            });
        }
        self.wrist = about(Vector3::new(6.0, 0.0, -32.5) * s);
        let arm = |z: f64, r: [f64; 2]| Skin {
            from: about(Vector3::new(0.0, 0.0, -20.0) * s),
            to: about(Vector3::new(-3.0, 0.0, z) * s),
            radii: r.map(|r| r * s * form.softness),
            flatness: 0.72,
        };
        self.skin.push(arm(-55.0, [28.0, 27.0]));
        self.skin.push(arm(-200.0, [26.0, 33.0]));
    }

    fn soft_tissue(&mut self, form: &HandForm, chains: &[Chain]) {
        let f = form.scale * form.softness * (0.4 + 0.6 * form.stoutness);
        let mut tube = |from: Vector3<f64>, to: Vector3<f64>, radii: [f64; 2], flatness: f64| {
            self.skin.push(Skin {
                from,
                to,
                radii: radii.map(|r| r * f),
                flatness,
            });
        };
        for (i, chain) in chains.iter().enumerate() {
            let radii: &[f64] = if i == 0 {
                &[14.0, 12.5, 11.0, 8.5]
            } else {
                &[14.0, 11.0, 9.6, 8.4, 6.8]
            };
            let slim = if i == 4 { 0.88 } else { 1.0 };
            for (k, pair) in chain.nodes.windows(2).enumerate() {
                let (r0, r1) = (
                    radii[k.min(radii.len() - 1)],
                    radii[(k + 1).min(radii.len() - 1)],
                );
                let flat = if k == 0 { 0.9 } else { 0.88 };
                tube(pair[0], pair[1], [r0 * slim, r1 * slim], flat);
            }
        }
        let node = |ray: usize, k: usize| chains[ray].nodes[k];
        // The palm between the metacarpals, the web of the thumb, the heel of the hand.
        for ray in 1..4 {
            for share in [0.25, 0.5, 0.75] {
                let mix = |k: usize| node(ray, k).lerp(&node(ray + 1, k), share);
                tube(mix(0), mix(1), [15.0, 12.0], 0.9);
            }
        }
        tube(node(1, 1), node(4, 1), [12.5, 11.5], 0.85);
        for share in [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8] {
            let to = node(0, 1).lerp(&node(1, 1), share);
            tube(
                node(1, 0).lerp(&node(0, 0), 1.0 - share),
                to,
                [16.0, 12.0 - 3.0 * share * (1.0 - share)],
                0.9,
            );
        }
        tube(node(0, 0), node(4, 0), [16.0, 17.0], 0.9);
    }

    /// Turns and shifts the whole hand.
    fn lay_down(&mut self, form: &HandForm, pose: &HandPose) {
        let rotation = turn(
            pose.in_plane_deg.to_radians(),
            pose.tilt_deg.to_radians(),
            pose.roll_deg.to_radians(),
        );
        let pivot = Vector3::new(2.0, 0.0, 45.0) * form.scale;
        let shift = Vector3::new(pose.shift_mm[0], pose.height_mm, pose.shift_mm[1]);
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
        self.wrist = map(self.wrist);
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

/// Phalanges and the thumb's metacarpal grow at the base, the other metacarpals at the head.
fn growth_plate(
    bone: &mut Bone,
    form: &HandForm,
    ray: usize,
    segment: Segment,
    size: &TubularSize,
) {
    if form.growth_plate_mm <= 0.0 {
        return;
    }
    let half = 0.5 * form.growth_plate_mm as f32;
    let height = if segment == Segment::Metacarpal && ray > 1 {
        bone.length - 1.45 * size.head
    } else {
        0.62 * size.base
    };
    bone.growth_plates.push([height, half]);
}
