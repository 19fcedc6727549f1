//! What is seen in and around a cavity: the cortical line over its mouth, and its grey level against matched rings.

use super::ErosionOptions;
use super::follow::Bone;
use crate::exposure::Exposure;
use crate::strip::Strip;

/// Contrast of the cortical line at one row: its brightest place near the outline over the bone below it.
fn line(strip: &Strip, row: usize) -> Option<f64> {
    let best = (0..=10)
        .filter_map(|k| {
            let depth = -1.0 + 0.5 * f64::from(k);
            strip.mean(row, depth, depth + 0.5)
        })
        .fold(f64::NEG_INFINITY, f64::max);
    let below = strip.mean(row, 6.0, 9.0)?;
    best.is_finite().then_some(best - below)
}

/// Share of rows with a cortical line, and its standard error from stretches of the same length elsewhere.
pub(crate) fn continuity(
    bone: &Bone,
    visit: usize,
    rows: &std::ops::Range<usize>,
    options: &ErosionOptions,
) -> Option<(f64, f64)> {
    let strip = bone.strip(visit)?;
    let contrasts: Vec<Option<f64>> = (0..bone.rows()).map(|r| line(strip, r)).collect();
    let mut intact: Vec<f64> = (0..bone.rows())
        .filter(|&r| bone.calm(r, rows))
        .filter_map(|r| contrasts[r])
        .collect();
    if intact.len() < 40 {
        return None;
    }
    intact.sort_by(f64::total_cmp);
    let usual = intact[intact.len() / 2];
    if !(usual > 0.0) {
        return None;
    }
    let seen = |r: usize| contrasts[r].map(|c| f64::from(u8::from(c > options.line_share * usual)));
    let share = |range: std::ops::Range<usize>| -> Option<f64> {
        let all: Vec<f64> = range.filter_map(seen).collect();
        (!all.is_empty()).then(|| all.iter().sum::<f64>() / all.len() as f64)
    };
    let value = share(rows.clone())?;
    let length = rows.len().max(1) as f64;
    // Independent stretches are about as long as the correlation: the error falls with the root of their number.
    let se = options.continuity_sd * (12.0 / length.max(12.0)).sqrt();
    Some((value, se))
}

/// Grey level of the former cavity between soft tissue (0) and the bone beside and below it (1).
pub(crate) fn filling(
    bone: &Bone,
    visit: usize,
    rows: &std::ops::Range<usize>,
    back: Option<&Exposure>,
) -> Option<(f64, f64)> {
    let strip = bone.strip(visit)?;
    let floor = bone.floor(0)?;
    let reference = |v: f64| back.map_or(v, |e| e.invert(v));
    let mut inside = Vec::new();
    let mut soft = Vec::new();
    let mut below = Vec::new();
    for r in rows.clone() {
        let depth = floor.depth[r];
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
