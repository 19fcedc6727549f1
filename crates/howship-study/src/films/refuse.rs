use crate::Error;
use std::path::Path;

/// A film or a table beside it that cannot be used, and what to do.
pub(super) fn refuse(
    path: &Path,
    reason: impl std::fmt::Display,
    advice: impl Into<String>,
) -> Error {
    Error::Film {
        path: path.to_owned(),
        reason: reason.to_string(),
        advice: advice.into(),
    }
}
