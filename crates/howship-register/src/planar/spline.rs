use super::plane::Plane;

/// Interpolating cubic B-spline of a plane (Unser, Aldroubi, Eden, IEEE Trans Signal Process 1993), mirrored about
/// its border pixels.
#[derive(Debug, Clone)]
pub struct PlaneSpline {
    size: [usize; 2],
    coefficients: Vec<f32>,
}

const POLE: f32 = -0.267_949_2;
/// Beyond so many pixels the pole's power is below single precision.
const HORIZON: usize = 14;

impl PlaneSpline {
    /// Coefficients of a plane.
    #[must_use]
    pub fn new(plane: &Plane) -> Self {
        let size = plane.size();
        let mut data = plane.data().to_vec();
        for row in data.chunks_mut(size[0]) {
            along(row);
        }
        down(&mut data, size);
        Self {
            size,
            coefficients: data,
        }
    }

    /// Value at a place at least a pixel from the left and upper and two from the right and lower border, else
    /// `None`.
    #[inline]
    #[must_use]
    pub fn sample(&self, x: f64, y: f64) -> Option<f32> {
        // Written so that NaN fails.
        let inside = x >= 1.0
            && y >= 1.0
            && x <= self.size[0] as f64 - 3.0
            && y <= self.size[1] as f64 - 3.0;
        if !inside {
            return None;
        }
        let (ix, iy) = (x as usize, y as usize);
        let wx = weights((x - ix as f64) as f32);
        let wy = weights((y - iy as f64) as f32);
        let start = (ix - 1) + self.size[0] * (iy - 1);
        let mut sums = [0f32; 4];
        for k in 0..4 {
            let at = start + k * self.size[0];
            let row: &[f32] = &self.coefficients[at..at + 4];
            for j in 0..4 {
                sums[j] += wy[k] * row[j];
            }
        }
        Some(wx[0] * sums[0] + wx[1] * sums[1] + wx[2] * sums[2] + wx[3] * sums[3])
    }
}

#[inline]
fn weights(t: f32) -> [f32; 4] {
    let u = 1.0 - t;
    let (t2, u2) = (t * t, u * u);
    let a = u2 * u / 6.0;
    let d = t2 * t / 6.0;
    let b = 2.0 / 3.0 - t2 * (1.0 - 0.5 * t);
    [a, b, 1.0 - a - b - d, d]
}

fn along(row: &mut [f32]) {
    let n = row.len();
    let mut first = row[0];
    let mut power = POLE;
    for v in &row[1..n.min(HORIZON)] {
        first += power * v;
        power *= POLE;
    }
    row[0] = first;
    for i in 1..n {
        row[i] += POLE * row[i - 1];
    }
    row[n - 1] = POLE / (POLE * POLE - 1.0) * (row[n - 1] + POLE * row[n - 2]);
    for i in (0..n - 1).rev() {
        row[i] = POLE * (row[i + 1] - row[i]);
    }
    for v in row {
        *v *= 6.0;
    }
}

/// The same down all columns at once, row by row.
fn down(data: &mut [f32], [nx, ny]: [usize; 2]) {
    let mut first = data[..nx].to_vec();
    let mut power = POLE;
    for y in 1..ny.min(HORIZON) {
        for (f, v) in first.iter_mut().zip(&data[y * nx..]) {
            *f += power * v;
        }
        power *= POLE;
    }
    data[..nx].copy_from_slice(&first);
    for y in 1..ny {
        let (above, here) = data.split_at_mut(y * nx);
        for (v, a) in here[..nx].iter_mut().zip(&above[(y - 1) * nx..]) {
            *v += POLE * a;
        }
    }
    let (above, last) = data.split_at_mut((ny - 1) * nx);
    for (v, a) in last.iter_mut().zip(&above[(ny - 2) * nx..]) {
        *v = POLE / (POLE * POLE - 1.0) * (*v + POLE * a);
    }
    for y in (0..ny - 1).rev() {
        let (here, below) = data.split_at_mut((y + 1) * nx);
        for (v, b) in here[y * nx..].iter_mut().zip(&below[..nx]) {
            *v = POLE * (b - *v);
        }
    }
    for v in data {
        *v *= 6.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_through_the_pixels_and_follows_a_smooth_function() {
        let f = |x: f64, y: f64| (0.21 * x).sin() * (0.17 * y + 0.4).cos();
        let data = (0..40 * 32)
            .map(|i| f((i % 40) as f64, (i / 40) as f64) as f32)
            .collect();
        let spline = PlaneSpline::new(&Plane::new([40, 32], data).unwrap());
        for (x, y) in [(7.0, 9.0), (20.0, 3.0), (12.3, 15.7), (30.5, 20.25)] {
            let v = f64::from(spline.sample(x, y).unwrap());
            assert!((v - f(x, y)).abs() < 2e-4, "{x} {y} {v} {}", f(x, y));
        }
        assert!(spline.sample(0.5, 9.0).is_none() && spline.sample(f64::NAN, 9.0).is_none());
    }
}
