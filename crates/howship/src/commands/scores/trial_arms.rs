//! Arms of a trial in the shape of published tables.

use super::numbers::{counted, estimated, number};
use howship_scores::change::GroupChange;
use howship_scores::trial::{ArmRow, DefinitionShare, Handling, TrialReport};
use howship_scores::{Tidy, TidyCell};

/// A column per arm, as publications have it: mean with its interval, median with its quartiles, and how many
/// progressed and were repaired by each definition, of patients handled in one way. Complete numbers, a column each,
/// are in `arms.csv`.
pub(super) fn published(
    report: &TrialReport,
    feature: &str,
    visit: &str,
    handling: Handling,
) -> Tidy {
    let rows: Vec<&ArmRow> = report.handled(feature, visit, handling).collect();
    let arms = rows.iter().map(|r| r.arm.as_str());
    let columns: Vec<&str> = std::iter::once("change").chain(arms).collect();
    let mut table = Tidy::new(&columns);
    let mut line = |name: &str, cell: &dyn Fn(&ArmRow) -> TidyCell| {
        let cells = rows.iter().map(|r| cell(r));
        table.push(std::iter::once(name.into()).chain(cells).collect());
    };
    line("patients", &|r| r.patients.into());
    if handling != Handling::Observed {
        line("of these filled in", &|r| r.imputed.into());
    }
    let level = number(100.0 * report.confidence);
    line(&format!("mean ({level} % CI)"), &|r| {
        let mean = |g: &GroupChange| estimated(g.mean, Some((g.lower, g.upper)));
        text(r.group.as_ref().map(mean))
    });
    line("SD", &|r| text(r.group.as_ref().map(|g| number(g.sd))));
    line("median (IQR)", &|r| {
        let quartiles = r.median.zip(r.quartiles);
        text(quartiles.map(|(m, ends)| estimated(m, Some(ends))))
    });
    let definitions = rows.first().map_or(&[][..], |r| &r.shares);
    for (at, definition) in definitions.iter().enumerate() {
        line(&definition.name, &|r| {
            text(r.shares.get(at).and_then(share))
        });
    }
    line("repair as a group", &|r| {
        text(r.group.as_ref().map(|g| g.repair_word().to_owned()))
    });
    table
}

fn text(cell: Option<String>) -> TidyCell {
    cell.map_or(TidyCell::Empty, Into::into)
}

fn share(of: &DefinitionShare) -> Option<String> {
    let given = of.share.map(|s| counted(s.count, s.of));
    match (given, of.withheld) {
        (given, 0) => given,
        (Some(given), withheld) => Some(format!("{given}; {withheld} withheld")),
        (None, withheld) => Some(format!("{withheld} withheld")),
    }
}

/// A table with a column per arm, in parts that fit a page.
pub(super) fn beside(table: &Tidy) -> Vec<Tidy> {
    const MOST: usize = 5;
    let arms = table.columns.len().saturating_sub(1);
    // As even as they go: six arms are three and three.
    let parts = arms.div_ceil(MOST).max(1);
    let each = arms.div_ceil(parts).max(1);
    (0..parts)
        .map(|part| {
            let range = 1 + part * each..(1 + (part + 1) * each).min(arms + 1);
            let of = |row: &[TidyCell]| -> Vec<TidyCell> {
                row.iter()
                    .take(1)
                    .chain(&row[range.clone()])
                    .cloned()
                    .collect()
            };
            Tidy {
                columns: (table.columns.iter().take(1))
                    .chain(&table.columns[range.clone()])
                    .cloned()
                    .collect(),
                rows: table.rows.iter().map(|r| of(r)).collect(),
            }
        })
        .collect()
}
