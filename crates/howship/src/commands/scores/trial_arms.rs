//! Arms of a trial in the shape of published tables.

use super::answer::number;
use howship_scores::Tidy;
use howship_scores::change::Share;
use howship_scores::trial::{ArmRow, TrialReport};
use howship_stats::Interval;

/// A row per arm and way of handling missing films: mean with its interval, median with its quartiles, and how many
/// progressed and were repaired by each definition. Complete numbers, a column each, are in `arms.csv`.
pub(super) fn published(report: &TrialReport, feature: &str, visit: &str) -> Tidy {
    let rows = || {
        let here = |r: &&ArmRow| r.feature == feature && r.visit == visit;
        report.tables.iter().filter(here)
    };
    let mut columns = vec!["handling", "arm", "n", "mean (CI)", "SD", "median (IQR)"];
    columns.push("group repair");
    let names = |row: &ArmRow| row.shares.iter().map(|s| s.name.clone()).collect();
    let definitions: Vec<String> = rows().next().map(names).unwrap_or_default();
    columns.extend(definitions.iter().map(String::as_str));
    let mut table = Tidy::new(&columns);
    for row in rows() {
        let group = row.group.as_ref();
        let mean = group.map(|g| between(g.mean, Interval::new(g.lower, g.upper)));
        let median = row.median.zip(row.quartiles);
        let repair = group.map(|g| if g.repair { "yes" } else { "no" }.to_owned());
        let mut cells = vec![
            row.handling.name().into(),
            row.arm.as_str().into(),
            row.patients.into(),
            text(mean),
            text(group.map(|g| number(g.sd))),
            text(median.map(|(m, (q1, q3))| between(m, Interval::new(q1, q3)))),
            text(repair),
        ];
        cells.extend(
            row.shares
                .iter()
                .map(|s| text(s.share.as_ref().map(percent))),
        );
        table.push(cells);
    }
    table
}

fn text(cell: Option<String>) -> howship_scores::TidyCell {
    cell.map_or(howship_scores::TidyCell::Empty, Into::into)
}

fn between(value: f64, ends: Interval) -> String {
    let [value, lower, upper] = [value, ends.lower, ends.upper].map(number);
    format!("{value} ({lower} to {upper})")
}

fn percent(share: &Share) -> String {
    format!("{} ({:.0} %)", share.count, 100.0 * share.share)
}
