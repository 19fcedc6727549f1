use super::words::fitted;
use crate::{number, plot::escape};
use std::fmt::Write as _;

/// Text, and the softer text of captions.
pub(super) const INK: &str = "#26262b";
pub(super) const SOFT: &str = "#5c5c66";
/// Grid lines, and lines that mark a value.
pub(super) const GRID: &str = "#e3e1dc";
pub(super) const RULE: &str = "#77757f";
/// As the verdicts of the page: negative change, no change, positive change, undecided.
pub(super) const REPAIR: &str = "#007a5a";
pub(super) const STABLE: &str = "#0067a5";
pub(super) const PROGRESSION: &str = "#b84300";
pub(super) const UNCERTAIN: &str = "#5f5f68";

/// Arms and readers, each with its own marker. Dark enough to read on white, apart for colour-blind eyes, and
/// none of them the green or orange that stand for repair and progression.
const SERIES: [&str; 8] = [
    "#0067a5", "#aa3377", "#8a6d00", "#26262b", "#5a4fcf", "#8c1c13", "#0f7f8c", "#7b6a58",
];

pub(super) fn series_colour(index: usize) -> &'static str {
    SERIES[index % SERIES.len()]
}

/// Largest size of a number that is drawn; what is beyond is no score.
const LARGEST: f64 = 1e6;

/// Whether a number can be drawn.
pub(super) fn drawable(value: f64) -> bool {
    value.is_finite() && value.abs() <= LARGEST
}

/// An interval whose ends are both known, in order.
pub(super) fn ordered(interval: Option<[f64; 2]>) -> Option<[f64; 2]> {
    let [a, b] = interval?;
    (drawable(a) && drawable(b)).then(|| [a.min(b), a.max(b)])
}

/// Where a text is held.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Hold {
    Start,
    Middle,
    End,
}

/// How a text looks.
#[derive(Clone, Copy)]
pub(super) struct Type<'a> {
    pub(super) size: f64,
    pub(super) colour: &'a str,
    pub(super) hold: Hold,
    pub(super) bold: bool,
}

impl Default for Type<'_> {
    fn default() -> Self {
        Self {
            size: 13.0,
            colour: INK,
            hold: Hold::Start,
            bold: false,
        }
    }
}

/// Soft small text.
pub(super) fn soft(hold: Hold) -> Type<'static> {
    Type {
        size: 12.0,
        colour: SOFT,
        hold,
        bold: false,
    }
}

/// A picture in the making.
pub(super) struct Svg {
    pub(super) text: String,
}

impl Svg {
    /// Opens a picture: its title is its name for those who hear it, its description says what is to be seen.
    ///
    /// No element has an `id`, so that any number of pictures stand on one page.
    pub(super) fn open(size: [f64; 2], title: &str, description: &str) -> Self {
        let [width, height] = size;
        Self {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\" font-family=\"system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif\" font-size=\"13\" fill=\"{INK}\"><title>{}</title><desc>{}</desc>",
                escape(title),
                escape(description)
            ),
        }
    }

    pub(super) fn close(mut self) -> String {
        self.text.push_str("</svg>");
        self.text
    }

    pub(super) fn write(&mut self, x: f64, y: f64, kind: Type<'_>, text: &str) {
        self.write_with(x, y, kind, text, "");
    }

    /// Text with a white edge, which stays readable on lines.
    pub(super) fn write_over(&mut self, x: f64, y: f64, kind: Type<'_>, text: &str) {
        let edge =
            " stroke=\"#fff\" stroke-width=\"4\" stroke-linejoin=\"round\" paint-order=\"stroke\"";
        self.write_with(x, y, kind, text, edge);
    }

    fn write_with(&mut self, x: f64, y: f64, kind: Type<'_>, text: &str, more: &str) {
        let hold = match kind.hold {
            Hold::Start => "",
            Hold::Middle => " text-anchor=\"middle\"",
            Hold::End => " text-anchor=\"end\"",
        };
        let weight = if kind.bold {
            " font-weight=\"600\""
        } else {
            ""
        };
        let _ = write!(
            self.text,
            "<text x=\"{x:.1}\" y=\"{y:.1}\" font-size=\"{}\" fill=\"{}\"{hold}{weight}{more}>{}</text>",
            kind.size,
            kind.colour,
            escape(text)
        );
    }

    /// A text that runs upwards, beside an axis.
    pub(super) fn write_upwards(&mut self, x: f64, y: f64, text: &str) {
        let _ = write!(
            self.text,
            "<text transform=\"translate({x:.1} {y:.1}) rotate(-90)\" text-anchor=\"middle\" font-size=\"12\" fill=\"{SOFT}\">{}</text>",
            escape(text)
        );
    }

    pub(super) fn line(&mut self, from: [f64; 2], to: [f64; 2], style: &str) {
        let _ = write!(
            self.text,
            "<path d=\"M{:.1} {:.1}L{:.1} {:.1}\" fill=\"none\" {style}/>",
            from[0], from[1], to[0], to[1]
        );
    }

    pub(super) fn rect(&mut self, corner: [f64; 2], size: [f64; 2], style: &str) {
        let _ = write!(
            self.text,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" {style}/>",
            corner[0],
            corner[1],
            size[0].max(0.0),
            size[1].max(0.0)
        );
    }

    pub(super) fn polyline(&mut self, points: &[[f64; 2]], style: &str) {
        let mut d = String::new();
        for (i, [x, y]) in points.iter().enumerate() {
            let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
        }
        let _ = write!(self.text, "<path d=\"{d}\" fill=\"none\" {style}/>");
    }

    pub(super) fn area(&mut self, points: &[[f64; 2]], style: &str) {
        let mut d = String::new();
        for (i, [x, y]) in points.iter().enumerate() {
            let _ = write!(d, "{}{x:.1} {y:.1}", if i == 0 { "M" } else { "L" });
        }
        let _ = write!(self.text, "<path d=\"{d}Z\" {style}/>");
    }

    /// A series' marker: its shape goes with its colour, so that the colour is never alone.
    pub(super) fn marker(&mut self, series: usize, at: [f64; 2], r: f64, style: &str) {
        let [x, y] = at;
        let _ = match series % 5 {
            0 => write!(
                self.text,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{r:.1}\" {style}/>"
            ),
            1 => write!(
                self.text,
                "<path d=\"M{x:.1} {:.1}l{r:.1} {r:.1}l{n:.1} {r:.1}l{n:.1} {n:.1}Z\" {style}/>",
                y - r,
                n = -r
            ),
            2 => write!(
                self.text,
                "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{s:.1}\" height=\"{s:.1}\" {style}/>",
                x - r * 0.9,
                y - r * 0.9,
                s = r * 1.8
            ),
            3 => write!(
                self.text,
                "<path d=\"M{x:.1} {:.1}l{r:.1} {d:.1}h{:.1}Z\" {style}/>",
                y - r * 1.1,
                -2.0 * r,
                d = r * 1.9
            ),
            _ => write!(
                self.text,
                "<path d=\"M{x:.1} {:.1}l{r:.1} {:.1}h{:.1}Z\" {style}/>",
                y + r * 1.1,
                -1.9 * r,
                -2.0 * r
            ),
        };
    }

    /// Something with a tooltip.
    pub(super) fn hint(&mut self, words: &str, draw: impl FnOnce(&mut Self)) {
        let _ = write!(self.text, "<g><title>{}</title>", escape(words));
        draw(self);
        self.text.push_str("</g>");
    }
}

/// A linear axis: data to picture.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    pub(super) data: [f64; 2],
    pub(super) picture: [f64; 2],
}

impl Scale {
    pub(super) fn at(&self, value: f64) -> f64 {
        let share = (value - self.data[0]) / (self.data[1] - self.data[0]);
        self.picture[0] + share.clamp(0.0, 1.0) * (self.picture[1] - self.picture[0])
    }

    pub(super) fn shows(&self, value: f64) -> bool {
        let slack = 1e-9 * (self.data[1] - self.data[0]);
        value >= self.data[0] - slack && value <= self.data[1] + slack
    }

    /// Round numbers inside the axis, about `count` of them, and the decimals that they need.
    pub(super) fn ticks(&self, count: f64) -> (Vec<f64>, usize) {
        let span = self.data[1] - self.data[0];
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

/// A range with room around it; never empty.
pub(super) fn padded(values: impl Iterator<Item = f64>, share: f64) -> [f64; 2] {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for v in values.filter(|v| drawable(*v)) {
        (low, high) = (low.min(v), high.max(v));
    }
    if !(low <= high) {
        return [-1.0, 1.0];
    }
    let pad = ((high - low) * share)
        .max(high.abs().max(low.abs()) * 0.02)
        .max(0.05);
    [low - pad, high + pad]
}

/// A range that shows the bulk of the values well: it ends before the few, at most one in twenty at either side,
/// that lie so far out that all others would be flat.
pub(super) fn bulk(values: impl Iterator<Item = f64>, reach: f64) -> [f64; 2] {
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
    padded(shown.chain([-reach, reach, 0.0]), 0.06)
}

/// The frame of a plot: both axes with ticks, grid and names.
pub(super) struct Plot {
    pub(super) x: Scale,
    pub(super) y: Scale,
}

impl Plot {
    pub(super) fn place(&self, x: f64, y: f64) -> [f64; 2] {
        [self.x.at(x), self.y.at(y)]
    }

    pub(super) fn left(&self) -> f64 {
        self.x.picture[0]
    }

    pub(super) fn right(&self) -> f64 {
        self.x.picture[1]
    }

    pub(super) fn top(&self) -> f64 {
        self.y.picture[1]
    }

    pub(super) fn bottom(&self) -> f64 {
        self.y.picture[0]
    }

    /// Horizontal grid with numbers at the left, `name` beside them.
    pub(super) fn y_axis(&self, svg: &mut Svg, name: &str, sign: bool) {
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
    pub(super) fn x_axis(&self, svg: &mut Svg, name: &str, sign: bool, suffix: &str) {
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
pub(super) fn apart(wanted: &[f64], gap: f64, range: [f64; 2]) -> Vec<f64> {
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
