//! The samples of a DICOM film as they are stored, from every transfer syntax that is read.

use super::decoded::Decoded;
use super::streams::{self, promises_lossless};
use crate::dicom::fragments::Fragments;
use crate::dicom::guard::{Layout, PixelPlace};
use crate::dicom::rle;
use crate::error::{Fault, Parsed, Problem};

/// How samples are stored, by the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SampleFormat {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) channels: usize,
    pub(super) planar: bool,
    pub(super) bits_allocated: u16,
    pub(super) bits_stored: u16,
    pub(super) high_bit: u16,
    pub(super) signed: bool,
    pub(super) photometric: String,
}

impl SampleFormat {
    pub(super) fn samples(&self) -> usize {
        self.rows * self.columns * self.channels
    }

    /// Smallest and largest value that can be stored.
    pub(super) fn range(&self) -> [i32; 2] {
        let bits = self.bits_stored;
        if self.signed {
            [-(1 << (bits - 1)), (1 << (bits - 1)) - 1]
        } else {
            [0, (1 << bits) - 1]
        }
    }

    /// Refuses what contradicts itself or is no film, before anything is allocated by it.
    pub(super) fn check(&self, max_pixels: usize) -> Parsed<()> {
        let (allocated, stored, high) = (self.bits_allocated, self.bits_stored, self.high_bit);
        if !matches!(allocated, 8 | 16) {
            return Err(Fault::unsupported(
                format!("BitsAllocated is {allocated}"),
                "export the film with 8 or 16 bits per pixel",
            ));
        }
        if stored == 0 || stored > allocated || high >= allocated || high + 1 < stored {
            return Err(Fault::corrupt(format!(
                "BitsAllocated {allocated}, BitsStored {stored} and HighBit {high} contradict each other"
            )));
        }
        let pixels = self.rows.saturating_mul(self.columns);
        if pixels == 0 {
            return Err(Fault::corrupt(format!(
                "Rows {} and Columns {}",
                self.rows, self.columns
            )));
        }
        if pixels > max_pixels {
            return Err(Fault::new(
                Problem::TooLarge,
                format!(
                    "{} x {} pixels, the limit is {max_pixels}",
                    self.columns, self.rows
                ),
                "crop the film",
            ));
        }
        let grey = self.channels == 1 && self.photometric.starts_with("MONOCHROME");
        let colour = self.channels == 3
            && (self.photometric == "RGB" || self.photometric.starts_with("YBR"));
        if !(grey || colour) {
            return Err(Fault::unsupported(
                format!(
                    "{} samples per pixel, `{:.20}`",
                    self.channels, self.photometric
                ),
                "give the original grey film",
            ));
        }
        Ok(())
    }
}

/// The samples and how they were packed.
pub(super) struct Stored {
    pub(super) samples: Vec<i32>,
    pub(super) coding: &'static str,
    pub(super) lossy: bool,
    pub(super) warnings: Vec<String>,
}

/// Decodes the one frame of a film.
pub(super) fn samples(
    bytes: &[u8],
    layout: &Layout,
    format: &SampleFormat,
    max_pixels: usize,
) -> Parsed<Stored> {
    format.check(max_pixels)?;
    let data = layout.inflated.as_deref().unwrap_or(bytes);
    match layout.pixels {
        PixelPlace::None => Err(Fault::new(
            Problem::NotAnImage,
            "a DICOM file without pixel data",
            "give the file that holds the film (this one is a header, a report or a presentation state)",
        )),
        PixelPlace::Native(start, length) => native(data, start, length, layout.big_endian, format),
        PixelPlace::Encapsulated => packed(data, layout, format, max_pixels),
    }
}

fn native(
    data: &[u8],
    start: usize,
    length: usize,
    big_endian: bool,
    format: &SampleFormat,
) -> Parsed<Stored> {
    if matches!(
        format.photometric.as_str(),
        "YBR_FULL_422" | "YBR_FULL" | "YBR_PARTIAL_422"
    ) {
        return Err(colour_refused(&format.photometric));
    }
    let width = usize::from(format.bits_allocated / 8);
    let needed = format.samples() * width;
    let end = start.saturating_add(length);
    let stored = data
        .get(start..end)
        .ok_or_else(|| Fault::truncated("the pixel data", end, data.len()))?;
    if stored.len() < needed {
        return Err(Fault::truncated("the pixel data", needed, stored.len()));
    }
    let mut warnings = Vec::new();
    if stored.len() > needed + 1 {
        warnings.push(format!(
            "the pixel data has {} bytes, {needed} are needed: the rest was left alone",
            stored.len()
        ));
    }
    let stored = &stored[..needed];
    let words: Vec<u16> = if width == 1 {
        stored.iter().map(|b| u16::from(*b)).collect()
    } else {
        let of = if big_endian {
            u16::from_be_bytes
        } else {
            u16::from_le_bytes
        };
        stored.as_chunks::<2>().0.iter().map(|b| of(*b)).collect()
    };
    let samples = words.iter().map(|w| cleaned(*w, format)).collect();
    Ok(Stored {
        samples: interleaved(samples, format),
        coding: "uncompressed",
        lossy: false,
        warnings,
    })
}

/// The bits that count, with their sign; those beyond may hold overlays or rubbish.
fn cleaned(word: u16, format: &SampleFormat) -> i32 {
    let shift = u32::from(format.high_bit + 1 - format.bits_stored);
    signed(i32::from(word) >> shift, format)
}

fn signed(value: i32, format: &SampleFormat) -> i32 {
    let unused = 32 - u32::from(format.bits_stored);
    if format.signed {
        (value << unused) >> unused
    } else {
        ((value << unused) as u32 >> unused) as i32
    }
}

fn interleaved(samples: Vec<i32>, format: &SampleFormat) -> Vec<i32> {
    if format.channels == 1 || !format.planar {
        return samples;
    }
    let plane = format.rows * format.columns;
    (0..plane)
        .flat_map(|i| (0..format.channels).map(move |c| c * plane + i))
        .filter_map(|at| samples.get(at).copied())
        .collect()
}

const RLE: &str = "1.2.840.10008.1.2.5";

fn packed(
    data: &[u8],
    layout: &Layout,
    format: &SampleFormat,
    max_pixels: usize,
) -> Parsed<Stored> {
    let uid = layout.transfer_syntax.as_str();
    let stream = Fragments::of(data, layout)?.whole();
    if uid == RLE {
        return run_lengths(&stream, format);
    }
    let (decoded, coding) = streams::decode(&stream, uid, max_pixels)?;
    checked(decoded, coding, uid, format)
}

/// Sizes, bits and sign of the stream against the header: neither is believed alone.
fn checked(
    decoded: Decoded,
    coding: &'static str,
    uid: &str,
    format: &SampleFormat,
) -> Parsed<Stored> {
    if (decoded.width, decoded.height) != (format.columns, format.rows) {
        return Err(Fault::corrupt(format!(
            "the compressed image has {} x {} pixels, the header says {} x {}",
            decoded.width, decoded.height, format.columns, format.rows
        )));
    }
    if decoded.channels != format.channels {
        return Err(Fault::corrupt(format!(
            "the compressed image has {} channels, the header says {}",
            decoded.channels, format.channels
        )));
    }
    if decoded.samples.len() != format.samples() || decoded.bits > format.bits_allocated {
        return Err(Fault::corrupt(format!(
            "the compressed image has {} bits per sample, the header says {}",
            decoded.bits, format.bits_allocated
        )));
    }
    if coding == "JPEG 2000" && decoded.signed != format.signed {
        let (header, stream) = if format.signed {
            ("signed", "unsigned")
        } else {
            ("unsigned", "signed")
        };
        return Err(Fault::corrupt(format!(
            "PixelRepresentation says {header} values, the JPEG 2000 stream says {stream}"
        )));
    }
    let mut warnings = Vec::new();
    if decoded.lossy && promises_lossless(uid) {
        warnings.push(format!(
            "transfer syntax {uid} promises lossless compression, the {coding} stream is lossy"
        ));
    }
    let samples = match format.channels {
        1 => decoded.samples.iter().map(|v| signed(*v, format)).collect(),
        _ => decoded.samples,
    };
    Ok(Stored {
        samples,
        coding,
        lossy: decoded.lossy,
        warnings,
    })
}

fn run_lengths(stream: &[u8], format: &SampleFormat) -> Parsed<Stored> {
    if format.channels != 1 {
        return Err(colour_refused(&format.photometric));
    }
    let width = usize::from(format.bits_allocated / 8);
    let bytes = rle::unpack(stream, width, format.samples() * width)?;
    let samples = if width == 1 {
        bytes
            .iter()
            .map(|b| cleaned(u16::from(*b), format))
            .collect()
    } else {
        let words = bytes.as_chunks::<2>().0;
        words
            .iter()
            .map(|b| cleaned(u16::from_le_bytes(*b), format))
            .collect()
    };
    Ok(Stored {
        samples,
        coding: "run lengths",
        lossy: false,
        warnings: Vec::new(),
    })
}

pub(super) fn colour_refused(what: &str) -> Fault {
    Fault::unsupported(
        format!("a colour image ({what:.20})"),
        "give the original grey film, not a photograph or a coloured rendering of it",
    )
}
