use super::agreement::Estimate;
use crate::paper::number::{drawable, ordered};
use crate::paper::palette::{GRID, INK, PROGRESSION, REPAIR, RULE, SOFT, UNCERTAIN};
use crate::paper::{
    Axis, Hold, LEAST_ROOM, Plot, Svg, Type, bare, bold_width, fitted, padded, soft, text_width,
    with_bounds, wrapped,
};

/// One line of a forest plot.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForestRow {
    /// Name, as in `etanercept + methotrexate`.
    pub name: String,
    /// Patients; none where it does not apply.
    pub n: Option<usize>,
    /// Mean change and its interval.
    pub change: Estimate,
}

/// Mean changes of groups with their intervals.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ForestPlot {
    /// What the figure shows, for its name.
    pub title: String,
    /// Horizontal axis, as in `mean change in total score, 12 months`.
    pub quantity: String,
    /// Groups, from the top.
    pub rows: Vec<ForestRow>,
    /// Smallest detectable change of one patient, for the eye; none leaves it out.
    pub sdc: Option<f64>,
}

const WIDTH: f64 = 780.0;
const TOP: f64 = 40.0;
const ROW: f64 = 34.0;
/// Names longer than this take two lines.
const NAME: f64 = 230.0;
/// An interval may reach so many middle widths beyond the rest before the axis ends and an arrow says so.
const REACH: f64 = 4.0;

/// Ends of the axis: no single wide interval makes all others flat.
fn ends(plot: &ForestPlot) -> Vec<f64> {
    let rows = || plot.rows.iter().filter(|r| drawable(r.change.value));
    let mut widths: Vec<f64> = rows()
        .filter_map(|r| ordered(r.change.interval))
        .map(|[low, high]| high - low)
        .collect();
    widths.sort_by(f64::total_cmp);
    // Of few rows the narrow half says what is usual.
    let usual = widths.get(widths.len().saturating_sub(1) / 2);
    let reach = usual.filter(|w| **w > 0.0).map(|w| REACH * w);
    let mut values: Vec<f64> = rows().map(|r| r.change.value).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.get(values.len() / 2).copied().unwrap_or(0.0);
    let clip = |x: f64| match reach {
        Some(reach) => x.clamp(middle.min(0.0) - reach, middle.max(0.0) + reach),
        None => x,
    };
    let ends = rows().flat_map(|r| {
        let bounds = ordered(r.change.interval).into_iter().flatten();
        [r.change.value].into_iter().chain(bounds)
    });
    ends.map(clip).collect()
}

/// Mean change of each group against 0 and ±SDC.
///
/// Green where the whole interval is below 0 (the group's rule for repair: van der Heijde and others, Arthritis Res
/// Ther 2007;9:R62), orange where it is above, grey between.
#[must_use]
pub fn forest_plot(plot: &ForestPlot) -> String {
    let sdc = plot.sdc.filter(|s| drawable(*s) && *s > 0.0);
    let widest = plot
        .rows
        .iter()
        .map(|r| bold_width(&r.name, 13.0))
        .fold(60.0, f64::max);
    let left = 16.0 + widest.min(NAME) + 58.0;
    let bottom = TOP + ROW * plot.rows.len().max(1) as f64;
    let mut svg = Svg::open([WIDTH, bottom + 54.0], &plot.title, &describe(plot));
    let reach = sdc.into_iter().flat_map(|s| [-s, s]);
    let frame = Plot {
        x: Axis {
            data: padded(
                ends(plot).into_iter().chain(reach).chain([0.0]),
                0.06,
                LEAST_ROOM,
            ),
            picture: [left, WIDTH - 186.0],
        },
        y: Axis {
            data: [0.0, 1.0],
            picture: [bottom, TOP],
        },
    };
    ground(&mut svg, &frame, sdc);
    frame.x_axis(&mut svg, &plot.quantity, true, "");
    for (i, row) in plot.rows.iter().enumerate() {
        draw_row(
            &mut svg,
            &frame,
            row,
            TOP + ROW * (i as f64 + 0.5),
            widest.min(NAME),
        );
    }
    let head = soft(Hold::Start);
    svg.write(left - 52.0, 18.0, head, "n");
    svg.write(frame.right() + 12.0, 18.0, head, "mean (interval)");
    svg.close()
}

fn ground(svg: &mut Svg, frame: &Plot, sdc: Option<f64>) {
    let (top, bottom) = (frame.top(), frame.bottom());
    if let Some(sdc) = sdc {
        let (low, high) = (frame.x.at(-sdc), frame.x.at(sdc));
        svg.rect(
            [low, top],
            [high - low, bottom - top],
            &format!("fill=\"{RULE}\" fill-opacity=\".11\""),
        );
        svg.line(
            [low, top],
            [low, bottom],
            &format!("stroke=\"{REPAIR}\" stroke-dasharray=\"6 4\" stroke-width=\"1.4\""),
        );
        svg.line(
            [high, top],
            [high, bottom],
            &format!("stroke=\"{PROGRESSION}\" stroke-dasharray=\"6 4\" stroke-width=\"1.4\""),
        );
        let words = format!("±SDC of one patient {}", bare(sdc));
        let middle = (low + high) / 2.0;
        let half = text_width(&words, 12.0) / 2.0;
        let x = middle.clamp(
            frame.left() + half,
            (frame.right() - half).max(frame.left() + half),
        );
        svg.write(x, 18.0, soft(Hold::Middle), &words);
    }
    let zero = frame.x.at(0.0);
    svg.line(
        [zero, top - 6.0],
        [zero, bottom],
        &format!("stroke=\"{RULE}\" stroke-width=\"1.4\""),
    );
}

fn colour(change: &Estimate) -> &'static str {
    match ordered(change.interval) {
        Some([_, high]) if high < 0.0 => REPAIR,
        Some([low, _]) if low > 0.0 => PROGRESSION,
        Some(_) => UNCERTAIN,
        None => INK,
    }
}

fn draw_row(svg: &mut Svg, frame: &Plot, row: &ForestRow, y: f64, widest: f64) {
    let colour = colour(&row.change);
    svg.line(
        [16.0, y + ROW / 2.0],
        [WIDTH - 16.0, y + ROW / 2.0],
        &format!("stroke=\"{GRID}\""),
    );
    let bold = Type {
        bold: true,
        ..Type::default()
    };
    let lines = wrapped(&row.name, 13.0 * 1.12, widest);
    match lines.as_slice() {
        [first, rest @ ..] if !rest.is_empty() => {
            svg.hint(&row.name, |svg| {
                svg.write(16.0, y - 3.0, bold, first);
                let second = fitted(&rest.join(" "), 13.0 * 1.12, widest);
                svg.write(16.0, y + 12.0, bold, &second);
            });
        }
        _ => svg.write(16.0, y + 4.5, bold, &row.name),
    }
    if let Some(n) = row.n {
        svg.write(
            frame.left() - 52.0,
            y + 4.5,
            Type::default(),
            &n.to_string(),
        );
    }
    if !drawable(row.change.value) {
        svg.write(
            frame.right() + 12.0,
            y + 4.5,
            soft(Hold::Start),
            "not known",
        );
        return;
    }
    let x = frame.x.at(row.change.value);
    if let Some([low, high]) = ordered(row.change.interval) {
        let (a, b) = (frame.x.at(low), frame.x.at(high));
        svg.line(
            [a, y],
            [b, y],
            &format!("stroke=\"{colour}\" stroke-width=\"2.6\""),
        );
        for (end, value, out) in [(a, low, -1.0), (b, high, 1.0)] {
            if frame.x.shows(value) {
                svg.line(
                    [end, y - 5.0],
                    [end, y + 5.0],
                    &format!("stroke=\"{colour}\" stroke-width=\"2.6\""),
                );
            } else {
                // It goes on beyond the axis.
                let back = end - 9.0 * out;
                let tip = [[end + 2.0 * out, y], [back, y - 6.0], [back, y + 6.0]];
                svg.area(&tip, &format!("fill=\"{colour}\""));
            }
        }
    }
    if frame.x.shows(row.change.value) {
        svg.marker(
            2,
            [x, y],
            6.0,
            &format!("fill=\"{colour}\" stroke=\"#fff\" stroke-width=\"1.2\""),
        );
    }
    let kind = Type {
        size: 12.5,
        colour: if colour == UNCERTAIN { SOFT } else { colour },
        ..Type::default()
    };
    let words = with_bounds(row.change.value, row.change.interval);
    svg.write(
        frame.right() + 12.0,
        y + 4.5,
        kind,
        &fitted(&words, 12.5, 166.0),
    );
}

fn describe(plot: &ForestPlot) -> String {
    let rows: Vec<String> = plot
        .rows
        .iter()
        .map(|r| {
            format!(
                "{}: {}",
                r.name,
                with_bounds(r.change.value, r.change.interval)
            )
        })
        .collect();
    format!("{}. {}.", plot.quantity, rows.join("; "))
}
