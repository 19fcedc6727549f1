//! gzip and zlib streams.

use crate::error::Parsed;
use crate::sample::read_full;
use flate2::bufread::{MultiGzDecoder, ZlibDecoder};

/// Whether the bytes begin as a gzip stream does.
pub(crate) fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

pub(crate) fn gunzip(bytes: &[u8]) -> MultiGzDecoder<&[u8]> {
    MultiGzDecoder::new(bytes)
}

pub(crate) fn unzlib(bytes: &[u8]) -> ZlibDecoder<&[u8]> {
    ZlibDecoder::new(bytes)
}

/// The first bytes of a file's contents, decompressed where it is gzip: at most `limit`.
pub(crate) fn head(bytes: &[u8], limit: usize) -> Parsed<Vec<u8>> {
    if !is_gzip(bytes) {
        return Ok(bytes[..bytes.len().min(limit)].to_vec());
    }
    let mut out = vec![0; limit];
    let read = read_full(&mut gunzip(bytes), &mut out)?;
    out.truncate(read);
    Ok(out)
}
