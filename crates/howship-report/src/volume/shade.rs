//! Light: from what each sample sees to the colours of a picture.

use super::raster::{Band, EMPTY, Frame, Sample};
use super::view::Part;
use rayon::prelude::*;
use std::ops::Range;

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

/// Linear-light RGB and cover per sample of a band.
pub(crate) fn shade(
    band: &Band,
    parts: &[Part<'_>],
    frame: &Frame,
    hollows: &[&[f32]; HOLLOWS.len()],
) -> Vec<[f32; 4]> {
    let columns = frame.width / frame.samples;
    let colour = |i: usize| {
        let sample = band.seen(i);
        let Some(part) = parts.get(sample.part as usize) else {
            return [0.0; 4];
        };
        let mut colour = part.colour;
        let hidden = parts.get(band.marker[i].part as usize);
        if let Some(marker) = hidden.filter(|_| !band.marker_shows(i)) {
            for (value, ghost) in colour.iter_mut().zip(marker.colour) {
                *value = *value * (1.0 - GHOST) + ghost * GHOST;
            }
        }
        let pixel = (i / frame.width / frame.samples) * columns + i % frame.width / frame.samples;
        let hollow = hollow(&sample, hollows.map(|mean| mean[pixel]));
        let light = light(sample.normal) * hollow;
        let gloss = gloss(sample.normal) * hollow;
        let [r, g, b] = colour.map(|c| c * light + gloss);
        [r, g, b, 1.0]
    };
    (0..band.solid.len()).map(colour).collect()
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

/// Mean depth around every pixel, for each radius at which hollows are looked for.
pub(crate) struct Hollows {
    means: [Vec<f32>; HOLLOWS.len()],
    columns: usize,
    samples: usize,
}

impl Hollows {
    /// From the sums of all bands, one after the other.
    pub(crate) fn new(sums: Vec<[f32; 2]>, frame: &Frame) -> Self {
        let per_pixel = frame.step * frame.samples as f64;
        let reach = |radius: f64| ((radius / per_pixel).round() as usize).max(1);
        Self {
            means: HOLLOWS.map(|(radius, _)| mean_depth(sums.clone(), frame, reach(radius))),
            columns: frame.width / frame.samples,
            samples: frame.samples,
        }
    }

    /// Those of some rows of samples.
    pub(crate) fn of(&self, rows: &Range<usize>) -> [&[f32]; HOLLOWS.len()] {
        let pixel = |row: usize| row / self.samples * self.columns;
        self.means
            .each_ref()
            .map(|mean| &mean[pixel(rows.start)..pixel(rows.end)])
    }
}

/// Factor of a sample's light: below 1 where it lies deeper than what is around it.
fn hollow(sample: &Sample, means: [f32; HOLLOWS.len()]) -> f32 {
    // A surface that turns away lies deeper than its neighbours without being hollow.
    let facing = sample.normal[2] * sample.normal[2];
    let shadow = |((radius, strength), mean): (&(f64, f32), f32)| {
        let below = facing * (sample.depth - mean) / *radius as f32;
        (1.0 - strength * below).clamp(0.45, 1.12)
    };
    HOLLOWS.iter().zip(means).map(shadow).product()
}

/// Sum of depths and number of samples that see something, per pixel of a band.
pub(crate) fn depth_sums(band: &Band, frame: &Frame) -> Vec<[f32; 2]> {
    let n = frame.samples;
    let columns = frame.width / n;
    let mut sums = vec![[0f32; 2]; band.solid.len() / (n * n).max(1)];
    for i in 0..band.solid.len() {
        let sample = band.seen(i);
        if sample.part != EMPTY.part {
            let (y, x) = (i / frame.width, i % frame.width);
            let sum = &mut sums[y / n * columns + x / n];
            sum[0] += sample.depth;
            sum[1] += 1.0;
        }
    }
    sums
}

/// Mean depth around each pixel, over a square of pixels that see something, twice over for a smooth weight.
fn mean_depth(mut sums: Vec<[f32; 2]>, frame: &Frame, reach: usize) -> Vec<f32> {
    let n = frame.samples;
    let (width, height) = (frame.width / n, frame.height / n);
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

/// Averages the samples of each pixel of a band in linear light and encodes sRGB.
pub(crate) fn downsample(samples: &[[f32; 4]], frame: &Frame) -> Vec<u8> {
    let n = frame.samples;
    let width = frame.width / n;
    let mut rgba = vec![0u8; samples.len() / (n * n).max(1) * 4];
    for (at, pixel) in rgba.chunks_mut(4).enumerate() {
        let (x, y) = (at % width, at / width);
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
