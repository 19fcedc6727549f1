//! Readings in which every site has one score: a visit that was missed and filled in, or a film that shows it?

use super::ReadOptions;
use crate::{
    ConstantReading, ConstantReadings, Held, Measures, Scheme, ScoreRow, ScoreTable, Status,
};
use std::ops::Range;

/// When one score throughout is no film's.
struct Rule {
    /// Fewer sites than this are alike by chance: no reading of fewer is named.
    least_sites: usize,
    /// So many such readings may be expected by chance in the whole table (count).
    by_chance: f64,
    /// Least share of sites that come to the score between visits, where the table shows fewer: sites of one film are
    /// not independent (share).
    least_share: f64,
}

/// By chance one table of a hundred has such a reading; five sites at least must have come to the score at once.
const RULE: Rule = Rule {
    least_sites: 8,
    by_chance: 0.01,
    least_share: 0.1,
};

/// One reading: its rows, and what all of its scores are.
struct Reading {
    rows: Range<usize>,
    held: Option<Held>,
}

/// Which way in time the visit lies that a reading is held against.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Earlier,
    Later,
}

/// Readings of one score throughout that the rest of the table makes incredible.
///
/// A reading whose sites are all 0 is held against the same reader's last visit before: early disease has 0 at the
/// first visit, and at all of them. One whose sites are all at their maximum, or all at another score, is held against
/// the visit before or, at the first, after it. With k sites that had another score there, and the share q of such
/// sites that come to this score over all other readings of the table (0.1 at least), it is named where fewer than
/// 0.01 readings of the table would by chance have it: N·q^k < 0.01. Sums that are changes themselves are never named.
pub(super) fn constant_readings(
    scores: &ScoreTable,
    scheme: Option<&Scheme>,
) -> Vec<ConstantReading> {
    if scheme.is_some_and(|s| s.measures == Measures::Change) {
        return Vec::new();
    }
    let mut readings = readings(scores);
    if readings.iter().all(|r| r.held.is_none()) {
        return Vec::new();
    }
    // Each reader's visits side by side, in order of time.
    let key = |r: &Reading| {
        let row = &scores.rows[r.rows.start];
        (row.subject, row.campaign, row.reader, row.reading)
    };
    readings.sort_by_key(|r| (key(r), scores.rows[r.rows.start].visit));
    let series: Vec<&[Reading]> = readings.chunk_by(|a, b| key(a) == key(b)).collect();
    let table = Readings {
        scores,
        series,
        count: readings.len() as f64,
    };
    let mut found: Vec<ConstantReading> = Vec::new();
    for series in &table.series {
        for (at, reading) in series.iter().enumerate() {
            found.extend(
                reading
                    .held
                    .and_then(|held| table.incredible(series, at, held)),
            );
        }
    }
    found.sort_by_key(|c| (c.subject, c.visit, c.campaign, c.reader, c.reading));
    found
}

fn readings(scores: &ScoreTable) -> Vec<Reading> {
    let mut start = 0;
    let alike = |a: &ScoreRow, b: &ScoreRow| {
        (a.subject, a.visit, a.campaign, a.reader, a.reading)
            == (b.subject, b.visit, b.campaign, b.reader, b.reading)
    };
    let chunks = scores.rows.chunk_by(alike).map(|rows| {
        let range = start..start + rows.len();
        start = range.end;
        Reading {
            held: held(scores, rows),
            rows: range,
        }
    });
    chunks.collect()
}

/// What all scores of a reading are, if they are one.
fn held(scores: &ScoreTable, rows: &[ScoreRow]) -> Option<Held> {
    let scored = || rows.iter().filter(|r| r.status == Status::Ok);
    let first = scored().next()?.score;
    if scored().count() < RULE.least_sites {
        return None;
    }
    if scored().all(|r| Held::Maximum.holds(scores, r)) {
        return Some(Held::Maximum);
    }
    scored()
        .all(|r| r.score == first)
        .then_some(Held::Score(first))
}

impl Held {
    fn holds(self, scores: &ScoreTable, row: &ScoreRow) -> bool {
        match self {
            Self::Score(score) => row.score == score,
            Self::Maximum => scores
                .items
                .get(row.item as usize)
                .is_some_and(|i| i.max > i.min && row.score == i.max),
        }
    }
}

struct Readings<'a> {
    scores: &'a ScoreTable,
    /// The visits of one reader and subject.
    series: Vec<&'a [Reading]>,
    count: f64,
}

impl Readings<'_> {
    fn incredible(&self, series: &[Reading], at: usize, held: Held) -> Option<ConstantReading> {
        let (ways, alone): (&[Way], bool) = match held {
            Held::Score(0.0) => (&[Way::Earlier], false),
            Held::Maximum => (&[Way::Earlier, Way::Later], false),
            Held::Score(_) => (&[Way::Earlier, Way::Later], true),
        };
        let rows = &series[at].rows;
        let scored = self.scores.rows[rows.clone()]
            .iter()
            .filter(|r| r.status == Status::Ok)
            .count();
        let beside = ways
            .iter()
            .find_map(|&way| Some((way, neighbour(series, at, way)?)));
        let (sites, share) = match beside {
            Some((way, other)) => (self.came(&other.rows, rows, held).0, self.share(held, way)),
            // One visit alone: how frequent the score is in all readings of more than one score.
            None if alone => (scored, self.frequency(held)),
            None => return None,
        };
        if self.count * share.max(RULE.least_share).powf(sites as f64) >= RULE.by_chance {
            return None;
        }
        let row = &self.scores.rows[rows.start];
        Some(ConstantReading {
            subject: row.subject,
            visit: row.visit,
            campaign: row.campaign,
            reader: row.reader,
            reading: row.reading,
            line: row.line,
            held,
            sites: scored,
            beside: beside.map(|(_, other)| {
                let rows = &self.scores.rows[other.rows.clone()];
                let sum = rows.iter().filter(|r| r.status == Status::Ok);
                (rows[0].visit, sum.map(|r| r.score).sum())
            }),
        })
    }

    /// Sites of both readings that had another score in the first, and how many of them have this in the second.
    fn came(&self, from: &Range<usize>, to: &Range<usize>, held: Held) -> (usize, usize) {
        let (from, to) = (
            &self.scores.rows[from.clone()],
            &self.scores.rows[to.clone()],
        );
        let (mut had_another, mut came, mut at) = (0, 0, 0);
        // Both are in the order of items.
        for row in to.iter().filter(|r| r.status == Status::Ok) {
            at += from[at..].partition_point(|r| r.item < row.item);
            let other = from
                .get(at)
                .filter(|r| r.item == row.item && r.status == Status::Ok);
            if other.is_some_and(|o| !held.holds(self.scores, o)) {
                had_another += 1;
                came += usize::from(held.holds(self.scores, row));
            }
        }
        (had_another, came)
    }

    /// Of all sites that had another score, the share that came to this one, in readings of more than one score.
    fn share(&self, held: Held, way: Way) -> f64 {
        let (mut all, mut came) = (0, 0);
        for series in &self.series {
            for (at, reading) in series.iter().enumerate().filter(|(_, r)| r.held.is_none()) {
                if let Some(other) = neighbour(series, at, way) {
                    let (of, to) = self.came(&other.rows, &reading.rows, held);
                    all += of;
                    came += to;
                }
            }
        }
        // Of no sites nothing is known: a half.
        (came as f64 + 1.0) / (all as f64 + 2.0)
    }

    fn frequency(&self, held: Held) -> f64 {
        let readings = self
            .series
            .iter()
            .flat_map(|s| s.iter())
            .filter(|r| r.held.is_none());
        let rows = readings.flat_map(|r| &self.scores.rows[r.rows.clone()]);
        let (mut all, mut have) = (0_usize, 0_usize);
        for row in rows.filter(|r| r.status == Status::Ok) {
            all += 1;
            have += usize::from(held.holds(self.scores, row));
        }
        (have as f64 + 1.0) / (all as f64 + 2.0)
    }
}

/// The nearest visit of the same reader that has more than one score.
fn neighbour(series: &[Reading], at: usize, way: Way) -> Option<&Reading> {
    let varied = |r: &&Reading| r.held.is_none();
    match way {
        Way::Earlier => series[..at].iter().rev().find(varied),
        Way::Later => series[at + 1..].iter().find(varied),
    }
}

/// How many subjects a note names.
const SHOWN: usize = 6;

/// Takes the readings for what they are said to be, keeps those that are asked about, and says what was done.
pub(super) fn settle(
    scores: &mut ScoreTable,
    scheme: Option<&Scheme>,
    options: &ReadOptions,
    warnings: &mut Vec<String>,
) {
    let found = constant_readings(scores, scheme);
    if found.is_empty() {
        return;
    }
    let what = scores.constant_words(&found, SHOWN);
    match options.constant_readings {
        ConstantReadings::Ask => {
            warnings.push(format!("{what}; {}", ConstantReading::ADVICE));
            scores.constant = found;
        }
        ConstantReadings::Taken => warnings.push(format!("{what}: taken as scores, as asked")),
        ConstantReadings::Missing => {
            let named = |r: &ScoreRow| {
                found
                    .binary_search_by_key(
                        &(r.subject, r.visit, r.campaign, r.reader, r.reading),
                        |c| (c.subject, c.visit, c.campaign, c.reader, c.reading),
                    )
                    .is_ok()
            };
            for row in scores.rows.iter_mut().filter(|r| r.status == Status::Ok) {
                if named(row) {
                    row.status = Status::Missing;
                    row.score = f64::NAN;
                }
            }
            warnings.push(format!("{what}: taken as missing, as asked"));
        }
    }
}
