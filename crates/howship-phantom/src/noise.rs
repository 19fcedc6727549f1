use crate::{Error, NoiseSpec};
use howship_image::{Geometry, Volume};
use howship_ops::gaussian_in_place;
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};
use rayon::prelude::*;

/// Correlated noise on a grid: zero mean, the SD asked for, the same bytes for any number of threads.
pub(crate) fn noise_field(
    geometry: &Geometry,
    spec: &NoiseSpec,
    seed: u64,
) -> Result<Volume<f32>, Error> {
    let spacing = geometry.spacing();
    // The filters must not see the border, where a repeated voxel would change the variance.
    let reach: [f64; 3] = [
        spec.correlation_mm[0].max(spec.highpass_mm),
        spec.correlation_mm[1].max(spec.highpass_mm),
        spec.correlation_mm[2],
    ];
    let pad: [usize; 3] = std::array::from_fn(|a| (4.0 * reach[a] / spacing[a]).ceil() as usize);
    let size = geometry.size();
    let padded = Geometry::aligned(std::array::from_fn(|a| size[a] + 2 * pad[a]), spacing)?;
    let mut smooth = white(&padded, seed);
    let mut low = (spec.highpass_mm > 0.0).then(|| smooth.clone());
    gaussian_in_place(&mut smooth, spec.correlation_mm)?;
    if let Some(low) = &mut low {
        let [_, _, z] = spec.correlation_mm;
        gaussian_in_place(low, [spec.highpass_mm, spec.highpass_mm, z])?;
    }
    let scale = (spec.sd / gain(spec, spacing)) as f32;
    let plane = size[0] * size[1];
    let mut out = Volume::filled(geometry.clone(), 0f32);
    out.data_mut()
        .par_chunks_mut(plane)
        .enumerate()
        .for_each(|(z, slice)| {
            for (y, row) in slice.chunks_mut(size[0]).enumerate() {
                let start = padded.offset(pad[0], y + pad[1], z + pad[2]);
                let values = &smooth.data()[start..start + size[0]];
                match &low {
                    None => row.iter_mut().zip(values).for_each(|(o, v)| *o = v * scale),
                    Some(low) => {
                        let lows = &low.data()[start..start + size[0]];
                        for ((o, v), l) in row.iter_mut().zip(values).zip(lows) {
                            *o = (v - l) * scale;
                        }
                    }
                }
            }
        });
    Ok(out)
}

/// White normal noise of SD 1, one stream per slice.
pub(crate) fn white(geometry: &Geometry, seed: u64) -> Volume<f32> {
    let plane = geometry.size()[0] * geometry.size()[1];
    let mut volume = Volume::filled(geometry.clone(), 0f32);
    volume
        .data_mut()
        .par_chunks_mut(plane)
        .enumerate()
        .for_each(|(z, slice)| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(z as u64 + 1);
            for value in slice {
                *value = StandardNormal.sample(&mut rng);
            }
        });
    volume
}

/// SD that the filter makes of white noise of SD 1: the root of the kernel's sum of squares.
fn gain(spec: &NoiseSpec, spacing: [f64; 3]) -> f64 {
    let narrow: [Vec<f64>; 3] =
        std::array::from_fn(|a| kernel(spec.correlation_mm[a] / spacing[a]));
    let square = |k: &[f64]| k.iter().map(|v| v * v).sum::<f64>();
    let z = square(&narrow[2]);
    if spec.highpass_mm <= 0.0 {
        return (square(&narrow[0]) * square(&narrow[1]) * z).sqrt();
    }
    let wide: [Vec<f64>; 2] = std::array::from_fn(|a| kernel(spec.highpass_mm / spacing[a]));
    let cross = |a: usize| {
        let shift = wide[a].len() / 2 - narrow[a].len() / 2;
        narrow[a]
            .iter()
            .enumerate()
            .map(|(i, v)| v * wide[a][i + shift])
            .sum::<f64>()
    };
    let plane = square(&narrow[0]) * square(&narrow[1]) - 2.0 * cross(0) * cross(1)
        + square(&wide[0]) * square(&wide[1]);
    (plane.max(f64::MIN_POSITIVE) * z).sqrt()
}

/// The sampled Gaussian that the filter uses: cut at 4 sigma, sum 1.
fn kernel(sigma: f64) -> Vec<f64> {
    if sigma <= 0.0 {
        return vec![1.0];
    }
    let radius = (4.0 * sigma + 0.5).floor() as i64;
    let mut weights: Vec<f64> = (-radius..=radius)
        .map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.iter_mut().for_each(|w| *w /= sum);
    weights
}
