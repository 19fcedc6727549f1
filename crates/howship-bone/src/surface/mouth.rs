use super::SurfacePatch;
use crate::levels::quantile;
use crate::local::LocalImage;
use howship_image::{PointMm, VectorMm};

/// Where one visit's cortex is missing under the envelope; empty where the visit does not show the place.
#[derive(Debug, Clone, Default)]
pub(super) struct Mouth {
    /// How much cortex is missing at each pixel, 0 to 1.
    missing: Vec<f64>,
    /// Pixels of the mouth.
    pixels: Vec<bool>,
    /// Brightness of the cortex around, 0 soft tissue, 1 bone.
    plate: f64,
    /// Median slope of the plate's brightness across the mouth's rim, of its contrast per mm.
    rim: f64,
}

impl Mouth {
    pub(super) fn is_open(&self) -> bool {
        self.pixels.contains(&true)
    }

    pub(super) fn covers(&self, pixel: usize) -> bool {
        self.pixels.get(pixel).copied().unwrap_or(false)
    }
}

impl SurfacePatch {
    /// The mouths of all visits, grown by as far as blur rounds a rim off.
    pub(super) fn grow_mouths(&mut self) {
        let side = self.side() as i64;
        let rounded = self.tuning.rounded_rim_blurs * self.blur_mm;
        let radius = self.tuning.rounded_rim_mm.max(rounded) / self.pixel_mm;
        let reach = radius.floor() as i64;
        let mut beside = vec![false; (side * side) as usize];
        for mouth in self.mouths.iter().map(|m| &m.pixels) {
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

    pub(super) fn pixel(&self, u: f64, v: f64) -> Option<usize> {
        let at = |x: f64| {
            let i = (x / self.pixel_mm).round() + self.half as f64;
            (i >= 0.0 && i < self.side() as f64).then_some(i as usize)
        };
        Some(at(u)? + self.side() * at(v)?)
    }

    /// Furthest mouth pixel from the middle over all visits, mm.
    pub(super) fn mouth_radius(&self) -> f64 {
        self.mouths
            .iter()
            .flat_map(|m| m.pixels.iter().enumerate().filter(|(_, inside)| **inside))
            .map(|(pixel, _)| {
                let (u, v) = self.position(pixel);
                u.hypot(v)
            })
            .fold(0.0, f64::max)
    }

    /// Shorter semi-axis of the ellipse that has the second moments of all visits' mouths together, mm; 0 where there is none.
    pub(super) fn mouth_half_width(&self) -> f64 {
        let covered = |pixel: &usize| self.mouths.iter().any(|m| m.covers(*pixel));
        let pixels = (0..self.side() * self.side()).filter(covered);
        let places: Vec<[f64; 2]> = pixels.map(|p| self.position(p).into()).collect();
        if places.is_empty() {
            return 0.0;
        }
        let mean = |value: &dyn Fn(&[f64; 2]) -> f64| {
            places.iter().map(value).sum::<f64>() / places.len() as f64
        };
        let (u, v) = (mean(&|p| p[0]), mean(&|p| p[1]));
        let uu = mean(&|p| (p[0] - u).powi(2));
        let vv = mean(&|p| (p[1] - v).powi(2));
        let uv = mean(&|p| (p[0] - u) * (p[1] - v));
        let least = 0.5 * (uu + vv) - (0.25 * (uu - vv).powi(2) + uv * uv).sqrt();
        // A disc of radius r has r²/4 along each axis.
        2.0 * least.max(0.0).sqrt()
    }

    /// Where cortex is missing, and which of that belongs to the mouth, at each visit.
    pub(super) fn find_mouths(&mut self, images: &[Option<&LocalImage>]) {
        for (visit, image) in images.iter().enumerate() {
            if let Some(mouth) = image.and_then(|image| self.find_mouth(image)) {
                self.mouths[visit] = mouth;
            }
        }
    }

    fn find_mouth(&self, image: &LocalImage) -> Option<Mouth> {
        let (tuning, levels) = (&self.tuning, &self.levels);
        let plate = self.plate(image);
        let mut ring: Vec<f64> = plate.iter().flatten().copied().collect();
        if ring.is_empty() {
            return None;
        }
        ring.sort_by(f64::total_cmp);
        let cortex = ring[quantile(ring.len(), tuning.cortex_quantile)];
        let contrast = (cortex - levels.soft).max(1.0);
        let half_way = levels.soft + 0.5 * contrast;
        let broken = levels.soft + tuning.broken * contrast;
        // Coverage is told at the half-way level, where blur does not move an edge.
        let cover =
            |b: f64| (0.5 + (half_way - b) / (tuning.coverage_width * contrast)).clamp(0.0, 1.0);
        let open: Vec<bool> = plate
            .iter()
            .map(|b| b.is_some_and(|b| b < broken))
            .collect();
        let pixels = self.component(&open);
        Some(Mouth {
            rim: self.rim_slope(&plate, &pixels) / contrast,
            missing: plate.iter().map(|b| b.map_or(0.0, cover)).collect(),
            pixels,
            plate: contrast / (2.0 * (levels.edge - levels.soft)).max(1.0),
        })
    }

    /// Median slope of a map of the plate along the rim of a mouth, per mm; 0 without a rim.
    fn rim_slope(&self, plate: &[Option<f64>], mouth: &[bool]) -> f64 {
        let side = self.side() as i64;
        let at = |x: i64, y: i64| {
            let inside = (0..side).contains(&x) && (0..side).contains(&y);
            inside.then_some((x + side * y) as usize)
        };
        let mut slopes = Vec::new();
        for p in (0..mouth.len()).filter(|&p| mouth[p]) {
            let (x, y) = (p as i64 % side, p as i64 / side);
            let around = [at(x - 1, y), at(x + 1, y), at(x, y - 1), at(x, y + 1)];
            let [Some(a), Some(b), Some(c), Some(d)] = around else {
                continue;
            };
            if [a, b, c, d].iter().all(|&q| mouth[q]) {
                continue;
            }
            if let (Some(a), Some(b), Some(c), Some(d)) = (plate[a], plate[b], plate[c], plate[d]) {
                slopes.push((b - a).hypot(d - c) / (2.0 * self.pixel_mm));
            }
        }
        if slopes.is_empty() {
            return 0.0;
        }
        slopes.sort_by(f64::total_cmp);
        slopes[quantile(slopes.len(), 0.5)]
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
                let values: Vec<f64> = (0..self.tuning.plate_samples)
                    .filter_map(|k| {
                        let under =
                            self.tuning.plate_over_mm - self.tuning.plate_step_mm * k as f64;
                        image.coarse(self.world(u, v, h + under))
                    })
                    .collect();
                (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
            })
            .collect();
        self.blur(&columns, self.tuning.plate_blur_mm)
    }

    /// Brightness of what lies behind a point of a wall as a share of the cortex around a visit's mouth, 0 soft tissue, 1
    /// cortex: the same mean as of a column under the envelope. `None` where the image ends or no cortex is seen.
    pub(crate) fn plate_behind(
        &self,
        visit: usize,
        image: &LocalImage,
        at: PointMm,
        inwards: VectorMm,
    ) -> Option<f64> {
        let (tuning, levels) = (&self.tuning, &self.levels);
        let cortex = self.mouths[visit].plate * 2.0 * (levels.edge - levels.soft);
        if cortex <= 0.0 {
            return None;
        }
        let mut sum = 0.0;
        for k in 0..tuning.plate_samples {
            let behind = tuning.plate_step_mm * k as f64 - tuning.plate_over_mm;
            sum += image.coarse(at + inwards * behind)?;
        }
        Some((sum / tuning.plate_samples.max(1) as f64 - levels.soft) / cortex)
    }

    /// Gaussian over the patch's pixels that hold a value.
    fn blur(&self, values: &[Option<f64>], sd_mm: f64) -> Vec<Option<f64>> {
        let side = self.side() as i64;
        let reach = (self.tuning.blur_reach * sd_mm / self.pixel_mm).ceil() as i64;
        let weight = |k: i64| (-0.5 * (k as f64 * self.pixel_mm / sd_mm).powi(2)).exp();
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
        if distance > self.tuning.seed_mm {
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
            .is_some_and(|p| self.mouths[visit].pixels.get(p).copied().unwrap_or(false))
    }

    /// Area of a visit's mouth on the envelope, mm², counting rim pixels by how much is missing.
    pub(crate) fn mouth_area(&self, visit: usize) -> f64 {
        let side = self.side();
        let mouth = &self.mouths[visit].pixels;
        if mouth.is_empty() {
            return 0.0;
        }
        // The rim between the broken level and half-way: a fifth of a millimetre at most.
        let reach = (self.tuning.rim_mm / self.pixel_mm).round() as i64;
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
            .map(|p| self.mouths[visit].missing[p] * self.pixel_area(p))
            .sum()
    }

    /// Whether a cortical plate surrounds the mouth at a visit: without one there is nothing that could be broken.
    pub(crate) fn has_plate(&self, visit: usize) -> bool {
        self.mouths[visit].plate >= self.tuning.plate
    }

    /// Brightness of the cortex around a visit's mouth: 0 as soft tissue, 1 as thick bone.
    pub(crate) fn cortex_around(&self, visit: usize) -> f64 {
        self.mouths[visit].plate
    }

    /// How sharply the cortex ends at a visit's mouth: median slope of its brightness across the rim, of its own
    /// brightness per mm.
    pub(crate) fn rim_sharpness(&self, visit: usize) -> f64 {
        self.mouths[visit].rim
    }

    /// How far the half-way level of the cortex lies outside a visit's mouth pixels, mm: those are told at the broken
    /// level, which blur moves inwards. As the mouth's area does, measured on the circle of equal area.
    pub(crate) fn rim_offset(&self, visit: usize) -> f64 {
        let mask: f64 = (0..self.mouths[visit].pixels.len())
            .filter(|&p| self.mouths[visit].pixels[p])
            .map(|p| self.pixel_area(p))
            .sum();
        let radius = |area: f64| (area / std::f64::consts::PI).sqrt();
        (radius(self.mouth_area(visit)) - radius(mask)).clamp(0.0, self.tuning.rim_mm)
    }

    /// Area of the envelope over one pixel, mm².
    fn pixel_area(&self, pixel: usize) -> f64 {
        let (u, v) = self.position(pixel);
        let (du, dv) = self.slope(u, v);
        self.pixel_mm * self.pixel_mm * (1.0 + du * du + dv * dv).sqrt()
    }

    /// Positions of a visit's mouth pixels on the envelope.
    pub(crate) fn mouth_points(&self, visit: usize) -> Vec<PointMm> {
        (0..self.mouths[visit].pixels.len())
            .filter(|&p| self.mouths[visit].pixels[p])
            .map(|p| {
                let (u, v) = self.position(p);
                self.world(u, v, self.height(u, v))
            })
            .collect()
    }

    /// Share of visit `before`'s mouth in which `after` has cortex again, 0 to 1; `None` without a mouth.
    pub(crate) fn closed_share(&self, before: usize, after: usize) -> Option<f64> {
        let former = &self.mouths[before].pixels;
        let total = former.iter().filter(|m| **m).count();
        if total == 0 || self.mouths[after].missing.is_empty() {
            return None;
        }
        let closed: f64 = former
            .iter()
            .zip(&self.mouths[after].missing)
            .filter(|(m, _)| **m)
            .map(|(_, missing)| 1.0 - missing)
            .sum();
        Some(closed / total as f64)
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
            high - low >= 2.0 * thickness_mm - self.pixel_mm
        })
    }
}
