use crate::{Error, Names};
use std::path::{Path, PathBuf};

/// The cells of a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Text, dictionary-coded: `codes[row]` numbers a name; an empty cell is the empty name.
    Text {
        /// The different strings.
        names: Names,
        /// One code a row.
        codes: Vec<u32>,
    },
    /// Numbers of a typed file; a missing one is NaN, which may carry SAS' letter ([`special_missing`]).
    Number(Vec<f64>),
}

/// The letter of a SAS special missing value (`.A` to `.Z`, `._`) that a NaN of a transport file carries; none for any
/// other number.
#[must_use]
pub fn special_missing(x: f64) -> Option<char> {
    // SAS keeps the complement of the letter in the third byte of the NaN.
    let letter = !x.to_be_bytes()[2];
    let special = x.is_nan() && (letter.is_ascii_uppercase() || letter == b'_');
    special.then_some(char::from(letter))
}

/// A named column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Name as in the file, blanks at both ends removed.
    pub name: String,
    /// Its cells.
    pub values: Values,
}

/// Columns of equal length with the file they came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    path: PathBuf,
    columns: Vec<Column>,
    rows: usize,
    /// For text files: the line each row began on. Empty for files without lines.
    lines: Vec<u32>,
    remarks: Vec<String>,
}

impl Table {
    /// A table of columns; `lines` is empty, or has the line of the file that each row began on.
    ///
    /// # Errors
    /// Columns of different lengths, or two of one name, letter case ignored.
    pub fn new(
        path: impl Into<PathBuf>,
        columns: Vec<Column>,
        lines: Vec<u32>,
    ) -> Result<Self, Error> {
        let path = path.into();
        let rows = columns.first().map_or(0, Column::len);
        let mut seen = Names::new();
        for (i, column) in columns.iter().enumerate() {
            if column.len() != rows {
                return Err(Error::Length {
                    column: column.name.clone(),
                    found: column.len(),
                    expected: rows,
                });
            }
            // Columns are found whatever the case of their letters, so two that differ in it are one name.
            if (seen.intern(&column.name.to_ascii_lowercase()) as usize) < i {
                return Err(Error::DuplicateColumn {
                    path,
                    column: column.name.clone(),
                });
            }
        }
        Ok(Self {
            path,
            columns,
            rows,
            lines,
            remarks: Vec::new(),
        })
    }

    /// The same table with what its reader left out of the file.
    #[must_use]
    pub fn with_remarks(mut self, remarks: Vec<String>) -> Self {
        self.remarks = remarks;
        self
    }

    /// What of the file is not in the table, in a sentence each.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// All columns in the order of the file.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// A column by name, letter case ignored.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns
            .iter()
            .find(|c| c.name.eq_ignore_ascii_case(name))
    }

    /// Where a row is in the file: its line in a text file, else its number from 1.
    #[must_use]
    pub fn line(&self, row: usize) -> u64 {
        self.lines
            .get(row)
            .map_or(row as u64 + 1, |&l| u64::from(l))
    }
}

impl Column {
    /// How many cells.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Text { codes, .. } => codes.len(),
            Values::Number(numbers) => numbers.len(),
        }
    }

    /// Whether it has no cells.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A cell as text; numbers in their shortest form, a missing one is empty, or `.A` where it is a special one.
    #[must_use]
    pub fn text(&self, row: usize) -> std::borrow::Cow<'_, str> {
        match &self.values {
            Values::Text { names, codes } => codes.get(row).map_or("", |&c| names.name(c)).into(),
            Values::Number(numbers) => match numbers.get(row) {
                Some(x) if !x.is_nan() => x.to_string().into(),
                Some(x) => {
                    special_missing(*x).map_or_else(|| "".into(), |c| format!(".{c}").into())
                }
                None => "".into(),
            },
        }
    }
}
