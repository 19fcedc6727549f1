use crate::paper::palette::{REPAIR, RULE};
use crate::paper::{Axis, Hold, Plot, Svg, Type, fitted, soft};

/// When something shows, in months: a 95 % and a 50 % interval, open ends where the horizon cuts them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IntervalRow {
    /// Name in print.
    pub name: String,
    /// Not before; none: not within the horizon.
    pub from: Option<f64>,
    /// Not after; none: open.
    pub to: Option<f64>,
    /// The same of the 50 % interval.
    pub half: [Option<f64>; 2],
    /// Probability within the horizon.
    pub within: f64,
}

/// Intervals under one another.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct IntervalsPlot {
    /// What the figure shows, for its name.
    pub title: String,
    /// Months to which it looks.
    pub horizon: f64,
    /// The rows.
    pub rows: Vec<IntervalRow>,
}

const WIDTH: f64 = 780.0;
const LEFT: f64 = 290.0;
const RIGHT: f64 = 128.0;
const TOP: f64 = 30.0;
const ROW: f64 = 26.0;

/// Intervals of time: never one month.
#[must_use]
pub fn intervals_plot(plot: &IntervalsPlot) -> String {
    let bottom = TOP + ROW * plot.rows.len() as f64 + 4.0;
    let words: Vec<String> = plot
        .rows
        .iter()
        .map(|r| format!("{}: {}", r.name, span(r, plot.horizon)))
        .collect();
    let mut svg = Svg::open(
        [WIDTH, bottom + 54.0],
        &plot.title,
        &format!("{}.", words.join(". ")),
    );
    let frame = Plot {
        x: Axis {
            data: [0.0, plot.horizon.max(1e-6)],
            picture: [LEFT, WIDTH - RIGHT],
        },
        y: Axis {
            data: [0.0, 1.0],
            picture: [bottom, TOP],
        },
    };
    frame.x_axis(&mut svg, "months from baseline", false, "");
    let head = soft(Hold::Start);
    svg.write(
        WIDTH - RIGHT + 12.0,
        TOP - 10.0,
        head,
        &format!("within {:.0} months", plot.horizon),
    );
    for (i, row) in plot.rows.iter().enumerate() {
        let y = TOP + ROW * (i as f64 + 0.5);
        svg.write(
            8.0,
            y + 4.5,
            Type::default(),
            &fitted(&row.name, 13.0, LEFT - 16.0),
        );
        draw(&mut svg, &frame, row, y);
        svg.write(
            WIDTH - RIGHT + 12.0,
            y + 4.5,
            Type::default(),
            &crate::paper::number::percent(row.within),
        );
    }
    svg.close()
}

fn span(row: &IntervalRow, horizon: f64) -> String {
    match (row.from, row.to) {
        (Some(from), Some(to)) => match [from, to].map(|m| format!("{m:.1}")) {
            [from, to] if from == to => format!("{from} months"),
            [from, to] => format!("{from} to {to} months"),
        },
        (Some(from), None) => format!("not before {from:.1} months"),
        _ => format!("not within {horizon:.0} months"),
    }
}

fn draw(svg: &mut Svg, frame: &Plot, row: &IntervalRow, y: f64) {
    let Some(from) = row.from else {
        svg.write(
            frame.left() + 8.0,
            y + 4.5,
            soft(Hold::Start),
            "not within the horizon",
        );
        return;
    };
    let place = |month: Option<f64>| month.map_or(frame.right(), |m| frame.x.at(m));
    let (a, b) = (frame.x.at(from), place(row.to));
    svg.line(
        [a, y],
        [b, y],
        &format!("stroke=\"{REPAIR}\" stroke-width=\"2\""),
    );
    svg.line(
        [a, y - 5.0],
        [a, y + 5.0],
        &format!("stroke=\"{REPAIR}\" stroke-width=\"2\""),
    );
    if row.to.is_some() {
        svg.line(
            [b, y - 5.0],
            [b, y + 5.0],
            &format!("stroke=\"{REPAIR}\" stroke-width=\"2\""),
        );
    } else {
        // An arrow: it goes on beyond the horizon.
        svg.line(
            [b - 7.0, y - 5.0],
            [b, y],
            &format!("stroke=\"{REPAIR}\" stroke-width=\"2\""),
        );
        svg.line(
            [b - 7.0, y + 5.0],
            [b, y],
            &format!("stroke=\"{REPAIR}\" stroke-width=\"2\""),
        );
    }
    if let [Some(low), high] = row.half {
        let (low, high) = (frame.x.at(low), place(high));
        svg.rect(
            [low, y - 5.0],
            [high - low, 10.0],
            &format!(
                "fill=\"{REPAIR}\" fill-opacity=\".35\" stroke=\"{RULE}\" stroke-opacity=\".3\""
            ),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figure said `3.0 to 3.0 months` where both ends round alike.
    #[test]
    fn ends_that_round_alike_are_one_month() {
        let of = |from, to| {
            let row = IntervalRow {
                name: String::new(),
                from,
                to,
                half: [None; 2],
                within: 1.0,
            };
            span(&row, 24.0)
        };
        assert_eq!(of(Some(2.98), Some(3.04)), "3.0 months");
        assert_eq!(of(Some(2.94), Some(3.06)), "2.9 to 3.1 months");
        assert_eq!(of(Some(3.0), None), "not before 3.0 months");
        assert_eq!(of(None, None), "not within 24 months");
    }
}
