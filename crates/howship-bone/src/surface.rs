//! The envelope around one lesion's mouth: the periosteal surface as it was, or would be, without the break.

use crate::local::LocalImage;
use howship_image::{PointMm, VectorMm};
use nalgebra::{DMatrix, DVector};

/// How the envelope is looked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct SurfaceOptions {
    /// Distance between height samples, mm.
    pub(crate) pixel_mm: f64,
    /// Radius of the patch, mm.
    pub(crate) radius_mm: f64,
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
    options: SurfaceOptions,
    half: usize,
    coefficients: DVector<f64>,
    /// Standard error of the fitted height across the mouth, mm.
    pub(crate) height_se: f64,
    /// Per visit: how much cortex is missing at each pixel, 0 to 1.
    missing: Vec<Vec<f64>>,
    /// Per visit: pixels of the mouth.
    mouth: Vec<Vec<bool>>,
    /// Pixels in or beside any visit's mouth.
    beside: Vec<bool>,
    /// Per visit: brightness of the cortex around the mouth, 0 soft tissue, 1 bone.
    plate: Vec<f64>,
}

/// A guess of the surface's height above the plane at (u, v), to look around.
pub(crate) trait Guess {
    /// Height in mm along the normal; `None` where there is no surface.
    fn height(&self, origin: PointMm, axes: &[VectorMm; 3], u: f64, v: f64) -> Option<f64>;
}

/// Share of intact cortex below which a place is broken: thin porous cortex keeps more than this.
const BROKEN: f64 = 0.35;

/// Brightness of the outer 0.4 mm around a mouth, 0 soft tissue and 1 bone, below which there is no cortical plate.
const PLATE: f64 = 0.4;

/// Blur rounds a mouth's rim off this far, mm: edges there lie below the surface that was.
const ROUNDED_RIM_MM: f64 = 0.25;

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

/// One edge point: position in the plane, height, and weight.
struct Edge {
    u: f64,
    v: f64,
    height: f64,
}

impl SurfacePatch {
    /// Fits the patch to all visits and finds each visit's mouth.
    ///
    /// `None` where too little cortex surrounds the lesion to say where the surface was.
    pub(crate) fn fit(
        origin: PointMm,
        normal: VectorMm,
        images: &[Option<LocalImage>],
        guess: &dyn Guess,
        options: SurfaceOptions,
    ) -> Option<Self> {
        let half = (options.radius_mm / options.pixel_mm).round() as usize;
        let mut patch = Self {
            origin,
            axes: frame(normal),
            options,
            half,
            coefficients: DVector::zeros(TERMS),
            height_se: 0.0,
            missing: vec![Vec::new(); images.len()],
            mouth: vec![Vec::new(); images.len()],
            beside: Vec::new(),
            plate: vec![0.0; images.len()],
        };
        let edges = patch.edges(images, guess);
        patch.fit_edges(&edges, options.radius_mm)?;
        // The first fit knows nothing of the mouth; the second weighs what surrounds it.
        patch.find_mouths(images);
        patch.grow_mouths();
        let reach = (patch.mouth_radius() + 1.2).clamp(1.2, options.radius_mm);
        patch.fit_edges(&edges, reach)?;
        patch.find_mouths(images);
        Some(patch)
    }

    fn side(&self) -> usize {
        2 * self.half + 1
    }

    fn position(&self, pixel: usize) -> (f64, f64) {
        let side = self.side();
        let at = |i: usize| (i as f64 - self.half as f64) * self.options.pixel_mm;
        (at(pixel % side), at(pixel / side))
    }

    fn inside(&self, u: f64, v: f64) -> bool {
        u * u + v * v <= self.options.radius_mm * self.options.radius_mm
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

    /// Periosteal edges of every visit, along the normal from outside.
    fn edges(&self, images: &[Option<LocalImage>], guess: &dyn Guess) -> Vec<Edge> {
        const ABOVE: f64 = 0.4;
        const BELOW: f64 = 0.3;
        let mut edges = Vec::new();
        let side = self.side();
        for pixel in 0..side * side {
            let (u, v) = self.position(pixel);
            if !self.inside(u, v) {
                continue;
            }
            let Some(h0) = guess.height(self.origin, &self.axes, u, v) else {
                continue;
            };
            for image in images.iter().flatten() {
                let step = image.step_mm();
                let value = |w: f64| image.fine(self.world(u, v, w));
                let Some(mut before) = value(h0 + ABOVE) else {
                    continue;
                };
                if before > self.options.edge {
                    // Something else is in the way: a neighbouring bone, an osteophyte.
                    continue;
                }
                let mut w = h0 + ABOVE - step;
                while w > h0 - BELOW {
                    let Some(now) = value(w) else { break };
                    if now > self.options.edge {
                        let share = (self.options.edge - before) / (now - before);
                        edges.push(Edge {
                            u,
                            v,
                            height: w + step * (1.0 - share),
                        });
                        break;
                    }
                    before = now;
                    w -= step;
                }
            }
        }
        edges
    }

    /// Robust weighted least squares; mouth pixels and outliers drop out.
    fn fit_edges(&mut self, edges: &[Edge], reach: f64) -> Option<()> {
        let mouth_radius = self.mouth_radius();
        let usable: Vec<&Edge> = edges
            .iter()
            .filter(|e| e.u.hypot(e.v) <= reach && !self.beside_mouth(e.u, e.v))
            .collect();
        if usable.len() < 60 {
            return None;
        }
        let mut scale = 0.1;
        let mut weights = vec![1.0; usable.len()];
        for round in 0..8 {
            let mut normal = DMatrix::<f64>::zeros(TERMS, TERMS);
            let mut right = DVector::<f64>::zeros(TERMS);
            for (edge, weight) in usable.iter().zip(&weights) {
                let t = DVector::from_row_slice(&terms(edge.u, edge.v));
                normal.syger(*weight, &t, &t, 1.0);
                right.axpy(weight * edge.height, &t, 1.0);
            }
            normal.fill_upper_triangle_with_lower_triangle();
            for k in 0..TERMS {
                // Curvature beyond what bone shows is held back, cubic terms most.
                normal[(k, k)] += if k >= 6 {
                    5.0
                } else if k >= 3 {
                    0.1
                } else {
                    1e-6
                };
            }
            self.coefficients = normal.cholesky()?.solve(&right);
            let mut residuals: Vec<f64> = usable
                .iter()
                .map(|e| (e.height - self.height(e.u, e.v)).abs())
                .collect();
            // Edges sit on the surface or, in breaks, below it: those below count less.
            for (weight, edge) in weights.iter_mut().zip(&usable) {
                let residual = edge.height - self.height(edge.u, edge.v);
                let limit = 4.0 * scale * if residual < 0.0 { 0.75 } else { 1.0 };
                let x = residual / limit;
                let away = (edge.u.hypot(edge.v) - mouth_radius).max(0.0) / 1.0;
                *weight = if x.abs() < 1.0 {
                    (1.0 - x * x).powi(2)
                } else {
                    0.0
                } * (-away * away).exp();
            }
            residuals.sort_by(f64::total_cmp);
            let spread = 1.4826 * residuals[residuals.len() / 2];
            scale = spread.clamp(0.015, if round < 3 { 0.1 } else { 0.06 });
        }
        let kept = weights.iter().filter(|w| **w > 0.0).count();
        if kept < 40 {
            return None;
        }
        // Heights of one surface are alike over half a millimetre: that many are independent.
        let area = kept as f64 * self.options.pixel_mm * self.options.pixel_mm;
        let independent = (area / 0.25).max(2.0);
        self.height_se = scale * (TERMS as f64 / 2.0 / independent).sqrt().max(0.25);
        Some(())
    }

    /// In a mouth of any visit, or so near that the rim's blur rounds the edge off.
    fn beside_mouth(&self, u: f64, v: f64) -> bool {
        let Some(pixel) = self.pixel(u, v) else {
            return false;
        };
        self.beside.get(pixel).copied().unwrap_or(false)
    }

    /// The mouths of all visits, grown by [`ROUNDED_RIM_MM`].
    fn grow_mouths(&mut self) {
        let side = self.side() as i64;
        let radius = ROUNDED_RIM_MM / self.options.pixel_mm;
        let reach = radius.floor() as i64;
        let mut beside = vec![false; (side * side) as usize];
        for mouth in &self.mouth {
            for p in (0..mouth.len() as i64).filter(|&p| mouth[p as usize]) {
                let (x, y) = (p % side, p / side);
                for dy in -reach..=reach {
                    for dx in -reach..=reach {
                        let (i, j) = (x + dx, y + dy);
                        let near = ((dx * dx + dy * dy) as f64) <= radius * radius;
                        if near && i >= 0 && j >= 0 && i < side && j < side {
                            beside[(i + side * j) as usize] = true;
                        }
                    }
                }
            }
        }
        self.beside = beside;
    }

    fn pixel(&self, u: f64, v: f64) -> Option<usize> {
        let at = |x: f64| {
            let i = (x / self.options.pixel_mm).round() + self.half as f64;
            (i >= 0.0 && i < self.side() as f64).then_some(i as usize)
        };
        Some(at(u)? + self.side() * at(v)?)
    }

    /// Furthest mouth pixel from the middle over all visits, mm.
    fn mouth_radius(&self) -> f64 {
        self.mouth
            .iter()
            .flat_map(|m| m.iter().enumerate().filter(|(_, inside)| **inside))
            .map(|(pixel, _)| {
                let (u, v) = self.position(pixel);
                u.hypot(v)
            })
            .fold(0.0, f64::max)
    }

    /// Where cortex is missing, and which of that belongs to the mouth.
    fn find_mouths(&mut self, images: &[Option<LocalImage>]) {
        for (visit, image) in images.iter().enumerate() {
            let Some(image) = image else { continue };
            let plate = self.plate(image);
            let mut ring: Vec<f64> = plate.iter().flatten().copied().collect();
            if ring.is_empty() {
                continue;
            }
            ring.sort_by(f64::total_cmp);
            // Most of a patch is intact cortex: its upper half tells what cortex looks like here.
            let cortex = ring[ring.len() * 7 / 10];
            let contrast = (cortex - self.options.soft).max(1.0);
            self.plate[visit] = contrast / (2.0 * (self.options.edge - self.options.soft)).max(1.0);
            let half_way = self.options.soft + 0.5 * contrast;
            let broken = self.options.soft + BROKEN * contrast;
            // Coverage is told at the half-way level, where blur does not move an edge.
            self.missing[visit] = plate
                .iter()
                .map(|b| {
                    b.map_or(0.0, |b| {
                        (0.5 + (half_way - b) / (0.5 * contrast)).clamp(0.0, 1.0)
                    })
                })
                .collect();
            let open: Vec<bool> = plate
                .iter()
                .map(|b| b.is_some_and(|b| b < broken))
                .collect();
            self.mouth[visit] = self.component(&open);
        }
    }

    /// Mean of each column just under the envelope, blurred over 0.15 mm: bright where there is cortex.
    ///
    /// A mean over 0.4 mm and not the brightest value: thin cortex is porous, and pores are no breaks.
    fn plate(&self, image: &LocalImage) -> Vec<Option<f64>> {
        let side = self.side();
        let columns: Vec<Option<f64>> = (0..side * side)
            .map(|pixel| {
                let (u, v) = self.position(pixel);
                if !self.inside(u, v) {
                    return None;
                }
                let h = self.height(u, v);
                let values: Vec<f64> = (0..=8)
                    .filter_map(|k| image.coarse(self.world(u, v, h + 0.05 - 0.05 * f64::from(k))))
                    .collect();
                (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
            })
            .collect();
        self.blur(&columns, 0.15)
    }

    /// Gaussian over the patch's pixels that hold a value.
    fn blur(&self, values: &[Option<f64>], sd_mm: f64) -> Vec<Option<f64>> {
        let side = self.side() as i64;
        let reach = (2.5 * sd_mm / self.options.pixel_mm).ceil() as i64;
        let weight = |k: i64| (-0.5 * (k as f64 * self.options.pixel_mm / sd_mm).powi(2)).exp();
        (0..side * side)
            .map(|p| {
                values[p as usize]?;
                let (x, y) = (p % side, p / side);
                let (mut sum, mut total) = (0.0, 0.0);
                for dy in -reach..=reach {
                    for dx in -reach..=reach {
                        let (i, j) = (x + dx, y + dy);
                        if i < 0 || j < 0 || i >= side || j >= side {
                            continue;
                        }
                        if let Some(value) = values[(i + side * j) as usize] {
                            let w = weight(dx) * weight(dy);
                            sum += w * value;
                            total += w;
                        }
                    }
                }
                Some(sum / total)
            })
            .collect()
    }

    /// Broken pixels that are connected to the middle of the patch.
    fn component(&self, open: &[bool]) -> Vec<bool> {
        let side = self.side();
        let mut inside = vec![false; open.len()];
        let nearest = (0..open.len())
            .filter(|&p| open[p])
            .map(|p| {
                let (u, v) = self.position(p);
                (u.hypot(v), p)
            })
            .min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let Some((distance, seed)) = nearest else {
            return inside;
        };
        if distance > 0.6 {
            return inside;
        }
        let mut stack = vec![seed];
        inside[seed] = true;
        while let Some(p) = stack.pop() {
            let (x, y) = (p % side, p / side);
            let mut visit = |q: usize| {
                if open[q] && !inside[q] {
                    inside[q] = true;
                    stack.push(q);
                }
            };
            if x > 0 {
                visit(p - 1);
            }
            if x + 1 < side {
                visit(p + 1);
            }
            if y > 0 {
                visit(p - side);
            }
            if y + 1 < side {
                visit(p + side);
            }
        }
        inside
    }

    /// Whether a position on the envelope lies in a visit's mouth.
    pub(crate) fn is_mouth(&self, visit: usize, point: PointMm) -> bool {
        let [u, v, _] = self.local(point);
        self.pixel(u, v)
            .is_some_and(|p| self.mouth[visit].get(p).copied().unwrap_or(false))
    }

    /// Area of a visit's mouth on the envelope, mm², counting rim pixels by how much is missing.
    pub(crate) fn mouth_area(&self, visit: usize) -> f64 {
        let side = self.side();
        let mouth = &self.mouth[visit];
        if mouth.is_empty() {
            return 0.0;
        }
        // The rim between the broken level and half-way: a fifth of a millimetre at most.
        let reach = (0.2 / self.options.pixel_mm).round() as i64;
        let touches = |p: usize| {
            let (x, y) = ((p % side) as i64, (p / side) as i64);
            (-reach..=reach).any(|dy| {
                (-reach..=reach).any(|dx| {
                    let (i, j) = (x + dx, y + dy);
                    let inside = i >= 0 && j >= 0 && i < side as i64 && j < side as i64;
                    inside
                        && dx * dx + dy * dy <= reach * reach
                        && mouth[(i + side as i64 * j) as usize]
                })
            })
        };
        (0..mouth.len())
            .filter(|&p| touches(p))
            .map(|p| self.missing[visit][p] * self.pixel_area(p))
            .sum()
    }

    /// Whether a cortical plate surrounds the mouth at a visit: without one there is nothing that could be broken.
    pub(crate) fn has_plate(&self, visit: usize) -> bool {
        self.plate[visit] >= PLATE
    }

    /// How far the half-way level of the cortex lies outside a visit's mouth pixels, mm: those are told at the broken
    /// level, which blur moves inwards. As the mouth's area does, measured on the circle of equal area.
    pub(crate) fn rim_offset(&self, visit: usize) -> f64 {
        let mask: f64 = (0..self.mouth[visit].len())
            .filter(|&p| self.mouth[visit][p])
            .map(|p| self.pixel_area(p))
            .sum();
        let radius = |area: f64| (area / std::f64::consts::PI).sqrt();
        (radius(self.mouth_area(visit)) - radius(mask)).clamp(0.0, 0.2)
    }

    /// Area of the envelope over one pixel, mm².
    fn pixel_area(&self, pixel: usize) -> f64 {
        let (u, v) = self.position(pixel);
        let (du, dv) = self.slope(u, v);
        self.options.pixel_mm * self.options.pixel_mm * (1.0 + du * du + dv * dv).sqrt()
    }

    /// Positions of a visit's mouth pixels on the envelope.
    pub(crate) fn mouth_points(&self, visit: usize) -> Vec<PointMm> {
        (0..self.mouth[visit].len())
            .filter(|&p| self.mouth[visit][p])
            .map(|p| {
                let (u, v) = self.position(p);
                self.world(u, v, self.height(u, v))
            })
            .collect()
    }

    /// Share of visit `before`'s mouth in which `after` has cortex again, 0 to 1; `None` without a mouth.
    pub(crate) fn closed_share(&self, before: usize, after: usize) -> Option<f64> {
        let former = &self.mouth[before];
        let total = former.iter().filter(|m| **m).count();
        if total == 0 || self.missing[after].is_empty() {
            return None;
        }
        let closed: f64 = former
            .iter()
            .zip(&self.missing[after])
            .filter(|(m, _)| **m)
            .map(|(_, missing)| 1.0 - missing)
            .sum();
        Some(closed / total as f64)
    }

    /// Distance between height samples, mm.
    pub(crate) fn pixel_mm(&self) -> f64 {
        self.options.pixel_mm
    }

    /// Whether a visit's mouth spans at least two voxels of `thickness_mm` in axial slices and across them.
    pub(crate) fn spans_two_planes(&self, visit: usize, thickness_mm: f64) -> bool {
        let points = self.mouth_points(visit);
        let across = self.normal().cross(&VectorMm::z());
        let across = if across.norm() > 0.2 {
            across.normalize()
        } else {
            VectorMm::x()
        };
        let up = self.normal().cross(&across);
        [across, up].iter().all(|axis| {
            let extent = points.iter().map(|p| p.coords.dot(axis));
            let low = extent.clone().fold(f64::INFINITY, f64::min);
            let high = extent.fold(f64::NEG_INFINITY, f64::max);
            high - low >= 2.0 * thickness_mm - self.options.pixel_mm
        })
    }
}
