use crate::printable::printable;
use std::io;
use std::path::{Path, PathBuf};

/// Why a file or folder cannot be used; the same word whatever the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Problem {
    /// No file.
    Empty,
    /// Not an image of a format that is read here.
    NotAnImage,
    /// The file ends before its data does.
    Truncated,
    /// The header or the data contradict themselves.
    Corrupt,
    /// A legal file of a kind that is not read here.
    Unsupported,
    /// One slice or one film, where a volume is needed.
    TwoDimensional,
    /// Size, spacing, origin or direction make no grid.
    Geometry,
    /// Beyond the limit on decoded bytes.
    TooLarge,
    /// The file does not say how many millimetres a voxel has.
    SpacingUnknown,
    /// Slices are missing or unevenly spaced.
    MissingSlices,
    /// Two slices at one position.
    DuplicateSlices,
    /// Slices are sheared against each other (gantry tilt).
    Tilted,
    /// Slices of different sizes or orientations.
    MixedSlices,
    /// More than one patient.
    MixedPatients,
    /// More than one series.
    SeveralSeries,
    /// Values that are not whole numbers from 0, where labels are needed.
    NotLabels,
    /// Density units contradict each other.
    Unit,
    /// No projection: a slice of a volume, several frames, a folder.
    NotAFilm,
}

/// What the caller can do about an error; the binary maps it to its exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The input is bad.
    BadInput,
    /// The input cannot be found or opened.
    NotFound,
    /// The output cannot be written.
    CannotWrite,
    /// The machine refused for now.
    Retry,
}

/// A file that cannot be read or written: which, why, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Nothing at this path.
    #[error("`{path}` does not exist", path = path.display())]
    NotFound {
        /// The path asked for.
        path: PathBuf,
    },
    /// The path exists and may not be read.
    #[error("`{path}` may not be read: permission denied", path = path.display())]
    ReadDenied {
        /// The path asked for.
        path: PathBuf,
    },
    /// The system failed while reading.
    #[error("`{path}` could not be read: {source}", path = path.display())]
    Read {
        /// The path asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The contents cannot be used.
    #[error("`{path}`: {reason}", path = path.display())]
    BadInput {
        /// The file or folder.
        path: PathBuf,
        /// The class of the problem.
        problem: Problem,
        /// What is wrong, with the value found.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The target exists and overwriting was not asked for.
    #[error("`{path}` exists already", path = path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// The folder may not be written to.
    #[error("`{path}` cannot be written: permission denied", path = path.display())]
    WriteDenied {
        /// The target.
        path: PathBuf,
    },
    /// The disk is full, or a quota is.
    #[error("`{path}` cannot be written: no space left", path = path.display())]
    NoSpace {
        /// The target.
        path: PathBuf,
    },
    /// The file system is read-only.
    #[error("`{path}` cannot be written: the file system is read-only", path = path.display())]
    ReadOnly {
        /// The target.
        path: PathBuf,
    },
    /// The folder of the target does not exist.
    #[error("`{path}` cannot be written: its folder does not exist", path = path.display())]
    NoFolder {
        /// The target.
        path: PathBuf,
    },
    /// The values do not fit the format asked for.
    #[error("`{path}` cannot be written: {reason}", path = path.display())]
    Unwritable {
        /// The target.
        path: PathBuf,
        /// What does not fit.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The system failed while writing.
    #[error("`{path}` could not be written: {source}", path = path.display())]
    Write {
        /// The target.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The machine has no memory for the volume now.
    #[error("`{path}`: no memory for {bytes} bytes", path = path.display())]
    Memory {
        /// The file.
        path: PathBuf,
        /// Bytes asked for.
        bytes: usize,
    },
}

impl Error {
    /// What the caller can do about it.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::BadInput { .. } => ErrorKind::BadInput,
            Self::NotFound { .. } | Self::ReadDenied { .. } => ErrorKind::NotFound,
            Self::Read { .. } | Self::Memory { .. } => ErrorKind::Retry,
            Self::Write { source, .. } if transient(source) => ErrorKind::Retry,
            Self::Exists { .. }
            | Self::WriteDenied { .. }
            | Self::NoSpace { .. }
            | Self::ReadOnly { .. }
            | Self::NoFolder { .. }
            | Self::Unwritable { .. }
            | Self::Write { .. } => ErrorKind::CannotWrite,
        }
    }

    /// The class of a bad input; `None` for other errors.
    #[must_use]
    pub fn problem(&self) -> Option<Problem> {
        match self {
            Self::BadInput { problem, .. } => Some(*problem),
            _ => None,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        match self {
            Self::NotFound { .. } => "check the path",
            Self::ReadDenied { .. } => "change its permissions or copy it",
            Self::Read { .. } | Self::Write { .. } => "check the disk or the network share",
            Self::BadInput { advice, .. } | Self::Unwritable { advice, .. } => advice,
            Self::Exists { .. } => "choose another name or allow overwriting",
            Self::WriteDenied { .. } | Self::ReadOnly { .. } => "choose another folder",
            Self::NoSpace { .. } => "free some or choose another disk",
            Self::NoFolder { .. } => "create the folder first",
            Self::Memory { .. } => "close other programs or crop the volume",
        }
    }

    pub(crate) fn reading(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound { path },
            io::ErrorKind::PermissionDenied => Self::ReadDenied { path },
            io::ErrorKind::OutOfMemory => Self::Memory { path, bytes: 0 },
            _ => Self::Read { path, source },
        }
    }

    pub(crate) fn writing(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NoFolder { path },
            io::ErrorKind::PermissionDenied => Self::WriteDenied { path },
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace { path },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::AlreadyExists => Self::Exists { path },
            _ => Self::Write { path, source },
        }
    }
}

fn transient(source: &io::Error) -> bool {
    matches!(
        source.kind(),
        io::ErrorKind::Interrupted
            | io::ErrorKind::WouldBlock
            | io::ErrorKind::TimedOut
            | io::ErrorKind::ResourceBusy
            | io::ErrorKind::StaleNetworkFileHandle
    )
}

/// A bad input before the path is known: parsers see bytes only.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) problem: Problem,
    pub(crate) reason: String,
    pub(crate) advice: String,
    /// Set where an allocation failed, not the file.
    pub(crate) memory: Option<usize>,
}

pub(crate) type Parsed<T> = Result<T, Fault>;

impl Fault {
    pub(crate) fn new(
        problem: Problem,
        reason: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            problem,
            reason: reason.into(),
            advice: advice.into(),
            memory: None,
        }
    }

    pub(crate) fn truncated(what: &str, needed: usize, found: usize) -> Self {
        Self::new(
            Problem::Truncated,
            format!("{what} needs {needed} bytes and the file has {found}"),
            "the file is cut off or damaged; copy or export it again",
        )
    }

    pub(crate) fn corrupt(reason: impl Into<String>) -> Self {
        Self::new(
            Problem::Corrupt,
            reason,
            "the file is damaged; copy or export it again",
        )
    }

    pub(crate) fn unsupported(reason: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Problem::Unsupported, reason, advice)
    }

    pub(crate) fn two_dimensional(what: impl std::fmt::Display) -> Self {
        Self::new(
            Problem::TwoDimensional,
            format!("a 2-D file ({what})"),
            "give the whole volume, or the folder that holds all slices",
        )
    }

    pub(crate) fn geometry(error: &howship_image::Error) -> Self {
        Self::new(
            Problem::Geometry,
            error.to_string(),
            "export the volume again with a sound header",
        )
    }

    pub(crate) fn no_memory(bytes: usize) -> Self {
        Self {
            problem: Problem::TooLarge,
            reason: format!("no memory for {bytes} bytes"),
            advice: "crop the volume".into(),
            memory: Some(bytes),
        }
    }

    /// The same, with the part of the file that it is about.
    pub(crate) fn within(self, part: &str) -> Self {
        Self {
            reason: format!("{part}: {}", self.reason),
            ..self
        }
    }

    /// The same with other advice.
    pub(crate) fn advised(self, advice: impl Into<String>) -> Self {
        Self {
            advice: advice.into(),
            ..self
        }
    }

    pub(crate) fn at(self, path: &Path) -> Error {
        match self.memory {
            Some(bytes) => Error::Memory {
                path: path.to_owned(),
                bytes,
            },
            None => Error::BadInput {
                path: path.to_owned(),
                problem: self.problem,
                reason: printable(&self.reason),
                advice: printable(&self.advice),
            },
        }
    }
}
