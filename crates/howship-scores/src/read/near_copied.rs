//! Readings that are copies of one another but for a few scores.

use super::films::{Beside, Film, beside, chance};
use super::subject_twice::commonest;
use crate::{Doubt, MixedUp, ScoreTable, Status};
use std::collections::{BTreeMap, BTreeSet};

/// When scores are a copy with a few edits.
struct Rule {
    /// Share of telling grades that two readers give alike, at most (share).
    alike: f64,
    /// The same of measurements and sums (share).
    alike_of_many: f64,
    /// The same of changes since a first visit that was agreed on (share).
    alike_of_change: f64,
    /// From so many different scores on they are measurements or sums (count).
    many: usize,
    /// Chance that so many are alike, over all pairs of readers (probability).
    by_chance: f64,
}

/// Readers of joints give damaged ones the same grade in half to two thirds of cases, and hardly ever in nine tenths; of
/// changes they share about half.
const RULE: Rule = Rule {
    alike: 0.9,
    alike_of_many: 0.5,
    alike_of_change: 0.6,
    many: 20,
    by_chance: 0.001,
};

/// Scores that tell, and how many of them are equal.
#[derive(Default, Clone, Copy)]
struct Alike {
    equal: usize,
    telling: usize,
}

impl Alike {
    fn add(&mut self, equal: bool) {
        self.telling += 1;
        self.equal += usize::from(equal);
    }

    fn and(self, other: Self) -> Self {
        Self {
            equal: self.equal + other.equal,
            telling: self.telling + other.telling,
        }
    }
}

/// What two readers have alike.
#[derive(Default, Clone, Copy)]
struct Pair {
    /// At subjects' first visits, of scores of which one at least is not the commonest.
    first: Alike,
    /// At later ones.
    later: Alike,
    /// Changes since the first visit.
    changes: Alike,
}

/// Pairs of readers who agree as no two who look for themselves do, as one doubt; those who never differ are told elsewhere,
/// and counted once.
///
/// Where first visits are alike they may have been agreed on: then changes since them tell. Two that are nearly one reading
/// make any difference certain: of a table without a repaired joint 110 were expected.
pub(super) fn copied(scores: &ScoreTable, films: &[Film]) -> Option<Doubt> {
    let pairs = pairs(scores, films);
    let share = match grades(scores) >= RULE.many {
        true => RULE.alike_of_many,
        false => RULE.alike,
    };
    let level = RULE.by_chance / pairs.len().max(1) as f64;
    let near: Vec<String> = pairs
        .iter()
        .filter_map(|((a, b), pair)| {
            let agreed = pair.changes.telling > 0
                && pair.first.equal as f64 >= RULE.alike * pair.first.telling as f64;
            let (told, share, what) = match agreed {
                true => (
                    pair.changes,
                    RULE.alike_of_change,
                    "changes since the first visit",
                ),
                false => (
                    pair.first.and(pair.later),
                    share,
                    "scores that are not the commonest one of both",
                ),
            };
            // A first visit alone that was agreed on is no copy.
            let judged = pair.later.telling > 0 || scores.visits.len() == 1;
            let near = judged
                && told.equal < told.telling
                && chance(told.equal, told.telling, share) < level;
            near.then(|| {
                format!(
                    "`{}` gives what `{}` gives in {} of {} {what}",
                    scores.readers.name(*b),
                    scores.readers.name(*a),
                    told.equal,
                    told.telling
                )
            })
        })
        .collect();
    (!near.is_empty()).then(|| Doubt::MixedUp {
        kind: MixedUp::Readings,
        what: format!(
            "readers hardly read for themselves, since they differ less than any who do: {}",
            near.join("; ")
        ),
    })
}

/// What each pair of readers has alike, but for visits at which one is a copy of the other to the last score.
fn pairs(scores: &ScoreTable, films: &[Film]) -> BTreeMap<(u32, u32), Pair> {
    let common = commonest(scores).map(f64::from_bits);
    let copies = scores.copied();
    let mut starts: BTreeMap<(u32, u32), &Film> = BTreeMap::new();
    for film in films {
        starts.entry((film.subject, film.reader)).or_insert(film);
    }
    let mut pairs: BTreeMap<(u32, u32), Pair> = BTreeMap::new();
    for (at, films) in beside(films) {
        let Beside::Readers {
            visit,
            first,
            second,
        } = at
        else {
            continue;
        };
        let told = copies.iter().any(|c| {
            (c.first.reader, c.second.reader) == (first, second)
                && c.visit.is_none_or(|v| v == visit)
        });
        if told {
            continue;
        }
        let pair = pairs.entry((first, second)).or_default();
        for (a, b) in films {
            let start = |f: &Film| starts.get(&(f.subject, f.reader)).copied();
            compare((a, b), (start(a), start(b)), common, pair);
        }
    }
    pairs
}

/// Counts two films of one subject; `starts` are the readers' first ones of it.
fn compare(
    (a, b): (&Film, &Film),
    starts: (Option<&Film>, Option<&Film>),
    common: Option<f64>,
    pair: &mut Pair,
) {
    let is_first = starts.0.is_some_and(|s| s.visit == a.visit);
    for (i, (x, y)) in a.scores.iter().zip(&b.scores).enumerate() {
        if x.is_nan() || y.is_nan() {
            continue;
        }
        if Some(*x) != common || Some(*y) != common {
            let alike = match is_first {
                true => &mut pair.first,
                false => &mut pair.later,
            };
            alike.add(x == y);
        }
        let start = |film: Option<&Film>| film.and_then(|s| s.scores.get(i).copied());
        let (Some(p), Some(q)) = (start(starts.0), start(starts.1)) else {
            continue;
        };
        if !is_first && !p.is_nan() && !q.is_nan() && (x - p != 0.0 || y - q != 0.0) {
            pair.changes.add(x - p == y - q);
        }
    }
}

/// How many different scores there are.
fn grades(scores: &ScoreTable) -> usize {
    let given = scores.rows.iter().filter(|r| r.status == Status::Ok);
    let different: BTreeSet<u64> = given.map(|r| r.score.to_bits()).collect();
    different.len()
}
