//! `howship scores totals`: sums per reading, and what was imputed.

use super::answer::{Answer, folder, page_table, terminal, without_constant};
use super::source;
use crate::args_scores::TotalsArgs;
use crate::failure::ExitStatus;
use crate::printer::Printer;
use crate::table::plural;
use howship_report::paper::{Card, Page, Section};
use howship_scores::{Imputation, ImputationRule, ScoreTable, Tidy, TidyCell, Totals, maxima};
use serde::Serialize;

#[derive(Serialize)]
struct Result<'a> {
    scheme: &'a str,
    totals: Tidy,
    imputations: Tidy,
}

pub(crate) fn run(args: &TotalsArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = folder(&args.out)?;
    let mut source = source::scores(&args.table)?;
    let (sums, imputations) = source.sums(&args.sums)?;
    let scores = &source.table;
    let summary = summary(scores, &sums, &maxima(scores, &args.sums.options()));
    let tidy = sums.tidy(scores);
    let record = Imputation::tidy(&imputations, scores, &sums);
    let refused = imputations
        .iter()
        .filter(|i| matches!(i.rule, ImputationRule::Refused))
        .count();
    let missing = source::asked_sums(scores, &sums).filter(|sum| sum.value.is_none());
    let missing = missing.count();
    let counts = format!(
        "{} of {}, {}; {} filled in or imputed, {} too incomplete for a sum",
        plural(sums.rows.len(), "reading"),
        plural(scores.subjects.len(), "subject"),
        plural(sums.features.len(), "sum"),
        imputations.len() - refused,
        missing
    );
    let mut text = terminal(&summary, &[], 60, printer);
    text.push_str(&format!("\n{counts}\n"));
    let page = Page {
        title: "Totals of readers’ scores".to_owned(),
        subtitle: source.subtitle(),
        answer: counts,
        cards: vec![
            card(sums.rows.len(), "readings"),
            card(imputations.len() - refused, "imputations"),
            card(missing, "sums missing"),
        ],
        sections: vec![
            Section {
                heading: "Sums by visit and reader".to_owned(),
                tables: vec![page_table("Sums", &summary)],
                ..Section::default()
            },
            Section {
                heading: "What was not read but filled in".to_owned(),
                tables: vec![page_table(
                    "Every sum that was completed and every score that was filled in (imputation.csv)",
                    &without_constant(record.clone(), &["campaign", "reading", "scheme"]),
                )],
                ..Section::default()
            },
        ],
        ..Page::default()
    };
    let result = Result {
        scheme: &scores.scheme,
        totals: tidy.clone(),
        imputations: record.clone(),
    };
    let answer = Answer {
        question: "totals",
        text,
        notes: Vec::new(),
        result: &result,
        tables: vec![
            ("totals", tidy),
            ("imputation", record),
            ("summary", summary),
        ],
        page,
    };
    answer.hand_out(&source.origin, out, printer)
}

fn card(count: usize, word: &str) -> Card {
    Card {
        number: count.to_string(),
        word: word.to_owned(),
        ..Card::default()
    }
}

/// Mean, SD and range of each sum by visit and reader.
fn summary(scores: &ScoreTable, sums: &Totals, maxima: &[Option<f64>]) -> Tidy {
    let mut tidy = Tidy::new(&[
        "visit",
        "reader",
        "feature",
        "readings",
        "missing",
        "mean",
        "sd",
        "median",
        "min",
        "max",
        "largest_possible",
    ]);
    for (v, visit) in scores.visits.iter().enumerate() {
        for (r, reader) in scores.readers.iter().enumerate() {
            for (f, feature) in sums.features.iter().enumerate().rev() {
                let here = sums
                    .rows
                    .iter()
                    .filter(|row| (row.visit as usize, row.reader as usize) == (v, r));
                let all: Vec<Option<f64>> = here
                    .map(|row| row.values.get(f).and_then(|t| t.value))
                    .collect();
                if all.is_empty() {
                    continue;
                }
                let mut known: Vec<f64> = all.iter().flatten().copied().collect();
                let mut cells: Vec<TidyCell> = vec![
                    visit.name.as_str().into(),
                    reader.into(),
                    feature.as_str().into(),
                    known.len().into(),
                    (all.len() - known.len()).into(),
                ];
                cells.extend(moments(&mut known).map(TidyCell::from));
                cells.push(maxima.get(f).copied().flatten().into());
                tidy.push(cells);
            }
        }
    }
    tidy
}

/// Mean, SD, median, smallest and largest.
fn moments(values: &mut [f64]) -> [Option<f64>; 5] {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let (Some(&min), Some(&max)) = (values.first(), values.last()) else {
        return [None; 5];
    };
    let mean = values.iter().sum::<f64>() / n as f64;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    let sd = (n > 1).then(|| (squares / (n - 1) as f64).sqrt());
    let median = 0.5 * (values[(n - 1) / 2] + values[n / 2]);
    [Some(mean), sd, Some(median), Some(min), Some(max)]
}
