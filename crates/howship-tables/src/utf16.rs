//! Text in UTF-16, as Excel's "Unicode text" is.

use crate::Error;
use std::path::Path;

/// The text as UTF-8, where bytes begin with the byte-order mark of UTF-16; `None` of all others.
///
/// # Errors
/// The file ends inside a character, or holds half of a pair; it is UTF-32, whose mark begins alike.
pub(crate) fn decoded(path: &Path, bytes: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xFF, 0xFE, ..] => u16::from_le_bytes,
        [0xFE, 0xFF, ..] => u16::from_be_bytes,
        _ => return Ok(None),
    };
    if bytes.starts_with(b"\xFF\xFE\0\0") {
        let reason = ("the file is UTF-32 text", "save it again as UTF-8");
        return Err(Error::file(path, reason));
    }
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        let reason = (
            "the file is UTF-16 text and ends inside a character",
            "check that it was saved whole",
        );
        return Err(Error::file(path, reason));
    }
    let units = pairs.iter().skip(1).map(|pair| unit(*pair));
    let mut text = String::with_capacity(bytes.len());
    for character in char::decode_utf16(units) {
        let Ok(character) = character else {
            let line = 1 + text.bytes().filter(|b| *b == b'\n').count() as u64;
            let reason = (
                "half of a character of UTF-16 stands alone",
                "save the file again as UTF-8",
            );
            return Err(Error::line(path, line, reason));
        };
        text.push(character);
    }
    Ok(Some(text.into_bytes()))
}
