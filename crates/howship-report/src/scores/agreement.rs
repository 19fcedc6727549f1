use super::discs::{area_words, count_radius, counted, names_at};
use crate::paper::number::{drawable, ordered};
use crate::paper::palette::{INK, RULE, SOFT, STABLE};
use crate::paper::{
    Axis, Hold, LEAST_ROOM, Plot, Svg, Type, apart, bare, bulk, padded, short, short_signed, soft,
    with_bounds,
};

/// A value and its interval, where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Estimate {
    /// The value.
    pub value: f64,
    /// Its interval, in either order.
    pub interval: Option<[f64; 2]>,
}

/// Limits of agreement at one size of the mean.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LimitsPoint {
    /// Mean of both readings.
    pub mean: f64,
    /// Lower limit there.
    pub lower: f64,
    /// Upper limit there.
    pub upper: f64,
}

/// A Bland-Altman plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BlandAltman {
    /// What the figure shows, for its name.
    pub title: String,
    /// Horizontal axis, as in `mean of both readers' change`.
    pub mean_label: String,
    /// Vertical axis, as in `reader A − reader B`.
    pub difference_label: String,
    /// Mean and difference of each pair of readings.
    pub pairs: Vec<[f64; 2]>,
    /// Mean difference.
    pub bias: Option<Estimate>,
    /// Lower limit of agreement.
    pub lower: Option<Estimate>,
    /// Upper limit of agreement.
    pub upper: Option<Estimate>,
    /// Limits that grow with the mean; none where they are level.
    pub curves: Vec<LimitsPoint>,
    /// Name of each pair, for whoever points at it; may be empty.
    pub names: Vec<String>,
}

/// Limits that change with the mean.
const CURVED: &str = "#aa3377";
const WIDTH: f64 = 780.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 168.0;
const TOP: f64 = 20.0;
const HEIGHT: f64 = 340.0;

/// Differences of two readings against their mean, with bias and limits of agreement and their intervals.
///
/// Pairs that coincide, as discrete scores do, are one disc whose area is their number. Method: Bland and Altman,
/// Lancet 1986;1:307 and Stat Methods Med Res 1999;8:135.
#[must_use]
pub fn bland_altman(plot: &BlandAltman) -> String {
    let groups = counted(&plot.pairs);
    let n: usize = groups.iter().map(|g| g.1).sum();
    let largest = groups.iter().map(|g| g.1).max().unwrap_or(0);
    let rules = rules(plot);
    let bottom = TOP + HEIGHT;
    let mut svg = Svg::open([WIDTH, bottom + 78.0], &plot.title, &describe(plot, n));
    let bounds = rules.iter().flat_map(|r| {
        [r.1.value]
            .into_iter()
            .chain(ordered(r.1.interval).into_iter().flatten())
    });
    let curve_ends = plot.curves.iter().flat_map(|c| [c.lower, c.upper]);
    let differences = plot.pairs.iter().map(|p| p[1]).filter(|d| drawable(*d));
    // The axis ends before the few that lie so far out that all others would be flat.
    let shown = bulk(differences, 0.0);
    let means = bulk(groups.iter().map(|g| g.0[0]), 0.0);
    let frame = Plot {
        x: Axis {
            data: means,
            picture: [LEFT, WIDTH - RIGHT],
        },
        y: Axis {
            data: padded(
                shown
                    .into_iter()
                    .chain(bounds)
                    .chain(curve_ends)
                    .chain([0.0]),
                0.04,
                LEAST_ROOM,
            ),
            picture: [bottom, TOP],
        },
    };
    frame.y_axis(&mut svg, &plot.difference_label, true);
    frame.x_axis(&mut svg, &plot.mean_label, false, "");
    draw_rules(&mut svg, &frame, &rules);
    draw_curves(&mut svg, &frame, &plot.curves);
    let mut beyond = 0;
    for (point, count) in &groups {
        let words = format!(
            "{}mean {}, difference {}: {count}",
            names_at(&plot.pairs, &plot.names, *point),
            short(point[0]),
            short_signed(point[1])
        );
        let inside = frame.x.shows(point[0]) && frame.y.shows(point[1]);
        if !inside {
            beyond += count;
        }
        svg.hint(&words, |svg| {
            let opacity = if n > 1500 { ".4" } else { ".62" };
            let opacity = if inside { opacity } else { "0" };
            let edge = if inside { "#fff" } else { INK };
            svg.marker(
                0,
                frame.place(point[0], point[1]),
                count_radius(*count, largest),
                &format!(
                    "fill=\"{INK}\" fill-opacity=\"{opacity}\" stroke=\"{edge}\" stroke-width=\".9\""
                ),
            );
        });
    }
    if groups.is_empty() {
        svg.write(
            (frame.left() + frame.right()) / 2.0,
            TOP + 40.0,
            soft(Hold::Middle),
            "no pair of readings to show",
        );
    }
    foot(
        &mut svg,
        bottom + 66.0,
        [n, largest, beyond],
        !plot.curves.is_empty(),
    );
    svg.close()
}

type Rule = (&'static str, Estimate, &'static str);

fn rules(plot: &BlandAltman) -> Vec<Rule> {
    let named = [
        ("upper limit", plot.upper, INK),
        ("mean difference", plot.bias, STABLE),
        ("lower limit", plot.lower, INK),
    ];
    named
        .into_iter()
        .filter_map(|(name, e, colour)| Some((name, e.filter(|e| drawable(e.value))?, colour)))
        .collect()
}

fn describe(plot: &BlandAltman, n: usize) -> String {
    let rules: Vec<String> = rules(plot)
        .iter()
        .map(|r| format!("{} {}", r.0, with_bounds(r.1.value, r.1.interval)))
        .collect();
    format!(
        "Bland-Altman plot of {n} pairs of readings, {} against {}. {}.",
        plot.difference_label,
        plot.mean_label,
        rules.join("; ")
    )
}

fn draw_rules(svg: &mut Svg, frame: &Plot, rules: &[Rule]) {
    svg.line(
        frame.place(frame.x.data[0], 0.0),
        frame.place(frame.x.data[1], 0.0),
        &format!("stroke=\"{RULE}\" stroke-width=\"1.1\""),
    );
    for (_, estimate, colour) in rules {
        if let Some([low, high]) = ordered(estimate.interval) {
            let (top, bottom) = (frame.y.at(high), frame.y.at(low));
            svg.rect(
                [frame.left(), top],
                [frame.right() - frame.left(), bottom - top],
                &format!("fill=\"{colour}\" fill-opacity=\".1\""),
            );
        }
        let y = frame.y.at(estimate.value);
        let dash = if *colour == STABLE {
            ""
        } else {
            " stroke-dasharray=\"7 4\""
        };
        svg.line(
            [frame.left(), y],
            [frame.right(), y],
            &format!("stroke=\"{colour}\" stroke-width=\"1.6\"{dash}"),
        );
    }
    let wanted: Vec<f64> = rules.iter().map(|r| frame.y.at(r.1.value) - 3.0).collect();
    let placed = apart(&wanted, 33.0, [frame.top() + 8.0, frame.bottom() - 14.0]);
    for (rule, y) in rules.iter().zip(placed) {
        let x = frame.right() + 8.0;
        let name = Type {
            size: 12.0,
            colour: rule.2,
            bold: true,
            ..Type::default()
        };
        svg.write(
            x,
            y,
            name,
            &format!("{} {}", rule.0, short_signed(rule.1.value)),
        );
        if let Some([low, high]) = ordered(rule.1.interval) {
            let words = format!("{} to {}", short_signed(low), short_signed(high));
            svg.write(x, y + 15.0, soft(Hold::Start), &words);
        }
    }
}

fn draw_curves(svg: &mut Svg, frame: &Plot, curves: &[LimitsPoint]) {
    let mut points: Vec<LimitsPoint> = curves
        .iter()
        .copied()
        .filter(|c| {
            drawable(c.mean) && drawable(c.lower) && drawable(c.upper) && frame.x.shows(c.mean)
        })
        .collect();
    points.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    if points.len() < 2 {
        return;
    }
    for side in [0, 1] {
        let path: Vec<[f64; 2]> = points
            .iter()
            .map(|c| frame.place(c.mean, [c.lower, c.upper][side]))
            .collect();
        svg.polyline(
            &path,
            &format!("stroke=\"{CURVED}\" stroke-width=\"1.8\" stroke-dasharray=\"2 3\""),
        );
    }
}

fn foot(svg: &mut Svg, y: f64, [n, largest, beyond]: [usize; 3], curved: bool) {
    let plural = if n == 1 { "pair" } else { "pairs" };
    let outside = match beyond {
        0 => String::new(),
        n => format!("; open: {n} beyond the axis"),
    };
    let words = format!("{n} {plural}{}{outside}", area_words(largest));
    svg.write(LEFT, y, soft(Hold::Start), &words);
    if curved {
        let x = WIDTH - RIGHT + 8.0;
        svg.line(
            [x, y - 4.0],
            [x + 24.0, y - 4.0],
            &format!("stroke=\"{CURVED}\" stroke-width=\"1.8\" stroke-dasharray=\"2 3\""),
        );
        svg.write(x + 30.0, y, soft(Hold::Start), "limits by mean");
    }
}

/// Smallest detectable change at one size of change.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SdcPoint {
    /// Size of the change.
    pub size: f64,
    /// Smallest detectable change there.
    pub sdc: Estimate,
}

/// Smallest detectable change against the size of change.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SdcCurve {
    /// What the figure shows, for its name.
    pub title: String,
    /// Horizontal axis, as in `size of change (mean of readers)`.
    pub size_label: String,
    /// The curve, or one point per group of sizes.
    pub points: Vec<SdcPoint>,
    /// One value for all sizes.
    pub overall: Option<f64>,
    /// What groups of patients of about one size show by themselves, beside the curve.
    pub groups: Vec<SdcPoint>,
}

/// The smallest detectable change as changes grow, with its interval, beside the one value for all.
///
/// Below the diagonal a change is larger than its own smallest detectable change.
#[must_use]
pub fn sdc_curve(plot: &SdcCurve) -> String {
    let mut points: Vec<SdcPoint> = plot
        .points
        .iter()
        .copied()
        .filter(|p| drawable(p.size) && drawable(p.sdc.value))
        .collect();
    points.sort_by(|a, b| a.size.total_cmp(&b.size));
    let overall = plot.overall.filter(|v| drawable(*v));
    let bottom = TOP + 280.0;
    let words = format!(
        "Smallest detectable change against {}, {} points.{}",
        plot.size_label,
        points.len(),
        overall.map_or_else(String::new, |v| format!(
            " One value for all sizes: {}.",
            short(v)
        ))
    );
    let mut svg = Svg::open([WIDTH, bottom + 56.0], &plot.title, &words);
    let ends = points.iter().flat_map(|p| {
        [p.sdc.value]
            .into_iter()
            .chain(ordered(p.sdc.interval).into_iter().flatten())
    });
    let groups: Vec<SdcPoint> = plot
        .groups
        .iter()
        .copied()
        .filter(|p| drawable(p.size) && drawable(p.sdc.value))
        .collect();
    let ends = ends.chain(groups.iter().map(|g| g.sdc.value));
    let frame = Plot {
        x: Axis {
            data: padded(
                points.iter().chain(&groups).map(|p| p.size),
                0.03,
                LEAST_ROOM,
            ),
            picture: [LEFT, WIDTH - RIGHT],
        },
        y: Axis {
            data: padded(ends.chain(overall).chain([0.0]), 0.06, LEAST_ROOM),
            picture: [bottom, TOP],
        },
    };
    frame.y_axis(&mut svg, "smallest detectable change", false);
    frame.x_axis(&mut svg, &plot.size_label, false, "");
    draw_diagonal(&mut svg, &frame);
    draw_sdc(&mut svg, &frame, &points);
    for group in &groups {
        let words = format!("size {}: {}", short(group.size), short(group.sdc.value));
        svg.hint(&words, |svg| {
            let at = frame.place(group.size, group.sdc.value);
            svg.marker(0, at, 5.0, &format!("fill=\"{INK}\" stroke=\"#fff\""));
        });
    }
    sdc_labels(&mut svg, &frame, &points, overall);
    svg.close()
}

fn draw_diagonal(svg: &mut Svg, frame: &Plot) {
    let low = frame.x.data[0].max(frame.y.data[0]).max(0.0);
    let high = frame.x.data[1].min(frame.y.data[1]);
    if high > low {
        svg.line(
            frame.place(low, low),
            frame.place(high, high),
            &format!("stroke=\"{RULE}\" stroke-dasharray=\"2 4\""),
        );
    }
}

fn draw_sdc(svg: &mut Svg, frame: &Plot, points: &[SdcPoint]) {
    let bounded: Vec<(f64, [f64; 2])> = points
        .iter()
        .filter_map(|p| Some((p.size, ordered(p.sdc.interval)?)))
        .collect();
    if bounded.len() > 1 {
        let up = bounded.iter().map(|(x, i)| frame.place(*x, i[1]));
        let down = bounded.iter().rev().map(|(x, i)| frame.place(*x, i[0]));
        let outline: Vec<[f64; 2]> = up.chain(down).collect();
        svg.area(&outline, &format!("fill=\"{STABLE}\" fill-opacity=\".13\""));
    }
    let path: Vec<[f64; 2]> = points
        .iter()
        .map(|p| frame.place(p.size, p.sdc.value))
        .collect();
    if path.len() > 1 {
        svg.polyline(
            &path,
            &format!("stroke=\"{STABLE}\" stroke-width=\"2.2\" stroke-linejoin=\"round\""),
        );
    }
    if path.len() <= 12 {
        for (point, at) in points.iter().zip(&path) {
            let words = format!(
                "size {}: {}",
                short(point.size),
                with_bounds(point.sdc.value, point.sdc.interval)
            );
            svg.hint(&words, |svg| {
                svg.marker(0, *at, 4.5, &format!("fill=\"{STABLE}\" stroke=\"#fff\""));
            });
        }
    }
}

fn sdc_labels(svg: &mut Svg, frame: &Plot, points: &[SdcPoint], overall: Option<f64>) {
    let mut labels: Vec<(f64, String, &str)> = Vec::new();
    if let Some(last) = points.last() {
        labels.push((last.sdc.value, "at this size".into(), STABLE));
    }
    if let Some(value) = overall {
        let y = frame.y.at(value);
        svg.line(
            [frame.left(), y],
            [frame.right(), y],
            &format!("stroke=\"{INK}\" stroke-width=\"1.5\" stroke-dasharray=\"7 4\""),
        );
        labels.push((value, format!("for all sizes {}", bare(value)), INK));
    }
    labels.push((
        frame.x.data[1].min(frame.y.data[1]),
        "change = its SDC".into(),
        SOFT,
    ));
    let wanted: Vec<f64> = labels.iter().map(|l| frame.y.at(l.0) + 4.0).collect();
    let placed = apart(&wanted, 16.0, [frame.top() + 8.0, frame.bottom()]);
    for ((_, text, colour), y) in labels.iter().zip(placed) {
        let kind = Type {
            size: 12.0,
            colour,
            ..Type::default()
        };
        svg.write(frame.right() + 8.0, y, kind, text);
    }
}
