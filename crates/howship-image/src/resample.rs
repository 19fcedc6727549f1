//! A volume or labels on another grid, through a rigid motion.

use crate::interpolate::between;
use crate::{
    CubicSpline, Geometry, Interpolation, RigidTransform, VectorMm, Volume, sample_linear,
    sample_nearest,
};
use rayon::prelude::*;

/// A volume on another grid, through a rigid motion.
///
/// `target_to_source` takes world millimetres of the target grid to those of the source.
/// Voxels that fall outside the source get `outside`.
#[must_use]
pub fn resample(
    source: &Volume<f32>,
    target: &Geometry,
    target_to_source: &RigidTransform,
    interpolation: Interpolation,
    outside: f32,
) -> Volume<f32> {
    match interpolation {
        Interpolation::Nearest => rows(source.geometry(), target, target_to_source, |index| {
            sample_nearest(source, index).unwrap_or(outside)
        }),
        Interpolation::Linear => {
            let size = source.size();
            let fill = |start: VectorMm, step: VectorMm, row: &mut [f32]| {
                let inner = inner_columns(start, step, size, row.len());
                for (x, out) in row.iter_mut().enumerate() {
                    let index = (start + step * x as f64).into();
                    *out = if inner.contains(&x) {
                        inner_linear(source.data(), size, index)
                    } else {
                        sample_linear(source, index).unwrap_or(outside)
                    };
                }
            };
            by_row(source.geometry(), target, target_to_source, fill)
        }
        Interpolation::CubicSpline => {
            let spline = CubicSpline::new(source.clone());
            rows(source.geometry(), target, target_to_source, |index| {
                spline.sample(index).unwrap_or(outside)
            })
        }
    }
}

/// Labels or masks on another grid: nearest voxel, 0 outside.
#[must_use]
pub fn resample_labels<T: Copy + Default + Send + Sync>(
    source: &Volume<T>,
    target: &Geometry,
    target_to_source: &RigidTransform,
) -> Volume<T> {
    rows(source.geometry(), target, target_to_source, |index| {
        sample_nearest(source, index).unwrap_or_default()
    })
}

/// Columns of a row whose indices all lie between the voxels of a volume, none beyond the last but one.
fn inner_columns(
    start: VectorMm,
    step: VectorMm,
    size: [usize; 3],
    columns: usize,
) -> std::ops::Range<usize> {
    let (mut first, mut end) = (0.0f64, columns as f64);
    for a in 0..3 {
        // A hair off the border: what rounding puts beyond it is looked up with care.
        let (low, high) = (1e-6, size[a] as f64 - 1.0 - 1e-6);
        if size[a] < 2 {
            return 0..0;
        }
        let (from, to) = ((low - start[a]) / step[a], (high - start[a]) / step[a]);
        if step[a] != 0.0 {
            first = first.max(from.min(to).ceil());
            end = end.min(from.max(to).floor());
        } else if !(start[a] >= low && start[a] <= high) {
            return 0..0;
        }
    }
    if end > first {
        first as usize..end as usize
    } else {
        0..0
    }
}

/// As [`sample_linear`] where the index is known to lie between voxels.
#[inline]
fn inner_linear(data: &[f32], [nx, ny, _]: [usize; 3], index: [f64; 3]) -> f32 {
    let base = index.map(|i| i as usize);
    let fraction: [f64; 3] = std::array::from_fn(|a| index[a] - base[a] as f64);
    let o = base[0] + nx * (base[1] + ny * base[2]);
    between(data, o, [1, nx, nx * ny], fraction)
}

/// Walks the target grid and hands out fractional source indices, z slices in parallel.
fn rows<T: Copy + Default + Send + Sync>(
    source: &Geometry,
    target: &Geometry,
    target_to_source: &RigidTransform,
    value: impl Fn([f64; 3]) -> T + Sync,
) -> Volume<T> {
    by_row(source, target, target_to_source, |start, step, row| {
        for (x, out) in row.iter_mut().enumerate() {
            *out = value((start + step * x as f64).into());
        }
    })
}

/// Walks the target grid and hands out its rows, with the source index at which each begins and the step from one voxel to
/// the next, z slices in parallel.
fn by_row<T: Copy + Default + Send + Sync>(
    source: &Geometry,
    target: &Geometry,
    target_to_source: &RigidTransform,
    fill: impl Fn(VectorMm, VectorMm, &mut [T]) + Sync,
) -> Volume<T> {
    let index_of = |voxel: [f64; 3]| source.index(target_to_source.apply(target.world(voxel)));
    // The map from target index to source index is affine: one origin and three steps.
    let origin = VectorMm::from(index_of([0.0; 3]));
    let step = |axis: usize| {
        let mut unit = [0.0; 3];
        unit[axis] = 1.0;
        VectorMm::from(index_of(unit)) - origin
    };
    let (dx, dy, dz) = (step(0), step(1), step(2));
    let [nx, ny, _] = target.size();
    let mut volume = Volume::filled(target.clone(), T::default());
    volume
        .data_mut()
        .par_chunks_mut(nx * ny)
        .enumerate()
        .for_each(|(z, slice)| {
            for (y, row) in slice.chunks_mut(nx).enumerate() {
                fill(origin + dy * y as f64 + dz * z as f64, dx, row);
            }
        });
    volume
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PointMm;

    /// Where an index is known to lie between voxels it is not looked at twice: the values are the same to the bit.
    #[test]
    fn rows_are_interpolated_as_single_places_are() {
        let grid = Geometry::aligned([13, 11, 9], [0.5, 0.4, 0.6]).unwrap();
        let source = Volume::from_fn(grid.clone(), |[x, y, z]| {
            ((x * x + 7 * y + 31 * z) % 17) as f32
        });
        let turned = RigidTransform::about(
            grid.centre(),
            VectorMm::new(0.3, -0.2, 0.4),
            VectorMm::new(0.7, -0.4, 0.9),
        );
        let moved = RigidTransform::about(
            grid.centre(),
            VectorMm::zeros(),
            VectorMm::new(0.5, 0.8, 0.6),
        );
        let thin = Geometry::aligned([13, 11, 1], [0.5, 0.4, 0.6]).unwrap();
        let flat = Volume::from_fn(thin.clone(), |[x, y, _]| (x * 3 + y) as f32);
        for motion in [RigidTransform::identity(), moved, turned] {
            for (source, target) in [(&source, &grid), (&flat, &grid), (&source, &thin)] {
                let all = resample(source, target, &motion, Interpolation::Linear, -1.0);
                let one = rows(source.geometry(), target, &motion, |index| {
                    sample_linear(source, index).unwrap_or(-1.0)
                });
                assert_eq!(all.data(), one.data());
            }
        }
    }

    #[test]
    fn a_motion_and_its_inverse_give_the_volume_back() {
        let grid = Geometry::new(
            [40, 44, 36],
            [0.5, 0.4, 0.6],
            [3.0, -2.0, 5.0],
            [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        )
        .unwrap();
        let middle = grid.centre();
        let smooth = Volume::from_fn(grid.clone(), |[x, y, z]| {
            let d = grid.world([x as f64, y as f64, z as f64]) - middle;
            (1000.0 * (-d.norm_squared() / 8.0).exp()) as f32
        });
        let motion = RigidTransform::about(
            PointMm::new(10.0, 5.0, 12.0),
            VectorMm::new(0.05, -0.02, 0.08),
            VectorMm::new(0.3, -0.2, 0.4),
        );
        let kind = Interpolation::CubicSpline;
        let there = resample(&smooth, &grid, &motion, kind, 0.0);
        let back = resample(&there, &grid, &motion.inverse(), kind, 0.0);
        let worst = smooth
            .data()
            .iter()
            .zip(back.data())
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f32::max);
        assert!(worst < 2.0, "worst difference {worst} of 1000");
    }
}
