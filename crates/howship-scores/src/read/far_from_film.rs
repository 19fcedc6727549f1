//! Single scores far from what other readings of the same film gave.

use super::film_distance::Far;
use super::slip_kinds;
use crate::{Doubt, ScoreRow, ScoreTable, Status};
use std::collections::BTreeMap;

struct Rule {
    /// Share of sound tables that may be asked about, all items together.
    alarms: f64,
    /// Films that several readings scored; fewer do not tell how readings differ.
    films: usize,
    /// Largest number of films whose differences tell how the largest ones fall off, and the share of all films.
    tail: (usize, f64),
    /// Different scores of an item; of few grades many differences are alike, and none says how they fall off.
    grades: usize,
    /// How many times the smaller of the two the larger one is: a lost digit makes two at least.
    times: f64,
}

const RULE: Rule = Rule {
    alarms: 0.01,
    films: 20,
    tail: (20, 0.3),
    grades: 15,
    times: 2.0,
};

/// The most doubtful score of each item that several readings scored.
///
/// # Method
/// A reading's distance from the nearest other reading of the same film, over the root of its size, as reading errors grow;
/// of each film the largest. Were the largest distances of a power-law tail, of whatever exponent, the spacings of their
/// logarithms times their ranks would be exponential alike (Rényi, Acta Math Acad Sci Hung 1953; Hill, Ann Stat 1975), and
/// the first over the sum of the next k is beyond x with probability (1 + x)⁻ᵏ. Lighter tails give less. A score is asked
/// about where that is below 1 % over the number of items. Slips of one known kind are looked for before. True changes are seen by all readings of a film, and count not.
pub(super) fn slips(scores: &ScoreTable) -> Vec<Doubt> {
    let mut items: BTreeMap<u32, Vec<&ScoreRow>> = BTreeMap::new();
    for row in scores.rows.iter().filter(|r| r.status == Status::Ok) {
        items.entry(row.item).or_default().push(row);
    }
    let tested: Vec<(Vec<&ScoreRow>, Vec<Far<'_>>)> = items
        .into_values()
        .filter_map(|rows| Some((distances(&rows)?, rows)).map(|(far, rows)| (rows, far)))
        .collect();
    let level = RULE.alarms / tested.len().max(1) as f64;
    let found = tested.iter().flat_map(|(rows, far)| {
        let kinds = slip_kinds::slips(far, tested.len());
        if !kinds.is_empty() {
            let told = kinds
                .iter()
                .map(|(slip, row)| slip.told(rows, (far.len(), kinds.len()), *row));
            return told.collect();
        }
        let first = far.first().filter(|first| first.is_a_slip());
        let doubtful = first.filter(|_| chance(far) < level);
        let told = doubtful.map(|slip| slip.told(rows, (far.len(), 1), None));
        told.into_iter().collect::<Vec<Doubt>>()
    });
    found.collect()
}

impl Far<'_> {
    fn is_a_slip(&self) -> bool {
        let (a, b) = (self.row.score.abs(), self.nearest.score.abs());
        a.max(b) >= RULE.times * a.min(b)
    }

    /// Of two readings of a film either may be the slip: where it is not known which, it is the one farther from the
    /// subject's other visits.
    fn told(
        &self,
        rows: &[&ScoreRow],
        (films, like): (usize, usize),
        slip: Option<&ScoreRow>,
    ) -> Doubt {
        let away = |row: &ScoreRow| {
            let others = rows.iter();
            let others = others.filter(|r| r.subject == row.subject && r.visit != row.visit);
            let gaps = others.map(|r| (r.score - row.score).abs());
            gaps.reduce(f64::min).unwrap_or_else(|| row.score.abs())
        };
        let swapped = match slip {
            Some(slip) => slip.line == self.nearest.line,
            None => away(self.nearest) > away(self.row),
        };
        let [row, nearest] = match swapped {
            true => [self.nearest, self.row],
            false => [self.row, self.nearest],
        };
        Doubt::FarFromFilm {
            value: row.score,
            subject: row.subject,
            visit: row.visit,
            reader: row.reader,
            line: row.line,
            nearest: nearest.score,
            films,
            like,
        }
    }
}

/// The distances of an item's films, the largest first; `None` where they are too few, or its grades.
fn distances<'a>(rows: &[&'a ScoreRow]) -> Option<Vec<Far<'a>>> {
    let mut grades: Vec<f64> = rows.iter().map(|r| r.score).collect();
    grades.sort_by(f64::total_cmp);
    grades.dedup();
    let step = grades.windows(2).map(|w| w[1] - w[0]);
    let half = 0.5 * step.reduce(f64::min)?;
    let mut films: BTreeMap<(u32, u32), Vec<&ScoreRow>> = BTreeMap::new();
    for row in rows {
        films.entry((row.subject, row.visit)).or_default().push(row);
    }
    let mut far: Vec<Far<'a>> = films
        .into_values()
        .filter_map(|film| farthest(&film, half))
        .collect();
    far.sort_by(|a, b| b.distance.total_cmp(&a.distance));
    (grades.len() >= RULE.grades && far.len() >= RULE.films).then_some(far)
}

fn farthest<'a>(film: &[&'a ScoreRow], half: f64) -> Option<Far<'a>> {
    let nearest = |(i, row): (usize, &&'a ScoreRow)| {
        let others = film.iter().enumerate().filter(|(j, _)| *j != i);
        let each = others.map(|(_, other)| Far {
            row,
            nearest: other,
            distance: Far::between(row.score, other.score, half),
            half,
        });
        each.min_by(|a, b| a.distance.total_cmp(&b.distance))
    };
    let all = film.iter().enumerate().filter_map(nearest);
    all.max_by(|a, b| a.distance.total_cmp(&b.distance))
}

/// How probable so large a gap before the largest of these distances is.
fn chance(far: &[Far<'_>]) -> f64 {
    let (most, share) = RULE.tail;
    let next = most.min((share * far.len() as f64) as usize).max(1);
    let log = |rank: usize| far.get(rank).map_or(0.0, |f| f.distance.ln());
    let gap = log(0) - log(1);
    // Of the spacings times their ranks, from the second on; those between telescope.
    let sum: f64 = (1..=next)
        .map(|rank| (rank + 1) as f64 * (log(rank) - log(rank + 1)))
        .sum();
    (1.0 + gap / sum.max(1e-9)).powf(-(next as f64))
}
