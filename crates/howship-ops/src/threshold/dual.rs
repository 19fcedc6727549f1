use crate::Error;
use howship_image::{Mask, Volume};
use rayon::prelude::*;

/// One threshold per compartment of a bone, in the unit of the volume.
#[derive(Debug, Clone, PartialEq)]
pub struct DualThresholds {
    /// Least value of cortical bone.
    pub cortical: f32,
    /// Least value of trabecular bone.
    pub trabecular: f32,
}

impl Default for DualThresholds {
    /// 450 and 320 mg HA/cm³, the usual values for second-generation HR-pQCT after smoothing with a
    /// Gaussian of 0.8 voxels, as in the open pipeline timelapsed-hrpqct. Whittier et al., Osteoporos Int
    /// 2020 is cited for them from memory, not confirmed.
    fn default() -> Self {
        Self {
            cortical: 450.0,
            trabecular: 320.0,
        }
    }
}

/// Bone in two compartments: a voxel of `cortical` at or above the cortical threshold, or of
/// `trabecular` at or above the trabecular one. Where both masks hold, the lower threshold counts.
///
/// # Errors
/// The grids differ.
pub fn dual_threshold(
    volume: &Volume<f32>,
    cortical: &Mask,
    trabecular: &Mask,
    thresholds: &DualThresholds,
) -> Result<Mask, Error> {
    volume.geometry().require_same(cortical.geometry())?;
    volume.geometry().require_same(trabecular.geometry())?;
    let mut bone = Mask::filled(volume.geometry().clone(), 0);
    let plane = volume.size()[0] * volume.size()[1];
    bone.data_mut()
        .par_chunks_mut(plane)
        .enumerate()
        .for_each(|(z, out)| {
            let (values, c, t) = (
                volume.slice_z(z),
                cortical.slice_z(z),
                trabecular.slice_z(z),
            );
            for (i, o) in out.iter_mut().enumerate() {
                let hard = c[i] != 0 && values[i] >= thresholds.cortical;
                let soft = t[i] != 0 && values[i] >= thresholds.trabecular;
                *o = u8::from(hard || soft);
            }
        });
    Ok(bone)
}
