//! Readings that are copies of one another but for a few scores.

use super::films::{Beside, beside, chance, films};
use super::subject_twice::commonest;
use crate::{ScoreTable, Status};
use std::collections::{BTreeMap, BTreeSet};

/// When scores are a copy with a few edits.
struct Rule {
    /// Share of telling grades that two readers give alike, at most (share).
    alike: f64,
    /// The same of measurements and sums (share).
    alike_of_many: f64,
    /// From so many different scores on they are measurements or sums (count).
    many: usize,
    /// Chance that so many are alike, over all pairs of readers (probability).
    by_chance: f64,
}

/// Readers of joints give damaged ones the same grade in half to two thirds of cases, and hardly ever in nine tenths.
const RULE: Rule = Rule {
    alike: 0.9,
    alike_of_many: 0.5,
    many: 20,
    by_chance: 0.001,
};

/// Scores of which one at least is not the commonest, and how many of them are equal.
#[derive(Default)]
struct Alike {
    equal: usize,
    telling: usize,
}

/// Pairs of readers who agree as no two who look for themselves do; those who never differ are told elsewhere.
///
/// # Limits
/// A note only: questions of repair still count both.
pub(super) fn notes(scores: &ScoreTable) -> Vec<String> {
    let common = commonest(scores).map(f64::from_bits);
    let films = films(scores);
    let mut pairs: BTreeMap<(u32, u32), Alike> = BTreeMap::new();
    for (at, films) in beside(&films) {
        let Beside::Readers { first, second, .. } = at else {
            continue;
        };
        let alike = pairs.entry((first, second)).or_default();
        for (a, b) in films {
            let both = a.scores.iter().zip(&b.scores);
            let both = both.filter(|(x, y)| !x.is_nan() && !y.is_nan());
            for (x, y) in both.filter(|(x, y)| Some(**x) != common || Some(**y) != common) {
                alike.telling += 1;
                alike.equal += usize::from(x == y);
            }
        }
    }
    let share = match grades(scores) >= RULE.many {
        true => RULE.alike_of_many,
        false => RULE.alike,
    };
    let level = RULE.by_chance / pairs.len().max(1) as f64;
    let near = pairs
        .iter()
        .filter(|(_, p)| p.equal < p.telling && chance(p.equal, p.telling, share) < level);
    near.map(|((a, b), pair)| {
        format!(
            "`{}` gives what `{}` gives in {} of the {} scores that are not the commonest one of both: hardly read for \
             itself, as readers who look for themselves differ more; look whether one was filled in from the other, since \
             agreement and questions of repair take both as readings of their own",
            scores.readers.name(*b),
            scores.readers.name(*a),
            pair.equal,
            pair.telling
        )
    })
    .collect()
}

/// How many different scores there are.
fn grades(scores: &ScoreTable) -> usize {
    let given = scores.rows.iter().filter(|r| r.status == Status::Ok);
    let different: BTreeSet<u64> = given.map(|r| r.score.to_bits()).collect();
    different.len()
}
