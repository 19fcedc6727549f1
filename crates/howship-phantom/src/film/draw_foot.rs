//! Feet drawn at random: sizes, make-up, pose, rheumatoid deformity.
//!
//! Ranges are wide on purpose, as those of hands are; they were set by eye (general knowledge).

use super::anatomy::Segment;
use super::draw::{Draw, makeup};
use super::foot::{FootForm, FootPose, METATARSALS_DEG, TOES_DEG};
use super::limb::{Joint, JointPose};

/// Size and make-up of a foot.
pub(crate) fn form(d: &mut Draw<'_>) -> FootForm {
    let child = d.chance(0.2);
    let scale = if child {
        d.between(0.55, 0.95)
    } else {
        d.between(0.86, 1.12)
    };
    let parts: [f64; 4] = [
        d.between(0.92, 1.08),
        d.between(0.9, 1.1),
        d.between(0.75, 1.15),
        d.between(0.85, 1.12),
    ];
    let space = if child { 1.4 } else { 1.0 };
    let mut form = FootForm {
        scale,
        stoutness: d.between(0.84, 1.18),
        lengths: std::array::from_fn(|_| std::array::from_fn(|k| parts[k] * d.between(0.95, 1.05))),
        widths: std::array::from_fn(|_| d.between(0.92, 1.08)),
        joint_spaces_mm: [
            d.between(0.8, 2.6) * space,
            d.between(0.5, 1.7) * space,
            d.between(0.4, 1.3) * space,
        ],
        makeup: makeup(d),
        growth_plate_mm: if child && d.chance(0.85) {
            scale * d.between(0.5, 1.6)
        } else {
            0.0
        },
        tarsals: if child {
            d.between(0.7, 1.0)
        } else {
            d.between(0.96, 1.1)
        },
        softness: d.between(0.85, 1.2),
        ..FootForm::default()
    };
    // The two last bones of the fifth toe are one in every third foot, of the fourth in some.
    for (ray, share) in [(5, 0.35), (4, 0.1)] {
        if d.chance(share) {
            form.fused.push(Joint {
                ray,
                proximal: Segment::Middle,
            });
        }
    }
    form
}

/// Pose of a foot that stands or rests on a film.
pub(crate) fn pose(d: &mut Draw<'_>) -> FootPose {
    let mut pose = FootPose::default();
    let spread = d.normal(0.0, 1.0);
    let fan = [1.6, 0.3, -0.2, -0.8, -1.6];
    let arch = d.normal(0.0, 3.0);
    let claw = d.between(-0.6, 1.4);
    let aside = d.normal(0.0, 3.0);
    for i in 0..5 {
        pose.metatarsals_deg[i] = METATARSALS_DEG[i] + spread * fan[i] + d.normal(0.0, 1.0);
        pose.inclination_deg[i] += arch + d.normal(0.0, 1.0);
        let direction = TOES_DEG[i] + aside + d.normal(0.0, 4.0);
        let toe = &mut pose.joints[i];
        toe[0].deviation_deg = direction - pose.metatarsals_deg[i];
        toe[0].flexion_deg += d.normal(0.0, 6.0) - 5.0 * claw - arch;
        toe[1].flexion_deg += d.normal(0.0, 8.0) + if i > 0 { 14.0 * claw } else { 0.0 };
        toe[2].flexion_deg += d.normal(0.0, 10.0);
        toe[1].deviation_deg += d.normal(0.0, 3.0);
        toe[2].deviation_deg += d.normal(0.0, 4.0);
        for joint in toe {
            joint.twist_deg = d.normal(0.0, 4.0);
        }
    }
    // The fifth toe turns in under the fourth.
    pose.joints[4][1].deviation_deg += d.between(-4.0, 12.0);
    if d.chance(0.3) {
        // Hallux valgus: the first metatarsal leans away, its toe towards the others.
        let angle = d.between(5.0, 30.0);
        valgus(&mut pose, angle, d.between(-15.0, 0.0));
    }
    pose.roll_deg = d.normal(0.0, 6.0);
    pose.tilt_deg = d.normal(0.0, 5.0);
    pose.in_plane_deg = d.normal(0.0, 5.0);
    pose
}

/// More deviation of the great toe, a third of it as a lean of its metatarsal, and its turn about its axis.
fn valgus(pose: &mut FootPose, angle_deg: f64, twist_deg: f64) {
    pose.metatarsals_deg[0] += angle_deg / 3.0;
    pose.joints[0][0].deviation_deg -= angle_deg;
    pose.joints[0][0].twist_deg += twist_deg;
}

/// Rheumatoid deformity: hallux valgus, toes that drift outwards, rise and ride over the metatarsals' heads, claws.
pub(crate) fn deform(d: &mut Draw<'_>, form: &mut FootForm, pose: &mut FootPose) {
    let s = form.scale;
    valgus(pose, d.between(0.0, 35.0), d.between(-20.0, 0.0));
    let drift = d.between(0.0, 25.0);
    let slip = d.between(0.0, 6.0);
    for i in 0..5 {
        if i > 0 && d.chance(0.6) {
            let joint = &mut pose.joints[i][0];
            joint.deviation_deg -= drift * d.between(0.4, 1.2);
            joint.flexion_deg -= d.between(0.0, 35.0);
            joint.slip_mm = [
                -s * slip * d.between(0.0, 0.8),
                s * slip * d.between(0.0, 1.5),
                -s * slip * d.between(0.0, 1.2),
            ];
            pose.joints[i][1].flexion_deg += d.between(0.0, 35.0);
        }
        if d.chance(0.08) {
            form.fused.push(Joint {
                ray: i + 1,
                proximal: Segment::Proximal,
            });
        }
        if d.chance(0.2) {
            pose.joints[i][1] = JointPose {
                deviation_deg: pose.joints[i][1].deviation_deg + d.normal(0.0, 10.0),
                ..pose.joints[i][1]
            };
        }
    }
    let narrow = d.between(0.2, 1.0);
    form.joint_spaces_mm = form.joint_spaces_mm.map(|j| (j * narrow).max(0.15));
    form.makeup.cortical_index *= d.between(0.6, 1.0) as f32;
    form.makeup.trabecular_ends *= d.between(0.6, 1.0) as f32;
}
