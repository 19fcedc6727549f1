//! Bone gained or lost between two films by their grey levels alone: the later film in the levels of the first, one
//! minus the other, with nothing of the outline beside the place taken for intact.
//!
//! The change of an area is measured against the outline beside it on each film. Where that outline itself changed (an
//! erosion that heals, for one), everything near it seems to change the other way. The difference does not know what
//! lies beside, and says at least the direction.

use super::bone::Bone;
use crate::lost::{LostOptions, Region};
use crate::strip::{DEPTHS, OUTSIDE, STEP, sample_of};
use howship_stats::median;

/// Shares lost by one sample that are believed: noise over little contrast makes any number.
const MOST_SHARE: [f64; 2] = [-1.5, 2.0];

/// Bone lost over a region from the first film to a later one (px² of frame, as areas are; negative where bone was
/// gained). `None` where grey levels of the two films cannot be compared.
///
/// Per depth the contrast is the first film's median along the outline, and the median difference along the outline is
/// taken off: what exposure and blur do to all of it. Weaker than the change of an area (what varies along the outline
/// does not drop out): for its sign, not for its size.
pub(super) fn lost_between(
    bone: &Bone,
    visit: usize,
    region: &Region,
    options: &LostOptions,
) -> Option<f64> {
    let film = bone.on(visit).ok()?;
    let Some(Ok(curve)) = &film.exposure else {
        return None;
    };
    let (before, after) = (bone.strip(0)?, &film.strip);
    let free: Vec<usize> = (6..bone.rows().saturating_sub(6))
        .filter(|r| bone.free[*r])
        .collect();
    let soft = median(
        free.iter()
            .filter_map(|r| before.mean(*r, OUTSIDE, -5.0))
            .collect(),
    )?;
    let first = sample_of(options.first_px).round() as usize;
    let last = (sample_of(options.deepest_px).round() as usize).min(DEPTHS - 1);
    let level = |k: usize| {
        let values = free.iter().map(|r| f64::from(before.row(*r)[k]));
        median(values.filter(|v| v.is_finite()).collect()).map(|v| v - soft)
    };
    let contrast: Vec<f64> = (first..=last).map(level).collect::<Option<_>>()?;
    let most = contrast.iter().copied().fold(0.0, f64::max);
    let mut sum = 0.0;
    for (i, k) in (first..=last).enumerate() {
        // Where there never was contrast nothing can be lost.
        if contrast[i] <= options.least_contrast * most {
            continue;
        }
        let lost = |r: usize| {
            let [a, b] = [before, after].map(|s| f64::from(s.row(r)[k]));
            ((a - curve.invert(b)) / contrast[i]).clamp(MOST_SHARE[0], MOST_SHARE[1])
        };
        let all = free.iter().map(|r| lost(*r)).filter(|v| v.is_finite());
        let usual = median(all.collect())?;
        // The first depth stands for those between the outline and itself.
        let depth = options.first_px + i as f64 * STEP;
        let wide = if i == 0 {
            options.first_px + STEP
        } else {
            STEP
        };
        for (r, reach) in region.rows.clone().zip(&region.depth) {
            if depth <= *reach {
                sum += wide * bone.envelope.breadth(r, depth) * (lost(r) - usual);
            }
        }
    }
    sum.is_finite().then_some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exposure::Exposure;
    use crate::lost::Lost;
    use crate::strip::{Envelope, Strip};
    use howship_register::planar::{Plane, PlaneSpline, Similarity};

    /// A straight edge at 80 px, with 10 px of bone gone over 40 px of it on the first film and none on the second.
    fn healed() -> Bone {
        let envelope = Envelope {
            points: (20..230).map(|x| [f64::from(x), 80.0]).collect(),
            normals: vec![[0.0, -1.0]; 210],
        };
        let strips = [10.0, 0.0].map(|gone| {
            let value = |x: usize, y: usize| {
                let depth = y as f64 + 0.5 - 80.0;
                let open = (100..140).contains(&x) && depth < gone;
                if depth < 0.0 || open { 100.0 } else { 400.0 }
            };
            let all = 256 * 256;
            let data = (0..all).map(|i| value(i % 256, i / 256) as f32);
            let plane = Plane::new([256, 256], data.collect()).unwrap();
            let film = PlaneSpline::new(&plane.smoothed(0.5));
            Strip::new(&envelope, &film, &Similarity::identity())
        });
        Bone::lying_still(envelope, strips, Exposure::same(100.0, 400.0))
    }

    /// Beside an erosion that fills in, what is measured against the outline seems to open; the grey levels do not say so.
    #[test]
    fn bone_gained_beside_a_place_is_not_lost_at_it() {
        let bone = healed();
        let o = LostOptions::default();
        // The erosion's rows are 80 to 120.
        let there = Region::new(&(70..130), 100.0, 24.0, 16.0);
        let gained = lost_between(&bone, 1, &there, &o).unwrap();
        assert!((gained / -400.0 - 1.0).abs() < 0.15, "{gained}");
        let beside = Region::new(&(126..150), 138.0, 10.0, 12.0);
        let on = |v| Lost::new(bone.strip(v).unwrap(), &beside.rows, &o).unwrap();
        let areas = [0, 1].map(|v| on(v).area(&beside, &bone.envelope));
        let told = areas[1] - areas[0];
        assert!(told > 30.0, "{areas:?}");
        let levels = lost_between(&bone, 1, &beside, &o).unwrap();
        assert!(levels.abs() < 0.1 * told, "{levels} of {told}");
    }
}
