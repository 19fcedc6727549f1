//! Left and right swapped at one visit: mirroring explains what changed, the sides as written do not.

use super::films::chance;
use crate::{Doubt, Item, MixedUp, ScoreRow, ScoreTable, Side, Status};
use std::collections::BTreeMap;

/// When sides are swapped.
struct Rule {
    /// Least share of pairs of sites whose worse side changes between visits, where the table shows fewer (share).
    least_share: f64,
    /// The share where the table shows more (share): were it the table's own, sides swapped on every film would pass.
    most_share: f64,
    /// So many readings may by chance look swapped in the whole table (count).
    by_chance: f64,
    /// Pairs whose worse side changed for one whose did not, at least (ratio).
    reversed_to_kept: usize,
}

/// By chance one table of a hundred has such a reading; with fewer than five pairs nothing is said.
const RULE: Rule = Rule {
    least_share: 0.1,
    most_share: 0.3,
    by_chance: 0.01,
    reversed_to_kept: 3,
};

/// How many subjects a note names.
const SHOWN: usize = 6;

/// Pairs of sites, left and right, that differ at two visits of one reading.
struct Pairs {
    at: (u32, u32, u32),
    reader: u32,
    reversed: usize,
    kept: usize,
}

/// Readings whose left and right seem swapped against the visit before.
///
/// Of all pairs of a site's left and right that differ at both of two visits, the worse side is the same at both
/// (kept) or the other one (reversed): damage does not move to the other hand. With the share q of reversed pairs over
/// the whole table (0.1 to 0.3) a reading is named where k or more reversed of n pairs are expected in fewer than
/// 0.01 readings of the table by chance (binomial), and at least three are reversed for one that is kept.
pub(super) fn swapped(scores: &ScoreTable) -> Option<Doubt> {
    let pairs = pairs(scores);
    let (reversed, all) = pairs.iter().fold((0, 0), |(r, a), p| {
        (r + p.reversed, a + p.reversed + p.kept)
    });
    let share =
        ((reversed as f64 + 1.0) / (all as f64 + 2.0)).clamp(RULE.least_share, RULE.most_share);
    let looks_swapped = |p: &&Pairs| {
        p.reversed >= RULE.reversed_to_kept * p.kept
            && pairs.len() as f64 * chance(p.reversed, p.reversed + p.kept, share) < RULE.by_chance
    };
    let mut named: BTreeMap<(u32, u32, u32), Vec<&Pairs>> = BTreeMap::new();
    for found in pairs.iter().filter(looks_swapped) {
        named.entry(found.at).or_default().push(found);
    }
    if named.is_empty() {
        return None;
    }
    let visit = |v: u32| {
        let visit = scores.visits.get(v as usize);
        visit.map_or("", |v| v.name.as_str())
    };
    let shown: Vec<String> = named
        .iter()
        .take(SHOWN)
        .map(|((subject, from, to), found)| {
            let counts = found.iter().map(|p| {
                format!(
                    "{} of {} by {}",
                    p.reversed,
                    p.reversed + p.kept,
                    scores.readers.name(p.reader)
                )
            });
            format!(
                "subject `{}`, {} and {} ({})",
                scores.subjects.name(*subject),
                visit(*from),
                visit(*to),
                counts.collect::<Vec<_>>().join(", ")
            )
        })
        .collect();
    let more = match named.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    let what = format!(
        "left and right seem to be swapped at one of two visits, since the worse side is the other one in most pairs of \
         sites that differ: {}{more}",
        shown.join("; ")
    );
    Some(Doubt::MixedUp {
        kind: MixedUp::Sides,
        what,
    })
}

/// Every left item with its right one.
fn opposite(items: &[Item]) -> Vec<(u32, u32)> {
    let key = |i: &Item| (i.site.clone(), i.feature.clone());
    let of = |side: Side| {
        let items = items.iter().zip(0_u32..);
        items.filter(move |(i, _)| i.side == Some(side))
    };
    let right: BTreeMap<(String, String), u32> = of(Side::R).map(|(i, n)| (key(i), n)).collect();
    of(Side::L)
        .filter_map(|(i, left)| Some((left, *right.get(&key(i))?)))
        .collect()
}

fn pairs(scores: &ScoreTable) -> Vec<Pairs> {
    let opposite = opposite(&scores.items);
    let mut found = Vec::new();
    if opposite.is_empty() {
        return found;
    }
    for subject in scores.rows.chunk_by(|a, b| a.subject == b.subject) {
        let mut before: BTreeMap<(u32, u32, u32), &[ScoreRow]> = BTreeMap::new();
        let reading = |r: &ScoreRow| (r.visit, r.campaign, r.reader, r.reading);
        for rows in subject.chunk_by(|a, b| reading(a) == reading(b)) {
            let name = (rows[0].campaign, rows[0].reader, rows[0].reading);
            if let Some(earlier) = before.insert(name, rows) {
                let (reversed, kept) = turned(&opposite, earlier, rows);
                found.push(Pairs {
                    at: (rows[0].subject, earlier[0].visit, rows[0].visit),
                    reader: rows[0].reader,
                    reversed,
                    kept,
                });
            }
        }
    }
    found
}

/// Pairs whose worse side is the other one at the later visit, and pairs whose is the same.
fn turned(opposite: &[(u32, u32)], earlier: &[ScoreRow], later: &[ScoreRow]) -> (usize, usize) {
    // Rows are in the order of items.
    let score = |rows: &[ScoreRow], item: u32| {
        let at = rows.binary_search_by_key(&item, |r| r.item).ok()?;
        (rows[at].status == Status::Ok).then_some(rows[at].score)
    };
    let differ = |rows: &[ScoreRow], (left, right): (u32, u32)| {
        let difference = score(rows, left)? - score(rows, right)?;
        (difference != 0.0).then_some(difference > 0.0)
    };
    let (mut reversed, mut kept) = (0, 0);
    for &pair in opposite {
        match (differ(earlier, pair), differ(later, pair)) {
            (Some(a), Some(b)) if a == b => kept += 1,
            (Some(_), Some(_)) => reversed += 1,
            _ => {}
        }
    }
    (reversed, kept)
}
