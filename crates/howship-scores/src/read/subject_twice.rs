//! One subject in the table under two names.

use crate::{Doubt, MixedUp, ScoreRow, ScoreTable, Status};
use std::collections::{BTreeMap, BTreeSet};

/// When two subjects are one.
struct Rule {
    /// Equal scores that are not their item's commonest by that reader, at least (count).
    telling: usize,
    /// Items that have such scores, at least (count).
    items: usize,
}

/// Four damaged joints of forty have some ninety thousand places, beside their grades and what readers differ in.
const RULE: Rule = Rule {
    telling: 12,
    items: 4,
};

/// How many groups a message names.
const SHOWN: usize = 6;

/// All that is said of a subject but its name, arm and days.
type Said = Vec<(u32, u32, u32, u32, u32, u64, Status)>;

/// Subjects all of whose scores equal another subject's, as one doubt.
///
/// # Limits
/// A subject that is there twice with one score changed is not named; nor is one of a table of totals, as few of them
/// are alike by chance.
pub(super) fn twice(scores: &ScoreTable) -> Option<Doubt> {
    let usual = usual(scores);
    let mut same: BTreeMap<Said, Vec<u32>> = BTreeMap::new();
    for rows in scores.rows.chunk_by(|a, b| a.subject == b.subject) {
        if tells(rows, &usual) {
            let said = rows.iter().map(|r| {
                let score = r.score.to_bits();
                (
                    r.visit, r.campaign, r.reader, r.reading, r.item, score, r.status,
                )
            });
            same.entry(said.collect())
                .or_default()
                .push(rows[0].subject);
        }
    }
    let mut groups: Vec<(Vec<u32>, usize)> = same
        .into_iter()
        .map(|(said, subjects)| (subjects, said.len()))
        .filter(|(subjects, _)| subjects.len() > 1)
        .collect();
    groups.sort();
    let one = |(subjects, scores_each): &(Vec<u32>, usize)| {
        let names = subjects
            .iter()
            .map(|s| format!("`{}`", scores.subjects.name(*s)));
        let names: Vec<String> = names.collect();
        format!("{} ({scores_each} scores each)", names.join(" and "))
    };
    let shown: Vec<String> = groups.iter().take(SHOWN).map(one).collect();
    let more = match groups.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    (!groups.is_empty()).then(|| Doubt::MixedUp {
        kind: MixedUp::SubjectTwice,
        what: format!(
            "subjects have all scores alike, as one under two names has: {}{more}",
            shown.join("; ")
        ),
    })
}

/// Of an item that nearly everybody has at one score, as a reader who sees something there in all, that score tells
/// nothing.
fn tells(rows: &[ScoreRow], usual: &BTreeMap<(u32, u32), u64>) -> bool {
    let telling = || {
        let given = rows.iter().filter(|r| r.status == Status::Ok);
        given.filter(|r| usual.get(&(r.reader, r.item)) != Some(&r.score.to_bits()))
    };
    let items: BTreeSet<u32> = telling().map(|r| r.item).collect();
    telling().count() >= RULE.telling && items.len() >= RULE.items
}

/// By reader and item, the bits of the score that most rows have.
fn usual(scores: &ScoreTable) -> BTreeMap<(u32, u32), u64> {
    let mut counts: BTreeMap<(u32, u32), BTreeMap<u64, usize>> = BTreeMap::new();
    for row in scores.rows.iter().filter(|r| r.status == Status::Ok) {
        let of_item = counts.entry((row.reader, row.item)).or_default();
        *of_item.entry(row.score.to_bits()).or_default() += 1;
    }
    let most = |scores: BTreeMap<u64, usize>| scores.into_iter().max_by_key(|(_, n)| *n);
    let usual = counts.into_iter();
    usual
        .filter_map(|(place, scores)| Some((place, most(scores)?.0)))
        .collect()
}

/// The bits of the score that most rows have.
pub(super) fn commonest(scores: &ScoreTable) -> Option<u64> {
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for row in scores.rows.iter().filter(|r| r.status == Status::Ok) {
        *counts.entry(row.score.to_bits()).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, n)| *n);
    most.map(|(score, _)| score)
}
