//! A change of volume seen in the images themselves: mineral gained or lost where the wall could have moved.

use crate::cavity::VisitCavity;
use crate::lesion::LesionAtVisit;
use crate::levels::NoiseLevel;
use crate::surface::SurfacePatch;
use crate::tuning::DensityTuning;
use howship_image::{PointMm, VectorMm};

/// A change of volume and its variance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DensityChange {
    pub(crate) value: f64,
    pub(crate) variance: f64,
}

/// Two visits of a lesion, and what one mm³ of bone weighs there.
pub(crate) struct Pair<'a> {
    pub(crate) surface: &'a SurfacePatch,
    pub(crate) before: &'a LesionAtVisit,
    pub(crate) after: &'a LesionAtVisit,
    /// Bone behind the wall less what fills the cavity.
    pub(crate) bone_density: f64,
    /// Standard error of a density between visits.
    pub(crate) drift: f64,
}

/// Change of volume from the difference of the two images in a band about both walls.
///
/// # Method
/// `−Σ (ρ₂ − ρ₁) dV / (ρ_bone − ρ_cavity)` over the union of both cavities, grown a little, without what lies deep
/// inside both. The images share the anatomy, so that only noise, the density of the bone in question and
/// drift err: an unchanged lesion gives nothing, however badly its wall is known. The wall's own change and this one
/// err for different reasons.
pub(crate) fn density_change(pair: &Pair<'_>, tuning: &DensityTuning) -> Option<DensityChange> {
    let a = pair.before.cavity.as_ref()?;
    let b = pair.after.cavity.as_ref()?;
    let (difference, count) = mineral_in_band(pair, a, b, tuning);
    let bone_density = pair.bone_density;
    if count < tuning.enough || bone_density <= 0.0 {
        return None;
    }
    let voxel = tuning.step_mm.powi(3);
    let value = -difference * voxel / bone_density;
    // Volume over which noise is alike: white noise through a Gaussian of SD s.
    let alike =
        |n: NoiseLevel| n.sd.powi(2) * (2.0 * std::f64::consts::PI.sqrt() * n.scale_mm).powi(3);
    let band = count * voxel;
    let from_noise =
        band * (alike(pair.before.noise) + alike(pair.after.noise)) / bone_density.powi(2);
    let drift = (pair.drift * band / bone_density).powi(2);
    let variance = from_noise + drift + (tuning.bone_sd * value).powi(2) + tuning.floor_mm6;
    Some(DensityChange { value, variance })
}

/// Sum of the images' difference over the points of the band, and their number.
fn mineral_in_band(
    pair: &Pair<'_>,
    a: &VisitCavity,
    b: &VisitCavity,
    tuning: &DensityTuning,
) -> (f64, f64) {
    let wide = a.reach().max(b.reach() + (b.centre - a.centre).norm()) + tuning.margin_mm;
    let half = (wide / tuning.step_mm).ceil() as i64;
    let (mut difference, mut count) = (0.0, 0.0);
    for k in -half..=half {
        for j in -half..=half {
            for i in -half..=half {
                let offset = VectorMm::new(i as f64, j as f64, k as f64) * tuning.step_mm;
                if offset.norm() > wide {
                    continue;
                }
                let at = a.centre + offset;
                if pair.surface.depth(at).is_none_or(|d| d < 0.0) {
                    continue;
                }
                let (outside_a, outside_b) = (beyond(a, at, tuning), beyond(b, at, tuning));
                if outside_a.min(outside_b) > tuning.outside_mm
                    || outside_a.max(outside_b) < -tuning.inside_mm
                {
                    continue;
                }
                if let (Some(x), Some(y)) = (raw(pair.before, at), raw(pair.after, at)) {
                    difference += y - x;
                    count += 1.0;
                }
            }
        }
    }
    (difference, count)
}

fn raw(seen: &LesionAtVisit, at: PointMm) -> Option<f64> {
    seen.image.as_ref()?.raw(at)
}

/// Far from everything, mm.
const FAR_MM: f64 = 9.0;

/// How far a point lies beyond a cavity's boundary, mm; negative inside.
fn beyond(cavity: &VisitCavity, point: PointMm, tuning: &DensityTuning) -> f64 {
    let offset = point - cavity.centre;
    let distance = offset.norm();
    if cavity.volume.value < tuning.empty_mm3 {
        return FAR_MM;
    }
    if distance < 1e-9 {
        return -distance;
    }
    distance - cavity.boundary_towards(offset / distance)
}

/// Two estimates of one change: their weighted mean, its variance widened where they disagree, and how much they do.
pub(crate) fn combine(wall: (f64, f64), density: DensityChange) -> (f64, f64, f64) {
    let (w, d) = (1.0 / wall.1, 1.0 / density.variance);
    let value = (w * wall.0 + d * density.value) / (w + d);
    let disagreement = (wall.0 - density.value).powi(2) / (wall.1 + density.variance);
    // Birge ratio (Phys Rev, 1932): errors that do not explain a difference are too small.
    (value, disagreement.max(1.0) / (w + d), disagreement)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{BONE, Ball, SOFT, measured, options};

    #[test]
    fn agreeing_estimates_sharpen_and_disagreeing_ones_widen() {
        let density = DensityChange {
            value: 1.0,
            variance: 0.04,
        };
        let (value, variance, _) = combine((1.0, 0.04), density);
        assert!((value - 1.0).abs() < 1e-12 && (variance - 0.02).abs() < 1e-12);
        let (value, variance, disagreement) = combine((3.0, 0.04), density);
        assert!((value - 2.0).abs() < 1e-12 && variance > 0.9 && disagreement > 40.0);
    }

    #[test]
    fn a_change_seen_in_densities_does_not_depend_on_where_it_is_sampled() {
        let options = options();
        let at = |r: f64| Ball::solid().with_cavity(VectorMm::new(0.2, 0.3, 1.0), 0.3, r);
        let (large, small) = (at(0.9), at(0.75));
        let lesion = measured(&[&large, &small], &options);
        let pair = Pair {
            surface: &lesion.surface,
            before: lesion.visits[0].as_ref().unwrap(),
            after: lesion.visits[1].as_ref().unwrap(),
            bone_density: BONE - SOFT,
            drift: 0.0,
        };
        let tuning = options.tuning.density;
        let change = |step_mm: f64| {
            let tuning = DensityTuning { step_mm, ..tuning };
            density_change(&pair, &tuning).unwrap().value
        };
        let (given, fine) = (change(tuning.step_mm), change(0.04));
        let truth = small.hole_mm3() - large.hole_mm3();
        // Points a wall's blur apart see every part of it: a hundredth of the change is left to where they lie.
        assert!((given / fine - 1.0).abs() < 0.01, "{given} for {fine}");
        // What changed within the blur of the mouth's rim, outside the envelope, is not counted.
        assert!((fine / truth - 1.0).abs() < 0.08, "{fine} for {truth}");
    }
}
