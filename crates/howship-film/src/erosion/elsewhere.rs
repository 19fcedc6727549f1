//! What a measure of an erosion does where nothing is: the same stretch and region laid along the intact outline of
//! the same bone, on the same films.

use super::bone::Bone;
use crate::lost::{Lost, LostOptions, Region};
use std::ops::Range;

/// Values of stretches, and how many that do not overlap they are worth.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spread {
    sizes: Vec<f64>,
    count: f64,
}

impl Spread {
    pub(super) fn add(&mut self, value: f64, worth: f64) {
        self.sizes.push(value.abs());
        self.count += worth;
    }

    /// Standard deviation over the stretches, and how many they are worth; `None` where there are none. By the median:
    /// corners of the outline, where a stretch tells little of its neighbour, are no measure of the sides on which erosions
    /// lie.
    pub(super) fn own(mut self) -> Option<(f64, f64)> {
        if self.sizes.is_empty() {
            return None;
        }
        let middle = self.sizes.len() / 2;
        let median = *self.sizes.select_nth_unstable_by(middle, f64::total_cmp).1;
        Some((1.4826 * median, self.count))
    }

    /// With a prior that is worth `df` stretches: standard deviation and degrees of freedom.
    pub(crate) fn with(self, prior_sd: f64, df: f64) -> (f64, f64) {
        let Some((own, count)) = self.own() else {
            return (prior_sd, df);
        };
        let all = df + count;
        let variance = (df * prior_sd * prior_sd + count * own * own) / all;
        (variance.sqrt(), all)
    }
}

/// What areas and cortical lines do elsewhere on the bone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Elsewhere {
    /// Of the area, px².
    pub area: Spread,
    /// Of the mean share of the cortical line over a mouth.
    pub line: Spread,
}

/// Lays the region over every calm stretch of outline. `visits` is one film, whose values are taken, or two, whose
/// differences are; `mouth` is the length over which the cortical line is averaged.
pub(crate) fn elsewhere(
    bone: &Bone,
    visits: &[usize],
    region: &Region,
    mouth: usize,
    erosions: &[Range<usize>],
    options: &LostOptions,
) -> Elsewhere {
    let length = region.depth.len().max(1);
    let step = (length / 2).max(4);
    // Stretches overlap: each is worth the share that it moved on.
    let worth = (step as f64 / length as f64).min(1.0);
    let mut out = Elsewhere::default();
    let mut row = 0;
    while row + length <= bone.rows() {
        let here = row..row + length;
        if !here.clone().all(|r| bone.calm(r, erosions)) {
            row += 1;
            continue;
        }
        let on = |v: usize| -> Option<[f64; 2]> {
            let lost = Lost::new(bone.strip(v)?, &here, options)?;
            let from = (length - mouth.min(length)) / 2;
            let line = &lost.line[from..from + mouth.min(length)];
            let mean = line.iter().sum::<f64>() / line.len().max(1) as f64;
            let area = lost.area(region, &bone.envelope);
            (area.is_finite() && mean.is_finite()).then_some([area, mean])
        };
        let found = match visits {
            [v] => on(*v),
            [a, b] => on(*a).zip(on(*b)).map(|(x, y)| [y[0] - x[0], y[1] - x[1]]),
            _ => None,
        };
        if let Some([area, line]) = found {
            out.area.add(area, worth);
            out.line.add(line, worth);
            row += step;
        } else {
            row += 1;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_corner_does_not_widen_the_spread_and_nothing_seen_leaves_the_prior() {
        assert_eq!(Spread::default().with(3.0, 4.0), (3.0, 4.0));
        let mut spread = Spread::default();
        for v in [-1.0, 1.0, -1.0, 1.0, 50.0] {
            spread.add(v, 0.8);
        }
        let (sd, df) = spread.with(1.4826, 4.0);
        assert!((sd - 1.4826).abs() < 1e-9 && (df - 8.0).abs() < 1e-9);
    }
}
