//! What is seen in and around a cavity: the cortical line over its mouth, and its grey level against matched rings.

use super::ErosionOptions;
use super::follow::Bone;
use crate::exposure::Exposure;
use crate::lost::Lost;
use crate::strip::Strip;

/// Brightest place of one row near the outline, above soft tissue: the cortical plate, where there is one.
fn plate(strip: &Strip, row: usize) -> Option<f64> {
    let brightest = (0..=11)
        .filter_map(|k| {
            let depth = -1.0 + 0.5 * f64::from(k);
            strip.mean(row, depth, depth + 0.5)
        })
        .fold(f64::NEG_INFINITY, f64::max);
    let soft = strip.mean(row, -8.0, -5.0)?;
    brightest.is_finite().then_some(brightest - soft)
}

/// Share of a mouth over which a cortical plate is seen as bright as beside it, and its standard error.
pub(crate) fn continuity(
    bone: &Bone,
    visit: usize,
    rows: &std::ops::Range<usize>,
    options: &ErosionOptions,
) -> Option<(f64, f64)> {
    let strip = bone.strip(visit)?;
    let (gap, reach) = (options.lost.gap_px, options.lost.beside_px);
    let left = rows.start.saturating_sub(gap + reach)..rows.start.saturating_sub(gap);
    let right = rows.end + gap..(rows.end + gap + reach).min(bone.rows());
    let mut intact: Vec<f64> = left.chain(right).filter_map(|r| plate(strip, r)).collect();
    if intact.len() < 8 {
        return None;
    }
    intact.sort_by(f64::total_cmp);
    let usual = intact[intact.len() / 2];
    if !(usual > 0.0) {
        return None;
    }
    let seen: Vec<f64> = rows
        .clone()
        .filter_map(|r| plate(strip, r))
        .map(|p| f64::from(u8::from(p > options.line_share * usual)))
        .collect();
    if seen.is_empty() {
        return None;
    }
    let value = seen.iter().sum::<f64>() / seen.len() as f64;
    // Independent stretches are about as long as the correlation: the error falls with the root of their number.
    let length = rows.len() as f64;
    Some((
        value,
        options.continuity_sd * (12.0 / length.max(12.0)).sqrt(),
    ))
}

/// Grey level of the former cavity between soft tissue (0) and the bone beside and below it (1).
pub(crate) fn filling(
    bone: &Bone,
    visit: usize,
    rows: &std::ops::Range<usize>,
    back: Option<&Exposure>,
    options: &ErosionOptions,
) -> Option<(f64, f64)> {
    let strip = bone.strip(visit)?;
    let former = Lost::new(bone.strip(0)?, rows, &options.lost)?;
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
    (step > 0.0).then(|| ((a - s) / step, spread * (2.0 / independent).sqrt() / step))
}
