use super::image::Level;
use super::similarity::Similarity;

/// What is compared at one level, column by column. Coordinates are pixels of the level. The columns are filled up to
/// a whole number of [`LANES`] with samples that have no weight.
#[derive(Debug, Clone)]
pub(crate) struct Samples {
    pub step: usize,
    /// Film pixels (area) that one sample stands for.
    pub area: f64,
    /// Samples that count.
    pub count: usize,
    pub x: Vec<f32>,
    pub y: Vec<f32>,
    /// Derivative of the film by shift x, shift y, rotation and scale (the last two at [`ARM`]), one, and its value.
    pub columns: [Vec<f32>; PARAMETERS],
    pub near: Vec<f32>,
    pub centre: [f64; 2],
}

/// Shift x and y, rotation, scale, offset, gain.
pub(crate) const PARAMETERS: usize = 6;
/// Distance (px) at which a unit of the rotation and of the scale parameter moves a point by one pixel: it makes
/// the four parameters alike in size.
pub(crate) const ARM: f64 = 50.0;
/// Samples that are added side by side.
pub(crate) const LANES: usize = 32;
/// Level pixels at the border that the spline's derivatives do not reach.
const BORDER: usize = 2;

/// Where the pixels of a level lie on the film: film pixels of its first pixel's centre.
fn first(step: usize) -> f64 {
    0.5 * step as f64 - 0.5
}

/// Film pixels of a level's pixel.
pub(crate) fn on_film(step: usize, p: [f64; 2]) -> [f64; 2] {
    p.map(|v| v * step as f64 + first(step))
}

/// A motion of the film in pixels of the level.
pub(crate) fn to_level(pose: &Similarity, step: usize) -> Similarity {
    let at = pose.apply([first(step); 2]);
    Similarity {
        shift: at.map(|v| (v - first(step)) / step as f64),
        ..*pose
    }
}

/// A motion in pixels of the level as one of the film.
pub(crate) fn to_film(pose: &Similarity, step: usize) -> Similarity {
    let at = on_film(step, pose.shift);
    let from = pose.turn([first(step); 2]);
    Similarity {
        shift: [at[0] - from[0], at[1] - from[1]],
        ..*pose
    }
}

impl Samples {
    /// Every `stride`-th pixel along x and y of a level whose middle lies in the region.
    pub(crate) fn new(
        level: &Level,
        region: &super::region::Region,
        stride: usize,
        weight: impl Fn([f64; 2]) -> f64,
    ) -> Self {
        let step = level.step;
        let [nx, ny] = level.coefficients.size();
        let bounds = region.bounds;
        let low =
            |a: usize| (bounds[a][0] / step / stride * stride).max(BORDER.next_multiple_of(stride));
        let high = |a: usize, n: usize| (bounds[a][1] / step + 1).min(n.saturating_sub(BORDER));
        let mut all = Self {
            step,
            area: ((step * stride) as f64).powi(2),
            count: 0,
            x: Vec::new(),
            y: Vec::new(),
            columns: Default::default(),
            near: Vec::new(),
            centre: [0.0; 2],
        };
        for y in (low(1)..high(1, ny)).step_by(stride) {
            for x in (low(0)..high(0, nx)).step_by(stride) {
                if region.holds([x * step + step / 2, y * step + step / 2]) {
                    all.x.push(x as f32);
                    all.y.push(y as f32);
                }
            }
        }
        all.count = all.x.len();
        let mean = |v: &[f32]| v.iter().map(|&v| f64::from(v)).sum::<f64>() / v.len().max(1) as f64;
        all.centre = [mean(&all.x), mean(&all.y)];
        let arm = 1.0 / ARM;
        for column in all.columns.iter_mut().chain([&mut all.near]) {
            column.reserve_exact(all.count.next_multiple_of(LANES));
        }
        for i in 0..all.count {
            let (x, y) = (all.x[i], all.y[i]);
            let [value, gx, gy] = level.at(x as usize, y as usize);
            let dx = ((f64::from(x) - all.centre[0]) * arm) as f32;
            let dy = ((f64::from(y) - all.centre[1]) * arm) as f32;
            let row = [gx, gy, gy * dx - gx * dy, gx * dx + gy * dy, 1.0, value];
            for (column, v) in all.columns.iter_mut().zip(row) {
                column.push(v);
            }
            all.near
                .push(weight(on_film(step, [f64::from(x), f64::from(y)])) as f32);
        }
        all.fill_up();
        all
    }

    fn fill_up(&mut self) {
        let whole = self.count.next_multiple_of(LANES);
        for v in [&mut self.x, &mut self.y, &mut self.near]
            .into_iter()
            .chain(&mut self.columns)
        {
            v.resize(whole, 0.0);
        }
    }

    /// Values of the film at the samples.
    pub(crate) fn values(&self) -> &[f32] {
        &self.columns[PARAMETERS - 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_motion_in_a_levels_pixels_is_the_same_motion() {
        let pose = Similarity::about([90.0, 70.0], 0.1, 1.01, [3.0, -2.0]);
        let p = [41.0, 88.0];
        for step in [1, 2, 4] {
            let there = to_level(&pose, step);
            let at = on_film(step, there.apply(p));
            let direct = pose.apply(on_film(step, p));
            assert!((at[0] - direct[0]).abs() < 1e-9 && (at[1] - direct[1]).abs() < 1e-9);
            let back = to_film(&there, step);
            assert!((back.shift[0] - pose.shift[0]).abs() < 1e-9 && back.b == pose.b);
        }
    }
}
