//! What an image must show for erosions to be found in it, and what is said where it does not.

use crate::marrow::Contrast;
use crate::tuning::SuitabilityTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::DensityUnit;

/// Warnings of one visit: voxels too coarse for breaks, or cortex darker than the marrow under it; of lesions that are given
/// other things are said than of those that are looked for.
pub(crate) fn warnings(
    shapes: &VisitShapes<'_>,
    (unit, contrast): (DensityUnit, Contrast),
    given: bool,
    tuning: &SuitabilityTuning,
) -> Vec<String> {
    let visit = shapes.name();
    let mut found = Vec::new();
    let voxel = shapes.scan.volume.geometry().max_spacing();
    if voxel > tuning.coarse_mm {
        let then = if given {
            "lesions of less than about 1 mm³ are measured too small by half and more, the smallest not at all"
        } else {
            "erosions may be missed or measured too small; seeds (`--lesions`) find more of them"
        };
        found.push(format!(
            "{visit}: voxels of {voxel:.2} mm are as large as the breaks that make an erosion: {then}"
        ));
    }
    if unit == DensityUnit::Arbitrary
        && contrast == Contrast::Mineral
        && let Some((cortex, marrow)) = cortex_and_marrow(shapes, tuning)
        && cortex < marrow
    {
        let then = if given {
            "a lesion's outline is the marrow's, without the cortex that it broke"
        } else {
            "erosions are looked for as dark cavities in bright bone and will be missed"
        };
        found.push(format!(
            "{visit}: the outer half millimetre of bone is darker than what lies under it ({cortex:.3} against \
             {marrow:.3}), as in MRI: {then}"
        ));
    }
    found
}

/// Mean value less than half a millimetre, and more than one, under the envelope of all bones.
fn cortex_and_marrow(visit: &VisitShapes<'_>, tuning: &SuitabilityTuning) -> Option<(f64, f64)> {
    let (mut outer, mut inner) = ((0.0, 0usize), (0.0, 0usize));
    let geometry = visit.working.geometry();
    for (offset, value) in visit.working.data().iter().enumerate() {
        let at = geometry.world(geometry.voxel(offset).map(|i| i as f64));
        let depth = visit
            .shapes
            .iter()
            .filter_map(|s| s.depth(at))
            .fold(f64::INFINITY, f64::min);
        let sum = if (-tuning.cortex_mm..0.0).contains(&depth) {
            &mut outer
        } else if depth < -tuning.marrow_mm {
            &mut inner
        } else {
            continue;
        };
        sum.0 += f64::from(*value);
        sum.1 += 1;
    }
    let mean = |(sum, count): (f64, usize)| (count > tuning.enough).then(|| sum / count as f64);
    Some((mean(outer)?, mean(inner)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VisitScan;
    use crate::scene::{Ball, options};
    use crate::visit_shapes::segment_visit;
    use howship_image::Scan;

    #[test]
    fn voxels_as_large_as_a_break_are_warned_of_and_smaller_ones_are_not() {
        let options = options();
        let unit = DensityUnit::MgHaPerCm3;
        // SPECTRA's break shows on two slices of 82 µm: 0.16 mm.
        for (spacing, told) in [(0.164, false), (0.19, false), (0.22, true), (0.3, true)] {
            let scene = Ball {
                spacing: [spacing; 3],
                ..Ball::solid()
            };
            let scan = Scan {
                volume: scene.render(),
                unit,
                known: howship_image::UnitKnown::Stated,
                calibration: None,
            };
            let visit = &VisitScan::pairs(howship_change::Visit::unnamed(1), [&scan])[0];
            let shapes = segment_visit(visit, unit, &options).unwrap();
            let said = warnings(
                &shapes,
                (unit, Contrast::Mineral),
                false,
                &options.tuning.suitability,
            );
            assert_eq!(!said.is_empty(), told, "{spacing}: {said:?}");
        }
    }
}
