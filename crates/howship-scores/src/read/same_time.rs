//! Visits that are one under two names: at one time, and nobody has both.

use crate::ScoreTable;
use std::collections::BTreeSet;

/// Visits this near to each other are taken for one where no subject has both: two weeks, or a twentieth of the time
/// since baseline (`Week 104` and `M24` are 2.5 days apart, `W24` and `M6` 15).
const DAYS: f64 = 16.0;
const SHARE: f64 = 0.05;

/// Neighbours in time that no subject shares, as `Week 104` of some and `M24` of the others: each then counts as missed
/// by those who have the other.
pub(super) fn notes(scores: &ScoreTable) -> Vec<String> {
    let mut subjects: Vec<BTreeSet<u32>> = vec![BTreeSet::new(); scores.visits.len()];
    for row in &scores.rows {
        if let Some(here) = subjects.get_mut(row.visit as usize) {
            here.insert(row.subject);
        }
    }
    let pairs = scores.visits.windows(2).zip(subjects.windows(2));
    let one = pairs.filter_map(|(visits, subjects)| {
        let apart = visits[1].days? - visits[0].days?;
        let near = apart <= DAYS.max(SHARE * visits[1].days?);
        let (first, second) = (&subjects[0], &subjects[1]);
        let told = near && !first.is_empty() && !second.is_empty() && first.is_disjoint(second);
        told.then(|| {
            format!(
                "no subject has both `{a}` ({} subjects) and `{b}` ({}), and they lie {apart:.0} days apart: each counts \
                 as missed by those who have the other; if they are one visit, write them alike or say so in a mapping \
                 (`[values.visit]`, `{a:?} = {b:?}`)",
                first.len(),
                second.len(),
                a = visits[0].name,
                b = visits[1].name,
            )
        })
    });
    one.collect()
}
