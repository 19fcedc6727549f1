use super::truth::ReadersTruth;

/// What a score stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadStatus {
    /// Scored.
    Ok,
    /// Not scored.
    Missing,
    /// The joint is replaced.
    Replaced,
    /// The joint cannot be scored on this film.
    NotScorable,
}

impl ReadStatus {
    /// As in the table.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::Replaced => "replaced",
            Self::NotScorable => "not-scorable",
        }
    }
}

/// One row of the table; numbers point into the specification's lists.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReadScore {
    /// Number of the patient.
    pub subject: u32,
    /// Into the visits.
    pub visit: u32,
    /// Days since baseline.
    pub days: i32,
    /// Into the readers.
    pub reader: u32,
    /// From 1.
    pub reading: u32,
    /// Into the sites.
    pub site: u32,
    /// NaN unless scored.
    pub score: f64,
    /// What it stands for.
    pub status: ReadStatus,
}

/// A table of readers' scores with its truth.
#[derive(Debug, Clone, PartialEq)]
pub struct ReaderData {
    /// In order of subject, visit, reader, reading, site.
    pub rows: Vec<ReadScore>,
    /// What lies behind them.
    pub truth: ReadersTruth,
}
