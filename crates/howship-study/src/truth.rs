use crate::{Error, from_json, read_text};
use howship_change::{SCHEMA, VerdictFile, knows};
use std::path::Path;

/// The known truth of a phantom, in the shape of a result.
///
/// # Errors
/// A file that cannot be read, or that holds something else.
pub fn read_truth(path: &Path) -> Result<VerdictFile, Error> {
    let bad = |reason: String| Error::Truth {
        path: path.to_owned(),
        reason,
    };
    let text = read_text(path)?;
    let file: VerdictFile = from_json(&text).map_err(|e| bad(format!("it holds no truth: {e}")))?;
    if !knows(&file.schema) {
        return Err(bad(format!(
            "its schema is `{}`, not `{SCHEMA}`",
            file.schema
        )));
    }
    Ok(file)
}
