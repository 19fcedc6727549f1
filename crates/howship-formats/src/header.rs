//! What every single-file format comes down to: a grid, how samples are stored, where they lie.

use crate::error::{Fault, Parsed, Problem};
use crate::packed::{Unpack, is_gzip};
use crate::sample::{Sampling, Voxel, decode_raw, decode_stream};
use crate::text::line_of;
use crate::unit::{Says, Settled, Statement, settle};
use crate::{Format, Identity, OpenOptions, aim_pack};
use howship_image::{Calibration, DensityUnit, Geometry};

/// How the samples are packed, counted from `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    /// As they are.
    Raw,
    /// The whole file is a gzip stream; `offset` counts decompressed bytes.
    GzipFile,
    /// A gzip stream starts at `offset`.
    Gzip,
    /// A zlib stream starts at `offset`; its length, where the header states it.
    Zlib(Option<u64>),
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
    /// In other files of the same folder, one after the other.
    Files(Vec<String>, Skip),
}

/// What is skipped at the start of each data file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skip {
    /// So many bytes.
    Bytes(usize),
    /// So many lines, then so many bytes.
    Lines(usize, usize),
    /// All but what the voxels need.
    ToTail,
}

impl Skip {
    /// Where the data begins in a file that holds `share` bytes of it.
    pub(crate) fn before(self, bytes: &[u8], share: usize) -> usize {
        match self {
            Self::Bytes(n) => n,
            Self::Lines(lines, n) => skipped_lines(bytes, lines).saturating_add(n),
            Self::ToTail => bytes.len().saturating_sub(share),
        }
    }
}

/// A parsed header.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    pub(crate) format: Format,
    pub(crate) geometry: Geometry,
    pub(crate) sampling: Sampling,
    pub(crate) place: Place,
    pub(crate) packing: Packing,
    /// What the file says of its numbers.
    pub(crate) says: Says,
    /// The unit that calibrated counts are presented in, where the file says so.
    pub(crate) present: Option<DensityUnit>,
    pub(crate) calibration: Option<Calibration>,
    pub(crate) spacing_known: String,
    pub(crate) identity: Identity,
    pub(crate) entries: Vec<(String, String)>,
    pub(crate) warnings: Vec<String>,
    /// The checksum that Howship wrote.
    pub(crate) seal: Option<String>,
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
    /// The samples, from the bytes of the file that holds them, and what was odd about them.
    pub(crate) fn decode<V: Voxel>(
        &self,
        bytes: &[u8],
        how: &Sampling,
    ) -> Parsed<(Vec<V>, Vec<String>)> {
        let count = self.geometry.voxels();
        let needed = count.saturating_mul(how.kind.bytes());
        let offset = match &self.place {
            Place::Here(offset) => *offset,
            Place::Files(_, skip) => skip.before(bytes, needed),
            Place::Tail => bytes.len().saturating_sub(needed),
        };
        if self.packing == Packing::GzipFile {
            let mut stream = Unpack::gzip(bytes)?;
            skip(&mut stream, offset)?;
            return unpacked(&mut stream, bytes.len(), how, count);
        }
        let Some(rest) = bytes.get(offset..) else {
            return Err(Fault::truncated("the header", offset, bytes.len()));
        };
        match self.packing {
            Packing::Raw | Packing::GzipFile => {
                let values = decode_raw(rest, how, count)?;
                let surplus = rest.len().saturating_sub(needed) as u64;
                Ok((values, surplus_words(surplus).into_iter().collect()))
            }
            Packing::Gzip => unpacked(&mut Unpack::gzip(rest)?, rest.len(), how, count),
            Packing::Zlib(stated) => {
                // Some writers put gzip where zlib is meant.
                let mut stream = if is_gzip(rest) {
                    Unpack::gzip(rest)?
                } else {
                    Unpack::zlib(rest)
                };
                let found = unpacked(&mut stream, rest.len(), how, count)?;
                let used = (rest.len() - stream.rest().len()) as u64;
                match stated {
                    // gzip is read with the zeros that pad it.
                    Some(stated) if stated != used && stated != rest.len() as u64 => {
                        Err(Fault::corrupt(format!(
                            "the compressed data is {used} bytes long, the header says {stated}"
                        )))
                    }
                    _ => Ok(found),
                }
            }
            Packing::Ascii => Ok((decode_ascii(rest, how, count)?, Vec::new())),
            Packing::Aim(packing) => {
                let stored = aim_pack::unpack(rest, packing, self.geometry.size())?;
                Ok((decode_raw(&stored, how, count)?, Vec::new()))
            }
        }
    }

    /// What the numbers mean, by the file and by the caller. Labels stay as stored: a density
    /// calibration is not theirs.
    pub(crate) fn settle(&self, options: &OpenOptions, labels: bool) -> Parsed<Settled> {
        if labels {
            return Ok(Settled::labels(self.sampling));
        }
        let scanco = matches!(self.format, Format::Aim | Format::Isq);
        if let (None, Some(stated), true) = (self.calibration, &options.calibration, scanco) {
            crate::scanco::agrees(&self.entries, stated)?;
        }
        let statement = Statement {
            says: &self.says,
            present: self.present,
            calibration: self.calibration,
            sampling: self.sampling,
        };
        settle(&statement, options)
    }

    /// Whether the checksum that was written with the file fits it; nothing where there is none.
    pub(crate) fn check_seal(&self, head: &[u8], outside: Option<&[u8]>) -> Parsed<()> {
        match &self.seal {
            Some(stated) => crate::seal::check(head, outside, stated),
            None => Ok(()),
        }
    }
}

fn unpacked<V: Voxel>(
    stream: &mut Unpack<'_>,
    compressed: usize,
    how: &Sampling,
    count: usize,
) -> Parsed<(Vec<V>, Vec<String>)> {
    let (values, surplus) = decode_stream(stream, compressed, how, count)?;
    let mut warnings: Vec<String> = surplus_words(surplus).into_iter().collect();
    let rest = stream.rest().len();
    if rest > 0 {
        warnings.push(format!(
            "{rest} bytes after the compressed voxels were not read"
        ));
    }
    Ok((values, warnings))
}

fn surplus_words(surplus: u64) -> Option<String> {
    (surplus > 0)
        .then(|| format!("{surplus} bytes more than the voxels of the header need were not read"))
}

/// The bytes of the first lines.
fn skipped_lines(bytes: &[u8], lines: usize) -> usize {
    let mut at = 0;
    for _ in 0..lines {
        at += line_of(bytes.get(at..).unwrap_or_default()).1;
    }
    at
}

fn skip(stream: &mut Unpack<'_>, mut bytes: usize) -> Parsed<()> {
    let mut buffer = [0u8; 4096];
    while bytes > 0 {
        let step = bytes.min(buffer.len());
        if stream.read(&mut buffer[..step])? < step {
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
    for (number, word) in words.enumerate() {
        if number == count {
            // A comma that stands for a point makes two numbers of one.
            return Err(Fault::new(
                Problem::Corrupt,
                format!("the text holds more numbers than the {count} voxels of the header need"),
                "correct the sizes in the header; commas separate numbers, so write decimals with a point",
            ));
        }
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
