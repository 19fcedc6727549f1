//! Whether a cavity would be reported again: measured once more under fresh noise, from a start a little aside.
//!
//! What depends on one scan's noise does not repeat when the joint is scanned again, and is no lesion that could be
//! followed. The noise of the scan itself cannot be taken away, so that it is added a second time: a cavity that survives
//! √2 of the noise survives a rescan.

use crate::detect::Place;
use crate::lesion::{VisitImage, measure_once};
use crate::local::cube;
use crate::segmentation::BoneShape;
use crate::select::BoneLesion;
use crate::{BoneOptions, Error};
use howship_image::{VectorMm, Volume};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Share of repeats, the measurement itself among them, in which a cavity is an erosion at the visit where it is largest.
pub(crate) fn repeatability(
    images: &[Option<VisitImage<'_>>],
    shape: &BoneShape,
    found: &BoneLesion,
    options: &BoneOptions,
) -> Result<f64, Error> {
    let tuning = &options.tuning.repeat;
    let largest = found
        .lesion
        .cavities()
        .filter(|(visit, _)| found.is_erosion(*visit, options))
        .max_by(|a, b| a.1.volume.value.total_cmp(&b.1.volume.value));
    let Some((visit, cavity)) = largest else {
        return Ok(0.0);
    };
    let Some(image) = images.get(visit).and_then(Option::as_ref) else {
        return Ok(0.0);
    };
    let surface = &found.lesion.surface;
    let [u, v, _] = surface.local(cavity.centre);
    let mouth = surface.point(u, v, surface.height(u, v));
    let around = options.tuning.lesion.half_mm + tuning.margin_mm;
    let Some(region) = cube(image.volume, image.pose.apply(mouth), around) else {
        return Ok(0.0);
    };
    let part = image.volume.crop(region)?;
    let mut again = 1;
    for repeat in 0..tuning.repeats {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED + repeat as u64);
        let noisy = with_noise(&part, image, &mut rng)?;
        let here = VisitImage {
            volume: &noisy,
            ..*image
        };
        let aside = VectorMm::from_fn(|_, _| normal(&mut rng)) * tuning.aside_mm;
        let place = Place {
            centre: cavity.centre + aside,
            mouth,
            normal: surface.normal_at(mouth),
        };
        let lesion = measure_once(&[Some(here)], shape, &place, options)?;
        let erosion = lesion.is_some_and(|lesion| {
            BoneLesion::new(found.bone, lesion).is_erosion(0, options)
        });
        again += usize::from(erosion);
    }
    Ok(again as f64 / (1 + tuning.repeats) as f64)
}

/// The same noise for every cavity of every run.
const SEED: u64 = 0x5EED;

/// The image with noise of the visit's own SD and scale added once more.
fn with_noise(
    part: &Volume<f32>,
    image: &VisitImage<'_>,
    rng: &mut ChaCha8Rng,
) -> Result<Volume<f32>, Error> {
    let noise = image.levels.noise();
    let mut field = part.map(|_| normal(rng) as f32);
    field = howship_ops::gaussian(&field, [noise.scale_mm; 3])?;
    let count = field.data().len().max(1) as f64;
    let square: f64 = field.data().iter().map(|v| f64::from(*v).powi(2)).sum();
    let scale = noise.sd / (square / count).sqrt().max(1e-12);
    let mut noisy = part.clone();
    for (v, n) in noisy.data_mut().iter_mut().zip(field.data()) {
        *v += (f64::from(*n) * scale) as f32;
    }
    Ok(noisy)
}

/// A standard normal number (Box, Muller, 1958).
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    let (u, v): (f64, f64) = (rng.random(), rng.random());
    (-2.0 * u.max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, levels, measured, options, shape};
    use howship_image::RigidTransform;

    #[test]
    fn an_erosion_in_solid_bone_repeats_and_one_just_large_enough_does_not() {
        let scene = Ball::solid().with_cavity(VectorMm::new(0.2, 0.1, 1.0), 0.2, 0.8);
        let scan = scene.render();
        let share = |options: &BoneOptions, noise_sd: f64| {
            let image = VisitImage {
                volume: &scan,
                pose: RigidTransform::identity(),
                levels: crate::Levels {
                    noise_sd,
                    ..levels()
                },
                pose_covariance: nalgebra::Matrix3::zeros(),
            };
            let found = BoneLesion::new(0, measured(&[&scene], options));
            let shape = shape(&scan, options);
            repeatability(&[Some(image)], &shape, &found, options).unwrap()
        };
        let usual = options();
        assert_eq!(share(&usual, 60.0), 1.0);
        // A limit that the cavity passes by a thousandth of its volume: noise decides each time anew.
        let volume = BoneLesion::new(0, measured(&[&scene], &usual)).values[0]
            [&howship_change::Quantity::Volume]
            .value;
        let strict = BoneOptions {
            minimum_lesion_mm3: 0.999 * volume,
            ..usual
        };
        assert!(share(&strict, 200.0) < 1.0);
    }
}
