//! Tables that stand beside the images: of repeats, and of erosions that the reader points at.

use crate::{Error, read_text};
use std::path::{Path, PathBuf};

/// A table with named columns; `expected` says what it should look like where it cannot be used.
pub(crate) struct BesideTable {
    path: PathBuf,
    expected: &'static str,
    header: csv::StringRecord,
    /// Rows as they stand.
    pub(crate) rows: Vec<Row>,
}

/// One row.
pub(crate) struct Row {
    /// Line of the table, the header's being 1.
    pub(crate) line: usize,
    cells: csv::StringRecord,
}

impl BesideTable {
    /// Reads a comma-separated table.
    pub(crate) fn read(path: &Path, expected: &'static str) -> Result<Self, Error> {
        let mut table = Self {
            path: path.to_owned(),
            expected,
            header: csv::StringRecord::new(),
            rows: Vec::new(),
        };
        let text = read_text(path)?;
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(text.as_bytes());
        let header = reader.headers().map_err(|e| format!("no table: {e}"));
        table.header = header.map_err(|reason| table.bad(reason))?.clone();
        for (i, cells) in reader.records().enumerate() {
            let line = i + 2;
            let cells = cells.map_err(|e| table.bad(format!("line {line}: {e}")))?;
            table.rows.push(Row { line, cells });
        }
        Ok(table)
    }

    /// That the table cannot be used.
    pub(crate) fn bad(&self, reason: impl std::fmt::Display) -> Error {
        Error::Table {
            path: self.path.clone(),
            reason: reason.to_string(),
            expected: self.expected,
        }
    }

    /// Where a column stands, if it does.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.header
            .iter()
            .position(|h| h.eq_ignore_ascii_case(name))
    }

    /// Where columns stand that must.
    pub(crate) fn columns<const N: usize>(&self, names: [&str; N]) -> Result<[usize; N], Error> {
        let mut at = [0; N];
        for (at, name) in at.iter_mut().zip(names) {
            *at = self
                .find(name)
                .ok_or_else(|| self.bad(format!("it has no column `{name}`")))?;
        }
        Ok(at)
    }

    /// Refuses columns that are none of these: what they say would be ignored.
    pub(crate) fn only(&self, names: &[&str]) -> Result<(), Error> {
        let known = |h: &&str| names.iter().any(|n| h.eq_ignore_ascii_case(n));
        match self.header.iter().find(|h| !known(h)) {
            Some(strange) => Err(self.bad(format!("column `{strange}` is not known here"))),
            None => Ok(()),
        }
    }

    /// A cell as a number.
    pub(crate) fn number(&self, row: &Row, column: usize) -> Result<f64, Error> {
        let cell = row.cell(column);
        let number = cell.parse().ok().filter(|v: &f64| v.is_finite());
        number.ok_or_else(|| self.bad(format!("line {}: `{cell}` is no number", row.line)))
    }
}

impl Row {
    /// A cell's text; empty where the row is short.
    pub(crate) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }
}
