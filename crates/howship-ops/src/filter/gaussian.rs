use crate::Error;
use crate::error::require_length;
use crate::planes::{for_each_xy_plane, for_each_xz_plane};
use howship_image::Volume;

/// Gaussian smoothing; `sigma_mm` is the standard deviation along the x, y and z index axes in mm.
///
/// Separable, sampled kernel cut at 4 sigma and normalised to 1; beyond the grid the nearest voxel is
/// repeated (`scipy.ndimage.gaussian_filter(mode="nearest")`, to f32 rounding). A sigma of 0 leaves its
/// axis alone. NaN spreads as far as the kernel reaches.
///
/// # Errors
/// A sigma is negative, infinite or NaN.
pub fn gaussian(volume: &Volume<f32>, sigma_mm: [f64; 3]) -> Result<Volume<f32>, Error> {
    let mut smoothed = volume.clone();
    gaussian_in_place(&mut smoothed, sigma_mm)?;
    Ok(smoothed)
}

/// As [`gaussian`], without a second volume: one plane of scratch per thread.
///
/// # Errors
/// A sigma is negative, infinite or NaN; the volume is then unchanged.
pub fn gaussian_in_place(volume: &mut Volume<f32>, sigma_mm: [f64; 3]) -> Result<(), Error> {
    for sigma in sigma_mm {
        require_length("gaussian", "sigma_mm", sigma)?;
    }
    let size = volume.size();
    let spacing = volume.geometry().spacing();
    let kernels: [Vec<f32>; 3] =
        std::array::from_fn(|a| half_kernel(sigma_mm[a] / spacing[a], size[a] - 1));
    convolve(volume.data_mut(), size, &kernels);
    Ok(())
}

/// Convolves in place with one symmetric half kernel (centre first) per axis; one tap skips the axis.
pub(crate) fn convolve(data: &mut [f32], size: [usize; 3], kernels: &[Vec<f32>; 3]) {
    let [along_x, along_y, along_z] = kernels;
    if along_x.len() > 1 || along_y.len() > 1 {
        // Both in one visit: a slice stays in the cache between them.
        let scratch = || (Vec::new(), Vec::new());
        for_each_xy_plane(data, size, scratch, |(padded, copy), _, rows| {
            if along_x.len() > 1 {
                rows.iter_mut()
                    .for_each(|row| convolve_row(row, along_x, padded));
            }
            if along_y.len() > 1 {
                convolve_rows(rows, along_y, copy);
            }
        });
    }
    if along_z.len() > 1 {
        for_each_xz_plane(data, size, Vec::new, |copy, _, rows| {
            convolve_rows(rows, along_z, copy);
        });
    }
}

/// Centre and one side of a normalised Gaussian cut at 4 sigma; sigma in voxels.
///
/// What reaches beyond `most` taps is folded into the last: on an axis of that many voxels every one of
/// those samples repeats the border.
pub(crate) fn half_kernel(sigma: f64, most: usize) -> Vec<f32> {
    let radius = (4.0 * sigma + 0.5).floor();
    if radius < 1.0 || most == 0 {
        return vec![1.0];
    }
    // Beyond 2^24 taps the weights are equal to f32 rounding and every axis has ended.
    let radius = radius.min(f64::from(1u32 << 24)) as usize;
    let weight = |k: usize| (-0.5 * (k as f64 / sigma).powi(2)).exp();
    let total = weight(0) + 2.0 * (1..=radius).map(weight).sum::<f64>();
    let reach = radius.min(most);
    let mut kernel: Vec<f64> = (0..=reach).map(|k| weight(k) / total).collect();
    kernel[reach] += (reach + 1..=radius).map(|k| weight(k) / total).sum::<f64>();
    kernel.into_iter().map(|w| w as f32).collect()
}

/// Convolves one row; `padded` is scratch.
fn convolve_row(row: &mut [f32], kernel: &[f32], padded: &mut Vec<f32>) {
    let radius = kernel.len() - 1;
    let (Some(&first), Some(&last)) = (row.first(), row.last()) else {
        return;
    };
    padded.clear();
    padded.extend(std::iter::repeat_n(first, radius));
    padded.extend_from_slice(row);
    padded.extend(std::iter::repeat_n(last, radius));
    let length = row.len();
    let from = |start: usize| &padded[start..start + length];
    weigh(row, kernel, from(radius), |k| {
        (from(radius - k), from(radius + k))
    });
}

/// Convolves across the rows of a plane: every tap is a whole row, so the inner loop is contiguous.
fn convolve_rows(rows: &mut [&mut [f32]], kernel: &[f32], copy: &mut Vec<f32>) {
    let count = rows.len();
    let Some(width) = rows.first().map(|row| row.len()) else {
        return;
    };
    copy.clear();
    for row in rows.iter() {
        copy.extend_from_slice(row);
    }
    let source = |index: usize| &copy[index * width..(index + 1) * width];
    for (i, row) in rows.iter_mut().enumerate() {
        weigh(row, kernel, source(i), |k| {
            (source(i.saturating_sub(k)), source((i + k).min(count - 1)))
        });
    }
}

/// Voxels summed side by side, in registers.
const LANES: usize = 16;

/// Weighted sum of the centre and, for every other tap, of a pair of rows.
fn weigh<'a>(
    out: &mut [f32],
    kernel: &[f32],
    centre: &[f32],
    pair: impl Fn(usize) -> (&'a [f32], &'a [f32]),
) {
    for (block, out) in out.chunks_mut(LANES).enumerate() {
        let part = block * LANES..block * LANES + out.len();
        let mut sum = [0.0f32; LANES];
        add(&mut sum, kernel[0], &centre[part.clone()], None);
        for (k, &weight) in kernel.iter().enumerate().skip(1) {
            let (left, right) = pair(k);
            add(
                &mut sum,
                weight,
                &left[part.clone()],
                Some(&right[part.clone()]),
            );
        }
        out.copy_from_slice(&sum[..out.len()]);
    }
}

/// Adds the weighted values; a full block has a fixed length, so that it is vectorised.
#[inline]
fn add(sum: &mut [f32; LANES], weight: f32, left: &[f32], right: Option<&[f32]>) {
    let right = right.unwrap_or(&[0.0; LANES]);
    match (
        <&[f32; LANES]>::try_from(left),
        <&[f32; LANES]>::try_from(right),
    ) {
        (Ok(left), Ok(right)) => {
            for i in 0..LANES {
                sum[i] += weight * (left[i] + right[i]);
            }
        }
        _ => {
            for ((s, l), r) in sum.iter_mut().zip(left).zip(right) {
                *s += weight * (l + r);
            }
        }
    }
}
