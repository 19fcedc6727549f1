use crate::Error;
use howship_image::{Labels, Mask, Volume};
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
/// Breaks up to twice this wide are closed, mm.
const CLOSE_MM: f64 = 1.0;

/// Periosteal labels of the bones in a scan in mgHA/cm³, largest first.
///
/// # Method
/// Smoothing, threshold, erosion to cut links, components of at least a tenth of the largest, growth back,
/// closing by 1 mm, holes filled in space and slice by slice. Simple and independent of how Howship measures: it
/// only has to give a surface on which lesions are put.
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
    let mut labels = Labels::filled(density.geometry().clone(), 0);
    let kept = (1..=8u32).filter(|&l| counts[l as usize] * 10 >= counts[1]);
    for label in kept {
        let core: Mask = cores.map(|l| u8::from(l == label));
        let near = distance_to_within(&core, CUT_MM * 1.5);
        let mut grown = bone.clone();
        for ((g, d), l) in grown
            .data_mut()
            .iter_mut()
            .zip(near.data())
            .zip(labels.data())
        {
            if !d.is_finite() || *l != 0 {
                *g = 0;
            }
        }
        let solid = fill_holes_slices(&fill_holes(&close(&grown, CLOSE_MM)?), 2);
        for (out, inside) in labels.data_mut().iter_mut().zip(solid.data()) {
            if *out == 0 && *inside != 0 {
                *out = label;
            }
        }
    }
    Ok(labels)
}
