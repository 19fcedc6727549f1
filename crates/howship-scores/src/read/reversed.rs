//! Readers whose scores fall where another reader's rise: a scale that runs the other way, which a mean of readers hides.

use super::films::{Beside, beside, films};
use crate::{Doubt, OppositeScales, ScoreRow, ScoreTable, Status};
use howship_stats::spearman;
use std::collections::BTreeMap;

struct Rule {
    /// Rank correlation of two readers from which on they run opposite ways. Readers who see nothing alike have it by
    /// chance in 0.1 % of pairs with the fewest subjects.
    correlation: f64,
    /// Subjects that both read; fewer are chance.
    subjects: usize,
}

const RULE: Rule = Rule {
    correlation: -0.8,
    subjects: 12,
};

/// The scores of two readers, by subject.
type OfSubjects = BTreeMap<u32, (f64, f64)>;

/// Pairs of readers on opposite scales, as one doubt.
///
/// # Method
/// Spearman's rank correlation over subjects, each with its first visit that both readers scored: of each item, and of the
/// sums over the items that both scored. `ruled` tables, which a scheme bounds, have the sums only: of the few grades of
/// a joint many are alike, and of many joints one is opposite by chance.
pub(super) fn scales(scores: &ScoreTable, ruled: bool) -> Option<Doubt> {
    let mut found: BTreeMap<(u32, u32), OppositeScales> = BTreeMap::new();
    let of_items = if ruled {
        BTreeMap::new()
    } else {
        items(scores)
    };
    let of_items = of_items
        .into_iter()
        .map(|((a, b, _), pairs)| ((a, b), pairs));
    for ((of, reader), pairs) in of_items.chain(sums(scores)) {
        let subjects = pairs.len();
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_values().unzip();
        let Some(correlation) = spearman(&a, &b) else {
            continue;
        };
        if subjects >= RULE.subjects && correlation <= RULE.correlation {
            found.entry((of, reader)).or_insert(OppositeScales {
                reader,
                of,
                correlation,
                subjects,
            });
        }
    }
    (!found.is_empty()).then(|| Doubt::Opposite(found.into_values().collect()))
}

/// By two readers: the sums of the first visit of each subject that both scored.
fn sums(scores: &ScoreTable) -> BTreeMap<(u32, u32), OfSubjects> {
    let mut both: BTreeMap<(u32, u32), OfSubjects> = BTreeMap::new();
    if scores.items.len() < 2 {
        return both;
    }
    let films = films(scores);
    // Visits come in order of time.
    for (at, pairs) in beside(&films) {
        let Beside::Readers { first, second, .. } = at else {
            continue;
        };
        for (a, b) in pairs {
            let (x, y, items) = a.sums(b);
            if items > 0 {
                let subjects = both.entry((first, second)).or_default();
                subjects.entry(a.subject).or_insert((x, y));
            }
        }
    }
    both
}

/// By two readers and an item: the scores of the first visit of each subject that both scored.
fn items(scores: &ScoreTable) -> BTreeMap<(u32, u32, u32), OfSubjects> {
    let place = |r: &ScoreRow| (r.item, r.subject, r.visit, r.campaign, r.reading);
    let mut given: Vec<&ScoreRow> = scores
        .rows
        .iter()
        .filter(|r| r.status == Status::Ok)
        .collect();
    given.sort_by_key(|r| (place(r), r.reader));
    let mut both: BTreeMap<(u32, u32, u32), OfSubjects> = BTreeMap::new();
    for readings in given.chunk_by(|a, b| place(a) == place(b)) {
        for (i, a) in readings.iter().enumerate() {
            for b in &readings[i + 1..] {
                both.entry((a.reader, b.reader, a.item))
                    .or_default()
                    .entry(a.subject)
                    .or_insert((a.score, b.score));
            }
        }
    }
    both
}
