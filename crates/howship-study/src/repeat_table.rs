//! Tables of repeats: one row per thing that was measured again, of volumes and of films alike.

use crate::{Error, read_text};
use std::path::Path;

/// One repeat, its cells as they stand.
pub(crate) struct Row {
    /// Line of the table, the header's being 1.
    pub(crate) line: usize,
    pub(crate) thing: String,
    pub(crate) quantity: String,
    pub(crate) value: String,
}

impl Row {
    /// The value as a number, or what is wrong with it.
    pub(crate) fn number(&self) -> Result<f64, String> {
        let number = self.value.parse().ok().filter(|v: &f64| v.is_finite());
        number.ok_or_else(|| format!("line {}: `{}` is no number", self.line, self.value))
    }

    /// What is wrong with a quantity that is not known.
    pub(crate) fn unknown_quantity(&self) -> String {
        format!("line {}: quantity `{}`", self.line, self.quantity)
    }
}

/// The rows of a table with the columns `thing`, `quantity` and `value`; `bad` makes an error of a reason.
pub(crate) fn rows(path: &Path, bad: &dyn Fn(String) -> Error) -> Result<Vec<Row>, Error> {
    let text = read_text(path)?;
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let header = reader
        .headers()
        .map_err(|e| bad(format!("no table: {e}")))?
        .clone();
    let column = |name: &str| {
        let found = header.iter().position(|h| h.eq_ignore_ascii_case(name));
        found.ok_or_else(|| bad(format!("it has no column `{name}`")))
    };
    let columns = [column("thing")?, column("quantity")?, column("value")?];
    let mut rows = Vec::new();
    for (i, record) in reader.records().enumerate() {
        let line = i + 2;
        let record = record.map_err(|e| bad(format!("line {line}: {e}")))?;
        let [thing, quantity, value] =
            columns.map(|at| record.get(at).unwrap_or_default().to_owned());
        rows.push(Row {
            line,
            thing,
            quantity,
            value,
        });
    }
    Ok(rows)
}
