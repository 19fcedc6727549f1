use super::LesionSize;

/// Share of the former mouth that new bone closes, 0..1: `1 − (a/a₀)²` with the sides moved in by `lateral` times
/// the base.
///
/// # Limits
/// A cortical plate is taken to form with the side walls; a plate that bridges the mouth while the sides stand still
/// is not in this model.
#[must_use]
pub fn mouth_closed(size: LesionSize, depth_change: f64, lateral: f64) -> f64 {
    let before = 0.5 * size.width;
    let now = (before + lateral * depth_change).max(0.0);
    (1.0 - (now / before).powi(2)).max(0.0)
}

/// Gain of density (mg/cm³) in the 0.25 mm of bone next to the wall from new bone of a mineral-equivalent thickness
/// (µm): it stands at 900 mg/cm³ where trabecular bone of 127 (metacarpal head in RA, Watanabe 2024) would be.
///
/// # Limits
/// Sclerosis without a moving wall, as in Schnitzler's syndrome, is not in this model.
#[must_use]
pub fn margin_density(mineral: f64) -> f64 {
    const BAND: f64 = 250.0;
    (900.0 - 127.0) * (mineral / BAND).clamp(0.0, 1.0)
}
