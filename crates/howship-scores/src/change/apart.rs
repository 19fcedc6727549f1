//! Readers who share no subject: nothing they say can be compared.

use super::series::Series;
use crate::read::{alike, same_numbers};
use crate::{Reason, ScoreTable};

/// How many names a reason shows.
const SHOWN: usize = 3;

/// Why no two readers can be compared, where there are several and none of them share a subject; what to do.
pub(crate) fn nobody_in_common(table: &ScoreTable, series: &Series) -> Option<Reason> {
    // By subject, the readers who read anything of it; units of a subject lie side by side.
    let mut of_reader: Vec<Vec<u32>> = vec![Vec::new(); table.readers.len()];
    for (subject, units) in series.subjects() {
        let mut readers: Vec<u32> = Vec::new();
        for (at, column) in series.columns.iter().enumerate() {
            let read = units
                .clone()
                .any(|u| (0..series.visits).any(|v| !series.value(u, at, v).is_nan()));
            if read && !readers.contains(&column.reader) {
                readers.push(column.reader);
            }
        }
        if readers.len() > 1 {
            return None;
        }
        for reader in readers {
            of_reader[reader as usize].push(subject);
        }
    }
    let reading: Vec<usize> = (0..of_reader.len())
        .filter(|&r| !of_reader[r].is_empty())
        .collect();
    if reading.len() < 2 || repeated(series) {
        return None;
    }
    let name = |subject: u32| table.subjects.name(subject);
    let shown: Vec<String> = reading
        .iter()
        .take(SHOWN)
        .map(|&reader| {
            let own = &of_reader[reader];
            let some: Vec<String> = own
                .iter()
                .take(SHOWN)
                .map(|&s| format!("`{}`", name(s)))
                .collect();
            let more = if own.len() > SHOWN { ", …" } else { "" };
            format!(
                "`{}` read {}{more}",
                table.readers.name(reader as u32),
                some.join(", ")
            )
        })
        .collect();
    let advice = advice(table, &of_reader[reading[0]], &of_reader[reading[1]]);
    let reason = format!("readers have no subject in common ({})", shown.join("; "));
    Some((reason, advice).into())
}

/// Whether a reader read anything twice: then errors can be told within readers.
fn repeated(series: &Series) -> bool {
    series.columns.windows(2).any(|pair| {
        pair[0].reader == pair[1].reader && {
            let both = |u: usize| {
                let seen = |shift: usize| {
                    let at = series.columns.iter().position(|c| *c == pair[shift]);
                    at.is_some_and(|a| (0..series.visits).any(|v| !series.value(u, a, v).is_nan()))
                };
                seen(0) && seen(1)
            };
            (0..series.units.len()).any(both)
        }
    })
}

fn advice(table: &ScoreTable, first: &[u32], second: &[u32]) -> &'static str {
    let name = |s: &u32| table.subjects.name(*s);
    let spelled = alike(first.iter().chain(second).map(name));
    let of = |names: &[u32], spelling: &&str| names.iter().any(|s| name(s) == *spelling);
    let crosses = |group: &Vec<&str>| {
        group.iter().any(|n| of(first, n)) && group.iter().any(|n| of(second, n))
    };
    if spelled.iter().any(crosses) {
        return "their names differ in spelling only: if they are the same, `--same-subjects` takes them as one";
    }
    let few = |names: &'_ [u32]| names.len().min(200);
    let pairs = first[..few(first)]
        .iter()
        .flat_map(|a| second[..few(second)].iter().map(move |b| (a, b)));
    if pairs
        .into_iter()
        .any(|(a, b)| same_numbers(name(a), name(b)))
    {
        return "their names hold the same numbers: if they are the same subjects, give them one name \
                (`--same-subjects=NAMES.csv`)";
    }
    "let two readers read at least a sample of the same subjects"
}
