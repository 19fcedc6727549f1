use super::image::{LEVELS, PlanarImage, TWICE};
use super::options::PlanarOptions;
use super::region::Region;
use super::samples::Samples;
use super::start::Template;
use crate::Error;

/// One bone of one film, made ready to be found again on other films.
#[derive(Debug, Clone)]
pub struct PlanarBone {
    /// One set of samples per level.
    pub(crate) levels: [Samples; LEVELS],
    /// Of the second look.
    pub(crate) second: Samples,
    /// By rotation.
    pub(crate) templates: Vec<Template>,
    pub(crate) joint: [f64; 2],
    pub(crate) axis: [f64; 2],
    /// Middle of the bone's part next to the joint.
    pub(crate) end: [f64; 2],
}

/// Length (px) of the part of the bone whose middle tells the start where the bone is: the widest part, which every
/// crop shows.
const END_PX: f64 = 40.0;

impl PlanarBone {
    /// Prepares the bone under `mask` of a film; `other` is the other bone of the joint. Masks are of the film's
    /// size, x fastest. `joint` is the centre of the joint space and `axis` the direction along the finger.
    ///
    /// # Errors
    /// A mask of another size, a bone of fewer than 200 usable pixels, a joint or an axis that is not finite.
    pub fn new(
        film: &PlanarImage,
        mask: &[bool],
        other: Option<&[bool]>,
        joint: [f64; 2],
        axis: [f64; 2],
        options: &PlanarOptions,
    ) -> Result<Self, Error> {
        options.check()?;
        let axis = unit(axis).ok_or(Error::Axis)?;
        if !joint.iter().all(|v| v.is_finite()) {
            return Err(Error::Axis);
        }
        let region = Region::new(film.size(), mask, other, options)?;
        let along = |p: [f64; 2]| (p[0] - joint[0]) * axis[0] + (p[1] - joint[1]) * axis[1];
        let weight = |p: [f64; 2]| 1.0 / (1.0 + (along(p) / options.near_px).powi(2));
        let levels: [Samples; LEVELS] = std::array::from_fn(|k| {
            Samples::new(&film.levels[k], &region, options.strides[k], weight)
        });
        let second = Samples::new(&film.second, &region, options.strides[TWICE], weight);
        if let Some(few) = levels.iter().find(|s| s.count < LEAST_SAMPLES) {
            return Err(Error::FewPixels {
                pixels: few.count * few.area as usize,
                least: LEAST_SAMPLES * few.area as usize,
            });
        }
        let end = end(&levels[0], along);
        let templates = Template::all(film, &region, &levels[0], options);
        Ok(Self {
            levels,
            second,
            templates,
            joint,
            axis,
            end,
        })
    }

    /// Centre of the joint space.
    #[must_use]
    pub fn joint(&self) -> [f64; 2] {
        self.joint
    }

    /// Unit vector along the finger.
    #[must_use]
    pub fn axis(&self) -> [f64; 2] {
        self.axis
    }
}

/// Fewest samples at every level.
pub(crate) const LEAST_SAMPLES: usize = 60;

fn end(samples: &Samples, along: impl Fn([f64; 2]) -> f64) -> [f64; 2] {
    let places: Vec<([f64; 2], f64)> = (0..samples.count)
        .map(|i| {
            let p = [samples.x[i], samples.y[i]].map(f64::from);
            let p = super::samples::on_film(samples.step, p);
            (p, along(p))
        })
        .collect();
    // Which way the bone lies from the joint.
    let way = places.iter().map(|p| p.1).sum::<f64>().signum();
    let nearest = places
        .iter()
        .map(|p| way * p.1)
        .fold(f64::INFINITY, f64::min);
    let (mut n, mut sum) = (0.0, [0.0; 2]);
    for (p, a) in &places {
        if way * a < nearest + END_PX {
            n += 1.0;
            sum = [sum[0] + p[0], sum[1] + p[1]];
        }
    }
    sum.map(|s| s / f64::max(n, 1.0))
}

fn unit(v: [f64; 2]) -> Option<[f64; 2]> {
    let length = v[0].hypot(v[1]);
    (length.is_finite() && length > 1e-9).then(|| v.map(|c| c / length))
}
