//! What one image says of its time.

use howship_change::Visit;
use std::path::Path;

/// What one image says of its time.
pub(crate) struct Dated<'a> {
    /// The file or folder.
    pub(crate) path: &'a Path,
    /// The visit that it is taken as.
    pub(crate) visit: &'a Visit,
    /// The date that the file itself holds.
    pub(crate) date: Option<&'a str>,
}

/// A date that is none of an anonymised file (0001-01-01).
pub(crate) fn plausible(date: &str) -> bool {
    date.starts_with("19") || date.starts_with("20")
}
