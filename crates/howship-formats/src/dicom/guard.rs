//! A walk over the elements before a parser that recurses and allocates by stated lengths sees them:
//! nesting is bounded, lengths must fit the file, and the pixel data is located.

use crate::error::{Fault, Parsed, Problem};
use crate::packed::{Unpack, is_zlib};
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::StandardDataDictionary;
use std::borrow::Cow;
use std::ops::Range;

/// Sequences within sequences; the deepest standard objects have about ten.
const MAX_DEPTH: usize = 48;
const DEFLATED: &str = "1.2.840.10008.1.2.1.99";
pub(crate) const IMPLICIT: &str = "1.2.840.10008.1.2";
pub(crate) const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const UNDEFINED: u32 = u32::MAX;

/// Where the pixel data lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PixelPlace {
    /// Nowhere.
    None,
    /// Uncompressed: first byte and length, in the data set.
    Native(usize, usize),
    /// In fragments.
    Encapsulated,
}

/// What the walk found.
pub(crate) struct Layout {
    pub(crate) transfer_syntax: String,
    pub(crate) big_endian: bool,
    pub(crate) pixels: PixelPlace,
    /// The inflated data set, of a deflated file.
    pub(crate) inflated: Option<Vec<u8>>,
    /// Where the data set begins, in the file or in what was inflated.
    pub(crate) start: usize,
    /// Where its pixel data element begins; the end where there is none.
    pub(crate) head_end: usize,
    /// Where the pixel data ends.
    pub(crate) pixels_end: usize,
    /// Bytes of one sample of floating-point pixel data; 0 for whole numbers.
    pub(crate) float_bytes: usize,
    /// Elements that no parser but this walk may see: it would misread their lengths.
    pub(crate) skipped: Vec<Range<usize>>,
}

#[derive(Clone, Copy)]
struct Coding {
    implicit: bool,
    big_endian: bool,
}

/// Walks a whole file.
pub(crate) fn walk(bytes: &[u8]) -> Parsed<Layout> {
    walk_start(bytes, bytes.len())
}

/// Walks the start of a file of `total` bytes: as far as its pixels, which may lie beyond.
pub(crate) fn walk_start(bytes: &[u8], total: usize) -> Parsed<Layout> {
    let (transfer_syntax, start) = meta(bytes)?;
    let coding = Coding {
        implicit: transfer_syntax == IMPLICIT,
        big_endian: transfer_syntax == BIG_ENDIAN,
    };
    let data: Cow<'_, [u8]> = if transfer_syntax == DEFLATED {
        Cow::Owned(inflate(&bytes[start..])?)
    } else {
        Cow::Borrowed(bytes)
    };
    let start = if transfer_syntax == DEFLATED {
        0
    } else {
        start
    };
    let total = match data {
        Cow::Owned(_) => data.len(),
        Cow::Borrowed(_) => total,
    };
    let mut walk = Walk {
        bytes: &data,
        total,
        at: start,
        levels: Vec::new(),
        coding,
        pixels_end: 0,
        float_bytes: 0,
        top: start,
        opaque: false,
        skipped: Vec::new(),
    };
    let pixels = walk.run()?;
    let (head_end, pixels_end) = (walk.at.min(data.len()), walk.pixels_end);
    let (float_bytes, skipped) = (walk.float_bytes, walk.skipped);
    let inflated = match data {
        Cow::Owned(data) => Some(data),
        Cow::Borrowed(_) => None,
    };
    Ok(Layout {
        transfer_syntax,
        big_endian: coding.big_endian,
        pixels,
        inflated,
        start,
        head_end,
        pixels_end,
        float_bytes,
        skipped,
    })
}

/// Inflates a data set to the end of its stream, which must be there; no longer than deflate can make it.
///
/// The standard has no checksum here. Some writers wrap the stream in zlib or leave gzip's trailer behind it: their
/// checksums are verified.
fn inflate(bytes: &[u8]) -> Parsed<Vec<u8>> {
    const MOST: usize = 1 << 31;
    const STEP: usize = 1 << 20;
    let mut stream = if is_zlib(bytes) && Unpack::zlib(bytes).read(&mut [0; 64]).is_ok() {
        Unpack::zlib(bytes)
    } else {
        Unpack::raw(bytes)
    };
    let mut out = Vec::new();
    loop {
        let done = out.len();
        out.try_reserve(STEP).map_err(|_| Fault::no_memory(STEP))?;
        out.resize(done + STEP, 0);
        let read = stream.read(&mut out[done..])?;
        if read < STEP {
            out.truncate(done + read);
            break;
        }
        if out.len() >= MOST {
            return Err(Fault::new(
                Problem::TooLarge,
                "the deflated data set expands beyond 2 GiB",
                "export the series without deflate",
            ));
        }
    }
    check_trailer(stream.rest(), &out)?;
    Ok(out)
}

/// What follows the stream: nothing, padding, or the trailer of gzip (CRC-32 and length, RFC 1952), which
/// some writers leave there and which is then verified.
fn check_trailer(rest: &[u8], inflated: &[u8]) -> Parsed<()> {
    if rest.iter().all(|&b| b == 0) {
        return Ok(());
    }
    let Some((trailer, padding)) = rest.split_first_chunk::<8>() else {
        return Err(Fault::corrupt(format!(
            "{} bytes follow the deflated data set",
            rest.len()
        )));
    };
    let mut crc = flate2::Crc::new();
    crc.update(inflated);
    let fits = trailer[..4] == crc.sum().to_le_bytes()
        && trailer[4..] == (inflated.len() as u32).to_le_bytes();
    if fits && padding.iter().all(|&b| b == 0) {
        return Ok(());
    }
    Err(Fault::corrupt(
        "the deflated data set is damaged (its CRC-32 and length do not fit)",
    ))
}

/// Transfer syntax and the first byte of the data set. Group 2 is always explicit little endian.
fn meta(bytes: &[u8]) -> Parsed<(String, usize)> {
    let mut at = if bytes.get(128..132) == Some(b"DICM") {
        132
    } else if bytes.starts_with(b"DICM") {
        4
    } else {
        0
    };
    let coding = Coding {
        implicit: false,
        big_endian: false,
    };
    let mut transfer_syntax = None;
    while let Some((tag, vr, length, value)) = element(bytes, at, coding)
        && tag.group() == 2
    {
        let end = value
            .checked_add(length as usize)
            .filter(|&e| e <= bytes.len());
        let Some(end) = end else {
            return Err(Fault::truncated(
                "the DICOM file meta information",
                length as usize,
                bytes.len(),
            ));
        };
        if tag == Tag(2, 0x10) && vr == Some(VR::UI) {
            let text = String::from_utf8_lossy(&bytes[value..end]);
            transfer_syntax = Some(text.trim_end_matches(['\0', ' ']).to_owned());
        }
        at = end;
    }
    transfer_syntax.map(|uid| (uid, at)).ok_or_else(|| {
        Fault::new(
            Problem::Corrupt,
            "no DICOM file meta information with a transfer syntax",
            "export the file again as a DICOM Part 10 file",
        )
    })
}

/// Tag, VR where stated, length and the place of the value.
fn element(bytes: &[u8], at: usize, coding: Coding) -> Option<(Tag, Option<VR>, u32, usize)> {
    let u16_at = |i: usize| -> Option<u16> {
        let b: [u8; 2] = bytes.get(i..i + 2)?.try_into().ok()?;
        Some(if coding.big_endian {
            u16::from_be_bytes(b)
        } else {
            u16::from_le_bytes(b)
        })
    };
    let u32_at = |i: usize| -> Option<u32> {
        let b: [u8; 4] = bytes.get(i..i + 4)?.try_into().ok()?;
        Some(if coding.big_endian {
            u32::from_be_bytes(b)
        } else {
            u32::from_le_bytes(b)
        })
    };
    let tag = Tag(u16_at(at)?, u16_at(at + 2)?);
    if coding.implicit || tag.group() == 0xfffe {
        return Some((tag, None, u32_at(at + 4)?, at + 8));
    }
    let code: [u8; 2] = bytes.get(at + 4..at + 6)?.try_into().ok()?;
    let vr = VR::from_binary(code).unwrap_or(VR::UN);
    let short = matches!(
        vr,
        VR::AE
            | VR::AS
            | VR::AT
            | VR::CS
            | VR::DA
            | VR::DS
            | VR::DT
            | VR::FL
            | VR::FD
            | VR::IS
            | VR::LO
            | VR::LT
            | VR::PN
            | VR::SH
            | VR::SL
            | VR::SS
            | VR::ST
            | VR::TM
            | VR::UI
            | VR::UL
            | VR::US
    );
    if short {
        Some((tag, Some(vr), u32::from(u16_at(at + 6)?), at + 8))
    } else {
        Some((tag, Some(vr), u32_at(at + 8)?, at + 12))
    }
}

/// One open sequence or item: where it ends, and how its elements are coded.
struct Level {
    end: Option<usize>,
    coding: Coding,
    is_sequence: bool,
}

struct Walk<'a> {
    bytes: &'a [u8],
    /// Bytes of the whole, of which `bytes` may be the start.
    total: usize,
    at: usize,
    levels: Vec<Level>,
    coding: Coding,
    pixels_end: usize,
    float_bytes: usize,
    /// Where the outermost element that is open began.
    top: usize,
    /// Whether something in it has an unknown type and no length.
    opaque: bool,
    skipped: Vec<Range<usize>>,
}

impl Walk<'_> {
    fn coding(&self) -> Coding {
        self.levels.last().map_or(self.coding, |level| level.coding)
    }

    /// Leaves `at` where the pixel data element begins.
    fn run(&mut self) -> Parsed<PixelPlace> {
        loop {
            while self
                .levels
                .last()
                .is_some_and(|l| l.end.is_some_and(|end| self.at >= end))
            {
                self.levels.pop();
            }
            if self.levels.is_empty() {
                if self.opaque {
                    self.skipped.push(self.top..self.at.min(self.bytes.len()));
                    self.opaque = false;
                }
                self.top = self.at;
            }
            if self.at >= self.bytes.len() {
                return self.end();
            }
            let coding = self.coding();
            let Some((tag, vr, length, value)) = element(self.bytes, self.at, coding) else {
                // A few stray bytes after the last element are legal padding to many writers.
                return self.end();
            };
            if self.levels.is_empty() {
                let float_bytes = match tag {
                    Tag(0x7fe0, 0x0010) => Some(0),
                    Tag(0x7fe0, 0x0008) => Some(4),
                    Tag(0x7fe0, 0x0009) => Some(8),
                    _ => None,
                };
                if let Some(bytes) = float_bytes {
                    self.float_bytes = bytes;
                    return self.pixels(length, value);
                }
            }
            self.step(tag, vr, length, value)?;
        }
    }

    /// The end of the bytes without any pixels: of a start, more is needed.
    fn end(&self) -> Parsed<PixelPlace> {
        if self.bytes.len() < self.total {
            return Err(Fault::truncated("the header", self.total, self.bytes.len()));
        }
        // A parser would take what is inside for what it is not, and make room by its lengths.
        if !self.levels.is_empty() {
            return Err(Fault::new(
                Problem::Truncated,
                "a sequence has no end",
                "the file is cut off or damaged; copy or export it again",
            ));
        }
        Ok(PixelPlace::None)
    }

    fn pixels(&mut self, length: u32, value: usize) -> Parsed<PixelPlace> {
        if length == UNDEFINED {
            self.pixels_end = if self.bytes.len() < self.total {
                self.total
            } else {
                self.fragments(value)?
            };
            return Ok(PixelPlace::Encapsulated);
        }
        let length = length as usize;
        self.pixels_end = value + length;
        if self.pixels_end > self.total {
            return Err(Fault::truncated(
                "the pixel data",
                value + length,
                self.total,
            ));
        }
        Ok(PixelPlace::Native(value, length))
    }

    /// The end of the fragments.
    fn fragments(&self, mut at: usize) -> Parsed<usize> {
        while let Some((tag, _, length, value)) = element(self.bytes, at, self.coding) {
            match tag {
                Tag(0xfffe, 0xe000) if length != UNDEFINED => {
                    at = value.saturating_add(length as usize);
                    if at > self.bytes.len() {
                        return Err(Fault::truncated("the pixel data", at, self.bytes.len()));
                    }
                }
                Tag(0xfffe, 0xe0dd) => return Ok(value),
                _ => {
                    return Err(Fault::corrupt(format!(
                        "{tag} among the pixel data's fragments"
                    )));
                }
            }
        }
        Err(Fault::new(
            Problem::Truncated,
            "the compressed pixel data has no end",
            "the file is cut off or damaged; copy or export it again",
        ))
    }

    fn step(&mut self, tag: Tag, vr: Option<VR>, length: u32, value: usize) -> Parsed<()> {
        let in_sequence = self.levels.last().is_some_and(|level| level.is_sequence);
        match (tag, in_sequence) {
            (Tag(0xfffe, 0xe000), true) => return self.open(length, value, false, self.coding()),
            (Tag(0xfffe, 0xe00d), false) | (Tag(0xfffe, 0xe0dd), true)
                if self.levels.last().is_some_and(|level| level.end.is_none()) =>
            {
                self.levels.pop();
                self.at = value;
                return Ok(());
            }
            // A strict grammar: whatever this walk and the parser would read differently is
            // refused, since the parser allocates by the lengths it believes.
            (Tag(0xfffe, _), _) | (_, true) => {
                return Err(Fault::corrupt(format!(
                    "{tag} is out of place at byte {}",
                    self.at
                )));
            }
            _ => {}
        }
        if tag == Tag(0x7fe0, 0x0010) && length == UNDEFINED {
            // The pixels of an icon.
            self.at = self.fragments(value)?;
            return Ok(());
        }
        let coding = self.coding();
        if length == UNDEFINED && !matches!(vr, None | Some(VR::SQ | VR::UN)) {
            return Err(Fault::corrupt(format!("element {tag} has no length")));
        }
        let is_sequence = match vr {
            Some(VR::SQ) => true,
            // Undefined length where it is not a sequence: one in implicit coding (CP-246).
            Some(_) => length == UNDEFINED,
            None => length == UNDEFINED || implicit_sequence(tag),
        };
        if is_sequence {
            let unknown = vr == Some(VR::UN);
            // Parsers differ in whether its items are implicit (CP-246) and take wrong lengths.
            self.opaque |= unknown;
            if unknown && coding.big_endian {
                return Err(Fault::unsupported(
                    format!("element {tag} of unknown type and length in a big-endian file"),
                    "export the series in little-endian order",
                ));
            }
            let implicit = coding.implicit || unknown;
            return self.open(length, value, true, Coding { implicit, ..coding });
        }
        // The parser reads whole numbers only and would go on from inside this value.
        let number = number_bytes(vr.unwrap_or_else(|| implicit_vr(tag)));
        if !length.is_multiple_of(number) {
            return Err(Fault::corrupt(format!(
                "element {tag} has {length} bytes, its numbers have {number} each"
            )));
        }
        let end = value.saturating_add(length as usize);
        if end > self.room() {
            return Err(Fault::truncated(
                &format!("element {tag}"),
                end,
                self.room(),
            ));
        }
        self.at = end;
        Ok(())
    }

    /// Where the innermost sequence or item of stated length ends.
    fn room(&self) -> usize {
        self.levels
            .iter()
            .rev()
            .find_map(|level| level.end)
            .unwrap_or(self.bytes.len())
    }

    fn open(&mut self, length: u32, value: usize, is_sequence: bool, coding: Coding) -> Parsed<()> {
        let end = (length != UNDEFINED).then(|| value.saturating_add(length as usize));
        if let Some(end) = end
            && end > self.room()
        {
            return Err(Fault::truncated("a sequence", end, self.room()));
        }
        if self.levels.len() >= 2 * MAX_DEPTH {
            return Err(Fault::new(
                Problem::Corrupt,
                format!("sequences are nested more than {MAX_DEPTH} deep"),
                "no real image needs that; export the series again",
            ));
        }
        self.levels.push(Level {
            end,
            coding,
            is_sequence,
        });
        self.at = value;
        Ok(())
    }
}

fn implicit_sequence(tag: Tag) -> bool {
    implicit_vr(tag) == VR::SQ
}

fn implicit_vr(tag: Tag) -> VR {
    StandardDataDictionary
        .by_tag(tag)
        .map_or(VR::UN, |entry| entry.vr().relaxed())
}

/// Bytes of one number of a binary type; 1 for text and for bytes.
fn number_bytes(vr: VR) -> u32 {
    match vr {
        VR::US | VR::SS | VR::OW => 2,
        VR::AT | VR::FL | VR::SL | VR::UL | VR::OF | VR::OL => 4,
        VR::FD | VR::OD | VR::OV | VR::SV | VR::UV => 8,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is behind gzip's header of ten bytes: a raw stream and its trailer.
    fn trailed(bytes: &[u8]) -> Vec<u8> {
        crate::compress::gzip(bytes, 6).unwrap().split_off(10)
    }

    #[test]
    fn a_deflated_data_set_may_have_the_trailer_of_gzip_which_is_verified() {
        let data: Vec<u8> = (0..3000u32).map(|i| (i * i % 251) as u8).collect();
        let sound = trailed(&data);
        assert_eq!(inflate(&sound).unwrap(), data);
        assert_eq!(inflate(&sound[..sound.len() - 8]).unwrap(), data);
        assert_eq!(inflate(&[&sound[..], &[0]].concat()).unwrap(), data);
        assert!(inflate(&[&sound[..], &[1]].concat()).is_err());
        // A raw stream does not say where it ends: a flip in its last symbols may make it take the trailer for its own,
        // and nothing is left that could be verified. Anywhere else a flip is noticed.
        let silent: Vec<usize> = (0..sound.len() * 8)
            .filter(|&bit| {
                let mut flipped = sound.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                inflate(&flipped).is_ok_and(|read| read != data)
            })
            .collect();
        let last_four = (sound.len() - 8 - 4) * 8;
        assert!(silent.iter().all(|&bit| bit >= last_four), "{silent:?}");
        let zlib = crate::compress::zlib(&data, 6).unwrap();
        assert_eq!(inflate(&zlib).unwrap(), data);
    }
}
