use crate::Error;
use crate::convolve::separable;

/// Pixels of a film or of a part of it, x fastest; the centre of the first pixel is (0, 0).
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    size: [usize; 2],
    data: Vec<f32>,
}

/// Fewest pixels along a side that can be registered.
const LEAST: usize = 16;

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
        let [nx, ny] = self.size;
        let kernel = gaussian_kernel(sigma);
        let kernels = [kernel.clone(), kernel, vec![1.0]];
        Self::of(
            self.size,
            separable(self.data.clone(), [nx, ny, 1], &kernels),
        )
    }

    /// Smoothed by a wide Gaussian by way of a quarter of the resolution: for neighbourhoods, not for edges.
    #[must_use]
    pub fn smoothed_widely(&self, sigma: f64) -> Self {
        const STEP: usize = 4;
        // Averaging a block and interpolating linearly between blocks smooth too.
        let step = STEP as f64;
        let own = (step * step - 1.0) / 12.0 + step * step / 6.0;
        let rest = (sigma * sigma - own).max(1.0).sqrt() / step;
        let coarse = self.reduced(STEP).smoothed(rest);
        coarse.enlarged(STEP, self.size)
    }

    /// Means of blocks; the last ones may be of fewer pixels.
    #[must_use]
    pub fn reduced(&self, step: usize) -> Self {
        let [nx, ny] = self.size;
        let size = [nx.div_ceil(step), ny.div_ceil(step)];
        let mut sums = Vec::with_capacity(size[0] * size[1]);
        let mut line = vec![0f32; nx];
        for rows in self.data.chunks(step * nx) {
            // Whole rows first: that is quick.
            line.copy_from_slice(&rows[..nx]);
            for row in rows[nx..].chunks(nx) {
                for (l, v) in line.iter_mut().zip(row) {
                    *l += v;
                }
            }
            sums.extend(line.chunks(step).map(|block| block.iter().sum::<f32>()));
        }
        for y in 0..size[1] {
            let rows = step.min(ny - y * step);
            for x in 0..size[0] {
                let columns = step.min(nx - x * step);
                sums[x + size[0] * y] /= (rows * columns) as f32;
            }
        }
        Self::of(size, sums)
    }

    /// Linear interpolation between block centres.
    fn enlarged(&self, step: usize, size: [usize; 2]) -> Self {
        let ends = |n: usize, count: usize| -> Vec<(usize, usize, f32)> {
            (0..n)
                .map(|i| {
                    let u = (i as f64 + 0.5) / step as f64 - 0.5;
                    let u = u.clamp(0.0, (count - 1) as f64);
                    let low = (u as usize).min(count.saturating_sub(2));
                    (low, (low + 1).min(count - 1), (u - low as f64) as f32)
                })
                .collect()
        };
        let (columns, rows) = (ends(size[0], self.size[0]), ends(size[1], self.size[1]));
        let mut data = Vec::with_capacity(size[0] * size[1]);
        let mut line = vec![0f32; self.size[0]];
        for (y0, y1, ty) in rows {
            let (above, below) = (self.row(y0), self.row(y1));
            for ((l, a), b) in line.iter_mut().zip(above).zip(below) {
                *l = a + ty * (b - a);
            }
            data.extend(
                columns
                    .iter()
                    .map(|&(x0, x1, t)| line[x0] + t * (line[x1] - line[x0])),
            );
        }
        Self::of(size, data)
    }

    pub(crate) fn row(&self, y: usize) -> &[f32] {
        &self.data[y * self.size[0]..(y + 1) * self.size[0]]
    }

    /// Mean and spread of the neighbourhood taken out; `floor` is the least spread, in the plane's unit.
    #[must_use]
    pub fn locally_normalised(&self, sigma: f64, floor: f64) -> Self {
        let mean = self.smoothed_widely(sigma);
        let centred: Vec<f32> = self
            .data
            .iter()
            .zip(&mean.data)
            .map(|(v, m)| v - m)
            .collect();
        let squares = Self::of(self.size, centred.iter().map(|v| v * v).collect());
        let variance = squares.smoothed_widely(sigma);
        let floor = (floor * floor) as f32;
        let data = centred
            .iter()
            .zip(&variance.data)
            .map(|(c, v)| c / (v.max(0.0) + floor).sqrt())
            .collect();
        Self::of(self.size, data)
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
        let smooth = Plane::new([256, 256], data).unwrap().smoothed_widely(20.0);
        let (mut s, mut sx, mut sxx) = (0.0, 0.0, 0.0);
        for y in 0..256 {
            for x in 0..256 {
                let v = f64::from(smooth.at(x, y));
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
