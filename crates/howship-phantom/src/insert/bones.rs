use crate::Error;
use howship_image::{Geometry, Labels, Mask, Region, Volume};
use howship_ops::{
    Connectivity, close, distance_to_within, erode, fill_holes, fill_holes_slices, gaussian,
    largest_components, threshold,
};

/// Bones above this after smoothing, mgHA/cm³.
const BONE_MGHA: f64 = 220.0;
/// Smoothing before the threshold, mm.
const SMOOTH_MM: f64 = 0.12;
/// Links between bones thinner than twice this are cut, mm.
const CUT_MM: f64 = 0.13;
/// Trabeculae thinner than that belong to the nearest bone's core within this distance, mm.
const GROW_MM: f64 = 3.0;
/// Breaks up to twice this wide are closed, mm.
const CLOSE_MM: f64 = 1.0;

/// Periosteal labels of the bones in a scan in mgHA/cm³, largest first.
///
/// # Method
/// Smoothing, threshold, erosion to cut links, components of at least a tenth of the largest, growth back along what
/// is connected and nearest, closing by 1 mm, holes filled in space and slice by slice along each axis: trabeculae and
/// marrow left outside would not move with their bone. Simple and independent of how Howship measures: it only has to
/// give a surface on which lesions are put.
///
/// # Errors
/// Nothing is above the threshold.
pub fn find_bones(density: &Volume<f32>) -> Result<Labels, Error> {
    let smooth = gaussian(density, [SMOOTH_MM; 3])?;
    let bone = threshold(&smooth, BONE_MGHA as f32, f32::INFINITY);
    let cores = largest_components(&erode(&bone, CUT_MM)?, 8, Connectivity::TwentySix);
    let mut counts = [0usize; 9];
    for &label in cores.data() {
        counts[label.min(8) as usize] += 1;
    }
    if counts[1] == 0 {
        return Err(Error::NoBone {
            threshold: BONE_MGHA,
        });
    }
    let kept: Vec<u32> = (1..=8u32)
        .filter(|&l| counts[l as usize] * 10 >= counts[1])
        .collect();
    let near: Vec<Volume<f32>> = kept
        .iter()
        .map(|&id| distance_to_within(&cores.map(|l| u8::from(l == id)), GROW_MM))
        .collect();
    let mut labels = Labels::filled(density.geometry().clone(), 0);
    for (k, &id) in kept.iter().enumerate() {
        let mut grown = bone.clone();
        for (o, g) in grown.data_mut().iter_mut().enumerate() {
            let own = near[k].data()[o];
            let nearest = near.iter().all(|other| own <= other.data()[o]);
            *g &= u8::from(own.is_finite() && nearest);
        }
        let grown =
            largest_components(&grown, 1, Connectivity::TwentySix).map(|l| u8::from(l == 1));
        let solid = filled(fill_holes(&closed(&grown)?));
        for (out, inside) in labels.data_mut().iter_mut().zip(solid.data()) {
            if *out == 0 && *inside != 0 {
                *out = id;
            }
        }
    }
    Ok(labels)
}

/// Rounds over the three axes after which filling has settled on any bone seen.
const ROUNDS: usize = 4;

/// Holes of all slices along each axis filled; what one axis fills can close a ring for another.
fn filled(mut mask: Mask) -> Mask {
    let count = |m: &Mask| m.data().iter().filter(|v| **v != 0).count();
    let mut before = count(&mask);
    for _ in 0..ROUNDS {
        for axis in 0..3 {
            mask = fill_holes_slices(&mask, axis);
        }
        let now = count(&mask);
        if now == before {
            break;
        }
        before = now;
    }
    mask
}

/// Closing on a stack that goes on beyond its ends as it ends: marrow at a cut end is closed as inside.
fn closed(mask: &Mask) -> Result<Mask, Error> {
    let geometry = mask.geometry();
    let [nx, ny, nz] = mask.size();
    let beyond = (2.0 * CLOSE_MM / geometry.spacing()[2]).ceil() as usize;
    let grid = Geometry::new(
        [nx, ny, nz + 2 * beyond],
        geometry.spacing(),
        geometry.world([0.0, 0.0, -(beyond as f64)]).coords.into(),
        geometry.direction(),
    )?;
    let long = Volume::from_fn(grid, |[x, y, z]| {
        mask.at(x, y, z.saturating_sub(beyond).min(nz - 1))
    });
    let inner = Region {
        start: [0, 0, beyond],
        size: [nx, ny, nz],
    };
    Ok(close(&long, CLOSE_MM)?
        .crop(inner)?
        .with_geometry(geometry.clone())?)
}
