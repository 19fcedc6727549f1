//! What a measure of an erosion does where nothing is: the same stretch and region laid along the intact outline of
//! the same bone, on the same films.

use super::ErosionOptions;
use super::bone::Bone;
use crate::lost::{Lost, Region};
use std::ops::Range;

/// Sum of squares, and how many stretches that do not overlap it is worth.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Spread {
    squares: f64,
    count: f64,
}

impl Spread {
    /// With a prior that is worth `df` stretches: standard deviation and degrees of freedom.
    pub(crate) fn with(self, prior_sd: f64, df: f64) -> (f64, f64) {
        let all = df + self.count;
        let variance = (df * prior_sd * prior_sd + self.squares) / all.max(1e-9);
        (variance.sqrt(), all)
    }
}

/// What areas and cortical lines do elsewhere on the bone.
#[derive(Debug, Clone, Copy, Default)]
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
    options: &ErosionOptions,
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
            let lost = Lost::new(bone.strip(v)?, &here, &options.lost)?;
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
            out.area.squares += worth * area * area;
            out.area.count += worth;
            out.line.squares += worth * line * line;
            out.line.count += worth;
            row += step;
        } else {
            row += 1;
        }
    }
    out
}
