//! Readers whose scores fall where another reader's rise: a scale that runs the other way, which a mean of readers hides.

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
/// Spearman's rank correlation of each item over subjects, each with its first visit that both readers scored.
pub(super) fn scales(scores: &ScoreTable) -> Option<Doubt> {
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
    let mut found: BTreeMap<(u32, u32), OppositeScales> = BTreeMap::new();
    for ((of, reader, _), pairs) in both {
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
