//! `howship bench scores`: published values, coverage, calibration and speed of readers' scores, made here.

mod calibration;
mod coverage;
mod reference;
mod speed;

use crate::printer::Printer;
use crate::stop;
use crate::table::Table;
use calibration::CalibrationRow;
use coverage::{CoverageRow, STUDIES_PER_REPEAT};
use reference::ReferenceRow;
use serde::Serialize;
use speed::Speed;

#[derive(Serialize)]
struct ScoresBench {
    studies_per_cell: usize,
    reference: Vec<ReferenceRow>,
    coverage: Vec<CoverageRow>,
    calibration: Vec<CalibrationRow>,
    speed: Speed,
}

pub(crate) fn run(repeats: u64, printer: &Printer) -> anyhow::Result<()> {
    let studies = repeats as usize * STUDIES_PER_REPEAT;
    printer.note("published values");
    let reference = reference::rows()?;
    stop::check()?;
    // Before the studies warm the machine up.
    let speed = speed::measure(printer)?;
    let result = ScoresBench {
        studies_per_cell: studies,
        reference,
        coverage: coverage::rows(studies, printer)?,
        calibration: calibration::rows(repeats, printer)?,
        speed,
    };
    if printer.wants_json() {
        return printer.json(&result);
    }
    printer.answer(&text(&result, printer))
}

fn text(result: &ScoresBench, printer: &Printer) -> String {
    let mut published = Table::new(["statistic", "source", "published", "here", "difference"]);
    for row in &result.reference {
        published.row(
            vec![
                row.statistic.to_owned(),
                row.source.to_owned(),
                row.published.to_owned(),
                format!("{:.*}", decimals(row.published) + 2, row.here),
                format!("{:.1e}", row.difference),
            ],
            None,
        );
    }
    let mut covered = Table::new([
        "design",
        "patients",
        "statistic",
        "truth",
        "mean",
        "95 % interval holds it",
        "missed below",
        "missed above",
    ]);
    for row in &result.coverage {
        covered.row(
            vec![
                row.design.to_owned(),
                row.subjects.to_string(),
                row.statistic.to_owned(),
                row.truth.map_or_else(|| "–".into(), |t| format!("{t:.3}")),
                format!("{:.3}", row.mean),
                format!(
                    "{:.1} % ({:.1}–{:.1})",
                    100.0 * row.coverage,
                    100.0 * row.coverage_interval.0,
                    100.0 * row.coverage_interval.1
                ),
                format!("{:.1} %", 100.0 * row.interval_too_high),
                format!("{:.1} %", 100.0 * row.interval_too_low),
            ],
            None,
        );
    }
    format!(
        "{}\n{}\n{} simulated studies in each cell\n\n{}\n{}",
        published.print(printer),
        covered.print(printer),
        result.studies_per_cell,
        calibrated(&result.calibration, printer),
        seconds(&result.speed)
    )
}

fn calibrated(rows: &[CalibrationRow], printer: &Printer) -> String {
    let mut table = Table::new([
        "P(repair), 100 patients, 3 readers",
        "joints",
        "repaired",
        "calibration error",
        "at P ≥ 0.1",
        "most above truth",
        "called (P ≥ 0.95)",
        "wrong",
        "found",
    ]);
    for row in rows {
        table.row(
            vec![
                row.design.clone(),
                row.joints.to_string(),
                row.repaired.to_string(),
                format!("{:.4}", row.calibration_error),
                format!("{:.3}", row.calibration_error_doubtful),
                format!("{:+.3}", row.most_above_truth),
                row.called.to_string(),
                format!("{:.1} %", 100.0 * row.wrong_of_called),
                format!("{:.1} %", 100.0 * row.found),
            ],
            None,
        );
    }
    table.print(printer)
}

fn seconds(speed: &Speed) -> String {
    let all = speed.open_s + speed.validate_s + speed.totals_s;
    format!(
        "{} rows opened in {:.2} s, validated in {:.2} s, totalled in {:.2} s: {:.1} million rows a second\n\
         agreement of 500 patients × 44 joints × 2 readers × 2 visits with {} draws in {:.2} s\n\
         {} threads\n",
        speed.rows,
        speed.open_s,
        speed.validate_s,
        speed.totals_s,
        speed.rows as f64 / 1e6 / all,
        speed.draws,
        speed.agree_s,
        speed.threads
    )
}

/// Digits behind the point of a number in print.
fn decimals(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, digits)| digits.len())
}
