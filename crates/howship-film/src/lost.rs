//! How much of the bone is gone at each place of a cavity: the grey level against that of the same depth beside the
//! mouth, row by row of the unrolled outline.
//!
//! A ray through a cavity keeps the bone before and behind it, so that an erosion in profile is no step but a ramp: all
//! is lost at the outline, less and less deeper. The *area* is the integral of the share lost. It has no threshold, a
//! symmetric blur leaves it as it is, and exposure scales what is lost and what there was alike; `howship-phantom`
//! computes the same from its rays. Two films of one bone are integrated over one region, so that what is seen on both
//! (trabecular pattern, what the stretches beside the mouth do not foretell) drops out of the change.
//!
//! # Bias
//! Grey levels that saturate towards bright (sigmoid tone) make partly lost places count less; an unsharp mask spreads
//! a part of what is lost over the neighbourhood. Both make areas smaller (`examples/film_errors.rs`).

use crate::strip::{DEPTHS, Envelope, OUTSIDE, STEP, Strip, sample_of};
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
    /// First depth at which the share is taken (px): above it the outline's own blur rules.
    pub first_px: f64,
    /// Deepest place (px).
    pub deepest_px: f64,
    /// Least share of the stretch's greatest intact contrast that a place needs: where there never was contrast,
    /// nothing can be lost.
    pub least_contrast: f64,
    /// Half lengths of the mouth that are tried (px).
    pub half_px: [f64; 2],
    /// Depths that are tried (px): 0.4 to 2.4 mm at the usual field.
    pub depth_px: [f64; 2],
    /// Steps of both (px).
    pub fit_step_px: f64,
    /// Power of its size against which what a region has lost is weighed: at 0.5 the region stands out most from noise
    /// without correlation; noise that is correlated along the outline asks for more.
    pub fit_power: f64,
    /// The cavity goes on, along the outline and inwards, to where this share of its most is lost.
    pub edge_share: f64,
    /// But no farther along the outline than this many times the half length that stands out most: what is lost beyond
    /// belongs to something else (a recess, the next erosion).
    pub most_reach: f64,
    /// Farthest that the middle of the mouth may lie from the place that was found or pointed at (px): 1.0 mm at the
    /// usual field. A reader's point is off by some tenths of a millimetre; what lies farther off is a neighbour (a
    /// recess, another erosion).
    pub most_off_px: f64,
    /// Integrated beyond that region, inwards and along the outline (px): the ramp's foot and what blur carries there.
    pub margin_px: f64,
    /// The cortical line: from outside of the outline to 0.4 mm inside of it at the usual field (px).
    pub line_px: [f64; 2],
}

impl Default for LostOptions {
    fn default() -> Self {
        Self {
            gap_px: 5,
            beside_px: 12,
            first_px: 1.0,
            deepest_px: 34.0,
            least_contrast: 0.2,
            half_px: [6.0, 30.0],
            depth_px: [5.0, 28.0],
            fit_step_px: 2.0,
            fit_power: 0.7,
            edge_share: 0.5,
            most_reach: 1.8,
            most_off_px: 12.0,
            margin_px: 4.0,
            line_px: [-1.5, 4.5],
        }
    }
}

impl LostOptions {
    /// For a change between two films: all of the cavity's foot, for what the stretches beside it do not foretell is on
    /// both films and drops out. Only in part: the larger the region and the farther off the stretches, the more tilt
    /// makes of them (`examples/film_errors.rs`, seeds 300000 to 300499, metacarpals: root mean square error of the
    /// change 0.34 mm² with stretches of 20 px 8 px off and a power of 0.6, 0.25 mm² with these; phalanges 0.15 and 0.14).
    #[must_use]
    pub fn of_change() -> Self {
        Self {
            fit_power: 0.8,
            edge_share: 0.12,
            ..Self::default()
        }
    }
}

/// How deep a cavity reaches along a stretch of outline (px): half an ellipse.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Region {
    pub rows: Range<usize>,
    pub depth: Vec<f64>,
    /// Middle row and half length of its mouth.
    pub middle: f64,
    pub half: f64,
    /// Greatest depth.
    pub deepest: f64,
}

impl Region {
    pub(crate) fn new(rows: &Range<usize>, middle: f64, half: f64, deepest: f64) -> Self {
        let depth = rows
            .clone()
            .map(|r| {
                let x = (r as f64 - middle) / half;
                deepest * (1.0 - x * x).max(0.0).sqrt()
            })
            .collect();
        Self {
            rows: rows.clone(),
            depth,
            middle,
            half,
            deepest,
        }
    }

    /// Grown along the outline and inwards; the rows stay.
    pub(crate) fn grown(&self, by_px: f64) -> Self {
        Self::new(
            &self.rows,
            self.middle,
            self.half + by_px,
            self.deepest + by_px,
        )
    }

    /// Its rows with a margin on both sides.
    pub(crate) fn stretch(&self, margin_px: f64, rows: usize) -> Range<usize> {
        let reach = self.half + margin_px;
        let low = (self.middle - reach).floor().max(0.0) as usize;
        let high = ((self.middle + reach).ceil().max(0.0) as usize + 1).min(rows);
        low.min(high)..high
    }

    /// Its size, px².
    pub(crate) fn size(&self) -> f64 {
        self.depth.iter().sum()
    }

    /// Its size on a bent outline, px²: what [`Lost::area`] gives where all is lost.
    pub(crate) fn size_on(&self, form: &Envelope) -> f64 {
        let of_row = |(row, depth): (usize, &f64)| {
            let steps = (depth / STEP).round() as usize;
            let breadth = |k: usize| STEP * form.breadth(row, (k as f64 + 0.5) * STEP);
            (0..steps).map(breadth).sum::<f64>()
        };
        self.rows.clone().zip(&self.depth).map(of_row).sum()
    }

    /// Depth at a row of the outline; 0 beside it.
    pub(crate) fn depth_at(&self, row: usize) -> f64 {
        self.depth
            .get(row.wrapping_sub(self.rows.start))
            .copied()
            .unwrap_or(0.0)
    }
}

/// The half ellipse under the outline that has lost most for its size, on all films of one stretch together. Its mouth
/// holds the row `at` and has its middle near it: something larger beside an erosion must not be taken for it, nor both
/// for one.
///
/// A floor by threshold would stop where a ramp falls below it and jump with the trabecular pattern; the ellipse only
/// says where to integrate.
pub(crate) fn fitted(films: &[&Lost], at: usize, options: &LostOptions) -> Region {
    let Some(first) = films.first() else {
        return Region::new(&(0..0), 0.0, 1.0, 0.0);
    };
    let (rows, depths) = (&first.rows, first.depths);
    // Sums from the outline inwards, per row.
    let mut sums = vec![0.0; rows.len() * (depths + 1)];
    for i in 0..rows.len() {
        for k in 0..depths {
            let lost: f64 = films.iter().map(|f| f.share[i * depths + k]).sum();
            let before = sums[i * (depths + 1) + k];
            sums[i * (depths + 1) + k + 1] = before + if lost.is_finite() { lost } else { 0.0 };
        }
    }
    let steps = |[low, high]: [f64; 2]| {
        let n = ((high - low) / options.fit_step_px).round() as usize;
        (0..=n).map(move |k| low + k as f64 * options.fit_step_px)
    };
    let mut best: Option<(f64, [f64; 3])> = None;
    for half in steps(options.half_px) {
        // Half of a mouth may lie beside the stretch, no more.
        for middle in rows.clone().step_by(2) {
            if middle.abs_diff(at) as f64 > half.min(options.most_off_px) {
                continue;
            }
            for deepest in steps(options.depth_px) {
                let (mut sum, mut size) = (0.0, 0.0);
                let low = ((middle as f64 - half).ceil().max(rows.start as f64)) as usize;
                let high = ((middle as f64 + half).floor() as usize + 1).min(rows.end);
                for r in low..high {
                    let x = (r as f64 - middle as f64) / half;
                    let depth = deepest * (1.0 - x * x).max(0.0).sqrt();
                    let k = ((depth / STEP).round() as usize).min(depths);
                    sum += sums[(r - rows.start) * (depths + 1) + k];
                    size += k as f64;
                }
                let worth = sum / size.max(1.0).powf(options.fit_power);
                if best.is_none_or(|(most, _)| worth > most) {
                    best = Some((worth, [middle as f64, half, deepest]));
                }
            }
        }
    }
    let [middle, half, deepest] = best.map_or([0.0, 1.0, 0.0], |b| b.1);
    // The ellipse that stands out most is smaller than the cavity: what is beside it must not count as intact.
    let width = depths + 1;
    let by_row: Vec<f64> = (0..rows.len())
        .map(|i| {
            let (low, high) = (i.saturating_sub(2), (i + 3).min(rows.len()));
            let last = ((deepest / STEP).round() as usize).min(depths);
            (low..high).map(|j| sums[j * width + last]).sum::<f64>() / (high - low) as f64
        })
        .collect();
    let start = (middle - rows.start as f64) as usize;
    let [low, high] = reach(&by_row, start, options.edge_share);
    let most = options.most_reach * half;
    let low = (low as f64 + rows.start as f64).clamp(middle - most, middle - half);
    let high = (high as f64 + rows.start as f64).clamp(middle + half, middle + most);
    // The side that leads away from the place asked for is the one that a neighbour lies on.
    let off = 2.0 * options.most_off_px;
    let (low, high) = (
        low.max(2.0 * at as f64 - off - high),
        high.min(2.0 * at as f64 + off - low),
    );
    let by_depth: Vec<f64> = (0..depths)
        .map(|k| {
            let (a, b) = (k.saturating_sub(2), (k + 2).min(depths));
            let part = (0..rows.len()).filter(|i| {
                let x = *i as f64 + rows.start as f64;
                x >= low && x <= high
            });
            part.map(|i| sums[i * width + b] - sums[i * width + a])
                .sum::<f64>()
                / (b - a) as f64
        })
        .collect();
    let from = (0.5 * deepest / STEP) as usize;
    let [_, last] = reach(&by_depth, from, options.edge_share);
    let most = options.depth_px[1];
    Region::new(
        rows,
        0.5 * (low + high),
        0.5 * (high - low),
        deepest.max((last as f64 * STEP).min(most)),
    )
}

/// How far a profile goes on from a place before it falls below a share of its peak there.
fn reach(profile: &[f64], from: usize, share: f64) -> [usize; 2] {
    let from = from.min(profile.len().saturating_sub(1));
    let near = &profile[from.saturating_sub(6)..(from + 7).min(profile.len())];
    let least = share * near.iter().copied().fold(0.0, f64::max);
    let on = |i: &usize| profile[*i] > least && least > 0.0;
    let low = (0..from).rev().take_while(on).last().unwrap_or(from);
    let high = (from..profile.len()).take_while(on).last().unwrap_or(from);
    [low, high]
}

/// Intact outline on one side of a mouth: its middle row, contrast by depth, soft tissue.
#[derive(Debug, Clone)]
struct Beside {
    centre: f64,
    mean: Vec<f64>,
    soft: f64,
}

impl Beside {
    fn new(strip: &Strip, range: Range<usize>) -> Option<Self> {
        let range = range.start.max(3)..range.end.min(strip.rows.saturating_sub(3));
        if range.len() < 5 {
            return None;
        }
        let n = range.len() as f64;
        let at = |k: usize| {
            range
                .clone()
                .map(|r| f64::from(strip.row(r)[k]))
                .sum::<f64>()
                / n
        };
        let mean: Vec<f64> = (0..DEPTHS).map(at).collect();
        let soft = range
            .clone()
            .filter_map(|r| strip.mean(r, OUTSIDE, -5.0))
            .sum::<f64>()
            / n;
        mean.iter().all(|v| v.is_finite()).then_some(Self {
            centre: (range.start + range.end) as f64 / 2.0,
            mean,
            soft,
        })
    }
}

/// The share lost along a stretch of outline.
#[derive(Debug, Clone)]
pub(crate) struct Lost {
    pub rows: Range<usize>,
    /// By row and depth from 0 inwards.
    share: Vec<f64>,
    /// Depths per row.
    depths: usize,
    /// Share of the cortical line that is lost, per row.
    pub line: Vec<f64>,
}

impl Lost {
    /// `None` where no intact outline is left beside the stretch, or the film does not show it.
    pub(crate) fn new(strip: &Strip, rows: &Range<usize>, options: &LostOptions) -> Option<Self> {
        if rows.end > strip.rows {
            return None;
        }
        let (gap, reach) = (options.gap_px, options.beside_px);
        let before = rows.start.saturating_sub(gap + reach)..rows.start.saturating_sub(gap);
        let left = Beside::new(strip, before);
        let right = Beside::new(strip, rows.end + gap..rows.end + gap + reach);
        let (left, right) = match (left, right) {
            (Some(l), Some(r)) => (l, r),
            (Some(l), None) => (l.clone(), l),
            (None, Some(r)) => (r.clone(), r),
            (None, None) => return None,
        };
        let zero = sample_of(0.0).round() as usize;
        let last = (sample_of(options.deepest_px).round() as usize).min(DEPTHS - 1);
        let depths = last + 1 - zero;
        let first = ((options.first_px / STEP).round() as usize).min(depths - 1);
        let line = options
            .line_px
            .map(|d| sample_of(d).round().max(0.0) as usize);
        let mut out = Self {
            rows: rows.clone(),
            share: Vec::with_capacity(rows.len() * depths),
            depths,
            line: Vec::with_capacity(rows.len()),
        };
        for r in rows.clone() {
            let t = if right.centre > left.centre {
                ((r as f64 + 0.5 - left.centre) / (right.centre - left.centre)).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let mix = |a: f64, b: f64| (1.0 - t) * a + t * b;
            let soft = mix(left.soft, right.soft);
            let intact = |k: usize| mix(left.mean[k], right.mean[k]) - soft;
            let seen = |k: usize| f64::from(strip.row(r)[k]) - soft;
            let most = (zero..=last).map(intact).fold(0.0, f64::max);
            let start = out.share.len();
            for k in zero..=last {
                let value = if intact(k) > options.least_contrast * most {
                    1.0 - seen(k) / intact(k)
                } else {
                    0.0 * seen(k)
                };
                // Beside the film nothing is known: NaN stays NaN.
                out.share.push(value.clamp(-1.5, 2.0));
            }
            let row = &mut out.share[start..];
            let held = row[first];
            row[..first].fill(held);
            let sum = |f: &dyn Fn(usize) -> f64| (line[0]..=line[1]).map(f).sum::<f64>();
            let whole = sum(&intact);
            out.line.push(if whole > 0.0 {
                1.0 - sum(&seen) / whole
            } else {
                0.0
            });
        }
        Some(out)
    }

    fn at(&self, row: usize, k: usize) -> f64 {
        self.share[(row - self.rows.start) * self.depths + k]
    }

    /// The integral of the share over a region laid along these rows, px²; `form` is the outline on which it lies.
    /// Not finite where the region reaches over the film's edge.
    pub(crate) fn area(&self, region: &Region, form: &Envelope) -> f64 {
        let mut sum = 0.0;
        for (r, depth) in self.rows.clone().zip(&region.depth) {
            let last = ((depth / STEP).round() as usize).min(self.depths);
            for k in 0..last {
                let middle = (k as f64 + 0.5) * STEP;
                sum += STEP * form.breadth(r, middle) * self.at(r, k);
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use howship_register::planar::{Plane, PlaneSpline, Similarity};

    /// A straight edge with a notch over 40 px: all lost to 6 px, then a ramp to nothing at 14 px, hence 10 px of depth
    /// in all; `blur` is of the film, `gain` its exposure.
    fn notch(gain: f64, blur: f64) -> Strip {
        notches(&[(100.0..140.0, 14.0)], gain, blur)
    }

    /// Mouths and where their ramps end.
    fn notches(all: &[(Range<f64>, f64)], gain: f64, blur: f64) -> Strip {
        let value = |x: f64, y: f64| {
            let depth = y - 80.0;
            let bone = 1.0 / (1.0 + (-depth / 0.4).exp());
            let here = all.iter().find(|(mouth, _)| mouth.contains(&x));
            let lost = here.map_or(0.0, |(_, end)| ((end - depth) / 8.0).clamp(0.0, 1.0));
            100.0 + gain * bone * (1.0 - lost)
        };
        let data = (0..256 * 256)
            .map(|i| value((i % 256) as f64, (i / 256) as f64) as f32)
            .collect();
        let plane = Plane::new([256, 256], data).unwrap().smoothed(blur);
        Strip::new(
            &straight(),
            &PlaneSpline::new(&plane),
            &Similarity::identity(),
        )
    }

    fn straight() -> Envelope {
        Envelope {
            points: (20..230).map(|x| [f64::from(x), 80.0]).collect(),
            normals: vec![[0.0, -1.0]; 210],
        }
    }

    #[test]
    fn the_area_is_the_integral_under_any_exposure_and_blur() {
        let options = LostOptions::default();
        for (gain, blur) in [(50.0, 0.5), (900.0, 0.5), (200.0, 2.0)] {
            let strip = notch(gain, blur);
            let rows = 70..130;
            let lost = Lost::new(&strip, &rows, &options).unwrap();
            let region = fitted(&[&lost], 100, &options).grown(options.margin_px);
            let area = lost.area(&region, &straight());
            // The half ellipse leaves the corners of a square notch out.
            assert!((area / 400.0 - 1.0).abs() < 0.05, "{gain} {blur}: {area}");
            // The cortical line is gone over the mouth and nowhere else.
            let open = lost.line.iter().filter(|l| **l > 0.5).count();
            assert!((39..=42).contains(&open), "{open}");
            let calm = Lost::new(&strip, &(150..180), &options).unwrap();
            let none = calm.area(&region, &straight());
            assert!(none.abs() < 1.0, "{none}");
            assert!(calm.line.iter().all(|l| l.abs() < 0.02));
        }
    }

    /// A larger erosion farther along the outline is not taken for the one that is asked for.
    #[test]
    fn the_region_holds_the_place_asked_for() {
        let options = LostOptions::of_change();
        let strip = notches(&[(100.0..124.0, 12.0), (170.0..206.0, 26.0)], 300.0, 1.0);
        // The strip's rows begin at column 20.
        let rows = 50..195;
        let lost = Lost::new(&strip, &rows, &options).unwrap();
        let small = fitted(&[&lost], 92, &options);
        assert!((80.0..=104.0).contains(&small.middle), "{small:?}");
        assert!(small.middle + small.half < 122.0, "{small:?}");
        let large = fitted(&[&lost], 168, &options);
        assert!(
            (large.middle - 168.0).abs() < 6.0 && large.half > 14.0,
            "{large:?}"
        );
    }

    /// What both films show drops out of the change, whatever their exposures.
    #[test]
    fn a_change_is_taken_over_one_region() {
        let options = LostOptions::default();
        let (a, b) = (notch(300.0, 1.0), notch(700.0, 1.0));
        let rows = 70..130;
        let [a, b] = [a, b].map(|s| Lost::new(&s, &rows, &options).unwrap());
        let region = fitted(&[&a, &b], 100, &options).grown(3.0);
        let change = b.area(&region, &straight()) - a.area(&region, &straight());
        assert!(change.abs() < 0.05, "{change}");
    }
}
