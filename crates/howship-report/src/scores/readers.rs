use super::agreement::Estimate;
use super::discs::{area_words, count_radius, counted, names_at};
use crate::paper::number::{drawable, ordered};
use crate::paper::palette::{GRID, INK, PROGRESSION, REPAIR, RULE, series_colour};
use crate::paper::{
    Axis, Hold, LEAST_ROOM, Plot, Svg, Type, bold_width, bulk, fitted, padded, short_signed, soft,
    with_bounds, wrapped,
};

/// One reader's mean difference from the mean of readers, in one group of readings.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReaderBias {
    /// What was read, as in `M0 erosion`; rows with the same words stand together.
    pub group: String,
    /// The reader.
    pub reader: String,
    /// Mean difference and its interval.
    pub difference: Estimate,
}

/// Readers' biases.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReaderBiasPlot {
    /// What the figure shows, for its name.
    pub title: String,
    /// Horizontal axis, as in `mean difference from the mean of readers (points)`.
    pub quantity: String,
    /// One per reader and group.
    pub biases: Vec<ReaderBias>,
}

const WIDTH: f64 = 780.0;
const TOP: f64 = 20.0;
const LINE: f64 = 22.0;
const GAP: f64 = 14.0;

/// Each reader's mean difference from the mean of readers, per visit and feature.
#[must_use]
pub fn reader_bias_plot(plot: &ReaderBiasPlot) -> String {
    let groups = distinct(plot.biases.iter().map(|b| b.group.as_str()));
    let readers = distinct(plot.biases.iter().map(|b| b.reader.as_str()));
    let size = |names: &[&str]| {
        names
            .iter()
            .map(|n| bold_width(n, 13.0))
            .fold(40.0, f64::max)
            .min(170.0)
    };
    let (group_width, reader_width) = (size(&groups), size(&readers));
    let left = 16.0 + group_width + 16.0 + reader_width + 14.0;
    let rows = plot.biases.len().max(1) as f64;
    let bottom = TOP + LINE * rows + GAP * groups.len().max(1) as f64;
    let words: Vec<String> = plot
        .biases
        .iter()
        .map(|b| {
            format!(
                "{} {}: {}",
                b.group,
                b.reader,
                with_bounds(b.difference.value, b.difference.interval)
            )
        })
        .collect();
    let mut svg = Svg::open(
        [WIDTH, bottom + 54.0],
        &plot.title,
        &format!("{}. {}.", plot.quantity, words.join("; ")),
    );
    let ends = plot.biases.iter().flat_map(|b| {
        let bounds = ordered(b.difference.interval).into_iter().flatten();
        [b.difference.value].into_iter().chain(bounds)
    });
    let frame = Plot {
        x: Axis {
            data: padded(ends.chain([0.0]), 0.08, LEAST_ROOM),
            picture: [left, WIDTH - 178.0],
        },
        y: Axis {
            data: [0.0, 1.0],
            picture: [bottom, TOP],
        },
    };
    frame.x_axis(&mut svg, &plot.quantity, true, "");
    let zero = frame.x.at(0.0);
    svg.line(
        [zero, TOP],
        [zero, bottom],
        &format!("stroke=\"{RULE}\" stroke-width=\"1.4\""),
    );
    let mut y = TOP + GAP / 2.0;
    for group in &groups {
        let name = Type {
            bold: true,
            ..Type::default()
        };
        svg.write(
            16.0,
            y + 15.5,
            name,
            &fitted(group, 13.0 * 1.12, group_width),
        );
        for bias in plot.biases.iter().filter(|b| b.group == *group) {
            let series = readers.iter().position(|r| *r == bias.reader).unwrap_or(0);
            let x = 16.0 + group_width + 16.0;
            svg.write(
                x,
                y + 15.5,
                Type::default(),
                &fitted(&bias.reader, 13.0, reader_width),
            );
            draw_bias(&mut svg, &frame, &bias.difference, series, y + LINE / 2.0);
            y += LINE;
        }
        y += GAP;
        if *group != groups[groups.len() - 1] {
            svg.line(
                [16.0, y - GAP / 2.0],
                [WIDTH - 16.0, y - GAP / 2.0],
                &format!("stroke=\"{GRID}\""),
            );
        }
    }
    svg.close()
}

fn draw_bias(svg: &mut Svg, frame: &Plot, bias: &Estimate, series: usize, y: f64) {
    let x = frame.right() + 12.0;
    if !drawable(bias.value) {
        svg.write(x, y + 4.5, soft(Hold::Start), "not known");
        return;
    }
    let colour = series_colour(series);
    if let Some([low, high]) = ordered(bias.interval) {
        svg.line(
            [frame.x.at(low), y],
            [frame.x.at(high), y],
            &format!("stroke=\"{colour}\" stroke-width=\"2.4\" stroke-linecap=\"round\""),
        );
    }
    svg.marker(
        series,
        [frame.x.at(bias.value), y],
        5.2,
        &format!("fill=\"{colour}\" stroke=\"#fff\""),
    );
    let words = with_bounds(bias.value, bias.interval);
    svg.write(x, y + 4.5, soft(Hold::Start), &fitted(&words, 12.0, 158.0));
}

/// Names in order of first sight.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

/// Two readers' changes of the same patients or joints.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ReaderScatter {
    /// What the figure shows, for its name.
    pub title: String,
    /// Horizontal axis, as in `change by reader A`.
    pub first: String,
    /// Vertical axis, as in `change by reader B`.
    pub second: String,
    /// Change by the first and by the second.
    pub pairs: Vec<[f64; 2]>,
    /// Whose change each is, for whoever points at it; may be empty.
    pub names: Vec<String>,
}

/// One reader's changes against another's: repair that both see lies in the lower left quarter.
///
/// Pairs that coincide are one disc whose area is their number.
#[must_use]
pub fn reader_scatter(plot: &ReaderScatter) -> String {
    const SIDE: f64 = 400.0;
    let groups = counted(&plot.pairs);
    let largest = groups.iter().map(|g| g.1).max().unwrap_or(0);
    let quarters = Quarters::count(&plot.pairs);
    let size = [66.0 + SIDE + 214.0, TOP + SIDE + 54.0];
    let mut svg = Svg::open(size, &plot.title, &quarters.describe(plot));
    let range = bulk(groups.iter().flat_map(|g| g.0), 0.0);
    let frame = Plot {
        x: Axis {
            data: range,
            picture: [66.0, 66.0 + SIDE],
        },
        y: Axis {
            data: range,
            picture: [TOP + SIDE, TOP],
        },
    };
    scatter_ground(&mut svg, &frame, plot);
    let mut beyond = 0;
    for (point, count) in &groups {
        let words = format!(
            "{}{} and {}: {count}",
            names_at(&plot.pairs, &plot.names, *point),
            short_signed(point[0]),
            short_signed(point[1])
        );
        let colour = point_colour(*point);
        let style = if frame.x.shows(point[0]) && frame.y.shows(point[1]) {
            format!("fill=\"{colour}\" fill-opacity=\".65\" stroke=\"#fff\" stroke-width=\".7\"")
        } else {
            beyond += count;
            format!("fill=\"#fff\" stroke=\"{colour}\" stroke-width=\"1.6\"")
        };
        svg.hint(&words, |svg| {
            let radius = count_radius(*count, largest);
            svg.marker(0, frame.place(point[0], point[1]), radius, &style);
        });
    }
    quarters.legend(&mut svg, frame.right() + 18.0, largest, beyond);
    svg.close()
}

/// Quarters of agreement in sign, axes and the line of equal changes.
fn scatter_ground(svg: &mut Svg, frame: &Plot, plot: &ReaderScatter) {
    let zero = frame.place(0.0, 0.0);
    let [low, high] = frame.x.data;
    svg.rect(
        [frame.left(), zero[1]],
        [zero[0] - frame.left(), frame.bottom() - zero[1]],
        &format!("fill=\"{REPAIR}\" fill-opacity=\".08\""),
    );
    svg.rect(
        [zero[0], frame.top()],
        [frame.right() - zero[0], zero[1] - frame.top()],
        &format!("fill=\"{PROGRESSION}\" fill-opacity=\".06\""),
    );
    frame.y_axis(svg, &plot.second, true);
    frame.x_axis(svg, &plot.first, true, "");
    let dotted = format!("stroke=\"{RULE}\" stroke-dasharray=\"2 4\"");
    svg.line(frame.place(low, low), frame.place(high, high), &dotted);
    let rule = format!("stroke=\"{RULE}\" stroke-width=\"1.2\"");
    svg.line([zero[0], frame.top()], [zero[0], frame.bottom()], &rule);
    svg.line([frame.left(), zero[1]], [frame.right(), zero[1]], &rule);
}

fn point_colour(point: [f64; 2]) -> &'static str {
    match point {
        [a, b] if a < 0.0 && b < 0.0 => REPAIR,
        [a, b] if a > 0.0 && b > 0.0 => PROGRESSION,
        _ => INK,
    }
}

/// How many pairs agree and disagree in sign.
struct Quarters {
    both_down: usize,
    both_up: usize,
    opposite: usize,
    one_none: usize,
    neither: usize,
}

impl Quarters {
    fn count(pairs: &[[f64; 2]]) -> Self {
        let mut q = Self {
            both_down: 0,
            both_up: 0,
            opposite: 0,
            one_none: 0,
            neither: 0,
        };
        for [a, b] in pairs.iter().filter(|p| p.iter().all(|v| drawable(*v))) {
            let part = if *a == 0.0 && *b == 0.0 {
                &mut q.neither
            } else if *a == 0.0 || *b == 0.0 {
                &mut q.one_none
            } else if *a < 0.0 && *b < 0.0 {
                &mut q.both_down
            } else if *a > 0.0 && *b > 0.0 {
                &mut q.both_up
            } else {
                &mut q.opposite
            };
            *part += 1;
        }
        q
    }

    fn parts(&self) -> [(usize, &'static str, &'static str); 5] {
        [
            (self.both_down, "lower with both", REPAIR),
            (self.both_up, "higher with both", PROGRESSION),
            (self.opposite, "opposite signs", INK),
            (self.one_none, "change with one only", INK),
            (self.neither, "no change with both", INK),
        ]
    }

    fn describe(&self, plot: &ReaderScatter) -> String {
        let parts = self.parts().map(|(n, words, _)| format!("{words} {n}"));
        format!(
            "{} against {}: {}.",
            plot.second,
            plot.first,
            parts.join(", ")
        )
    }

    fn legend(&self, svg: &mut Svg, x: f64, largest: usize, beyond: usize) {
        for (i, (n, words, colour)) in self.parts().into_iter().enumerate() {
            let y = TOP + 18.0 + 24.0 * i as f64;
            let kind = Type {
                colour,
                bold: true,
                hold: Hold::End,
                ..Type::default()
            };
            svg.write(x + 42.0, y, kind, &n.to_string());
            svg.write(
                x + 50.0,
                y,
                Type {
                    size: 12.5,
                    colour,
                    ..Type::default()
                },
                words,
            );
        }
        let mut words = area_words(largest);
        if beyond > 0 {
            words.push_str(&format!("; open discs: {beyond} beyond the axes"));
        }
        let lines = wrapped(words.trim_start_matches("; "), 12.0, 180.0);
        for (i, line) in lines.iter().enumerate() {
            let y = TOP + 18.0 + 24.0 * 5.4 + 16.0 * i as f64;
            svg.write(x + 10.0, y, soft(Hold::Start), line);
        }
    }
}
