use howship_tables::Reason;
use std::path::PathBuf;

/// What can be wrong with score tables and with what is asked of them; [`Error::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A cell that its column does not allow.
    #[error("`{}`, line {line}, column `{column}`: {} {reason}", path.display(), shown(value))]
    Cell {
        /// The file.
        path: PathBuf,
        /// Line of the file, from 1.
        line: u64,
        /// Column's name.
        column: String,
        /// What stands there.
        value: String,
        /// What is wrong with it, what is allowed, what to do.
        reason: Reason,
    },
    /// The table as a whole does not hold scores.
    #[error("`{}`: {reason}", path.display())]
    Layout {
        /// The file.
        path: PathBuf,
        /// What is missing, what is there, what to do.
        reason: Reason,
    },
    /// A mapping of columns is wrong.
    #[error("mapping `{mapping}`: {reason}")]
    Mapping {
        /// Which mapping.
        mapping: String,
        /// What is wrong.
        reason: Reason,
    },
    /// A text is no scheme or no mapping at all.
    #[error("the text is no {kind}: {reason}")]
    Unread {
        /// `scheme` or `mapping`.
        kind: &'static str,
        /// What the parser says, on one line.
        reason: String,
    },
    /// A scheme's table contradicts itself.
    #[error("scheme `{scheme}`: {reason}")]
    Scheme {
        /// Which scheme.
        scheme: String,
        /// What is wrong.
        reason: Reason,
    },
    /// No scheme has this identifier.
    #[error("there is no scheme `{scheme}`")]
    UnknownScheme {
        /// What was asked for.
        scheme: String,
        /// The nearest scheme, and where all are listed.
        advice: String,
    },
    /// The table cannot answer what was asked.
    #[error("{question} cannot be answered from this table: {reason}")]
    NotIdentified {
        /// What was asked.
        question: &'static str,
        /// What the design lacks, and what would be needed.
        reason: Reason,
    },
    /// The numbers do not allow the statistic.
    #[error(transparent)]
    Statistic(#[from] howship_stats::Error),
    /// The table as such.
    #[error(transparent)]
    Table(#[from] howship_tables::Error),
}

impl Error {
    /// A text that the parser of TOML refused; its own words take several lines.
    pub(crate) fn unread(kind: &'static str, error: &toml::de::Error) -> Self {
        let text = error.to_string();
        let words: Vec<&str> = text.split_whitespace().collect();
        Self::Unread {
            kind,
            reason: words.join(" "),
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::Cell { reason, .. }
            | Self::Layout { reason, .. }
            | Self::Mapping { reason, .. }
            | Self::Scheme { reason, .. }
            | Self::NotIdentified { reason, .. } => reason.advice.as_deref(),
            Self::UnknownScheme { advice, .. } => Some(advice),
            Self::Table(error) => error.hint(),
            Self::Unread { .. } | Self::Statistic(_) => None,
        }
    }
}

/// A cell's words in a message; an empty cell has none.
fn shown(value: &str) -> String {
    if value.is_empty() {
        "the cell".to_owned()
    } else {
        format!("`{value}`")
    }
}
