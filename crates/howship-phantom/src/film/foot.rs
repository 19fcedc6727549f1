//! A whole foot: metatarsals and toes, tarsals as lumps, soft tissue, landmarks.
//!
//! Places, inclinations and thicknesses are from memory and were set by eye until films looked like textbook ones.

use super::anatomy::BoneMakeup;
use super::camera::{FilmGeometry, Placement, turn};
use super::carpus::{ShortBone, lump, short_bone};
use super::limb::{
    Chain, Joint, JointPose, Limb, LimbForm, LimbPose, Placed, RayPlan, RaySizes, check_angle,
    check_place,
};
use super::scene::Skin;
use crate::Error;
use howship_change::anatomy::Part;
use nalgebra::Vector3;
use serde::{Deserialize, Serialize};

/// Sizes and make-up of a foot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FootForm {
    /// Size relative to the adult mean: near 0.94 in women and 1.05 in men, 0.5 at two years of age.
    pub scale: f64,
    /// Width relative to length.
    pub stoutness: f64,
    /// Factor on the length of metatarsal, proximal, middle and distal bone of each ray (the great toe has no middle).
    pub lengths: [[f64; 4]; 5],
    /// Factor on each ray's width.
    pub widths: [f64; 5],
    /// Joint spaces of MTP, PIP (IP of the great toe) and DIP joints, mm.
    pub joint_spaces_mm: [f64; 3],
    /// What the bones are made of.
    pub makeup: BoneMakeup,
    /// Thickness of open growth plates, mm; 0 in adults.
    pub growth_plate_mm: f64,
    /// Size of the tarsals relative to their places: below 1 they are not yet ossified.
    pub tarsals: f64,
    /// Thickness of the soft tissue relative to the mean.
    pub softness: f64,
    /// Joints that have grown together: their space is bridged by bone.
    pub fused: Vec<Joint>,
    /// Share of the distal phalanx that is left, per ray.
    pub tips: [f64; 5],
}

impl Default for FootForm {
    fn default() -> Self {
        Self {
            scale: 1.0,
            stoutness: 1.0,
            lengths: [[1.0; 4]; 5],
            widths: [1.0; 5],
            joint_spaces_mm: [1.9, 1.3, 1.0],
            makeup: BoneMakeup::default(),
            growth_plate_mm: 0.0,
            tarsals: 1.0,
            softness: 1.0,
            fused: Vec::new(),
            tips: [1.0; 5],
        }
    }
}

/// How a foot stands on the film.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FootPose {
    /// In-plane direction of each metatarsal, degrees from the second one's middle position, positive to the great toe.
    pub metatarsals_deg: [f64; 5],
    /// Slope of each metatarsal: its head lies lower than its base; degrees.
    pub inclination_deg: [f64; 5],
    /// Poses of MTP, PIP and DIP of each ray (MTP and IP, then unused, of the great toe).
    pub joints: [[JointPose; 3]; 5],
    /// Roll about the foot's long axis (positive raises the great toe's side), degrees.
    pub roll_deg: f64,
    /// Tilt: toes towards the detector, degrees.
    pub tilt_deg: f64,
    /// Turn in the film's plane, positive to the great toe's side.
    pub in_plane_deg: f64,
    /// Shift on the film, mm (right, up).
    pub shift_mm: [f64; 2],
    /// Height of the metatarsals' bases above the detector, mm.
    pub height_mm: f64,
}

/// In-plane directions of the metatarsals, degrees.
pub(crate) const METATARSALS_DEG: [f64; 5] = [6.5, -0.5, -2.0, -5.0, -9.0];
/// Slopes of the metatarsals, degrees: a standing foot's heads lie at one height, the first metatarsal falls most.
const INCLINATION_DEG: [f64; 5] = [20.0, 16.0, 13.0, 9.5, 6.5];
/// In-plane directions of the toes.
pub(crate) const TOES_DEG: [f64; 5] = [-5.0, 0.5, 1.5, 4.0, 10.0];
/// Flexion of MTP, PIP and DIP joints beyond the metatarsal's slope: toes rise a little, then reach for the ground.
pub(crate) const TOES_FLEXION_DEG: [[f64; 3]; 5] = [
    [-1.0, 6.0, 0.0],
    [-9.0, 24.0, 8.0],
    [-9.0, 27.0, 9.0],
    [-8.0, 29.0, 9.0],
    [-6.0, 30.0, 8.0],
];
/// Bases of the metatarsals, mm (x to the great toe, y dorsal, z to the toes): the second is set back between the
/// cuneiforms, and heads end up at one height.
const BASES_MM: [[f64; 3]; 5] = [
    [17.0, 2.5, 9.0],
    [0.0, 0.5, 0.0],
    [-12.0, -4.0, 1.0],
    [-22.5, -8.5, -4.0],
    [-31.5, -12.5, -9.0],
];

impl Default for FootPose {
    fn default() -> Self {
        let mut joints = [[JointPose::default(); 3]; 5];
        for (i, toe) in joints.iter_mut().enumerate() {
            for (joint, flexion) in toe.iter_mut().zip(TOES_FLEXION_DEG[i]) {
                joint.flexion_deg = flexion;
            }
            toe[0].flexion_deg -= INCLINATION_DEG[i];
            toe[0].deviation_deg = TOES_DEG[i] - METATARSALS_DEG[i];
        }
        joints[0][1].deviation_deg = -6.0;
        Self {
            metatarsals_deg: METATARSALS_DEG,
            inclination_deg: INCLINATION_DEG,
            joints,
            roll_deg: 0.0,
            tilt_deg: 0.0,
            in_plane_deg: 0.0,
            shift_mm: [0.0; 2],
            height_mm: 37.0,
        }
    }
}

impl LimbPose for FootPose {
    fn check(&self, field: &str) -> Result<(), Error> {
        JointPose::check_all(&self.joints, field)?;
        let others = [self.roll_deg, self.tilt_deg, self.in_plane_deg];
        for angle in self
            .metatarsals_deg
            .into_iter()
            .chain(self.inclination_deg)
            .chain(others)
        {
            check_angle(field, angle)?;
        }
        check_place(field, self.shift_mm, self.height_mm)
    }

    /// Of the metatarsals' heads, which are what films of feet are taken for.
    fn height_mm(&self) -> f64 {
        (self.height_mm - HEADS_BELOW_MM).max(0.0)
    }

    fn joints_mut(&mut self) -> &mut [[JointPose; 3]; 5] {
        &mut self.joints
    }
}

/// How far the metatarsals' heads lie below their bases, mm.
const HEADS_BELOW_MM: f64 = 20.0;

/// The two sesamoids of the great toe and, in many, one of the fifth.
const SESAMOIDS: [&[[[f32; 3]; 2]]; 5] = [
    &[
        [[-0.47, -1.0, 0.95], [0.36, 0.28, 0.5]],
        [[0.47, -1.0, 1.0], [0.4, 0.3, 0.55]],
    ],
    &[],
    &[],
    &[],
    &[],
];

/// Tarsals of an adult, mm; calcaneus and talus end in the shadow of the leg.
const TARSALS: [ShortBone; 7] = [
    short_bone(
        "medial cuneiform",
        [16.5, 1.5, -4.5],
        [9.0, 11.0, 12.0],
        6.0,
        0.5,
    ),
    short_bone(
        "intermediate cuneiform",
        [2.0, 4.0, -9.0],
        [7.0, 9.0, 8.0],
        2.0,
        0.5,
    ),
    short_bone(
        "lateral cuneiform",
        [-11.0, 0.5, -10.5],
        [7.2, 9.5, 10.5],
        -4.0,
        0.5,
    ),
    short_bone(
        "cuboid",
        [-24.5, -7.0, -24.5],
        [12.0, 11.0, 16.0],
        -14.0,
        0.55,
    ),
    short_bone("navicular", [6.0, 4.0, -24.0], [17.0, 11.5, 6.8], 12.0, 0.8),
    short_bone("talus", [7.0, 12.0, -50.0], [13.5, 12.0, 20.0], 16.0, 0.9),
    short_bone(
        "calcaneus",
        [-12.5, -6.0, -66.0],
        [13.0, 17.0, 30.0],
        -4.0,
        0.85,
    ),
];

impl LimbForm for FootForm {
    type Pose = FootPose;
    const PART: Part = Part::Foot;

    fn check(&self, field: &str) -> Result<(), Error> {
        self.sizes().check(field, "tarsals")
    }

    fn sizes(&self) -> RaySizes {
        RaySizes {
            part: Part::Foot,
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
            short_bones: self.tarsals,
        }
    }

    /// The tube stands over the toes and looks back at the tarsus by 10 degrees, as is usual.
    fn geometry() -> FilmGeometry {
        FilmGeometry {
            size_px: [1600, 2500],
            pixel_mm: 0.1,
            origin_px: [740.0, 1180.0],
            centring_mm: [0.0, 176.0],
            ..FilmGeometry::default()
        }
    }

    fn limb(&self, pose: &FootPose) -> Result<Limb, Error> {
        self.check("form")?;
        let sizes = self.sizes();
        let mut foot = Limb::new(&sizes);
        let chains: Vec<Chain> = (0..5)
            .map(|i| {
                let rotation = turn(
                    pose.metatarsals_deg[i].to_radians(),
                    pose.inclination_deg[i].to_radians(),
                    0.0,
                );
                foot.ray(&RayPlan {
                    ray: i + 1,
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
        tarsus(&mut foot, self);
        soft_tissue(&mut foot, self, &chains);
        let rotation = turn(
            pose.in_plane_deg.to_radians(),
            pose.tilt_deg.to_radians(),
            pose.roll_deg.to_radians(),
        );
        let pivot = Vector3::new(-8.0, 0.0, 35.0) * self.scale;
        let shift = Vector3::new(pose.shift_mm[0], pose.height_mm, pose.shift_mm[1]);
        foot.lay_down(rotation, pivot, shift);
        Ok(foot)
    }
}

fn tarsus(foot: &mut Limb, form: &FootForm) {
    let s = form.scale;
    for tarsal in &TARSALS {
        let size = (s * form.tarsals * 0.5 * (1.0 + form.stoutness)) as f32;
        let bone = lump(tarsal.half.map(|h| h * size), tarsal.rounding, &form.makeup);
        let placement = Placement {
            rotation: turn(tarsal.turn_deg.to_radians(), 0.0, 0.0),
            shift: Vector3::from(tarsal.middle) * s,
        };
        foot.bones.push(Placed::short(tarsal.name, bone, placement));
    }
    foot.root = Vector3::new(4.0, 20.0, -58.0) * s;
}

fn soft_tissue(foot: &mut Limb, form: &FootForm, chains: &[Chain]) {
    let f = form.scale * form.softness * (0.4 + 0.6 * form.stoutness);
    let mut tube = |from: Vector3<f64>, to: Vector3<f64>, radii: [f64; 2], flatness: f64| {
        foot.skin.push(Skin {
            from,
            to,
            radii: radii.map(|r| r * f),
            flatness,
        });
    };
    for (i, chain) in chains.iter().enumerate() {
        let radii: &[f64] = if i == 0 {
            &[20.0, 17.0, 13.5, 10.5]
        } else {
            &[18.0, 12.5, 9.0, 8.4, 7.2]
        };
        for (k, pair) in chain.nodes.windows(2).enumerate() {
            let last = radii.len() - 1;
            tube(
                pair[0],
                pair[1],
                [radii[k.min(last)], radii[(k + 1).min(last)]],
                if k == 0 { 0.95 } else { 0.9 },
            );
        }
    }
    let node = |ray: usize, k: usize| chains[ray].nodes[k];
    // Between the metatarsals, and the webs: skin joins the toes over half of their proximal phalanges.
    for ray in 0..4 {
        for share in [0.25, 0.5, 0.75] {
            let mix = |k: usize| node(ray, k).lerp(&node(ray + 1, k), share);
            let web = mix(1) + (mix(2) - mix(1)) * 0.35;
            tube(mix(0), mix(1), [20.0, 14.0], 1.0);
            tube(mix(1), web, [13.0, 7.0], 0.9);
        }
    }
    tube(node(0, 1), node(4, 1), [16.0, 13.0], 0.95);
    // Instep, heel, and the leg that stands on them.
    let s = form.scale;
    let at = |x: f64, y: f64, z: f64| Vector3::new(x, y, z) * s;
    tube(node(0, 0), at(6.0, 4.0, -40.0), [22.0, 33.0], 0.95);
    tube(node(4, 0), at(-10.0, 0.0, -50.0), [20.0, 33.0], 0.95);
    tube(
        at(-4.0, 0.0, -40.0),
        at(-6.0, 0.0, -78.0),
        [34.0, 31.0],
        1.1,
    );
}
