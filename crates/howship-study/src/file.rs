use crate::Error;
use howship_change::InputFile;
use howship_formats::Source;
use std::path::Path;

/// The last part of a path; folders are nobody's business in a result that is passed on.
#[must_use]
pub fn file_name(path: &Path) -> String {
    let name = path
        .canonicalize()
        .ok()
        .and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()));
    let given = path.file_name().map(|n| n.to_string_lossy().into_owned());
    given.or(name).unwrap_or_else(|| "(unnamed)".to_owned())
}

/// What provenance says of a file.
#[must_use]
pub fn input_file(source: &Source) -> InputFile {
    InputFile {
        name: file_name(&source.path),
        format: source.format.to_string(),
        blake3: source.blake3.clone(),
        spacing_known: source.spacing_known.clone(),
        unit_known: source.unit_known.clone(),
        warnings: source.warnings.clone(),
    }
}

/// A file of text in UTF-8.
///
/// # Errors
/// The system does not hand it out, or it is no such text.
pub fn read_text(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|source| Error::Reading {
        path: path.to_owned(),
        source,
    })
}
