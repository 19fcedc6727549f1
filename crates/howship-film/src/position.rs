//! Signs that a bone lay otherwise than at baseline. A projection does not tell tilt; these rise with it.

use crate::frame::MIDDLE;
use crate::outline::Outline;
use howship_change::PositionFlags;
use howship_register::planar::PlanarRegistration;
use serde::{Deserialize, Serialize};

/// How the signs become degrees. Slopes are from the phantom (`examples/film_errors.rs`, fitted seeds).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PositionOptions {
    /// Misfit that noise alone makes.
    pub calm_misfit: f64,
    /// Misfit that a degree makes, squared: misfit above the calm one grows with the square of the tilt.
    pub misfit_per_deg2: f64,
    /// Change of the condyles' asymmetry per degree, as a share of the head's width.
    pub asymmetry_per_deg: f64,
    /// Change of width to length per degree.
    pub width_per_deg: f64,
    /// Relative scale between the bones per degree.
    pub scale_per_deg: f64,
    /// In-plane rotation of one bone against the other that is usual (degrees); what is above counts as tilt by
    /// `tilt_per_rotation`: a finger bent in the plane seldom stays in it.
    pub usual_rotation_deg: f64,
    /// Tilt in degrees per degree of in-plane rotation above the usual.
    pub tilt_per_rotation: f64,
    /// Tilt from which a verdict `healing` is not given, nor any on an erosion that nobody pointed at (degrees).
    pub flag_deg: f64,
    /// Misfit from which neither is given, whatever the other signs say: of 813 joints within ±5° of tilt, roll and
    /// flexion 99 % stay below 0.17 (phalanges) and 0.22 (metacarpals), so that bones which look more different lie
    /// farther apart than errors were tried for (a thumb turned by 12° had 0.38).
    pub flag_misfit: f64,
}

impl Default for PositionOptions {
    fn default() -> Self {
        Self {
            calm_misfit: 0.10,
            misfit_per_deg2: 0.004,
            asymmetry_per_deg: 0.006,
            width_per_deg: 0.006,
            scale_per_deg: 0.002,
            usual_rotation_deg: 5.0,
            tilt_per_rotation: 0.5,
            flag_deg: 6.0,
            flag_misfit: 0.25,
        }
    }
}

/// Distances from the joint's middle (frame px) at which widths are taken.
const HEAD_PX: [f64; 2] = [22.0, 46.0];
const SHAFT_PX: [f64; 2] = [92.0, 118.0];

/// Form of one outline: what tilt changes.
#[derive(Debug, Clone, Copy)]
struct Form {
    /// Shaft's width over the head's.
    ratio: f64,
    /// Difference of the head's half widths about the shaft's axis, over its width.
    asymmetry: f64,
}

/// Mean left and right edge between two distances from the joint.
fn edges(outline: &Outline, [near, far]: [f64; 2]) -> Option<[f64; 2]> {
    let mut sums = [[0.0; 2]; 2];
    for (p, n) in outline.points.iter().zip(&outline.normals) {
        let away = (p[1] - MIDDLE).abs();
        if away >= near && away <= far && n[0].abs() > 0.5 {
            let side = usize::from(n[0] > 0.0);
            sums[side][0] += 1.0;
            sums[side][1] += p[0];
        }
    }
    (sums.iter().all(|s| s[0] >= 5.0)).then(|| sums.map(|s| s[1] / s[0]))
}

fn form(outline: &Outline) -> Option<Form> {
    let (head, shaft) = (edges(outline, HEAD_PX)?, edges(outline, SHAFT_PX)?);
    let (wide, narrow) = (head[1] - head[0], shaft[1] - shaft[0]);
    let axis = 0.5 * (shaft[0] + shaft[1]);
    (wide > 0.0 && narrow > 0.0).then(|| Form {
        ratio: narrow / wide,
        asymmetry: (0.5 * (head[0] + head[1]) - axis) / wide,
    })
}

/// Signs between two visits: outlines (proximal, distal) of both and the bones' registrations.
pub(crate) fn flags(
    before: [Option<&Outline>; 2],
    after: [Option<&Outline>; 2],
    fits: [&PlanarRegistration; 2],
    options: &PositionOptions,
) -> PositionFlags {
    let [p, d] = fits.map(|f| f.transform);
    let mut ratio = 0f64;
    let mut asymmetry = 0f64;
    for k in 0..2 {
        let forms = before[k].and_then(form).zip(after[k].and_then(form));
        if let Some((a, b)) = forms {
            let change = b.ratio / a.ratio - 1.0;
            if change.abs() > ratio.abs() {
                ratio = change;
            }
            let change = b.asymmetry - a.asymmetry;
            if change.abs() > asymmetry.abs() {
                asymmetry = change;
            }
        }
    }
    let rotation = (d.rotation() - p.rotation()).to_degrees();
    let scale = d.scale() / p.scale() - 1.0;
    let misfit = fits
        .iter()
        .map(|f| 1.0 - f.quality.correlation)
        .fold(0.0, f64::max);
    let signs = [
        ((misfit - options.calm_misfit).max(0.0) / options.misfit_per_deg2).sqrt(),
        asymmetry.abs() / options.asymmetry_per_deg,
        ratio.abs() / options.width_per_deg,
        scale.abs() / options.scale_per_deg,
        (rotation.abs() - options.usual_rotation_deg).max(0.0) * options.tilt_per_rotation,
    ];
    // Each sign is noisy by itself: their root mean square, but never less than half of the loudest.
    let rms = (signs.iter().map(|s| s * s).sum::<f64>() / signs.len() as f64).sqrt();
    let tilt = rms.max(0.5 * signs.iter().copied().fold(0.0, f64::max));
    PositionFlags {
        relative_rotation_deg: rotation,
        relative_scale: scale,
        width_to_length: ratio,
        condyle_asymmetry: asymmetry,
        misfit,
        tilt_deg: tilt,
        raised: tilt > options.flag_deg || misfit > options.flag_misfit,
    }
}

/// The signs, and where they are raised what else they may be of: none of them tells a hand that lies otherwise from a
/// picture that was stretched along one axis.
pub(crate) fn in_words(flags: &PositionFlags) -> String {
    let stretched = if flags.raised {
        ", unless one film is stretched along one axis (pixels that are not square)"
    } else {
        ""
    };
    format!(
        "signs of a tilt of {:.1} degrees, misfit {:.2}{stretched}",
        flags.tilt_deg, flags.misfit
    )
}
