//! Splits delimited text into records.

use crate::Reason;

/// Where a cell lies in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    start: usize,
    end: usize,
    /// Holds doubled quotes that stand for one.
    doubled: bool,
}

/// What stops the splitting, with the line it stands on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) line: u64,
    pub(crate) reason: Reason,
}

/// Splits text into records, after RFC 4180 with blanks allowed around quoted cells.
pub(crate) struct Records<'a> {
    text: &'a str,
    at: usize,
    line: u64,
    delimiter: u8,
    max_cell: usize,
}

impl<'a> Records<'a> {
    /// Text from a byte on, which stands on the given line.
    pub(crate) fn new(text: &'a str, at: usize, line: u64, delimiter: u8, max_cell: usize) -> Self {
        Self {
            text,
            at,
            line,
            delimiter,
            max_cell,
        }
    }

    /// Where a cell's text is; doubled quotes are made single in `scratch`.
    pub(crate) fn value<'s>(&self, cell: Cell, scratch: &'s mut String) -> &'s str
    where
        'a: 's,
    {
        let text = trim(self.text.get(cell.start..cell.end).unwrap_or_default());
        if !cell.doubled {
            return text;
        }
        scratch.clear();
        scratch.push_str(&text.replace("\"\"", "\""));
        scratch
    }

    /// Whether the cell has nothing in it.
    pub(crate) fn is_blank(&self, cell: Cell) -> bool {
        cell.start == cell.end
            || trim(self.text.get(cell.start..cell.end).unwrap_or_default()).is_empty()
    }

    /// The next record's cells and the line it begins on; none at the end. Empty lines are passed over.
    pub(crate) fn next_into(&mut self, cells: &mut Vec<Cell>) -> Result<Option<u64>, Broken> {
        cells.clear();
        while let Some(&byte) = self.bytes().get(self.at) {
            if !is_end(byte) {
                break;
            }
            self.end_line();
        }
        if self.at >= self.text.len() {
            return Ok(None);
        }
        let first = self.line;
        loop {
            cells.push(self.cell()?);
            match self.bytes().get(self.at) {
                Some(&byte) if byte == self.delimiter => self.at += 1,
                Some(_) => {
                    self.end_line();
                    return Ok(Some(first));
                }
                None => return Ok(Some(first)),
            }
        }
    }

    fn bytes(&self) -> &'a [u8] {
        self.text.as_bytes()
    }

    /// Passes over LF, CRLF or CR.
    fn end_line(&mut self) {
        let two = self.bytes().get(self.at..self.at + 2) == Some(b"\r\n");
        self.at += if two { 2 } else { 1 };
        self.line += 1;
    }

    /// One cell; stops at the delimiter, the end of the line or that of the text.
    fn cell(&mut self) -> Result<Cell, Broken> {
        let (bytes, delimiter) = (self.bytes(), self.delimiter);
        let mut start = self.at;
        if matches!(bytes.get(start), Some(b' ' | b'"')) {
            while bytes.get(start) == Some(&b' ') {
                start += 1;
            }
            if bytes.get(start) == Some(&b'"') {
                return self.quoted(start + 1);
            }
        }
        let rest = bytes.get(start..).unwrap_or_default();
        let length = rest.iter().position(|&b| b == delimiter || is_end(b));
        let end = start + length.unwrap_or(rest.len());
        self.at = end;
        self.bounded(start, end, self.line)?;
        Ok(Cell {
            start,
            end,
            doubled: false,
        })
    }

    fn quoted(&mut self, start: usize) -> Result<Cell, Broken> {
        let (bytes, first) = (self.bytes(), self.line);
        let mut doubled = false;
        let mut at = start;
        loop {
            match bytes.get(at) {
                Some(b'"') if bytes.get(at + 1) == Some(&b'"') => {
                    doubled = true;
                    at += 2;
                }
                Some(b'"') => break,
                Some(b'\n') => {
                    self.line += 1;
                    at += 1;
                }
                Some(b'\r') => {
                    self.line += u64::from(bytes.get(at + 1) != Some(&b'\n'));
                    at += 1;
                }
                Some(_) => at += 1,
                None => {
                    let reason = (
                        "a quote is opened here and never closed",
                        "close it, or remove it",
                    );
                    return Err(broken(first, reason));
                }
            }
            self.bounded(start, at, first)?;
        }
        self.at = at + 1;
        while bytes.get(self.at) == Some(&b' ') {
            self.at += 1;
        }
        match bytes.get(self.at) {
            None => {}
            Some(&byte) if byte == self.delimiter || is_end(byte) => {}
            Some(_) => {
                let reason = (
                    "text follows a closing quote",
                    "double the quotes that belong to the cell",
                );
                return Err(broken(self.line, reason));
            }
        }
        Ok(Cell {
            start,
            end: at,
            doubled,
        })
    }

    fn bounded(&self, start: usize, end: usize, line: u64) -> Result<(), Broken> {
        if end - start <= self.max_cell {
            return Ok(());
        }
        let reason = (
            format!("a cell is longer than {} bytes", self.max_cell),
            "look for a quote that is opened and never closed",
        );
        Err(broken(line, reason))
    }
}

fn is_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

fn broken(line: u64, reason: impl Into<Reason>) -> Broken {
    Broken {
        line,
        reason: reason.into(),
    }
}

/// Without blanks at both ends; most cells have none.
fn trim(text: &str) -> &str {
    let plain = |byte: Option<&u8>| byte.is_some_and(|&b| b > b' ' && b < 0x80);
    let bytes = text.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) {
        return text;
    }
    text.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str, delimiter: u8) -> Result<Vec<(u64, Vec<String>)>, Broken> {
        let mut records = Records::new(text, 0, 1, delimiter, 100);
        let (mut cells, mut scratch, mut all) = (Vec::new(), String::new(), Vec::new());
        while let Some(line) = records.next_into(&mut cells)? {
            let row = cells
                .iter()
                .map(|&c| records.value(c, &mut scratch).to_owned());
            all.push((line, row.collect()));
        }
        Ok(all)
    }

    fn rows(text: &str) -> Vec<(u64, Vec<String>)> {
        split(text, b',').unwrap()
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|&c| c.to_owned()).collect())
    }

    #[test]
    fn every_end_of_line_counts_once() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["a,b", "", "1,2", "3,"].join(end);
            let expected = [row(1, &["a", "b"]), row(3, &["1", "2"]), row(4, &["3", ""])];
            assert_eq!(rows(&text), expected, "{end:?}");
            assert_eq!(rows(&(text + end)), expected, "{end:?}");
        }
    }

    #[test]
    fn a_row_with_newlines_in_quotes_begins_on_its_first_line() {
        let text = "x,\"one\r\ntwo\",y\n1,2,3\n";
        assert_eq!(
            rows(text),
            [row(1, &["x", "one\r\ntwo", "y"]), row(3, &["1", "2", "3"])]
        );
    }

    #[test]
    fn quotes_blanks_and_doubled_quotes() {
        assert_eq!(
            rows("  a , \"b, c\"  ,\"say \"\"so\"\"\"\n"),
            [row(1, &["a", "b, c", "say \"so\""])]
        );
        assert_eq!(rows("5\" disc,\"\"\n"), [row(1, &["5\" disc", ""])]);
        assert_eq!(rows("\u{a0}a\u{a0},é\n"), [row(1, &["a", "é"])]);
    }

    #[test]
    fn broken_quotes_are_named_with_their_line() {
        assert_eq!(split("a\n\"b\nc\n", b',').unwrap_err().line, 2);
        let error = split("a,\"b\"c\n", b',').unwrap_err();
        assert!(error.reason.what.contains("closing quote") && error.line == 1);
        let long = split(&format!("a\n{}\n", "x".repeat(101)), b',').unwrap_err();
        assert!(long.reason.what.contains("100 bytes") && long.line == 2);
    }
}
