use crate::{Error, OpenOptions, Table, delimited, parquet_file, transport, utf16, workbook};
use std::path::Path;

/// Reads a table whose format follows from its first bytes, never from its name.
///
/// Text is UTF-8 or UTF-16, with or without a byte-order mark; lines end in LF, CRLF or CR. The first line names the columns.
/// Blanks around cells are removed, rows whose cells are all empty are skipped. Parquet columns must be flat.
/// SAS transport files are read in versions 5 and 8; their missing numbers become NaN. Of a workbook (XLSX, ODS) one
/// sheet is read.
///
/// # Errors
/// The file cannot be read, is no table, or one of its lines is wrong; the message names the line and what to do. An
/// option that files of its kind do not know.
pub fn open(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Table, Error> {
    let path = path.as_ref();
    let bytes = std::fs::read(path).map_err(|source| Error::Reading {
        path: path.to_owned(),
        source,
    })?;
    read(path, bytes, options)
}

/// Reads a table from bytes; `path` is what messages and [`Table::path`] call it.
///
/// # Errors
/// As [`open`].
pub fn read(path: &Path, bytes: Vec<u8>, options: &OpenOptions) -> Result<Table, Error> {
    if bytes.is_empty() {
        return Err(Error::file(
            path,
            ("the file is empty", "check that it was saved whole"),
        ));
    }
    if let Some(reason) = refused(&bytes) {
        return Err(Error::file(path, reason));
    }
    if bytes.starts_with(b"PAR1") {
        no_dataset(path, "a Parquet file", options)?;
        no_delimiter(path, "a Parquet file", options)?;
        return parquet_file::read(path, bytes, options);
    }
    if bytes.starts_with(b"HEADER RECORD*******LIB") {
        no_delimiter(path, "a SAS transport file (XPT)", options)?;
        return transport::read(path, &bytes, options);
    }
    if bytes.starts_with(b"PK\x03\x04") {
        no_delimiter(path, "a workbook (XLSX, ODS)", options)?;
        return workbook::read(path, &bytes, options);
    }
    no_dataset(path, "a text file (CSV, TSV)", options)?;
    let text = utf16::decoded(path, &bytes)?;
    delimited::read(path, text.as_deref().unwrap_or(&bytes), options)
}

/// An option that means nothing here was meant for another file: reading on would give an answer nobody asked for.
fn no_dataset(path: &Path, kind: &'static str, options: &OpenOptions) -> Result<(), Error> {
    if options.dataset.is_none() {
        return Ok(());
    }
    Err(Error::Option {
        path: path.to_owned(),
        kind,
        reason: (
            "it holds one table, and `--dataset` picks a data set of a SAS transport file (XPT) or a sheet of a workbook",
            "leave `--dataset` out, or name such a file",
        )
            .into(),
    })
}

fn no_delimiter(path: &Path, kind: &'static str, options: &OpenOptions) -> Result<(), Error> {
    if options.delimiter.is_none() {
        return Ok(());
    }
    Err(Error::Option {
        path: path.to_owned(),
        kind,
        reason: (
            "its cells are not separated by a character, as `--delimiter` says",
            "leave `--delimiter` out, or name the text file",
        )
            .into(),
    })
}

/// Files that are often taken for tables, by their first bytes, with what to do about each.
fn refused(bytes: &[u8]) -> Option<(&'static str, &'static str)> {
    let kinds: [(&[u8], (&str, &str)); 4] = [
        (
            b"\x1F\x8B",
            (
                "the file is compressed (gzip)",
                "unpack it first, as with `gunzip`",
            ),
        ),
        (
            b"\xD0\xCF\x11\xE0",
            (
                "the file is an old Excel workbook",
                "save it as XLSX, or the sheet as CSV (UTF-8)",
            ),
        ),
        (
            b"\x28\xB5\x2F\xFD",
            ("the file is compressed (Zstandard)", "unpack it first"),
        ),
        (
            b"\xFD7zXZ\x00",
            ("the file is compressed (xz)", "unpack it first"),
        ),
    ];
    let known = kinds.iter().find(|(start, _)| bytes.starts_with(start));
    if let Some((_, reason)) = known {
        return Some(*reason);
    }
    // Three letters alone may be a column's name; behind them stand a digit and the first block's mark.
    if bytes.starts_with(b"BZh") && bytes.get(4..10) == Some(b"1AY&SY") {
        return Some(("the file is compressed (bzip2)", "unpack it first"));
    }
    // SAS' own format begins with zeros and this mark.
    let sas7bdat = bytes.get(12..20) == Some(&[0xC2, 0xEA, 0x81, 0x60, 0xB3, 0x14, 0x11, 0xCF]);
    sas7bdat.then_some((
        "the file is a SAS data set (sas7bdat)",
        "export it as CSV or as a transport file (XPT)",
    ))
}
