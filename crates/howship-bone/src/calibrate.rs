//! How far a lesion's volume lies off in this bone's own texture: its shape put into intact bone nearby, and measured.
//!
//! What blur, partial volume and marrow spaces do to a wall depends on the trabeculae around it, on noise, voxels and the
//! lesion's size; no constant and no other joint tells it. The bone itself does: wherever it is intact, a cavity of the
//! lesion's own shape is taken out of the image, blurred as the scanner blurs, and measured like the lesion. What comes
//! out against what went in is the wall's offset and its spread (a parametric bootstrap: Efron, Tibshirani, 1993).

use crate::cavity::VisitCavity;
use crate::detect::{Place, outward};
use crate::lesion::{MeasuredLesion, VisitImage, intact_surface, measure_once};
use crate::local::{LocalImage, cube};
use crate::segmentation::BoneShape;
use crate::surface::SurfacePatch;
use crate::tuning::CalibrationTuning;
use crate::{BoneOptions, Error};
use howship_image::{PointMm, VectorMm, Volume};
use howship_stats::normal_cdf;

/// How far a wall is put too far out, mm, from intact bone around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WallOffset {
    /// Mean over places.
    pub(crate) mean_mm: f64,
    /// SD between places: the error of one measurement.
    pub(crate) sd_mm: f64,
    /// Places that could be used.
    pub(crate) places: usize,
}

/// Measures the offset of a lesion's wall at the visit where it is largest; `None` where too little bone is intact.
pub(crate) fn wall_offset(
    visits: &[Option<VisitImage<'_>>],
    shape: &BoneShape,
    lesion: &MeasuredLesion,
    others: &[PointMm],
    options: &BoneOptions,
) -> Result<Option<WallOffset>, Error> {
    let tuning = &options.tuning.calibration;
    let largest = lesion
        .cavities()
        .max_by(|a, b| a.1.volume.value.total_cmp(&b.1.volume.value));
    let Some((visit, cavity)) = largest else {
        return Ok(None);
    };
    let Some(image) = visits.get(visit).and_then(Option::as_ref) else {
        return Ok(None);
    };
    if cavity.volume.wall_mm2 <= 0.0 {
        return Ok(None);
    }
    let fine_mm = lesion.image(visit).map_or(0.0, LocalImage::fine_mm);
    let stencil = Stencil::new(lesion, cavity, fine_mm, tuning);
    let mut offsets = Vec::new();
    for place in intact_places(shape, &stencil, others, tuning) {
        if offsets.len() >= tuning.enough {
            break;
        }
        if let Some(offset) = stencil.offset_at(&place, image, shape, options)? {
            offsets.push(offset);
        }
    }
    Ok(summary(&mut offsets, tuning))
}

/// Mean and SD without leaks, which lie far from the median; the SD of few places is held to what textures usually show.
fn summary(offsets: &mut [f64], tuning: &CalibrationTuning) -> Option<WallOffset> {
    if offsets.len() < tuning.fewest {
        return None;
    }
    let middle = |values: &mut [f64]| {
        values.sort_by(f64::total_cmp);
        0.5 * (values[(values.len() - 1) / 2] + values[values.len() / 2])
    };
    let median = middle(offsets);
    let mut away: Vec<f64> = offsets.iter().map(|o| (o - median).abs()).collect();
    let scale = (MAD_TO_SD * middle(&mut away)).max(tuning.usual_sd_mm);
    let kept: Vec<f64> = offsets
        .iter()
        .copied()
        .filter(|o| (o - median).abs() < tuning.leak * scale)
        .collect();
    let n = kept.len() as f64;
    let mean = kept.iter().sum::<f64>() / n;
    let squares: f64 = kept.iter().map(|o| (o - mean).powi(2)).sum();
    let usual = tuning.usual_sd_mm.powi(2) * tuning.usual_weight;
    Some(WallOffset {
        mean_mm: mean.clamp(-tuning.most_mm, tuning.most_mm),
        sd_mm: ((squares + usual) / (n - 1.0 + tuning.usual_weight)).sqrt(),
        places: kept.len(),
    })
}

/// SD of a normal distribution over the median of its absolute deviations.
const MAD_TO_SD: f64 = 1.4826;

/// No image is sharper than this, mm.
const LEAST_BLUR_MM: f64 = 0.01;

/// A lesion's shape, to be put elsewhere.
struct Stencil<'a> {
    lesion: &'a MeasuredLesion,
    cavity: &'a VisitCavity,
    /// Middle of the mouth, in the lesion's frame: u, v.
    middle: (f64, f64),
    /// Distance from the centre per direction, going on straight outside the envelope, mm.
    radius: Vec<f64>,
    reach: f64,
    blur_mm: f64,
}

impl<'a> Stencil<'a> {
    fn new(
        lesion: &'a MeasuredLesion,
        cavity: &'a VisitCavity,
        fine_mm: f64,
        tuning: &CalibrationTuning,
    ) -> Self {
        let leaves = |i: usize| cavity.rays.mouth[i] || cavity.wall.radius[i] >= cavity.rays.exit[i];
        let radius: Vec<f64> = (0..cavity.rays.len())
            .map(|i| {
                let r = cavity.volume.boundary[i];
                if leaves(i) { r + tuning.beyond_mm } else { r }
            })
            .collect();
        let [u, v, _] = lesion.surface.local(cavity.centre);
        Self {
            lesion,
            cavity,
            middle: (u, v),
            reach: cavity.reach(),
            radius,
            // The scanner's own, without the smoothing of what is measured.
            blur_mm: (cavity.rays.blur_mm.powi(2) - fine_mm * fine_mm)
                .max(LEAST_BLUR_MM * LEAST_BLUR_MM)
                .sqrt(),
        }
    }

    /// Where the lesion sits on the surface, baseline frame.
    fn foot(&self) -> PointMm {
        let (u, v) = self.middle;
        let surface = &self.lesion.surface;
        self.cavity.centre + surface.axes()[2] * (surface.height(u, v) - surface.local(self.cavity.centre)[2])
    }

    /// Nearly the signed distance to the cavity of a point that lies `depth` under the envelope over (u, v), counted from
    /// the lesion's foot; negative inside.
    fn distance(&self, u: f64, v: f64, depth: f64) -> f64 {
        let surface = &self.lesion.surface;
        let (u, v) = (u + self.middle.0, v + self.middle.1);
        let offset = surface.point(u, v, surface.height(u, v) - depth) - self.cavity.centre;
        let away = offset.norm();
        if away < 1e-9 {
            return -self.radius[0];
        }
        away - VisitCavity::towards(&self.radius, offset / away)
    }

    /// Put at a place and measured: how far the wall is put too far out; `None` where the bone is not intact, the shape
    /// is not found again, or it does not fit.
    fn offset_at(
        &self,
        place: &(PointMm, VectorMm),
        image: &VisitImage<'_>,
        shape: &BoneShape,
        options: &BoneOptions,
    ) -> Result<Option<f64>, Error> {
        let tuning = &options.tuning.calibration;
        let half = options.tuning.lesion.half_mm;
        let Some(region) = cube(image.volume, image.pose.apply(place.0), half + tuning.margin_mm) else {
            return Ok(None);
        };
        let part = image.volume.crop(region)?;
        let here = VisitImage {
            volume: &part,
            ..*image
        };
        let Some(surface) = intact_surface(&here, shape, *place, options)? else {
            return Ok(None);
        };
        let (taken, volume_mm3) = self.take_out(&part, image, &surface, tuning);
        let here = VisitImage {
            volume: &taken,
            ..*image
        };
        let [u, v, w] = self.lesion.surface.local(self.cavity.centre);
        let depth = self.lesion.surface.height(u, v) - w;
        let at = Place {
            centre: surface.point(0.0, 0.0, surface.height(0.0, 0.0) - depth),
            mouth: place.0,
            normal: place.1,
        };
        let found = measure_once(&[Some(here)], shape, &at, options)?;
        let found = found.as_ref().and_then(|l| l.cavity(0));
        Ok(found.map(|c| (c.volume.value - volume_mm3) / self.cavity.volume.wall_mm2))
    }

    /// The image with the shape taken out of it, and the volume that was taken out under the envelope.
    fn take_out(
        &self,
        part: &Volume<f32>,
        image: &VisitImage<'_>,
        surface: &SurfacePatch,
        tuning: &CalibrationTuning,
    ) -> (Volume<f32>, f64) {
        let mut taken = part.clone();
        let geometry = part.geometry().clone();
        let back = image.pose.inverse();
        let fill = image.levels.soft;
        let voxel = geometry.voxel_mm3();
        let wide = self.reach + tuning.beyond_mm + 3.0 * self.blur_mm;
        let middle = surface.point(0.0, 0.0, surface.height(0.0, 0.0));
        let mut volume = 0.0;
        for (o, value) in taken.data_mut().iter_mut().enumerate() {
            let at = back.apply(geometry.world(geometry.voxel(o).map(|i| i as f64)));
            if (at - middle).norm() > wide + self.reach {
                continue;
            }
            let [u, v, w] = surface.local(at);
            let depth = surface.height(u, v) - w;
            if depth < -tuning.beyond_mm {
                continue;
            }
            let d = self.distance(u, v, depth);
            let share = normal_cdf(-d / self.blur_mm);
            *value = (f64::from(*value) + (fill - f64::from(*value)) * share) as f32;
            if depth > -voxel.cbrt() {
                // Partial volumes of both surfaces, each as a ramp one voxel wide.
                let ramp = |d: f64| (0.5 - d / voxel.cbrt()).clamp(0.0, 1.0);
                volume += voxel * ramp(d.max(-depth));
            }
        }
        (taken, volume)
    }
}

/// Places on the bone's surface with their normals, nearest to the lesion first, apart from each other and from every
/// lesion.
fn intact_places(
    shape: &BoneShape,
    stencil: &Stencil<'_>,
    others: &[PointMm],
    tuning: &CalibrationTuning,
) -> Vec<(PointMm, VectorMm)> {
    let foot = stencil.foot();
    let geometry = shape.distance.geometry();
    let near = 0.5 * geometry.max_spacing();
    let clear = stencil.reach + tuning.clear_mm;
    let size = geometry.size();
    let inside = |p: PointMm| {
        let index = geometry.index(p);
        (0..3).all(|a| {
            let rim = clear / geometry.spacing()[a];
            index[a] > rim && index[a] < size[a] as f64 - 1.0 - rim
        })
    };
    let mut surface: Vec<(f64, usize)> = Vec::new();
    for (o, &d) in shape.distance.data().iter().enumerate() {
        if f64::from(d.abs()) < near {
            let away = (geometry.world(geometry.voxel(o).map(|i| i as f64)) - foot).norm();
            if away > clear + stencil.reach && away < tuning.furthest_mm {
                surface.push((away, o));
            }
        }
    }
    surface.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut chosen: Vec<(PointMm, VectorMm)> = Vec::new();
    for (_, o) in surface {
        let p = geometry.world(geometry.voxel(o).map(|i| i as f64));
        let free = others.iter().all(|q| (p - q).norm() > clear + tuning.lesion_mm)
            && chosen.iter().all(|(q, _)| (p - q).norm() > tuning.apart_mm);
        if chosen.len() >= tuning.tries || !free || !inside(p) {
            continue;
        }
        if let Some(normal) = outward(shape, p, tuning.normal_mm) {
            chosen.push((p, normal));
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::options;

    #[test]
    fn a_leak_does_not_move_the_offset() {
        let tuning = options().tuning.calibration;
        let mut offsets = [0.01, 0.03, 0.02, 0.0, 0.04, 0.02, 0.9, 0.02];
        let found = summary(&mut offsets, &tuning).unwrap();
        assert_eq!(found.places, 7);
        assert!((found.mean_mm - 0.02).abs() < 1e-12);
        // Squares of the deviations 0.001, and the usual 0.025 mm with the weight of 6 places.
        assert!((found.sd_mm - ((0.001 + 6.0 * 0.000_625) / 12.0f64).sqrt()).abs() < 1e-9);
        assert!(summary(&mut [0.01, 0.02, 0.03], &tuning).is_none());
    }
}
