//! The envelope around one lesion's mouth: the periosteal surface as it was, or would be, without the break.
//!
//! `edges.rs` finds the periosteal edge along the normal and fits the surface; `mouth.rs` finds, at each visit, where
//! cortex is missing under it.

mod edges;
mod mouth;

use crate::local::LocalImage;
use crate::tuning::SurfaceTuning;
use howship_image::{PointMm, VectorMm};
use mouth::Mouth;
use nalgebra::DVector;

/// The tissues that tell bone from what is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SurfaceLevels {
    /// Value at the outer edge of cortex (half-way between soft tissue and bone).
    pub(crate) edge: f64,
    /// Value of soft tissue.
    pub(crate) soft: f64,
}

/// A height field over a plane that touches the bone: `h(u, v)` along the outward normal.
///
/// # Method
/// From outside, each visit's periosteal edge is found along the normal to a fraction of a voxel. Where cortex is
/// present, at whichever visit, the edges are fitted by a cubic surface (robust, weighted to the mouth's
/// surroundings); across the mouth the surface is the fit. A closing by a ball would sag by `w²/8R` there.
pub(crate) struct SurfacePatch {
    origin: PointMm,
    axes: [VectorMm; 3],
    levels: SurfaceLevels,
    tuning: SurfaceTuning,
    /// Distance between height samples, mm.
    pixel_mm: f64,
    half: usize,
    coefficients: DVector<f64>,
    /// Standard error of the fitted height across the mouth, mm.
    pub(crate) height_se: f64,
    /// Per visit.
    mouths: Vec<Mouth>,
    /// Pixels in or beside any visit's mouth.
    beside: Vec<bool>,
}

/// A guess of the surface's height above the plane at (u, v), to look around.
pub(crate) trait Guess {
    /// Height in mm along the normal; `None` where there is no surface.
    fn height(&self, origin: PointMm, axes: &[VectorMm; 3], u: f64, v: f64) -> Option<f64>;
}

/// Coefficients of a cubic surface.
const TERMS: usize = 10;

fn terms(u: f64, v: f64) -> [f64; TERMS] {
    [
        1.0,
        u,
        v,
        u * u,
        u * v,
        v * v,
        u * u * u,
        u * u * v,
        u * v * v,
        v * v * v,
    ]
}

/// Two tangents for a normal: the first as close to the scanner's x axis as it can be.
pub(crate) fn frame(normal: VectorMm) -> [VectorMm; 3] {
    let n = normal.normalize();
    let helper = if n.x.abs() < 0.9 {
        VectorMm::x()
    } else {
        VectorMm::y()
    };
    let e1 = (helper - n * helper.dot(&n)).normalize();
    [e1, n.cross(&e1), n]
}

impl SurfacePatch {
    /// Fits the patch to all visits and finds each visit's mouth.
    ///
    /// `None` where too little cortex surrounds the lesion to say where the surface was.
    pub(crate) fn fit(
        (origin, normal): (PointMm, VectorMm),
        images: &[Option<&LocalImage>],
        guess: &dyn Guess,
        levels: SurfaceLevels,
        tuning: &SurfaceTuning,
    ) -> Option<Self> {
        let pixel_mm = images
            .iter()
            .flatten()
            .map(|image| tuning.pixel_voxels * image.voxel_mm())
            .fold(tuning.pixel_mm, f64::max)
            .min(tuning.most_pixel_mm);
        let mut patch = Self {
            origin,
            axes: frame(normal),
            levels,
            tuning: *tuning,
            pixel_mm,
            half: (tuning.radius_mm / pixel_mm).round() as usize,
            coefficients: DVector::zeros(TERMS),
            height_se: 0.0,
            mouths: images.iter().map(|_| Mouth::default()).collect(),
            beside: Vec::new(),
        };
        let edges = patch.edges(images, guess);
        patch.fit_edges(&edges, tuning.radius_mm)?;
        // The first fit knows nothing of the mouth; the second weighs what surrounds it.
        patch.find_mouths(images);
        patch.grow_mouths();
        let reach =
            (patch.mouth_radius() + tuning.reach_mm).clamp(tuning.reach_mm, tuning.radius_mm);
        patch.fit_edges(&edges, reach)?;
        patch.find_mouths(images);
        Some(patch)
    }

    fn side(&self) -> usize {
        2 * self.half + 1
    }

    fn position(&self, pixel: usize) -> (f64, f64) {
        let side = self.side();
        let at = |i: usize| (i as f64 - self.half as f64) * self.pixel_mm;
        (at(pixel % side), at(pixel / side))
    }

    fn inside(&self, u: f64, v: f64) -> bool {
        u * u + v * v <= self.tuning.radius_mm * self.tuning.radius_mm
    }

    fn world(&self, u: f64, v: f64, w: f64) -> PointMm {
        self.origin + self.axes[0] * u + self.axes[1] * v + self.axes[2] * w
    }

    /// Height of the envelope above the plane.
    pub(crate) fn height(&self, u: f64, v: f64) -> f64 {
        terms(u, v)
            .iter()
            .zip(self.coefficients.iter())
            .map(|(t, c)| t * c)
            .sum()
    }

    /// Position in the patch's frame.
    pub(crate) fn local(&self, point: PointMm) -> [f64; 3] {
        let d = point - self.origin;
        [
            d.dot(&self.axes[0]),
            d.dot(&self.axes[1]),
            d.dot(&self.axes[2]),
        ]
    }

    /// Signed depth under the envelope, mm (positive inside); `None` beyond the patch.
    pub(crate) fn depth(&self, point: PointMm) -> Option<f64> {
        let [u, v, w] = self.local(point);
        self.inside(u, v).then(|| {
            let (du, dv) = self.slope(u, v);
            (self.height(u, v) - w) / (1.0 + du * du + dv * dv).sqrt()
        })
    }

    fn slope(&self, u: f64, v: f64) -> (f64, f64) {
        let c = &self.coefficients;
        let du = c[1]
            + 2.0 * c[3] * u
            + c[4] * v
            + 3.0 * c[6] * u * u
            + 2.0 * c[7] * u * v
            + c[8] * v * v;
        let dv = c[2]
            + c[4] * u
            + 2.0 * c[5] * v
            + c[7] * u * u
            + 2.0 * c[8] * u * v
            + 3.0 * c[9] * v * v;
        (du, dv)
    }

    /// Outward normal of the envelope at the patch's middle.
    pub(crate) fn normal(&self) -> VectorMm {
        let (du, dv) = self.slope(0.0, 0.0);
        (self.axes[2] - self.axes[0] * du - self.axes[1] * dv).normalize()
    }

    /// Tangents and normal of the plane.
    pub(crate) fn axes(&self) -> [VectorMm; 3] {
        self.axes
    }

    /// Distance between height samples, mm.
    pub(crate) fn pixel_mm(&self) -> f64 {
        self.pixel_mm
    }

    /// Where a ray from inside leaves through the envelope, as distance; `None` where it does not.
    pub(crate) fn exit(&self, centre: PointMm, direction: VectorMm, reach: f64) -> Option<f64> {
        const STEP: f64 = 0.1;
        let above = |t: f64| {
            let [u, v, w] = self.local(centre + direction * t);
            self.inside(u, v).then(|| w - self.height(u, v))
        };
        if above(0.0)? >= 0.0 {
            return Some(0.0);
        }
        let mut t = 0.0;
        while t < reach {
            if above(t + STEP)? >= 0.0 {
                let (mut low, mut high) = (t, t + STEP);
                for _ in 0..12 {
                    let middle = 0.5 * (low + high);
                    if above(middle)? >= 0.0 {
                        high = middle
                    } else {
                        low = middle
                    }
                }
                return Some(0.5 * (low + high));
            }
            t += STEP;
        }
        None
    }
}

#[cfg(test)]
mod tests;
