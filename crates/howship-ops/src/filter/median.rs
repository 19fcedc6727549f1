use crate::Error;
use howship_image::Volume;
use rayon::prelude::*;

/// The most voxels a median window may hold.
const MAX_WINDOW: usize = 1 << 20;

/// Median over a box of `2 radius + 1` voxels along x, y, z.
///
/// Beyond the grid the nearest voxel is repeated (as `scipy.ndimage.median_filter(mode="nearest")`).
/// NaN sorts after every number.
///
/// # Errors
/// The window holds more than 2^20 voxels.
pub fn median(volume: &Volume<f32>, radius: [usize; 3]) -> Result<Volume<f32>, Error> {
    let window = radius.iter().try_fold(1usize, |product, &r| {
        r.checked_mul(2)?.checked_add(1)?.checked_mul(product)
    });
    let Some(window) = window.filter(|&n| n <= MAX_WINDOW) else {
        let value = radius.iter().copied().max().unwrap_or(0) as f64;
        let requirement = "such that the window has at most 2^20 voxels";
        return Err(Error::Parameter {
            operation: "median",
            parameter: "radius",
            value,
            requirement,
        });
    };
    let mut result = volume.clone();
    let [nx, ny, nz] = volume.size();
    let scratch = || (Vec::with_capacity(window), vec![0u32; window]);
    result
        .data_mut()
        .par_chunks_mut(nx)
        .enumerate()
        .with_min_len(16)
        .for_each_init(scratch, |(rows, values), (row, out)| {
            let (y, z) = (row % ny, row / ny);
            rows.clear();
            for k in clamped(z, radius[2], nz) {
                for j in clamped(y, radius[1], ny) {
                    rows.push(nx * (j + ny * k));
                }
            }
            for (x, out) in out.iter_mut().enumerate() {
                let mut n = 0;
                for &row in rows.iter() {
                    for i in clamped(x, radius[0], nx) {
                        values[n] = ordered(volume.data()[row + i]);
                        n += 1;
                    }
                }
                let (_, middle, _) = values.select_nth_unstable(window / 2);
                *out = unordered(*middle);
            }
        });
    Ok(result)
}

/// Places from `centre - radius` to `centre + radius`, repeated at the ends.
fn clamped(centre: usize, radius: usize, length: usize) -> impl Iterator<Item = usize> {
    (0..=2 * radius).map(move |i| (centre + i).saturating_sub(radius).min(length - 1))
}

/// An integer that sorts as the number does.
pub(crate) fn ordered(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 0 {
        bits | 0x8000_0000
    } else {
        !bits
    }
}

fn unordered(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 {
        key & 0x7fff_ffff
    } else {
        !key
    })
}
