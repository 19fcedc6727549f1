use super::words::short;
use crate::plot::escape;

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, printed with three digits.
    Number(f64),
    /// A count, printed whole.
    Count(u64),
    /// Not known, or not identified by the design: a dash.
    #[default]
    Empty,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Cell {
    fn from(count: usize) -> Self {
        Self::Count(count as u64)
    }
}

/// A table of a page. Columns that hold numbers are set flush right.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// What it shows.
    pub caption: String,
    /// Names of the columns; an underscore is printed as a space.
    pub columns: Vec<String>,
    /// Cells, as many in each row as there are columns; the first names the row.
    pub rows: Vec<Vec<Cell>>,
}

/// More rows than this are folded away until asked for.
const FOLD: usize = 14;
/// More rows than this are not printed on the page; the CSV has them all.
const MOST: usize = 500;

impl Table {
    /// Whether all of a column's cells are numbers or empty.
    fn numeric(&self, column: usize) -> bool {
        let mut any = false;
        for row in &self.rows {
            match row.get(column) {
                Some(Cell::Number(_) | Cell::Count(_)) => any = true,
                Some(Cell::Text(_)) => return false,
                Some(Cell::Empty) | None => {}
            }
        }
        any
    }

    pub(super) fn html(&self) -> String {
        let numeric: Vec<bool> = (0..self.columns.len()).map(|c| self.numeric(c)).collect();
        let heads: String = self
            .columns
            .iter()
            .zip(&numeric)
            .map(|(name, right)| {
                let class = if *right { " class=\"right\"" } else { "" };
                format!(
                    "<th scope=\"col\"{class}>{}</th>",
                    escape(&name.replace('_', " "))
                )
            })
            .collect();
        let rows: String = self
            .rows
            .iter()
            .take(MOST)
            .map(|r| self.row(r, &numeric))
            .collect();
        let table = format!(
            "<div class=\"scroll tall\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table class=\"scores\"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>",
            escape(&self.caption)
        );
        let count = self.rows.len();
        let cut = if count > MOST {
            format!(
                "<p class=\"soft\">The first {MOST} of {count} rows; the CSV beside this page has them all.</p>"
            )
        } else {
            String::new()
        };
        if count > FOLD {
            format!(
                "<details><summary>{} <span class=\"soft\">({count} rows)</span></summary>{table}{cut}</details>\n",
                escape(&self.caption)
            )
        } else {
            format!(
                "<div class=\"tabled\"><p class=\"caption\">{}</p>{table}</div>\n",
                escape(&self.caption)
            )
        }
    }

    fn row(&self, row: &[Cell], numeric: &[bool]) -> String {
        let cells: String = row
            .iter()
            .enumerate()
            .map(|(i, cell)| {
                let text = match cell {
                    Cell::Text(text) => escape(text),
                    Cell::Number(number) => short(*number),
                    Cell::Count(count) => count.to_string(),
                    Cell::Empty => "–".into(),
                };
                let right = numeric.get(i).copied().unwrap_or(false);
                match (i, right) {
                    (0, false) => format!("<th scope=\"row\">{text}</th>"),
                    (_, true) => format!("<td class=\"right\">{text}</td>"),
                    (_, false) => format!("<td>{text}</td>"),
                }
            })
            .collect();
        format!("<tr>{cells}</tr>")
    }
}
