use super::Mapping;
use crate::Scheme;

/// How a table of scores is read.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadOptions {
    /// Identifier of the scheme: for a table without a column `scheme`, or to pick the rows of one scheme out of
    /// several.
    pub scheme: Option<String>,
    /// Schemes of the reader's own, beside those that ship.
    pub own_schemes: Vec<Scheme>,
    /// Names of the columns; none: Howship's own, or a shipped mapping that recognises the table.
    pub mapping: Option<Mapping>,
    /// Whether numbers are written with a decimal comma.
    pub decimal_comma: bool,
    /// How many problems [`validate`](super::validate) lists.
    pub max_problems: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            scheme: None,
            own_schemes: Vec::new(),
            mapping: None,
            decimal_comma: false,
            max_problems: 20,
        }
    }
}
