//! From packed or plain pixel data to values.

use super::attributes::{Object, PixelFormat};
use super::fragments::Fragments;
use super::frames::Frame;
use super::guard::PixelPlace;
use super::rle;
use crate::error::{Fault, Parsed, Problem};
use crate::film::decoded::Decoded;
use crate::film::streams;
use crate::sample::{SampleType, Sampling, Voxel, fill};
use std::borrow::Cow;

/// Refuses what has no single density per voxel, or what the decoder is known to misread.
pub(super) fn check(object: &Object) -> Parsed<&PixelFormat> {
    let Some(pixel) = &object.pixel else {
        return Err(Fault::new(
            Problem::NotAnImage,
            "a DICOM file without pixel data",
            "give the folder that holds the images",
        ));
    };
    if pixel.samples_per_pixel != 1 || !pixel.photometric.starts_with("MONOCHROME") {
        return Err(Fault::unsupported(
            format!(
                "{} samples per pixel, {}",
                pixel.samples_per_pixel, pixel.photometric
            ),
            "give the original monochrome images, not a colour rendering",
        ));
    }
    if pixel.rows == 0 || pixel.columns == 0 {
        return Err(Fault::corrupt(format!(
            "Rows {} and Columns {}",
            pixel.rows, pixel.columns
        )));
    }
    if pixel.float_bytes > 0 {
        check_syntax(object)?;
        return Ok(pixel);
    }
    if !matches!(pixel.bits_allocated, 8 | 16) {
        return Err(Fault::unsupported(
            format!("BitsAllocated is {}", pixel.bits_allocated),
            "export the series with 16 bits per pixel",
        ));
    }
    let (stored, high) = (pixel.bits_stored, pixel.high_bit);
    if stored == 0
        || stored > pixel.bits_allocated
        || high >= pixel.bits_allocated
        || high + 1 < stored
    {
        return Err(Fault::corrupt(format!(
            "BitsAllocated {}, BitsStored {stored} and HighBit {high} contradict each other",
            pixel.bits_allocated
        )));
    }
    check_syntax(object)?;
    Ok(pixel)
}

/// Refuses what no decoder here has, before anything else is done.
fn check_syntax(object: &Object) -> Parsed<()> {
    let uid = object.layout.transfer_syntax.as_str();
    match streams::refused(uid) {
        Some(name) if object.layout.pixels == PixelPlace::Encapsulated => Err(Fault::unsupported(
            format!("{name} compression (transfer syntax {uid})"),
            "export the series uncompressed, or decompress it, for example with `gdcmconv --raw`",
        )),
        _ => Ok(()),
    }
}

/// A file ready for decoding its frames.
pub(super) enum Source<'a> {
    Plain(&'a Object, &'a [u8]),
    Packed(&'a Object, Fragments<'a>),
}

impl<'a> Source<'a> {
    pub(super) fn of(object: &'a Object) -> Parsed<Self> {
        match object.layout.pixels {
            PixelPlace::Native(start, length) => {
                let data = object.layout.inflated.as_deref().unwrap_or(&object.bytes);
                let end = start.saturating_add(length);
                let pixels = data
                    .get(start..end)
                    .ok_or_else(|| Fault::truncated("the pixel data", end, data.len()))?;
                Ok(Self::Plain(object, pixels))
            }
            _ => {
                let data = object.layout.inflated.as_deref().unwrap_or(&object.bytes);
                Ok(Self::Packed(object, Fragments::of(data, &object.layout)?))
            }
        }
    }

    /// The values of one frame, rescaled; whether its compression lost something.
    pub(super) fn decode<V: Voxel>(
        &self,
        number: usize,
        frame: &Frame,
        out: &mut [V],
    ) -> Parsed<bool> {
        let (object, stored, big_endian, lossy) = match self {
            Self::Plain(object, pixels) => {
                let size = frame_bytes(object)?;
                let start = number.saturating_mul(size);
                let end = start.saturating_add(size);
                let stored = pixels
                    .get(start..end)
                    .ok_or_else(|| Fault::truncated("the pixel data", end, pixels.len()))?;
                (
                    object,
                    Cow::Borrowed(stored),
                    object.layout.big_endian,
                    false,
                )
            }
            Self::Packed(object, fragments) => {
                let (stored, lossy) = unpack(fragments, object, number)?;
                let size = frame_bytes(object)?;
                if stored.len() != size {
                    return Err(Fault::corrupt(format!(
                        "frame {number} decodes to {} bytes, the header says {size}",
                        stored.len()
                    )));
                }
                (object, Cow::Owned(stored), false, lossy)
            }
        };
        let pixel = check(object)?;
        values(&stored, big_endian, pixel, frame, out)?;
        Ok(lossy)
    }
}

fn frame_bytes(object: &Object) -> Parsed<usize> {
    let pixel = check(object)?;
    Ok(pixel.rows * pixel.columns * usize::from(pixel.bits_allocated / 8))
}

const RLE: &str = "1.2.840.10008.1.2.5";

/// The samples of a frame, little endian and as wide as the header says; whether its compression lost something.
fn unpack(fragments: &Fragments<'_>, object: &Object, number: usize) -> Parsed<(Vec<u8>, bool)> {
    let pixel = check(object)?;
    let (size, pixels) = (frame_bytes(object)?, pixel.rows * pixel.columns);
    let stream = fragments.frame(number, object.frames.len())?;
    let uid = object.layout.transfer_syntax.as_str();
    if uid == RLE {
        let stored = rle::unpack(&stream, size / pixels.max(1), size)?;
        return Ok((stored, false));
    }
    let (decoded, coding) = streams::decode(&stream, uid, pixels)?;
    agrees(&decoded, coding, pixel)?;
    if decoded.lossy && !pixel.lossy && streams::promises_lossless(uid) {
        return Err(Fault::corrupt(format!(
            "transfer syntax {uid} promises lossless compression, the {coding} stream is lossy"
        )));
    }
    let samples = decoded.samples.iter();
    let stored = match pixel.bits_allocated {
        8 => samples.map(|s| *s as u8).collect(),
        _ => samples.flat_map(|s| (*s as u16).to_le_bytes()).collect(),
    };
    Ok((stored, decoded.lossy))
}

/// Size, width and sign of the stream against the header: neither is believed alone.
fn agrees(decoded: &Decoded, coding: &str, pixel: &PixelFormat) -> Parsed<()> {
    if (decoded.height, decoded.width) != (pixel.rows, pixel.columns) {
        return Err(Fault::corrupt(format!(
            "the compressed image has {} x {} pixels, the header says {} x {}",
            decoded.width, decoded.height, pixel.columns, pixel.rows
        )));
    }
    if decoded.channels != 1 || decoded.bits > pixel.bits_allocated {
        return Err(Fault::corrupt(format!(
            "the {coding} stream has {} channels of {} bits, the header says one of {}",
            decoded.channels, decoded.bits, pixel.bits_allocated
        )));
    }
    if coding == "JPEG 2000" && decoded.signed != pixel.signed {
        return Err(Fault::corrupt(format!(
            "PixelRepresentation says {}signed values, the JPEG 2000 stream the opposite",
            if pixel.signed { "" } else { "un" }
        )));
    }
    Ok(())
}

/// Masks to BitsStored, extends the sign, rescales.
fn values<V: Voxel>(
    stored: &[u8],
    big_endian: bool,
    pixel: &PixelFormat,
    frame: &Frame,
    out: &mut [V],
) -> Parsed<()> {
    let kind = match (pixel.float_bytes, pixel.bits_allocated, pixel.signed) {
        (4, ..) => SampleType::F32,
        (8, ..) => SampleType::F64,
        (_, 8, false) => SampleType::U8,
        (_, 8, true) => SampleType::I8,
        (_, _, false) => SampleType::U16,
        (_, _, true) => SampleType::I16,
    };
    let plain = Sampling {
        kind,
        big_endian,
        slope: frame.slope,
        intercept: frame.intercept,
    };
    if pixel.float_bytes > 0 || pixel.bits_stored == pixel.bits_allocated {
        return fill(stored, &plain, out);
    }
    // The bits beyond BitsStored may hold overlays or rubbish.
    let shift = u32::from(pixel.high_bit + 1 - pixel.bits_stored);
    let unused = 16 - u32::from(pixel.bits_stored);
    let mut cleaned = Vec::new();
    cleaned
        .try_reserve_exact(out.len() * 2)
        .map_err(|_| Fault::no_memory(out.len() * 2))?;
    let wide = pixel.bits_allocated == 16;
    let mut put = |word: u16| {
        let word = (word >> shift) << unused;
        let word = if pixel.signed {
            ((word as i16) >> unused) as u16
        } else {
            word >> unused
        };
        cleaned.extend(word.to_le_bytes());
    };
    if wide {
        for b in stored.as_chunks::<2>().0 {
            put(if big_endian {
                u16::from_be_bytes(*b)
            } else {
                u16::from_le_bytes(*b)
            });
        }
    } else {
        stored.iter().for_each(|&b| put(u16::from(b)));
    }
    let kind = if pixel.signed {
        SampleType::I16
    } else {
        SampleType::U16
    };
    fill(
        &cleaned,
        &Sampling {
            kind,
            big_endian: false,
            ..plain
        },
        out,
    )
}
