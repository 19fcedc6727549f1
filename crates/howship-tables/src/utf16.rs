//! Text in UTF-16, as Excel's "Unicode text" is.

use crate::Error;
use std::path::Path;

/// The text as UTF-8, where bytes begin with the byte-order mark of UTF-16, or every other byte of the first line is 0
/// as in UTF-16 without one; `None` of all others.
///
/// # Errors
/// The file ends inside a character, or holds half of a pair; it is UTF-32, whose mark begins alike.
pub(crate) fn decoded(path: &Path, bytes: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let (unit, mark): (fn([u8; 2]) -> u16, usize) = match bytes {
        [0xFF, 0xFE, ..] => (u16::from_le_bytes, 1),
        [0xFE, 0xFF, ..] => (u16::from_be_bytes, 1),
        _ if is_unmarked(bytes, 1) => (u16::from_le_bytes, 0),
        _ if is_unmarked(bytes, 0) => (u16::from_be_bytes, 0),
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
    let units = pairs.iter().skip(mark).map(|pair| unit(*pair));
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

/// Whether the byte at this place of each pair of the first ones is 0, and the other is a letter of ASCII.
fn is_unmarked(bytes: &[u8], zero: usize) -> bool {
    const LOOKED_AT: usize = 32;
    let (pairs, _) = bytes.as_chunks::<2>();
    let pairs = pairs.get(..LOOKED_AT.min(pairs.len())).unwrap_or_default();
    let text = |b: u8| b.is_ascii_graphic() || b.is_ascii_whitespace();
    pairs.len() > 3 && pairs.iter().all(|p| p[zero] == 0 && text(p[1 - zero]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_without_a_mark_is_known_by_its_zeros() {
        let text = "subject,score\nP1,2\n";
        let of = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            text.encode_utf16().flat_map(bytes).collect()
        };
        for bytes in [of(u16::to_le_bytes), of(u16::to_be_bytes)] {
            let read = decoded("t".as_ref(), &bytes).unwrap();
            assert_eq!(read.as_deref(), Some(text.as_bytes()));
        }
        assert_eq!(decoded("t".as_ref(), text.as_bytes()).unwrap(), None);
        // A single NUL is damage.
        assert_eq!(
            decoded("t".as_ref(), b"subject,sc\0re\n1,2\n").unwrap(),
            None
        );
    }
}
