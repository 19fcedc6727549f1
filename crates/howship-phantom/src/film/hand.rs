//! A whole hand: bones hung on each other joint by joint, soft tissue, landmarks.

use super::anatomy::BoneMakeup;
use super::camera::{FilmGeometry, Placement, turn};
use super::carpus::{CARPALS, lump, radius, ulna};
use super::limb::{
    Chain, Joint, JointPose, Limb, LimbForm, LimbPose, Placed, RayPlan, RaySizes, check_angle,
    check_place,
};
use super::scene::Skin;
use crate::Error;
use howship_change::anatomy::Part;
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

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
}

impl LimbPose for HandPose {
    fn check(&self, field: &str) -> Result<(), Error> {
        JointPose::check_all(&self.joints, field)?;
        let others = [
            self.roll_deg,
            self.tilt_deg,
            self.in_plane_deg,
            self.wrist_deg,
        ];
        for angle in self
            .metacarpals_deg
            .into_iter()
            .chain(self.thumb_deg)
            .chain(others)
        {
            check_angle(field, angle)?;
        }
        check_place(field, self.shift_mm, self.height_mm)
    }

    fn height_mm(&self) -> f64 {
        self.height_mm
    }

    fn joints_mut(&mut self) -> &mut [[JointPose; 3]; 5] {
        &mut self.joints
    }
}

/// Sesamoids under the heads of metacarpals 1, 2 and 5.
const SESAMOIDS: [&[[[f32; 3]; 2]]; 5] = [
    &[
        [[-0.5, -1.15, 0.75], [0.34, 0.3, 0.42]],
        [[0.5, -1.15, 0.75], [0.34, 0.3, 0.42]],
    ],
    &[[[0.35, -1.15, 0.75], [0.2, 0.18, 0.24]]],
    &[],
    &[],
    &[[[-0.3, -1.15, 0.75], [0.2, 0.18, 0.24]]],
];

impl LimbForm for HandForm {
    type Pose = HandPose;
    const PART: Part = Part::Hand;

    fn check(&self, field: &str) -> Result<(), Error> {
        self.sizes().check(field, "carpals")
    }

    fn sizes(&self) -> RaySizes {
        RaySizes {
            part: Part::Hand,
            scale: self.scale,
            stoutness: self.stoutness,
            lengths: self.lengths,
            widths: self.widths,
            joint_spaces_mm: self.joint_spaces_mm,
            makeup: self.makeup,
            growth_plate_mm: self.growth_plate_mm,
            fused: self.fused.clone(),
            tips: self.tips,
            softness: self.softness,
            short_bones: self.carpals,
        }
    }

    fn geometry() -> FilmGeometry {
        FilmGeometry {
            size_px: [1900, 2300],
            pixel_mm: 0.1,
            origin_px: [950.0, 1290.0],
            ..FilmGeometry::default()
        }
    }

    fn limb(&self, pose: &HandPose) -> Result<Limb, Error> {
        self.check("form")?;
        let sizes = self.sizes();
        let mut hand = Limb::new(&sizes);
        let chains: Vec<Chain> = (1..=5)
            .map(|ray| {
                let i = ray - 1;
                let thumb = if ray == 1 { pose.thumb_deg } else { [0.0; 2] };
                let rotation = turn(
                    pose.metacarpals_deg[i].to_radians(),
                    thumb[0].to_radians(),
                    thumb[1].to_radians(),
                );
                hand.ray(&RayPlan {
                    ray,
                    sizes: &sizes,
                    start: Placement {
                        rotation,
                        shift: Vector3::from(BASES_MM[i]) * self.scale,
                    },
                    joints: &pose.joints[i],
                    sesamoids: SESAMOIDS[i],
                })
            })
            .collect();
        wrist_bones(&mut hand, self, pose);
        soft_tissue(&mut hand, self, &chains);
        let rotation = turn(
            pose.in_plane_deg.to_radians(),
            pose.tilt_deg.to_radians(),
            pose.roll_deg.to_radians(),
        );
        let pivot = Vector3::new(2.0, 0.0, 45.0) * self.scale;
        let shift = Vector3::new(pose.shift_mm[0], pose.height_mm, pose.shift_mm[1]);
        hand.lay_down(rotation, pivot, shift);
        Ok(hand)
    }
}

fn wrist_bones(hand: &mut Limb, form: &HandForm, pose: &HandPose) {
    let s = form.scale;
    for carpal in &CARPALS {
        let size = (s * form.carpals * 0.5 * (1.0 + form.stoutness)) as f32;
        hand.bones.push(Placed {
            name: carpal.name.to_owned(),
            bone: lump(carpal.half.map(|h| h * size), carpal.rounding, &form.makeup),
            placement: Placement {
                rotation: turn(carpal.turn_deg.to_radians(), 0.0, 0.0),
                shift: Vector3::from(carpal.middle) * s,
            },
            tubular: false,
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
        hand.bones.push(Placed {
            name: name.to_owned(),
            bone,
            placement: Placement { rotation, shift },
            tubular: false,
        });
    }
    hand.root = about(Vector3::new(6.0, 0.0, -32.5) * s);
    let arm = |z: f64, r: [f64; 2]| Skin {
        from: about(Vector3::new(0.0, 0.0, -20.0) * s),
        to: about(Vector3::new(-3.0, 0.0, z) * s),
        radii: r.map(|r| r * s * form.softness),
        flatness: 0.72,
    };
    hand.skin.push(arm(-55.0, [28.0, 27.0]));
    hand.skin.push(arm(-200.0, [26.0, 33.0]));
}

fn soft_tissue(hand: &mut Limb, form: &HandForm, chains: &[Chain]) {
    let f = form.scale * form.softness * (0.4 + 0.6 * form.stoutness);
    let mut tube = |from: Vector3<f64>, to: Vector3<f64>, radii: [f64; 2], flatness: f64| {
        hand.skin.push(Skin {
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
