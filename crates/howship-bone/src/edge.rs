//! Where a line passes from soft tissue into bone: told by what it meets, not by one level for all bone.

use crate::tuning::EdgeTuning;
use howship_stats::{normal_cdf, normal_quantile};

/// The first bone that a line meets: distances along the line, mm, and the value there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Met {
    /// Where the level was crossed.
    pub(crate) crossing: f64,
    /// The first sample above it.
    pub(crate) at: f64,
    /// Its value.
    pub(crate) value: f64,
    /// Distance between samples.
    pub(crate) step: f64,
}

/// An edge on a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Distance along the line, mm.
    pub(crate) at: f64,
    /// Rise of the image there, per mm.
    pub(crate) slope: f64,
}

impl EdgeTuning {
    /// The lengths over which edges are looked at in an image with this SD of blur, mm.
    pub(crate) fn for_blur(&self, blur_mm: f64) -> Self {
        Self {
            summit_mm: self.summit_mm.max(self.summit_blurs * blur_mm),
            before_mm: self.before_mm.max(self.before_blurs * blur_mm),
            ..*self
        }
    }
}

/// Where the line reaches the level that `level_of` gives for the bone's brightest value; the crossing where it does not.
pub(crate) fn edge_of(
    along: &dyn Fn(f64) -> Option<f64>,
    met: Met,
    level_of: &dyn Fn(f64) -> f64,
    soft: f64,
    tuning: &EdgeTuning,
) -> Found {
    let (mut peak, mut summit, mut r) = (met.value, met.at, met.at);
    while r < met.crossing + tuning.summit_mm {
        r += met.step;
        match along(r) {
            Some(v) if v > peak => (peak, summit) = (v, r),
            Some(v) if v - soft > tuning.past_summit * (peak - soft) => {}
            _ => break,
        }
    }
    let edge = level_of(peak);
    let (mut after, mut r) = (peak, summit);
    while r > (met.crossing - tuning.before_mm).max(met.step) {
        r -= met.step;
        let Some(v) = along(r) else { break };
        if v <= edge {
            return Found {
                at: r + met.step * ((edge - v) / (after - v).max(1e-9)).clamp(0.0, 1.0),
                slope: (after - v) / met.step,
            };
        }
        after = v;
    }
    Found {
        at: met.crossing,
        slope: 0.0,
    }
}

/// Value at the face of a plate whose blurred profile peaks at `peak`, where a thick one reads `full`; both above soft
/// tissue.
///
/// # Method
/// A plate of thickness t through a Gaussian of SD σ peaks at `full · (2Φ(t/2σ) − 1)` and has `full · (Φ(t/σ) − ½)` at
/// its faces: half of the full value where it is thick, nearly its peak where it is thin. Half the peak of a thin plate
/// lies outside of it.
pub(crate) fn face_of_plate(peak: f64, full: f64) -> f64 {
    let share = (peak / full.max(1e-9)).clamp(0.02, 0.999);
    let half_thickness = normal_quantile(0.5 * (1.0 + share)).unwrap_or(f64::INFINITY);
    full * (normal_cdf(2.0 * half_thickness) - 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::options;

    /// A plate of this thickness whose face lies at 1 mm, through a Gaussian of 0.1 mm; 0 soft, 1 bone.
    fn plate(thickness: f64) -> impl Fn(f64) -> Option<f64> {
        move |r| Some(normal_cdf((r - 1.0) / 0.1) - normal_cdf((r - 1.0 - thickness) / 0.1))
    }

    fn found(along: &dyn Fn(f64) -> Option<f64>, level_of: &dyn Fn(f64) -> f64) -> f64 {
        let step = 0.02;
        let (mut r, mut before) = (0.0, 0.0);
        loop {
            r += step;
            let value = along(r).unwrap();
            if value > 0.2 {
                let crossing = r - step * (value - 0.2) / (value - before);
                let met = Met {
                    crossing,
                    at: r,
                    value,
                    step,
                };
                return edge_of(along, met, level_of, 0.0, &options().tuning.edge).at;
            }
            before = value;
        }
    }

    #[test]
    fn the_face_of_a_plate_is_found_whatever_its_thickness() {
        for thickness in [0.08, 0.12, 0.2, 0.3, 2.0] {
            let at = found(&plate(thickness), &|peak| face_of_plate(peak, 1.0));
            assert!((at - 1.0).abs() < 0.006, "{at} of {thickness}");
        }
        // Half its own brightness, as a fixed level does, puts a thin plate's face outside.
        assert!(found(&plate(0.12), &|peak| 0.5 * peak) < 0.95);
    }

    #[test]
    fn half_the_brightness_of_a_trabecula_lies_where_the_wall_cuts_it() {
        // Cut end-on: whatever share of full brightness its thickness leaves, the profile is the blurred wall's.
        for share in [0.25, 0.4, 0.7, 1.0] {
            let cut = plate(3.0);
            let along = move |r: f64| cut(r).map(|v| share * v);
            let at = found(&along, &|peak| 0.5 * peak);
            // A thick piece is not yet at its brightest where the look ahead ends.
            assert!((at - 1.0).abs() < 0.006, "{at} of {share}");
        }
    }
}
