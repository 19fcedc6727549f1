use crate::Error;
use pulp::{Arch, Simd};

/// Pixels of a film or of a part of it, x fastest; the centre of the first pixel is (0, 0).
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    size: [usize; 2],
    data: Vec<f32>,
}

/// Fewest pixels along a side that can be registered.
const LEAST: usize = 16;
/// Pixels along a side of a block by which neighbourhoods are made.
const NEIGHBOURHOOD: usize = 4;

impl Plane {
    /// Pixels of a grid.
    ///
    /// # Errors
    /// A side below 16 pixels, another number of values than pixels, or a value that is not finite.
    pub fn new(size: [usize; 2], data: Vec<f32>) -> Result<Self, Error> {
        let need = size[0].checked_mul(size[1]);
        if size[0] < LEAST || size[1] < LEAST || need != Some(data.len()) {
            return Err(Error::Plane {
                size,
                values: data.len(),
                least: LEAST,
            });
        }
        if !data.iter().all(|v| v.is_finite()) {
            return Err(Error::NotFinite { which: "film" });
        }
        Ok(Self { size, data })
    }

    pub(crate) fn of(size: [usize; 2], data: Vec<f32>) -> Self {
        Self { size, data }
    }

    /// Pixels along x and y.
    #[must_use]
    pub fn size(&self) -> [usize; 2] {
        self.size
    }

    /// Values, x fastest.
    #[must_use]
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// Value of a pixel of the grid.
    #[inline]
    #[must_use]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.data[x + self.size[0] * y]
    }

    /// Smoothed by a Gaussian, cut off at four standard deviations, border values continued.
    #[must_use]
    pub fn smoothed(&self, sigma: f64) -> Self {
        let kernel = gaussian_kernel(sigma);
        Self::of(self.size, widest_smooth(&self.data, self.size, &kernel))
    }

    /// The plane at a quarter of the resolution, smoothed so that with the averaging of blocks and the linear
    /// interpolation between them it is what a Gaussian makes: for neighbourhoods, not for edges.
    fn neighbourhood(coarse: Self, sigma: f64) -> Self {
        // Averaging a block and interpolating linearly between blocks smooth too.
        let step = NEIGHBOURHOOD as f64;
        let own = (step * step - 1.0) / 12.0 + step * step / 6.0;
        let rest = (sigma * sigma - own).max(1.0).sqrt() / step;
        coarse.smoothed(rest)
    }

    /// Means of blocks; the last ones may be of fewer pixels.
    #[must_use]
    pub fn reduced(&self, step: usize) -> Self {
        widest_means(&self.data, self.size, step, false)
    }

    pub(crate) fn row(&self, y: usize) -> &[f32] {
        &self.data[y * self.size[0]..(y + 1) * self.size[0]]
    }

    /// Mean and spread of the neighbourhood taken out; `floor` is the least spread, in the plane's unit.
    #[must_use]
    pub fn locally_normalised(mut self, sigma: f64, floor: f64) -> Self {
        let mean = Self::neighbourhood(self.reduced(NEIGHBOURHOOD), sigma);
        let size = self.size;
        widest_between(&mean, size, &mut self.data, None);
        let squares = widest_means(&self.data, size, NEIGHBOURHOOD, true);
        let variance = Self::neighbourhood(squares, sigma);
        let floor = (floor * floor) as f32;
        widest_between(&variance, size, &mut self.data, Some(floor));
        self
    }

    /// Difference between the 99.5th and the 0.5th percentile.
    #[must_use]
    pub fn robust_range(&self) -> f64 {
        let mut values = self.data.clone();
        let last = values.len() - 1;
        let mut at = |share: f64| {
            let k = (share * last as f64).round() as usize;
            *values.select_nth_unstable_by(k, f32::total_cmp).1
        };
        f64::from(at(0.995)) - f64::from(at(0.005))
    }
}

/// Takes a neighbourhood's means out of the values of a plane of `size`, or divides by the root of a neighbourhood's
/// variances, to which `floor` is added; linearly between the blocks' centres.
#[pulp::with_simd(widest_between = Arch::new())]
#[inline(always)]
fn between<'a, S: Simd>(
    _simd: S,
    blocks: &'a Plane,
    size: [usize; 2],
    data: &'a mut [f32],
    floor: Option<f32>,
) {
    let (columns, rows) = (ends(size[0], blocks.size[0]), ends(size[1], blocks.size[1]));
    let (mut line, mut wide) = (vec![0f32; blocks.size[0]], vec![0f32; size[0]]);
    for (out, (y0, y1, ty)) in data.chunks_mut(size[0]).zip(&rows) {
        let (above, below) = (blocks.row(*y0), blocks.row(*y1));
        for ((l, a), b) in line.iter_mut().zip(above).zip(below) {
            *l = a + ty * (b - a);
        }
        for (w, &(x0, x1, t)) in wide.iter_mut().zip(&columns) {
            *w = line[x0] + t * (line[x1] - line[x0]);
        }
        match floor {
            None => out.iter_mut().zip(&wide).for_each(|(v, w)| *v -= w),
            Some(floor) => {
                for (v, w) in out.iter_mut().zip(&wide) {
                    *v /= (w.max(0.0) + floor).sqrt();
                }
            }
        }
    }
}

/// Means over blocks, of the values or of their squares.
#[pulp::with_simd(widest_means = Arch::new())]
#[inline(always)]
fn means<S: Simd>(_simd: S, data: &[f32], size: [usize; 2], step: usize, squared: bool) -> Plane {
    let [nx, ny] = size;
    let size = [nx.div_ceil(step), ny.div_ceil(step)];
    let mut sums = Vec::with_capacity(size[0] * size[1]);
    let mut line = vec![0f32; nx];
    for rows in data.chunks(step * nx) {
        // Whole rows first: that is quick.
        line.fill(0.0);
        for row in rows.chunks(nx) {
            for (l, v) in line.iter_mut().zip(row) {
                *l += if squared { v * v } else { *v };
            }
        }
        let high = rows.len() / nx;
        let whole = 1.0 / (step * high) as f32;
        let blocks = line.chunks_exact(step);
        let rest = blocks.remainder();
        sums.extend(blocks.map(|block| block.iter().sum::<f32>() * whole));
        if !rest.is_empty() {
            sums.push(rest.iter().sum::<f32>() / (rest.len() * high) as f32);
        }
    }
    Plane::of(size, sums)
}

/// Rows are added first, so that one row between is all that is kept.
#[pulp::with_simd(widest_smooth = Arch::new())]
#[inline(always)]
fn smooth<'a, S: Simd>(_simd: S, data: &'a [f32], size: [usize; 2], kernel: &'a [f32]) -> Vec<f32> {
    let [nx, ny] = size;
    let radius = kernel.len() / 2;
    let mut out = vec![0f32; data.len()];
    let mut line = vec![0f32; nx + 2 * radius];
    let row = |y: usize| &data[y * nx..(y + 1) * nx];
    for (y, out) in out.chunks_mut(nx).enumerate() {
        let middle = &mut line[radius..radius + nx];
        weigh(middle, row(y), kernel[radius]);
        for k in 1..=radius {
            let pair = (row(y.saturating_sub(k)), row((y + k).min(ny - 1)));
            weigh_pair(middle, pair, kernel[radius + k]);
        }
        let (first, last) = (middle[0], middle[nx - 1]);
        line[..radius].fill(first);
        line[radius + nx..].fill(last);
        weigh(out, &line[radius..radius + nx], kernel[radius]);
        for k in 1..=radius {
            let pair = (&line[radius - k..][..nx], &line[radius + k..][..nx]);
            weigh_pair(out, pair, kernel[radius + k]);
        }
    }
    out
}

#[inline(always)]
fn weigh(out: &mut [f32], values: &[f32], weight: f32) {
    for (o, v) in out.iter_mut().zip(values) {
        *o = weight * v;
    }
}

/// The kernel is even.
#[inline(always)]
fn weigh_pair(out: &mut [f32], (low, high): (&[f32], &[f32]), weight: f32) {
    for ((o, l), h) in out.iter_mut().zip(low).zip(high) {
        *o += weight * (l + h);
    }
}

/// Blocks on both sides of each of `n` pixels, and how near the second is.
fn ends(n: usize, count: usize) -> Vec<(usize, usize, f32)> {
    (0..n)
        .map(|i| {
            let u = (i as f64 + 0.5) / NEIGHBOURHOOD as f64 - 0.5;
            let u = u.clamp(0.0, (count - 1) as f64);
            let low = (u as usize).min(count.saturating_sub(2));
            (low, (low + 1).min(count - 1), (u - low as f64) as f32)
        })
        .collect()
}

fn gaussian_kernel(sigma: f64) -> Vec<f32> {
    let radius = (4.0 * sigma).ceil().max(1.0) as i64;
    let weights: Vec<f64> = (-radius..=radius)
        .map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp())
        .collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| (w / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The variance of an impulse's image is the square of the smoothing asked for.
    #[test]
    fn wide_smoothing_has_the_width_asked_for() {
        let mut data = vec![0f32; 256 * 256];
        data[130 + 256 * 127] = 1e4;
        let smooth = Plane::new([256, 256], data).unwrap();
        let coarse = Plane::neighbourhood(smooth.reduced(NEIGHBOURHOOD), 20.0);
        let mut rest = smooth.clone();
        widest_between(&coarse, [256, 256], &mut rest.data, None);
        let (mut s, mut sx, mut sxx) = (0.0, 0.0, 0.0);
        for y in 0..256 {
            for x in 0..256 {
                let v = f64::from(smooth.at(x, y) - rest.at(x, y));
                s += v;
                sx += v * x as f64;
                sxx += v * (x * x) as f64;
            }
        }
        let mean = sx / s;
        let sd = (sxx / s - mean * mean).sqrt();
        assert!(
            (sd - 20.0).abs() < 0.6 && (mean - 130.0).abs() < 1.0,
            "{sd} {mean}"
        );
        assert!((s - 1e4).abs() < 20.0, "{s}");
    }

    #[test]
    fn what_is_no_film_is_refused() {
        assert!(Plane::new([15, 32], vec![0.0; 480]).is_err());
        assert!(Plane::new([32, 32], vec![0.0; 32]).is_err());
        assert!(Plane::new([32, 32], vec![f32::NAN; 1024]).is_err());
        assert!(Plane::new([usize::MAX, 32], vec![]).is_err());
    }
}
