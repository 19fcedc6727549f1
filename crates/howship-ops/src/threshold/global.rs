use crate::Error;
use howship_image::{Mask, Volume};
use rayon::prelude::*;

/// Voxels with `low <= value <= high`, in the unit of the volume; NaN is outside.
#[must_use]
pub fn threshold(volume: &Volume<f32>, low: f32, high: f32) -> Mask {
    map_mask(volume, |value| value >= low && value <= high)
}

/// The voxels for which `keep` holds, slice by slice in parallel.
pub(crate) fn map_mask<T: Copy + Sync>(
    volume: &Volume<T>,
    keep: impl Fn(T) -> bool + Sync + Send,
) -> Mask {
    let mut mask = Mask::filled(volume.geometry().clone(), 0);
    let plane = volume.size()[0] * volume.size()[1];
    mask.data_mut()
        .par_chunks_mut(plane)
        .zip(volume.data().par_chunks(plane))
        .for_each(|(out, values)| {
            for (o, &value) in out.iter_mut().zip(values) {
                *o = u8::from(keep(value));
            }
        });
    mask
}

/// Otsu's threshold from a histogram of `bins` equal bins between the least and the greatest value.
///
/// The centre of the bin that maximises the variance between the two classes; the upper class is what
/// lies above it (as `skimage.filters.threshold_otsu`). Values that are not finite are left out; values
/// that are all equal give that value. Otsu, IEEE Trans Syst Man Cybern 1979.
///
/// # Errors
/// There is no finite value, or fewer than 2 bins.
pub fn otsu(values: &[f32], bins: usize) -> Result<f32, Error> {
    const OPERATION: &str = "otsu";
    if !(2..=1 << 24).contains(&bins) {
        let requirement = "from 2 to 2^24";
        let value = bins as f64;
        return Err(Error::Parameter {
            operation: OPERATION,
            parameter: "bins",
            value,
            requirement,
        });
    }
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = finite().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| {
        (l.min(v), h.max(v))
    });
    if low > high {
        return Err(Error::Empty {
            operation: OPERATION,
        });
    }
    if low == high {
        return Ok(low);
    }
    let (low, width) = (
        f64::from(low),
        (f64::from(high) - f64::from(low)) / bins as f64,
    );
    let mut histogram = vec![0.0f64; bins];
    for value in finite() {
        let bin = ((f64::from(value) - low) / width) as usize;
        histogram[bin.min(bins - 1)] += 1.0;
    }
    let centre = |bin: usize| low + width * (bin as f64 + 0.5);
    Ok(centre(best_split(&histogram)) as f32)
}

/// The last bin of the lower class that maximises the variance between classes.
fn best_split(histogram: &[f64]) -> usize {
    let total: f64 = histogram.iter().sum();
    let moment: f64 = histogram
        .iter()
        .enumerate()
        .map(|(i, &n)| i as f64 * n)
        .sum();
    let (mut below, mut moment_below) = (0.0, 0.0);
    let (mut best, mut best_variance) = (0, -1.0);
    for (i, &n) in histogram.iter().enumerate().take(histogram.len() - 1) {
        below += n;
        moment_below += i as f64 * n;
        let above = total - below;
        if below == 0.0 || above == 0.0 {
            continue;
        }
        let difference = moment_below / below - (moment - moment_below) / above;
        let variance = below * above * difference * difference;
        if variance > best_variance {
            (best, best_variance) = (i, variance);
        }
    }
    best
}
