//! Readings of films as rows of scores, and which of them to lay side by side.

use crate::{ScoreRow, ScoreTable, Status};
use std::collections::BTreeMap;

/// What is laid side by side.
struct Rule {
    /// Items beyond which a table is not laid out (count): no scheme has so many.
    items: usize,
    /// Readers up to which each is compared with each other one, above it with the next one only (count).
    readers: usize,
}

const RULE: Rule = Rule {
    items: 500,
    readers: 12,
};

/// One reading of one visit's films.
#[derive(Debug)]
pub(super) struct Film {
    pub(super) subject: u32,
    pub(super) visit: u32,
    pub(super) campaign: u32,
    pub(super) reader: u32,
    pub(super) reading: u32,
    /// By item; NaN where there is no score.
    pub(super) scores: Vec<f64>,
}

impl Film {
    fn of(rows: &[ScoreRow], items: usize) -> Self {
        let mut scores = vec![f64::NAN; items];
        for row in rows.iter().filter(|r| r.status == Status::Ok) {
            if let Some(slot) = scores.get_mut(row.item as usize) {
                *slot = row.score;
            }
        }
        Self {
            subject: rows[0].subject,
            visit: rows[0].visit,
            campaign: rows[0].campaign,
            reader: rows[0].reader,
            reading: rows[0].reading,
            scores,
        }
    }

    fn name(&self) -> (u32, u32, u32) {
        (self.campaign, self.reader, self.reading)
    }

    /// The sums of two films over the items that both have, and the number of those.
    pub(super) fn sums(&self, other: &Self) -> (f64, f64, usize) {
        let both = self.scores.iter().zip(&other.scores);
        let both = both.filter(|(a, b)| !a.is_nan() && !b.is_nan());
        both.fold((0.0, 0.0, 0), |(x, y, n), (a, b)| (x + a, y + b, n + 1))
    }
}

/// Why two films should be alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Beside {
    /// One reader's readings of two visits that follow one another.
    Visits {
        reader: u32,
        campaign: u32,
        reading: u32,
        from: u32,
        to: u32,
    },
    /// Two readers' readings of one visit.
    Readers { visit: u32, first: u32, second: u32 },
}

impl Beside {
    /// As in "M0 and M12 by `A`".
    pub(super) fn words(self, scores: &ScoreTable) -> String {
        let reader = |r: u32| scores.readers.name(r);
        match self {
            Self::Visits {
                from,
                to,
                reader: r,
                ..
            } => format!(
                "{} and {}{}",
                visit(scores, from),
                visit(scores, to),
                match reader(r) {
                    "" => String::new(),
                    name => format!(" by `{name}`"),
                }
            ),
            Self::Readers {
                visit: v,
                first,
                second,
            } => format!(
                "`{}` and `{}` at {}",
                reader(first),
                reader(second),
                visit(scores, v)
            ),
        }
    }
}

/// A visit's name.
pub(super) fn visit(scores: &ScoreTable, at: u32) -> &str {
    let visit = scores.visits.get(at as usize);
    visit.map_or("", |v| v.name.as_str())
}

/// The readings of a table, in the order of its rows; none of a table too wide.
pub(super) fn films(scores: &ScoreTable) -> Vec<Film> {
    if scores.items.len() > RULE.items {
        return Vec::new();
    }
    let name = |r: &ScoreRow| (r.subject, r.visit, r.campaign, r.reader, r.reading);
    let readings = scores.rows.chunk_by(|a, b| name(a) == name(b));
    readings
        .map(|rows| Film::of(rows, scores.items.len()))
        .collect()
}

/// Films that should be alike, by what makes them so; pairs are in the order of subjects.
pub(super) fn beside(films: &[Film]) -> BTreeMap<Beside, Vec<(&Film, &Film)>> {
    let mut pairs: BTreeMap<Beside, Vec<(&Film, &Film)>> = BTreeMap::new();
    for subject in films.chunk_by(|a, b| a.subject == b.subject) {
        let mut before: BTreeMap<(u32, u32, u32), &Film> = BTreeMap::new();
        for film in subject {
            if let Some(earlier) = before.insert(film.name(), film) {
                let at = Beside::Visits {
                    reader: film.reader,
                    campaign: film.campaign,
                    reading: film.reading,
                    from: earlier.visit,
                    to: film.visit,
                };
                pairs.entry(at).or_default().push((earlier, film));
            }
        }
        let place = |f: &Film| (f.visit, f.campaign);
        for readings in subject.chunk_by(|a, b| place(a) == place(b)) {
            for (first, second) in of_readers(readings) {
                let at = Beside::Readers {
                    visit: first.visit,
                    first: first.reader,
                    second: second.reader,
                };
                pairs.entry(at).or_default().push((first, second));
            }
        }
    }
    pairs
}

/// The first reading of each reader beside each other reader's, of many readers beside the next one's.
fn of_readers(readings: &[Film]) -> Vec<(&Film, &Film)> {
    let each: Vec<&Film> = readings
        .chunk_by(|a, b| a.reader == b.reader)
        .map(|r| &r[0])
        .collect();
    let most = match each.len() > RULE.readers {
        true => 1,
        false => each.len(),
    };
    let next = |i: usize| each[i + 1..].iter().take(most).map(move |b| (i, *b));
    (0..each.len())
        .flat_map(next)
        .map(|(i, b)| (each[i], b))
        .collect()
}

/// P(k or more of n) at this share; by logarithms, as many pairs leave nothing of (1 - share)ⁿ.
pub(super) fn chance(k: usize, n: usize, share: f64) -> f64 {
    let odds = (share / (1.0 - share)).ln();
    let mut term = n as f64 * (1.0 - share).ln();
    let mut sum = if k == 0 { term.exp() } else { 0.0 };
    for j in 1..=n {
        term += ((n - j + 1) as f64 / j as f64).ln() + odds;
        if j >= k {
            sum += term.exp();
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chances_add_up() {
        assert!((chance(0, 9, 0.3) - 1.0).abs() < 1e-12);
        assert!((chance(2, 2, 0.1) - 0.01).abs() < 1e-15);
        assert!((chance(1, 3, 0.5) - 0.875).abs() < 1e-12);
        assert!((chance(900, 6000, 0.3) - 1.0).abs() < 1e-9);
        assert!(chance(2500, 6000, 0.3) < 1e-9);
    }
}
