//! How much of the bone is gone at each place of a cavity: the grey level against that of the same depth beside the
//! mouth, row by row of the unrolled outline.
//!
//! The floor of a cavity seen in projection is no step but a ramp: rays near its border lose less than those in the
//! middle. Where half of the intact contrast is gone is a place that a ramp has too, and that does not move with
//! exposure, which scales both.

use crate::strip::{DEPTHS, OUTSIDE, STEP, Strip, sample_of};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// How lost bone is measured. Pixels of the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct LostOptions {
    /// Outline between the mouth and the intact stretches beside it (px).
    pub gap_px: usize,
    /// Intact outline on each side that says what was there (px).
    pub beside_px: usize,
    /// Share lost from which and up to which a place counts in part; half between them.
    pub ramp: [f64; 2],
    /// First depth at which the share is taken (px): above it the outline's own blur rules.
    pub first_px: f64,
    /// Deepest place (px).
    pub deepest_px: f64,
    /// The cavity ends where less than this is lost over `end_px`.
    pub end_share: f64,
    /// See there (px).
    pub end_px: f64,
}

impl Default for LostOptions {
    fn default() -> Self {
        Self {
            gap_px: 5,
            beside_px: 12,
            ramp: [0.25, 0.75],
            first_px: 1.0,
            deepest_px: 30.0,
            end_share: 0.25,
            end_px: 2.0,
        }
    }
}

/// The share lost along a stretch of outline.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub rows: Range<usize>,
    /// By row and depth from 0 inwards.
    share: Vec<f64>,
    /// Depths per row.
    pub depths: usize,
    /// Lost depth per row (px).
    pub depth: Vec<f64>,
}

impl Lost {
    /// `None` where no intact outline is left beside the stretch, or the film does not show it.
    pub(crate) fn new(strip: &Strip, rows: &Range<usize>, options: &LostOptions) -> Option<Self> {
        let side = |range: Range<usize>| -> Option<(f64, Vec<f64>, f64)> {
            let range = range.start.max(3)..range.end.min(strip.rows.saturating_sub(3));
            if range.len() < 5 {
                return None;
            }
            let n = range.len() as f64;
            let mean: Vec<f64> = (0..DEPTHS)
                .map(|k| {
                    range
                        .clone()
                        .map(|r| f64::from(strip.row(r)[k]))
                        .sum::<f64>()
                        / n
                })
                .collect();
            let soft = range
                .clone()
                .filter_map(|r| strip.mean(r, OUTSIDE, -5.0))
                .sum::<f64>()
                / n;
            let centre = (range.start + range.end) as f64 / 2.0;
            mean.iter()
                .all(|v| v.is_finite())
                .then_some((centre, mean, soft))
        };
        let left = side(
            rows.start
                .saturating_sub(options.gap_px + options.beside_px)
                ..rows.start.saturating_sub(options.gap_px),
        );
        let right = side(rows.end + options.gap_px..rows.end + options.gap_px + options.beside_px);
        let (left, right) = match (left, right) {
            (Some(l), Some(r)) => (l, r),
            (Some(l), None) => (l.clone(), l),
            (None, Some(r)) => (r.clone(), r),
            (None, None) => return None,
        };
        let zero = sample_of(0.0).round() as usize;
        let last = (sample_of(options.deepest_px).round() as usize).min(DEPTHS - 1);
        let depths = last + 1 - zero;
        let first = (options.first_px / STEP).round() as usize;
        let mut share = Vec::with_capacity(rows.len() * depths);
        let mut depth = Vec::with_capacity(rows.len());
        for r in rows.clone() {
            if r >= strip.rows {
                return None;
            }
            let t = if right.0 > left.0 {
                ((r as f64 + 0.5 - left.0) / (right.0 - left.0)).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let soft = (1.0 - t) * left.2 + t * right.2;
            let most = (zero..=last)
                .map(|k| (1.0 - t) * left.1[k] + t * right.1[k] - soft)
                .fold(0.0, f64::max);
            let start = share.len();
            for k in zero..=last {
                let intact = (1.0 - t) * left.1[k] + t * right.1[k] - soft;
                let seen = f64::from(strip.row(r)[k]) - soft;
                // Where there never was contrast nothing can be lost.
                let value = if intact > 0.2 * most {
                    1.0 - seen / intact
                } else {
                    0.0
                };
                if !value.is_finite() {
                    return None;
                }
                share.push(value.clamp(-1.0, 1.5));
            }
            let row = &mut share[start..];
            let held = row[first.min(depths - 1)];
            row[..first.min(depths - 1)].fill(held);
            depth.push(lost_depth(row, options));
        }
        Some(Self {
            rows: rows.clone(),
            share,
            depths,
            depth,
        })
    }

    pub(crate) fn at(&self, row: usize, k: usize) -> f64 {
        self.share[(row - self.rows.start) * self.depths + k]
    }

    /// Lost depth of a row of the outline.
    pub(crate) fn depth_at(&self, row: usize) -> f64 {
        self.depth
            .get(row.wrapping_sub(self.rows.start))
            .copied()
            .unwrap_or(0.0)
    }
}

/// How much a place counts.
pub(crate) fn counted(share: f64, options: &LostOptions) -> f64 {
    let [low, high] = options.ramp;
    ((share - low) / (high - low)).clamp(0.0, 1.0)
}

/// Derivative of that.
pub(crate) fn counts_more(share: f64, options: &LostOptions) -> f64 {
    let [low, high] = options.ramp;
    if share > low && share < high {
        1.0 / (high - low)
    } else {
        0.0
    }
}

/// From the outline inwards to where the bone is whole again.
fn lost_depth(row: &[f64], options: &LostOptions) -> f64 {
    let ahead = ((options.end_px / STEP).round() as usize).max(1);
    let mut sum = 0.0;
    for k in 0..row.len() {
        let next = &row[k..(k + ahead).min(row.len())];
        if next.iter().sum::<f64>() / (next.len() as f64) < options.end_share {
            break;
        }
        sum += STEP * counted(row[k], options);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strip::Envelope;
    use howship_register::planar::{Plane, PlaneSpline, Similarity};

    /// A straight edge with a notch whose floor is a ramp from all lost at 6 px to nothing lost at 14 px.
    #[test]
    fn a_ramp_counts_to_its_middle_under_any_exposure() {
        let value = |x: f64, y: f64, gain: f64| {
            let depth = y - 80.0;
            let bone = 1.0 / (1.0 + (-depth / 0.8).exp());
            let lost = if (100.0..140.0).contains(&x) {
                ((14.0 - depth) / 8.0).clamp(0.0, 1.0)
            } else {
                0.0
            };
            100.0 + gain * bone * (1.0 - lost)
        };
        let envelope = Envelope {
            points: (20..230).map(|x| [f64::from(x), 80.0]).collect(),
            normals: vec![[0.0, -1.0]; 210],
        };
        for gain in [50.0, 900.0] {
            let data = (0..256 * 256)
                .map(|i| value((i % 256) as f64, (i / 256) as f64, gain) as f32)
                .collect();
            let film = PlaneSpline::new(&Plane::new([256, 256], data).unwrap());
            let strip = Strip::new(&envelope, &film, &Similarity::identity());
            let lost = Lost::new(&strip, &(80..120), &LostOptions::default()).unwrap();
            for d in &lost.depth[4..36] {
                assert!((d - 10.0).abs() < 0.6, "{d}");
            }
            let calm = Lost::new(&strip, &(150..180), &LostOptions::default()).unwrap();
            assert!(calm.depth.iter().all(|d| *d < 0.3), "{:?}", calm.depth);
        }
    }
}
