//! Names that may be exchanged, and how often the order of what they name is reversed.

/// Two names that may be exchanged.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Names {
    /// Every site for every other: the scale runs the other way.
    Scale,
    Sides,
    Features(String, String),
    Sites(String, String),
}

/// Whose films are compared, all subjects together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// Two visits by all readers.
    Visits(u32, u32),
    /// Two visits by one reader.
    OfReader(u32, u32, u32),
    /// Two readers at all visits.
    Readers(u32, u32),
}

/// How often the order of two names is the same on both films of a subject.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Orders {
    pub(super) reversed: usize,
    pub(super) kept: usize,
    /// Correlation of the two films' differences.
    pub(super) correlation: f64,
}

/// What was found of one comparison.
pub(super) type Found<'a> = Vec<(&'a Names, Orders)>;
