use crate::Reason;
use std::io;
use std::path::{Path, PathBuf};

/// What can be wrong with a table; [`Error::hint`] says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system would not read the file.
    #[error("`{}` could not be read: {source}", path.display())]
    Reading {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The system would not write the file.
    #[error("`{}` could not be written: {source}", path.display())]
    Writing {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file as a whole is no table that can be read.
    #[error("`{}`: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong, what to do.
        reason: Reason,
    },
    /// An option that files of this kind do not know.
    #[error("`{}` is {kind}: {reason}", path.display())]
    Option {
        /// The file.
        path: PathBuf,
        /// What kind of file it is.
        kind: &'static str,
        /// Which option, what it is for, what to do.
        reason: Reason,
    },
    /// A line of a text file is wrong.
    #[error("`{}`, line {line}: {reason}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1; where a row takes several, its first.
        line: u64,
        /// What is wrong, what to do.
        reason: Reason,
    },
    /// A column is as long as no other.
    #[error("column `{column}` has {found} values where the table has {expected} rows")]
    Length {
        /// Which column.
        column: String,
        /// Its length.
        found: usize,
        /// That of the table.
        expected: usize,
    },
    /// A cell is not what its column holds.
    #[error("column `{column}`, row {row}: the cell is not of the kind that the column holds")]
    Cell {
        /// Which column.
        column: String,
        /// Which row, from 1.
        row: usize,
    },
    /// The same name twice.
    #[error("`{}`: two columns are named `{column}`", path.display())]
    DuplicateColumn {
        /// The file.
        path: PathBuf,
        /// The name.
        column: String,
    },
}

impl Error {
    pub(crate) fn file(path: &Path, reason: impl Into<Reason>) -> Self {
        Self::File {
            path: path.to_owned(),
            reason: reason.into(),
        }
    }

    pub(crate) fn line(path: &Path, line: u64, reason: impl Into<Reason>) -> Self {
        Self::Line {
            path: path.to_owned(),
            line,
            reason: reason.into(),
        }
    }

    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        match self {
            Self::File { reason, .. } | Self::Option { reason, .. } | Self::Line { reason, .. } => {
                reason.advice.as_deref()
            }
            Self::DuplicateColumn { .. } => Some("rename one"),
            Self::Reading { .. }
            | Self::Writing { .. }
            | Self::Length { .. }
            | Self::Cell { .. } => None,
        }
    }
}
