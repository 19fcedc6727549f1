//! Whether a cavity is found again where noise falls otherwise.

use crate::Error;
use crate::detect::{Place, find_candidates};
use crate::levels::Levels;
use crate::local::cube;
use crate::segmentation::BoneShape;
use crate::tuning::Tuning;
use howship_image::{PointMm, Region, Volume};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A visit's working image, as candidates are looked for in it.
pub(crate) struct Searched<'a> {
    pub(crate) smooth: &'a Volume<f32>,
    pub(crate) shape: &'a BoneShape,
    pub(crate) levels: &'a Levels,
    /// What is brighter is bone.
    pub(crate) wall: f64,
    /// Full grid's voxel, mm.
    pub(crate) voxel_mm: [f64; 3],
}

/// Share of looks at the same image, each with fresh noise of the scan's own strength added, that find a cavity again.
///
/// # Method
/// About the cavity, which reaches so far from its centre (mm), the working image is cut out, noise is added, and candidates are looked for as in the whole image;
/// one that lies in the cavity is it. The noise is the scan's own as the working grid sees it: white noise through a
/// Gaussian of SD s keeps (s/t)^1.5 of its SD where more smoothing makes that t. The image's own noise stays, so that
/// the noise is twice the scan's variance: what a rescan finds is found a little more often than here.
pub(crate) fn found_again(
    searched: &Searched<'_>,
    (centre, reach_mm): (PointMm, f64),
    is_it: &dyn Fn(&Place) -> bool,
    tuning: &Tuning,
) -> Result<f64, Error> {
    let repeat = &tuning.repeat;
    let half = repeat.half_mm.max(reach_mm + repeat.around_mm);
    let Some(region) = cube(searched.smooth.geometry(), centre, half) else {
        return Ok(0.0);
    };
    let image = searched.smooth.crop(region)?;
    let shape = cropped(searched.shape, region)?;
    let (sd, scale) = noise_of(searched, tuning.bones.smooth_mm);
    let mut found = 0usize;
    for replicate in 0..repeat.replicates {
        let mut noisy = noise(&image, sd, scale, replicate as u64)?;
        for (n, v) in noisy.data_mut().iter_mut().zip(image.data()) {
            *n += v;
        }
        let (places, _) = find_candidates(&noisy, &shape, searched.wall, tuning)?;
        found += usize::from(places.iter().any(is_it));
    }
    Ok(found as f64 / repeat.replicates.max(1) as f64)
}

fn cropped(shape: &BoneShape, region: Region) -> Result<BoneShape, Error> {
    Ok(BoneShape {
        id: shape.id,
        envelope: shape.envelope.crop(region)?,
        distance: shape.distance.crop(region)?,
        centroid: shape.centroid,
        volume_mm3: shape.volume_mm3,
        cut: shape.cut,
        spanned: None,
        under: None,
        dished: None,
    })
}

/// SD of the scan's noise on the working grid, and the Gaussian that makes it from white noise there, mm.
fn noise_of(searched: &Searched<'_>, smooth_mm: f64) -> (f64, f64) {
    let levels = searched.levels;
    let own = levels.noise_scale_mm.powi(2);
    let working = searched.smooth.geometry().spacing();
    // The mean over a block smooths as a box does, by a twelfth of its width squared beyond a voxel's own.
    let block: f64 = (0..3)
        .map(|a| (working[a].powi(2) - searched.voxel_mm[a].powi(2)).max(0.0) / 12.0)
        .sum::<f64>()
        / 3.0;
    let all = own + block + smooth_mm.powi(2);
    (levels.noise_sd * (own / all).powf(0.75), all.sqrt())
}

/// Gaussian noise of an SD, alike over a scale, on an image's grid.
fn noise(image: &Volume<f32>, sd: f64, scale_mm: f64, seed: u64) -> Result<Volume<f32>, Error> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // Twelve uniform numbers: normal to three SD, which is all that is needed here.
    let mut normal = || (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0;
    let white = Volume::from_fn(image.geometry().clone(), |_| normal());
    let mut noise = howship_ops::gaussian(&white, [scale_mm; 3])?;
    let squares: f64 = noise.data().iter().map(|v| f64::from(*v).powi(2)).sum();
    let now = (squares / noise.data().len().max(1) as f64).sqrt();
    let factor = (sd / now.max(1e-12)) as f32;
    noise.data_mut().iter_mut().for_each(|v| *v *= factor);
    Ok(noise)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, levels, options, shape};
    use crate::working_grid::coarsen;
    use howship_image::{Geometry, VectorMm};

    fn sd(values: &[f32]) -> f64 {
        let squares: f64 = values.iter().map(|v| f64::from(*v).powi(2)).sum();
        (squares / values.len() as f64).sqrt()
    }

    #[test]
    fn noise_on_the_working_grid_is_the_scans_own_as_it_arrives_there() {
        let options = options();
        let grid = Geometry::aligned([96; 3], [0.06; 3]).unwrap();
        let blank = Volume::filled(grid, 0f32);
        for scale in [0.04, 0.07, 0.1] {
            // The scan's noise, brought onto the working grid as the scan is.
            let full = noise(&blank, 70.0, scale, 3).unwrap();
            let smooth_mm = options.tuning.bones.smooth_mm;
            let working = coarsen(&full, [2; 3]).unwrap();
            let smooth = howship_ops::gaussian(&working, [smooth_mm; 3]).unwrap();
            let seen = Levels {
                noise_sd: 70.0,
                noise_scale_mm: scale,
                ..levels()
            };
            let solid = shape(&Ball::solid().render(), &options);
            let searched = Searched {
                smooth: &smooth,
                shape: &solid,
                levels: &seen,
                wall: 0.0,
                voxel_mm: [0.06; 3],
            };
            let (told, _) = noise_of(&searched, smooth_mm);
            let there = sd(smooth.data());
            // A Gaussian of 0.04 mm on voxels of 0.06 is hardly one: within a fifth.
            assert!(
                (told / there - 1.0).abs() < 0.2,
                "{told} for {there} at {scale}"
            );
        }
    }

    #[test]
    fn a_wide_cavity_is_found_again_and_a_closed_one_is_not() {
        let options = options();
        let look = |sink: f64, noise_sd: f64| {
            let scene = Ball::solid().with_cavity(VectorMm::z(), sink, 0.8);
            let scan = scene.render();
            let shape = shape(&scan, &options);
            let levels = Levels {
                noise_sd,
                noise_scale_mm: 0.07,
                ..levels()
            };
            let searched = Searched {
                smooth: &scan,
                shape: &shape,
                levels: &levels,
                wall: levels.soft + options.wall_level * levels.contrast(),
                voxel_mm: scene.spacing,
            };
            let (centre, r) = scene.holes[0];
            let is_it = |p: &Place| (p.centre - centre).norm() < r;
            found_again(&searched, (centre, 0.0), &is_it, &options.tuning).unwrap()
        };
        assert_eq!(look(0.3, 70.0), 1.0);
        assert_eq!(look(1.4, 70.0), 0.0);
        // As loud as bone is bright: what is found is chance, and each look has its own.
        assert!(look(0.3, 1500.0) < 1.0);
    }
}
