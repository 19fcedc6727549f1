//! JPEG: baseline, extended (also 12 bits), progressive of 8 bits, lossless (ISO/IEC 10918-1).

use super::decoded::Decoded;
use crate::error::{Fault, Parsed};
use libjpeg_turbo_rs::precision::{decompress_12bit_with_limits, decompress_lossless_arbitrary};
use libjpeg_turbo_rs::{DecodeLimits, Decoder, JpegError, JpegInfo, PixelFormat, probe};

/// Scans of a progressive file; real ones have about ten.
const MAX_SCANS: usize = 200;

/// Whether the bytes begin as a JPEG does.
pub(super) fn is_jpeg(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xff, 0xd8, 0xff])
}

/// The samples of a stream; no more than `max_pixels`.
pub(super) fn decode(bytes: &[u8], max_pixels: usize) -> Parsed<Decoded> {
    let info = probe(bytes).map_err(|e| bad(&e))?;
    let pixels = info.width.saturating_mul(info.height);
    if pixels == 0 || pixels > max_pixels {
        return Err(Fault::corrupt(format!(
            "the JPEG stream has {} x {} pixels",
            info.width, info.height
        )));
    }
    // A block of 64 samples takes a bit at the least; lossless, a sample does.
    if pixels / 64 > bytes.len().saturating_mul(8) {
        return Err(Fault::truncated(
            "the JPEG stream",
            pixels / 512,
            bytes.len(),
        ));
    }
    if !matches!(info.components, 1 | 3) {
        return Err(Fault::unsupported(
            format!("JPEG of {} channels", info.components),
            "save the film in grey",
        ));
    }
    let limits = DecodeLimits {
        max_pixels: max_pixels as u64,
        max_scans: MAX_SCANS,
        ..DecodeLimits::default()
    };
    if info.lossless {
        return lossless(bytes);
    }
    match info.precision {
        8 => eight_bits(bytes, &info, limits),
        12 if info.progressive => Err(Fault::unsupported(
            "progressive 12-bit JPEG (retired from DICOM)",
            "export the film uncompressed",
        )),
        12 => twelve_bits(bytes, &limits),
        other => Err(Fault::unsupported(
            format!("lossy JPEG of {other} bits"),
            "export the film uncompressed",
        )),
    }
}

fn eight_bits(bytes: &[u8], info: &JpegInfo, limits: DecodeLimits) -> Parsed<Decoded> {
    let format = if info.components == 1 {
        PixelFormat::Grayscale
    } else {
        PixelFormat::Rgb
    };
    let mut decoder = Decoder::new_with_limits(bytes, limits).map_err(|e| bad(&e))?;
    decoder.set_output_format(format);
    let image = decoder.decode_image().map_err(|e| bad(&e))?;
    if let Some(warning) = image.warnings.first() {
        return Err(Fault::corrupt(format!(
            "the JPEG stream is damaged ({warning:?})"
        )));
    }
    Ok(Decoded {
        width: image.width,
        height: image.height,
        channels: info.components,
        bits: 8,
        signed: false,
        lossy: true,
        samples: image.data.iter().map(|v| i32::from(*v)).collect(),
    })
}

fn twelve_bits(bytes: &[u8], limits: &DecodeLimits) -> Parsed<Decoded> {
    let image = decompress_12bit_with_limits(bytes, limits).map_err(|e| bad(&e))?;
    Ok(Decoded {
        width: image.width,
        height: image.height,
        channels: image.num_components,
        bits: 12,
        signed: false,
        lossy: true,
        samples: image.data.iter().map(|v| i32::from(*v)).collect(),
    })
}

fn lossless(bytes: &[u8]) -> Parsed<Decoded> {
    let image = decompress_lossless_arbitrary(bytes).map_err(|e| bad(&e))?;
    Ok(Decoded {
        width: image.width,
        height: image.height,
        channels: image.num_components,
        bits: u16::from(image.precision),
        signed: false,
        lossy: false,
        samples: image.data.iter().map(|v| i32::from(*v)).collect(),
    })
}

fn bad(error: &JpegError) -> Fault {
    Fault::corrupt(format!("the JPEG stream cannot be decoded ({error})"))
}
