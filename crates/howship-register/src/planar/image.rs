use super::options::PlanarOptions;
use super::plane::Plane;
use crate::Error;

/// One film made ready for registration: normalised, at three resolutions. Made once per film, used for all its pairs.
#[derive(Debug, Clone)]
pub struct PlanarImage {
    size: [usize; 2],
    /// Coarse to fine.
    pub(crate) levels: [Level; LEVELS],
    /// At half of the resolution, normalised by a smaller neighbourhood: another look at the same bone.
    pub(crate) second: Level,
    /// The grid of the start.
    pub(crate) eighth: Plane,
}

/// A film at one resolution, as coefficients of a quadratic B-spline: what is smoothed anyway needs no spline through its
/// pixels, the spline's own blur is part of the smoothing (Unser, IEEE Signal Process Mag 1999).
#[derive(Debug, Clone)]
pub(crate) struct Level {
    /// Film pixels along a side of one of its own.
    pub step: usize,
    pub coefficients: Plane,
}

/// Resolutions: a quarter, a half, the film's own.
pub(crate) const LEVELS: usize = 3;
/// The level that is looked at twice.
pub(crate) const TWICE: usize = 1;
/// Step of the start's grid.
pub(crate) const COARSE: usize = 8;
/// Variance of the quadratic B-spline in pixels of its grid: the same between pixels as on them.
const SPLINE_VARIANCE: f64 = 0.25;
/// Smoothing (pixels of the quarter) before the start's grid is taken: as coarse as the grid, so that a place between
/// its points is not missed.
const START_SMOOTHING: f64 = 0.9;

impl PlanarImage {
    /// Normalises a film and reduces it.
    ///
    /// # Errors
    /// A film without structure (constant), or options out of range.
    pub fn new(film: &Plane, options: &PlanarOptions) -> Result<Self, Error> {
        options.check()?;
        // The range of what is left at a quarter of the resolution: a few percent less, found sixteen times faster.
        let range = film.reduced(4).robust_range();
        if !(range > 0.0) {
            return Err(Error::Blank);
        }
        let rest = (options.smoothing_px.powi(2) - SPLINE_VARIANCE).sqrt();
        let floor = options.least_spread * range;
        let smooth = film.smoothed(rest);
        let second = smooth
            .reduced(2)
            .locally_normalised(options.second_local_px / 2.0, floor);
        let full = smooth.locally_normalised(options.local_px, floor);
        let half = full.reduced(2);
        let quarter = half.reduced(2);
        let eighth = quarter.smoothed(START_SMOOTHING).reduced(2);
        let level = |step, coefficients| Level { step, coefficients };
        Ok(Self {
            size: film.size(),
            levels: [level(4, quarter), level(2, half), level(1, full)],
            second: level(2, second),
            eighth,
        })
    }

    /// Pixels along x and y.
    #[must_use]
    pub fn size(&self) -> [usize; 2] {
        self.size
    }
}

impl Level {
    /// Value and derivatives along x and y of the spline at one of its pixels that is not on the border.
    pub(crate) fn at(&self, x: usize, y: usize) -> [f32; 3] {
        let row = |y: usize| {
            let [l, m, r] = [x - 1, x, x + 1].map(|x| self.coefficients.at(x, y));
            (0.125 * (l + 6.0 * m + r), 0.5 * (r - l))
        };
        let [(a, ga), (b, gb), (c, gc)] = [y - 1, y, y + 1].map(row);
        [
            0.125 * (a + 6.0 * b + c),
            0.125 * (ga + 6.0 * gb + gc),
            0.5 * (c - a),
        ]
    }
}
