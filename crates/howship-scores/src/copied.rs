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
    /// Those of them that tell: changes since a first visit that both have alike, else scores that are not the commonest.
    pub telling: usize,
    /// Whether these are changes.
    pub of_change: bool,
}

/// When equal scores are a copy.
struct Rule {
    /// Share of changes since a shared first visit that two readers give alike, at most (share).
    alike_of_change: f64,
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
/// grades beside the commonest, or 10 sums, must be equal and none may differ. A first visit may be agreed on before
/// readers tell changes from it, each for himself: then 14 changes must be equal, of which readers share about half.
const RULE: Rule = Rule {
    alike_of_change: 0.6,
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
    changed: usize,
}

impl Shared {
    fn and(&mut self, other: &Self) {
        self.differ |= other.differ;
        for (score, n) in &other.counts {
            *self.counts.entry(*score).or_default() += n;
        }
        self.changed += other.changed;
    }

    fn scores(&self) -> usize {
        self.counts.values().sum()
    }

    fn telling(&self) -> usize {
        self.scores() - self.counts.values().max().copied().unwrap_or(0)
    }

    /// Whether so many telling scores are hardly alike by chance.
    fn is_copy(&self, of_change: bool) -> bool {
        let (alike, telling) = match (of_change, self.counts.len() >= RULE.many) {
            (true, _) => (RULE.alike_of_change, self.changed),
            (false, true) => (RULE.alike_of_many, self.telling()),
            (false, false) => (RULE.alike, self.telling()),
        };
        !self.differ && alike.powf(telling as f64) < RULE.by_chance
    }
}

impl ScoreTable {
    /// Readings that repeat another one: every score that both have is equal, at all visits or at one, and so many of
    /// them tell that readers who look for themselves would have differed.
    ///
    /// Scores tell that are not the commonest one. Where both are alike at the first visit, it may have been agreed on:
    /// then changes from it tell, and the first visit alone is no copy.
    #[must_use]
    pub fn copied(&self) -> Vec<CopiedReading> {
        let mut pairs: BTreeMap<(ReadingName, ReadingName), BTreeMap<u32, Shared>> =
            BTreeMap::new();
        for subject in self.rows.chunk_by(|a, b| a.subject == b.subject) {
            let mut firsts: BTreeMap<ReadingName, &[ScoreRow]> = BTreeMap::new();
            for film in subject.chunk_by(|a, b| a.visit == b.visit) {
                let readings: Vec<&[ScoreRow]> =
                    film.chunk_by(|a, b| a.name() == b.name()).collect();
                for reading in &readings {
                    firsts.entry(reading[0].name()).or_insert(reading);
                }
                for (i, first) in readings.iter().enumerate() {
                    for second in &readings[i + 1..] {
                        let names = (first[0].name(), second[0].name());
                        let visits = pairs.entry(names).or_default();
                        let shared = visits.entry(film[0].visit).or_default();
                        if !shared.differ {
                            compare(first, second, firsts[&names.1], shared);
                        }
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

/// All are in the order of items; `start` is the second reading's first visit.
fn compare(first: &[ScoreRow], second: &[ScoreRow], start: &[ScoreRow], shared: &mut Shared) {
    let find = |rows: &[ScoreRow], item: u32| {
        let at = rows.binary_search_by_key(&item, |r| r.item).ok();
        at.map(|at| rows[at]).filter(|r| r.status == Status::Ok)
    };
    for row in second.iter().filter(|r| r.status == Status::Ok) {
        let Some(other) = find(first, row.item) else {
            continue;
        };
        if other.score != row.score {
            shared.differ = true;
            return;
        }
        *shared.counts.entry(row.score.to_bits()).or_default() += 1;
        shared.changed += usize::from(find(start, row.item).is_some_and(|s| s.score != row.score));
    }
}

fn copies(
    first: ReadingName,
    second: ReadingName,
    visits: &BTreeMap<u32, Shared>,
) -> Vec<CopiedReading> {
    let agreed = visits.len() > 1 && visits.values().next().is_some_and(|s| !s.differ);
    let copy = |visit: Option<u32>, shared: &Shared| {
        shared.is_copy(agreed).then(|| CopiedReading {
            first,
            second,
            visit,
            scores: shared.scores(),
            telling: if agreed {
                shared.changed
            } else {
                shared.telling()
            },
            of_change: agreed,
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
        let tell = match self.of_change {
            true => "other than at the first visit",
            false => "not the commonest score",
        };
        format!(
            "all {} scores of {} equal those of {}{at}, {} of them {tell}: one is a copy of the other, \
             not a reading of its own, and their agreement says nothing; questions of repair count it once",
            self.scores,
            table.reading_words(self.second),
            table.reading_words(self.first),
            self.telling
        )
    }
}
