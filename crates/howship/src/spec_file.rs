//! A phantom's specification from a file.

use crate::failure::Failure;
use howship_study::read_text;
use serde::de::DeserializeOwned;
use std::path::Path;

/// Reads a specification as `--print-spec` prints it.
pub(crate) fn read_spec<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    toml::from_str(&read_text(path)?).map_err(|e| {
        let at = e.to_string();
        let reason = at.trim_end().replace('\n', " ");
        Failure::bad_input(path, reason).hint("compare it with what `--print-spec` prints")
    })
}
