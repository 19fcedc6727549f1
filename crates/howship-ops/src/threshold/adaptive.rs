use crate::Error;
use crate::filter::gaussian::{convolve, half_kernel};
use howship_image::{Mask, Volume};
use rayon::prelude::*;

/// How the neighbours are weighted in [`adaptive_threshold`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LocalWeights {
    /// All alike.
    #[default]
    Mean,
    /// By a Gaussian with a standard deviation of a sixth of the block (block - 1, in voxels).
    Gaussian,
}

/// How [`adaptive_threshold`] finds its threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct AdaptiveOptions {
    /// Width of the neighbourhood in voxels along x, y, z; odd. 1 leaves an axis out.
    pub block: [usize; 3],
    /// Weights of the neighbours.
    pub weights: LocalWeights,
    /// Subtracted from the local mean, in the unit of the volume.
    pub offset: f32,
    /// The threshold is never below this: darker voxels are outside, whatever is around them.
    pub lower: f32,
    /// The threshold is never above this: brighter voxels are inside.
    pub upper: f32,
}

impl Default for AdaptiveOptions {
    /// 13 voxels, mean, between 100 and 300 mg HA/cm³.
    fn default() -> Self {
        let weights = LocalWeights::Mean;
        Self {
            block: [13; 3],
            weights,
            offset: 0.0,
            lower: 100.0,
            upper: 300.0,
        }
    }
}

/// Voxels at or above the mean of their neighbourhood, that mean being held between two bounds.
///
/// Beyond the grid the nearest voxel is repeated. NaN is outside, and spoils its neighbourhood.
///
/// # Errors
/// A block that is even, zero or above 1025 voxels; bounds in the wrong order or NaN; an offset that is
/// not finite.
pub fn adaptive_threshold(volume: &Volume<f32>, options: &AdaptiveOptions) -> Result<Mask, Error> {
    check(options)?;
    let size = volume.size();
    let mut local = volume.clone();
    let kernels = options
        .block
        .map(|block| half_weights(block, options.weights));
    convolve(local.data_mut(), size, &kernels);
    let mut mask = Mask::filled(volume.geometry().clone(), 0);
    let plane = size[0] * size[1];
    mask.data_mut()
        .par_chunks_mut(plane)
        .enumerate()
        .for_each(|(z, out)| {
            for ((o, &value), &mean) in out.iter_mut().zip(volume.slice_z(z)).zip(local.slice_z(z))
            {
                let threshold = (mean - options.offset).clamp(options.lower, options.upper);
                *o = u8::from(value >= threshold);
            }
        });
    Ok(mask)
}

fn check(options: &AdaptiveOptions) -> Result<(), Error> {
    let refuse = |parameter, value, requirement| {
        Err(Error::Parameter {
            operation: "adaptive_threshold",
            parameter,
            value,
            requirement,
        })
    };
    for block in options.block {
        if block % 2 == 0 || block > 1025 {
            return refuse("block", block as f64, "odd and at most 1025 voxels");
        }
    }
    if !options.offset.is_finite() {
        return refuse("offset", f64::from(options.offset), "finite");
    }
    if options.lower <= options.upper {
        return Ok(());
    }
    refuse(
        "lower",
        f64::from(options.lower),
        "at most the upper bound, and neither NaN",
    )
}

fn half_weights(block: usize, weights: LocalWeights) -> Vec<f32> {
    match weights {
        LocalWeights::Mean => vec![1.0 / block as f32; block / 2 + 1],
        LocalWeights::Gaussian => half_kernel((block as f64 - 1.0) / 6.0, usize::MAX),
    }
}
