//! gzip, zlib and raw deflate, read to their end with every checksum verified.
//!
//! gzip: RFC 1952 (CRC-32 and length after each member); zlib: RFC 1950 (Adler-32); raw deflate
//! (RFC 1951, of DICOM) has no checksum, so that only its end can be demanded.

use crate::error::{Fault, Parsed, Problem};
use flate2::{Crc, Decompress, FlushDecompress, Status};

/// No deflate stream expands further than this (1032:1, zlib's technical notes).
pub(crate) const MAX_EXPANSION: u64 = 1032;

/// Whether the bytes begin as a gzip stream does.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Whether the bytes begin as a zlib stream does: deflate, a window of at most 32 KiB, a sound check.
pub(crate) fn is_zlib(bytes: &[u8]) -> bool {
    matches!(bytes, [a, b, ..] if a & 0x0f == 8
        && a >> 4 <= 7
        && (u16::from(*a) * 256 + u16::from(*b)) % 31 == 0)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrapping {
    Gzip,
    Zlib,
    Raw,
}

/// A stream that is being unpacked.
pub(crate) struct Unpack<'a> {
    rest: &'a [u8],
    engine: Decompress,
    wrapping: Wrapping,
    crc: Crc,
    /// Bytes of the member given so far.
    given: u64,
    /// Bytes given in all.
    total: u64,
    ended: bool,
}

impl<'a> Unpack<'a> {
    /// One or more gzip members; zeros may pad the end, as tapes and some copiers leave them.
    pub(crate) fn gzip(bytes: &'a [u8]) -> Parsed<Self> {
        let mut new = Self::with(bytes, Wrapping::Gzip);
        new.rest = gzip_body(bytes)?;
        Ok(new)
    }

    pub(crate) fn zlib(bytes: &'a [u8]) -> Self {
        Self::with(bytes, Wrapping::Zlib)
    }

    pub(crate) fn raw(bytes: &'a [u8]) -> Self {
        Self::with(bytes, Wrapping::Raw)
    }

    fn with(rest: &'a [u8], wrapping: Wrapping) -> Self {
        Self {
            rest,
            engine: Decompress::new(wrapping == Wrapping::Zlib),
            wrapping,
            crc: Crc::new(),
            given: 0,
            total: 0,
            ended: false,
        }
    }

    /// Fills the buffer, or as much of it as there is; less than all means that the stream has
    /// ended and that its checksum holds.
    pub(crate) fn read(&mut self, out: &mut [u8]) -> Parsed<usize> {
        let mut done = 0;
        while done < out.len() && !self.ended {
            let (before_in, before_out) = (self.engine.total_in(), self.engine.total_out());
            let status = self
                .engine
                .decompress(self.rest, &mut out[done..], FlushDecompress::None)
                .map_err(|e| damaged(&e.to_string()))?;
            let used = (self.engine.total_in() - before_in) as usize;
            let made = (self.engine.total_out() - before_out) as usize;
            self.rest = self.rest.get(used..).unwrap_or_default();
            if self.wrapping == Wrapping::Gzip {
                self.crc.update(&out[done..done + made]);
            }
            self.given += made as u64;
            self.total += made as u64;
            done += made;
            match status {
                Status::StreamEnd => self.end_member()?,
                Status::Ok | Status::BufError if used == 0 && made == 0 => return Err(cut()),
                Status::Ok | Status::BufError => {}
            }
        }
        Ok(done)
    }

    /// Reads to the end, which must hold; how many bytes there were beyond those read before.
    ///
    /// More than `most` of them are refused: a header that was changed says too little.
    pub(crate) fn finish(&mut self, most: u64) -> Parsed<u64> {
        let mut buffer = [0u8; 1 << 14];
        let mut surplus = 0;
        while !self.ended {
            surplus += self.read(&mut buffer)? as u64;
            if surplus > most {
                return Err(Fault::corrupt(format!(
                    "the compressed data holds more than {surplus} bytes beyond those that the header speaks of"
                )));
            }
        }
        Ok(surplus)
    }

    /// What follows the stream: padding, or something else.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn end_member(&mut self) -> Parsed<()> {
        if self.wrapping != Wrapping::Gzip {
            self.ended = true;
            return Ok(());
        }
        let Some((trailer, rest)) = self.rest.split_first_chunk::<8>() else {
            return Err(cut());
        };
        let word = |at: usize| {
            u32::from_le_bytes([
                trailer[at],
                trailer[at + 1],
                trailer[at + 2],
                trailer[at + 3],
            ])
        };
        if word(0) != self.crc.sum() {
            return Err(damaged("its CRC-32 does not fit"));
        }
        if word(4) != self.given as u32 {
            return Err(damaged("its length does not fit"));
        }
        self.rest = rest;
        if is_gzip(rest) {
            self.rest = gzip_body(rest)?;
            self.engine.reset(false);
            self.crc.reset();
            self.given = 0;
        } else if rest.iter().all(|&b| b == 0) {
            self.ended = true;
        } else {
            return Err(damaged("something that is not gzip follows it"));
        }
        Ok(())
    }
}

/// What follows the header of a gzip member.
fn gzip_body(bytes: &[u8]) -> Parsed<&[u8]> {
    let Some((head, mut rest)) = bytes.split_first_chunk::<10>() else {
        return Err(cut());
    };
    let flags = head[3];
    if !is_gzip(head) || head[2] != 8 || flags & 0xe0 != 0 {
        return Err(damaged("its gzip header is none"));
    }
    if flags & 4 != 0 {
        let Some((length, after)) = rest.split_first_chunk::<2>() else {
            return Err(cut());
        };
        rest = after
            .get(usize::from(u16::from_le_bytes(*length))..)
            .ok_or_else(cut)?;
    }
    for flag in [8, 16] {
        if flags & flag != 0 {
            let end = rest.iter().position(|&b| b == 0).ok_or_else(cut)?;
            rest = &rest[end + 1..];
        }
    }
    if flags & 2 != 0 {
        let head = &bytes[..bytes.len() - rest.len()];
        let Some((stated, after)) = rest.split_first_chunk::<2>() else {
            return Err(cut());
        };
        let mut crc = Crc::new();
        crc.update(head);
        if crc.sum() as u16 != u16::from_le_bytes(*stated) {
            return Err(damaged("the CRC of its gzip header does not fit"));
        }
        rest = after;
    }
    Ok(rest)
}

fn damaged(why: &str) -> Fault {
    Fault::corrupt(format!("the compressed data is damaged ({why})"))
}

fn cut() -> Fault {
    Fault::new(
        Problem::Truncated,
        "the compressed data ends too early",
        "the file is cut off or damaged; copy or export it again",
    )
}

/// The first bytes of a file's contents, unpacked where it is gzip: at most `limit`. The end of the
/// stream is not asked for: a damaged one is found when the voxels are read.
pub(crate) fn head(bytes: &[u8], limit: usize) -> Parsed<Vec<u8>> {
    if !is_gzip(bytes) {
        return Ok(bytes[..bytes.len().min(limit)].to_vec());
    }
    let mut out = vec![0; limit];
    let mut stream = Unpack::gzip(bytes)?;
    let mut done = 0;
    // Small steps: what comes before a cut is given all the same.
    while done < limit {
        let step = (limit - done).min(348);
        match stream.read(&mut out[done..done + step]) {
            Ok(n) => {
                done += n;
                if n < step {
                    break;
                }
            }
            Err(fault) if done == 0 => return Err(fault),
            Err(_) => break,
        }
    }
    out.truncate(done);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compress::{gzip, zlib};

    fn input() -> Vec<u8> {
        (0..5000u32).map(|i| (i * i / 7 % 251) as u8).collect()
    }

    fn all(mut stream: Unpack<'_>) -> Parsed<Vec<u8>> {
        let mut out = vec![0; 8000];
        let n = stream.read(&mut out)?;
        out.truncate(n);
        stream.finish(0)?;
        Ok(out)
    }

    #[test]
    fn every_flip_of_a_bit_is_noticed() {
        let input = input();
        let (g, z) = (gzip(&input, 4).unwrap(), zlib(&input, 4).unwrap());
        assert_eq!(all(Unpack::gzip(&g).unwrap()).unwrap(), input);
        assert_eq!(all(Unpack::zlib(&z)).unwrap(), input);
        for bit in 0..g.len() * 8 {
            // Time, extra flags and system of the gzip header mean nothing for the data.
            if (32..80).contains(&bit) {
                continue;
            }
            let mut flipped = g.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let read = Unpack::gzip(&flipped).and_then(all);
            assert!(read.is_err() || read.unwrap() == input, "bit {bit} of gzip");
        }
        for bit in 0..z.len() * 8 {
            let mut flipped = z.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let read = all(Unpack::zlib(&flipped));
            assert!(read.is_err() || read.unwrap() == input, "bit {bit} of zlib");
        }
    }

    #[test]
    fn every_cut_is_noticed() {
        let input = input();
        let (g, z) = (gzip(&input, 4).unwrap(), zlib(&input, 4).unwrap());
        for n in 0..g.len() {
            assert!(Unpack::gzip(&g[..n]).and_then(all).is_err(), "gzip at {n}");
        }
        for n in 0..z.len() {
            assert!(all(Unpack::zlib(&z[..n])).is_err(), "zlib at {n}");
        }
    }

    #[test]
    fn members_follow_each_other_and_zeros_may_pad() {
        let (a, b) = (gzip(b"abc", 6).unwrap(), gzip(b"defg", 6).unwrap());
        let mut both = [a, b].concat();
        assert_eq!(all(Unpack::gzip(&both).unwrap()).unwrap(), b"abcdefg");
        both.extend([0; 512]);
        assert_eq!(all(Unpack::gzip(&both).unwrap()).unwrap(), b"abcdefg");
        both.push(7);
        assert!(all(Unpack::gzip(&both).unwrap()).is_err());
    }
}
