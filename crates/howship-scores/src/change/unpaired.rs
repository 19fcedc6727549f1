//! Readings that no change can be made of: their reader read the patient at one of the two visits only.

use super::series::{ReaderGroup, Series};
use crate::ScoreTable;

/// From this share of all readings on they are told; a few films that one reader left out are not worth a line.
const TOLD_FROM: f64 = 0.05;

/// How many readings of patients who were read at both visits enter no change, and whose they are.
///
/// A change is one reader's own difference. A reader who read the first visit only, and another who read the last one
/// only, give none: their scores are left out although both visits of the patient were read.
pub(crate) fn unpaired(
    table: &ScoreTable,
    series: &Series,
    groups: &[ReaderGroup],
    span: (usize, usize),
) -> Option<String> {
    let mut counts = vec![(0_usize, 0_usize); groups.len()];
    for unit in 0..series.units.len() {
        let read = |column: usize, visit: usize| series.value(unit, column, visit).is_finite();
        let at = |visit: usize| (0..series.columns.len()).any(|column| read(column, visit));
        if !(at(span.0) && at(span.1)) {
            continue;
        }
        for (group, count) in groups.iter().zip(&mut counts) {
            for &column in &group.columns {
                let here = usize::from(read(column, span.0)) + usize::from(read(column, span.1));
                count.0 += usize::from(here == 1);
                count.1 += here;
            }
        }
    }
    let (alone, all) = (counts.iter()).fold((0, 0), |(a, n), c| (a + c.0, n + c.1));
    let whole = |c: &(usize, usize)| c.0 > 0 && c.0 == c.1;
    if alone == 0 || !(counts.iter().any(whole) || alone as f64 >= TOLD_FROM * all as f64) {
        return None;
    }
    let by_reader = groups.iter().zip(&counts).filter(|(_, c)| c.0 > 0);
    let shown: Vec<String> = by_reader
        .map(|(g, (alone, all))| format!("{alone} of {all} by `{}`", table.readers.name(g.reader)))
        .collect();
    Some(format!(
        "{alone} of {all} readings of patients who were read at both {} and {} enter no change ({}): a change is the \
         difference of one reader's own scores, of one campaign and reading, and the other visit has none",
        table.visits[span.0].name,
        table.visits[span.1].name,
        shown.join(", ")
    ))
}
