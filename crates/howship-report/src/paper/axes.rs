//! Axes of a plot: ranges, ticks, grid and names.

use super::frame::{Hold, Svg, Type, soft};
use super::number::{self, drawable};
use super::palette::{GRID, RULE};
use super::words::fitted;

/// Room around a range of scores, in their unit.
pub(crate) const LEAST_ROOM: f64 = 0.05;

/// A linear axis: data to picture.
#[derive(Clone, Copy)]
pub(crate) struct Axis {
    /// Ends in the data.
    pub(crate) data: [f64; 2],
    /// The same ends in the picture.
    pub(crate) picture: [f64; 2],
}

impl Axis {
    /// Where a value stands; what lies beyond an end stands at it.
    pub(crate) fn at(&self, value: f64) -> f64 {
        let share = (value - self.data[0]) / (self.data[1] - self.data[0]);
        self.picture[0] + share.clamp(0.0, 1.0) * (self.picture[1] - self.picture[0])
    }

    /// Whether a value lies between the ends.
    pub(crate) fn shows(&self, value: f64) -> bool {
        let slack = 1e-9 * (self.data[1] - self.data[0]);
        value >= self.data[0] - slack && value <= self.data[1] + slack
    }

    /// Round numbers inside the axis, about `count` of them, and the decimals that they need.
    pub(crate) fn ticks(&self, count: f64) -> (Vec<f64>, usize) {
        let span = self.data[1] - self.data[0];
        if !(span.is_finite() && span > 0.0) {
            return (Vec::new(), 0);
        }
        let raw = span / count;
        let decade = 10f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .map(|m| m * decade)
            .into_iter()
            .find(|s| *s >= raw * 0.999)
            .unwrap_or(10.0 * decade);
        let first = (self.data[0] / step - 1e-9).ceil() as i64;
        let last = (self.data[1] / step + 1e-9).floor() as i64;
        let decimals = (-(step * 1.0001).log10().floor()).clamp(0.0, 6.0) as usize;
        let ticks = (first..=last).map(|i| i as f64 * step).collect();
        (ticks, decimals)
    }
}

/// A range with room around it: a share of its width, and at least `least`; never empty.
pub(crate) fn padded(values: impl Iterator<Item = f64>, share: f64, least: f64) -> [f64; 2] {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for v in values.filter(|v| drawable(*v)) {
        (low, high) = (low.min(v), high.max(v));
    }
    if !(low <= high) {
        return [-1.0, 1.0];
    }
    let pad = ((high - low) * share)
        .max(high.abs().max(low.abs()) * 0.02)
        .max(least);
    [low - pad, high + pad]
}

/// A range that shows the bulk of the values well: it ends before the few, at most one in twenty at either side,
/// that lie so far out that all others would be flat.
pub(crate) fn bulk(values: impl Iterator<Item = f64>, reach: f64) -> [f64; 2] {
    let mut all: Vec<f64> = values.filter(|v| drawable(*v)).collect();
    all.sort_by(f64::total_cmp);
    // Where most joints do not change, those that do are what is to be seen.
    let moved: Vec<f64> = all.iter().copied().filter(|v| *v != 0.0).collect();
    let quantile = |q: f64| {
        let last = moved.len().saturating_sub(1) as f64;
        moved
            .get((q * last).round() as usize)
            .copied()
            .unwrap_or(0.0)
    };
    let core = [quantile(0.05).min(-reach), quantile(0.95).max(reach)];
    let span = (core[1] - core[0]).max(1.0);
    let limit = [core[0] - 1.5 * span, core[1] + 1.5 * span];
    let shown = all.into_iter().filter(|v| *v >= limit[0] && *v <= limit[1]);
    padded(shown.chain([-reach, reach, 0.0]), 0.06, LEAST_ROOM)
}

/// The frame of a plot: both axes with ticks, grid and names.
pub(crate) struct Plot {
    /// From left to right.
    pub(crate) x: Axis,
    /// From the bottom up.
    pub(crate) y: Axis,
}

impl Plot {
    /// Where a point of the data stands.
    pub(crate) fn place(&self, x: f64, y: f64) -> [f64; 2] {
        [self.x.at(x), self.y.at(y)]
    }

    /// Left edge in the picture.
    pub(crate) fn left(&self) -> f64 {
        self.x.picture[0]
    }

    /// Right edge in the picture.
    pub(crate) fn right(&self) -> f64 {
        self.x.picture[1]
    }

    /// Upper edge in the picture.
    pub(crate) fn top(&self) -> f64 {
        self.y.picture[1]
    }

    /// Lower edge in the picture.
    pub(crate) fn bottom(&self) -> f64 {
        self.y.picture[0]
    }

    /// Horizontal grid with numbers at the left, `name` beside them.
    pub(crate) fn y_axis(&self, svg: &mut Svg, name: &str, sign: bool) {
        let (ticks, decimals) = self.y.ticks(6.0);
        for tick in ticks {
            let y = self.y.at(tick);
            svg.line(
                [self.left(), y],
                [self.right(), y],
                &format!("stroke=\"{GRID}\""),
            );
            let kind = Type {
                size: 12.5,
                hold: Hold::End,
                ..Type::default()
            };
            svg.write(
                self.left() - 8.0,
                y + 4.5,
                kind,
                &tick_text(tick, decimals, sign),
            );
        }
        let height = self.bottom() - self.top();
        svg.write_upwards(
            15.0,
            (self.top() + self.bottom()) / 2.0,
            &fitted(name, 12.0, height),
        );
    }

    /// Ticks and numbers below the plot, `name` under them.
    pub(crate) fn x_axis(&self, svg: &mut Svg, name: &str, sign: bool, suffix: &str) {
        let (ticks, decimals) = self.x.ticks(((self.right() - self.left()) / 72.0).min(8.0));
        let bottom = self.bottom();
        svg.line(
            [self.left(), bottom],
            [self.right(), bottom],
            &format!("stroke=\"{RULE}\""),
        );
        for tick in ticks {
            let x = self.x.at(tick);
            svg.line(
                [x, bottom],
                [x, bottom + 5.0],
                &format!("stroke=\"{RULE}\""),
            );
            let kind = Type {
                size: 12.5,
                hold: Hold::Middle,
                ..Type::default()
            };
            let text = format!("{}{suffix}", tick_text(tick, decimals, sign));
            svg.write(x, bottom + 20.0, kind, &text);
        }
        svg.write(
            (self.left() + self.right()) / 2.0,
            bottom + 40.0,
            soft(Hold::Middle),
            &fitted(name, 12.0, self.right() - self.left()),
        );
    }
}

fn tick_text(value: f64, decimals: usize, sign: bool) -> String {
    if sign {
        number::signed(value, decimals)
    } else {
        number::fixed(value, decimals)
    }
}

/// Moves heights apart until neighbours are `gap` apart, keeping their order and, where room allows, the range.
pub(crate) fn apart(wanted: &[f64], gap: f64, range: [f64; 2]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]).then(a.cmp(&b)));
    let mut placed = vec![0.0; wanted.len()];
    let mut next = range[0];
    for &i in &order {
        placed[i] = wanted[i].max(next);
        next = placed[i] + gap;
    }
    let mut limit = range[1];
    for &i in order.iter().rev() {
        placed[i] = f64::min(placed[i], limit);
        limit = placed[i] - gap;
    }
    placed
}
