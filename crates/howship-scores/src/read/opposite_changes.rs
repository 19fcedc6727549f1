//! Readers whose changes run opposite ways: one reader's visits are exchanged, which a mean of readers hides.

use super::films::{Beside, Film, beside, visit};
use crate::{Doubt, MixedUp, ScoreTable};
use howship_stats::{spearman, student_t_cdf};
use std::collections::BTreeMap;

/// When changes run opposite ways.
struct Rule {
    /// Chance of mean changes so far from 0, the one up and the other down, and of so negative a rank correlation of two
    /// readers' changes, each over all pairs of readers (probability).
    by_chance: f64,
    /// Mean change over its standard error, of either reader, at least (ratio).
    apart: f64,
    /// Subjects whose change both readers read, at least (count).
    subjects: usize,
}

/// Changes are whole numbers, and of few subjects skewed: chances are not exact, so one table of 5000.
const RULE: Rule = Rule {
    by_chance: 0.0002,
    apart: 3.0,
    subjects: 8,
};

/// Campaign, reading and two visits.
type Place = (u32, u32, u32, u32);

/// Changes by reader and subject.
type OfReaders = BTreeMap<u32, BTreeMap<u32, f64>>;

/// Two readers' changes of the subjects that both read.
struct Both {
    place: Place,
    readers: [u32; 2],
    changes: Vec<(f64, f64)>,
}

/// Pairs of readers whose changes run opposite ways, as one doubt.
///
/// # Method
/// Each reader's change of the sum between two visits that follow one another, over the items that reader scored at
/// both. Opposite are mean changes of either sign that are each more than three standard errors from 0, or changes
/// whose Spearman correlation over subjects is negative; either with a chance (t) below 0.0002 over the number of pairs.
pub(super) fn visits(scores: &ScoreTable, films: &[Film]) -> Option<Doubt> {
    let tested: Vec<Both> = changes(films).into_iter().flat_map(both).collect();
    let level = RULE.by_chance / tested.len().max(1) as f64;
    let odd = tested.iter().filter_map(|both| {
        let how = opposite(&both.changes, level)?;
        let ([a, b], (_, _, from, to)) = (both.readers, both.place);
        Some(format!(
            "`{}` and `{}` between {} and {} ({how}, {} subjects)",
            scores.readers.name(a),
            scores.readers.name(b),
            visit(scores, from),
            visit(scores, to),
            both.changes.len()
        ))
    });
    let odd: Vec<String> = odd.collect();
    (!odd.is_empty()).then(|| Doubt::MixedUp {
        kind: MixedUp::Visits,
        what: format!("readers' changes run opposite ways: {}", odd.join("; ")),
    })
}

/// Every reader's changes of the sums.
fn changes(films: &[Film]) -> BTreeMap<Place, OfReaders> {
    let mut changes: BTreeMap<Place, OfReaders> = BTreeMap::new();
    for (at, pairs) in beside(films) {
        let Beside::Visits {
            reader,
            campaign,
            reading,
            from,
            to,
        } = at
        else {
            continue;
        };
        let of_readers = changes.entry((campaign, reading, from, to)).or_default();
        for (earlier, later) in pairs {
            let (before, after, items) = earlier.sums(later);
            if items > 0 {
                let of_subjects = of_readers.entry(reader).or_default();
                of_subjects.insert(later.subject, after - before);
            }
        }
    }
    changes
}

/// All pairs of readers with enough subjects.
fn both((place, readers): (Place, OfReaders)) -> Vec<Both> {
    let mut found = Vec::new();
    for (i, (a, of_a)) in readers.iter().enumerate() {
        for (b, of_b) in readers.iter().skip(i + 1) {
            let changes = of_a.iter().filter_map(|(s, x)| Some((*x, *of_b.get(s)?)));
            found.push(Both {
                place,
                readers: [*a, *b],
                changes: changes.collect(),
            });
        }
    }
    found.retain(|both| both.changes.len() >= RULE.subjects);
    found
}

/// In what they are opposite.
fn opposite(both: &[(f64, f64)], level: f64) -> Option<String> {
    let (x, y): (Vec<f64>, Vec<f64>) = both.iter().copied().unzip();
    let ((mean_x, t_x), (mean_y, t_y)) = (mean_and_t(&x), mean_and_t(&y));
    let free = both.len() as f64 - 1.0;
    let beyond = |t: f64| student_t_cdf(-t.abs(), free).ok();
    let by_chance = 2.0 * beyond(t_x)? * beyond(t_y)?;
    let far = t_x.min(t_y) < -RULE.apart && t_x.max(t_y) > RULE.apart;
    if far && by_chance < level {
        return Some(format!("mean changes {mean_x:+.1} and {mean_y:+.1}"));
    }
    let correlation = spearman(&x, &y)?;
    let free = free - 1.0;
    let t = correlation * (free / (1.0 - correlation * correlation).max(1e-12)).sqrt();
    let chance = student_t_cdf(t, free).ok()?;
    (correlation < 0.0 && chance < level)
        .then(|| format!("rank correlation of changes {correlation:.2}"))
}

/// The mean, and over its standard error; equal changes have none.
fn mean_and_t(changes: &[f64]) -> (f64, f64) {
    let n = changes.len() as f64;
    let mean = changes.iter().sum::<f64>() / n;
    let squares: f64 = changes.iter().map(|c| (c - mean).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    (mean, if error > 0.0 { mean / error } else { 0.0 })
}
