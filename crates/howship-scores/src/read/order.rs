//! Names numbered in their own order, whatever the order of the rows.

use super::field::Field;
use super::layout::Layout;
use crate::{NONE, ScoreRow};
use howship_tables::Names;
use std::cmp::Ordering;

/// In the order of [`crate::ScoreTable`]'s lists: arms, readers, campaigns. Subjects come before visits.
pub(super) const FIELDS: [Field; 3] = [Field::Arm, Field::Reader, Field::Campaign];

/// Name of the one reader of a table that has no column of readers.
const ONLY_READER: &str = "1";

/// The names of a field that occur in the rows, in natural order; the rows' codes become their numbers. `stands_for`
/// gives the name that a name stands for.
pub(super) fn number(
    layout: &Layout,
    field: Field,
    rows: &mut [ScoreRow],
    stands_for: impl Fn(&str) -> Option<String>,
) -> Names {
    let mut names = Names::new();
    let Some(words) = layout.words(field) else {
        if field == Field::Reader {
            names.intern(ONLY_READER);
            rows.iter_mut().for_each(|r| r.reader = 0);
        }
        return names;
    };
    let mut used = vec![false; words.names.len()];
    for row in rows.iter_mut() {
        if let Some(here) = used.get_mut(*slot(field, row) as usize) {
            *here = true;
        }
    }
    let meanings: Vec<String> = (0..used.len())
        .map(|code| {
            let word = layout.meaning(field, words.names.name(code as u32));
            stands_for(word).unwrap_or_else(|| word.to_owned())
        })
        .collect();
    let mut order: Vec<usize> = (0..used.len()).filter(|&code| used[code]).collect();
    order.sort_by(|&a, &b| natural(&meanings[a], &meanings[b]));
    let mut numbers = vec![NONE; used.len()];
    for code in order {
        numbers[code] = names.intern(&meanings[code]);
    }
    for row in rows {
        let code = slot(field, row);
        *code = numbers.get(*code as usize).copied().unwrap_or(NONE);
    }
    names
}

fn slot(field: Field, row: &mut ScoreRow) -> &mut u32 {
    match field {
        Field::Arm => &mut row.arm,
        Field::Reader => &mut row.reader,
        Field::Campaign => &mut row.campaign,
        Field::Visit => &mut row.visit,
        _ => &mut row.subject,
    }
}

/// Text in order, runs of digits as numbers: `S2` before `S10`.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut x, mut y) = (a.as_bytes(), b.as_bytes());
    loop {
        match (x.first(), y.first()) {
            (Some(p), Some(q)) if p.is_ascii_digit() && q.is_ascii_digit() => {
                let (m, rest_x) = digits(x);
                let (n, rest_y) = digits(y);
                let order = m.len().cmp(&n.len()).then_with(|| m.cmp(n));
                if order != Ordering::Equal {
                    return order;
                }
                (x, y) = (rest_x, rest_y);
            }
            (Some(p), Some(q)) if p == q => (x, y) = (&x[1..], &y[1..]),
            (p, q) if p == q => return a.cmp(b),
            (p, q) => return p.cmp(&q),
        }
    }
}

/// A run of digits without leading zeros, and what follows.
fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|c| !c.is_ascii_digit());
    let (run, rest) = text.split_at(end.unwrap_or(text.len()));
    let zeros = run.iter().position(|&c| c != b'0').unwrap_or(run.len());
    (&run[zeros..], rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count() {
        let mut names = ["S10", "S2", "S02", "S", "A1", "S2b", ""];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["", "A1", "S", "S02", "S2", "S2b", "S10"]);
    }
}
