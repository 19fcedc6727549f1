//! Values between voxel centres: nearest, linear, cubic B-spline.

use crate::Volume;
use rayon::prelude::*;

/// How values between voxel centres are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpolation {
    /// Value of the nearest voxel.
    Nearest,
    /// Trilinear.
    Linear,
    /// Interpolating cubic B-spline (mirror boundary).
    CubicSpline,
}

/// Trilinear value at a fractional index; `None` beyond half a voxel outside the grid.
///
/// Within the outer half voxel the value of the border is used.
#[inline]
#[must_use]
pub fn sample_linear(volume: &Volume<f32>, index: [f64; 3]) -> Option<f32> {
    let size = volume.size();
    let mut base = [0usize; 3];
    let mut fraction = [0f64; 3];
    for a in 0..3 {
        let last = (size[a] - 1) as f64;
        // Written so that NaN fails.
        if !(index[a] >= -0.5 && index[a] <= last + 0.5) {
            return None;
        }
        let clamped = index[a].clamp(0.0, last);
        base[a] = (clamped as usize).min(size[a].saturating_sub(2));
        fraction[a] = clamped - base[a] as f64;
    }
    let [nx, ny, nz] = size;
    let next = [
        usize::from(nx > 1),
        if ny > 1 { nx } else { 0 },
        if nz > 1 { nx * ny } else { 0 },
    ];
    let o = volume.geometry().offset(base[0], base[1], base[2]);
    Some(between(volume.data(), o, next, fraction))
}

/// Trilinear value between the voxel at an offset and the next along each axis.
#[inline]
pub(crate) fn between(data: &[f32], o: usize, next: [usize; 3], fraction: [f64; 3]) -> f32 {
    let lerp = |a: f32, b: f32, t: f64| f64::from(a) + t * (f64::from(b) - f64::from(a));
    let row = |o: usize| lerp(data[o], data[o + next[0]], fraction[0]);
    let plane = |o: usize| {
        let (a, b) = (row(o), row(o + next[1]));
        a + fraction[1] * (b - a)
    };
    let (a, b) = (plane(o), plane(o + next[2]));
    (a + fraction[2] * (b - a)) as f32
}

/// Value of the nearest voxel; `None` beyond half a voxel outside the grid.
#[inline]
#[must_use]
pub fn sample_nearest<T: Copy>(volume: &Volume<T>, index: [f64; 3]) -> Option<T> {
    let size = volume.size();
    let mut voxel = [0usize; 3];
    for a in 0..3 {
        if !(index[a] >= -0.5 && index[a] < size[a] as f64 - 0.5) {
            return None;
        }
        voxel[a] = (index[a] + 0.5) as usize;
    }
    Some(volume.at(voxel[0], voxel[1], voxel[2]))
}

/// Coefficients of the interpolating cubic B-spline of a volume.
///
/// # Method
/// Recursive prefilter with pole √3 − 2 along each axis, whole-sample mirror boundary
/// (Unser, Aldroubi, Eden, IEEE Trans Signal Process 1993).
#[derive(Debug, Clone)]
pub struct CubicSpline {
    coefficients: Volume<f32>,
}

const POLE: f64 = -0.267_949_192_431_122_7;

impl CubicSpline {
    /// Prefilters a volume; the volume itself becomes the coefficients.
    #[must_use]
    pub fn new(mut volume: Volume<f32>) -> Self {
        let [nx, ny, _] = volume.size();
        let plane = nx * ny;
        volume.data_mut().par_chunks_mut(plane).for_each(|slice| {
            let mut line = vec![0f64; nx.max(ny)];
            for row in slice.chunks_mut(nx) {
                filter_strided(row, 0, 1, nx, &mut line);
            }
            for x in 0..nx {
                filter_strided(slice, x, nx, ny, &mut line);
            }
        });
        filter_z(&mut volume);
        Self {
            coefficients: volume,
        }
    }

    /// Value at a fractional index; `None` beyond half a voxel outside the grid.
    #[inline]
    #[must_use]
    pub fn sample(&self, index: [f64; 3]) -> Option<f32> {
        let size = self.coefficients.size();
        let mut taps = [[0usize; 4]; 3];
        let mut weights = [[0f64; 4]; 3];
        for a in 0..3 {
            let last = (size[a] - 1) as f64;
            if !(index[a] >= -0.5 && index[a] <= last + 0.5) {
                return None;
            }
            let clamped = index[a].clamp(0.0, last);
            let base = clamped.floor();
            weights[a] = cubic_weights(clamped - base);
            taps[a] = std::array::from_fn(|k| mirror(base as i64 + k as i64 - 1, size[a]));
        }
        let data = self.coefficients.data();
        let geometry = self.coefficients.geometry();
        let mut sum = 0.0;
        for k in 0..4 {
            for j in 0..4 {
                let row = geometry.offset(0, taps[1][j], taps[2][k]);
                let line: f64 = (0..4)
                    .map(|i| weights[0][i] * f64::from(data[row + taps[0][i]]))
                    .sum();
                sum += weights[2][k] * weights[1][j] * line;
            }
        }
        Some(sum as f32)
    }
}

fn cubic_weights(t: f64) -> [f64; 4] {
    let u = 1.0 - t;
    [
        u * u * u / 6.0,
        2.0 / 3.0 - 0.5 * t * t * (2.0 - t),
        2.0 / 3.0 - 0.5 * u * u * (2.0 - u),
        t * t * t / 6.0,
    ]
}

/// Whole-sample mirror of an index into `0..n`.
fn mirror(index: i64, n: usize) -> usize {
    if n == 1 {
        return 0;
    }
    let period = 2 * (n as i64 - 1);
    let folded = index.rem_euclid(period);
    folded.min(period - folded) as usize
}

fn filter_strided(data: &mut [f32], start: usize, stride: usize, n: usize, line: &mut [f64]) {
    if n < 2 {
        return;
    }
    for i in 0..n {
        line[i] = f64::from(data[start + i * stride]) * 6.0;
    }
    prefilter(&mut line[..n]);
    for i in 0..n {
        data[start + i * stride] = line[i] as f32;
    }
}

/// The z pass walks whole rows, so that memory is read in order.
fn filter_z(volume: &mut Volume<f32>) {
    let [nx, ny, nz] = volume.size();
    if nz < 2 {
        return;
    }
    let plane = nx * ny;
    let columns: Vec<Vec<f32>> = {
        let data = volume.data();
        (0..ny)
            .into_par_iter()
            .map(|y| {
                let mut block = vec![0f32; nx * nz];
                let mut line = vec![0f64; nz];
                for x in 0..nx {
                    for z in 0..nz {
                        line[z] = f64::from(data[z * plane + y * nx + x]) * 6.0;
                    }
                    prefilter(&mut line);
                    for z in 0..nz {
                        block[z * nx + x] = line[z] as f32;
                    }
                }
                block
            })
            .collect()
    };
    volume
        .data_mut()
        .par_chunks_mut(plane)
        .enumerate()
        .for_each(|(z, slice)| {
            for (y, block) in columns.iter().enumerate() {
                slice[y * nx..(y + 1) * nx].copy_from_slice(&block[z * nx..(z + 1) * nx]);
            }
        });
}

/// In place: causal then anticausal pass; the gain 6 has been applied by the caller.
fn prefilter(line: &mut [f64]) {
    let n = line.len();
    // |pole|^28 < 1e-16: the mirrored sum needs no more terms.
    let horizon = n.min(28);
    let mut power = 1.0;
    let mut first = 0.0;
    if horizon < n {
        for value in line.iter().take(horizon) {
            first += power * value;
            power *= POLE;
        }
    } else {
        // Exact for short lines: the full mirrored period.
        let period = 2 * (n - 1);
        for i in 0..period {
            first += power * line[mirror(i as i64, n)];
            power *= POLE;
        }
        first /= 1.0 - power;
    }
    line[0] = first;
    for i in 1..n {
        line[i] += POLE * line[i - 1];
    }
    line[n - 1] = POLE / (POLE * POLE - 1.0) * (POLE * line[n - 2] + line[n - 1]);
    for i in (0..n - 1).rev() {
        line[i] = POLE * (line[i + 1] - line[i]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Geometry;

    #[test]
    fn spline_goes_through_its_samples_also_on_short_axes() {
        for size in [[7, 5, 6], [2, 3, 1], [40, 33, 31]] {
            let grid = Geometry::aligned(size, [1.0; 3]).unwrap();
            let volume = Volume::from_fn(grid, |[x, y, z]| ((x * 7 + y * 3 + z * 11) % 13) as f32);
            let spline = CubicSpline::new(volume.clone());
            for z in 0..size[2] {
                for y in 0..size[1] {
                    for x in 0..size[0] {
                        let value = spline.sample([x as f64, y as f64, z as f64]).unwrap();
                        assert!((value - volume.at(x, y, z)).abs() < 2e-4, "{x} {y} {z}");
                    }
                }
            }
        }
    }

    #[test]
    fn linear_is_exact_on_a_ramp_and_stops_outside() {
        let grid = Geometry::aligned([4, 4, 4], [1.0; 3]).unwrap();
        let volume = Volume::from_fn(grid, |[x, y, z]| (x + 2 * y + 4 * z) as f32);
        assert_eq!(
            sample_linear(&volume, [0.5, 1.25, 2.0]),
            Some(0.5 + 2.5 + 8.0)
        );
        assert_eq!(sample_linear(&volume, [3.4, 0.0, 0.0]), Some(3.0));
        assert_eq!(sample_linear(&volume, [3.6, 0.0, 0.0]), None);
        assert_eq!(sample_linear(&volume, [f64::NAN, 0.0, 0.0]), None);
        assert_eq!(sample_nearest(&volume, [2.6, 0.0, 0.0]), Some(3.0));
    }
}
