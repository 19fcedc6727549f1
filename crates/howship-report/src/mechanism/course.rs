use crate::paper::palette::{GRID, RULE, SOFT, series_colour};
use crate::paper::{Axis, Hold, Plot, Svg, Type, fitted, padded, soft};

/// A therapy or another span of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bar {
    /// Name in print.
    pub name: String,
    /// Months.
    pub from: f64,
    /// Months.
    pub to: f64,
}

/// A quantity over time: its 5th, 25th, 50th, 75th and 95th percentile at every time of the course.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// Name in print.
    pub name: String,
    /// Percentiles, one row per time.
    pub bands: Vec<[f64; 5]>,
}

/// One plot of the figure.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Panel {
    /// What it shows, with its unit.
    pub name: String,
    /// Lines, at most five.
    pub lines: Vec<Line>,
    /// A level to compare with, and its name.
    pub level: Option<(f64, String)>,
}

/// A course over time in panels under one another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Course {
    /// What the figure shows, for its name.
    pub title: String,
    /// Times, months, rising.
    pub months: Vec<f64>,
    /// Therapies.
    pub bars: Vec<Bar>,
    /// Months at which images are taken.
    pub images: Vec<f64>,
    /// The plots.
    pub panels: Vec<Panel>,
}

const WIDTH: f64 = 780.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 14.0;
const BAR: f64 = 22.0;
const PANEL: f64 = 150.0;
const GAP: f64 = 26.0;

/// Panels with one axis of time: medians as lines, 50 and 90 % of the population as bands.
#[must_use]
pub fn course_plot(course: &Course) -> String {
    let top =
        TOP + BAR * (course.bars.len() + usize::from(!course.images.is_empty())) as f64 + 12.0;
    let height = top + (PANEL + GAP) * course.panels.len() as f64 + 34.0;
    let mut svg = Svg::open([WIDTH, height], &course.title, &describe(course));
    let last = course.months.last().copied().unwrap_or(1.0).max(1e-6);
    let x = Axis {
        data: [0.0, last],
        picture: [LEFT, WIDTH - RIGHT],
    };
    bars(&mut svg, course, &x);
    for (i, panel) in course.panels.iter().enumerate() {
        let upper = top + (PANEL + GAP) * i as f64;
        let values = panel
            .lines
            .iter()
            .flat_map(|l| l.bands.iter().flat_map(|b| [b[0], b[4]]));
        let level = panel.level.iter().map(|(v, _)| *v);
        let mut range = padded(values.chain(level), 0.06, 1e-6);
        if range[0] < 0.0
            && panel
                .lines
                .iter()
                .all(|l| l.bands.iter().all(|b| b[0] >= 0.0))
        {
            range[0] = 0.0;
        }
        let plot = Plot {
            x,
            y: Axis {
                data: range,
                picture: [upper + PANEL, upper],
            },
        };
        frame(&mut svg, &plot, panel);
        for &month in &course.images {
            let at = x.at(month);
            svg.line(
                [at, upper],
                [at, upper + PANEL],
                &format!("stroke=\"{RULE}\" stroke-dasharray=\"2 4\""),
            );
        }
        draw(&mut svg, &plot, panel, &course.months);
        if i + 1 == course.panels.len() {
            plot.x_axis(&mut svg, "months from baseline", false, "");
        }
    }
    svg.close()
}

fn describe(course: &Course) -> String {
    let panels: Vec<String> = course
        .panels
        .iter()
        .map(|p| {
            let lines: Vec<String> = p
                .lines
                .iter()
                .map(|l| {
                    let [first, last] =
                        [l.bands.first(), l.bands.last()].map(|b| b.map_or(f64::NAN, |b| b[2]));
                    format!("{} from {first:.3} to {last:.3}", l.name)
                })
                .collect();
            format!("{}: {}", p.name, lines.join(", "))
        })
        .collect();
    format!("Course over time, medians. {}.", panels.join(". "))
}

fn bars(svg: &mut Svg, course: &Course, x: &Axis) {
    let mut y = TOP;
    for bar in &course.bars {
        let (from, to) = (x.at(bar.from.max(0.0)), x.at(bar.to));
        svg.rect(
            [from, y],
            [(to - from).max(2.0), 14.0],
            "fill=\"#d9e4ec\" stroke=\"#8fa9bb\"",
        );
        svg.write(
            from + 6.0,
            y + 11.5,
            Type {
                size: 11.5,
                ..Type::default()
            },
            &fitted(&bar.name, 11.5, WIDTH - from - 20.0),
        );
        y += BAR;
    }
    if course.images.is_empty() {
        return;
    }
    svg.write(LEFT - 8.0, y + 12.0, soft(Hold::End), "images");
    for &month in &course.images {
        let at = x.at(month);
        svg.marker(2, [at, y + 8.0], 5.0, &format!("fill=\"{SOFT}\""));
    }
}

fn frame(svg: &mut Svg, plot: &Plot, panel: &Panel) {
    let (ticks, decimals) = plot.y.ticks(4.0);
    for tick in ticks {
        let y = plot.y.at(tick);
        svg.line(
            [plot.left(), y],
            [plot.right(), y],
            &format!("stroke=\"{GRID}\""),
        );
        let kind = Type {
            size: 12.0,
            hold: Hold::End,
            ..Type::default()
        };
        svg.write(
            plot.left() - 8.0,
            y + 4.0,
            kind,
            &crate::paper::number::fixed(tick, decimals),
        );
    }
    let kind = Type {
        size: 12.5,
        bold: true,
        ..Type::default()
    };
    svg.write(plot.left(), plot.top() - 5.0, kind, &panel.name);
    svg.line(
        [plot.left(), plot.bottom()],
        [plot.right(), plot.bottom()],
        &format!("stroke=\"{RULE}\""),
    );
}

fn draw(svg: &mut Svg, plot: &Plot, panel: &Panel, months: &[f64]) {
    for (n, line) in panel.lines.iter().enumerate() {
        let colour = series_colour(n);
        for (low, high, opacity) in [(0, 4, ".10"), (1, 3, ".18")] {
            let there = months
                .iter()
                .zip(&line.bands)
                .map(|(m, b)| plot.place(*m, b[high]));
            let back = months
                .iter()
                .zip(&line.bands)
                .rev()
                .map(|(m, b)| plot.place(*m, b[low]));
            let points: Vec<[f64; 2]> = there.chain(back).collect();
            svg.area(
                &points,
                &format!("fill=\"{colour}\" fill-opacity=\"{opacity}\""),
            );
        }
    }
    if let Some((level, name)) = &panel.level {
        let y = plot.y.at(*level);
        svg.line(
            [plot.left(), y],
            [plot.right(), y],
            &format!("stroke=\"{RULE}\" stroke-dasharray=\"6 3\""),
        );
        svg.write_over(plot.left() + 6.0, y - 4.0, soft(Hold::Start), name);
    }
    let ends: Vec<f64> = panel
        .lines
        .iter()
        .map(|l| plot.y.at(l.bands.last().map_or(0.0, |b| b[2])))
        .collect();
    let places = crate::paper::apart(&ends, 15.0, [plot.top() + 6.0, plot.bottom()]);
    for (n, line) in panel.lines.iter().enumerate() {
        let colour = series_colour(n);
        let points: Vec<[f64; 2]> = months
            .iter()
            .zip(&line.bands)
            .map(|(m, b)| plot.place(*m, b[2]))
            .collect();
        svg.polyline(&points, &format!("stroke=\"{colour}\" stroke-width=\"2\""));
        if let Some(end) = points.last() {
            svg.marker(n, *end, 4.0, &format!("fill=\"{colour}\""));
            let kind = Type {
                size: 12.0,
                colour,
                ..Type::default()
            };
            svg.write(
                plot.right() + 10.0,
                places[n] + 4.0,
                kind,
                &fitted(&line.name, 12.0, RIGHT - 14.0),
            );
        }
    }
}
