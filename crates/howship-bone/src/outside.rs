//! Voxels whose values are no numbers: outside the field where nothing is measured near them, refused
//! where they touch what is.

use crate::Error;
use howship_image::{Geometry, Mask, Scan, Volume};

/// What is measured reaches this far from bone: soft tissue's level is taken up to 3 mm away, and the middle
/// of the widest cavity lies less than that from its wall, mm.
const REACH_MM: f64 = 3.0;
/// Edge of the blocks in which bone and gaps are looked for: small against the reach, mm.
const BLOCK_MM: f64 = 0.5;
/// Share of a block's voxels above the threshold from which it counts as bone: one bright voxel of noise in
/// a block of soft tissue does not.
const BONE_SHARE: f64 = 0.05;

/// Fills voxels that are no numbers (NaN) with the value of what surrounds the object, where they lie
/// farther than 3 mm from bone: padding and air. How many there were.
///
/// `threshold` is the value above which tissue is bone.
///
/// # Errors
/// [`Error::NotNumbers`] where one lies nearer: no cavity, envelope or level can be measured there;
/// [`Error::NoNumbers`] where no voxel has a value.
pub fn fill_outside(scan: &mut Scan, threshold: f64) -> Result<usize, Error> {
    let count = scan.volume.data().iter().filter(|v| v.is_nan()).count();
    if count == 0 {
        return Ok(0);
    }
    if count == scan.volume.data().len() {
        return Err(Error::NoNumbers { count });
    }
    let blocks = Blocks::of(&scan.volume, threshold)?;
    let distance = howship_ops::distance_to_within(&blocks.bone, REACH_MM + BLOCK_MM);
    let nearest = blocks
        .gaps
        .iter()
        .map(|&block| (distance.data()[block], block))
        .min_by(|a, b| a.0.total_cmp(&b.0));
    if let Some((mm, block)) = nearest
        && f64::from(mm) < REACH_MM
    {
        let geometry = distance.geometry();
        let at = geometry.world(geometry.voxel(block).map(|i| i as f64));
        return Err(Error::NotNumbers {
            count,
            at_mm: at.coords.into(),
            distance_mm: f64::from(mm),
        });
    }
    let fill = background(scan.volume.data());
    for value in scan.volume.data_mut() {
        if value.is_nan() {
            *value = fill;
        }
    }
    Ok(count)
}

/// The hundredth part of the values that is lowest ends here.
fn background(data: &[f32]) -> f32 {
    let step = (data.len() / 100_000).max(1);
    let mut sample: Vec<f32> = data
        .iter()
        .step_by(step)
        .copied()
        .filter(|v| v.is_finite())
        .collect();
    if sample.is_empty() {
        return 0.0;
    }
    let at = sample.len() / 100;
    *sample.select_nth_unstable_by(at, f32::total_cmp).1
}

/// A coarse picture of where bone is and where gaps are.
struct Blocks {
    bone: Mask,
    /// Blocks that hold a voxel without a number.
    gaps: Vec<usize>,
}

impl Blocks {
    fn of(volume: &Volume<f32>, threshold: f64) -> Result<Self, Error> {
        let fine = volume.geometry();
        let [nx, ny, nz] = fine.size();
        let factor = fine
            .spacing()
            .map(|s| ((BLOCK_MM / s).round() as usize).max(1));
        let size = [
            nx.div_ceil(factor[0]),
            ny.div_ceil(factor[1]),
            nz.div_ceil(factor[2]),
        ];
        let spacing = std::array::from_fn(|a| fine.spacing()[a] * factor[a] as f64);
        let middle = factor.map(|f| (f as f64 - 1.0) / 2.0);
        let origin = fine.world(middle).coords.into();
        let coarse = Geometry::new(size, spacing, origin, fine.direction())?;
        let mut bright = vec![0u32; coarse.voxels()];
        let mut gap = vec![false; coarse.voxels()];
        for z in 0..nz {
            for y in 0..ny {
                let row = fine.offset(0, y, z);
                for x in 0..nx {
                    let block = coarse.offset(x / factor[0], y / factor[1], z / factor[2]);
                    let value = volume.data()[row + x];
                    bright[block] += u32::from(f64::from(value) > threshold);
                    gap[block] |= value.is_nan();
                }
            }
        }
        let least = (BONE_SHARE * factor.iter().product::<usize>() as f64).max(1.0);
        let bone = Mask::new(
            coarse,
            bright
                .iter()
                .map(|&n| u8::from(f64::from(n) >= least))
                .collect(),
        )?;
        let gaps = (0..gap.len()).filter(|&i| gap[i]).collect();
        Ok(Self { bone, gaps })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_image::{DensityUnit, UnitKnown};

    /// A ball of bone of 4 mm radius in the middle of 20 mm of air.
    fn ball() -> Scan {
        let grid = Geometry::aligned([80; 3], [0.25; 3]).unwrap();
        let volume = Volume::from_fn(grid, |v| {
            let r: f64 = v
                .iter()
                .map(|&i| (i as f64 - 39.5).powi(2))
                .sum::<f64>()
                .sqrt();
            if r * 0.25 < 4.0 { 800.0 } else { -390.0 }
        });
        Scan {
            volume,
            unit: DensityUnit::MgHaPerCm3,
            known: UnitKnown::Written,
            calibration: None,
        }
    }

    #[test]
    fn padding_far_from_bone_is_outside_the_field() {
        let mut scan = ball();
        for i in 0..500 {
            scan.volume.data_mut()[i] = f32::NAN;
        }
        assert_eq!(fill_outside(&mut scan, 300.0).unwrap(), 500);
        assert!(scan.volume.data()[..500].iter().all(|&v| v == -390.0));
        assert_eq!(fill_outside(&mut ball(), 300.0).unwrap(), 0);
    }

    #[test]
    fn an_image_of_no_numbers_is_not_filled() {
        let mut scan = ball();
        scan.volume.data_mut().fill(f32::NAN);
        for threshold in [300.0, f64::NEG_INFINITY] {
            let refused = fill_outside(&mut scan, threshold);
            assert_eq!(refused, Err(Error::NoNumbers { count: 512_000 }));
        }
    }

    #[test]
    fn one_voxel_in_bone_or_beside_it_is_refused_with_its_place() {
        for (x, inside) in [(40, true), (58, true), (64, true), (72, false)] {
            let mut scan = ball();
            let at = scan.volume.geometry().offset(x, 40, 40);
            scan.volume.data_mut()[at] = f32::NAN;
            let result = fill_outside(&mut scan, 300.0);
            assert_eq!(result.is_err(), inside, "voxel {x}");
            if let Err(Error::NotNumbers { count, at_mm, .. }) = result {
                assert_eq!(count, 1);
                assert!((at_mm[0] - x as f64 * 0.25).abs() <= 0.5, "{at_mm:?}");
            }
        }
    }
}
