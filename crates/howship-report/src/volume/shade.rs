//! Light: from what each sample sees to the colours of a picture.

use super::raster::{EMPTY, Frame, Layers, Sample};
use super::view::Part;
use rayon::prelude::*;

/// Radii over which depth is averaged to find hollows, mm, and how much each counts.
const HOLLOWS: [(f64, f32); 2] = [(0.35, 0.9), (1.4, 0.45)];
/// Share of a hidden marker's colour that shines through bone.
const GHOST: f32 = 0.16;
/// Directions towards the lights in camera axes (right, down, away), not yet unit vectors, and their strength.
const LIGHTS: [([f32; 3], f32); 3] = [
    ([-0.55, -0.65, -0.75], 0.84),
    ([0.85, -0.15, -0.55], 0.26),
    ([0.1, 0.9, -0.35], 0.08),
];

/// Linear-light RGB and cover per sample.
pub(crate) fn shade(layers: &Layers, parts: &[Part<'_>], frame: &Frame) -> Vec<[f32; 4]> {
    let seen: Vec<Sample> = (0..layers.solid.len())
        .into_par_iter()
        .map(|i| {
            if layers.marker_shows(i) {
                layers.marker[i]
            } else {
                layers.solid[i]
            }
        })
        .collect();
    let hollow = hollows(&seen, frame);
    seen.par_iter()
        .enumerate()
        .map(|(i, sample)| {
            let Some(part) = parts.get(sample.part as usize) else {
                return [0.0; 4];
            };
            let mut colour = part.colour;
            let hidden = parts.get(layers.marker[i].part as usize);
            if let Some(marker) = hidden.filter(|_| !layers.marker_shows(i)) {
                for (value, ghost) in colour.iter_mut().zip(marker.colour) {
                    *value = *value * (1.0 - GHOST) + ghost * GHOST;
                }
            }
            let light = light(sample.normal) * hollow[i];
            let gloss = gloss(sample.normal) * hollow[i];
            let [r, g, b] = colour.map(|c| c * light + gloss);
            [r, g, b, 1.0]
        })
        .collect()
}

fn light(normal: [f32; 3]) -> f32 {
    let direct: f32 = LIGHTS
        .iter()
        .map(|(to, strength)| strength * dot(normal, *to).max(0.0) / dot(*to, *to).sqrt())
        .sum();
    // The sky lights what faces up a little more than what faces down; edges turn away from the eye.
    let sky = 0.17 - 0.06 * normal[1];
    let edge = 1.0 - 0.35 * (1.0 + normal[2]).clamp(0.0, 1.0).powi(3);
    (direct + sky) * edge
}

/// A soft highlight (Blinn) of the key light.
fn gloss(normal: [f32; 3]) -> f32 {
    let to = LIGHTS[0].0;
    let length = dot(to, to).sqrt();
    let half = [to[0] / length, to[1] / length, to[2] / length - 1.0];
    let cosine = dot(normal, half).max(0.0) / dot(half, half).sqrt();
    0.05 * cosine.powi(24)
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// Factor per sample: below 1 where it lies deeper than what is around it.
fn hollows(seen: &[Sample], frame: &Frame) -> Vec<f32> {
    let per_pixel = frame.step * frame.samples as f64;
    let means: Vec<Vec<f32>> = HOLLOWS
        .iter()
        .map(|(radius, _)| mean_depth(seen, frame, ((radius / per_pixel).round() as usize).max(1)))
        .collect();
    let columns = frame.width / frame.samples;
    let factor = |(i, sample): (usize, &Sample)| {
        if sample.part == EMPTY.part {
            return 1.0;
        }
        let pixel = (i / frame.width / frame.samples) * columns + i % frame.width / frame.samples;
        // A surface that turns away lies deeper than its neighbours without being hollow.
        let facing = sample.normal[2] * sample.normal[2];
        let shadow = |((radius, strength), mean): (&(f64, f32), &Vec<f32>)| {
            let below = facing * (sample.depth - mean[pixel]) / *radius as f32;
            (1.0 - strength * below).clamp(0.45, 1.12)
        };
        HOLLOWS.iter().zip(&means).map(shadow).product()
    };
    seen.par_iter().enumerate().map(factor).collect()
}

/// Mean depth around each pixel, over a square of pixels that see something, twice over for a smooth weight.
fn mean_depth(seen: &[Sample], frame: &Frame, reach: usize) -> Vec<f32> {
    let n = frame.samples;
    let (width, height) = (frame.width / n, frame.height / n);
    let mut sums = vec![[0f32; 2]; width * height];
    sums.par_chunks_mut(width).enumerate().for_each(|(y, row)| {
        for sub in y * n..(y + 1) * n {
            let samples = &seen[sub * frame.width..(sub + 1) * frame.width];
            for (x, sample) in samples.iter().enumerate() {
                if sample.part != EMPTY.part {
                    row[x / n][0] += sample.depth;
                    row[x / n][1] += 1.0;
                }
            }
        }
    });
    for _ in 0..2 {
        sums = box_rows(&sums, width, reach);
        sums = transposed(&sums, width);
        sums = box_rows(&sums, height, reach);
        sums = transposed(&sums, height);
    }
    sums.iter().map(|s| s[0] / s[1].max(1e-9)).collect()
}

/// Running mean along rows; each row by itself, so threads change nothing.
fn box_rows(values: &[[f32; 2]], width: usize, reach: usize) -> Vec<[f32; 2]> {
    let mut out = vec![[0f32; 2]; values.len()];
    let rows = out.par_chunks_mut(width).zip(values.par_chunks(width));
    rows.for_each(|(to, from)| {
        let mut sum = [0f64; 2];
        let mut add = |v: [f32; 2], sign: f64| {
            sum = [
                sum[0] + sign * f64::from(v[0]),
                sum[1] + sign * f64::from(v[1]),
            ];
            sum
        };
        for v in from.iter().take(reach) {
            add(*v, 1.0);
        }
        for x in 0..width {
            let mut now = add([0.0; 2], 1.0);
            if let Some(v) = from.get(x + reach) {
                now = add(*v, 1.0);
            }
            if x > reach {
                now = add(from[x - reach - 1], -1.0);
            }
            let scale = 1.0 / (2 * reach + 1) as f64;
            to[x] = now.map(|v| (v * scale) as f32);
        }
    });
    out
}

fn transposed(values: &[[f32; 2]], width: usize) -> Vec<[f32; 2]> {
    let height = values.len() / width.max(1);
    let mut out = vec![[0f32; 2]; values.len()];
    out.par_chunks_mut(height.max(1))
        .enumerate()
        .for_each(|(x, column)| {
            for (y, value) in column.iter_mut().enumerate() {
                *value = values[y * width + x];
            }
        });
    out
}

/// Averages the samples of each pixel in linear light and encodes sRGB.
pub(crate) fn downsample(samples: &[[f32; 4]], frame: &Frame) -> Vec<u8> {
    let n = frame.samples;
    let (width, height) = (frame.width / n, frame.height / n);
    let mut rgba = vec![0u8; width * height * 4];
    rgba.par_chunks_mut(width * 4)
        .enumerate()
        .for_each(|(y, row)| {
            for (x, pixel) in row.chunks_mut(4).enumerate() {
                let mut sum = [0f32; 4];
                for i in 0..n * n {
                    let sample = samples[(y * n + i / n) * frame.width + x * n + i % n];
                    for k in 0..4 {
                        sum[k] += sample[k];
                    }
                }
                if sum[3] > 0.0 {
                    for k in 0..3 {
                        pixel[k] = srgb(sum[k] / sum[3]);
                    }
                    pixel[3] = (255.0 * sum[3] / (n * n) as f32).round() as u8;
                }
            }
        });
    rgba
}

fn srgb(linear: f32) -> u8 {
    let v = linear.clamp(0.0, 1.0);
    let encoded = if v <= 0.003_130_8 {
        12.92 * v
    } else {
        1.055 * v.powf(1.0 / 2.4) - 0.055
    };
    (255.0 * encoded).round() as u8
}
