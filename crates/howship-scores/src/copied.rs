//! Readings that are copies of one another: two readers who never differ are one.

use crate::{NONE, ScoreRow, ScoreTable, Status, TotalRow, Totals};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Whose reading: numbers index the table's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadingName {
    /// Into [`ScoreTable::campaigns`]; [`NONE`] where the table does not say.
    pub campaign: u32,
    /// Into [`ScoreTable::readers`].
    pub reader: u32,
    /// Number of the reading, from 1.
    pub reading: u32,
}

/// Two readings all of whose scores are equal.
#[derive(Debug, Clone, PartialEq)]
pub struct CopiedReading {
    /// The one that is kept.
    pub first: ReadingName,
    /// The one that repeats it.
    pub second: ReadingName,
    /// The visit at which they are equal, into [`ScoreTable::visits`]; none where they are at all.
    pub visit: Option<u32>,
    /// Scores that both have.
    pub scores: usize,
    /// Those of them that are not the commonest score.
    pub telling: usize,
}

/// When equal scores are a copy.
struct Rule {
    /// Share of scores beside the commonest that two readers give alike, at most: grades (share).
    alike: f64,
    /// The same of measurements and sums (share).
    alike_of_many: f64,
    /// From so many different scores on they are measurements or sums (count).
    many: usize,
    /// Chance that readers who did not copy give all of them alike, at most (probability).
    by_chance: f64,
}

/// Readers of joints give damaged ones the same grade in half to two thirds of cases; four fifths leaves room. So 31
/// grades beside the commonest, or 10 sums, must be equal and none may differ.
const RULE: Rule = Rule {
    alike: 0.8,
    alike_of_many: 0.5,
    many: 20,
    by_chance: 0.001,
};

/// Scores of a visit that two readings share while they are equal.
#[derive(Default)]
struct Shared {
    differ: bool,
    counts: BTreeMap<u64, usize>,
}

impl Shared {
    fn and(&mut self, other: &Self) {
        self.differ |= other.differ;
        for (score, n) in &other.counts {
            *self.counts.entry(*score).or_default() += n;
        }
    }

    fn scores(&self) -> usize {
        self.counts.values().sum()
    }

    fn telling(&self) -> usize {
        self.scores() - self.counts.values().max().copied().unwrap_or(0)
    }

    fn is_copy(&self) -> bool {
        let alike = match self.counts.len() >= RULE.many {
            true => RULE.alike_of_many,
            false => RULE.alike,
        };
        !self.differ && alike.powf(self.telling() as f64) < RULE.by_chance
    }
}

impl ScoreTable {
    /// Readings that repeat another one: every score that both have is equal, at all visits or at one, and so many are
    /// not the commonest score that readers who look for themselves would have differed.
    #[must_use]
    pub fn copied(&self) -> Vec<CopiedReading> {
        let mut pairs: BTreeMap<(ReadingName, ReadingName), BTreeMap<u32, Shared>> =
            BTreeMap::new();
        for film in self
            .rows
            .chunk_by(|a, b| (a.subject, a.visit) == (b.subject, b.visit))
        {
            let readings: Vec<&[ScoreRow]> = film.chunk_by(|a, b| a.name() == b.name()).collect();
            for (i, first) in readings.iter().enumerate() {
                for second in &readings[i + 1..] {
                    let visits = pairs.entry((first[0].name(), second[0].name()));
                    let shared = visits.or_default().entry(film[0].visit).or_default();
                    if !shared.differ {
                        compare(first, second, shared);
                    }
                }
            }
        }
        let mut found: Vec<CopiedReading> = Vec::new();
        for ((first, second), visits) in &pairs {
            found.extend(copies(*first, *second, visits));
        }
        found
    }

    /// The table with each reading once; copies of one are left out where they repeat it.
    pub(crate) fn without_copies(&self) -> Cow<'_, Self> {
        let copies = self.copied();
        if copies.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut table = self.clone();
        table.rows.retain(|r| !repeats(&copies, r.name(), r.visit));
        Cow::Owned(table)
    }

    /// Sums of a table without the copies in it.
    pub(crate) fn sums_without_copies<'a>(&self, totals: &'a Totals) -> Cow<'a, Totals> {
        let copies = self.copied();
        if copies.is_empty() {
            return Cow::Borrowed(totals);
        }
        let mut totals = totals.clone();
        let name = |r: &TotalRow| ReadingName {
            campaign: r.campaign,
            reader: r.reader,
            reading: r.reading,
        };
        totals.rows.retain(|r| !repeats(&copies, name(r), r.visit));
        Cow::Owned(totals)
    }

    fn reading_words(&self, name: ReadingName) -> String {
        let mut words = format!("`{}`", self.readers.name(name.reader));
        if self.rows.iter().any(|r| r.reading != 1) {
            words.push_str(&format!(", reading {}", name.reading));
        }
        if name.campaign != NONE {
            words.push_str(&format!(
                ", campaign `{}`",
                self.campaigns.name(name.campaign)
            ));
        }
        words
    }
}

fn repeats(copies: &[CopiedReading], name: ReadingName, visit: u32) -> bool {
    let at = |c: &CopiedReading| c.visit.is_none_or(|v| v == visit);
    copies.iter().any(|c| c.second == name && at(c))
}

impl ScoreRow {
    fn name(&self) -> ReadingName {
        ReadingName {
            campaign: self.campaign,
            reader: self.reader,
            reading: self.reading,
        }
    }
}

/// Both are in the order of items.
fn compare(first: &[ScoreRow], second: &[ScoreRow], shared: &mut Shared) {
    let mut at = 0;
    for row in second.iter().filter(|r| r.status == Status::Ok) {
        at += first[at..].partition_point(|r| r.item < row.item);
        let other = first.get(at);
        let Some(other) = other.filter(|r| r.item == row.item && r.status == Status::Ok) else {
            continue;
        };
        if other.score != row.score {
            shared.differ = true;
            return;
        }
        *shared.counts.entry(row.score.to_bits()).or_default() += 1;
    }
}

fn copies(
    first: ReadingName,
    second: ReadingName,
    visits: &BTreeMap<u32, Shared>,
) -> Vec<CopiedReading> {
    let copy = |visit: Option<u32>, shared: &Shared| {
        shared.is_copy().then(|| CopiedReading {
            first,
            second,
            visit,
            scores: shared.scores(),
            telling: shared.telling(),
        })
    };
    let mut all = Shared::default();
    visits.values().for_each(|s| all.and(s));
    match copy(None, &all) {
        Some(whole) => vec![whole],
        None => visits
            .iter()
            .filter_map(|(visit, shared)| copy(Some(*visit), shared))
            .collect(),
    }
}

impl CopiedReading {
    /// What is wrong, for a note.
    #[must_use]
    pub fn words(&self, table: &ScoreTable) -> String {
        let visit = self.visit.and_then(|v| table.visits.get(v as usize));
        let at = visit.map_or(String::new(), |v| format!(" at {}", v.name));
        format!(
            "all {} scores of {} equal those of {}{at}, {} of them not the commonest score: one is a copy of the other, \
             not a reading of its own, and their agreement says nothing; questions of repair count it once",
            self.scores,
            table.reading_words(self.second),
            table.reading_words(self.first),
            self.telling
        )
    }
}
