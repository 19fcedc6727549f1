//! LZW as TIFF 6.0 has it (section 13): most significant bit first, codes grow one entry early.

use crate::error::{Fault, Parsed};

const CLEAR: usize = 256;
const END: usize = 257;
const FIRST: usize = 258;
const LARGEST: usize = 4096;

/// Exactly `count` bytes of a strip. LZW has no checksum: a string that goes on beyond the strip, or a code other than
/// the end's after it, is what shows damage.
pub(super) fn unpack(packed: &[u8], count: usize) -> Parsed<Vec<u8>> {
    // A code of nine bits gives no more bytes than the table has entries.
    if count > packed.len().saturating_mul(LARGEST) {
        return Err(Fault::truncated("a strip", count, packed.len()));
    }
    let mut out: Vec<u8> = Vec::new();
    out.try_reserve_exact(count)
        .map_err(|_| Fault::no_memory(count))?;
    // Where each entry's bytes lie in the output, and how many they are.
    let mut table: Vec<(usize, usize)> = Vec::with_capacity(LARGEST);
    let mut previous: Option<(usize, usize)> = None;
    let mut bits = Bits {
        bytes: packed,
        at: 0,
    };
    while out.len() < count {
        let width = width_after(table.len());
        let Some(code) = bits.take(width) else {
            return Err(Fault::truncated("a strip", count, out.len()));
        };
        if code == CLEAR {
            table.clear();
            previous = None;
            continue;
        }
        if code == END {
            return Err(Fault::truncated("a strip", count, out.len()));
        }
        let start = out.len();
        match (code, previous) {
            (0..CLEAR, _) => out.push(code as u8),
            (_, None) => return Err(broken()),
            (_, Some((from, length))) => {
                let entry = match table.get(code - FIRST) {
                    Some(&entry) => entry,
                    // The entry that is just being made: the last one and its first byte.
                    None if code - FIRST == table.len() => (from, length + 1),
                    None => return Err(broken()),
                };
                for i in entry.0..entry.0 + entry.1 {
                    let byte = *out.get(i).ok_or_else(broken)?;
                    out.push(byte);
                }
            }
        }
        if let Some((from, length)) = previous
            && table.len() + FIRST < LARGEST
        {
            // The last one's bytes and the first of this one lie side by side in the output.
            table.push((from, length + 1));
        }
        previous = Some((start, out.len() - start));
    }
    // Writers leave the end's code out, or clear the table before it.
    let padded = bits.are_zero();
    let last = match bits.take(width_after(table.len())) {
        Some(CLEAR) => bits.take(9),
        other => other,
    };
    if out.len() > count || (!padded && last.is_some_and(|code| code != END)) {
        return Err(Fault::corrupt(format!(
            "the LZW data of a strip is damaged (it goes on behind its {count} bytes)"
        )));
    }
    Ok(out)
}

/// Bits of the next code, one entry early.
fn width_after(entries: usize) -> usize {
    match entries + FIRST + 1 {
        n if n >= 2048 => 12,
        n if n >= 1024 => 11,
        n if n >= 512 => 10,
        _ => 9,
    }
}

fn broken() -> Fault {
    Fault::corrupt("the LZW data of a strip is damaged (a code that does not exist)")
}

struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    /// Whether nothing but zeros is left.
    fn are_zero(&self) -> bool {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        rest.iter().enumerate().all(|(i, byte)| {
            let used = if i == 0 { self.at % 8 } else { 0 };
            (byte << used) == 0
        })
    }

    fn take(&mut self, width: usize) -> Option<usize> {
        let mut value = 0;
        for i in 0..width {
            let bit = self.at + i;
            let byte = *self.bytes.get(bit / 8)?;
            value = (value << 1) | usize::from(byte >> (7 - bit % 8) & 1);
        }
        self.at += width;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Codes of nine bits each, as long as the table is small.
    fn pack(codes: &[usize]) -> Vec<u8> {
        let mut bits = Vec::new();
        for code in codes {
            bits.extend((0..9).rev().map(|i| code >> i & 1));
        }
        bits.chunks(8)
            .map(|c| {
                c.iter()
                    .enumerate()
                    .fold(0, |b, (i, v)| b | (*v as u8) << (7 - i))
            })
            .collect()
    }

    #[test]
    fn the_example_of_the_standard() {
        // TIFF 6.0, page 59: 7 7 7 8 8 7 7 6 6.
        let codes = [CLEAR, 7, 258, 8, 8, 258, 6, 6, END];
        assert_eq!(
            unpack(&pack(&codes), 9).unwrap(),
            [7, 7, 7, 8, 8, 7, 7, 6, 6]
        );
        assert!(unpack(&pack(&codes), 10).is_err());
        // Too long, and more than there should be; without the end's code it is whole.
        assert!(unpack(&pack(&codes), 8).is_err());
        assert_eq!(unpack(&pack(&codes[..8]), 9).unwrap().len(), 9);
        let cleared = [&codes[..8], &[CLEAR, END]].concat();
        assert!(unpack(&pack(&cleared), 9).is_ok());
        assert!(unpack(&pack(&[CLEAR, 300]), 4).is_err());
        assert!(unpack(&[], 1).is_err());
    }
}
