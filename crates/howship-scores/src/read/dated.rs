//! Visits that are named by dates: numbered within each subject.

use super::visits::median;
use crate::{ScoreRow, ScoreVisit};
use howship_change::Visit;

/// Days since 1970-01-01 of a date; none for any other name.
pub(super) fn date(name: &str) -> Option<f64> {
    let dated = name.len() == 10 && name.as_bytes().first().is_some_and(u8::is_ascii_digit);
    Visit::parse(name).ok().filter(|_| dated)?.days
}

/// Each subject's dates become its visit 1, 2, …; days count from its first date.
pub(super) fn within_subjects(
    dates: &[Option<f64>],
    rows: &mut [ScoreRow],
    warnings: &mut Vec<String>,
) -> Vec<ScoreVisit> {
    let of = |row: &ScoreRow| dates.get(row.visit as usize).copied().flatten();
    let mut pairs: Vec<(u32, i64)> = rows
        .iter()
        .filter_map(|row| Some((row.subject, of(row)? as i64)))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let first_of = |subject: u32| pairs.partition_point(|p| p.0 < subject);
    let mut days: Vec<Vec<f32>> = Vec::new();
    for (i, &(subject, date)) in pairs.iter().enumerate() {
        let first = first_of(subject);
        if days.len() <= i - first {
            days.push(Vec::new());
        }
        days[i - first].push((date - pairs[first].1) as f32);
    }
    for row in rows.iter_mut() {
        let Some(date) = of(row) else { continue };
        let first = first_of(row.subject);
        let at = pairs.partition_point(|p| *p < (row.subject, date as i64));
        row.visit = (at - first) as u32;
        row.days = (date as i64 - pairs[first].1) as f32;
    }
    warnings.push(
        "visits are named by dates: each subject's dates were numbered, so a subject that missed a visit has its \
         later ones under the wrong number; add visits' names to be sure"
            .into(),
    );
    let visit = |(i, days): (usize, Vec<f32>)| ScoreVisit {
        name: format!("visit {}", i + 1),
        days: median(days),
    };
    days.into_iter().enumerate().map(visit).collect()
}
