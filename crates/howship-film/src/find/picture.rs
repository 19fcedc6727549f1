//! A film at the resolution of the search, and pieces cut from it.

use super::shape::Px;
use rayon::prelude::*;

/// Grey levels 0 to 1 (percentiles 0.1 and 99.9 of the film).
#[derive(Debug, Clone)]
pub(crate) struct Picture {
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) values: Vec<f32>,
}

/// From a picture's pixels to a piece's: `piece = linear · p + shift`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cut {
    pub(crate) linear: [[f64; 2]; 2],
    pub(crate) shift: [f64; 2],
}

impl Cut {
    /// Turns by `angle`, scales, mirrors columns first if asked, and takes `centre` to the middle of `size` pixels.
    pub(crate) fn new(centre: Px, angle: f64, scale: f64, mirrored: bool, size: usize) -> Self {
        let (sin, cos) = angle.sin_cos();
        let flip = if mirrored { -1.0 } else { 1.0 };
        let linear = [
            [scale * cos * flip, -scale * sin],
            [scale * sin * flip, scale * cos],
        ];
        let half = size as f64 / 2.0;
        let turned = multiply(&linear, centre);
        Self {
            linear,
            shift: [half - turned[0], half - turned[1]],
        }
    }

    pub(crate) fn scale(&self) -> f64 {
        self.determinant().abs().sqrt()
    }

    pub(crate) fn mirrored(&self) -> bool {
        self.determinant() < 0.0
    }

    fn determinant(&self) -> f64 {
        self.linear[0][0] * self.linear[1][1] - self.linear[0][1] * self.linear[1][0]
    }

    fn inverse(&self) -> [[f64; 2]; 2] {
        let [[a, b], [c, d]] = self.linear;
        let k = 1.0 / self.determinant();
        [[d * k, -b * k], [-c * k, a * k]]
    }

    /// A piece's pixel in the picture.
    pub(crate) fn back(&self, p: Px) -> Px {
        multiply(
            &self.inverse(),
            [p[0] - self.shift[0], p[1] - self.shift[1]],
        )
    }
}

fn multiply(m: &[[f64; 2]; 2], p: Px) -> Px {
    [
        m[0][0] * p[0] + m[0][1] * p[1],
        m[1][0] * p[0] + m[1][1] * p[1],
    ]
}

impl Picture {
    /// Means of blocks so that the longer side has at most `side` pixels; the factor from film to picture pixels:
    /// film = (picture + 0.5) · factor − 0.5.
    pub(crate) fn reduced(pixels: &[f32], width: usize, height: usize, side: usize) -> (Self, f64) {
        let factor = (width.max(height) as f64 / side as f64).max(1.0);
        let (w, h) = (
            ((width as f64 / factor).round() as usize).max(1),
            ((height as f64 / factor).round() as usize).max(1),
        );
        let mut values = vec![0f32; w * h];
        values.par_chunks_mut(w).enumerate().for_each(|(y, line)| {
            let (y0, y1) = span(y, factor, height);
            let mut sums = vec![0f64; w];
            for row in y0..y1 {
                let source = &pixels[row * width..(row + 1) * width];
                for (x, sum) in sums.iter_mut().enumerate() {
                    let (x0, x1) = span(x, factor, width);
                    let part: f32 = source[x0..x1].iter().sum();
                    *sum += f64::from(part) / (x1 - x0) as f64;
                }
            }
            for (value, sum) in line.iter_mut().zip(sums) {
                *value = (sum / (y1 - y0) as f64) as f32;
            }
        });
        let mut picture = Self {
            width: w,
            height: h,
            values,
        };
        picture.stretch();
        (picture, factor)
    }

    fn stretch(&mut self) {
        let (low, high) = percentiles(&self.values, 0.001, 0.999);
        let scale = 1.0 / (high - low).max(1e-6);
        for value in &mut self.values {
            *value = ((*value - low) * scale).clamp(0.0, 1.0);
        }
    }

    /// The same picture blurred for pieces of a scale below 0.8, so that they do not alias.
    pub(crate) fn for_scale(&self, scale: f64) -> Self {
        if scale >= 0.8 {
            return self.clone();
        }
        Self {
            values: gaussian(&self.values, self.width, self.height, 0.45 / scale),
            ..*self
        }
    }

    /// A square piece, bilinear, borders repeated.
    pub(crate) fn piece(&self, cut: &Cut, size: usize) -> Vec<f32> {
        let inverse = cut.inverse();
        let mut out = vec![0f32; size * size];
        for (y, line) in out.chunks_mut(size).enumerate() {
            for (x, value) in line.iter_mut().enumerate() {
                let p = multiply(&inverse, [x as f64 - cut.shift[0], y as f64 - cut.shift[1]]);
                *value = self.at(p);
            }
        }
        out
    }

    fn at(&self, p: Px) -> f32 {
        let x = p[0].clamp(0.0, self.width as f64 - 1.0);
        let y = p[1].clamp(0.0, self.height as f64 - 1.0);
        let (i, j) = (x as usize, y as usize);
        let (s, t) = ((x - i as f64) as f32, (y - j as f64) as f32);
        let (i1, j1) = ((i + 1).min(self.width - 1), (j + 1).min(self.height - 1));
        let at = |x: usize, y: usize| self.values[y * self.width + x];
        let low = at(i, j) + (at(i1, j) - at(i, j)) * s;
        let high = at(i, j1) + (at(i1, j1) - at(i, j1)) * s;
        low + (high - low) * t
    }
}

fn span(i: usize, factor: f64, count: usize) -> (usize, usize) {
    let from = ((i as f64 * factor).round() as usize).min(count - 1);
    let to = (((i + 1) as f64 * factor).round() as usize).clamp(from + 1, count);
    (from, to)
}

/// The values at two shares of the sorted list, linear between neighbours.
pub(crate) fn percentiles(values: &[f32], low: f64, high: f64) -> (f32, f32) {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f32::total_cmp);
    let at = |share: f64| {
        let k = share * (sorted.len().saturating_sub(1)) as f64;
        let i = k as usize;
        let next = sorted[(i + 1).min(sorted.len() - 1)];
        sorted[i] + (next - sorted[i]) * (k - i as f64) as f32
    };
    (at(low), at(high))
}

/// Separable Gaussian, borders repeated, cut at 4 sigma.
pub(crate) fn gaussian(values: &[f32], width: usize, height: usize, sigma: f64) -> Vec<f32> {
    let radius = (4.0 * sigma).ceil().max(1.0) as usize;
    let raw: Vec<f64> = (0..=2 * radius)
        .map(|i| (-0.5 * ((i as f64 - radius as f64) / sigma).powi(2)).exp())
        .collect();
    let sum: f64 = raw.iter().sum();
    let kernel: Vec<f32> = raw.iter().map(|v| (v / sum) as f32).collect();
    let mut rows = vec![0f32; values.len()];
    let mut padded = vec![0f32; width + 2 * radius];
    for (out, line) in rows.chunks_mut(width).zip(values.chunks(width)) {
        for (i, p) in padded.iter_mut().enumerate() {
            *p = line[i.saturating_sub(radius).min(width - 1)];
        }
        for (k, weight) in kernel.iter().enumerate() {
            for (o, p) in out.iter_mut().zip(&padded[k..]) {
                *o += weight * p;
            }
        }
    }
    let mut out = vec![0f32; values.len()];
    for (y, line) in out.chunks_mut(width).enumerate() {
        for (k, weight) in kernel.iter().enumerate() {
            let from = (y + k).saturating_sub(radius).min(height - 1);
            for (o, v) in line.iter_mut().zip(&rows[from * width..(from + 1) * width]) {
                *o += weight * v;
            }
        }
    }
    out
}
