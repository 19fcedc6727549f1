//! Tables that stand beside the images: of repeats, and of erosions that the reader points at.

use crate::Error;
use howship_tables::{OpenOptions, Table};
use std::path::{Path, PathBuf};

/// A table with named columns; `expected` says what it should look like where it cannot be used.
///
/// It is read as tables of scores are: separated by commas, tabs, semicolons or `|`, or a workbook. Numbers are
/// written with a decimal point.
pub(crate) struct BesideTable {
    path: PathBuf,
    expected: &'static str,
    header: Vec<String>,
    /// Rows as they stand.
    pub(crate) rows: Vec<Row>,
}

/// One row.
pub(crate) struct Row {
    /// Line of the table, the header's being 1.
    pub(crate) line: usize,
    cells: Vec<String>,
}

impl BesideTable {
    /// Reads a table.
    pub(crate) fn read(path: &Path, expected: &'static str) -> Result<Self, Error> {
        let table = howship_tables::open(path, &OpenOptions::default())?;
        Ok(Self::of(&table, expected))
    }

    /// Reads a table of text.
    pub(crate) fn of_text(path: &Path, text: &str, expected: &'static str) -> Result<Self, Error> {
        let bytes = text.as_bytes().to_vec();
        let table = howship_tables::read(path, bytes, &OpenOptions::default())?;
        Ok(Self::of(&table, expected))
    }

    fn of(table: &Table, expected: &'static str) -> Self {
        let columns = table.columns();
        let row = |row: usize| Row {
            line: usize::try_from(table.line(row)).unwrap_or(usize::MAX),
            cells: columns.iter().map(|c| c.text(row).into_owned()).collect(),
        };
        Self {
            path: table.path().to_owned(),
            expected,
            header: columns.iter().map(|c| c.name.clone()).collect(),
            rows: (0..table.rows()).map(row).collect(),
        }
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
        let known = |h: &&String| names.iter().any(|n| h.eq_ignore_ascii_case(n));
        match self.header.iter().find(|h| !known(h)) {
            Some(strange) => Err(self.bad(format!("column `{strange}` is not known here"))),
            None => Ok(()),
        }
    }

    /// A cell as a number.
    pub(crate) fn number(&self, row: &Row, column: usize) -> Result<f64, Error> {
        let cell = row.cell(column);
        let read = |text: &str| text.parse().ok().filter(|v: &f64| v.is_finite());
        read(cell).ok_or_else(|| {
            let line = row.line;
            let name = self.header.get(column).map_or("", String::as_str);
            let point = cell.replacen(',', ".", 1);
            self.bad(match read(&point) {
                Some(_) => format!(
                    "line {line}, column `{name}`: `{cell}` has a decimal comma: write `{point}`"
                ),
                None => format!("line {line}, column `{name}`: `{cell}` is no number"),
            })
        })
    }
}

impl Row {
    /// A cell's text; empty where there is none.
    pub(crate) fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}
