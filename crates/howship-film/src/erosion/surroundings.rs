//! The grey level of a cavity against matched rings.

use super::ErosionOptions;
use super::bone::Bone;
use crate::exposure::Exposure;
use crate::lost::{Lost, fitted};

/// Grey level of the former cavity between soft tissue (0) and the bone beside and below it (1).
pub(crate) fn filling(
    bone: &Bone,
    visit: usize,
    (rows, at): (&std::ops::Range<usize>, usize),
    back: Option<&Exposure>,
    options: &ErosionOptions,
) -> Option<(f64, f64)> {
    let strip = bone.strip(visit)?;
    let former = fitted(
        &[&Lost::new(bone.strip(0)?, rows, &options.lost)?],
        at,
        &options.lost,
    );
    let reference = |v: f64| back.map_or(v, |e| e.invert(v));
    let mut inside = Vec::new();
    let mut soft = Vec::new();
    let mut below = Vec::new();
    for r in rows.clone() {
        let depth = former.depth_at(r);
        if depth >= 3.0 {
            inside.extend(strip.mean(r, 1.0, depth - 1.0));
        }
        soft.extend(strip.mean(r, -7.0, -4.0));
        below.extend(strip.mean(r, depth + 2.5, depth + 8.0));
    }
    if inside.len() < 5 || soft.len() < 5 || below.len() < 5 {
        return None;
    }
    let middle = |v: &mut Vec<f64>| {
        v.sort_by(f64::total_cmp);
        v[v.len() / 2]
    };
    let spread = {
        let mean = below.iter().sum::<f64>() / below.len() as f64;
        let var = below.iter().map(|b| (b - mean).powi(2)).sum::<f64>() / below.len() as f64;
        var.sqrt()
    };
    let [a, s, b] = [&mut inside, &mut soft, &mut below].map(|v| reference(middle(v)));
    let step = b - s;
    // The trabecular pattern of the ring is what the level's error comes from; rows are correlated over 12 px.
    let independent = (rows.len() as f64 / 12.0).max(1.0);
    let spread = (reference(middle(&mut below) + spread) - b).abs();
    // Bone no brighter than soft tissue by more than it varies is no measure of anything.
    let se = spread * (2.0 / independent).sqrt() / step;
    (step > 0.0 && se < 1.0).then(|| ((a - s) / step, se))
}
