//! A checksum over header and samples, for formats that have none of their own.
//!
//! The header holds `HEAD:TOTAL:HASH`: its own length, that of header and samples together, and the first 32
//! hexadecimal digits of the BLAKE3 of both, computed with zeros in the place of those digits. A file of another
//! length was written again by another program, or is cut off, which the reader finds: nothing is claimed of it.

use crate::error::{Fault, Parsed};

/// The key under which text headers hold the checksum.
pub(crate) const KEY: &str = "HowshipChecksum";
const DIGITS: usize = 32;
const HEAD_DIGITS: usize = 10;
const TOTAL_DIGITS: usize = 14;
/// From the start of the value to the hash.
const BEFORE_HASH: usize = HEAD_DIGITS + 1 + TOTAL_DIGITS + 1;

/// What a header holds before it is sealed.
pub(crate) fn blank() -> String {
    format!(
        "{}:{}:{}",
        "0".repeat(HEAD_DIGITS),
        "0".repeat(TOTAL_DIGITS),
        "0".repeat(DIGITS)
    )
}

/// Puts lengths and hash in the place of the blank.
pub(crate) fn seal(head: &mut [u8], data: &[u8]) {
    let Some(at) = find(head, blank().as_bytes()) else {
        return;
    };
    let total = head.len() + data.len();
    let lengths = format!("{:0HEAD_DIGITS$}:{total:0TOTAL_DIGITS$}:", head.len());
    head[at..at + BEFORE_HASH].copy_from_slice(lengths.as_bytes());
    let hash = hash(head, data);
    head[at + BEFORE_HASH..at + BEFORE_HASH + DIGITS].copy_from_slice(hash.as_bytes());
}

/// Whether a file is as it was sealed: `file` holds the header, and the samples unless they lie `outside`.
///
/// # Errors
/// It has the length that it was written with, and a bit in it has changed.
pub(crate) fn check(file: &[u8], outside: Option<&[u8]>, stated: &str) -> Parsed<()> {
    let mut parts = stated.split(':');
    let mut length = |digits: usize| {
        parts
            .next()
            .filter(|p| p.len() == digits)
            .and_then(|p| p.parse::<usize>().ok())
    };
    let (Some(size), Some(total)) = (length(HEAD_DIGITS), length(TOTAL_DIGITS)) else {
        return Ok(());
    };
    let (Some(digits), None) = (parts.next(), parts.next()) else {
        return Ok(());
    };
    if total != file.len() + outside.map_or(0, <[u8]>::len) {
        // A header as long as it was written, and other samples beside it: they are not its own.
        return match outside {
            Some(_) if size == file.len() => Err(broken()),
            _ => Ok(()),
        };
    }
    if size > file.len() {
        return Ok(());
    }
    let (head, rest) = file.split_at(size);
    let mut open = head.to_vec();
    let sealed = find(head, stated.as_bytes()).map(|at| at + BEFORE_HASH);
    if let Some(from) = sealed {
        open[from..from + DIGITS].fill(b'0');
        let whole = outside.is_none() || rest.is_empty();
        if whole && hash(&open, outside.unwrap_or(rest)) == digits {
            return Ok(());
        }
    }
    Err(broken())
}

fn broken() -> Fault {
    Fault::new(
        crate::Problem::Corrupt,
        "the checksum that was written with the file does not fit it",
        "the file is damaged, or another program changed it: copy or export it again, or take it as it is with `--skip-damaged`",
    )
}

/// The value behind the key, wherever it stands in a header.
pub(crate) fn stated_in(head: &[u8]) -> Option<String> {
    let after = find(head, KEY.as_bytes())? + KEY.len();
    let value = head.get(after..)?;
    let skip = value.iter().position(u8::is_ascii_digit)?;
    let text = value.get(skip..skip + BEFORE_HASH + DIGITS)?;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

fn hash(head: &[u8], data: &[u8]) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(head);
    hasher.update(data);
    let mut text = hasher.finalize().to_hex().to_string();
    text.truncate(DIGITS);
    text
}

fn find(bytes: &[u8], word: &[u8]) -> Option<usize> {
    bytes.windows(word.len()).position(|w| w == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_holds_until_a_bit_changes() {
        let data: Vec<u8> = (0..200).collect();
        let mut head = format!("A = 0.0607\n{KEY} = {}\nB = 1\n", blank()).into_bytes();
        seal(&mut head, &data);
        let stated = |head: &[u8]| {
            let text = String::from_utf8_lossy(head).into_owned();
            let line = text
                .lines()
                .find(|l| l.starts_with(KEY))
                .unwrap_or_default();
            line.split(" = ").nth(1).unwrap_or_default().to_owned()
        };
        assert!(check(&[&head[..], &data].concat(), None, &stated(&head)).is_ok());
        let mut wrong = data.clone();
        wrong[77] ^= 4;
        assert!(check(&head, Some(&data), &stated(&head)).is_ok());
        assert!(check(&head, Some(&wrong), &stated(&head)).is_err());
        let mut other = head.clone();
        other[7] = b'5';
        assert!(check(&other, Some(&data), &stated(&other)).is_err());
        // Rewritten by another program: another length, no claim.
        let longer = [&head[..], b"C = 2\n"].concat();
        assert!(check(&longer, Some(&wrong), &stated(&longer)).is_ok());
        // Another file's samples beside the header.
        assert!(check(&head, Some(&data[1..]), &stated(&head)).is_err());
    }
}
