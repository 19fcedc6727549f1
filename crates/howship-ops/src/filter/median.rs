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
    let any_nan = || volume.data().par_iter().any(|v| v.is_nan());
    if window <= MAX_EXCHANGED && !any_nan() {
        exchange_rows(volume, radius, result.data_mut());
    } else {
        select_rows(volume, radius, window, result.data_mut());
    }
    Ok(result)
}

/// Windows up to here are sorted out by exchanges, many voxels at once; above, one by one is faster.
const MAX_EXCHANGED: usize = 75;

/// Offsets of the x rows around row (y, z), repeated at the border.
fn rows_around(
    [y, z]: [usize; 2],
    radius: [usize; 3],
    [nx, ny, nz]: [usize; 3],
) -> impl Iterator<Item = usize> {
    clamped(z, radius[2], nz)
        .flat_map(move |k| clamped(y, radius[1], ny).map(move |j| nx * (j + ny * k)))
}

/// Voxel by voxel, by quickselect.
fn select_rows(volume: &Volume<f32>, radius: [usize; 3], window: usize, out: &mut [f32]) {
    let size = volume.size();
    let [nx, ny, _] = size;
    let scratch = || (Vec::new(), vec![0u32; window]);
    out.par_chunks_mut(nx)
        .enumerate()
        .with_min_len(16)
        .for_each_init(scratch, |(rows, values), (row, out)| {
            rows.clear();
            rows.extend(rows_around([row % ny, row / ny], radius, size));
            for (x, out) in out.iter_mut().enumerate() {
                let places = rows
                    .iter()
                    .flat_map(|&row: &usize| clamped(x, radius[0], nx).map(move |i| row + i));
                for (value, place) in values.iter_mut().zip(places) {
                    *value = ordered(volume.data()[place]);
                }
                let (_, middle, _) = values.select_nth_unstable(window / 2);
                *out = unordered(*middle);
            }
        });
}

/// Neighbouring voxels handled side by side.
const LANES: usize = 32;

/// Rows at once, `LANES` voxels side by side, without a branch that depends on the values.
fn exchange_rows(volume: &Volume<f32>, radius: [usize; 3], out: &mut [f32]) {
    let size = volume.size();
    let [nx, ny, _] = size;
    let width = nx.next_multiple_of(LANES) + 2 * radius[0];
    out.par_chunks_mut(nx)
        .enumerate()
        .with_min_len(16)
        .for_each_init(
            || (Vec::new(), Vec::new()),
            |(padded, pool), (row, out)| {
                padded.clear();
                for start in rows_around([row % ny, row / ny], radius, size) {
                    let values = &volume.data()[start..start + nx];
                    padded.extend(
                        (0..width).map(|i| values[i.saturating_sub(radius[0]).min(nx - 1)]),
                    );
                }
                for (block, out) in out.chunks_mut(LANES).enumerate() {
                    let shifted = |i: usize| {
                        let (row, shift) = (i / (2 * radius[0] + 1), i % (2 * radius[0] + 1));
                        let start = row * width + block * LANES + shift;
                        std::array::from_fn(|lane| padded[start + lane])
                    };
                    let n = padded.len() / width * (2 * radius[0] + 1);
                    let middle: [f32; LANES] = forgetful_median(n, shifted, pool);
                    out.copy_from_slice(&middle[..out.len()]);
                }
            },
        );
}

/// Median of n values (n odd): of half of them and two more the least and greatest cannot be it and are
/// forgotten, one of the others comes in, and so on.
fn forgetful_median(
    n: usize,
    value: impl Fn(usize) -> [f32; LANES],
    pool: &mut Vec<[f32; LANES]>,
) -> [f32; LANES] {
    let keep = (n / 2 + 2).min(n);
    pool.clear();
    pool.extend((0..keep).map(&value));
    let mut next = keep;
    while pool.len() >= 3 {
        let last = pool.len() - 1;
        for i in 0..pool.len() / 2 {
            exchange(pool, i, last - i);
        }
        for i in 1..=last / 2 {
            exchange(pool, 0, i);
        }
        for i in pool.len() / 2..last {
            exchange(pool, i, last);
        }
        pool.pop();
        if next < n {
            pool[0] = value(next);
            next += 1;
        } else {
            pool.swap_remove(0);
        }
    }
    pool[0]
}

/// Puts the lesser of two places into the first (first < second), lane by lane.
fn exchange(pool: &mut [[f32; LANES]], first: usize, second: usize) {
    let (front, back) = pool.split_at_mut(second);
    for (a, b) in front[first].iter_mut().zip(&mut back[0]) {
        let (low, high) = if *b < *a { (*b, *a) } else { (*a, *b) };
        (*a, *b) = (low, high);
    }
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
