//! A change of volume seen in the images themselves: mineral gained or lost where the wall could have moved.

use crate::cavity::Sphere;
use crate::lesion::{MeasuredLesion, VisitCavity};
use crate::quantities::boundary_towards;
use howship_image::PointMm;

/// A change of volume and its variance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct DensityChange {
    pub(crate) value: f64,
    pub(crate) variance: f64,
}

/// Noise of a visit, as the change needs it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NoiseLevel {
    pub(crate) sd: f64,
    pub(crate) scale_mm: f64,
}

/// Distance between sampling points, mm.
const STEP_MM: f64 = 0.1;
/// Relative uncertainty of the density of bone that comes or goes: trabeculae are not evenly spread.
const BONE_SD: f64 = 0.3;
/// Relative drift of the density scale between visits.
const DRIFT_SD: f64 = 0.01;

/// Change of volume from the difference of the two images in a band about both walls.
///
/// # Method
/// `−Σ (ρ₂ − ρ₁) dV / (ρ_bone − ρ_cavity)` over the union of both cavities, grown by 0.15 mm, without what lies deeper
/// than 0.25 mm inside both. The images share the anatomy, so that only noise, the density of the bone in question and
/// drift err: an unchanged lesion gives nothing, however badly its wall is known. The wall's own change and this one
/// err for different reasons.
pub(crate) fn density_change(
    sphere: &Sphere,
    lesion: &MeasuredLesion,
    (from, to): (usize, usize),
    noise: (NoiseLevel, NoiseLevel),
    bone_density: f64,
) -> Option<DensityChange> {
    let (a, b) = (
        lesion.cavities[from].as_ref()?,
        lesion.cavities[to].as_ref()?,
    );
    let (before, after) = (lesion.images[from].as_ref()?, lesion.images[to].as_ref()?);
    let reach = |c: &VisitCavity| c.volume.boundary.iter().copied().fold(0.0, f64::max);
    let wide = reach(a).max(reach(b) + (b.centre - a.centre).norm()) + 0.2;
    let half = (wide / STEP_MM).ceil() as i64;
    let margin = |c: &VisitCavity, p: PointMm| {
        let offset = p - c.centre;
        let distance = offset.norm();
        if c.volume.value < 1e-3 || distance < 1e-9 {
            return if c.volume.value < 1e-3 {
                9.0
            } else {
                -distance
            };
        }
        distance - boundary_towards(sphere, c, offset / distance)
    };
    let (mut difference, mut count) = (0.0, 0.0);
    for k in -half..=half {
        for j in -half..=half {
            for i in -half..=half {
                let offset = nalgebra::Vector3::new(i as f64, j as f64, k as f64) * STEP_MM;
                if offset.norm() > wide {
                    continue;
                }
                let at = a.centre + offset;
                if lesion.surface.depth(at).is_none_or(|d| d < 0.0) {
                    continue;
                }
                let (outside_a, outside_b) = (margin(a, at), margin(b, at));
                if outside_a.min(outside_b) > 0.15 || outside_a.max(outside_b) < -0.25 {
                    continue;
                }
                if let (Some(x), Some(y)) = (before.raw(at), after.raw(at)) {
                    difference += y - x;
                    count += 1.0;
                }
            }
        }
    }
    if count < 20.0 || bone_density <= 0.0 {
        return None;
    }
    let voxel = STEP_MM.powi(3);
    let value = -difference * voxel / bone_density;
    // Volume over which noise is alike: white noise through a Gaussian of SD s.
    let alike =
        |n: NoiseLevel| n.sd.powi(2) * (2.0 * std::f64::consts::PI.sqrt() * n.scale_mm).powi(3);
    let band = count * voxel;
    let from_noise = band * (alike(noise.0) + alike(noise.1)) / bone_density.powi(2);
    let drift = (DRIFT_SD * lesion.contrast * band / bone_density).powi(2);
    let variance = from_noise + drift + (BONE_SD * value).powi(2) + 1e-3;
    Some(DensityChange { value, variance })
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
}
