//! Single scores that lie far from everybody's, the same subject's at other visits included.

use crate::{Doubt, ScoreRow, ScoreTable, Status};
use std::collections::BTreeMap;

struct Rule {
    /// How many times the range of the other subjects' scores it lies outside of that range.
    outside: f64,
    /// How many times the largest of its subject's scores of other visits it is; a lost decimal point makes ten.
    times: f64,
    /// Scores of other subjects; fewer do not tell where scores lie.
    others: usize,
}

const RULE: Rule = Rule {
    outside: 1.0,
    times: 5.0,
    others: 20,
};

/// Where any number is allowed, a slip of the hand is read as a score: it lies apart from all other subjects' and from
/// what its own subject has at other visits. A patient who is far above the others at every visit is none.
pub(super) fn slips(scores: &ScoreTable) -> Vec<Doubt> {
    let mut items: BTreeMap<u32, Vec<&ScoreRow>> = BTreeMap::new();
    for row in scores.rows.iter().filter(|r| r.status == Status::Ok) {
        items.entry(row.item).or_default().push(row);
    }
    items.values().filter_map(|rows| of_item(rows)).collect()
}

/// The farthest slip of one item.
fn of_item(rows: &[&ScoreRow]) -> Option<Doubt> {
    let size = |r: &&ScoreRow| r.score.abs();
    let farthest = *rows.iter().max_by(|a, b| size(a).total_cmp(&size(b)))?;
    let others = || rows.iter().filter(|r| r.subject != farthest.subject);
    let (low, high) = others().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), r| {
        (l.min(r.score), h.max(r.score))
    });
    let room = RULE.outside * (high - low);
    let outside = farthest.score > high + room || farthest.score < low - room;
    let own = (rows.iter()).filter(|r| r.subject == farthest.subject && r.visit != farthest.visit);
    let own = own.map(size).reduce(f64::max)?;
    let slip = others().count() >= RULE.others && low < high && outside;
    (slip && farthest.score.abs() >= RULE.times * own).then_some(Doubt::Slip {
        value: farthest.score,
        subject: farthest.subject,
        visit: farthest.visit,
        line: farthest.line,
        others: [low, high],
    })
}
