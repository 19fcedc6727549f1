//! A phantom's specification from a file, and the files of its visits.

use crate::failure::{ExitStatus, Failure};
use howship_study::read_text;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Reads a specification as `--print-spec` prints it.
pub(crate) fn read_spec<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    toml::from_str(&read_text(path)?).map_err(|e| {
        let at = e.to_string();
        let reason = at.trim_end().replace('\n', " ");
        Failure::bad_input(path, reason).hint("compare it with what `--print-spec` prints")
    })
}

/// Where a visit's image goes.
pub(crate) fn visit_path(folder: &Path, name: &str, extension: &str) -> anyhow::Result<PathBuf> {
    let safe = |c: char| c.is_alphanumeric() || "-_".contains(c);
    if name.is_empty() || !name.chars().all(safe) {
        return Err(Failure::new(
            ExitStatus::BadInput,
            format!("visit `{name}` of the specification cannot name a file"),
        )
        .hint("use letters, digits, `-` and `_`, as in `M6` or `2024-03-01`")
        .into());
    }
    Ok(folder.join(format!("{name}.{extension}")))
}
