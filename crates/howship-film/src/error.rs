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
    /// A joint's name is not of the catalogue.
    #[error("`{joint}` is no joint of the catalogue: use names such as MCP2, PIP3, IP1, MTP1")]
    Joint {
        /// What was given.
        joint: String,
    },
    /// Films that cannot be compared.
    #[error("{joint}: {reason}")]
    Views {
        /// Of which joint.
        joint: String,
        /// Why.
        reason: String,
    },
    /// An erosion that the reader points at cannot be where the point is.
    #[error("the erosion pointed at on {joint}, visit {visit}, at ({x}, {y}): {reason}")]
    Given {
        /// Of which joint.
        joint: String,
        /// On the film of which visit.
        visit: String,
        /// Pixels of that film, to the right.
        x: f64,
        /// And down.
        y: f64,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A joint's place on its film cannot be used.
    #[error("the joint cannot be cut out of its film: {reason}")]
    Place {
        /// Why.
        reason: String,
    },
    /// Repeated measurements that say nothing.
    #[error("the repeats cannot be used: {reason}")]
    Repeats {
        /// Why.
        reason: String,
    },
    /// Registration could not be attempted.
    #[error("registration: {0}")]
    Register(#[from] howship_register::Error),
    /// No hand or foot on the film.
    #[error("no hand or foot was found: {reason}")]
    NoHand {
        /// Why, and what can be done.
        reason: String,
    },
    /// The networks' numbers, which are part of the program, are not whole.
    #[error(
        "the program is damaged: the weights that find hands have {found} bytes, not {expected}"
    )]
    Weights {
        /// Bytes there should be.
        expected: usize,
        /// Bytes there are.
        found: usize,
    },
}
