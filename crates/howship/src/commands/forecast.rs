//! `howship forecast`: when repair of a record's lesions becomes detectable.

use super::mechanism::{Answer, Tabled, case, folder, heard, percent};
use super::observed::observed;
use crate::args_mechanism::ForecastArgs;
use crate::failure::{ExitStatus, of_record};
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::table::Table;
use howship_mechanism::case::{Case, DAYS_PER_MONTH};
use howship_mechanism::forecast::{
    CoverageOptions, CoverageRow, ForecastOptions, ForecastReport, TimeInterval, coverage, forecast,
};
use howship_report::mechanism::{IntervalRow, IntervalsPlot, intervals_plot};
use howship_report::paper::{Card, Cell, Figure, Page, Section, Table as PageTable, Tone};
use howship_tables::{Cell as TableCell, Holds};

pub(crate) fn run(args: &ForecastArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let Some((mut record, source)) = case(&args.case, printer)? else {
        return done();
    };
    if let Some(seed) = args.seed {
        record.run.seed = seed;
    }
    let bad = |e: &howship_mechanism::Error| of_record(&source.path, e);
    if let Some(patients) = args.coverage {
        let options = CoverageOptions {
            patients,
            draws: args.draws.min(8192),
            months: args.months as f64,
            ..CoverageOptions::default()
        };
        let progress = Progress::new(printer);
        let rows =
            coverage(&record, &options, &heard(&progress, "forecasting")).map_err(|e| bad(&e))?;
        progress.finish();
        printer.result(&covered(&rows, printer))?;
        printer.json(&rows)?;
        return done();
    }
    let mut inputs = vec![source.input.clone()];
    let (observed, not_used) = match &args.observed {
        Some(path) => observed(path, &record, &mut inputs)?,
        None => (Vec::new(), Vec::new()),
    };
    let folder = folder(&args.out)?;
    let options = ForecastOptions {
        draws: args.draws,
        months: args.months as f64,
        ..ForecastOptions::default()
    };
    let progress = Progress::new(printer);
    let found = forecast(
        &record,
        &observed,
        &options,
        &heard(&progress, "forecasting"),
    )
    .map_err(|e| bad(&e))?;
    progress.finish();
    let mut notes = record.warnings.clone();
    notes.extend(not_used);
    notes.extend(found.notes.iter().cloned());
    let answer = Answer {
        question: "forecast",
        inputs,
        seed: record.run.seed,
        notes,
        result: &found,
        text: text(&record, &found, printer),
        tables: vec![forecast_table(&found), next_table(&found)],
        page: page(&record, &found),
    };
    answer.hand_out(folder, false, printer)
}

/// `7.0 to 15.2 months`, `not before 9.1 months`, `not within 36 months`.
fn span(interval: TimeInterval, horizon: f64) -> String {
    let month = |d: f64| d / DAYS_PER_MONTH;
    match (interval.from, interval.to) {
        (Some(from), Some(to)) => match [from, to].map(|d| format!("{:.1}", month(d))) {
            [from, to] if from == to => format!("{from} months"),
            [from, to] => format!("{from} to {to} months"),
        },
        (Some(from), None) => format!("not before {:.1} months", month(from)),
        _ => format!("not within {:.0} months", month(horizon)),
    }
}

fn text(record: &Case, found: &ForecastReport, printer: &Printer) -> String {
    let mut table = Table::new([
        "lesion",
        "tool",
        "precision in vivo",
        "detectable (95 %)",
        "50 %",
        "within horizon",
    ]);
    for row in &found.lesions {
        table.row(
            vec![
                row.lesion.clone(),
                row.tool.clone(),
                format!("{} {}", row.precision, row.unit),
                span(row.day.interval, found.horizon),
                span(row.day.half, found.horizon),
                percent(row.day.within),
            ],
            None,
        );
    }
    let d = &found.diagnostics;
    format!(
        "When repair is detectable: {}\n{}\n{} observations; {} draws, effective number {:.0}, largest weight {:.4}\n",
        record.subject.id,
        table.print(printer),
        d.observations,
        d.draws,
        d.effective,
        d.largest_weight
    )
}

fn covered(rows: &[CoverageRow], printer: &Printer) -> String {
    let mut table = Table::new([
        "tool",
        "visits seen",
        "lesions",
        "in 95 %",
        "in 50 %",
        "mean width, months",
        "score, days",
        "least effective",
    ]);
    for r in rows {
        table.row(
            vec![
                r.tool.clone(),
                r.visits.to_string(),
                r.lesions.to_string(),
                percent(r.covered),
                percent(r.covered_half),
                format!("{:.1}", r.width / DAYS_PER_MONTH),
                format!("{:.1}", r.score),
                format!("{:.0}", r.least_effective),
            ],
            None,
        );
    }
    table.print(printer)
}

fn forecast_table(found: &ForecastReport) -> Tabled<'_> {
    use Holds::{Numbers, Text};
    let columns = vec![
        ("lesion", Text),
        ("tool", Text),
        ("precision_in_vivo", Numbers),
        ("unit", Text),
        ("critical_change", Numbers),
        ("p_within_horizon", Numbers),
        ("from95_days", Numbers),
        ("to95_days", Numbers),
        ("from50_days", Numbers),
        ("to50_days", Numbers),
    ];
    let number = |x: Option<f64>| x.map_or(TableCell::Empty, TableCell::Number);
    let rows = found.lesions.iter().map(|r| {
        vec![
            TableCell::Text(r.lesion.as_str().into()),
            TableCell::Text(r.tool.as_str().into()),
            TableCell::Number(r.precision),
            TableCell::Text(r.unit.into()),
            TableCell::Number(r.critical),
            TableCell::Number(r.day.within),
            number(r.day.interval.from),
            number(r.day.interval.to),
            number(r.day.half.from),
            number(r.day.half.to),
        ]
    });
    Tabled {
        name: "forecast",
        columns,
        rows: rows.collect(),
    }
}

fn next_table(found: &ForecastReport) -> Tabled<'_> {
    use Holds::{Numbers, Text};
    let columns = vec![
        ("visit", Text),
        ("lesion", Text),
        ("tool", Text),
        ("expected_change", Numbers),
        ("lower95", Numbers),
        ("upper95", Numbers),
        ("unit", Text),
        ("p_healing", Numbers),
    ];
    let rows = found.next.iter().map(|r| {
        let mut cells = vec![
            TableCell::Text(r.visit.as_str().into()),
            TableCell::Text(r.lesion.as_str().into()),
            TableCell::Text(r.tool.as_str().into()),
        ];
        cells.extend(r.change.map(TableCell::Number));
        cells.push(TableCell::Text(r.unit.into()));
        cells.push(TableCell::Number(r.healing));
        cells
    });
    Tabled {
        name: "next_visits",
        columns,
        rows: rows.collect(),
    }
}

fn page(record: &Case, found: &ForecastReport) -> Page {
    let months = found.horizon / DAYS_PER_MONTH;
    let surest = found
        .lesions
        .iter()
        .max_by(|a, b| a.day.within.total_cmp(&b.day.within));
    let answer = surest.map_or_else(String::new, |best| {
        format!(
            "Detectable soonest with {}: {} ({} within {months:.0} months).",
            best.tool,
            span(best.day.interval, found.horizon),
            percent(best.day.within)
        )
    });
    let rows: Vec<IntervalRow> = found
        .lesions
        .iter()
        .map(|r| {
            let month = |d: Option<f64>| d.map(|d| d / DAYS_PER_MONTH);
            IntervalRow {
                name: format!("{}: {}", r.lesion, r.tool),
                from: month(r.day.interval.from),
                to: month(r.day.interval.to),
                half: [month(r.day.half.from), month(r.day.half.to)],
                within: r.day.within,
            }
        })
        .collect();
    let next = found.next.iter().map(|r| {
        vec![
            Cell::from(r.visit.clone()),
            Cell::from(r.lesion.clone()),
            Cell::from(r.tool.clone()),
            Cell::from(r.change[0]),
            Cell::from(format!("{:.3} to {:.3}", r.change[1], r.change[2])),
            Cell::from(r.unit.to_owned()),
            Cell::from(percent(r.healing)),
        ]
    });
    let d = &found.diagnostics;
    Page {
        brand: "forecast".into(),
        title: format!("When repair shows: {}", record.subject.id),
        subtitle: format!("{} observations used. Research use only.", d.observations),
        answer,
        cards: vec![Card {
            number: format!("{:.0}", d.effective),
            word: "effective draws".into(),
            note: format!("of {}; largest weight {:.4}", d.draws, d.largest_weight),
            tone: Tone::Plain,
        }],
        sections: vec![
            Section {
                heading: "When".into(),
                paragraphs: vec!["Each line holds 95 % of the probability, each bar 50 %. Detectable is the verdict: the true change is so large that a measured change of that size is judged healing.".into()],
                figures: vec![Figure {
                    svg: intervals_plot(&IntervalsPlot {
                        title: "When repair is detectable".into(),
                        horizon: months,
                        rows,
                    }),
                    caption: "An arrow goes on beyond the horizon: then all of the missing 5 % lies before its start.".into(),
                }],
                ..Section::default()
            },
            Section {
                heading: "The next images".into(),
                tables: vec![PageTable {
                    caption: "Measured change to expect since baseline; negative is repair".into(),
                    columns: ["visit", "lesion", "tool", "expected", "95 % of measurements", "unit", "P(healing)"].map(str::to_owned).into(),
                    rows: next.collect(),
                }],
                ..Section::default()
            },
            Section {
                heading: "Method".into(),
                paragraphs: vec!["Importance sampling: patients and lesions are drawn with their constants from the stated ranges and one of the two mineral laws each; every draw is weighted by the likelihood of what was observed.".into()],
                ..Section::default()
            },
        ],
        ..Page::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It said `3.0 to 3.0 months` where both ends round alike.
    #[test]
    fn ends_that_round_alike_are_one_month() {
        let of = |from: Option<f64>, to: Option<f64>| {
            let day = |m: f64| m * DAYS_PER_MONTH;
            let interval = TimeInterval {
                from: from.map(day),
                to: to.map(day),
            };
            span(interval, 24.0 * DAYS_PER_MONTH)
        };
        assert_eq!(of(Some(2.98), Some(3.04)), "3.0 months");
        assert_eq!(of(Some(2.94), Some(3.06)), "2.9 to 3.1 months");
        assert_eq!(of(Some(3.0), None), "not before 3.0 months");
        assert_eq!(of(None, None), "not within 24 months");
    }
}
