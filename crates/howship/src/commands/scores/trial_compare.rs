//! Arms of a trial against the reference arm.

use super::answer::{page_table, without_constant};
use super::numbers::{estimated, p_value, percent};
use howship_report::paper::Section;
use howship_scores::trial::{Comparison, Handling, Method, TrialReport};
use howship_scores::{Tidy, TidyCell};

/// The rows of a tidy table whose named columns hold these words.
fn only(tidy: &Tidy, wanted: &[(&str, &str)]) -> Tidy {
    let places: Vec<(usize, &str)> = wanted
        .iter()
        .filter_map(|(column, word)| Some((tidy.columns.iter().position(|c| c == column)?, *word)))
        .collect();
    let holds = |row: &&Vec<TidyCell>| {
        places
            .iter()
            .all(|(p, word)| row.get(*p) == Some(&TidyCell::from(*word)))
    };
    Tidy {
        columns: tidy.columns.clone(),
        rows: tidy.rows.iter().filter(holds).cloned().collect(),
    }
}

/// Whether handling missing films so gives other patients than those who were read.
pub(super) fn differs(
    report: &TrialReport,
    feature: &str,
    visit: &str,
    handling: Handling,
) -> bool {
    let mut rows = report.handled(feature, visit, handling);
    handling == Handling::Observed || rows.any(|r| r.imputed > 0)
}

/// Arms against the reference, of films handled in one way: a difference with its interval, or how often a patient of
/// the arm changes more than one of the reference.
pub(super) fn against(report: &TrialReport, feature: &str, visit: &str, observed: bool) -> Tidy {
    let mut table = Tidy::new(&[
        "method",
        "missing films",
        "arm",
        "patients",
        "difference",
        "p",
    ]);
    let here = |c: &&Comparison| {
        c.feature == feature
            && c.visit == visit
            && (c.handling == Handling::Observed) == observed
            && differs(report, feature, visit, c.handling)
    };
    for c in report.comparisons.iter().filter(here) {
        let unit = match c.method {
            Method::AncovaRanks => " ranks",
            Method::AncovaNormalScores => " SD of normal scores",
            Method::RandomCoefficientSlope => " points a year",
            _ => " points",
        };
        let difference = match (&c.difference, c.superiority) {
            (Some(d), _) => TidyCell::from(estimated(d.estimate, Some(d.interval)) + unit),
            (None, Some(s)) => format!("higher than the reference in {}", percent(s)).into(),
            (None, None) => TidyCell::Empty,
        };
        table.push(vec![
            c.method.name().into(),
            c.handling.name().into(),
            c.arm.as_str().into(),
            c.patients.into(),
            difference,
            c.p.map_or(TidyCell::Empty, |p| p_value(p).into()),
        ]);
    }
    if observed {
        return without_constant(table, &["missing films"]);
    }
    table
}

pub(super) fn comparisons(report: &TrialReport, feature: &str, visit: &str) -> Section {
    let reference = report
        .reference_arm
        .as_deref()
        .unwrap_or("the reference arm");
    let of_feature =
        |tidy: &Tidy| without_constant(only(tidy, &[("feature", feature)]), &["feature"]);
    let mut adjusted = only(
        &report.tidy_adjusted_means(),
        &[("feature", feature), ("visit", visit)],
    );
    for handling in Handling::ALL {
        if !differs(report, feature, visit, handling) {
            let handled = TidyCell::from(handling.name());
            adjusted.rows.retain(|row| !row.contains(&handled));
        }
    }
    let mut tables = vec![page_table(
        &format!("Arms against {reference} at {visit}, films that were read"),
        &against(report, feature, visit, true),
    )];
    let filled = against(report, feature, visit, false);
    if !filled.rows.is_empty() {
        let caption = format!("Arms against {reference} at {visit}, missing films filled in");
        tables.push(page_table(&caption, &filled));
    }
    tables.push(page_table(
        &format!("Mean changes at {visit}, adjusted for baseline"),
        &without_constant(adjusted, &["feature", "visit", "method", "handling"]),
    ));
    let slopes = of_feature(&report.tidy_random_coefficients());
    if !slopes.rows.is_empty() {
        tables.push(page_table("Random-coefficient model", &slopes));
    }
    Section {
        heading: format!("Comparisons of {feature}"),
        paragraphs: vec![
            "All sums and visits are in comparisons.csv, adjusted_means.csv and random_coefficients.csv.".to_owned(),
        ],
        tables,
        ..Section::default()
    }
}
