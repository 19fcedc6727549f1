//! A checksum over header and samples, for formats that have none of their own.
//!
//! The header holds `SIZE:HASH`: its own length in bytes, and the first 32 hexadecimal digits of the
//! BLAKE3 of header and samples, computed with zeros in the place of those digits. Another program that
//! rewrites the header changes its length or drops the line: then nothing is claimed.

use crate::error::{Fault, Parsed};

/// The key under which text headers hold the checksum.
pub(crate) const KEY: &str = "HowshipChecksum";
const DIGITS: usize = 32;
const SIZE_DIGITS: usize = 10;

/// What a header holds before it is sealed.
pub(crate) fn blank() -> String {
    format!("{}:{}", "0".repeat(SIZE_DIGITS), "0".repeat(DIGITS))
}

/// Puts size and hash in the place of the blank.
pub(crate) fn seal(head: &mut [u8], data: &[u8]) {
    let blank = blank();
    let Some(at) = find(head, blank.as_bytes()) else {
        return;
    };
    let size = format!("{:0SIZE_DIGITS$}", head.len());
    head[at..at + SIZE_DIGITS].copy_from_slice(size.as_bytes());
    let hash = hash(head, data);
    let digits = at + SIZE_DIGITS + 1;
    head[digits..digits + DIGITS].copy_from_slice(hash.as_bytes());
}

/// Whether header and samples are as they were sealed; true where the seal is not this header's.
///
/// # Errors
/// They are not: a bit has changed in one of them.
pub(crate) fn check(head: &[u8], data: &[u8], stated: &str) -> Parsed<()> {
    let sealed = stated.split_once(':').filter(|(size, digits)| {
        size.len() == SIZE_DIGITS
            && digits.len() == DIGITS
            && size.parse::<usize>().is_ok_and(|n| n == head.len())
    });
    let Some((_, digits)) = sealed else {
        return Ok(());
    };
    let Some(at) = find(head, stated.as_bytes()) else {
        return Ok(());
    };
    let mut open = head.to_vec();
    let from = at + SIZE_DIGITS + 1;
    open[from..from + DIGITS].fill(b'0');
    if hash(&open, data) == digits {
        return Ok(());
    }
    Err(Fault::new(
        crate::Problem::Corrupt,
        "the checksum that was written with the file does not fit it",
        "the file is damaged, or another program changed it: copy or export it again, or take it as it is with `--skip-damaged`",
    ))
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
            let line = text.lines().find(|l| l.starts_with(KEY)).unwrap_or_default();
            line.split(" = ").nth(1).unwrap_or_default().to_owned()
        };
        assert!(check(&head, &data, &stated(&head)).is_ok());
        let mut wrong = data.clone();
        wrong[77] ^= 4;
        assert!(check(&head, &wrong, &stated(&head)).is_err());
        let mut other = head.clone();
        other[7] = b'5';
        assert!(check(&other, &data, &stated(&other)).is_err());
        // Rewritten by another program: another length, no claim.
        let longer = [&head[..], b"C = 2\n"].concat();
        assert!(check(&longer, &wrong, &stated(&longer)).is_ok());
    }
}
