//! Numbers that are hardly the scores that they seem to be.

/// Scores of which nobody said whether they stand as they are.
#[derive(Debug, Clone, PartialEq)]
pub enum Doubt {
    /// One number that lies apart from all others, as a code for a score that is not there does.
    Code {
        /// The number.
        value: f64,
        /// How many scores are it.
        count: usize,
        /// Smallest and largest of the other scores.
        others: [f64; 2],
    },
    /// Readers whose scores are a multiple of others' of the same films: every such pair, in one doubt.
    Scales(Vec<TwoScales>),
    /// Readers whose scores fall where others' of the same films rise.
    Opposite(Vec<OppositeScales>),
    /// One score far outside of other subjects' and of its own subject's at other visits, as a lost decimal point makes.
    Slip {
        /// The score.
        value: f64,
        /// Into [`crate::ScoreTable::subjects`].
        subject: u32,
        /// Into [`crate::ScoreTable::visits`].
        visit: u32,
        /// Line in the file.
        line: u32,
        /// Smallest and largest score of the other subjects.
        others: [f64; 2],
    },
    /// One score farther from the nearest other reading of its film than readings of all other films are.
    FarFromFilm {
        /// The score.
        value: f64,
        /// Into [`crate::ScoreTable::subjects`].
        subject: u32,
        /// Into [`crate::ScoreTable::visits`].
        visit: u32,
        /// Into [`crate::ScoreTable::readers`].
        reader: u32,
        /// Line in the file.
        line: u32,
        /// The nearest other reading of the film.
        nearest: f64,
        /// Films that several readings scored.
        films: usize,
        /// Scores of this kind (0, a code, ten times the other reading) that are as far, this one among them.
        like: usize,
    },
    /// Names that seem to stand for one another.
    MixedUp {
        /// Names of what.
        kind: MixedUp,
        /// Which, where, and how many scores say so.
        what: String,
    },
}

/// What names can be mixed up of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MixedUp {
    /// Left and right of one subject's films.
    Sides,
    /// Sites, sides or features of everybody's films.
    Items,
    /// Two subjects' films.
    Subjects,
    /// One subject's films under two names.
    SubjectTwice,
    /// Two readers' scores.
    Readings,
    /// One reader's visits.
    Visits,
    /// Units of one reader's days.
    Days,
}

/// A reader whose scores are a multiple of another's of the same films.
#[derive(Debug, Clone, PartialEq)]
pub struct TwoScales {
    /// Into [`crate::ScoreTable::readers`].
    pub reader: u32,
    /// Into [`crate::ScoreTable::readers`]: whose multiple they are.
    pub of: u32,
    /// Median ratio.
    pub factor: f64,
    /// Scores that both gave, neither of them 0.
    pub scores: usize,
}

/// A reader whose scores fall where another's of the same films rise.
#[derive(Debug, Clone, PartialEq)]
pub struct OppositeScales {
    /// Into [`crate::ScoreTable::readers`].
    pub reader: u32,
    /// Into [`crate::ScoreTable::readers`]: the other one.
    pub of: u32,
    /// Spearman's rank correlation.
    pub correlation: f64,
    /// Subjects that both read.
    pub subjects: usize,
}
