//! What every single-file format comes down to: a grid, how samples are stored, where they lie.

use crate::deflate::{gunzip, unzlib};
use crate::error::{Fault, Parsed, Problem};
use crate::sample::{Sampling, Voxel, decode_raw, decode_stream};
use crate::{Format, Identity, aim_pack};
use howship_image::{Calibration, DensityUnit, Geometry};
use std::io::Read;

/// How the samples are packed, counted from `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As they are.
    Raw,
    /// The whole file is a gzip stream; `offset` counts decompressed bytes.
    GzipFile,
    /// A gzip stream starts at `offset`.
    Gzip,
    /// A zlib stream starts at `offset`.
    Zlib,
    /// Decimal numbers as text.
    Ascii,
    /// Scanco runs and bits.
    Aim(aim_pack::AimPacking),
}

/// Where the samples lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the same file, from this byte on.
    Here(usize),
    /// In the last bytes of the same file.
    Tail,
    /// In other files of the same folder, one after the other; the first number of bytes, or
    /// `None` for all but the tail, is skipped in each.
    Files(Vec<String>, Option<usize>),
}

/// A parsed header.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) format: Format,
    pub(crate) geometry: Geometry,
    pub(crate) sampling: Sampling,
    pub(crate) place: Place,
    pub(crate) packing: Packing,
    /// The unit that the file states, and in which words.
    pub(crate) unit: Option<(DensityUnit, String)>,
    pub(crate) calibration: Option<Calibration>,
    pub(crate) spacing_known: String,
    pub(crate) identity: Identity,
    pub(crate) entries: Vec<(String, String)>,
    pub(crate) warnings: Vec<String>,
}

/// Refuses a grid of one slice, and one beyond the limit on decoded bytes.
pub(crate) fn check_grid(geometry: &Geometry, max_bytes: u64) -> Parsed<()> {
    let [nx, ny, nz] = geometry.size();
    if nz == 1 || ny == 1 || nx == 1 {
        return Err(Fault::two_dimensional(format!("{nx} x {ny} x {nz} voxels")));
    }
    let bytes = geometry.voxels() as u64 * 4;
    if bytes > max_bytes {
        return Err(Fault::new(
            Problem::TooLarge,
            format!("{nx} x {ny} x {nz} voxels decode to {bytes} bytes, the limit is {max_bytes}"),
            "raise the limit or crop the volume",
        ));
    }
    Ok(())
}

impl Header {
    /// The samples, from the bytes of the file that holds them.
    pub(crate) fn decode<V: Voxel>(&self, bytes: &[u8], how: &Sampling) -> Parsed<Vec<V>> {
        let count = self.geometry.voxels();
        let offset = match &self.place {
            Place::Here(offset) => *offset,
            Place::Files(_, Some(offset)) => *offset,
            Place::Tail | Place::Files(_, None) => bytes
                .len()
                .saturating_sub(count.saturating_mul(how.kind.bytes())),
        };
        if self.packing == Packing::GzipFile {
            let mut stream = gunzip(bytes);
            skip(&mut stream, offset)?;
            return decode_stream(stream, bytes.len(), how, count);
        }
        let Some(rest) = bytes.get(offset..) else {
            return Err(Fault::truncated("the header", offset, bytes.len()));
        };
        match self.packing {
            Packing::Raw | Packing::GzipFile => decode_raw(rest, how, count),
            Packing::Gzip => decode_stream(gunzip(rest), rest.len(), how, count),
            Packing::Zlib => decode_stream(unzlib(rest), rest.len(), how, count),
            Packing::Ascii => decode_ascii(rest, how, count),
            Packing::Aim(packing) => {
                let stored = aim_pack::unpack(rest, packing, self.geometry.size())?;
                decode_raw(&stored, how, count)
            }
        }
    }
}

fn skip(stream: &mut impl Read, mut bytes: usize) -> Parsed<()> {
    let mut buffer = [0u8; 4096];
    while bytes > 0 {
        let step = bytes.min(buffer.len());
        if crate::sample::read_full(stream, &mut buffer[..step])? < step {
            return Err(Fault::truncated("the header", bytes, 0));
        }
        bytes -= step;
    }
    Ok(())
}

fn decode_ascii<V: Voxel>(bytes: &[u8], how: &Sampling, count: usize) -> Parsed<Vec<V>> {
    // Two bytes a number at the least (the last needs no separator).
    if count > bytes.len() / 2 + 1 {
        return Err(Fault::truncated(
            "the text of the voxel data",
            count * 2,
            bytes.len(),
        ));
    }
    let mut out = Vec::with_capacity(count);
    let words = bytes
        .split(|b| b.is_ascii_whitespace() || *b == b',')
        .filter(|word| !word.is_empty());
    for word in words.take(count) {
        let text = std::str::from_utf8(word).unwrap_or("?");
        let Ok(value) = text.parse::<f64>() else {
            return Err(Fault::corrupt(format!(
                "the voxel value `{text:.20}` is no number"
            )));
        };
        let value = if how.is_identity() {
            value
        } else {
            value * how.slope + how.intercept
        };
        out.push(V::of_f64(value).ok_or_else(|| {
            Fault::new(
                Problem::NotLabels,
                format!("the value {value} is no label"),
                "labels are whole numbers from 0 to 4294967295; give a mask or a label image",
            )
        })?);
    }
    if out.len() < count {
        return Err(Fault::truncated(
            "the text of the voxel data",
            count,
            out.len(),
        ));
    }
    Ok(out)
}
