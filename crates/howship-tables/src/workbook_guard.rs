//! What a workbook claims, looked at before a reader makes room for it.

use crate::Error;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::io::{Cursor, Read as _};
use std::path::Path;
use zip::ZipArchive;

/// What kind of workbook a ZIP archive is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Xlsx,
    Ods,
}

/// Bytes of a cell's text that are copied at once.
const PIECE: usize = 1 << 16;

/// The kind of the workbook, after all its parts were unpacked once and found to be bounded.
///
/// Sizes that an archive states are not believed: what comes out is counted.
pub(crate) fn inspect(path: &Path, bytes: &[u8], most: u64) -> Result<Kind, Error> {
    let damaged = |e: zip::result::ZipError| {
        let reason = (
            format!("the file looks like a workbook and cannot be unpacked ({e})"),
            "save it again, or the sheet as CSV (UTF-8)",
        );
        Error::file(path, reason)
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let has =
        |archive: &ZipArchive<Cursor<&[u8]>>, name: &str| archive.index_for_name(name).is_some();
    let kind = if has(&archive, "xl/workbook.xml") {
        Kind::Xlsx
    } else if has(&archive, "content.xml") && has(&archive, "mimetype") {
        Kind::Ods
    } else {
        let reason = (
            "the file is a ZIP archive and no workbook (XLSX, ODS) that is read",
            "unpack it, or save the sheet as CSV (UTF-8)",
        );
        return Err(Error::file(path, reason));
    };
    let mut left = most;
    let mut piece = vec![0; PIECE];
    for part in 0..archive.len() {
        let mut file = archive.by_index(part).map_err(damaged)?;
        if local_name(bytes, file.header_start()) != Some(file.name_raw()) {
            let reason = format!(
                "the workbook is damaged (its part `{}` has another name in the list of parts); save it again, or the \
                 sheet as CSV",
                String::from_utf8_lossy(file.name_raw()).escape_debug()
            );
            return Err(Error::file(path, reason));
        }
        loop {
            let read = file.read(&mut piece).map_err(|e| damaged(e.into()))? as u64;
            if read == 0 {
                break;
            }
            left = left.checked_sub(read).ok_or_else(|| {
                let reason = (
                    format!("the workbook unpacks to more than {most} bytes"),
                    "keep the sheet that is needed, or save it as CSV",
                );
                Error::file(path, reason)
            })?;
        }
    }
    Ok(kind)
}

/// The name of a part in front of it; no checksum covers the list of parts, and a part with another name there would
/// simply be missed (ZIP's application note, 4.3.7).
fn local_name(bytes: &[u8], header: u64) -> Option<&[u8]> {
    let header = bytes.get(usize::try_from(header).ok()?..)?;
    let length = header.get(26..28)?;
    let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
    header.get(30..30 + length)
}

/// A sheet of an ODS workbook by what it would take.
pub(crate) struct OdsSheet {
    pub(crate) name: String,
    /// Rows and columns up to the last filled cell.
    pub(crate) extent: (usize, usize),
    /// The first cell that spans others, counted from 0.
    pub(crate) merged: Option<(usize, usize)>,
}

/// Walks through an ODS workbook's cells without keeping them: repeats can make a few bytes millions of cells.
pub(crate) fn ods_sheets(path: &Path, bytes: &[u8]) -> Result<Vec<OdsSheet>, Error> {
    let wrong = |what: String| {
        let reason = (
            format!("the ODS workbook is damaged ({what})"),
            "save it again, or the sheet as CSV",
        );
        Error::file(path, reason)
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| wrong(e.to_string()))?;
    let content = archive
        .by_name("content.xml")
        .map_err(|e| wrong(e.to_string()))?;
    let mut reader = Reader::from_reader(std::io::BufReader::new(content));
    reader.config_mut().expand_empty_elements = true;
    let mut sheets: Vec<OdsSheet> = Vec::new();
    let (mut row, mut column, mut row_repeats) = (0_usize, 0_usize, 1_usize);
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = reader
            .read_event_into(&mut buffer)
            .map_err(|e| wrong(e.to_string()))?;
        match event {
            Event::Eof => break,
            Event::Start(start) => match start.name().as_ref() {
                "table:table" => {
                    row = 0;
                    sheets.push(OdsSheet {
                        name: attribute(&start, "table:name").unwrap_or_default(),
                        extent: (0, 0),
                        merged: None,
                    });
                }
                "table:table-row" => {
                    column = 0;
                    row_repeats = count(&start, "table:number-rows-repeated");
                }
                "table:table-cell" | "table:covered-table-cell" => {
                    let repeats = count(&start, "table:number-columns-repeated");
                    let spans = count(&start, "table:number-columns-spanned")
                        .max(count(&start, "table:number-rows-spanned"));
                    let filled = attribute(&start, "office:value-type").is_some();
                    if let Some(sheet) = sheets.last_mut() {
                        if spans > 1 && sheet.merged.is_none() {
                            sheet.merged = Some((row, column));
                        }
                        if filled {
                            let end = row.saturating_add(row_repeats);
                            sheet.extent.0 = sheet.extent.0.max(end);
                            sheet.extent.1 = sheet.extent.1.max(column.saturating_add(repeats));
                        }
                    }
                    column = column.saturating_add(repeats);
                }
                _ => {}
            },
            Event::End(end) if end.name().as_ref() == "table:table-row" => {
                row = row.saturating_add(row_repeats);
            }
            _ => {}
        }
    }
    Ok(sheets)
}

fn attribute(start: &BytesStart, name: &str) -> Option<String> {
    let mut all = start.attributes();
    let found = all
        .with_checks(false)
        .flatten()
        .find(|a| a.key.as_ref() == name)?;
    Some(found.value.into_owned())
}

/// A number of repeats; 1 where none is stated.
fn count(start: &BytesStart, name: &str) -> usize {
    attribute(start, name)
        .and_then(|v| v.parse().ok())
        .unwrap_or(1)
}
