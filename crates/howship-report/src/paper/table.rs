use super::escape::escape;
use super::number;
use super::words::{short, typeset};
use crate::Error;

/// A cell of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Cell {
    /// Words.
    Text(String),
    /// A number, printed with the decimals that suit its column.
    Number(f64),
    /// An end of an interval: as a number, but what is too small for its column's decimals (or too near to 1) is not
    /// only said to be so, it keeps two digits.
    Bound(f64),
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
    /// Names of the columns, as printed.
    pub columns: Vec<String>,
    /// Cells, as many in each row as there are columns; the first names the row.
    pub rows: Vec<Vec<Cell>>,
}

/// Of more rows than this only the first ones show until all are asked for.
const FOLD: usize = 30;
const FIRST: usize = 10;
/// Names of rows up to this length stay on one line.
const LINE: usize = 26;
/// So do other cells up to this length.
const WORD: usize = 16;
/// More rows than this are not printed on the page; the CSV has them all.
const MOST: usize = 500;

/// How a column is set.
#[derive(Clone, Copy)]
enum Column {
    Words,
    /// Numbers, all with these decimals.
    Numbers(usize),
}

impl Table {
    fn column(&self, column: usize) -> Column {
        let mut any = false;
        let mut sizes: Vec<f64> = Vec::new();
        let mut whole = true;
        for row in &self.rows {
            match row.get(column) {
                Some(Cell::Text(_)) => return Column::Words,
                Some(Cell::Number(x) | Cell::Bound(x)) => {
                    any = true;
                    whole &= !x.is_finite() || x.fract() == 0.0;
                    sizes.extend(Some(x.abs()).filter(|s| s.is_finite() && *s > 0.0));
                }
                Some(Cell::Count(_)) => any = true,
                Some(Cell::Empty) | None => {}
            }
        }
        if !any {
            return Column::Words;
        }
        sizes.sort_by(f64::total_cmp);
        let Some(middle) = sizes.get(sizes.len() / 2).filter(|_| !whole) else {
            return Column::Numbers(0);
        };
        // Three digits of the middle number, less where all of them end in zeros.
        let most = (2.0 - middle.log10().floor()).clamp(0.0, 3.0) as usize;
        let rounded = |x: f64, d: usize| (x * 10f64.powi(d as i32)).round() / 10f64.powi(d as i32);
        let enough = |d: &usize| {
            let same = |x: &f64| (rounded(*x, *d) - rounded(*x, most)).abs() < 1e-9;
            sizes.iter().all(same)
        };
        Column::Numbers((0..most).find(enough).unwrap_or(most))
    }

    /// As HTML; more than 30 rows fold behind the first ten.
    ///
    /// # Errors
    /// A row whose cells do not fit the columns.
    pub(super) fn html(&self) -> Result<String, Error> {
        self.check()?;
        let columns: Vec<Column> = (0..self.columns.len()).map(|c| self.column(c)).collect();
        let heads: String = self
            .columns
            .iter()
            .zip(&columns)
            .map(|(name, column)| {
                let class = match column {
                    Column::Words => "",
                    Column::Numbers(_) => " class=\"right\"",
                };
                format!("<th scope=\"col\"{class}>{}</th>", typeset(name))
            })
            .collect();
        let caption = typeset(&self.caption);
        let count = self.rows.len();
        if count == 0 {
            return Ok(format!("<p class=\"caption\">{caption}: none.</p>\n"));
        }
        let table = |most: usize| {
            let rows = self.rows.iter().take(most);
            let rows: String = rows.map(|r| row_html(r, &columns)).collect();
            format!(
                "<div class=\"scroll tall\" role=\"region\" tabindex=\"0\" aria-label=\"{}\"><table class=\"scores\"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>",
                escape(&self.caption)
            )
        };
        let heading = format!("<p class=\"caption\">{caption}</p>");
        if count <= FOLD {
            return Ok(format!(
                "<div class=\"tabled\">{heading}{}</div>\n",
                table(count)
            ));
        }
        let cut = if count > MOST {
            format!(
                "<p class=\"soft\">The first {MOST} of {count} rows; the CSV beside this page has them all.</p>"
            )
        } else {
            String::new()
        };
        Ok(format!(
            "<div class=\"tabled\">{heading}{}<details><summary>All {count} rows</summary>{}{cut}</details></div>\n",
            table(FIRST),
            table(MOST)
        ))
    }

    fn check(&self) -> Result<(), Error> {
        let fits = |r: &Vec<Cell>| r.len() == self.columns.len();
        match self.rows.iter().position(|r| !fits(r)) {
            Some(row) => Err(Error::TableRow {
                table: self.caption.clone(),
                row: row + 1,
                cells: self.rows[row].len(),
                columns: self.columns.len(),
            }),
            None => Ok(()),
        }
    }
}

fn row_html(row: &[Cell], columns: &[Column]) -> String {
    let cells: String = row
        .iter()
        .zip(columns)
        .enumerate()
        .map(|(i, (cell, column))| {
            let text = match (cell, column) {
                (Cell::Text(text), _) => together(&typeset(text)),
                (Cell::Number(x), Column::Numbers(decimals)) => digits(*x, *decimals),
                (Cell::Bound(x), Column::Numbers(decimals)) => bound(*x, *decimals),
                (Cell::Number(x) | Cell::Bound(x), Column::Words) => short(*x),
                (Cell::Count(count), _) => count.to_string(),
                (Cell::Empty, _) => "–".into(),
            };
            match (i, column) {
                (0, Column::Words) => {
                    let class = if text.chars().count() <= LINE {
                        " class=\"line\""
                    } else {
                        ""
                    };
                    format!("<th scope=\"row\"{class}>{text}</th>")
                }
                (_, Column::Numbers(_)) => format!("<td class=\"right\">{text}</td>"),
                (_, Column::Words) if text.chars().count() <= WORD => {
                    format!("<td class=\"line\">{text}</td>")
                }
                (_, Column::Words) => format!("<td>{text}</td>"),
            }
        })
        .collect();
    format!("<tr>{cells}</tr>")
}

/// A number with a column's decimals; what only rounds to nothing or to 1 is told from them.
fn digits(x: f64, decimals: usize) -> String {
    let unit = 10f64.powi(-(decimals as i32));
    if x > 0.0 && x < unit / 2.0 {
        return format!("&lt;\u{2009}{}", number::fixed(unit, decimals));
    }
    if decimals > 0 && x < 1.0 && x >= 1.0 - unit / 2.0 {
        return format!("&gt;\u{2009}{}", number::fixed(1.0 - unit, decimals));
    }
    number::fixed(x, decimals)
}

/// An end of an interval: as [`digits`], and with two digits that matter where those would only say that it is small.
fn bound(x: f64, decimals: usize) -> String {
    let half = 0.5 * 10f64.powi(-(decimals as i32));
    let rest = if x.abs() < half { x.abs() } else { 1.0 - x };
    let lost = x.abs() < half || (decimals > 0 && rest > 0.0 && rest <= half);
    match number::small_decimals(rest).filter(|_| lost) {
        Some(enough) => number::fixed(x, enough),
        None => digits(x, decimals),
    }
}

/// An interval in brackets does not break.
fn together(text: &str) -> String {
    let mut inside = false;
    text.chars()
        .map(|c| {
            inside = (inside || c == '[') && c != ']';
            if inside && c == ' ' { '\u{a0}' } else { c }
        })
        .collect()
}

/// A table that scrolls by itself on narrow screens.
pub(crate) fn scrolling(label: &str, table: &str) -> String {
    format!(
        "<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">{table}</div>",
        escape(label)
    )
}
