use crate::Connectivity;
use crate::runs::Runs;
use howship_image::{Mask, Volume};

/// Voxels at or above `low` that are connected, through such voxels, to one at or above `high`.
///
/// In the unit of the volume. NaN is outside. A `low` above `high` gives the voxels at or above `low`.
#[must_use]
pub fn hysteresis_threshold(
    volume: &Volume<f32>,
    low: f32,
    high: f32,
    connectivity: Connectivity,
) -> Mask {
    let size = volume.size();
    let runs = Runs::new(volume.data(), size, connectivity, |v| v >= low);
    let strong = runs.any(volume.data(), size[0], |v| v >= high);
    let mut mask = Mask::filled(volume.geometry().clone(), 0);
    runs.paint(mask.data_mut(), size[0], |c| {
        strong[c as usize].then_some(1)
    });
    mask
}
