//! Grids that bones are found on: blocks of voxels, and borders that go on outside.

use crate::Error;
use howship_image::{Geometry, Mask, Region, Volume};

/// Mean over blocks of voxels: a coarser grid without aliasing.
pub(crate) fn coarsen(volume: &Volume<f32>, factor: [usize; 3]) -> Result<Volume<f32>, Error> {
    use rayon::prelude::*;
    if factor == [1, 1, 1] {
        return Ok(volume.clone());
    }
    let geometry = volume.geometry();
    let old = geometry.size();
    let size: [usize; 3] = std::array::from_fn(|a| (old[a] / factor[a]).max(1));
    let spacing: [f64; 3] = std::array::from_fn(|a| geometry.spacing()[a] * factor[a] as f64);
    let shift: [f64; 3] = std::array::from_fn(|a| (factor[a] as f64 - 1.0) / 2.0);
    let origin = geometry.world(shift).coords.into();
    let coarse = Geometry::new(size, spacing, origin, geometry.direction())?;
    let mut out = Volume::filled(coarse, 0f32);
    let data = volume.data();
    let block = (factor[0] * factor[1] * factor[2]) as f32;
    out.data_mut()
        .par_chunks_mut(size[0] * size[1])
        .enumerate()
        .for_each(|(z, slice)| {
            for (y, row) in slice.chunks_mut(size[0]).enumerate() {
                for dz in 0..factor[2] {
                    for dy in 0..factor[1] {
                        let start = geometry.offset(
                            0,
                            (y * factor[1] + dy).min(old[1] - 1),
                            (z * factor[2] + dz).min(old[2] - 1),
                        );
                        let line = &data[start..start + old[0]];
                        for (x, value) in row.iter_mut().enumerate() {
                            let first = x * factor[0];
                            *value += line[first..(first + factor[0]).min(old[0])]
                                .iter()
                                .sum::<f32>();
                        }
                    }
                }
                for value in row.iter_mut() {
                    *value /= block;
                }
            }
        });
    Ok(out)
}

/// Blocks of voxels of at most this size, mm.
pub(crate) fn working_factor(geometry: &Geometry, working_mm: f64) -> [usize; 3] {
    geometry
        .spacing()
        .map(|s| ((working_mm / s) as usize).max(1))
}

/// The region with `margin` voxels of replicated border on every side.
pub(crate) fn pad(mask: &Mask, region: Region, margin: [usize; 3]) -> Result<Mask, Error> {
    let geometry = mask.geometry();
    let size: [usize; 3] = std::array::from_fn(|a| region.size[a] + 2 * margin[a]);
    let shift: [f64; 3] = std::array::from_fn(|a| region.start[a] as f64 - margin[a] as f64);
    let grid = Geometry::new(
        size,
        geometry.spacing(),
        geometry.world(shift).coords.into(),
        geometry.direction(),
    )?;
    let full = mask.size();
    let at = |i: usize, a: usize| {
        let position = (i + region.start[a]) as i64 - margin[a] as i64;
        position.clamp(0, full[a] as i64 - 1) as usize
    };
    Ok(Volume::from_fn(grid, |[x, y, z]| {
        mask.at(at(x, 0), at(y, 1), at(z, 2))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::options;
    use howship_image::PointMm;

    #[test]
    fn a_coarse_grid_holds_the_means_of_its_blocks() {
        let fine = Geometry::aligned([8, 6, 5], [0.06, 0.06, 0.05]).unwrap();
        assert_eq!(
            working_factor(&fine, options().tuning.bones.working_mm),
            [2, 2, 2]
        );
        let scan = Volume::from_fn(fine, |[x, y, z]| (x + 10 * y + 100 * z) as f32);
        let coarse = coarsen(&scan, [2, 3, 2]).unwrap();
        assert_eq!(coarse.size(), [4, 2, 2]);
        assert_eq!(coarse.at(1, 1, 0), 2.5 + 40.0 + 50.0);
        let at = coarse.geometry().world([0.0, 0.0, 0.0]);
        assert!((at - PointMm::new(0.03, 0.06, 0.025)).norm() < 1e-12);
    }
}
