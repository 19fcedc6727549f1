//! What can be wrong with numbers handed to a statistic.

/// What can be wrong with numbers handed to a statistic.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number is outside the domain of the formula.
    #[error("{name} = {value} is outside its domain ({allowed})")]
    Domain {
        /// Which argument.
        name: &'static str,
        /// What it was.
        value: f64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// Too few numbers for the statistic.
    #[error("{statistic} needs at least {needed} values, got {found}")]
    TooFew {
        /// Which statistic.
        statistic: &'static str,
        /// How many it needs.
        needed: usize,
        /// How many there were.
        found: usize,
    },
    /// The numbers or their design leave the statistic without a value.
    #[error("{statistic} is not defined here: {reason}")]
    Undefined {
        /// Which statistic.
        statistic: &'static str,
        /// What the data lack.
        reason: String,
    },
}
