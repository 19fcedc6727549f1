use super::options::PlanarOptions;
use super::plane::Plane;
use super::spline::PlaneSpline;
use crate::Error;

/// One film made ready for registration: normalised at each level. Made once per film, used for all its pairs.
#[derive(Debug, Clone)]
pub struct PlanarImage {
    size: [usize; 2],
    /// Coarse to fine, as the options' smoothing.
    pub(crate) levels: Vec<Level>,
    pub(crate) quarter: Plane,
    pub(crate) eighth: Plane,
    pub(crate) for_start: Plane,
}

/// A film at one smoothing.
#[derive(Debug, Clone)]
pub(crate) struct Level {
    pub image: Plane,
    pub gradient: [Plane; 2],
    pub spline: PlaneSpline,
}

/// Steps of the two coarse grids of the start.
pub(crate) const COARSE: [usize; 2] = [8, 4];

impl PlanarImage {
    /// Normalises a film at every level.
    ///
    /// # Errors
    /// A film without structure (constant), or options out of range.
    pub fn new(film: &Plane, options: &PlanarOptions) -> Result<Self, Error> {
        options.check()?;
        let range = film.robust_range();
        if !(range > 0.0) {
            return Err(Error::Blank);
        }
        let floor = options.least_spread * range;
        let normalised = options
            .smoothing_px
            .map(|s| film.smoothed(s).locally_normalised(options.local_px, floor));
        // As coarse as the grid, so that a place between its points is not missed.
        let coarse = |step: usize| normalised[0].smoothed(step as f64 / 2.0).reduced(step);
        let (eighth, quarter) = (coarse(COARSE[0]), coarse(COARSE[1]));
        let for_start = normalised[0].smoothed(COARSE[1] as f64 / 2.0);
        let levels = normalised
            .into_iter()
            .map(|image| Level {
                gradient: image.gradient(),
                spline: PlaneSpline::new(&image),
                image,
            })
            .collect();
        Ok(Self {
            size: film.size(),
            levels,
            quarter,
            eighth,
            for_start,
        })
    }

    /// Pixels along x and y.
    #[must_use]
    pub fn size(&self) -> [usize; 2] {
        self.size
    }
}
