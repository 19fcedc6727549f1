//! Compressed streams of DICOM: which decoder has one, and which have none.

use super::decoded::Decoded;
use super::fence::{self, Codec};
use super::{jpeg, jpeg_ls, jpeg2000};
use crate::error::{Fault, Parsed};

/// The samples of one stream and the name of its coding; no more than `max_pixels`.
pub(crate) fn decode(
    stream: &[u8],
    uid: &str,
    max_pixels: usize,
) -> Parsed<(Decoded, &'static str)> {
    if let Some(name) = refused(uid) {
        return Err(Fault::unsupported(
            format!("{name} (transfer syntax {uid})"),
            "export it uncompressed",
        ));
    }
    if jpeg2000::is_jpeg2000(stream) {
        Ok((
            fence::decode(Codec::Jpeg2000, stream, max_pixels)?,
            "JPEG 2000",
        ))
    } else if jpeg_ls::is_jpeg_ls(stream) {
        Ok((jpeg_ls::decode(stream, max_pixels)?, "JPEG-LS"))
    } else if jpeg::is_jpeg(stream) {
        Ok((fence::decode(Codec::Jpeg, stream, max_pixels)?, "JPEG"))
    } else {
        Err(Fault::unsupported(
            format!("compression by transfer syntax {uid}"),
            "export it uncompressed",
        ))
    }
}

/// Transfer syntaxes that are not read, whatever their streams look like (PS3.6 Annex A).
pub(crate) fn refused(uid: &str) -> Option<&'static str> {
    Some(match uid {
        "1.2.840.10008.1.2.4.110" | "1.2.840.10008.1.2.4.111" | "1.2.840.10008.1.2.4.112" => {
            "JPEG XL"
        }
        "1.2.840.10008.1.2.4.92" | "1.2.840.10008.1.2.4.93" => "JPEG 2000 of several components",
        "1.2.840.10008.1.2.4.94" | "1.2.840.10008.1.2.4.95" | "1.2.840.10008.1.2.4.204" => {
            "pixels on a server (JPIP)"
        }
        "1.2.840.10008.1.2.4.52" | "1.2.840.10008.1.2.4.54" | "1.2.840.10008.1.2.4.56" => {
            "arithmetic or hierarchical JPEG (retired from DICOM)"
        }
        _ if uid.starts_with("1.2.840.10008.1.2.4.10") => "video",
        _ => return None,
    })
}

/// Transfer syntaxes that promise every bit.
pub(crate) fn promises_lossless(uid: &str) -> bool {
    matches!(
        uid,
        "1.2.840.10008.1.2.4.57"
            | "1.2.840.10008.1.2.4.70"
            | "1.2.840.10008.1.2.4.80"
            | "1.2.840.10008.1.2.4.90"
            | "1.2.840.10008.1.2.4.201"
            | "1.2.840.10008.1.2.4.202"
    )
}
