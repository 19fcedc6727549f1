//! The envelope around one lesion's mouth: the periosteal surface as it was, or would be, without the break.
//!
//! `edges.rs` finds the periosteal edge along the normal and fits the surface; `mouth.rs` finds, at each visit, where
//! cortex is missing under it.

mod edges;
mod mouth;
mod plate;

use crate::local::LocalImage;
use crate::tuning::{EdgeTuning, SurfaceTuning};
use howship_image::{PointMm, VectorMm};
use mouth::Mouth;
use nalgebra::DVector;
use plate::ThinPlate;

/// The tissues that tell bone from what is not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SurfaceLevels {
    /// Value at the outer edge of cortex (half-way between soft tissue and bone).
    pub(crate) edge: f64,
    /// Value of soft tissue.
    pub(crate) soft: f64,
    /// Value of thick cortex.
    pub(crate) cortex: f64,
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
    edge: EdgeTuning,
    /// Distance between height samples, mm.
    pixel_mm: f64,
    half: usize,
    /// Cubic surface.
    coefficients: DVector<f64>,
    /// What is followed where it could be fitted.
    plate: Option<ThinPlate>,
    /// Standard error of the fitted height across the mouth, mm.
    pub(crate) height_se: f64,
    /// The part of it that the cubic surface's fit knows.
    cubic_se: f64,
    /// SD of the images' blur, the scanner's and the smoothing's, mm.
    blur_mm: f64,
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

/// One edge point: position in the plane and height.
struct Edge {
    u: f64,
    v: f64,
    height: f64,
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
        at: (PointMm, VectorMm),
        images: &[Option<&LocalImage>],
        guess: &dyn Guess,
        levels: SurfaceLevels,
        tuning: (&SurfaceTuning, &EdgeTuning),
    ) -> Option<Self> {
        let mut patch = Self::fit_at(at, images, guess, levels, tuning)?;
        // Seen from the mouth's own middle and normal, an edge's two faces slope alike.
        if let Some(own) = patch.own_frame()
            && let Some(second) = Self::fit_at(own, images, guess, levels, tuning)
            && second.is_open()
        {
            patch = second;
        }
        for _ in 0..tuning.0.wide_rounds {
            let Some(wider) = patch.wider() else {
                break;
            };
            let at = (patch.origin, patch.axes[2]);
            let at = patch.own_frame().unwrap_or(at);
            match Self::fit_at(at, images, guess, levels, (&wider, tuning.1)) {
                Some(next) if next.is_open() => patch = next,
                _ => break,
            }
        }
        Some(patch)
    }

    /// Standard error of the height across the mouth, mm: the fit's own, and what its surroundings do not tell of the middle
    /// of a wide one.
    pub(crate) fn across_se(&self) -> f64 {
        let wide = self.mouth_half_width() - self.tuning.wide_from_mm;
        self.height_se.hypot(self.tuning.wide_sd * wide.max(0.0))
    }

    fn is_open(&self) -> bool {
        self.mouths.iter().any(|m| m.is_open())
    }

    /// Numbers of a larger patch where a mouth leaves little cortex around it; `None` where it leaves enough.
    ///
    /// The surface across a mouth is held by what surrounds it. Of a mouth of 5 mm a patch of 6 mm shows a narrow ring of
    /// rims, and what spans it sags: 45 mm³ were 33. A mouth that is long is held from its sides: along a groove a wider
    /// patch would take in more of the groove.
    fn wider(&self) -> Option<SurfaceTuning> {
        let tuning = &self.tuning;
        let wanted = self.mouth_half_width() + tuning.reach_mm;
        let radius_mm = wanted.min(tuning.most_radius_mm);
        (radius_mm > tuning.radius_mm + self.pixel_mm).then_some(SurfaceTuning {
            radius_mm,
            ..*tuning
        })
    }

    fn fit_at(
        (origin, normal): (PointMm, VectorMm),
        images: &[Option<&LocalImage>],
        guess: &dyn Guess,
        levels: SurfaceLevels,
        (tuning, edge): (&SurfaceTuning, &EdgeTuning),
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
            edge: *edge,
            pixel_mm,
            half: (tuning.radius_mm / pixel_mm).round() as usize,
            coefficients: DVector::zeros(TERMS),
            plate: None,
            height_se: 0.0,
            cubic_se: 0.0,
            blur_mm: 0.0,
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
        for _ in 0..tuning.sheet_rounds {
            patch.fit_plate(&edges);
            patch.find_mouths(images);
            patch.grow_mouths();
        }
        if patch.plate.is_none() {
            patch.find_mouths(images);
        }
        Some(patch)
    }

    /// Middle and normal of the mouths of all visits; `None` where there is none, or where they are the patch's own.
    fn own_frame(&self) -> Option<(PointMm, VectorMm)> {
        let (mut middle, mut normal, mut count) = (VectorMm::zeros(), VectorMm::zeros(), 0.0);
        for visit in 0..self.mouths.len() {
            for point in self.mouth_points(visit) {
                middle += point.coords;
                normal += self.normal_at(point);
                count += 1.0;
            }
        }
        if count == 0.0 || normal.norm() < 1e-9 {
            return None;
        }
        let [u, v, _] = self.local(PointMm::from(middle / count));
        let normal = normal.normalize();
        let moved = u.hypot(v) > self.tuning.recentre_mm;
        let turned = normal.dot(&self.axes[2]) < self.tuning.recentre_cosine;
        (moved || turned).then(|| (self.world(u, v, self.height(u, v)), normal))
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

    /// SD of the images' blur, the scanner's and the smoothing's, mm.
    pub(crate) fn blur_mm(&self) -> f64 {
        self.blur_mm
    }

    /// SD of the blur through which a mouth is seen: of the image and of the plate's own smoothing, mm.
    pub(crate) fn mouth_blur_mm(&self) -> f64 {
        self.blur_mm.hypot(self.tuning.plate_blur_mm)
    }

    fn world(&self, u: f64, v: f64, w: f64) -> PointMm {
        self.origin + self.axes[0] * u + self.axes[1] * v + self.axes[2] * w
    }

    /// Height of the envelope above the plane.
    pub(crate) fn height(&self, u: f64, v: f64) -> f64 {
        let plate = self.plate.as_ref().and_then(|plate| plate.height(u, v));
        plate.unwrap_or_else(|| self.cubic_height(u, v))
    }

    fn cubic_height(&self, u: f64, v: f64) -> f64 {
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
        let plate = self.plate.as_ref().and_then(|plate| plate.slope(u, v));
        plate.unwrap_or_else(|| self.cubic_slope(u, v))
    }

    fn cubic_slope(&self, u: f64, v: f64) -> (f64, f64) {
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
        self.normal_over(0.0, 0.0)
    }

    /// Outward normal of the envelope over or under a point.
    pub(crate) fn normal_at(&self, point: PointMm) -> VectorMm {
        let [u, v, _] = self.local(point);
        self.normal_over(u, v)
    }

    fn normal_over(&self, u: f64, v: f64) -> VectorMm {
        let (du, dv) = self.slope(u, v);
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
