//! Hands drawn at random: sizes, make-up, pose, rheumatoid deformity.
//!
//! Ranges are wide on purpose, so that what learns from such films meets more than it will see; they were set by eye
//! (general knowledge) and hold no claim about how often a form occurs.

use super::anatomy::{BoneMakeup, Segment};
use super::hand::{HandForm, HandPose, METACARPALS_DEG};
use super::limb::{Joint, JointPose};
use crate::pose::uniform;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// A seeded source of the numbers below.
pub(crate) struct Draw<'a>(pub(crate) &'a mut ChaCha8Rng);

impl Draw<'_> {
    pub(crate) fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * uniform(self.0)
    }

    pub(crate) fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        let deviate: f64 = StandardNormal.sample(&mut *self.0);
        mean + sd * deviate
    }

    pub(crate) fn chance(&mut self, share: f64) -> bool {
        uniform(self.0) < share
    }

    pub(crate) fn index(&mut self, count: usize) -> usize {
        ((uniform(self.0) * count as f64) as usize).min(count.saturating_sub(1))
    }

    pub(crate) fn sign(&mut self) -> f64 {
        if self.chance(0.5) { 1.0 } else { -1.0 }
    }
}

/// Size and make-up of a hand.
pub(crate) fn form(d: &mut Draw<'_>) -> HandForm {
    let child = d.chance(0.35);
    let scale = if child {
        d.between(0.5, 0.95)
    } else {
        d.between(0.86, 1.12)
    };
    let parts: [f64; 4] = std::array::from_fn(|_| d.between(0.9, 1.1));
    let space = if child { 1.5 } else { 1.0 };
    HandForm {
        scale,
        stoutness: d.between(0.84, 1.2),
        lengths: std::array::from_fn(|_| std::array::from_fn(|k| parts[k] * d.between(0.95, 1.05))),
        widths: std::array::from_fn(|_| d.between(0.93, 1.07)),
        joint_spaces_mm: [
            d.between(0.7, 2.3) * space,
            d.between(0.5, 1.7) * space,
            d.between(0.4, 1.4) * space,
        ],
        makeup: makeup(d),
        growth_plate_mm: if child && d.chance(0.85) {
            scale * d.between(0.5, 1.8)
        } else {
            0.0
        },
        carpals: if child {
            d.between(0.5, 1.0)
        } else {
            d.between(0.98, 1.16)
        },
        softness: d.between(0.85, 1.25),
        fused: Vec::new(),
        tips: [1.0; 5],
    }
}

/// From thin and osteopenic to dense.
pub(crate) fn makeup(d: &mut Draw<'_>) -> BoneMakeup {
    BoneMakeup {
        cortical_index: d.between(0.2, 0.6) as f32,
        plate_mm: d.between(0.3, 0.75) as f32,
        trabecular_ends: d.between(0.1, 0.35) as f32,
        trabecular_shaft: d.between(0.02, 0.15) as f32,
        texture: d.between(0.0, 0.4) as f32,
    }
}

/// Pose of a hand put flat on a film, fingers together or spread.
pub(crate) fn pose(d: &mut Draw<'_>) -> HandPose {
    let spread = d.between(-0.3, 1.9);
    let together = d.normal(0.0, 3.0);
    let rest = [0.0, 3.0, 0.0, -3.0, -8.0];
    let fan = [0.0, 9.0, 1.0, -7.0, -15.0];
    let fan_of_metacarpals = [0.0, 1.5, 0.3, -1.2, -2.5];
    let mut pose = HandPose::default();
    for i in 1..5 {
        pose.metacarpals_deg[i] =
            METACARPALS_DEG[i] + spread * fan_of_metacarpals[i] + d.normal(0.0, 1.2);
        let mut direction = rest[i] + spread * fan[i] + together + d.normal(0.0, 4.0);
        if i == 4 && d.chance(0.4) {
            direction -= d.between(0.0, 20.0);
        }
        if i == 1 && d.chance(0.3) {
            direction += d.between(0.0, 14.0);
        }
        pose.joints[i][0] = bend(d, direction - pose.metacarpals_deg[i], 8.0);
        pose.joints[i][1] = bend(d, 0.0, 9.0);
        pose.joints[i][2] = bend(d, 0.0, 8.0);
        pose.joints[i][1].deviation_deg = d.normal(0.0, 2.0);
        pose.joints[i][2].deviation_deg = d.normal(0.0, 3.0);
    }
    pose.metacarpals_deg[0] = d.between(12.0, 66.0);
    pose.thumb_deg = [d.between(-10.0, 25.0), d.between(-95.0, -25.0)];
    pose.joints[0][0] = JointPose {
        flexion_deg: d.normal(6.0, 14.0),
        deviation_deg: d.normal(0.0, 5.0),
        ..JointPose::default()
    };
    pose.joints[0][1] = JointPose {
        flexion_deg: d.normal(0.0, 15.0),
        deviation_deg: d.normal(0.0, 3.0),
        ..JointPose::default()
    };
    pose.roll_deg = d.normal(0.0, 7.0);
    pose.tilt_deg = d.normal(0.0, 4.0);
    pose.in_plane_deg = d.normal(0.0, 5.0);
    pose.wrist_deg = d.between(-18.0, 20.0);
    pose
}

fn bend(d: &mut Draw<'_>, deviation: f64, flexion: f64) -> JointPose {
    JointPose {
        flexion_deg: d.normal(0.0, flexion).abs(),
        deviation_deg: deviation,
        twist_deg: d.normal(0.0, 4.0),
        slip_mm: [0.0; 3],
    }
}

/// Rheumatoid deformity: ulnar drift, subluxation, swan neck and buttonhole, z-thumb, fused joints, lost tips.
pub(crate) fn deform(d: &mut Draw<'_>, form: &mut HandForm, pose: &mut HandPose) {
    let s = form.scale;
    let drift = d.between(0.0, 32.0);
    let slip = d.between(0.0, 4.0);
    for i in 1..5 {
        let joint = &mut pose.joints[i][0];
        if d.chance(0.7) {
            joint.deviation_deg -= drift * d.between(0.5, 1.2);
            joint.flexion_deg += d.between(0.0, 35.0);
            joint.slip_mm = [
                -s * slip * d.between(0.0, 1.0),
                -s * slip * d.between(0.0, 1.5),
                -s * slip * d.between(0.0, 1.0),
            ];
        }
        match d.index(5) {
            0 => {
                pose.joints[i][1].flexion_deg = d.between(15.0, 65.0);
                pose.joints[i][2].flexion_deg = -d.between(0.0, 25.0);
            }
            1 => {
                pose.joints[i][1].flexion_deg = -d.between(0.0, 25.0);
                pose.joints[i][2].flexion_deg = d.between(10.0, 50.0);
            }
            2 => {
                pose.joints[i][1].deviation_deg += d.normal(0.0, 12.0);
                pose.joints[i][1].slip_mm[0] = d.normal(0.0, 1.2);
            }
            _ => {}
        }
        if d.chance(0.08) {
            form.fused.push(Joint {
                ray: i + 1,
                proximal: Segment::Proximal,
            });
        }
        if d.chance(0.06) {
            form.tips[i] = d.between(0.4, 0.9);
        }
    }
    if d.chance(0.5) {
        pose.joints[0][0].flexion_deg = d.between(15.0, 60.0);
        pose.joints[0][1].flexion_deg = -d.between(5.0, 50.0);
        pose.joints[0][0].slip_mm = [d.normal(0.0, 1.5), d.normal(0.0, 1.5), 0.0];
    }
    let narrow = d.between(0.25, 1.0);
    form.joint_spaces_mm = form.joint_spaces_mm.map(|j| (j * narrow).max(0.15));
    form.makeup.cortical_index *= d.between(0.6, 1.0) as f32;
    form.makeup.trabecular_ends *= d.between(0.6, 1.0) as f32;
}
