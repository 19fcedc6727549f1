//! From the strips or tiles of a page to its samples.

use super::directory::Page;
use super::lzw;
use crate::error::{Fault, Parsed};
use crate::packed::{MAX_EXPANSION, Unpack};
use crate::sample::{SampleType, Sampling, Voxel, fill};

/// The type of the samples; what has no single grey value per pixel is refused.
pub(super) fn sample_type(page: &Page) -> Parsed<SampleType> {
    let grey = matches!(page.photometric, Some(0 | 1) | None);
    if page.samples != 1 || !grey {
        return Err(Fault::unsupported(
            "pages in colour, with a palette or with transparency",
            "save the stack in 8-, 16- or 32-bit grey",
        ));
    }
    if page.fill_order != 1 {
        return Err(Fault::unsupported(
            "bits in reverse order (FillOrder 2)",
            "save the stack in 8-, 16- or 32-bit grey",
        ));
    }
    Ok(match (page.format, page.bits) {
        (1 | 4, 8) => SampleType::U8,
        (1 | 4, 16) => SampleType::U16,
        (1 | 4, 32) => SampleType::U32,
        (1 | 4, 64) => SampleType::U64,
        (2, 8) => SampleType::I8,
        (2, 16) => SampleType::I16,
        (2, 32) => SampleType::I32,
        (2, 64) => SampleType::I64,
        (3, 32) => SampleType::F32,
        (3, 64) => SampleType::F64,
        (format, bits) => {
            let name = match format {
                1 | 4 => "whole numbers",
                2 => "signed numbers",
                3 => "floating point",
                _ => "complex numbers or others",
            };
            return Err(Fault::unsupported(
                format!("samples of {bits} bits ({name})"),
                "save the stack in 8-, 16- or 32-bit grey",
            ));
        }
    })
}

/// How many bytes one byte of a strip can become.
fn expansion(compression: u64) -> Parsed<u64> {
    match compression {
        1 => Ok(1),
        5 => Ok(4096),
        8 | 32946 => Ok(MAX_EXPANSION),
        32773 => Ok(64),
        other => {
            let name = match other {
                2..=4 => "fax",
                6 | 7 => "JPEG",
                34712 => "JPEG 2000",
                34887 => "LERC",
                34925 => "LZMA",
                50000 => "Zstandard",
                50001 => "WebP",
                _ => "unknown",
            };
            Err(Fault::unsupported(
                format!("{name} compression (code {other})"),
                "save the stack uncompressed, or with deflate or LZW",
            ))
        }
    }
}

/// Refuses a page that the file cannot hold, before any memory is taken for it.
pub(super) fn check_claim(page: &Page, kind: SampleType, file: u64) -> Parsed<()> {
    let needed = (page.width as u64)
        .saturating_mul(page.height as u64)
        .saturating_mul(kind.bytes() as u64);
    let mut held = 0u64;
    for &(place, length) in &page.strips {
        if place.checked_add(length).is_none_or(|end| end > file) {
            return Err(Fault::truncated(
                "a page",
                usize::try_from(place.saturating_add(length)).unwrap_or(usize::MAX),
                usize::try_from(file).unwrap_or(usize::MAX),
            ));
        }
        held = held.saturating_add(length);
    }
    if page.width == 0 || page.height == 0 || page.tile.contains(&0) {
        return Err(Fault::corrupt(format!(
            "a page of {} x {} pixels",
            page.width, page.height
        )));
    }
    let most = held.saturating_mul(expansion(page.compression)?);
    if needed > most.saturating_add(1024) {
        return Err(Fault::truncated(
            "a page",
            usize::try_from(needed).unwrap_or(usize::MAX),
            usize::try_from(held).unwrap_or(usize::MAX),
        ));
    }
    let across = page.width.div_ceil(page.tile[0]);
    let down = page.height.div_ceil(page.tile[1]);
    if page.strips.len() != across.saturating_mul(down) {
        return Err(Fault::corrupt(format!(
            "a page of {} x {} pixels has {} strips, {} are needed",
            page.width,
            page.height,
            page.strips.len(),
            across.saturating_mul(down)
        )));
    }
    Ok(())
}

/// Decodes a page; every deflate strip is read to its end and its checksum verified.
pub(super) fn decode<V: Voxel>(
    bytes: &[u8],
    page: &Page,
    how: &Sampling,
    out: &mut [V],
) -> Parsed<()> {
    let size = how.kind.bytes();
    let [tile_width, tile_height] = page.tile;
    let across = page.width.div_ceil(tile_width);
    for (number, &(place, length)) in page.strips.iter().enumerate() {
        let (left, top) = (number % across * tile_width, number / across * tile_height);
        // The last strip is as high as what is left; tiles are always whole.
        let rows = if page.tiled {
            tile_height
        } else {
            tile_height.min(page.height - top)
        };
        let needed = tile_width
            .checked_mul(rows)
            .and_then(|n| n.checked_mul(size))
            .ok_or_else(|| Fault::corrupt("a tile is larger than memory"))?;
        let packed = bytes
            .get(place as usize..(place + length) as usize)
            .ok_or_else(|| Fault::truncated("a strip", (place + length) as usize, bytes.len()))?;
        let mut strip = unpack(packed, page.compression, needed)?;
        let mut how = *how;
        let row_bytes = tile_width * size;
        match page.predictor {
            1 => {}
            2 if !matches!(how.kind, SampleType::F32 | SampleType::F64) => {
                let step = size * usize::try_from(page.samples).unwrap_or(1).max(1);
                for row in strip.chunks_exact_mut(row_bytes) {
                    add_up(row, size, step, how.big_endian);
                }
            }
            3 if matches!(how.kind, SampleType::F32 | SampleType::F64) => {
                for row in strip.chunks_exact_mut(row_bytes) {
                    gather(row, size);
                }
                how.big_endian = true;
            }
            other => {
                return Err(Fault::unsupported(
                    format!("predictor {other} with samples of {}", how.kind.name()),
                    "save the stack uncompressed",
                ));
            }
        }
        let wide = tile_width.min(page.width - left);
        for row in 0..rows.min(page.height - top) {
            let to = (top + row) * page.width + left;
            let from = row * row_bytes;
            let target = out
                .get_mut(to..to + wide)
                .ok_or_else(|| Fault::corrupt("a strip lies outside its page"))?;
            fill(&strip[from..from + wide * size], &how, target)?;
        }
    }
    Ok(())
}

/// Bytes that may fill an uncompressed strip up to a word.
const PADDING: usize = 3;

fn unpack(packed: &[u8], compression: u64, needed: usize) -> Parsed<Vec<u8>> {
    match compression {
        1 => {
            let bytes = packed
                .get(..needed)
                .ok_or_else(|| Fault::truncated("a strip", needed, packed.len()))?;
            // A header in which a bit has changed needs more or less than the strip has.
            if packed.len() > needed + PADDING {
                return Err(Fault::corrupt(format!(
                    "a strip has {} bytes, its pixels need {needed}",
                    packed.len()
                )));
            }
            let mut out = Vec::new();
            out.try_reserve_exact(needed)
                .map_err(|_| Fault::no_memory(needed))?;
            out.extend_from_slice(bytes);
            Ok(out)
        }
        5 => lzw::unpack(packed, needed),
        8 | 32946 => {
            if needed as u64 > (packed.len() as u64).saturating_mul(MAX_EXPANSION) + 1024 {
                return Err(Fault::truncated("a strip", needed, packed.len()));
            }
            let mut stream = Unpack::zlib(packed);
            let mut out = crate::budget::zeroed(needed)?;
            let read = stream.read(&mut out)?;
            if read < needed {
                return Err(Fault::truncated("a strip", needed, read));
            }
            stream.finish(1 << 16)?;
            Ok(out)
        }
        _ => pack_bits(packed, needed),
    }
}

/// PackBits (TIFF 6.0, section 9). It has no checksum: a run that goes on beyond the strip, or anything but padding
/// after it, is what shows damage.
fn pack_bits(packed: &[u8], needed: usize) -> Parsed<Vec<u8>> {
    let mut out: Vec<u8> = Vec::new();
    out.try_reserve_exact(needed.min(packed.len().saturating_mul(64)))
        .map_err(|_| Fault::no_memory(needed))?;
    let mut rest = packed;
    while out.len() < needed {
        let short = |have: usize| Fault::truncated("a strip", needed, have);
        let (&head, tail) = rest.split_first().ok_or_else(|| short(out.len()))?;
        let head = head as i8;
        if head == -128 {
            rest = tail;
        } else if head < 0 {
            let (&byte, tail) = tail.split_first().ok_or_else(|| short(out.len()))?;
            out.resize(out.len() + (1 - isize::from(head)).unsigned_abs(), byte);
            rest = tail;
        } else {
            let run = head as usize + 1;
            let bytes = tail.get(..run).ok_or_else(|| short(out.len()))?;
            out.extend_from_slice(bytes);
            rest = &tail[run..];
        }
    }
    if out.len() > needed || rest.iter().any(|&b| b != 0) {
        return Err(Fault::corrupt(format!(
            "a strip of PackBits makes {} bytes and {} more follow, {needed} are needed",
            out.len(),
            rest.len()
        )));
    }
    Ok(out)
}

/// Undoes horizontal differences (TIFF 6.0, section 14), for numbers of any width; `step` bytes from pixel to pixel.
fn add_up(row: &mut [u8], size: usize, step: usize, big_endian: bool) {
    for i in (step..row.len()).step_by(size) {
        let mut carry = 0u16;
        for byte in 0..size {
            let k = if big_endian { size - 1 - byte } else { byte };
            let sum = u16::from(row[i + k]) + u16::from(row[i - step + k]) + carry;
            row[i + k] = sum as u8;
            carry = sum >> 8;
        }
    }
}

/// Undoes the floating-point predictor (Adobe Photoshop TIFF technical note 3): byte planes, most significant
/// first, each as differences; the result is big endian.
fn gather(row: &mut [u8], size: usize) {
    for i in 1..row.len() {
        row[i] = row[i].wrapping_add(row[i - 1]);
    }
    let planes = row.to_vec();
    let count = row.len() / size;
    for (sample, out) in row.chunks_exact_mut(size).enumerate() {
        for (plane, byte) in out.iter_mut().enumerate() {
            *byte = planes[plane * count + sample];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_add_up_in_both_byte_orders() {
        let values = [300u16, 299, 700, 65535, 1];
        for big in [false, true] {
            let bytes = |v: u16| {
                if big {
                    v.to_be_bytes()
                } else {
                    v.to_le_bytes()
                }
            };
            let mut last = 0u16;
            let mut row: Vec<u8> = Vec::new();
            for v in values {
                row.extend(bytes(v.wrapping_sub(last)));
                last = v;
            }
            add_up(&mut row, 2, 2, big);
            let expected: Vec<u8> = values.iter().flat_map(|&v| bytes(v)).collect();
            assert_eq!(row, expected);
        }
    }

    #[test]
    fn floats_come_back_from_their_planes() {
        let values = [1.5f32, -2.25, 1e-3, 4000.0];
        let mut planes: Vec<u8> = (0..4)
            .flat_map(|p| values.iter().map(move |v| v.to_be_bytes()[p]))
            .collect();
        for i in (1..planes.len()).rev() {
            planes[i] = planes[i].wrapping_sub(planes[i - 1]);
        }
        gather(&mut planes, 4);
        let expected: Vec<u8> = values.iter().flat_map(|v| v.to_be_bytes()).collect();
        assert_eq!(planes, expected);
    }

    #[test]
    fn runs_of_packbits() {
        // The example of TIFF 6.0, page 42.
        let packed = [
            0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7,
            0xaa,
        ];
        let out = pack_bits(&packed, 24).unwrap();
        assert_eq!(out[..6], [0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a]);
        assert_eq!(out.len(), 24);
        assert!(pack_bits(&packed, 25).is_err());
        // The last run would go on; a byte is left over; padding is none.
        assert!(pack_bits(&packed, 23).is_err() && pack_bits(&packed, 14).is_err());
        assert!(pack_bits(&[&packed[..], &[0, 0]].concat(), 24).is_ok());
    }
}
