//! Pages of a TIFF: their directories, from a file or from memory, nothing else of it.
//!
//! TIFF 6.0 (Adobe, 1992) and BigTIFF; tags that change no grey value and no place are not looked at.

use crate::error::{Fault, Parsed, Problem};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Mutex;

/// More pages than any stack has.
const MAX_PAGES: usize = 1 << 16;
/// Longer than any description.
const MAX_TEXT: u64 = 1 << 20;

/// Bytes at a place: a file that is looked into, or one in memory.
pub(super) trait Bytes {
    fn length(&self) -> u64;
    fn at(&self, place: u64, count: u64) -> Option<Cow<'_, [u8]>>;
}

impl Bytes for [u8] {
    fn length(&self) -> u64 {
        self.len() as u64
    }

    fn at(&self, place: u64, count: u64) -> Option<Cow<'_, [u8]>> {
        let from = usize::try_from(place).ok()?;
        let to = from.checked_add(usize::try_from(count).ok()?)?;
        self.get(from..to).map(Cow::Borrowed)
    }
}

/// A file of which only the places asked for are read.
pub(super) struct OnDisk {
    file: Mutex<std::fs::File>,
    length: u64,
}

impl OnDisk {
    pub(super) fn open(path: &std::path::Path) -> std::io::Result<Self> {
        let file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        Ok(Self {
            file: Mutex::new(file),
            length,
        })
    }
}

impl Bytes for OnDisk {
    fn length(&self) -> u64 {
        self.length
    }

    fn at(&self, place: u64, count: u64) -> Option<Cow<'_, [u8]>> {
        if place.checked_add(count)? > self.length {
            return None;
        }
        let mut file = self.file.lock().ok()?;
        file.seek(SeekFrom::Start(place)).ok()?;
        let mut out = Vec::new();
        (&mut *file).take(count).read_to_end(&mut out).ok()?;
        (out.len() as u64 == count).then_some(Cow::Owned(out))
    }
}

/// One page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Page {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) bits: u64,
    pub(super) samples: u64,
    /// 1: whole numbers, 2: signed, 3: floating point.
    pub(super) format: u64,
    pub(super) compression: u64,
    pub(super) photometric: Option<u64>,
    pub(super) predictor: u64,
    /// The channels lie one after the other.
    pub(super) planar: bool,
    pub(super) fill_order: u64,
    /// Width and height of a tile; a strip is as wide as the page.
    pub(super) tile: [usize; 2],
    pub(super) tiled: bool,
    /// Place and length of each strip or tile, row by row.
    pub(super) strips: Vec<(u64, u64)>,
    pub(super) description: String,
    /// Pixels per unit along x and y.
    pub(super) resolution: Option<[f64; 2]>,
    /// A smaller copy of another page.
    pub(super) reduced: bool,
    /// Where the first row and column are to be shown: 1 is top and left (tag 274, as in Exif).
    pub(super) orientation: u64,
}

/// Byte order and the width of offsets.
#[derive(Clone, Copy)]
struct Coding {
    big_endian: bool,
    wide: bool,
}

pub(super) struct Pages {
    pub(super) big_endian: bool,
    pub(super) pages: Vec<Page>,
}

fn cut(what: &str) -> Fault {
    Fault::new(
        Problem::Truncated,
        format!("{what} of the TIFF lies beyond its end"),
        "the file is cut off or damaged; copy or export it again",
    )
}

/// All pages.
pub(super) fn pages(file: &(impl Bytes + ?Sized)) -> Parsed<Pages> {
    let start = file.at(0, 8).ok_or_else(|| cut("the header"))?;
    let coding = match &start[..4] {
        b"II*\0" => (false, false),
        b"MM\0*" => (true, false),
        b"II+\0" => (false, true),
        b"MM\0+" => (true, true),
        _ => return Err(Fault::corrupt("not the start of a TIFF")),
    };
    let coding = Coding {
        big_endian: coding.0,
        wide: coding.1,
    };
    let mut next = if coding.wide {
        let start = file.at(8, 8).ok_or_else(|| cut("the header"))?;
        coding.number(&start)
    } else {
        coding.number(&start[4..8])
    };
    let mut seen = BTreeSet::new();
    let mut pages = Vec::new();
    while next != 0 {
        if !seen.insert(next) {
            return Err(Fault::corrupt("the pages of the TIFF form a circle"));
        }
        if pages.len() >= MAX_PAGES {
            return Err(Fault::new(
                Problem::TooLarge,
                format!("more than {MAX_PAGES} pages"),
                "split the stack",
            ));
        }
        let (page, after) = page(file, coding, next)?;
        pages.push(page);
        next = after;
    }
    Ok(Pages {
        big_endian: coding.big_endian,
        pages,
    })
}

impl Coding {
    fn number(self, bytes: &[u8]) -> u64 {
        let step = |sum: u64, b: &u8| (sum << 8) | u64::from(*b);
        if self.big_endian {
            bytes.iter().fold(0, step)
        } else {
            bytes.iter().rev().fold(0, step)
        }
    }
}

/// A field: its type, how many values, and their bytes.
struct Field<'a> {
    kind: u64,
    count: u64,
    bytes: Cow<'a, [u8]>,
}

fn width_of(kind: u64) -> Option<u64> {
    Some(match kind {
        1 | 2 | 6 | 7 => 1,
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16 | 17 | 18 => 8,
        _ => return None,
    })
}

impl Field<'_> {
    /// Whole numbers.
    fn whole(&self, coding: Coding) -> Vec<u64> {
        let Some(width) =
            width_of(self.kind).filter(|_| matches!(self.kind, 1 | 3 | 4 | 13 | 16 | 18))
        else {
            return Vec::new();
        };
        self.bytes
            .chunks_exact(width as usize)
            .map(|b| coding.number(b))
            .collect()
    }

    fn ratio(&self, coding: Coding) -> Option<f64> {
        if self.kind != 5 || self.bytes.len() < 8 {
            return None;
        }
        let (top, bottom) = (
            coding.number(&self.bytes[..4]),
            coding.number(&self.bytes[4..8]),
        );
        (top > 0 && bottom > 0).then(|| top as f64 / bottom as f64)
    }
}

const TAGS: [u64; 22] = [
    254, 256, 257, 258, 259, 262, 266, 270, 273, 274, 277, 278, 279, 282, 283, 284, 317, 322, 323,
    324, 325, 339,
];

fn page(file: &(impl Bytes + ?Sized), coding: Coding, at: u64) -> Parsed<(Page, u64)> {
    let out = || cut("a page's directory");
    let (count_bytes, entry_bytes, next_bytes) = if coding.wide { (8, 20, 8) } else { (2, 12, 4) };
    let count = coding.number(&file.at(at, count_bytes).ok_or_else(out)?);
    let length = count
        .checked_mul(entry_bytes)
        .filter(|&n| n <= file.length())
        .ok_or_else(out)?;
    let table = file
        .at(at + count_bytes, length + next_bytes)
        .ok_or_else(out)?;
    let mut fields: Vec<(u64, Field<'_>)> = Vec::new();
    for entry in table[..length as usize].chunks_exact(entry_bytes as usize) {
        let tag = coding.number(&entry[..2]);
        if !TAGS.contains(&tag) {
            continue;
        }
        let kind = coding.number(&entry[2..4]);
        let (count, inline) = if coding.wide {
            (coding.number(&entry[4..12]), &entry[12..20])
        } else {
            (coding.number(&entry[4..8]), &entry[8..12])
        };
        let Some(bytes) = width_of(kind).and_then(|w| w.checked_mul(count)) else {
            return Err(Fault::corrupt(format!("tag {tag} has the type {kind}")));
        };
        if tag == 270 && bytes > MAX_TEXT {
            continue;
        }
        let bytes = if bytes <= inline.len() as u64 {
            Cow::Owned(inline[..bytes as usize].to_vec())
        } else {
            let place = coding.number(inline);
            file.at(place, bytes)
                .ok_or_else(|| cut(&format!("tag {tag}")))?
        };
        fields.push((tag, Field { kind, count, bytes }));
    }
    let next = coding.number(&table[length as usize..]);
    Ok((build(&fields, coding, file.length())?, next))
}

fn build(fields: &[(u64, Field<'_>)], coding: Coding, file: u64) -> Parsed<Page> {
    let find = |tag: u64| fields.iter().find(|(t, _)| *t == tag).map(|(_, f)| f);
    let one = |tag: u64| find(tag).and_then(|f| f.whole(coding).first().copied());
    let need = |tag: u64, name: &str| {
        one(tag).ok_or_else(|| Fault::corrupt(format!("a page has no {name} (tag {tag})")))
    };
    let small = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
    let (width, height) = (need(256, "width")?, need(257, "height")?);
    let tiled = find(324).is_some();
    let (places, lengths, tile) = if tiled {
        let size = [need(322, "tile width")?, need(323, "tile height")?];
        (324, 325, size)
    } else {
        let rows = one(278).unwrap_or(height).clamp(1, height.max(1));
        (273, 279, [width, rows])
    };
    let all = |tag: u64| find(tag).map(|f| f.whole(coding)).unwrap_or_default();
    let places = all(places);
    let mut lengths = all(lengths);
    if lengths.is_empty() && places.len() == 1 {
        // Old writers of one uncompressed strip leave its length out.
        let bits = all(258).first().copied().unwrap_or(1);
        let pixels = width
            .saturating_mul(height)
            .saturating_mul(one(277).unwrap_or(1));
        let needed = pixels.saturating_mul(bits).div_ceil(8);
        lengths.push(file.saturating_sub(places[0]).min(needed));
    }
    if places.is_empty() || places.len() != lengths.len() {
        return Err(Fault::corrupt(format!(
            "a page has {} places and {} lengths of its data",
            places.len(),
            lengths.len()
        )));
    }
    let bits = all(258);
    let description = find(270)
        .filter(|f| f.kind == 2 && f.count > 0)
        .map(|f| {
            String::from_utf8_lossy(&f.bytes)
                .trim_end_matches('\0')
                .to_owned()
        })
        .unwrap_or_default();
    let resolution = find(282)
        .and_then(|f| f.ratio(coding))
        .zip(find(283).and_then(|f| f.ratio(coding)));
    Ok(Page {
        width: small(width),
        height: small(height),
        // Of channels that differ, none counts.
        bits: match &bits[..] {
            [] => 1,
            [first, rest @ ..] if rest.iter().all(|b| b == first) => *first,
            _ => 0,
        },
        samples: one(277).unwrap_or(1),
        format: one(339).unwrap_or(1),
        compression: one(259).unwrap_or(1),
        photometric: one(262),
        predictor: one(317).unwrap_or(1),
        planar: one(284) == Some(2),
        fill_order: one(266).unwrap_or(1),
        tile: tile.map(small),
        tiled,
        strips: places.into_iter().zip(lengths).collect(),
        description,
        resolution: resolution.map(|(x, y)| [x, y]),
        reduced: one(254).is_some_and(|kind| kind & 1 != 0),
        orientation: one(274).unwrap_or(1),
    })
}
