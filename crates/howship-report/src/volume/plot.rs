//! Plots as SVG: a measurement over the visits, and its change against what would matter.

use crate::paper::{Axis, escape, number, padded, palette};
use howship_change::{Change, Measurement, Scale, Verdict};
use std::fmt::Write as _;

/// One visit's point in a course.
pub(crate) struct CoursePoint<'a> {
    pub(crate) visit: &'a str,
    pub(crate) days: Option<f64>,
    pub(crate) measurement: &'a Measurement,
}

/// 95 % interval of a measurement, by its degrees of freedom.
pub(crate) fn interval(m: &Measurement) -> [f64; 2] {
    // The quantile is that of a change: a measurement is the change from nothing.
    let scale = Scale::new(m.unit.as_str(), 0.0, 0.0);
    let change = Change::new(m.value, m.se, m.df, &scale, ("", ""));
    change
        .map(|c| c.interval)
        .ok()
        .filter(|i| i.iter().all(|v| v.is_finite()))
        .unwrap_or([m.value; 2])
}

const WIDTH: f64 = 440.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 18.0;
const FONT: &str =
    "font-family=\"system-ui,-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif\"";

fn open(height: f64, title: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" {FONT} font-size=\"13\" fill=\"#26262b\"><title>{}</title>",
        escape(title)
    )
}

/// Room around a range, in the unit of the measurement.
const LEAST_ROOM: f64 = 1e-6;

/// A measurement at each visit with its 95 % interval, over time where every visit is dated.
pub(crate) fn course(points: &[CoursePoint<'_>], title: &str, colour: &str) -> String {
    const HEIGHT: f64 = 250.0;
    let mut svg = open(HEIGHT, title);
    let spans: Vec<[f64; 2]> = points.iter().map(|p| interval(p.measurement)).collect();
    let mut range = padded(spans.iter().flatten().copied(), 0.15, LEAST_ROOM);
    // From zero, unless that would flatten the course.
    if range[0] < 0.45 * range[1] {
        range[0] = range[0].min(0.0).max(-0.05 * range[1].abs());
    }
    let y = Axis {
        data: range,
        picture: [HEIGHT - 44.0, 22.0],
    };
    y_axis(
        &mut svg,
        &y,
        points.first().map_or("", |p| &p.measurement.unit),
    );
    let times = times(points);
    let x = Axis {
        data: padded(times.iter().copied(), 0.12, LEAST_ROOM),
        picture: [LEFT, WIDTH - RIGHT],
    };
    let place = |i: usize| (x.at(times[i]), y.at(points[i].measurement.value));
    let path: Vec<String> = (0..points.len())
        .map(|i| format!("{:.1},{:.1}", place(i).0, place(i).1))
        .collect();
    let _ = write!(
        svg,
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-opacity=\".55\"/>",
        path.join(" ")
    );
    for (i, point) in points.iter().enumerate() {
        let (px, py) = place(i);
        let [low, high] = spans[i].map(|v| y.at(v));
        let _ = write!(
            svg,
            "<path d=\"M{px:.1} {low:.1}V{high:.1}M{a:.1} {low:.1}h12M{a:.1} {high:.1}h12\" stroke=\"{colour}\" stroke-width=\"2\" fill=\"none\"/><circle cx=\"{px:.1}\" cy=\"{py:.1}\" r=\"5\" fill=\"{colour}\" stroke=\"#fff\" stroke-width=\"1.5\"/><text x=\"{px:.1}\" y=\"{t:.1}\" text-anchor=\"middle\">{}</text>",
            escape(point.visit),
            a = px - 6.0,
            t = HEIGHT - 24.0,
        );
    }
    let dated = points.iter().all(|p| p.days.is_some()) && points.len() > 1;
    let caption = if dated {
        "visit, spaced by time"
    } else {
        "visit"
    };
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11.5\" fill=\"#5c5c66\">{caption}</text></svg>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        HEIGHT - 6.0
    );
    svg
}

fn times(points: &[CoursePoint<'_>]) -> Vec<f64> {
    let days: Option<Vec<f64>> = points.iter().map(|p| p.days).collect();
    let distinct = |d: &Vec<f64>| d.windows(2).all(|w| w[1] > w[0]);
    days.filter(distinct)
        .unwrap_or_else(|| (0..points.len()).map(|i| i as f64).collect())
}

fn y_axis(svg: &mut String, y: &Axis, unit: &str) {
    let (ticks, decimals) = y.ticks(5.0);
    for tick in ticks {
        let at = y.at(tick);
        let _ = write!(
            svg,
            "<path d=\"M{LEFT} {at:.1}H{:.1}\" stroke=\"#e3e1dc\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            at + 4.5,
            number::fixed(tick, decimals)
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"13\" text-anchor=\"end\" font-size=\"11.5\" fill=\"#5c5c66\">{}</text>",
        LEFT - 8.0,
        escape(unit)
    );
}

/// Changes since baseline with their 95 % intervals, against ±δ (shaded) and ±LSC (ticks).
pub(crate) fn changes(course: &[Change], verdict: Option<Verdict>, title: &str) -> String {
    const ROW: f64 = 38.0;
    const TOP: f64 = 46.0;
    let bottom = TOP + ROW * course.len() as f64;
    let mut svg = open(bottom + 48.0, title);
    let Some(last) = course.last() else {
        svg.push_str("</svg>");
        return svg;
    };
    let ends = course.iter().flat_map(|c| {
        [
            c.interval[0],
            c.interval[1],
            c.lsc,
            -c.lsc,
            c.delta,
            -c.delta,
        ]
    });
    let x = Axis {
        data: padded(ends, 0.08, LEAST_ROOM),
        picture: [LEFT, WIDTH - RIGHT],
    };
    let (low, high) = (x.at(-last.delta), x.at(last.delta));
    let _ = write!(
        svg,
        "<rect x=\"{low:.1}\" y=\"{TOP}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"#0067a5\" fill-opacity=\".13\"/><path d=\"M{:.1} {TOP}V{bottom}\" stroke=\"#77757f\"/>",
        high - low,
        bottom - TOP,
        x.at(0.0)
    );
    let _ = write!(
        svg,
        "<text x=\"{LEFT}\" y=\"14\" font-size=\"11.5\" fill=\"#5c5c66\"><tspan fill=\"#0067a5\">■</tspan> ±δ = {} {u}: too small to matter</text><text x=\"{LEFT}\" y=\"31\" font-size=\"11.5\" fill=\"#5c5c66\"><tspan fill=\"#26262b\">┆</tspan> ±LSC: could be measurement error alone</text>",
        number::rounded(last.delta),
        u = escape(&last.unit),
    );
    for (i, change) in course.iter().enumerate() {
        let is_last = i + 1 == course.len();
        let colour = if is_last {
            palette::look(verdict).colour
        } else {
            "#5c5c66"
        };
        change_row(&mut svg, &x, change, TOP + ROW * (i as f64 + 0.5), colour);
    }
    let (ticks, decimals) = x.ticks(7.0);
    for tick in ticks {
        let at = x.at(tick);
        let _ = write!(
            svg,
            "<path d=\"M{at:.1} {bottom}v5\" stroke=\"#77757f\"/><text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            bottom + 19.0,
            number::signed(tick, decimals)
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" font-size=\"11.5\" fill=\"#5c5c66\">← smaller · change since {} in {} · larger →</text></svg>",
        (LEFT + WIDTH - RIGHT) / 2.0,
        bottom + 39.0,
        escape(&last.from),
        escape(&last.unit)
    );
    svg
}

fn change_row(svg: &mut String, x: &Axis, change: &Change, y: f64, colour: &str) {
    let [low, high] = change.interval.map(|v| x.at(v));
    let _ = write!(
        svg,
        "<path d=\"M{a:.1} {t:.1}v28M{b:.1} {t:.1}v28\" stroke=\"#26262b\" stroke-dasharray=\"3 3\" fill=\"none\"/><path d=\"M{low:.1} {y:.1}H{high:.1}M{low:.1} {c:.1}v12M{high:.1} {c:.1}v12\" stroke=\"{colour}\" stroke-width=\"2.5\" fill=\"none\"/><circle cx=\"{:.1}\" cy=\"{y:.1}\" r=\"5.5\" fill=\"{colour}\" stroke=\"#fff\" stroke-width=\"1.5\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
        x.at(change.value),
        LEFT - 8.0,
        y + 4.5,
        escape(&change.to),
        a = x.at(-change.lsc),
        b = x.at(change.lsc),
        t = y - 14.0,
        c = y - 6.0,
    );
}
