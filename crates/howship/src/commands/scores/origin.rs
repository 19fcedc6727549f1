//! What an answer rests on.

use serde::Serialize;

/// Input file with its hash.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Input {
    pub(crate) name: String,
    pub(crate) blake3: String,
}

/// What an answer rests on.
#[derive(Debug, Default)]
pub(crate) struct Origin {
    pub(crate) inputs: Vec<Input>,
    /// What was odd about the input.
    pub(crate) notes: Vec<String>,
}
