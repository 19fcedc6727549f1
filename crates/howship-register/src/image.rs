//! The moving image at one level: values and gradients between voxels.

use howship_image::{Geometry, Mask, PointMm, Region, VectorMm, Volume};
use howship_ops::gaussian_in_place;
use nalgebra::Matrix3;
use rayon::prelude::*;

/// One volume at one level: smoothed values that serve as cubic B-spline coefficients.
///
/// The spline is used *without* its usual prefilter. Its own blur (variance 1/3 voxel²) is part of the
/// smoothing that the level asks for; that way both images see the same, nearly isotropic kernel at every
/// sub-voxel position, and interpolation neither rings nor favours half-voxel shifts.
#[derive(Clone)]
pub(crate) struct LevelImage {
    coefficients: Volume<f32>,
    valid: Option<Vec<u8>>,
    to_index: Matrix3<f64>,
    origin: VectorMm,
    low: [f64; 3],
    high: [f64; 3],
}

/// What to make of a volume for one level.
pub(crate) struct LevelPlan {
    /// Voxel of the level (mm).
    pub spacing: f64,
    /// Total smoothing (mm, standard deviation).
    pub sigma: f64,
}

/// Voxels next to the field's edge whose smoothing lacks neighbours; no sample is taken there.
const BORDER: f64 = 1.5;

impl LevelImage {
    /// Crops, averages blocks, and smooths. `None` where the region is too thin for this level.
    pub(crate) fn new(
        volume: &Volume<f32>,
        mask: Option<&Mask>,
        region: Region,
        plan: &LevelPlan,
    ) -> Option<Self> {
        let spacing = volume.geometry().spacing();
        let factor = spacing.map(|s| block_factor(plan.spacing, s));
        let size: [usize; 3] = std::array::from_fn(|a| region.size[a] / factor[a]);
        if size.iter().any(|&n| n < MIN_SIZE) {
            return None;
        }
        let geometry = block_geometry(volume.geometry(), region, factor, size)?;
        let (data, finite) = block_means(volume, region.start, factor, size);
        let valid = validity(finite, mask, region.start, factor, size);
        let sigma = std::array::from_fn(|a| {
            let level = spacing[a] * factor[a] as f64;
            let averaged = (level * level - spacing[a] * spacing[a]) / 12.0;
            let rest = plan.sigma * plan.sigma - level * level / 3.0 - averaged;
            rest.max(0.0).sqrt()
        });
        let mut coefficients = Volume::new(geometry, data).ok()?;
        gaussian_in_place(&mut coefficients, sigma).ok()?;
        Some(Self::around(coefficients, valid))
    }

    fn around(coefficients: Volume<f32>, valid: Option<Vec<u8>>) -> Self {
        let geometry = coefficients.geometry();
        let direction = geometry.direction();
        let spacing = geometry.spacing();
        let size = geometry.size();
        Self {
            to_index: Matrix3::from_fn(|r, c| direction[c][r] / spacing[r]),
            origin: VectorMm::from(geometry.origin()),
            low: [BORDER; 3],
            high: size.map(|n| n as f64 - 1.0 - BORDER),
            coefficients,
            valid,
        }
    }

    pub(crate) fn geometry(&self) -> &Geometry {
        self.coefficients.geometry()
    }

    /// Value and gradient (per mm, world axes); `None` outside, near the edge, or where the data are unusable.
    #[inline]
    pub(crate) fn sample(&self, world: PointMm) -> Option<(f64, VectorMm)> {
        self.sample_index((self.to_index * (world.coords - self.origin)).into())
    }

    /// The value alone: half the work of [`LevelImage::sample`].
    #[inline]
    pub(crate) fn value(&self, world: PointMm) -> Option<f64> {
        let index = (self.to_index * (world.coords - self.origin)).into();
        let (corner, t) = self.place(index)?;
        let weight = t.map(|t| cubic(t).0);
        let [nx, ny, _] = self.coefficients.size();
        let data = self.coefficients.data();
        let mut value = 0f32;
        for k in 0..4 {
            let mut plane = 0f32;
            for j in 0..4 {
                let at = corner + nx * (j + ny * k);
                plane += weight[1][j] * dot(&weight[0], &data[at..at + 4]);
            }
            value += weight[2][k] * plane;
        }
        Some(f64::from(value))
    }

    /// As [`LevelImage::sample`], at a fractional index.
    #[inline]
    pub(crate) fn sample_index(&self, index: [f64; 3]) -> Option<(f64, VectorMm)> {
        let (corner, t) = self.place(index)?;
        let [(wx, dx), (wy, dy), (wz, dz)] = t.map(cubic);
        let [nx, ny, _] = self.coefficients.size();
        let data = self.coefficients.data();
        let (mut value, mut gradient) = (0f32, [0f32; 3]);
        for k in 0..4 {
            let (mut v, mut gx, mut gy) = (0f32, 0f32, 0f32);
            for j in 0..4 {
                let at = corner + nx * (j + ny * k);
                let row = &data[at..at + 4];
                let line = dot(&wx, row);
                v += wy[j] * line;
                gx += wy[j] * dot(&dx, row);
                gy += dy[j] * line;
            }
            value += wz[k] * v;
            gradient[0] += wz[k] * gx;
            gradient[1] += wz[k] * gy;
            gradient[2] += dz[k] * v;
        }
        let gradient = VectorMm::from(gradient.map(f64::from));
        Some((f64::from(value), self.to_index.tr_mul(&gradient)))
    }

    /// Offset of the first of the 4³ coefficients and the position within the cell.
    #[inline]
    fn place(&self, index: [f64; 3]) -> Option<(usize, [f32; 3])> {
        let mut base = [0usize; 3];
        for a in 0..3 {
            // Written so that NaN fails.
            if !(index[a] >= self.low[a] && index[a] <= self.high[a]) {
                return None;
            }
            base[a] = index[a] as usize;
        }
        let [nx, ny, _] = self.coefficients.size();
        if let Some(valid) = &self.valid {
            let at: [usize; 3] = std::array::from_fn(|a| (index[a] + 0.5) as usize);
            if valid[at[0] + nx * (at[1] + ny * at[2])] == 0 {
                return None;
            }
        }
        let t = std::array::from_fn(|a| (index[a] - base[a] as f64) as f32);
        Some(((base[0] - 1) + nx * ((base[1] - 1) + ny * (base[2] - 1)), t))
    }
}

#[inline]
fn dot(w: &[f32; 4], row: &[f32]) -> f32 {
    w[0] * row[0] + w[1] * row[1] + w[2] * row[2] + w[3] * row[3]
}

/// Fewest voxels along an axis of a level image.
pub(crate) const MIN_SIZE: usize = 6;

/// How many voxels of a volume make one of a level.
pub(crate) fn block_factor(level: f64, spacing: f64) -> usize {
    ((level / spacing).round() as usize).max(1)
}

fn block_geometry(
    grid: &Geometry,
    region: Region,
    factor: [usize; 3],
    size: [usize; 3],
) -> Option<Geometry> {
    let first = std::array::from_fn(|a| region.start[a] as f64 + (factor[a] as f64 - 1.0) / 2.0);
    let spacing = std::array::from_fn(|a| grid.spacing()[a] * factor[a] as f64);
    Geometry::new(
        size,
        spacing,
        grid.world(first).coords.into(),
        grid.direction(),
    )
    .ok()
}

/// Block means, and 1 where every voxel of the block is finite (`None` if all are).
fn block_means(
    volume: &Volume<f32>,
    start: [usize; 3],
    factor: [usize; 3],
    size: [usize; 3],
) -> (Vec<f32>, Option<Vec<u8>>) {
    let plane = size[0] * size[1];
    let mut data = vec![0f32; plane * size[2]];
    let scale = 1.0 / (factor[0] * factor[1] * factor[2]) as f32;
    let broken: Vec<bool> = data
        .par_chunks_mut(plane)
        .enumerate()
        .map(|(z, out)| {
            for dz in 0..factor[2] {
                for y in 0..size[1] * factor[1] {
                    let row_start = volume.geometry().offset(
                        start[0],
                        start[1] + y,
                        start[2] + z * factor[2] + dz,
                    );
                    let row = &volume.data()[row_start..row_start + size[0] * factor[0]];
                    let sums = &mut out[(y / factor[1]) * size[0]..][..size[0]];
                    for (sum, block) in sums.iter_mut().zip(row.chunks_exact(factor[0])) {
                        *sum += block.iter().sum::<f32>();
                    }
                }
            }
            let mut broken = false;
            for v in out.iter_mut() {
                *v *= scale;
                broken |= !v.is_finite();
            }
            broken
        })
        .collect();
    if !broken.contains(&true) {
        return (data, None);
    }
    let finite: Vec<u8> = data.iter().map(|v| u8::from(v.is_finite())).collect();
    // Smoothing must not spread them; what is near is excluded by the validity.
    for v in &mut data {
        if !v.is_finite() {
            *v = 0.0;
        }
    }
    (data, Some(erode(finite, size, 4)))
}

/// Where samples may be taken: finite surroundings, and inside the mask if there is one.
fn validity(
    finite: Option<Vec<u8>>,
    mask: Option<&Mask>,
    start: [usize; 3],
    factor: [usize; 3],
    size: [usize; 3],
) -> Option<Vec<u8>> {
    let inside = mask.map(|mask| block_mask(mask, start, factor, size));
    match (finite, inside) {
        (Some(a), Some(b)) => Some(a.iter().zip(&b).map(|(a, b)| a & b).collect()),
        (a, b) => a.or(b),
    }
}

/// 1 where at least half of the block is inside the mask.
fn block_mask(mask: &Mask, start: [usize; 3], factor: [usize; 3], size: [usize; 3]) -> Vec<u8> {
    let plane = size[0] * size[1];
    let half = factor[0] * factor[1] * factor[2];
    let mut inside = vec![0u8; plane * size[2]];
    inside
        .par_chunks_mut(plane)
        .enumerate()
        .for_each(|(z, out)| {
            let mut count = vec![0u32; plane];
            for dz in 0..factor[2] {
                for y in 0..size[1] * factor[1] {
                    let row_start = mask.geometry().offset(
                        start[0],
                        start[1] + y,
                        start[2] + z * factor[2] + dz,
                    );
                    let row = &mask.data()[row_start..row_start + size[0] * factor[0]];
                    let counts = &mut count[(y / factor[1]) * size[0]..][..size[0]];
                    for (count, block) in counts.iter_mut().zip(row.chunks_exact(factor[0])) {
                        *count += block.iter().map(|&v| u32::from(v != 0)).sum::<u32>();
                    }
                }
            }
            for (o, c) in out.iter_mut().zip(count) {
                *o = u8::from(2 * c as usize >= half);
            }
        });
    inside
}

/// The mask of a level on the grid of its image.
pub(crate) fn level_mask(mask: &Mask, region: Region, plan: &LevelPlan) -> Vec<u8> {
    let factor = mask
        .geometry()
        .spacing()
        .map(|s| block_factor(plan.spacing, s));
    let size = std::array::from_fn(|a| region.size[a] / factor[a]);
    block_mask(mask, region.start, factor, size)
}

/// Box erosion by a radius, axis by axis.
fn erode(mut data: Vec<u8>, size: [usize; 3], radius: usize) -> Vec<u8> {
    let stride = [1, size[0], size[0] * size[1]];
    for a in 0..3 {
        let source = data.clone();
        for (i, out) in data.iter_mut().enumerate() {
            let at = (i / stride[a]) % size[a];
            let from = at.saturating_sub(radius);
            let to = (at + radius).min(size[a] - 1);
            let first = i - at * stride[a];
            *out = (from..=to)
                .map(|k| source[first + k * stride[a]])
                .min()
                .unwrap_or(0);
        }
    }
    data
}

/// Weights and slopes of the uniform cubic B-spline.
#[inline]
fn cubic(t: f32) -> ([f32; 4], [f32; 4]) {
    let u = 1.0 - t;
    let (t2, u2) = (t * t, u * u);
    let sixth = 1.0 / 6.0;
    let weight = [
        u2 * u * sixth,
        2.0 / 3.0 - 0.5 * t2 * (2.0 - t),
        2.0 / 3.0 - 0.5 * u2 * (2.0 - u),
        t2 * t * sixth,
    ];
    let slope = [-0.5 * u2, 1.5 * t2 - 2.0 * t, 2.0 * u - 1.5 * u2, 0.5 * t2];
    (weight, slope)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient_is_the_derivative_of_the_value() {
        let grid = Geometry::new(
            [20, 22, 24],
            [0.3, 0.2, 0.25],
            [1.0, 2.0, -3.0],
            [[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]],
        )
        .unwrap();
        let volume = Volume::from_fn(grid.clone(), |[x, y, z]| {
            (x as f32 * 0.7).sin() * 100.0 + (y as f32 * 0.5).cos() * 80.0 + (z * z) as f32
        });
        let region = Region {
            start: [0; 3],
            size: grid.size(),
        };
        let plan = LevelPlan {
            spacing: 0.25,
            sigma: 0.25,
        };
        let image = LevelImage::new(&volume, None, region, &plan).unwrap();
        let at = grid.world([9.3, 10.6, 11.8]);
        let (_, gradient) = image.sample(at).unwrap();
        for a in 0..3 {
            let mut step = VectorMm::zeros();
            step[a] = 1e-3;
            let (up, _) = image.sample(at + step).unwrap();
            let (down, _) = image.sample(at - step).unwrap();
            let numeric = (up - down) / 2e-3;
            assert!(
                (numeric - gradient[a]).abs() < 0.3,
                "{numeric} {}",
                gradient[a]
            );
        }
    }

    #[test]
    fn blocks_keep_world_positions_and_bad_voxels_are_left_out() {
        let grid = Geometry::aligned([48, 48, 48], [0.1; 3]).unwrap();
        let mut volume = Volume::from_fn(grid.clone(), |[x, _, _]| x as f32);
        let bad = grid.offset(40, 40, 40);
        volume.data_mut()[bad] = f32::NAN;
        let region = Region {
            start: [0; 3],
            size: grid.size(),
        };
        let plan = LevelPlan {
            spacing: 0.2,
            sigma: 0.2,
        };
        let image = LevelImage::new(&volume, None, region, &plan).unwrap();
        let (value, gradient) = image.sample(PointMm::new(1.5, 1.5, 1.5)).unwrap();
        assert!((value - 15.0).abs() < 1e-3 && (gradient.x - 10.0).abs() < 1e-3);
        assert!(image.sample(PointMm::new(3.9, 3.9, 3.9)).is_none());
    }
}
