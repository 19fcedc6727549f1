/// Why a film could not be measured at all. What can be measured but not trusted is no error: the result
/// carries the reason and its verdict is `uncertain`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A landmark file is no JSON of the documented form.
    #[error("the landmark file is not readable: {source}")]
    LandmarkJson {
        /// Where in the file and why.
        source: serde_json::Error,
    },
    /// A landmark file of another kind or version.
    #[error("the landmark file says schema `{found}`; this version reads `{known}`")]
    LandmarkSchema {
        /// What the file says.
        found: String,
        /// What is read.
        known: &'static str,
    },
    /// One landmark cannot be right.
    #[error("landmark {index} ({film}, {joint}): {reason}")]
    Landmark {
        /// Position in the file, from 1.
        index: usize,
        /// Film it is of.
        film: String,
        /// Joint it is of.
        joint: String,
        /// What is wrong and what would be right.
        reason: String,
    },
}
