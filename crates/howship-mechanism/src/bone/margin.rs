use super::LesionSize;
use howship_stats::normal_cdf;
use std::sync::LazyLock;

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

/// What a scanner measures as density beside a wall.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MarginBand {
    /// Width of the band of bone next to the wall, mm (0.25: three voxels of 82 µm; assumption).
    pub width: f64,
    /// Density of new bone when it is full of mineral, mg/cm³ (900).
    pub new_bone: f64,
    /// Density of the trabecular bone beside a lesion, mg/cm³ (127: metacarpal head in RA, Watanabe 2024).
    pub old_bone: f64,
    /// SD of the scanner's blur with the finger's motion, mm (0.08: about a voxel of the first generation; assumption,
    /// range 0.05-0.10).
    pub blur: f64,
    /// Where the wall is found: this share of the old bone's density (0.5).
    pub edge: f64,
}

impl Default for MarginBand {
    fn default() -> Self {
        Self {
            width: 0.25,
            new_bone: 900.0,
            old_bone: 127.0,
            blur: 0.08,
            edge: 0.5,
        }
    }
}

/// `∫Φ(t) dt` up to z.
fn ramp(z: f64) -> f64 {
    z * normal_cdf(z) + (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

impl MarginBand {
    /// Mean density in the band where a layer of new bone of `mineral` mm lies on the wall, as the scanner sees it:
    /// the wall is found where the blurred density crosses the edge's level, and the band begins there.
    #[must_use]
    pub fn seen(&self, mineral: f64) -> f64 {
        let (s, w) = (self.blur, mineral.max(0.0));
        let gain = self.new_bone - self.old_bone;
        let density = |x: f64| self.new_bone * normal_cdf(x / s) - gain * normal_cdf((x - w) / s);
        let level = self.edge * self.old_bone;
        // The density rises from the lesion's side until it meets the layer: the first crossing lies before it.
        let (mut out, mut inside) = (-8.0 * s, 0.5 * w);
        while inside - out > 1e-9 {
            let middle = 0.5 * (out + inside);
            if density(middle) < level {
                out = middle;
            } else {
                inside = middle;
            }
        }
        let integral = |x: f64| s * (self.new_bone * ramp(x / s) - gain * ramp((x - w) / s));
        (integral(out + self.width) - integral(out)) / self.width
    }
}

/// A gain per µm of mineral, for layers up to a lesion's depth; beyond it nothing rises.
static GAINS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let band = MarginBand::default();
    let none = band.seen(0.0);
    let mut gains: Vec<f64> = (0..=400)
        .map(|um| band.seen(f64::from(um) * 1e-3) - none)
        .collect();
    // Where new bone fills the band, its own edge is what is found: the gain stays what it was at most.
    for i in 1..gains.len() {
        gains[i] = gains[i].max(gains[i - 1]);
    }
    gains
});

/// Gain of density (mg/cm³) in the 0.25 mm of bone next to the wall from new bone of a mineral-equivalent thickness
/// (µm) at the base, as a scanner sees it ([`MarginBand`]): about half of what is there, since a layer that is thin
/// against the blur is smeared over both sides of the wall that is found. Sides carry `lateral` times as much as the
/// base, so that over the wall of a half-ball there is `(1 + 2·lateral)/3` of it.
///
/// # Limits
/// Sclerosis without a moving wall, as in Schnitzler's syndrome, is not in this model, and no loss: where the wall
/// retreats into bone that is less dense than the bone that was beside it, the density beside it falls.
#[must_use]
pub fn margin_density(mineral: f64, lateral: f64) -> f64 {
    let last = GAINS.len() - 1;
    let over_wall = mineral * (1.0 + 2.0 * lateral) / 3.0;
    let at = over_wall.clamp(0.0, last as f64);
    let low = (at.floor() as usize).min(last - 1);
    let share = at - low as f64;
    GAINS[low] + share * (GAINS[low + 1] - GAINS[low])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same by summing over a fine grid, without the closed form.
    fn summed(band: &MarginBand, mineral: f64) -> f64 {
        let density = |x: f64| {
            let step = |at: f64| normal_cdf((x - at) / band.blur);
            band.new_bone * (step(0.0) - step(mineral)) + band.old_bone * step(mineral)
        };
        let dx = 1e-4;
        let first = (0..20_000)
            .map(|i| -1.0 + dx * f64::from(i))
            .find(|x| density(*x) >= band.edge * band.old_bone)
            .unwrap();
        let n = (band.width / dx) as u32;
        (0..n)
            .map(|i| density(first + dx * (f64::from(i) + 0.5)))
            .sum::<f64>()
            / f64::from(n)
    }

    #[test]
    fn the_band_is_that_of_a_sum_over_the_blurred_profile() {
        for blur in [0.05, 0.08, 0.1] {
            let band = MarginBand {
                blur,
                ..MarginBand::default()
            };
            for mineral in [0.0, 0.01, 0.03, 0.1, 0.2] {
                let (found, wanted) = (band.seen(mineral), summed(&band, mineral));
                assert!(
                    (found - wanted).abs() < 0.6,
                    "{blur} {mineral}: {found} {wanted}"
                );
            }
        }
    }

    #[test]
    fn without_blur_all_of_a_layer_is_in_the_band_and_with_it_about_half() {
        let sharp = MarginBand {
            blur: 1e-4,
            ..MarginBand::default()
        };
        let whole = 773.0 * 0.03 / 0.25;
        assert!((sharp.seen(0.03) - sharp.seen(0.0) - whole).abs() < 0.01 * whole);
        let seen = margin_density(30.0, 1.0) / whole;
        assert!((0.45..0.6).contains(&seen), "{seen}");
    }

    #[test]
    fn the_gain_begins_at_nothing_and_never_falls() {
        assert_eq!(margin_density(0.0, 1.0), 0.0);
        // A base of 50 µm with sides of 0.6 of it is 36.7 µm over the wall.
        assert!((margin_density(50.0, 0.6) - margin_density(50.0 * 2.2 / 3.0, 1.0)).abs() < 1e-9);
        let gains: Vec<f64> = (0..1000)
            .map(|i| margin_density(f64::from(i) * 0.7, 1.0))
            .collect();
        assert!(gains.windows(2).all(|g| g[1] >= g[0]));
        assert!(gains[999] < 773.0);
    }
}
