//! Whether a given mask leaves out bone that goes on beyond it: there nothing is looked for.

use crate::mask_place::outline_within;
use crate::tuning::MaskTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{DensityUnit, PointMm, VectorMm, sample_linear};

/// Says of each bone's mask how much of its outline has bone outside of it.
///
/// # Method
/// From each place of the outline outwards: bone (`wall_level` of the contrast of bone and soft tissue) within
/// `cut_to_mm`, from where the blur of the bone inside is out of reach on. A plane through a bone meets its trabeculae and
/// cortex, and a mask drawn too narrow the cortex everywhere.
///
/// # Limits
/// A shaft that is cut on purpose is said too. Where the image ends nothing is seen. Images without a unit are not asked:
/// the cortex of MRI is dark as soft tissue.
pub(crate) fn bone_beyond(
    visit: &VisitShapes<'_>,
    wall_level: f64,
    tuning: &MaskTuning,
) -> Vec<String> {
    if visit.scan.unit == DensityUnit::Arbitrary {
        return Vec::new();
    }
    let bone = visit.levels.soft + wall_level * visit.levels.contrast();
    let said = visit.shapes.iter().filter_map(|shape| {
        let outline = outline_within(shape, 1.0, tuning);
        let others = |at: PointMm| {
            let others = visit.shapes.iter().filter(|s| s.id != shape.id);
            others
                .filter_map(|s| s.depth(at))
                .any(|d| d < tuning.cut_from_mm)
        };
        let goes_on = outline
            .iter()
            .filter(|(at, normal)| is_bone_outside(visit, (*at, *normal), bone, &others, tuning))
            .count();
        let share = goes_on as f64 / outline.len().max(1) as f64;
        (outline.len() >= tuning.enough && share > tuning.cut_share).then(|| {
            format!(
                "{}: bone goes on outside of the mask of bone {}, over {:.0} % of its outline: nothing is looked for there, \
                 and an erosion at the mask's edge may be missed; `howship` finds whole bones where no mask is given",
                visit.name(),
                shape.id,
                100.0 * share
            )
        })
    });
    said.collect()
}

fn is_bone_outside(
    visit: &VisitShapes<'_>,
    (at, normal): (PointMm, VectorMm),
    bone: f64,
    others: &dyn Fn(PointMm) -> bool,
    tuning: &MaskTuning,
) -> bool {
    let image = &visit.smooth;
    let steps = ((tuning.cut_to_mm - tuning.cut_from_mm) / tuning.step_mm).max(0.0) as u32;
    (0..=steps).any(|k| {
        let place = at + normal * (tuning.cut_from_mm + f64::from(k) * tuning.step_mm);
        let value = sample_linear(image, image.geometry().index(place));
        value.is_some_and(|v| f64::from(v) >= bone) && !others(place)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, options, stated, with_mask};
    use crate::visit_shapes::segment_visit;

    fn said(label: impl Fn(PointMm) -> bool) -> Vec<String> {
        let ball = Ball::textured().with_cavity(VectorMm::x(), 0.3, 1.2);
        let scan = stated(ball.render(), DensityUnit::MgHaPerCm3);
        let given = with_mask(&scan, |at| u32::from(at.coords.norm() < 3.5 && label(at)));
        let options = options();
        let visit = segment_visit(&given, scan.unit, &options).unwrap();
        bone_beyond(&visit, options.wall_level, &options.tuning.mask)
    }

    #[test]
    fn a_mask_that_cuts_its_bone_is_told_and_a_whole_one_is_not() {
        assert!(said(|_| true).is_empty());
        // As a hand draws it.
        assert!(said(|at| at.coords.norm() < 3.42).is_empty());
        for cut in [0.0, 1.5] {
            let told = said(|at| at.z < cut);
            assert!(
                told.len() == 1 && told[0].contains("bone goes on"),
                "{told:?}"
            );
        }
    }
}
