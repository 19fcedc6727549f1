//! Candidates for erosions between two visits: places inside the envelope where bone came or went.

use crate::Error;
use crate::detect::{Place, onto_surface};
use crate::levels::Levels;
use crate::segmentation::BoneShape;
use crate::tuning::Tuning;
use howship_image::{Interpolation, Mask, PointMm, RigidTransform, Volume, resample};
use howship_ops::Connectivity;

/// Places where bone appeared or vanished, each with the roomiest point of the emptier visit near it.
///
/// An opening that runs together with its neighbours, or with a recess of the bone's shape, gives one candidate for
/// all of them; what changed between visits tells the lesion apart.
///
/// `before` is the baseline's smoothed working image with its tissue levels, `after` the later visit's, `pose` takes
/// the former's frame into the latter's; candidates are in the baseline's frame.
pub(crate) fn find_changed(
    (before, levels): (&Volume<f32>, &Levels),
    (after, later): (&Volume<f32>, &Levels),
    (shape, later_shape): (&BoneShape, &BoneShape),
    pose: &RigidTransform,
    wall_level: f64,
    tuning: &Tuning,
) -> Result<Vec<Place>, Error> {
    let changed_by = &tuning.changed;
    let around = shape
        .envelope
        .geometry()
        .spacing()
        .map(|h| (changed_by.around_mm / h) as usize + 1);
    let size = shape.envelope.size();
    let Some(region) = shape
        .envelope
        .bounding_region()
        .map(|r| r.grown(around, size))
    else {
        return Ok(Vec::new());
    };
    let mut depth = shape.distance.crop(region)?;
    let now = resample(
        &later_shape.distance,
        depth.geometry(),
        pose,
        Interpolation::Linear,
        f32::INFINITY,
    );
    // An erosion that rounds off an edge lies outside its own visit's closed surface, and inside the other's.
    for (d, n) in depth.data_mut().iter_mut().zip(now.data()) {
        *d = d.min(*n);
    }
    let before = before.crop(region)?;
    let after = resample(
        after,
        before.geometry(),
        pose,
        Interpolation::Linear,
        f32::NAN,
    );
    let limit = changed_by.change as f32 * (0.5 * (levels.contrast() + later.contrast())) as f32;
    let under = -changed_by.deepest_mm as f32..-changed_by.inside_mm as f32;
    let mut candidates = Vec::new();
    for (sign, emptier, levels) in [(1.0, &before, levels), (-1.0, &after, later)] {
        let mut changed = Mask::filled(before.geometry().clone(), 0);
        for (o, c) in changed.data_mut().iter_mut().enumerate() {
            // A value that the later visit does not hold compares as unchanged.
            let rose = sign * (after.data()[o] - before.data()[o]) > limit;
            *c = u8::from(rose && under.contains(&depth.data()[o]));
        }
        let wall = levels.soft + wall_level * levels.contrast();
        let bone = howship_ops::threshold(emptier, wall as f32, f32::INFINITY);
        let mut room = howship_ops::distance_to_within(&bone, changed_by.room_reach_mm);
        // A ball may reach out of the mouth a little, not lie outside.
        for (r, d) in room.data_mut().iter_mut().zip(depth.data()) {
            *r = r.min(changed_by.beyond_mm as f32 - d);
        }
        candidates.extend(middles(&changed, &room, shape, tuning)?);
    }
    Ok(candidates)
}

/// One candidate for each place that is large enough and has room beside it.
fn middles(
    changed: &Mask,
    room: &Volume<f32>,
    shape: &BoneShape,
    tuning: &Tuning,
) -> Result<Vec<Place>, Error> {
    let around_mm = tuning.changed.around_mm;
    let places = howship_ops::label(changed, Connectivity::Six);
    let mut candidates = Vec::new();
    for properties in howship_ops::region_properties(&places.labels) {
        if properties.volume_mm3 < tuning.changed.smallest_mm3 {
            continue;
        }
        let around = changed
            .geometry()
            .spacing()
            .map(|h| (around_mm / h) as usize);
        let region = properties.region.grown(around, changed.size());
        let place = places
            .labels
            .crop(region)?
            .map(|l| u8::from(l == properties.label));
        let far = howship_ops::distance_to(&place);
        let room = room.crop(region)?;
        let roomiest = (0..far.data().len())
            .filter(|&o| f64::from(far.data()[o]) <= around_mm)
            .max_by(|&a, &b| room.data()[a].total_cmp(&room.data()[b]).then(b.cmp(&a)));
        let Some(roomiest) = roomiest.filter(|&o| room.data()[o] > tuning.changed.room_mm as f32)
        else {
            continue;
        };
        let grid = room.geometry();
        let centre: PointMm = grid.world(grid.voxel(roomiest).map(|v| v as f64));
        if let Some((mouth, normal)) = onto_surface(shape, centre, &tuning.places) {
            candidates.push(Place {
                centre,
                mouth,
                normal,
            });
        }
    }
    Ok(candidates)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, levels, options, shape};
    use howship_image::VectorMm;

    fn changed(first: &Ball, later: &Ball) -> Vec<Place> {
        let options = options();
        let (a, b) = (first.render(), later.render());
        let shapes = (shape(&a, &options), shape(&b, &options));
        let levels = levels();
        find_changed(
            (&a, &levels),
            (&b, &levels),
            (&shapes.0, &shapes.1),
            &later.motion,
            0.37,
            &options.tuning,
        )
        .unwrap()
    }

    #[test]
    fn a_place_where_bone_came_or_went_is_found_either_way_round() {
        let towards = VectorMm::new(0.2, 1.0, 0.1);
        let motion = RigidTransform::about(
            PointMm::origin(),
            VectorMm::new(0.1, 0.0, -0.2),
            VectorMm::new(0.3, -0.2, 0.1),
        );
        let large = Ball::solid().with_cavity(towards, 0.3, 0.9);
        let small = Ball::solid().with_cavity(towards, 0.3, 0.6);
        let there = Ball {
            motion,
            ..small.clone()
        };
        for (first, later) in [
            (&large, &there),
            (
                &small,
                &Ball {
                    motion,
                    ..large.clone()
                },
            ),
        ] {
            let places = changed(first, later);
            assert_eq!(places.len(), 1, "{places:?}");
            assert!(
                (places[0].centre - large.holes[0].0).norm() < 0.6,
                "{:?}",
                places[0]
            );
        }
        assert!(
            changed(
                &large,
                &Ball {
                    motion,
                    ..large.clone()
                }
            )
            .is_empty()
        );
    }

    #[test]
    fn what_changed_far_from_any_mouth_is_no_place() {
        // A void of 0.45 mm that fills, 2.0 and 3.1 mm under the surface.
        let filled = |sink: f64| {
            let void = Ball::solid().with_cavity(VectorMm::new(0.1, 0.2, 1.0), sink, 0.45);
            changed(&void, &Ball::solid()).len()
        };
        assert_eq!((filled(2.0), filled(3.1)), (1, 0));
    }

    #[test]
    fn a_wall_that_moved_by_less_than_a_voxel_is_no_place() {
        let at = |r: f64| Ball::solid().with_cavity(VectorMm::z(), 0.3, r);
        assert!(changed(&at(0.9), &at(0.88)).is_empty());
    }
}
