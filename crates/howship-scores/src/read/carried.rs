//! Later visits that repeat the earlier one for some subjects while all others changed: carried forward, not read.

use super::films::{Beside, Film, beside, visit};
use super::subject_twice::commonest;
use crate::ScoreTable;
use std::collections::BTreeMap;

/// When visits are carried forward.
struct Rule {
    /// Scores of a subject's visit, by all readers, that are not the commonest, at least (count).
    telling: usize,
    /// Subjects without any change, at least (count).
    same: usize,
    /// Other subjects, at least (count).
    others: usize,
    /// Scores in which each of the others differs, at least (count).
    gap: usize,
}

/// Readers who know the order of films leave many subjects as they were, and some with one or two changes: only where
/// nobody has few changes were the unchanged ones not read.
const RULE: Rule = Rule {
    telling: 20,
    same: 3,
    others: 6,
    gap: 5,
};

/// How many subjects a note names.
const SHOWN: usize = 6;

/// Of a subject's two visits, by all readers.
#[derive(Default)]
struct Change {
    telling: usize,
    differ: usize,
}

/// Pairs of visits of which some subjects' later one repeats the earlier one.
///
/// # Limits
/// One subject carried forward, or a table in which others changed little, is not told.
pub(super) fn notes(scores: &ScoreTable, films: &[Film]) -> Vec<String> {
    let common = commonest(scores).map(f64::from_bits);
    let mut visits: BTreeMap<(u32, u32), BTreeMap<u32, Change>> = BTreeMap::new();
    for (at, pairs) in beside(films) {
        let Beside::Visits { from, to, .. } = at else {
            continue;
        };
        let subjects = visits.entry((from, to)).or_default();
        for (earlier, later) in pairs {
            let change = subjects.entry(later.subject).or_default();
            count(earlier, later, common, change);
        }
    }
    let told = visits.iter().filter_map(|((from, to), subjects)| {
        let telling = || subjects.iter().filter(|(_, c)| c.telling >= RULE.telling);
        let same: Vec<u32> = telling()
            .filter(|(_, c)| c.differ == 0)
            .map(|(s, _)| *s)
            .collect();
        let others = || {
            telling()
                .filter(|(_, c)| c.differ > 0)
                .map(|(_, c)| c.differ)
        };
        let least = others().min()?;
        let carried =
            same.len() >= RULE.same && others().count() >= RULE.others && least >= RULE.gap;
        carried.then(|| words(scores, (*from, *to), &same, (others().count(), least)))
    });
    told.collect()
}

fn count(earlier: &Film, later: &Film, common: Option<f64>, change: &mut Change) {
    let both = earlier.scores.iter().zip(&later.scores);
    for (x, y) in both.filter(|(x, y)| !x.is_nan() && !y.is_nan()) {
        change.telling += usize::from(Some(*x) != common || Some(*y) != common);
        change.differ += usize::from(x != y);
    }
}

fn words(
    scores: &ScoreTable,
    (from, to): (u32, u32),
    same: &[u32],
    (others, least): (usize, usize),
) -> String {
    let names = same.iter().take(SHOWN);
    let names: Vec<String> = names
        .map(|s| format!("`{}`", scores.subjects.name(*s)))
        .collect();
    format!(
        "{} subjects have at {} every score that they have at {} ({}{}), and each of the {others} others of as much damage \
         differs in {least} scores or more: carried forward rather than read, they say that nothing changed; leave out \
         what was not read",
        same.len(),
        visit(scores, to),
        visit(scores, from),
        names.join(", "),
        if same.len() > SHOWN { ", …" } else { "" }
    )
}
