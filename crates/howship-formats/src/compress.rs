//! gzip and zlib written with all threads: blocks of fixed size are deflated apart and joined by
//! sync flushes into one ordinary stream. The bytes do not depend on the number of threads.

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use rayon::prelude::*;
use std::io::{self, Write};

const BLOCK: usize = 1 << 20;

/// A whole gzip file.
pub(crate) fn gzip(bytes: &[u8], level: u32) -> io::Result<Vec<u8>> {
    // No name and no time: same input, same bytes. 255: unknown system.
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    append_deflated(bytes, level, &mut out)?;
    let mut crc = Crc::new();
    crc.update(bytes);
    out.extend(crc.sum().to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    Ok(out)
}

/// A whole zlib stream.
pub(crate) fn zlib(bytes: &[u8], level: u32) -> io::Result<Vec<u8>> {
    let mut out = vec![0x78, 0x5e];
    append_deflated(bytes, level, &mut out)?;
    out.extend(adler32(bytes).to_be_bytes());
    Ok(out)
}

fn append_deflated(bytes: &[u8], level: u32, out: &mut Vec<u8>) -> io::Result<()> {
    if bytes.is_empty() {
        out.extend(deflate(bytes, level, true)?);
        return Ok(());
    }
    let last = (bytes.len() - 1) / BLOCK;
    let blocks: Vec<Vec<u8>> = bytes
        .par_chunks(BLOCK)
        .enumerate()
        .map(|(i, block)| deflate(block, level, i == last))
        .collect::<io::Result<_>>()?;
    for block in blocks {
        out.extend(block);
    }
    Ok(())
}

fn deflate(block: &[u8], level: u32, last: bool) -> io::Result<Vec<u8>> {
    let room = Vec::with_capacity(block.len() / 2 + 1024);
    let mut encoder = DeflateEncoder::new(room, Compression::new(level.min(9)));
    encoder.write_all(block)?;
    if last {
        return encoder.finish();
    }
    // A sync flush ends on a byte, so that the next block's bits can follow.
    encoder.flush()?;
    Ok(std::mem::take(encoder.get_mut()))
}

/// The checksum of RFC 1950.
fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1u32, 0u32);
    // 5552 is the longest run whose sums fit in 32 bits.
    for run in bytes.chunks(5552) {
        for &byte in run {
            a += u32::from(byte);
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    (b << 16) | a
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn bytes(count: usize) -> Vec<u8> {
        let mut state = 12345u32;
        (0..count)
            .map(|i| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                if i % 3 == 0 { 7 } else { (state >> 24) as u8 }
            })
            .collect()
    }

    #[test]
    fn one_stream_from_many_blocks() {
        for count in [0, 1, 1000, BLOCK, BLOCK + 1, 2 * BLOCK + 77] {
            for level in [0, 1, 6] {
                let input = bytes(count);
                let mut back = Vec::new();
                // Not the multi-member reader: it must be one member.
                flate2::read::GzDecoder::new(&gzip(&input, level).unwrap()[..])
                    .read_to_end(&mut back)
                    .unwrap();
                assert!(back == input, "gzip, {count} bytes, level {level}");
                back.clear();
                flate2::read::ZlibDecoder::new(&zlib(&input, level).unwrap()[..])
                    .read_to_end(&mut back)
                    .unwrap();
                assert!(back == input, "zlib, {count} bytes, level {level}");
            }
        }
    }
}
