//! Dilation, erosion, opening and closing with a ball of any radius in mm, through the distance.

use crate::Error;
use crate::distance::{limit_of, squared};
use crate::error::require_length;
use crate::threshold::global::map_mask;
use howship_image::{Geometry, Mask, Region};

/// Voxels whose centre lies within `radius_mm` of the centre of an inside voxel.
///
/// The ball is Euclidean in mm, so an anisotropic grid gets an ellipsoid of voxels. A radius below the
/// spacing changes nothing. Only the mask's surroundings are computed.
///
/// # Errors
/// The radius is negative, infinite or NaN.
pub fn dilate(mask: &Mask, radius_mm: f64) -> Result<Mask, Error> {
    require_length("dilate", "radius_mm", radius_mm)?;
    within_region(mask, margin(mask.geometry(), radius_mm), |part| {
        Ok(dilate_all(part, radius_mm))
    })
}

/// Inside voxels farther than `radius_mm` from the centre of every outside voxel.
///
/// What lies beyond the grid is unknown and does not erode: the border is no background.
///
/// # Errors
/// The radius is negative, infinite or NaN.
pub fn erode(mask: &Mask, radius_mm: f64) -> Result<Mask, Error> {
    require_length("erode", "radius_mm", radius_mm)?;
    within_region(mask, [1; 3], |part| Ok(erode_all(part, radius_mm)))
}

/// Erosion, then dilation: removes what a ball of `radius_mm` does not fit into.
///
/// At the grid's border the object is taken to go on, as in [`erode`].
///
/// # Errors
/// The radius is negative, infinite or NaN.
pub fn open(mask: &Mask, radius_mm: f64) -> Result<Mask, Error> {
    require_length("open", "radius_mm", radius_mm)?;
    within_region(mask, [1; 3], |part| {
        dilate(&erode_all(part, radius_mm), radius_mm)
    })
}

/// Dilation, then erosion: fills what a ball of `radius_mm` outside the object cannot reach.
///
/// Computed on a grid padded by the radius, so that the border neither eats nor adds: the result holds
/// the mask. Beyond the grid there is background.
///
/// # Errors
/// The radius is negative, infinite or NaN, or so large that the padded grid is beyond
/// [`howship_image::MAX_VOXELS`].
pub fn close(mask: &Mask, radius_mm: f64) -> Result<Mask, Error> {
    require_length("close", "radius_mm", radius_mm)?;
    let Some(region) = mask.bounding_region() else {
        return Ok(mask.clone());
    };
    let reach = margin(mask.geometry(), radius_mm);
    let object = mask.crop(region)?;
    let size = std::array::from_fn(|a| region.size[a].saturating_add(2 * reach[a]));
    let geometry = Geometry::aligned(size, mask.geometry().spacing())?;
    let mut padded = Mask::filled(geometry.clone(), 0);
    let core = Region {
        start: reach,
        size: region.size,
    };
    padded.paste(&object.with_geometry(geometry.crop(core)?)?, core)?;
    let closed = erode_all(&dilate_all(&padded, radius_mm), radius_mm);
    // The dilation ends one radius beyond the bounding box, so the erosion takes back everything
    // outside the box: only the box itself can change.
    let core = closed
        .crop(core)?
        .with_geometry(mask.geometry().crop(region)?)?;
    let mut result = mask.clone();
    result.paste(&core, region)?;
    Ok(result)
}

fn dilate_all(mask: &Mask, radius_mm: f64) -> Mask {
    let distance = squared(mask, |value| value != 0, radius_mm);
    map_mask(&distance, f32::is_finite)
}

fn erode_all(mask: &Mask, radius_mm: f64) -> Mask {
    // Bounded: whatever is farther than the radius from the outside is infinity.
    let distance = squared(mask, |value| value == 0, radius_mm);
    let limit = limit_of(radius_mm);
    map_mask(&distance, |squared| squared > limit)
}

/// Voxels that a radius reaches along each axis, and one more.
fn margin(geometry: &Geometry, radius_mm: f64) -> [usize; 3] {
    // The float cast saturates, and beyond 2^33 voxels every grid has ended.
    geometry
        .spacing()
        .map(|s| ((radius_mm / s * (1.0 + 1e-6)) as usize).min(1 << 33) + 1)
}

/// Runs an operation on the mask's bounding region grown by a margin; the rest is background.
fn within_region(
    mask: &Mask,
    margin: [usize; 3],
    operation: impl Fn(&Mask) -> Result<Mask, Error>,
) -> Result<Mask, Error> {
    let Some(region) = mask.bounding_region() else {
        return Ok(mask.clone());
    };
    let region = region.grown(margin, mask.size());
    if region.size == mask.size() {
        return operation(mask);
    }
    let part = operation(&mask.crop(region)?)?;
    let mut result = Mask::filled(mask.geometry().clone(), 0);
    result.paste(&part, region)?;
    Ok(result)
}
