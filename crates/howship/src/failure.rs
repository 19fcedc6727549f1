//! What went wrong, in one line, with what to do and the exit code that says whose turn it is.

use howship_formats::ErrorKind;
use howship_image::DensityUnit;
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// 0: done.
    Done,
    /// 1: our fault.
    OurFault,
    /// 2: the command line.
    Usage,
    /// 65: the input is bad.
    BadInput,
    /// 66: not found.
    NotFound,
    /// 73: cannot write.
    CannotWrite,
    /// 75: the machine refused for now.
    TryAgain,
    /// 130: Ctrl-C, as shells have it.
    Stopped,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(match status {
            ExitStatus::Done => 0,
            ExitStatus::OurFault => 1,
            ExitStatus::Usage => 2,
            ExitStatus::BadInput => 65,
            ExitStatus::NotFound => 66,
            ExitStatus::CannotWrite => 73,
            ExitStatus::TryAgain => 75,
            ExitStatus::Stopped => 130,
        })
    }
}

/// An error as the user sees it.
#[derive(Debug, Clone)]
pub(crate) struct Failure {
    pub(crate) status: ExitStatus,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    pub(crate) fn new(status: ExitStatus, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitStatus::Usage, message)
    }

    pub(crate) fn bad_input(path: &Path, reason: impl std::fmt::Display) -> Self {
        let message = format!("`{}`: {reason}", path.display());
        Self::new(ExitStatus::BadInput, message)
    }

    pub(crate) fn stopped() -> Self {
        Self::new(ExitStatus::Stopped, "stopped; nothing was written")
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The system refused to write here.
    pub(crate) fn writing(path: &Path, error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            return Self::not_made(path, error);
        }
        let (reason, hint) = match error.kind() {
            io::ErrorKind::PermissionDenied => ("permission denied", "choose another folder"),
            io::ErrorKind::NotADirectory => (
                "a part of this path is a file, not a folder",
                "choose another folder",
            ),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => (
                "no space left",
                "free some space, or choose another disk with `-o`",
            ),
            io::ErrorKind::FileTooLarge => (
                "a limit on the size of files was hit",
                "raise the limit (`ulimit -f`), or choose another disk with `-o`",
            ),
            io::ErrorKind::ReadOnlyFilesystem => (
                "the file system is read-only",
                "choose another folder with `-o`",
            ),
            _ => ("", "check the disk or the network share"),
        };
        let reason = if reason.is_empty() {
            system_words(error)
        } else {
            reason.to_owned()
        };
        let message = format!("`{}` cannot be written: {reason}", path.display());
        Self::new(ExitStatus::CannotWrite, message).hint(hint)
    }

    /// The system found no place for this. Its folder may be missing, or be one that takes nothing new, as `/proc`.
    fn not_made(path: &Path, error: &io::Error) -> Self {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let (reason, hint) = if folder.is_dir() {
            (
                format!(
                    "nothing new can be made in folder `{}`: {}",
                    folder.display(),
                    system_words(error)
                ),
                "choose a folder on a disk, as in `-o ~/result`",
            )
        } else {
            (
                format!("its folder `{}` does not exist", folder.display()),
                "create the folder first, or choose another",
            )
        };
        let message = format!("`{}` cannot be written: {reason}", path.display());
        Self::new(ExitStatus::CannotWrite, message).hint(hint)
    }

    /// The system refused to read this.
    pub(crate) fn reading(path: &Path, error: &io::Error) -> Self {
        let name = path.display();
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => {
                Self::new(ExitStatus::NotFound, format!("`{name}` does not exist"))
                    .hint("check the path")
            }
            io::ErrorKind::PermissionDenied => Self::new(
                ExitStatus::NotFound,
                format!("`{name}` may not be read: permission denied"),
            )
            .hint("change its permissions or copy it"),
            io::ErrorKind::IsADirectory => {
                Self::bad_input(path, "it is a folder").hint("name the file in it")
            }
            io::ErrorKind::InvalidData => {
                Self::bad_input(path, "it is not text in UTF-8").hint("save it again as UTF-8")
            }
            _ => Self::new(
                ExitStatus::TryAgain,
                format!("`{name}` could not be read: {error}"),
            )
            .hint("check the disk or the network share"),
        }
    }

    /// Any error as the user sees it.
    pub(crate) fn classify(error: &anyhow::Error) -> Self {
        if let Some(failure) = error.downcast_ref::<Self>() {
            return failure.clone();
        }
        if let Some(e) = error.downcast_ref::<howship_study::Error>() {
            return of_study(e);
        }
        if let Some(e) = error.downcast_ref::<howship_formats::Error>() {
            return of_formats(e);
        }
        if let Some(e) = error.downcast_ref::<howship_scores::Error>() {
            return of_scores(e);
        }
        if let Some(e) = error.downcast_ref::<howship_tables::Error>() {
            return of_tables(e);
        }
        if let Some(e) = error.downcast_ref::<howship_bone::Error>() {
            return of_bone(e);
        }
        if let Some(e) = error.downcast_ref::<howship_phantom::Error>() {
            let status = match e {
                howship_phantom::Error::Write { .. } => ExitStatus::CannotWrite,
                _ => ExitStatus::BadInput,
            };
            return said(status, e, e.hint());
        }
        Self::our_fault(error)
    }

    fn our_fault(error: &impl std::fmt::Display) -> Self {
        Self::new(ExitStatus::OurFault, error.to_string())
            .hint("this should not happen: please report it with the command line and the version")
    }
}

impl From<howship_study::Error> for Failure {
    fn from(error: howship_study::Error) -> Self {
        of_study(&error)
    }
}

/// An error of a study as the user sees it.
fn of_study(error: &howship_study::Error) -> Failure {
    use howship_study::Error;
    let status = match error {
        Error::Stopped => return Failure::stopped(),
        Error::Format(e) => return of_formats(e),
        Error::TableFile(e) => return of_tables(e),
        Error::Bone { path, unit, source } => {
            return of_bone_of(path.as_deref(), *unit, source);
        }
        Error::Memory { .. } => ExitStatus::TryAgain,
        Error::Reading { path, source } => return Failure::reading(path, source),
        Error::Writing { path, source } => return Failure::writing(path, source),
        Error::VisitCount { .. }
        | Error::VisitTwice { .. }
        | Error::VisitName(_)
        | Error::VisitKinds
        | Error::SiteName(_)
        | Error::SiteTwice { .. }
        | Error::SiteSides { .. }
        | Error::ThresholdOutside { .. }
        | Error::MaskCount { .. }
        | Error::OutUnnamed { .. } => ExitStatus::Usage,
        Error::OutExists { .. } | Error::OutForeign { .. } => ExitStatus::CannotWrite,
        Error::MaskEmpty { .. }
        | Error::Order { .. }
        | Error::NoRescans { .. }
        | Error::NoSeries { .. }
        | Error::MaskOutside { .. }
        | Error::Direction { .. }
        | Error::Calibration { .. }
        | Error::NotNumbers { .. }
        | Error::ThresholdUnit { .. }
        | Error::GivenLesions { .. }
        | Error::Film { .. }
        | Error::Table { .. }
        | Error::Films(_)
        | Error::Truth { .. } => ExitStatus::BadInput,
        _ => return Failure::our_fault(error),
    };
    Failure {
        status,
        message: error.to_string(),
        hint: error.hint(),
    }
}

/// An error of the analysis, with the file where it is about one.
fn of_bone_of(
    path: Option<&Path>,
    unit: Option<DensityUnit>,
    error: &howship_bone::Error,
) -> Failure {
    let mut failure = of_bone(error);
    let unknown = matches!(error, howship_bone::Error::UnitUnknown { .. });
    if unknown && unit == Some(DensityUnit::Native) {
        failure = Failure::new(
            failure.status,
            "its values are native counts of the scanner: no threshold in mgHA/cm³ or HU holds for them",
        )
        .hint(
            "state the scanner's calibration alone (`--calibration MU_SCALING,MU_WATER,SLOPE,INTERCEPT`, from the \
             scanner's log), or give the bones with `--mask`",
        );
    }
    match path {
        Some(path) if failure.status == ExitStatus::BadInput => Failure {
            message: format!("`{}`: {}", path.display(), failure.message),
            ..failure
        },
        _ => failure,
    }
}

/// An error about tables as the user sees it.
fn of_tables(error: &howship_tables::Error) -> Failure {
    use howship_tables::Error;
    let status = match error {
        Error::Reading { path, source } => return Failure::reading(path, source),
        Error::Writing { path, source } => return Failure::writing(path, source),
        Error::Option { .. } => ExitStatus::Usage,
        _ => ExitStatus::BadInput,
    };
    said(status, error, error.hint())
}

/// An error about scores as the user sees it.
pub(crate) fn of_scores(error: &howship_scores::Error) -> Failure {
    match error {
        howship_scores::Error::Table(inner) => of_tables(inner),
        _ => said(ExitStatus::BadInput, error, error.hint()),
    }
}

/// An error about a record of a patient or a trial's design as the user sees it.
pub(crate) fn of_record(path: &Path, error: &howship_mechanism::Error) -> Failure {
    use howship_mechanism::Error;
    match error {
        Error::Stopped => Failure::stopped(),
        Error::Statistic(_) | Error::Change(_) => {
            Failure::new(ExitStatus::OurFault, error.to_string())
                .hint("this should not happen: please report it with the record")
        }
        _ => Failure {
            hint: error.hint(),
            ..Failure::bad_input(path, error)
        },
    }
}

/// What the system says, with its number. Temporary folders add the hidden name that was tried, which tells nobody
/// anything.
fn system_words(error: &io::Error) -> String {
    let words = error.to_string();
    match words.split_once(" at path ") {
        Some((said, _)) => said.to_owned(),
        None => words,
    }
}

fn of_formats(error: &howship_formats::Error) -> Failure {
    let status = match error.kind() {
        ErrorKind::BadInput => ExitStatus::BadInput,
        ErrorKind::NotFound => ExitStatus::NotFound,
        ErrorKind::CannotWrite => ExitStatus::CannotWrite,
        ErrorKind::Retry => ExitStatus::TryAgain,
    };
    match error {
        howship_formats::Error::Exists { path } => {
            Failure::new(status, format!("`{}` exists already", path.display()))
                .hint("choose another name, or add `--force` to replace it")
        }
        _ => said(status, error, Some(error.hint())),
    }
}

fn of_bone(error: &howship_bone::Error) -> Failure {
    use howship_bone::Error;
    let status = match error {
        Error::Stopped => return Failure::stopped(),
        Error::Image(_) | Error::Operation(_) | Error::Verdict(_) => {
            return Failure::new(ExitStatus::OurFault, error.to_string())
                .hint("this should not happen: please report it with the command line");
        }
        Error::Option { .. } => ExitStatus::Usage,
        _ => ExitStatus::BadInput,
    };
    said(status, error, error.hint())
}

/// An error in its own words, with its own hint.
fn said(status: ExitStatus, error: &impl std::fmt::Display, hint: Option<&str>) -> Failure {
    Failure {
        status,
        message: error.to_string(),
        hint: hint.map(str::to_owned),
    }
}
