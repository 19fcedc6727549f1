use super::agreement::Estimate;
use crate::paper::number::{self, drawable, ordered};
use crate::paper::palette::{RULE, STABLE};
use crate::paper::{Axis, Hold, Plot, Svg, Type, short, soft};

const TOP: f64 = 20.0;

/// Predictions of nearly the same probability, and what came of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CalibrationBin {
    /// Mean predicted probability.
    pub predicted: f64,
    /// Observed share and its interval.
    pub observed: Estimate,
    /// Predictions.
    pub count: usize,
}

/// Predicted probability against what happened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Calibration {
    /// What the figure shows, for its name.
    pub title: String,
    /// What was predicted, as in `P(repair)`.
    pub quantity: String,
    /// Bins of predictions.
    pub bins: Vec<CalibrationBin>,
    /// Expected calibration error, where computed.
    pub error: Option<f64>,
}

/// A reliability diagram, with the number of predictions below it.
#[must_use]
pub fn calibration_plot(plot: &Calibration) -> String {
    const SIDE: f64 = 380.0;
    const BARS: f64 = 64.0;
    let size = [66.0 + SIDE + 214.0, TOP + SIDE + 26.0 + BARS + 50.0];
    let mut bins: Vec<CalibrationBin> = plot
        .bins
        .iter()
        .copied()
        .filter(|b| drawable(b.predicted) && drawable(b.observed.value))
        .collect();
    bins.sort_by(|a, b| a.predicted.total_cmp(&b.predicted));
    let total: usize = bins.iter().map(|b| b.count).sum();
    let error = plot.error.filter(|e| drawable(*e));
    let mut words = format!(
        "Reliability diagram of {}, {total} predictions.",
        plot.quantity
    );
    if let Some(e) = error {
        words.push_str(&format!(
            " Expected calibration error {}.",
            number::fixed(e, 3)
        ));
    }
    let mut svg = Svg::open(size, &plot.title, &words);
    let unit = [0.0, 1.0];
    let frame = Plot {
        x: Axis {
            data: unit,
            picture: [66.0, 66.0 + SIDE],
        },
        y: Axis {
            data: unit,
            picture: [TOP + SIDE, TOP],
        },
    };
    frame.y_axis(&mut svg, "observed share", false);
    svg.line(
        frame.place(0.0, 0.0),
        frame.place(1.0, 1.0),
        &format!("stroke=\"{RULE}\" stroke-dasharray=\"6 4\" stroke-width=\"1.4\""),
    );
    let path: Vec<[f64; 2]> = bins
        .iter()
        .map(|b| frame.place(b.predicted, b.observed.value))
        .collect();
    if path.len() > 1 {
        svg.polyline(
            &path,
            &format!("stroke=\"{STABLE}\" stroke-width=\"1.6\" stroke-opacity=\".6\""),
        );
    }
    for (bin, at) in bins.iter().zip(&path) {
        if let Some([low, high]) = ordered(bin.observed.interval) {
            svg.line(
                [at[0], frame.y.at(low)],
                [at[0], frame.y.at(high)],
                &format!("stroke=\"{STABLE}\" stroke-width=\"2\""),
            );
        }
        let words = format!(
            "predicted {}, observed {} of {}",
            short(bin.predicted),
            short(bin.observed.value),
            bin.count
        );
        svg.hint(&words, |svg| {
            svg.marker(0, *at, 5.0, &format!("fill=\"{STABLE}\" stroke=\"#fff\""))
        });
    }
    let foot = Plot {
        x: frame.x,
        y: Axis {
            data: unit,
            picture: [TOP + SIDE + 26.0 + BARS, TOP + SIDE + 26.0],
        },
    };
    bars(&mut svg, &foot, &bins);
    foot.x_axis(&mut svg, &format!("predicted {}", plot.quantity), false, "");
    let x = frame.right() + 20.0;
    if let Some(e) = error {
        svg.write(
            x,
            TOP + 20.0,
            soft(Hold::Start),
            "expected calibration error",
        );
        svg.write(
            x,
            TOP + 42.0,
            Type {
                size: 18.0,
                bold: true,
                ..Type::default()
            },
            &number::fixed(e, 3),
        );
    }
    svg.write(
        x,
        TOP + 72.0,
        soft(Hold::Start),
        &format!("{total} predictions"),
    );
    svg.close()
}

fn bars(svg: &mut Svg, foot: &Plot, bins: &[CalibrationBin]) {
    let most = bins.iter().map(|b| b.count).max().unwrap_or(0).max(1);
    for bin in bins {
        let height = (bin.count as f64 / most as f64) * (foot.bottom() - foot.top());
        let x = foot.x.at(bin.predicted) - 7.0;
        let x = x.clamp(foot.left(), foot.right() - 14.0);
        svg.rect(
            [x, foot.bottom() - height],
            [14.0, height],
            &format!("fill=\"{STABLE}\" fill-opacity=\".35\""),
        );
    }
    svg.write(
        foot.left() - 8.0,
        foot.top() + 10.0,
        Type {
            size: 12.5,
            hold: Hold::End,
            ..Type::default()
        },
        &most.to_string(),
    );
}
