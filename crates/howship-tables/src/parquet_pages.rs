//! What the pages of a Parquet file claim, checked before the decoder makes room for it.
//!
//! The decoder takes sizes and counts in the headers of pages on trust: a file of a hundred bytes may ask for any
//! amount of memory. So every header is read here first (Thrift's compact protocol, of which they need a part), and
//! counts that stand inside a page, those of the delta encodings, once the page is unpacked.

use parquet::basic::{Encoding, Type};
use parquet::column::page::{Page, PageMetadata, PageReader};
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};

/// All pages together may unpack to this many bytes, however short the file is,
const UNPACKED: u64 = 1 << 28;
/// and beyond that to this many times the length of the file.
const RATIO: u64 = 1_000;
/// Structures inside each other; page headers need three.
const DEPTH: u8 = 6;

pub(crate) fn damaged(reason: &str) -> ParquetError {
    ParquetError::General(reason.to_owned())
}

/// Fails where columns lie outside the file, or where pages claim more than the file can hold. Columns are flat.
pub(crate) fn check(bytes: &[u8], metadata: &ParquetMetaData) -> Result<()> {
    let mut left = UNPACKED.max(RATIO.saturating_mul(bytes.len() as u64));
    for group in metadata.row_groups() {
        let rows = u64::try_from(group.num_rows())
            .map_err(|_| damaged("a negative number of rows in a group"))?;
        for column in group.columns() {
            let pages = place(column, bytes)?;
            let mut values = 0_u64;
            let mut at = Compact { bytes: pages };
            while !at.bytes.is_empty() {
                let page = at
                    .page_header()
                    .ok_or_else(|| damaged("damaged page headers"))?;
                let body = usize::try_from(page.packed).ok();
                at.bytes = body
                    .and_then(|body| at.bytes.get(body..))
                    .ok_or_else(|| damaged("a page that ends after its column does"))?;
                left = left.checked_sub(page.unpacked).ok_or_else(|| {
                    damaged("pages that claim to unpack to more than such a file holds")
                })?;
                let least = match column.column_type() {
                    Type::BYTE_ARRAY | Type::INT32 | Type::FLOAT => 4,
                    Type::INT64 | Type::DOUBLE => 8,
                    Type::INT96 => 12,
                    Type::BOOLEAN | Type::FIXED_LEN_BYTE_ARRAY => 1,
                };
                if page.dictionary.saturating_mul(least) > page.unpacked {
                    return Err(damaged(
                        "a dictionary that claims more entries than it has room for",
                    ));
                }
                values = values.saturating_add(page.values);
                if values > rows {
                    return Err(damaged("pages that claim more rows than the file has"));
                }
            }
            if values < rows {
                return Err(damaged("a column ends before its rows do"));
            }
        }
    }
    Ok(())
}

/// The bytes of a column's pages.
fn place<'a>(column: &ColumnChunkMetaData, bytes: &'a [u8]) -> Result<&'a [u8]> {
    let start = column
        .dictionary_page_offset()
        .unwrap_or_else(|| column.data_page_offset());
    let inside = usize::try_from(start)
        .ok()
        .zip(usize::try_from(column.compressed_size()).ok())
        .and_then(|(start, length)| bytes.get(start..start.checked_add(length)?));
    inside.ok_or_else(|| damaged("a column that lies outside the file"))
}

/// What a page's header says.
#[derive(Debug, Default)]
struct PageHeader {
    packed: u64,
    unpacked: u64,
    /// Values of a data page, missing ones too.
    values: u64,
    /// Entries of a dictionary page.
    dictionary: u64,
}

/// Thrift's compact protocol, as far as page headers use it.
struct Compact<'a> {
    bytes: &'a [u8],
}

/// Kinds of fields.
mod kind {
    pub(super) const TRUE: u8 = 1;
    pub(super) const FALSE: u8 = 2;
    pub(super) const BYTE: u8 = 3;
    pub(super) const I16: u8 = 4;
    pub(super) const I32: u8 = 5;
    pub(super) const I64: u8 = 6;
    pub(super) const DOUBLE: u8 = 7;
    pub(super) const BINARY: u8 = 8;
    pub(super) const STRUCT: u8 = 12;
}

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (&first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(first)
    }

    fn varint(&mut self) -> Option<u64> {
        let (value, length) = varint(self.bytes)?;
        self.bytes = self.bytes.get(length..)?;
        Some(value)
    }

    /// A signed number that stands for a size: none where it is negative.
    fn size(&mut self) -> Option<u64> {
        let zigzag = self.varint()?;
        (zigzag & 1 == 0).then_some(zigzag >> 1)
    }

    /// Number and kind of the next field; kind 0 ends a structure.
    fn field(&mut self, last: u64) -> Option<(u64, u8)> {
        let head = self.byte()?;
        let (delta, kind) = (u64::from(head >> 4), head & 0x0F);
        if kind == 0 {
            return Some((0, 0));
        }
        let id = if delta > 0 {
            last + delta
        } else {
            self.size()?
        };
        Some((id, kind))
    }

    fn skip(&mut self, kind: u8, depth: u8) -> Option<()> {
        let length = match kind {
            kind::TRUE | kind::FALSE => 0,
            kind::BYTE => 1,
            kind::I16 | kind::I32 | kind::I64 => {
                self.varint()?;
                0
            }
            kind::DOUBLE => 8,
            kind::BINARY => usize::try_from(self.varint()?).ok()?,
            kind::STRUCT => {
                let depth = depth.checked_sub(1)?;
                loop {
                    match self.field(0)? {
                        (_, 0) => return Some(()),
                        (_, kind) => self.skip(kind, depth)?,
                    }
                }
            }
            // Headers of pages hold no lists or maps.
            _ => return None,
        };
        self.bytes = self.bytes.get(length..)?;
        Some(())
    }

    fn page_header(&mut self) -> Option<PageHeader> {
        const UNPACKED_SIZE: u64 = 2;
        const PACKED_SIZE: u64 = 3;
        const DATA: u64 = 5;
        const DICTIONARY: u64 = 7;
        const DATA_V2: u64 = 8;
        let mut header = PageHeader::default();
        let mut last = 0;
        loop {
            let (id, kind) = self.field(last)?;
            match (id, kind) {
                (_, 0) => return Some(header),
                (UNPACKED_SIZE, kind::I32) => header.unpacked = self.size()?,
                (PACKED_SIZE, kind::I32) => header.packed = self.size()?,
                (DATA | DATA_V2, kind::STRUCT) => header.values = self.count()?,
                (DICTIONARY, kind::STRUCT) => header.dictionary = self.count()?,
                _ => self.skip(kind, DEPTH)?,
            }
            last = id;
        }
    }

    /// The number of values, which is the first field of every kind of page.
    fn count(&mut self) -> Option<u64> {
        let mut count = 0;
        let mut last = 0;
        loop {
            let (id, kind) = self.field(last)?;
            match (id, kind) {
                (_, 0) => return Some(count),
                (1, kind::I32) => count = self.size()?,
                _ => self.skip(kind, DEPTH)?,
            }
            last = id;
        }
    }
}

/// A number in groups of seven bits, least first, and how many bytes it takes.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (i, &byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7F) << (7 * i);
        if byte < 0x80 {
            return Some((value, i + 1));
        }
    }
    None
}

/// Pages whose inner counts are checked as well.
pub(crate) struct CheckedPages {
    pub(crate) pages: Box<dyn PageReader>,
    /// Largest definition level of the column.
    pub(crate) level: i16,
}

impl Iterator for CheckedPages {
    type Item = Result<Page>;

    fn next(&mut self) -> Option<Self::Item> {
        self.get_next_page().transpose()
    }
}

impl PageReader for CheckedPages {
    fn get_next_page(&mut self) -> Result<Option<Page>> {
        let page = self.pages.get_next_page()?;
        if let Some(page) = &page
            && !has_its_values(page, self.level).unwrap_or(false)
        {
            return Err(damaged("a page that claims more values than it has"));
        }
        Ok(page)
    }

    fn peek_next_page(&mut self) -> Result<Option<PageMetadata>> {
        self.pages.peek_next_page()
    }

    fn skip_next_page(&mut self) -> Result<()> {
        self.pages.skip_next_page()
    }

    fn at_record_boundary(&mut self) -> Result<bool> {
        self.pages.at_record_boundary()
    }
}

/// Whether the counts of a delta-coded page are no more than its values; true for other encodings.
fn has_its_values(page: &Page, level: i16) -> Option<bool> {
    let encoding = page.encoding();
    if page.is_dictionary_page()
        || !matches!(
            encoding,
            Encoding::DELTA_LENGTH_BYTE_ARRAY | Encoding::DELTA_BYTE_ARRAY
        )
    {
        return Some(true);
    }
    let most = u64::from(page.num_values());
    let values = behind_levels(page, level)?;
    let (count, end) = delta_packed(values)?;
    if count > most || encoding == Encoding::DELTA_LENGTH_BYTE_ARRAY {
        return Some(count <= most);
    }
    // Lengths of what is shared with the value before, then lengths of the rest.
    let (count, _) = delta_packed(values.get(end..)?)?;
    Some(count <= most)
}

/// The values of a data page of a flat column.
fn behind_levels(page: &Page, level: i16) -> Option<&[u8]> {
    match page {
        Page::DataPageV2 {
            buf,
            def_levels_byte_len,
            rep_levels_byte_len,
            ..
        } => {
            let start = def_levels_byte_len.checked_add(*rep_levels_byte_len)?;
            buf.get(start as usize..)
        }
        Page::DataPage { buf, .. } if level == 0 => Some(buf),
        Page::DataPage {
            buf,
            num_values,
            def_level_encoding,
            ..
        } => {
            let start = if *def_level_encoding == Encoding::RLE {
                let length = buf.first_chunk().map(|l| u32::from_le_bytes(*l))?;
                4 + length as usize
            } else {
                // Bits packed without a length, as old writers had it.
                let bits = (i16::BITS - level.leading_zeros()) as usize;
                (*num_values as usize * bits).div_ceil(8)
            };
            buf.get(start..)
        }
        Page::DictionaryPage { .. } => None,
    }
}

/// How many whole numbers a delta-packed run says it holds, and where it ends.
fn delta_packed(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut at = 0;
    let mut next = || -> Option<u64> {
        let (value, length) = varint(bytes.get(at..)?)?;
        at += length;
        Some(value)
    };
    let (block, minis, count, _first) = (next()?, next()?, next()?, next()?);
    let per_mini = usize::try_from(block.checked_div(minis)?).ok()?;
    let minis = usize::try_from(minis).ok()?;
    let mut left = usize::try_from(count).ok()?.saturating_sub(1);
    while left > 0 {
        // A block: its smallest difference, a width in bits for each of its parts, the parts.
        let (_, length) = varint(bytes.get(at..)?)?;
        at += length;
        let widths = bytes.get(at..at.checked_add(minis)?)?;
        at += minis;
        for &width in widths {
            if left == 0 {
                break;
            }
            at = at.checked_add(per_mini.checked_mul(usize::from(width))? / 8)?;
            left = left.saturating_sub(per_mini);
        }
        if per_mini == 0 {
            return None;
        }
    }
    Some((count, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_groups_of_seven_bits() {
        assert_eq!(varint(&[0x2C, 9]), Some((44, 1)));
        assert_eq!(varint(&[0xAC, 0x02]), Some((300, 2)));
        assert_eq!((varint(&[0x80]), varint(&[0xFF; 11])), (None, None));
    }

    #[test]
    fn a_delta_packed_run_ends_behind_its_last_part() {
        // 128 a block, 4 parts; 1 value needs no block, 2 need one part of 32 differences of 3 bits.
        assert_eq!(delta_packed(&[0x80, 1, 4, 1, 8]), Some((1, 5)));
        let run = [0x80, 1, 4, 2, 8, 0, 3, 9, 9, 9];
        assert_eq!(delta_packed(&run), Some((2, 10 + 12)));
        assert_eq!(delta_packed(&[0x80, 1, 0, 2, 8]), None);
        assert_eq!(
            delta_packed(&[0x80, 1, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 8]),
            None
        );
    }
}
