//! A volume or labels on another grid, through a rigid motion.

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
        Interpolation::Linear => rows(source.geometry(), target, target_to_source, |index| {
            sample_linear(source, index).unwrap_or(outside)
        }),
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

/// Walks the target grid and hands out fractional source indices, z slices in parallel.
fn rows<T: Copy + Default + Send + Sync>(
    source: &Geometry,
    target: &Geometry,
    target_to_source: &RigidTransform,
    value: impl Fn([f64; 3]) -> T + Sync,
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
                let start = origin + dy * y as f64 + dz * z as f64;
                for (x, out) in row.iter_mut().enumerate() {
                    *out = value((start + dx * x as f64).into());
                }
            }
        });
    volume
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PointMm;

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
