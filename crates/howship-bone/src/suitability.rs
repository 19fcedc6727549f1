//! What an image must show for erosions to be found in it, and what is said where it does not.

use crate::joint::VisitShapes;
use howship_image::{DensityUnit, Geometry};

/// Breaks and cavities of the size of these voxels are what SPECTRA calls an erosion, mm.
const COARSE_MM: f64 = 0.2;

/// Warnings of one visit: voxels too coarse for breaks, or cortex darker than the marrow under it.
pub(crate) fn warnings(
    visit: &str,
    geometry: &Geometry,
    unit: DensityUnit,
    shapes: &VisitShapes,
) -> Vec<String> {
    let mut found = Vec::new();
    let voxel = geometry.max_spacing();
    if voxel > COARSE_MM {
        found.push(format!(
            "{visit}: voxels of {voxel:.2} mm are as large as the breaks that make an erosion: erosions may be missed \
             or measured too small; seeds (`--lesions`) help, and the errors given are too narrow"
        ));
    }
    if unit == DensityUnit::Arbitrary
        && let Some((cortex, marrow)) = cortex_and_marrow(shapes)
        && cortex < marrow
    {
        found.push(format!(
            "{visit}: the outer half millimetre of bone is darker than what lies under it ({cortex:.3} against \
             {marrow:.3}), as in MRI: erosions are looked for as dark cavities in bright bone and will be missed; \
             give seeds (`--lesions`)"
        ));
    }
    found
}

/// Mean value less than half a millimetre, and more than one, under the envelope of all bones.
fn cortex_and_marrow(visit: &VisitShapes) -> Option<(f64, f64)> {
    let (mut outer, mut inner) = ((0.0, 0usize), (0.0, 0usize));
    let geometry = visit.working.geometry();
    for (offset, value) in visit.working.data().iter().enumerate() {
        let at = geometry.world(geometry.voxel(offset).map(|i| i as f64));
        let depth = visit
            .shapes
            .iter()
            .filter_map(|s| s.depth(at))
            .fold(f64::INFINITY, f64::min);
        let sum = if (-0.5..0.0).contains(&depth) {
            &mut outer
        } else if depth < -1.0 {
            &mut inner
        } else {
            continue;
        };
        sum.0 += f64::from(*value);
        sum.1 += 1;
    }
    let mean = |(sum, count): (f64, usize)| (count > 50).then(|| sum / count as f64);
    Some((mean(outer)?, mean(inner)?))
}
