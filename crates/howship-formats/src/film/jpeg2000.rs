//! JPEG 2000 and its high-throughput kind (ISO/IEC 15444-1 and -15), by a decoder translated from C.

use super::decoded::Decoded;
use crate::error::{Fault, Parsed};
use jpeg2k::{DecodeParameters, Image};

/// Tiles of a film: none, or a few hundred; each costs the decoder memory before it has data.
const MAX_TILES: u64 = 4096;

/// Whether the bytes are a JPEG 2000 codestream or file.
pub(super) fn is_jpeg2000(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0x4f, 0xff, 0x51]) || bytes.get(4..8) == Some(b"jP  ")
}

/// The samples of a stream; no more than `max_pixels`.
pub(super) fn decode(bytes: &[u8], max_pixels: usize) -> Parsed<Decoded> {
    check(bytes, max_pixels)?;
    let bad = |what: &str| Fault::corrupt(format!("the JPEG 2000 stream {what}"));
    // Without strictness a stream that is cut off decodes to a blurred film.
    let parameters = DecodeParameters::new().strict(true);
    let image = Image::from_bytes_with(bytes, parameters)
        .map_err(|e| bad(&format!("cannot be decoded ({e})")))?;
    let components = image.components();
    let [first, ..] = components else {
        return Err(bad("has no samples"));
    };
    if !matches!(components.len(), 1 | 3) {
        return Err(Fault::unsupported(
            format!("JPEG 2000 of {} channels", components.len()),
            "save the film in grey",
        ));
    }
    let (width, height) = (first.width() as usize, first.height() as usize);
    let count = width * height;
    let alike = components
        .iter()
        .all(|c| c.data().len() == count && c.precision() == first.precision());
    if !alike || count == 0 || !(1..=16).contains(&first.precision()) {
        return Err(bad("has channels of different kinds"));
    }
    let samples = match components {
        [only] => only.data().to_vec(),
        _ => (0..count)
            .flat_map(|i| components.iter().map(move |c| c.data()[i]))
            .collect(),
    };
    Ok(Decoded {
        width,
        height,
        channels: components.len(),
        bits: first.precision() as u16,
        signed: first.is_signed(),
        lossy: irreversible(bytes),
        samples,
    })
}

/// Sizes in the SIZ marker (15444-1 A.5.1), before the decoder believes them.
fn check(bytes: &[u8], max_pixels: usize) -> Parsed<()> {
    let siz = bytes
        .windows(4)
        .take(1 << 16)
        .position(|w| w == [0xff, 0x4f, 0xff, 0x51])
        .and_then(|at| bytes.get(at..));
    let word = |at: usize| -> Option<u64> {
        let four: [u8; 4] = siz?.get(at..at + 4)?.try_into().ok()?;
        Some(u64::from(u32::from_be_bytes(four)))
    };
    let read = || -> Option<[u64; 8]> {
        let mut all = [0; 8];
        for (i, value) in all.iter_mut().enumerate() {
            *value = word(8 + 4 * i)?;
        }
        Some(all)
    };
    let Some([right, bottom, left, top, tile_width, tile_height, ..]) = read() else {
        return Err(Fault::corrupt("the JPEG 2000 stream has no size"));
    };
    let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
    let pixels = width.saturating_mul(height);
    if pixels == 0 || pixels > max_pixels as u64 || tile_width == 0 || tile_height == 0 {
        return Err(Fault::corrupt(format!(
            "the JPEG 2000 stream has {width} x {height} pixels in tiles of {tile_width} x {tile_height}"
        )));
    }
    let tiles = right.div_ceil(tile_width) * bottom.div_ceil(tile_height);
    if tiles > MAX_TILES {
        return Err(Fault::unsupported(
            format!("JPEG 2000 in {tiles} tiles"),
            "export the film in one tile, or uncompressed",
        ));
    }
    Ok(())
}

/// Whether the wavelet of the COD marker is the one that loses (15444-1 A.6.1).
fn irreversible(bytes: &[u8]) -> bool {
    bytes
        .windows(2)
        .take(1 << 16)
        .position(|w| w == [0xff, 0x52])
        .and_then(|at| bytes.get(at + 13))
        .is_none_or(|transform| *transform == 0)
}
