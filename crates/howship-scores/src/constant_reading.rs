//! A reading in which every site has one score, and what it may be taken for.

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
    /// Into [`crate::ScoreTable::subjects`].
    pub subject: u32,
    /// Into [`crate::ScoreTable::visits`].
    pub visit: u32,
    /// Into [`crate::ScoreTable::campaigns`].
    pub campaign: u32,
    /// Into [`crate::ScoreTable::readers`].
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
