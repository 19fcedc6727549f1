use crate::Error;
use crate::tuning::LevelsTuning;
use howship_image::{Mask, Volume};

/// Typical values of one visit's tissues, in the scan's unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// Median of soft tissue near the bones.
    pub soft: f64,
    /// Mean of bone (voxels above the threshold).
    pub bone: f64,
    /// SD of the noise in soft tissue, voxel by voxel.
    pub noise_sd: f64,
    /// Distance over which the noise is alike: SD of the Gaussian that would make it from white noise, mm.
    pub noise_scale_mm: f64,
}

impl Levels {
    /// Bone less soft tissue.
    pub(crate) fn contrast(&self) -> f64 {
        self.bone - self.soft
    }
}

/// Noise of a visit, as a change needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoiseLevel {
    pub(crate) sd: f64,
    pub(crate) scale_mm: f64,
}

impl Levels {
    pub(crate) fn noise(&self) -> NoiseLevel {
        NoiseLevel {
            sd: self.noise_sd,
            scale_mm: self.noise_scale_mm,
        }
    }
}

/// Place of a quantile among so many sorted values.
pub(crate) fn quantile(count: usize, share: f64) -> usize {
    // A hair above, so that seven tenths of ten is the eighth value whatever rounding says.
    ((count as f64 * share + 1e-9) as usize).min(count.saturating_sub(1))
}

/// Measures tissue levels and noise in the soft tissue 0.5 to 3 mm away from bone.
///
/// # Method
/// Median, and 1.4826 × the median absolute deviation of what a local mean leaves, so that muscle beside fat
/// does not count as noise. The noise's scale follows from the variance of differences between neighbours:
/// white noise smoothed by a Gaussian of SD s has correlation `exp(−h²/4s²)` at distance h.
pub(crate) fn measure_levels(
    volume: &Volume<f32>,
    bones: &Mask,
    threshold: f64,
    bone: f64,
    visit: &str,
    tuning: &LevelsTuning,
) -> Result<Levels, Error> {
    let distance = howship_ops::distance_to_within(bones, tuning.far_mm);
    let geometry = volume.geometry();
    let [nx, ny, nz] = geometry.size();
    let data = volume.data();
    // Air is far below soft tissue in every calibrated unit; half-way to bone below zero is neither.
    let air = tuning.air * threshold;
    let near = |o: usize| {
        let d = distance.data()[o];
        (tuning.near_mm as f32..tuning.far_mm as f32).contains(&d) && f64::from(data[o]) > air
    };
    let lag = tuning.lag;
    let stride = (geometry.voxels() / tuning.most_voxels).max(1);
    let (mut soft, mut left, mut steps) = (Vec::new(), Vec::new(), Vec::new());
    for z in (lag..nz.saturating_sub(lag)).step_by(stride.min(3)) {
        for y in lag..ny.saturating_sub(lag) {
            for x in lag..nx.saturating_sub(lag) {
                let o = geometry.offset(x, y, z);
                if !near(o) {
                    continue;
                }
                soft.push(data[o]);
                if near(o - lag) && near(o + lag) {
                    // Second difference over the lag: slow variation cancels, noise there is independent.
                    left.push(data[o] - 0.5 * (data[o - lag] + data[o + lag]));
                    steps.push(data[o + 1] - data[o]);
                }
            }
        }
    }
    if soft.len() < tuning.enough_soft || left.len() < tuning.enough_differences {
        // A crop with no soft tissue in it: the levels are conventions, the noise unknown.
        let usual = tuning.usual_soft * threshold;
        let noise_sd = tuning.usual_noise * (bone - usual).abs().max(1e-6);
        return Ok(Levels {
            soft: usual,
            bone,
            noise_sd,
            noise_scale_mm: geometry.min_spacing(),
        });
    }
    let soft_level = f64::from(median(&mut soft));
    let noise_sd = mad_sd(&mut left) / 1.5f64.sqrt();
    let step_sd = mad_sd(&mut steps);
    if !(noise_sd > 0.0) && !(bone > soft_level) {
        return Err(Error::Constant {
            visit: visit.to_owned(),
            value: data[0],
        });
    }
    // Var(step) = 2 σ² (1 − ρ), ρ = exp(−h²/4s²).
    let correlation = (1.0 - step_sd * step_sd / (2.0 * noise_sd * noise_sd).max(1e-12))
        .clamp(0.0, tuning.most_correlation);
    let h = geometry.spacing()[0];
    let scale = if correlation > tuning.least_correlation {
        h / (2.0 * (-correlation.ln()).sqrt())
    } else {
        tuning.white_scale * h
    };
    Ok(Levels {
        soft: soft_level,
        bone,
        noise_sd: noise_sd.max(1e-6),
        noise_scale_mm: scale.min(tuning.most_scale * h),
    })
}

/// Mean of what lies above the threshold.
pub(crate) fn mean_above(data: &[f32], threshold: f64) -> f64 {
    let (mut sum, mut count) = (0.0, 0usize);
    for &v in data {
        if f64::from(v) > threshold {
            sum += f64::from(v);
            count += 1;
        }
    }
    if count == 0 {
        threshold
    } else {
        sum / count as f64
    }
}

pub(crate) fn median(values: &mut [f32]) -> f32 {
    let middle = values.len() / 2;
    *values.select_nth_unstable_by(middle, f32::total_cmp).1
}

fn mad_sd(values: &mut [f32]) -> f64 {
    let centre = median(values);
    for v in values.iter_mut() {
        *v = (*v - centre).abs();
    }
    1.4826 * f64::from(median(values))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::options;
    use howship_image::Geometry;
    use rand::{RngExt, SeedableRng};

    #[test]
    fn soft_tissue_and_noise_are_what_was_put_in() {
        let grid = Geometry::aligned([60; 3], [0.1; 3]).unwrap();
        let bones = Mask::from_fn(grid.clone(), |[x, _, _]| u8::from(x < 10));
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let white = Volume::from_fn(grid.clone(), |_| (30.0 * normal()) as f32);
        for sigma in [0.0, 0.08, 0.12] {
            let noise = if sigma > 0.0 {
                howship_ops::gaussian(&white, [sigma; 3]).unwrap()
            } else {
                white.clone()
            };
            let sd = noise
                .data()
                .iter()
                .map(|v| f64::from(*v).powi(2))
                .sum::<f64>()
                / grid.voxels() as f64;
            // Blur of the bone's edge reaches 0.4 mm; muscle shades into fat.
            let image = Volume::from_fn(grid.clone(), |[x, y, z]| {
                let edge = 800.0 / (1.0 + ((x as f32 - 10.0) / 0.8).exp());
                40.0 + y as f32 * 0.5 + edge + noise.at(x, y, z)
            });
            let found =
                measure_levels(&image, &bones, 300.0, 800.0, "M0", &options().tuning.levels)
                    .unwrap();
            assert!((found.soft - 54.75).abs() < 2.5, "{}", found.soft);
            assert!(
                (found.noise_sd / sd.sqrt() - 1.0).abs() < 0.06,
                "{} for {}",
                found.noise_sd,
                sd.sqrt()
            );
            let scale = if sigma > 0.0 { sigma } else { 0.03 };
            assert!(
                (found.noise_scale_mm - scale).abs() < 0.015,
                "{} for {scale}",
                found.noise_scale_mm
            );
        }
    }

    #[test]
    fn a_crop_without_soft_tissue_has_the_usual_levels() {
        let grid = Geometry::aligned([12; 3], [0.1; 3]).unwrap();
        let image = Volume::from_fn(grid.clone(), |[x, y, z]| (x + y + z) as f32 + 700.0);
        let bones = Mask::filled(grid, 1);
        let found =
            measure_levels(&image, &bones, 300.0, 800.0, "M0", &options().tuning.levels).unwrap();
        assert!((found.soft - 45.0).abs() < 1e-9 && (found.noise_sd - 75.5).abs() < 1e-9);
    }

    #[test]
    fn quantiles_do_not_depend_on_rounding() {
        assert_eq!(quantile(10, 0.7), 7);
        assert_eq!(quantile(1000, 0.3), 300);
        assert_eq!(quantile(3, 1.0), 2);
        assert_eq!(quantile(0, 0.5), 0);
    }
}
