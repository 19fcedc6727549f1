//! From packed or plain pixel data to values.

use super::attributes::{Object, PixelFormat};
use super::data_set::guarded;
use super::frames::Frame;
use super::guard::PixelPlace;
use super::rle;
use crate::error::{Fault, Parsed, Problem};
use crate::sample::{SampleType, Sampling, Voxel, fill};
use dicom_dictionary_std::tags;
use dicom_object::DefaultDicomObject;
use dicom_pixeldata::PixelDecoder;
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

fn check_syntax(object: &Object) -> Parsed<()> {
    let uid = object.layout.transfer_syntax.as_str();
    let refused = match uid {
        "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => "JPEG-LS",
        "1.2.840.10008.1.2.4.51" | "1.2.840.10008.1.2.4.53" | "1.2.840.10008.1.2.4.55"
            if object.pixel.as_ref().is_some_and(|p| p.bits_stored > 8) =>
        {
            "12-bit lossy JPEG"
        }
        "1.2.840.10008.1.2.4.110" | "1.2.840.10008.1.2.4.111" | "1.2.840.10008.1.2.4.112" => {
            "JPEG XL"
        }
        "1.2.840.10008.1.2.4.100"
        | "1.2.840.10008.1.2.4.101"
        | "1.2.840.10008.1.2.4.102"
        | "1.2.840.10008.1.2.4.103" => "video",
        _ => return Ok(()),
    };
    Err(Fault::unsupported(
        format!("{refused} compression (transfer syntax {uid})"),
        "export the series uncompressed, or decompress it, for example with `gdcmconv --raw`",
    ))
}

/// A file ready for decoding its frames.
pub(super) enum Source<'a> {
    Plain(&'a Object, &'a [u8]),
    Packed(&'a Object, Box<DefaultDicomObject>),
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
                let whole = object.whole()?;
                check_streams(&whole, object)?;
                Ok(Self::Packed(object, Box::new(whole)))
            }
        }
    }

    /// The values of one frame, rescaled.
    pub(super) fn decode<V: Voxel>(
        &self,
        number: usize,
        frame: &Frame,
        out: &mut [V],
    ) -> Parsed<()> {
        let (object, stored, big_endian) = match self {
            Self::Plain(object, pixels) => {
                let size = frame_bytes(object)?;
                let start = number.saturating_mul(size);
                let end = start.saturating_add(size);
                let stored = pixels
                    .get(start..end)
                    .ok_or_else(|| Fault::truncated("the pixel data", end, pixels.len()))?;
                (object, Cow::Borrowed(stored), object.layout.big_endian)
            }
            Self::Packed(object, whole) => {
                let stored = unpack(whole, object, number)?;
                let size = frame_bytes(object)?;
                if stored.len() != size {
                    return Err(Fault::corrupt(format!(
                        "frame {number} decodes to {} bytes, the header says {size}",
                        stored.len()
                    )));
                }
                (object, Cow::Owned(stored), false)
            }
        };
        let pixel = check(object)?;
        values(&stored, big_endian, pixel, frame, out)
    }
}

fn frame_bytes(object: &Object) -> Parsed<usize> {
    let pixel = check(object)?;
    Ok(pixel.rows * pixel.columns * usize::from(pixel.bits_allocated / 8))
}

const RLE: &str = "1.2.840.10008.1.2.5";

fn unpack(whole: &DefaultDicomObject, object: &Object, number: usize) -> Parsed<Vec<u8>> {
    if object.layout.transfer_syntax == RLE {
        let fragments = whole
            .get(tags::PIXEL_DATA)
            .and_then(|e| e.fragments())
            .unwrap_or_default();
        let size = frame_bytes(object)?;
        let bytes = size / (object.pixel.as_ref().map_or(1, |p| p.rows * p.columns)).max(1);
        // One fragment per frame; of a single frame some writers make several.
        return match fragments.get(number) {
            Some(fragment) if fragments.len() == object.frames.len() => {
                rle::unpack(fragment, bytes, size)
            }
            _ if object.frames.len() == 1 => rle::unpack(&fragments.concat(), bytes, size),
            _ => Err(Fault::corrupt(format!(
                "{} fragments for {} frames",
                fragments.len(),
                object.frames.len()
            ))),
        };
    }
    guarded("the compressed pixel data", || {
        let decoded = whole.decode_pixel_data_frame(number as u32).map_err(|e| {
            Fault::corrupt(format!("the compressed pixel data cannot be decoded ({e})"))
        })?;
        Ok(decoded.into_data())
    })
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

/// Size and sign stated inside JPEG and JPEG 2000 streams must be those of the header: decoders
/// allocate by the stream, and do not correct a sign that differs.
fn check_streams(whole: &DefaultDicomObject, object: &Object) -> Parsed<()> {
    let pixel = check(object)?;
    let fragments = whole
        .get(tags::PIXEL_DATA)
        .and_then(|e| e.fragments())
        .unwrap_or_default();
    if fragments.is_empty() {
        return Err(Fault::corrupt("compressed pixel data without fragments"));
    }
    for fragment in fragments {
        let Some(stream) = jpeg2000(fragment).or_else(|| jpeg(fragment)) else {
            continue;
        };
        if (stream.rows, stream.columns) != (pixel.rows as u64, pixel.columns as u64) {
            return Err(Fault::corrupt(format!(
                "the compressed image has {} x {} pixels, the header says {} x {}",
                stream.columns, stream.rows, pixel.columns, pixel.rows
            )));
        }
        if stream.signed.is_some_and(|signed| signed != pixel.signed) {
            return Err(Fault::corrupt(format!(
                "PixelRepresentation says {}signed values, the JPEG 2000 stream the opposite",
                if pixel.signed { "" } else { "un" }
            )));
        }
    }
    Ok(())
}

struct Stream {
    rows: u64,
    columns: u64,
    signed: Option<bool>,
}

/// The SIZ marker of a JPEG 2000 codestream (ISO/IEC 15444-1, A.5.1).
fn jpeg2000(bytes: &[u8]) -> Option<Stream> {
    if !bytes.starts_with(&[0xff, 0x4f, 0xff, 0x51]) {
        return None;
    }
    let word = |at: usize| -> Option<u64> {
        bytes
            .get(at..at + 4)?
            .try_into()
            .ok()
            .map(|b| u64::from(u32::from_be_bytes(b)))
    };
    Some(Stream {
        columns: word(8)?.saturating_sub(word(16)?),
        rows: word(12)?.saturating_sub(word(20)?),
        signed: Some(bytes.get(42)? & 0x80 != 0),
    })
}

/// The first frame header of a JPEG stream (ISO/IEC 10918-1, B.2.2).
fn jpeg(bytes: &[u8]) -> Option<Stream> {
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return None;
    }
    let word = |at: usize| -> Option<u64> {
        bytes
            .get(at..at + 2)?
            .try_into()
            .ok()
            .map(|b| u64::from(u16::from_be_bytes(b)))
    };
    let mut at = 2;
    while *bytes.get(at)? == 0xff {
        let marker = *bytes.get(at + 1)?;
        if marker == 0xff {
            at += 1;
            continue;
        }
        if matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc) {
            return Some(Stream {
                rows: word(at + 5)?,
                columns: word(at + 7)?,
                signed: None,
            });
        }
        at += 2 + word(at + 2)? as usize;
    }
    None
}
