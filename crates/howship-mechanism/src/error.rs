/// What can be wrong with a case, a design or a model's numbers.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text is no TOML.
    #[error("it is no TOML: {reason}")]
    Toml {
        /// Where and why.
        reason: String,
    },
    /// A key that does not exist.
    #[error("`{key}` is no known key")]
    UnknownKey {
        /// Path of the key.
        key: String,
        /// The nearest known key, or the keys that there are.
        hint: String,
    },
    /// A key that is needed is missing.
    #[error("`{key}` is missing")]
    Missing {
        /// Path of the key.
        key: String,
        /// What it says, with an example.
        hint: String,
    },
    /// A value cannot be used.
    #[error("`{key}` = {value} is not usable")]
    Value {
        /// Path of the key.
        key: String,
        /// What it says.
        value: String,
        /// What is asked of it.
        expected: String,
    },
    /// Two entries contradict each other.
    #[error("`{first}` and `{second}` contradict each other: {reason}")]
    Contradiction {
        /// Path of one key.
        first: String,
        /// Path of the other.
        second: String,
        /// Why.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// An integrator could not go on.
    #[error("{model} did not converge at t = {time}: {reason}")]
    NoConvergence {
        /// Which system.
        model: &'static str,
        /// Where.
        time: f64,
        /// Why.
        reason: &'static str,
    },
    /// A concentration or amount fell below zero.
    #[error("{model}: {state} fell to {value:e} at t = {time}, below zero")]
    LeftPositivity {
        /// Which system.
        model: &'static str,
        /// Name of the state.
        state: &'static str,
        /// Its value.
        value: f64,
        /// Where.
        time: f64,
    },
    /// Observations fit none of the simulated courses.
    #[error(
        "the observations fit too few of the simulated courses: effective number {effective:.1} of {draws} draws"
    )]
    TooFewDraws {
        /// Effective sample size.
        effective: f64,
        /// Draws made.
        draws: usize,
        /// The key that holds the observations.
        key: String,
    },
    /// An observation that no simulated course comes near.
    #[error(
        "`{key}`: a change of {value:+} {unit} (standard error {se:.3}) fits none of {draws} simulated courses, which reach from {low:+.2} to {high:+.2} {unit}"
    )]
    OutOfReach {
        /// Where it stands.
        key: String,
        /// The change.
        value: f64,
        /// Its unit.
        unit: &'static str,
        /// Its standard error.
        se: f64,
        /// Least change of any course.
        low: f64,
        /// Largest change of any course.
        high: f64,
        /// Draws made.
        draws: usize,
    },
    /// The caller asked to stop.
    #[error("stopped")]
    Stopped,
    /// A statistic refused its numbers.
    #[error(transparent)]
    Statistic(#[from] howship_stats::Error),
    /// The domain's types refused a change.
    #[error(transparent)]
    Change(#[from] howship_change::Error),
}

impl Error {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::UnknownKey { hint, .. }
            | Self::Missing { hint, .. }
            | Self::Contradiction { hint, .. } => hint,
            Self::Value { expected, .. } => expected,
            Self::NoConvergence { .. } => "loosen the tolerance or check the parameters",
            Self::LeftPositivity { .. } => "these parameters leave the model's range",
            Self::TooFewDraws { key, .. } => {
                return Some(format!("check `{key}`, or raise the number of draws"));
            }
            Self::OutOfReach { .. } => {
                "check its sign (repair is negative), its unit and its `se`, and the depth and width of its lesion"
            }
            Self::Toml { .. } | Self::Stopped | Self::Statistic(_) | Self::Change(_) => {
                return None;
            }
        };
        Some(text.to_owned())
    }

    pub(crate) fn value(
        key: impl Into<String>,
        value: impl std::fmt::Display,
        expected: impl Into<String>,
    ) -> Self {
        Self::Value {
            key: key.into(),
            value: value.to_string(),
            expected: expected.into(),
        }
    }
}
