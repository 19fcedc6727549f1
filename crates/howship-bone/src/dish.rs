//! Dishes: erosions so wide and shallow that the ball which closes a bone's surface lies in them.

use crate::Error;
use crate::tuning::DishTuning;
use crate::working_grid::{coarsen, pad, working_factor};
use howship_image::{Interpolation, Mask, Region, RigidTransform, Volume, resample};
use howship_ops::Connectivity;

/// What a closing by a much larger ball adds to a closed bone where it spans a dish, on the same grid; `None` where it
/// spans none.
///
/// # Method
/// A ball of 2 mm lies in an erosion that is 5 mm wide and 2 mm deep, whose floor is then the bone's surface: nothing was
/// found there. A ball of 8 mm spans it. Where that ball leaves a space of at least 0.5 mm³ and 0.45 mm under its surface,
/// the space may have been bone, and is looked at under that surface. Most grooves, flares and necks of a finger's bones
/// are more shallow than that, or too wide for the ball; the one natural hollow of a real joint that is not (16 mm³) gives
/// no lesion. Worked out on blocks of about 0.25 mm.
///
/// # Limits
/// The ball sags across a mouth of width w by about w²/64 mm, and a convex bone lies above the chord: what is added is less
/// than what is missing, and only tells where to look. A concave joint face may look the same ([`faces`]).
pub(crate) fn spanned(filled: &Mask, tuning: &DishTuning) -> Result<Option<Mask>, Error> {
    let grid = filled.geometry();
    let factor = working_factor(grid, tuning.working_mm);
    let coarse = coarsen(&filled.map(f32::from), factor)?.map(|v| u8::from(v >= 0.5));
    let depth = depth_under_wide(&coarse, tuning.ball_mm)?;
    let mut space = coarse;
    for (s, d) in space.data_mut().iter_mut().zip(depth.data()) {
        *s = u8::from(*s == 0 && f64::from(*d) > tuning.core_mm);
    }
    let Some(dishes) = large_ones(&space, &depth, tuning) else {
        return Ok(None);
    };
    // Smooth at the surface of what is spanned, which the coarse grid holds as a distance.
    let near = howship_ops::distance_to_within(&dishes, tuning.around_mm);
    let upright = RigidTransform::identity();
    let under = resample(&depth, grid, &upright, Interpolation::Linear, 0.0);
    let near = resample(&near, grid, &upright, Interpolation::Nearest, f32::INFINITY);
    let mut added = filled.clone();
    let places = under.data().iter().zip(near.data());
    for (a, (d, n)) in added.data_mut().iter_mut().zip(places) {
        *a = u8::from(*a == 0 && *d > 0.0 && n.is_finite());
    }
    Ok(Some(added))
}

/// Depth under the surface that a ball of this radius gives the mask, mm; negative outside.
fn depth_under_wide(mask: &Mask, ball_mm: f64) -> Result<Volume<f32>, Error> {
    let margin = mask
        .geometry()
        .spacing()
        .map(|s| (ball_mm / s).ceil() as usize + 2);
    let whole = Region {
        start: [0; 3],
        size: mask.size(),
    };
    let padded = pad(mask, whole, margin)?;
    let reached =
        howship_ops::distance_to_within(&padded, ball_mm).map(|d| u8::from(d.is_finite()));
    let depth = howship_ops::distance_transform(&reached).map(|d| d - ball_mm as f32);
    let inner = Region {
        start: margin,
        size: mask.size(),
    };
    Ok(depth.crop(inner)?.with_geometry(mask.geometry().clone())?)
}

/// Spaces that are large and deep enough; `None` where none is.
fn large_ones(space: &Mask, depth: &Volume<f32>, tuning: &DishTuning) -> Option<Mask> {
    let parts = howship_ops::label(space, Connectivity::Six);
    let mut deepest = vec![0f32; parts.count + 1];
    let mut sizes = vec![0usize; parts.count + 1];
    for (label, d) in parts.labels.data().iter().zip(depth.data()) {
        let k = *label as usize;
        deepest[k] = deepest[k].max(*d);
        sizes[k] += 1;
    }
    let voxel = space.geometry().voxel_mm3();
    let kept = |k: usize| {
        k > 0
            && sizes[k] as f64 * voxel >= tuning.least_mm3
            && f64::from(deepest[k]) >= tuning.least_mm
    };
    (1..=parts.count)
        .any(kept)
        .then(|| parts.labels.map(|l| u8::from(kept(l as usize))))
}

/// Of what was added to a bone that which faces another bone across a joint: a concave joint face is no dish.
pub(crate) fn faces(added: &Mask, others: &Mask, tuning: &DishTuning) -> Mask {
    let far = howship_ops::distance_to_within(others, tuning.joint_mm);
    let parts = howship_ops::label(added, Connectivity::Six);
    let size = added.size();
    let facing: Vec<u32> = howship_ops::region_properties(&parts.labels)
        .iter()
        .filter(|part| {
            let at = part.centroid_index.map(|i| i.round().max(0.0) as usize);
            let [x, y, z] = std::array::from_fn(|a| at[a].min(size[a] - 1));
            far.at(x, y, z).is_finite()
        })
        .map(|part| part.label)
        .collect();
    parts.labels.map(|l| u8::from(facing.contains(&l)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{GivenLesions, JointInput, Unobserved, VisitScan};
    use crate::measure_joint;
    use crate::scene::{Ball, options, shape, stated};
    use howship_change::{Quantity, Visit};
    use howship_image::{DensityUnit, Geometry, PointMm, VectorMm};

    /// Slantwise to the grid: of one across an axis slices show a hole, which is filled as marrow is.
    fn slant() -> VectorMm {
        VectorMm::new(0.7, 0.55, 0.45).normalize()
    }

    /// 4.9 mm wide and 1.8 mm deep: a ball of 2 mm lies in it.
    fn dish() -> Ball {
        let head = Ball {
            radius: 6.0,
            spacing: [0.12; 3],
            ..Ball::textured()
        };
        head.with_cavity(slant(), -1.2, 3.0)
    }

    #[test]
    fn a_dish_is_spanned_and_a_sound_bone_or_a_small_mouth_is_not() {
        let options = options();
        let scene = dish();
        let bone = shape(&scene.render(), &options);
        let floor = scene.radius - 1.8;
        let over = PointMm::from(slant() * (floor + 0.4));
        assert!(bone.about(over).is_spanned(over));
        let depth = |bone: &crate::segmentation::BoneShape| bone.depth(over).unwrap();
        // Outside of the closing by 2 mm, inside of that by 8 mm, whose ball sags by 0.4 mm under the mouth's plane.
        assert!(depth(&bone) > 0.3 && depth(bone.about(over)) < -0.2);
        // What lies just under what is spanned belongs to it: of a deeper dish the closing ball leaves that.
        let dished = bone.about(over);
        let mut inwards = (0..80).map(|k| over - slant() * (0.05 * f64::from(k)));
        let under = inwards.find(|p| !dished.is_spanned(*p)).unwrap();
        assert!(std::ptr::eq(bone.about(under), dished));
        // The bone's own outline, volume and joint space are as they were.
        assert!(!bone.is_spanned(over));
        let beside = PointMm::from(slant() * -5.0);
        assert!(std::ptr::eq(bone.about(beside), &bone));
        for other in [
            Ball::textured(),
            Ball::textured().with_cavity(VectorMm::z(), 0.3, 1.1),
        ] {
            assert!(shape(&other.render(), &options).dished.is_none());
        }
    }

    /// Asserts that one lesion is measured, and to a tenth.
    fn measured_to_a_tenth(scene: &Ball, lesions: Option<&GivenLesions>) {
        let scan = stated(scene.render(), DensityUnit::MgHaPerCm3);
        let input = JointInput {
            visits: vec![VisitScan {
                visit: Visit::unnamed(1).remove(0),
                scan: (&scan).into(),
                mask: None,
            }],
            lesions,
        };
        let result = measure_joint(&input, &options(), &Unobserved).unwrap();
        assert_eq!(result.lesions.len(), 1);
        let volume = &result.lesions[0].visits[0].measurements[&Quantity::Volume];
        let truth = scene.hole_mm3();
        assert!(
            (volume.value / truth - 1.0).abs() < 0.1,
            "{} ± {} for {truth}",
            volume.value,
            volume.se
        );
    }

    /// Pointed at, it was two fifths of itself: its floor was taken for the bone's surface.
    #[test]
    fn a_dish_is_measured_to_a_tenth() {
        let scene = dish();
        let seed = (slant() * (scene.radius - 0.9)).into();
        measured_to_a_tenth(&scene, Some(&GivenLesions::Seeds(vec![seed])));
    }

    #[test]
    fn a_dish_is_found_without_a_seed() {
        let head = Ball {
            radius: 6.0,
            spacing: [0.12; 3],
            ..Ball::textured()
        };
        measured_to_a_tenth(&head.with_cavity(slant(), -1.0, 3.0), None);
    }

    #[test]
    fn a_hollow_that_faces_another_bone_is_a_joints_face() {
        let grid = Geometry::aligned([40; 3], [0.25; 3]).unwrap();
        let slab = |z: std::ops::Range<usize>| {
            Volume::from_fn(grid.clone(), |[_, _, k]| u8::from(z.contains(&k)))
        };
        let tuning = options().tuning.dish;
        let hollow = slab(18..22);
        // 1.5 mm and 4 mm from the middle of the hollow to the other bone.
        assert_eq!(
            faces(&hollow, &slab(26..40), &tuning).count(),
            hollow.count()
        );
        assert_eq!(faces(&hollow, &slab(36..40), &tuning).count(), 0);
    }
}
