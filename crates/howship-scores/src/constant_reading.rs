//! What is said of a reading in which every site has one score.

use crate::{Error, ScoreTable};
use serde::{Deserialize, Serialize};

/// What readings are taken for in which every site has one score, where that is hardly what a film shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConstantReadings {
    /// Named; what calls repair or change refuses to answer until it is told.
    #[default]
    Ask,
    /// Scores as they stand.
    Taken,
    /// Missing.
    Missing,
}

/// What all scores of a reading are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Held {
    /// This score.
    Score(f64),
    /// Each its site's largest grade.
    Maximum,
}

/// A reading in which every site has one score, which the same reader's other visits make incredible: a visit that
/// was missed and coded 0, a column filled down. Numbers index the table's lists.
#[derive(Debug, Clone, PartialEq)]
pub struct ConstantReading {
    /// Into [`ScoreTable::subjects`].
    pub subject: u32,
    /// Into [`ScoreTable::visits`].
    pub visit: u32,
    /// Into [`ScoreTable::campaigns`].
    pub campaign: u32,
    /// Into [`ScoreTable::readers`].
    pub reader: u32,
    /// Number of the reading, from 1.
    pub reading: u32,
    /// The first of its lines in the file.
    pub line: u32,
    /// What all of its scores are.
    pub held: Held,
    /// How many sites were scored.
    pub sites: usize,
    /// The visit that it was held against and the sum of this reader's scores there; none where there is no other.
    pub beside: Option<(u32, f64)>,
}

impl ConstantReading {
    pub(crate) const ADVICE: &str = "leave cells of visits that were missed empty, or say what these readings are: \
                                     `--constant-readings missing`, or `--constant-readings taken` if the films show it";
}

impl ScoreTable {
    /// Nothing that calls change answers while it is not known whether readings are scores.
    pub(crate) fn constant_settled(&self, question: &'static str) -> Result<(), Error> {
        if self.constant.is_empty() {
            return Ok(());
        }
        Err(Error::NotIdentified {
            question,
            reason: (
                self.constant_words(&self.constant, 2),
                ConstantReading::ADVICE,
            )
                .into(),
        })
    }

    /// Which readings have one score throughout, subjects' visits up to a number of them.
    pub(crate) fn constant_words(&self, found: &[ConstantReading], most: usize) -> String {
        let same = |a: &ConstantReading, b: &ConstantReading| {
            (a.subject, a.visit, a.held, a.sites) == (b.subject, b.visit, b.held, b.sites)
        };
        let groups: Vec<&[ConstantReading]> = found.chunk_by(same).collect();
        let shown: Vec<String> = groups
            .iter()
            .take(most)
            .map(|g| self.group_words(g))
            .collect();
        let more = match groups.len().saturating_sub(most) {
            0 => String::new(),
            n => format!("; and {n} more visits"),
        };
        format!(
            "readings in which every site has one score, as where a missed visit was filled in: {}{more}",
            shown.join("; ")
        )
    }

    fn group_words(&self, group: &[ConstantReading]) -> String {
        let first = &group[0];
        let name = |visit: u32| {
            let visit = self.visits.get(visit as usize);
            visit.map_or("", |v| v.name.as_str())
        };
        let readers: Vec<&str> = group
            .iter()
            .map(|c| self.readers.name(c.reader))
            .filter(|r| !r.is_empty())
            .collect();
        let by = match readers.is_empty() {
            true => String::new(),
            false => format!(" by {}", readers.join(", ")),
        };
        let score = match first.held {
            Held::Score(score) => score.to_string(),
            Held::Maximum => "at their maximum".to_owned(),
        };
        let sums: Vec<String> = group
            .iter()
            .filter_map(|c| Some(c.beside?.1.to_string()))
            .collect();
        let beside = first.beside.map_or_else(String::new, |(visit, _)| {
            format!(
                " where scores at {} add up to {}",
                name(visit),
                sums.join(", ")
            )
        });
        format!(
            "subject `{}` at {}{by} (from line {}): all {} sites {score}{beside}",
            self.subjects.name(first.subject),
            name(first.visit),
            first.line,
            first.sites
        )
    }
}
