use crate::paper::palette::{RULE, series_colour};
use crate::paper::{Axis, Hold, Plot, Svg, Type, fitted, soft};

/// Power of one comparison over the number of patients.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PowerCurve {
    /// Name in print.
    pub name: String,
    /// Patients per arm, power, its standard error.
    pub points: Vec<[f64; 3]>,
}

/// Power curves.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PowerPlot {
    /// What the figure shows, for its name.
    pub title: String,
    /// Power wanted.
    pub wanted: f64,
    /// The curves.
    pub curves: Vec<PowerCurve>,
}

const WIDTH: f64 = 780.0;
const LEFT: f64 = 66.0;
const RIGHT: f64 = 30.0;
const TOP: f64 = 18.0;
const HEIGHT: f64 = 320.0;

/// Power over patients per arm, with ±1.96 Monte-Carlo standard errors.
#[must_use]
pub fn power_plot(plot: &PowerPlot) -> String {
    let bottom = TOP + HEIGHT;
    let legend = bottom + 62.0;
    let words: Vec<String> = plot
        .curves
        .iter()
        .map(|c| {
            let points: Vec<String> = c
                .points
                .iter()
                .map(|p| format!("{:.0} per arm {:.2}", p[0], p[1]))
                .collect();
            format!("{}: {}", c.name, points.join(", "))
        })
        .collect();
    let mut svg = Svg::open(
        [WIDTH, legend + 22.0 * plot.curves.len() as f64 + 4.0],
        &plot.title,
        &format!("{}.", words.join(". ")),
    );
    let most = plot
        .curves
        .iter()
        .flat_map(|c| c.points.iter().map(|p| p[0]))
        .fold(1.0, f64::max);
    let frame = Plot {
        x: Axis {
            data: [0.0, most * 1.04],
            picture: [LEFT, WIDTH - RIGHT],
        },
        y: Axis {
            data: [0.0, 1.0],
            picture: [bottom, TOP],
        },
    };
    frame.y_axis(&mut svg, "power", false);
    frame.x_axis(&mut svg, "patients per arm randomised", false, "");
    let y = frame.y.at(plot.wanted);
    svg.line(
        [frame.left(), y],
        [frame.right(), y],
        &format!("stroke=\"{RULE}\" stroke-dasharray=\"6 3\""),
    );
    svg.write_over(
        frame.left() + 6.0,
        y - 5.0,
        soft(Hold::Start),
        &format!("wanted: {:.0} %", 100.0 * plot.wanted),
    );
    for (n, curve) in plot.curves.iter().enumerate() {
        let colour = series_colour(n);
        let points: Vec<[f64; 2]> = curve
            .points
            .iter()
            .map(|p| frame.place(p[0], p[1]))
            .collect();
        svg.polyline(&points, &format!("stroke=\"{colour}\" stroke-width=\"2\""));
        for (p, at) in curve.points.iter().zip(&points) {
            let reach = 1.96 * p[2];
            let ends = [p[1] - reach, p[1] + reach].map(|v| frame.y.at(v));
            svg.line(
                [at[0], ends[0]],
                [at[0], ends[1]],
                &format!("stroke=\"{colour}\" stroke-width=\"1.5\""),
            );
            svg.hint(
                &format!(
                    "{}, {:.0} per arm: {:.3} ± {:.3}",
                    curve.name, p[0], p[1], reach
                ),
                |svg| {
                    svg.marker(n, *at, 4.5, &format!("fill=\"{colour}\""));
                },
            );
        }
        let line = legend + 22.0 * n as f64;
        svg.marker(
            n,
            [LEFT + 6.0, line - 4.5],
            5.0,
            &format!("fill=\"{colour}\""),
        );
        svg.write(
            LEFT + 20.0,
            line,
            Type::default(),
            &fitted(&curve.name, 13.0, WIDTH - LEFT - 40.0),
        );
    }
    svg.close()
}
