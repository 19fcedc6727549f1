use serde::Serialize;

/// A result laid out for a statistician: named columns, a row per number.
///
/// Every module's result has a method `tidy` that gives one; the command writes it as CSV and the report shows it.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Tidy {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Cells, as many in each row as there are columns.
    pub rows: Vec<Vec<TidyCell>>,
}

/// A cell of a tidy table.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum TidyCell {
    /// Words.
    Text(String),
    /// A number; what is not finite is written as an empty cell.
    Number(f64),
    /// A count.
    Count(u64),
    /// Not known, or not identified by the design.
    Empty,
}

impl From<&str> for TidyCell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for TidyCell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for TidyCell {
    fn from(number: f64) -> Self {
        if number.is_finite() {
            Self::Number(number)
        } else {
            Self::Empty
        }
    }
}

impl From<Option<f64>> for TidyCell {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Empty, Self::from)
    }
}

impl From<usize> for TidyCell {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

impl From<u32> for TidyCell {
    fn from(count: u32) -> Self {
        Self::Count(u64::from(count))
    }
}

impl Tidy {
    /// No rows yet.
    #[must_use]
    pub fn new(columns: &[&str]) -> Self {
        Self {
            columns: columns.iter().map(|&c| c.to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, cut or filled with empty cells to the number of columns.
    pub fn push(&mut self, mut row: Vec<TidyCell>) {
        row.resize(self.columns.len(), TidyCell::Empty);
        self.rows.push(row);
    }
}
