//! Gaussians on films.

use rayon::prelude::*;

/// Separable Gaussian with repeated borders; sigma in pixels, cut at 3.5 sigma.
pub(crate) fn gaussian(image: &[f32], size: [usize; 2], sigma: f64) -> Vec<f32> {
    if sigma < 0.05 {
        return image.to_vec();
    }
    let kernel = kernel(sigma);
    let radius = kernel.len() / 2;
    let [w, h] = size;
    let mut rows = vec![0f32; image.len()];
    rows.par_chunks_mut(w)
        .zip(image.par_chunks(w))
        .for_each(|(out, line)| {
            let mut padded = vec![0f32; w + 2 * radius];
            for (i, p) in padded.iter_mut().enumerate() {
                *p = line[i.saturating_sub(radius).min(w - 1)];
            }
            for (i, o) in out.iter_mut().enumerate() {
                *o = kernel.iter().zip(&padded[i..]).map(|(k, p)| k * p).sum();
            }
        });
    let mut out = vec![0f32; image.len()];
    out.par_chunks_mut(w).enumerate().for_each(|(y, line)| {
        for (k, weight) in kernel.iter().enumerate() {
            let from = (y + k).saturating_sub(radius).min(h - 1);
            for (o, v) in line.iter_mut().zip(&rows[from * w..(from + 1) * w]) {
                *o += weight * v;
            }
        }
    });
    out
}

/// A wide Gaussian through a coarser grid: means of blocks, blur, bilinear back.
pub(crate) fn gaussian_coarse(image: &[f32], size: [usize; 2], sigma: f64) -> Vec<f32> {
    let block = (sigma / 3.0).floor() as usize;
    if block < 2 {
        return gaussian(image, size, sigma);
    }
    let [w, h] = size;
    let coarse = [w.div_ceil(block), h.div_ceil(block)];
    let mut small = vec![0f32; coarse[0] * coarse[1]];
    small
        .par_chunks_mut(coarse[0])
        .enumerate()
        .for_each(|(j, line)| {
            for (i, value) in line.iter_mut().enumerate() {
                let (x1, y1) = (((i + 1) * block).min(w), ((j + 1) * block).min(h));
                let mut sum = 0f64;
                for y in j * block..y1 {
                    sum += image[y * w + i * block..y * w + x1]
                        .iter()
                        .map(|&v| f64::from(v))
                        .sum::<f64>();
                }
                *value = (sum / ((x1 - i * block) * (y1 - j * block)) as f64) as f32;
            }
        });
    // The block's own width is part of the blur.
    let own = ((block * block) as f64 - 1.0) / 12.0;
    let rest = (sigma * sigma - own).max(0.0).sqrt() / block as f64;
    let small = gaussian(&small, coarse, rest);
    let mut out = vec![0f32; image.len()];
    out.par_chunks_mut(w).enumerate().for_each(|(y, line)| {
        let (j, t) = coarse_place(y, block, coarse[1]);
        for (x, value) in line.iter_mut().enumerate() {
            let (i, s) = coarse_place(x, block, coarse[0]);
            let at =
                |a: usize, b: usize| small[b.min(coarse[1] - 1) * coarse[0] + a.min(coarse[0] - 1)];
            let low = at(i, j) + (at(i + 1, j) - at(i, j)) * s;
            let high = at(i, j + 1) + (at(i + 1, j + 1) - at(i, j + 1)) * s;
            *value = low + (high - low) * t;
        }
    });
    out
}

fn coarse_place(x: usize, block: usize, count: usize) -> (usize, f32) {
    let at = ((x as f32 + 0.5) / block as f32 - 0.5).clamp(0.0, (count - 1) as f32);
    (at as usize, at.fract())
}

fn kernel(sigma: f64) -> Vec<f32> {
    let radius = (3.5 * sigma).ceil().max(1.0) as i64;
    let raw: Vec<f64> = (-radius..=radius)
        .map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp())
        .collect();
    let sum: f64 = raw.iter().sum();
    raw.iter().map(|v| (v / sum) as f32).collect()
}
