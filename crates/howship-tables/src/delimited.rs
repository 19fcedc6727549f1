//! CSV and its kin.

use crate::records::{Broken, Cell, Records};
use crate::text_column::TextColumn;
use crate::{Column, Error, OpenOptions, Reason, Table};
use std::path::Path;

/// Separators tried, best known first.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// Reads text with a header line.
pub(crate) fn read(path: &Path, bytes: &[u8], options: &OpenOptions) -> Result<Table, Error> {
    let text = utf8(path, bytes)?;
    let start = Start::find(path, text, options)?;
    let mut records = Records::new(
        text,
        start.at,
        start.line,
        start.delimiter,
        options.max_cell,
    );
    let mut cells = Vec::new();
    let wrong = |e: Broken| Error::line(path, e.line, e.reason);
    let Some(header_line) = records.next_into(&mut cells).map_err(wrong)? else {
        return Err(Error::file(
            path,
            (
                "the file holds no line of text",
                "check that it was saved whole",
            ),
        ));
    };
    if cells.len() > options.max_columns {
        let reason = (
            format!(
                "the header names {} columns where at most {} are read",
                cells.len(),
                options.max_columns
            ),
            "check that lines end where rows do",
        );
        return Err(Error::line(path, header_line, reason));
    }
    let mut scratch = String::new();
    let names: Vec<String> = cells
        .iter()
        .map(|&c| records.value(c, &mut scratch).to_owned())
        .collect();
    let mut columns: Vec<TextColumn> = names.iter().map(|_| TextColumn::default()).collect();
    let mut lines = Vec::new();
    while let Some(line) = records.next_into(&mut cells).map_err(wrong)? {
        if cells.len() != columns.len() {
            if cells.iter().all(|&c| records.is_blank(c)) {
                continue;
            }
            return Err(Error::line(
                path,
                line,
                ragged(cells.len(), columns.len(), start.delimiter),
            ));
        }
        if is_blank(&records, &cells) {
            continue;
        }
        for (column, &cell) in columns.iter_mut().zip(&cells) {
            column.push(records.value(cell, &mut scratch));
        }
        lines.push(u32::try_from(line).unwrap_or(u32::MAX));
    }
    if lines.is_empty() {
        return Err(Error::file(
            path,
            (
                "the file holds a header and no rows",
                "check that it was saved whole",
            ),
        ));
    }
    let (columns, remarks) = named(path, header_line, names, columns)?;
    Ok(Table::new(path, columns, lines)?.with_remarks(remarks))
}

/// Whether a row has nothing in it, as spreadsheets write below the last one.
fn is_blank(records: &Records, cells: &[Cell]) -> bool {
    cells.iter().all(|&c| records.is_blank(c))
}

fn ragged(found: usize, expected: usize, delimiter: u8) -> Reason {
    let mark = mark(delimiter);
    let advice = match (found > expected, delimiter) {
        (true, b',') => {
            "put cells that hold a comma in quotes, and write decimals with a point".to_owned()
        }
        (true, _) => format!("put cells that hold a {mark} in quotes"),
        (false, _) => format!("complete the row, or check that cells are separated by a {mark}"),
    };
    let cells = if found == 1 { "cell" } else { "cells" };
    (
        format!("{found} {cells} where the header names {expected} columns"),
        advice,
    )
        .into()
}

fn mark(delimiter: u8) -> &'static str {
    match delimiter {
        b',' => "comma",
        b'\t' => "tab",
        b';' => "semicolon",
        _ => "delimiter",
    }
}

/// Gives columns their names; those without name and content, which spreadsheets leave behind, are dropped, and so is
/// a first one without name that counts rows, which R and pandas write.
pub(crate) fn named(
    path: &Path,
    line: u64,
    names: Vec<String>,
    columns: Vec<TextColumn>,
) -> Result<(Vec<Column>, Vec<String>), Error> {
    let mut kept = Vec::with_capacity(columns.len());
    let mut remarks = Vec::new();
    for (i, (name, column)) in names.into_iter().zip(columns).enumerate() {
        if !name.is_empty() {
            kept.push(column.finish(name));
        } else if i == 0 && column.counts_rows() {
            remarks.push(
                "the first column has no name and numbers the rows, as exports of R and pandas do: it was not read"
                    .to_owned(),
            );
        } else if !column.is_blank() {
            let reason = (
                format!("column {} has no name", i + 1),
                "give it one, or remove it; a title above the header has to go: the first line names the columns",
            );
            return Err(Error::line(path, line, reason));
        }
    }
    Ok((kept, remarks))
}

fn utf8<'a>(path: &Path, bytes: &'a [u8]) -> Result<&'a str, Error> {
    // Some tools write the mark once more before one that is there.
    let mut bytes = bytes;
    while let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        bytes = rest;
    }
    if bytes.contains(&0) {
        let reason = (
            "the file is binary (it holds NUL bytes), not text",
            "give a table as CSV, TSV, Parquet or SAS transport file (XPT)",
        );
        return Err(Error::file(path, reason));
    }
    std::str::from_utf8(bytes).map_err(|e| {
        let (before, after) = bytes.split_at_checked(e.valid_up_to()).unwrap_or_default();
        let line = 1 + before.iter().filter(|&&b| b == b'\n').count() as u64;
        let byte = after.first().copied().unwrap_or_default();
        let reason = (
            format!("byte 0x{byte:02X} is no UTF-8 text"),
            "save the file again as UTF-8 (in Excel: `CSV UTF-8`)",
        );
        Error::line(path, line, reason)
    })
}

/// Where the header begins, and what separates its cells.
struct Start {
    at: usize,
    line: u64,
    delimiter: u8,
}

impl Start {
    fn find(path: &Path, text: &str, options: &OpenOptions) -> Result<Self, Error> {
        let (mut at, mut line) = (0, 1);
        let mut said = None;
        // What Excel writes above the header where the separator is not the region's own.
        if let Some(rest) = text.strip_prefix("sep=")
            && let Some(&delimiter) = rest.as_bytes().first()
            && DELIMITERS.contains(&delimiter)
        {
            let after = rest.get(1..).unwrap_or_default();
            let length = if after.starts_with("\r\n") { 2 } else { 1 };
            if after.starts_with(['\r', '\n']) {
                (at, line) = (5 + length, 2);
                said = Some(delimiter);
            }
        }
        let delimiter = match options.delimiter {
            None => said.unwrap_or_else(|| sniff(text.get(at..).unwrap_or_default())),
            Some(c) => u8::try_from(c)
                .ok()
                .filter(|b| b.is_ascii() && !b"\r\n\"\0 ".contains(b))
                .ok_or_else(|| {
                    Error::file(
                        path,
                        (
                            format!("`{c}` cannot separate cells"),
                            "use `,`, tab, `;` or `|`",
                        ),
                    )
                })?,
        };
        Ok(Self {
            at,
            line,
            delimiter,
        })
    }
}

/// The separator that the first line with text holds most of, outside quotes.
fn sniff(text: &str) -> u8 {
    let mut counts = [0_usize; DELIMITERS.len()];
    let (mut quoted, mut seen) = (false, false);
    // A quote opens a cell only where one begins; elsewhere it is a letter (inches).
    let mut begins = true;
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' if quoted && bytes.peek() == Some(&b'"') => {
                bytes.next();
            }
            b'"' if quoted || begins => {
                quoted = !quoted;
                (begins, seen) = (false, true);
            }
            _ if quoted => {}
            b'\n' | b'\r' if seen => break,
            _ => {
                seen |= !byte.is_ascii_whitespace();
                let at = DELIMITERS.iter().position(|&d| d == byte);
                if let Some(i) = at {
                    counts[i] += 1;
                }
                begins = at.is_some() || begins && byte.is_ascii_whitespace();
            }
        }
    }
    let most = counts.iter().copied().max().unwrap_or(0);
    let found = DELIMITERS.iter().zip(counts).find(|&(_, n)| n == most);
    found.map_or(b',', |(&d, _)| d)
}
