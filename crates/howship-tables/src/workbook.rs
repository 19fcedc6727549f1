//! One sheet of a workbook (XLSX, ODS).

use crate::decoding::quietly;
use crate::delimited::named;
use crate::text_column::TextColumn;
use crate::workbook_guard::{Kind, inspect, ods_sheets};
use crate::{Error, OpenOptions, Table};
use calamine::{Data, DataRef, ExcelDateTime, Ods, Reader as _, Xlsx};
use std::io::Cursor;
use std::path::Path;

/// A cell with something in it: row and column from 0.
type Filled = (u32, u32, String);

pub(crate) fn read(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<Table, Error> {
    let cells = match inspect(path, bytes, options.max_unpacked)? {
        Kind::Xlsx => xlsx(path, bytes, options)?,
        Kind::Ods => ods(path, bytes, options)?,
    };
    table(path, cells, options)
}

/// What the reader makes; where it panics the file is damaged.
fn decoded<T, E: std::fmt::Display>(
    path: &Path,
    decode: impl FnOnce() -> Result<T, E>,
) -> Result<T, Error> {
    let why = |why: String| {
        let reason = (
            format!("the workbook cannot be read ({why})"),
            "save it again, or the sheet as CSV (UTF-8)",
        );
        Error::file(path, reason)
    };
    match quietly(decode) {
        Some(Ok(done)) => Ok(done),
        Some(Err(error)) => Err(why(error.to_string())),
        None => Err(why("its parts are damaged".to_owned())),
    }
}

fn too_many(path: &Path, sheet: &str, options: &OpenOptions) -> Error {
    let reason = (
        format!(
            "sheet `{sheet}` spans more than {} cells",
            options.max_sheet_cells
        ),
        "remove what stands far from the table, or save the sheet as CSV",
    );
    Error::file(path, reason)
}

fn merged(path: &Path, sheet: &str, row: u32, column: u32) -> Error {
    let reason = (
        format!(
            "sheet `{sheet}` has merged cells (from {} on), so that columns or rows have no name or value of their own",
            place(row, column)
        ),
        "undo the merging, and write what it said into every column's name and every cell",
    );
    Error::file(path, reason)
}

/// A cell's place as spreadsheets name it, as in `B7`.
fn place(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = (rest - 1) % 26;
        letters.push(char::from(b'A' + digit as u8));
        rest = (rest - 1) / 26;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{}", row + 1)
}

/// The sheet to read: the one that was asked for, else the only one that holds anything.
fn choose(
    path: &Path,
    filled: &[String],
    all: &[String],
    options: &OpenOptions,
) -> Result<String, Error> {
    let list = |names: &[String]| {
        let quoted: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
        quoted.join(", ")
    };
    if let Some(wanted) = &options.dataset {
        let found = all.iter().find(|n| n.eq_ignore_ascii_case(wanted));
        return found.cloned().ok_or_else(|| {
            let reason = (
                format!("the workbook has no sheet `{wanted}`"),
                format!("it has {}", list(all)),
            );
            Error::file(path, reason)
        });
    }
    match filled {
        [only] => Ok(only.clone()),
        [] => Err(Error::file(
            path,
            (
                "no sheet of the workbook holds anything",
                "check that it was saved whole",
            ),
        )),
        several => {
            let reason = (
                format!("the workbook has several sheets ({})", list(several)),
                "name the one to read with `--dataset`",
            );
            Err(Error::file(path, reason))
        }
    }
}

fn xlsx(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<Vec<Filled>, Error> {
    let mut book: Xlsx<Cursor<&[u8]>> = decoded(path, || Xlsx::new(Cursor::new(bytes)))?;
    let all = book.sheet_names();
    let mut filled = Vec::new();
    for name in &all {
        let first = decoded(path, || {
            let mut cells = book.worksheet_cells_reader(name)?;
            while let Some(cell) = cells.next_cell()? {
                if *cell.get_value() != DataRef::Empty {
                    return Ok(true);
                }
            }
            Ok::<bool, calamine::XlsxError>(false)
        })?;
        if first {
            filled.push(name.clone());
        }
    }
    let sheet = choose(path, &filled, &all, options)?;
    let merges = decoded(path, || book.merge_cells_by_sheet_name(&sheet))?;
    let wide = merges.iter().filter(|m| m.len() > 1);
    if let Some(first) = wide.min_by_key(|m| m.start) {
        return Err(merged(path, &sheet, first.start.0, first.start.1));
    }
    let found = decoded(path, || xlsx_cells(&mut book, &sheet, options))?;
    match found {
        Cells::All(cells) => Ok(cells),
        Cells::TooMany => Err(too_many(path, &sheet, options)),
        Cells::NoValue(row, column) => {
            let reason = (
                format!(
                    "sheet `{sheet}`, {}: a formula without its value",
                    place(row, column)
                ),
                "open the workbook in a spreadsheet program and save it, so that values are in it",
            );
            Err(Error::file(path, reason))
        }
    }
}

enum Cells {
    All(Vec<Filled>),
    TooMany,
    NoValue(u32, u32),
}

fn xlsx_cells(
    book: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    options: &OpenOptions,
) -> Result<Cells, calamine::XlsxError> {
    let mut reader = book.worksheet_cells_reader(sheet)?;
    let mut cells = Vec::new();
    let mut extent = (0_u64, 0_u64);
    while let Some(cell) = reader.next_cell_with_formula()? {
        let (row, column) = cell.pos;
        if cell.value == DataRef::Empty {
            if cell.formula.is_some_and(|f| !f.is_empty()) {
                return Ok(Cells::NoValue(row, column));
            }
            continue;
        }
        let text = of_ref(&cell.value);
        if text.is_empty() {
            continue;
        }
        extent = (
            extent.0.max(u64::from(row) + 1),
            extent.1.max(u64::from(column) + 1),
        );
        if extent.0 * extent.1 > options.max_sheet_cells as u64 {
            return Ok(Cells::TooMany);
        }
        cells.push((row, column, text));
    }
    Ok(Cells::All(cells))
}

fn ods(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<Vec<Filled>, Error> {
    let sheets = ods_sheets(path, bytes)?;
    let large =
        |extent: (usize, usize)| extent.0.saturating_mul(extent.1) > options.max_sheet_cells;
    if let Some(sheet) = sheets.iter().find(|s| large(s.extent)) {
        return Err(too_many(path, &sheet.name, options));
    }
    let all: Vec<String> = sheets.iter().map(|s| s.name.clone()).collect();
    let filled = sheets.iter().filter(|s| s.extent != (0, 0));
    let filled: Vec<String> = filled.map(|s| s.name.clone()).collect();
    let sheet = choose(path, &filled, &all, options)?;
    let spanning = sheets
        .iter()
        .find(|s| s.name == sheet)
        .and_then(|s| s.merged);
    if let Some((row, column)) = spanning {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX - 1);
        return Err(merged(path, &sheet, at(row), at(column)));
    }
    let mut book: Ods<Cursor<&[u8]>> = decoded(path, || Ods::new(Cursor::new(bytes)))?;
    let range = decoded(path, || book.worksheet_range(&sheet))?;
    let (top, left) = range.start().unwrap_or((0, 0));
    let cells = range.used_cells().map(|(row, column, value)| {
        let at = |n: usize| u32::try_from(n).unwrap_or(u32::MAX / 2);
        (top + at(row), left + at(column), of_data(value))
    });
    Ok(cells.filter(|c| !c.2.is_empty()).collect())
}

fn of_ref(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(n) => n.to_string(),
        DataRef::Float(x) => number(*x),
        DataRef::String(s) | DataRef::DurationIso(s) => s.trim().to_owned(),
        DataRef::SharedString(s) => s.trim().to_owned(),
        DataRef::Bool(b) => logical(*b),
        DataRef::DateTime(t) => date_time(t),
        DataRef::DateTimeIso(s) => iso(s),
        DataRef::Error(e) => e.to_string(),
        DataRef::Empty => String::new(),
    }
}

fn of_data(value: &Data) -> String {
    match value {
        Data::Int(n) => n.to_string(),
        Data::Float(x) => number(*x),
        Data::String(s) | Data::DurationIso(s) => s.trim().to_owned(),
        Data::Bool(b) => logical(*b),
        Data::DateTime(t) => date_time(t),
        Data::DateTimeIso(s) => iso(s),
        Data::Error(e) => e.to_string(),
        Data::Empty => String::new(),
    }
}

/// As spreadsheets show it: a word, since 1 would be a number that nobody wrote.
fn logical(value: bool) -> String {
    if value { "TRUE" } else { "FALSE" }.to_owned()
}

/// A number in its shortest form, without what the sheet's own arithmetic left behind its 15 digits.
fn number(x: f64) -> String {
    let short = format!("{x:.14e}").parse::<f64>().unwrap_or(x);
    short.to_string()
}

/// A date as ISO 8601 text, with its time where there is one; a time of day as `hh:mm:ss`, a duration as its number of
/// days.
fn date_time(t: &ExcelDateTime) -> String {
    if t.is_duration() || t.as_f64() < 0.0 {
        return number(t.as_f64());
    }
    let (year, month, day, hour, minute, second, _) = t.to_ymd_hms_milli();
    if t.as_f64() < 1.0 {
        return format!("{hour:02}:{minute:02}:{second:02}");
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    if (hour, minute, second) == (0, 0, 0) {
        date
    } else {
        format!("{date}T{hour:02}:{minute:02}:{second:02}")
    }
}

/// Midnight is left out, as of other typed files.
fn iso(text: &str) -> String {
    text.trim().trim_end_matches("T00:00:00").to_owned()
}

/// Rows from the first that holds anything, which names the columns.
fn table(path: &Path, mut cells: Vec<Filled>, options: &OpenOptions) -> Result<Table, Error> {
    cells.sort_by_key(|c| (c.0, c.1));
    let first = cells.first().map_or(0, |c| c.0);
    let left = cells.iter().map(|c| c.1).min().unwrap_or(0);
    let right = cells.iter().map(|c| c.1).max().unwrap_or(0);
    let width = (right - left) as usize + 1;
    let line = u64::from(first) + 1;
    if width > options.max_columns {
        let reason = (
            format!(
                "the sheet has {width} columns where at most {} are read",
                options.max_columns
            ),
            "keep those that are needed",
        );
        return Err(Error::line(path, line, reason));
    }
    let mut names = vec![String::new(); width];
    let mut columns: Vec<TextColumn> = names.iter().map(|_| TextColumn::default()).collect();
    let mut lines = Vec::new();
    for row in cells.chunk_by(|a, b| a.0 == b.0) {
        let at = |c: &Filled| (c.1 - left) as usize;
        if row[0].0 == first {
            row.iter().for_each(|c| names[at(c)].clone_from(&c.2));
            continue;
        }
        let mut filled = row.iter().peekable();
        for (i, column) in columns.iter_mut().enumerate() {
            let here = filled.next_if(|c| at(c) == i);
            column.push(here.map_or("", |c| c.2.as_str()));
        }
        lines.push(row[0].0 + 1);
    }
    if lines.is_empty() {
        return Err(Error::file(
            path,
            (
                "the sheet holds a header and no rows",
                "check that it was saved whole",
            ),
        ));
    }
    let (columns, remarks) = named(path, line, names, columns)?;
    Ok(Table::new(path, columns, lines)?.with_remarks(remarks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use calamine::ExcelDateTimeType::{DateTime, TimeDelta};

    #[test]
    fn what_is_no_number_does_not_become_one() {
        assert_eq!(of_data(&Data::Bool(true)), "TRUE");
        assert_eq!(of_ref(&DataRef::Bool(false)), "FALSE");
        let time = |days, kind| date_time(&ExcelDateTime::new(days, kind, false));
        assert_eq!(time(0.5, DateTime), "12:00:00");
        assert_eq!(time(0.0, DateTime), "00:00:00");
        assert_eq!(time(44256.0, DateTime), "2021-03-01");
        assert_eq!(time(1.5, TimeDelta), "1.5");
    }
}
