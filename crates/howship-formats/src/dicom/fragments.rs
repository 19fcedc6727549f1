//! Compressed pixel data: its fragments, and which of them make a frame (PS3.5 A.4).

use super::guard::{BIG_ENDIAN, Layout};
use crate::error::{Fault, Parsed};
use dicom_core::Tag;
use std::borrow::Cow;

/// Explicit and implicit little endian and deflated data sets hold no fragments.
const NATIVE: [&str; 3] = [
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
];

/// The fragments of a file.
pub(crate) struct Fragments<'a> {
    /// For each, where it begins behind the table of offsets (at its tag), and its bytes.
    all: Vec<(usize, &'a [u8])>,
    /// The table of offsets: where each frame begins; often empty.
    offsets: Vec<usize>,
}

impl<'a> Fragments<'a> {
    /// Finds them in the data set.
    pub(crate) fn of(data: &'a [u8], layout: &Layout) -> Parsed<Self> {
        let uid = layout.transfer_syntax.as_str();
        if NATIVE.contains(&uid) || uid == BIG_ENDIAN {
            return Err(Fault::corrupt(format!(
                "the pixel data is in fragments, transfer syntax {uid} has none"
            )));
        }
        // Tag, VR, two reserved bytes and the undefined length: such data is always explicit little endian.
        let mut at = layout.head_end + 12;
        let mut all: Vec<(usize, &[u8])> = Vec::new();
        while at < layout.pixels_end {
            let item = data
                .get(at..at + 8)
                .ok_or_else(|| Fault::truncated("the pixel data", at + 8, data.len()))?;
            let tag = Tag(
                u16::from_le_bytes([item[0], item[1]]),
                u16::from_le_bytes([item[2], item[3]]),
            );
            let length = u32::from_le_bytes([item[4], item[5], item[6], item[7]]) as usize;
            if tag == Tag(0xfffe, 0xe0dd) {
                break;
            }
            let end = (at + 8).saturating_add(length);
            let fragment = data
                .get(at + 8..end)
                .ok_or_else(|| Fault::truncated("the pixel data", end, data.len()))?;
            all.push((at, fragment));
            at = end;
        }
        if all.len() < 2 {
            return Err(Fault::corrupt("compressed pixel data without fragments"));
        }
        let (_, table) = all.remove(0);
        let words = table.as_chunks::<4>().0;
        let offsets = words.iter().map(|b| u32::from_le_bytes(*b) as usize);
        let offsets = offsets.collect();
        let first = all[0].0;
        for (place, _) in &mut all {
            *place -= first;
        }
        Ok(Self { all, offsets })
    }

    /// All of them as one stream.
    pub(crate) fn whole(&self) -> Cow<'a, [u8]> {
        joined(&self.all)
    }

    /// The stream of one of `count` frames: a fragment each, or as the table of offsets says.
    pub(crate) fn frame(&self, number: usize, count: usize) -> Parsed<Cow<'a, [u8]>> {
        if count == 1 && number == 0 {
            return Ok(self.whole());
        }
        if self.all.len() == count
            && let Some((_, fragment)) = self.all.get(number)
        {
            return Ok(Cow::Borrowed(fragment));
        }
        let mixed = || {
            Fault::corrupt(format!(
                "{} fragments for {count} frames, and no table that says which belong together",
                self.all.len()
            ))
        };
        let rising = self.offsets.windows(2).all(|pair| pair[0] < pair[1]);
        if self.offsets.len() != count || !rising {
            return Err(mixed());
        }
        let place = |offset: usize| self.all.iter().position(|(at, _)| *at == offset);
        let from = self.offsets.get(number).copied().and_then(place);
        let to = match self.offsets.get(number + 1) {
            Some(next) => place(*next),
            None => Some(self.all.len()),
        };
        let (Some(from), Some(to)) = (from, to) else {
            return Err(mixed());
        };
        Ok(joined(&self.all[from..to]))
    }
}

fn joined<'a>(fragments: &[(usize, &'a [u8])]) -> Cow<'a, [u8]> {
    match fragments {
        [(_, one)] => Cow::Borrowed(one),
        many => Cow::Owned(many.iter().flat_map(|(_, bytes)| *bytes).copied().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dicom::guard::PixelPlace;

    fn item(tag: u16, bytes: &[u8]) -> Vec<u8> {
        let mut out = [0xfffe_u16.to_le_bytes(), tag.to_le_bytes()].concat();
        out.extend((bytes.len() as u32).to_le_bytes());
        out.extend(bytes);
        out
    }

    fn layout(bytes: usize) -> Layout {
        Layout {
            transfer_syntax: "1.2.840.10008.1.2.4.90".to_owned(),
            big_endian: false,
            pixels: PixelPlace::Encapsulated,
            inflated: None,
            start: 0,
            head_end: 0,
            pixels_end: bytes,
            float_bytes: 0,
            skipped: Vec::new(),
        }
    }

    #[test]
    fn frames_are_made_of_the_fragments_that_the_table_says() {
        let table: Vec<u8> = [0u32, 22].iter().flat_map(|n| n.to_le_bytes()).collect();
        let data = [
            vec![0; 12],
            item(0xe000, &table),
            item(0xe000, b"abc"),
            item(0xe000, b"def"),
            item(0xe000, b"g"),
            item(0xe0dd, b""),
        ]
        .concat();
        let layout = layout(data.len());
        let found = Fragments::of(&data, &layout).unwrap();
        assert_eq!(&*found.frame(0, 2).unwrap(), b"abcdef");
        assert_eq!(&*found.frame(1, 2).unwrap(), b"g");
        assert_eq!(&*found.frame(1, 3).unwrap(), b"def");
        assert_eq!(&*found.frame(0, 1).unwrap(), b"abcdefg");
        assert!(found.frame(0, 4).is_err() && found.frame(2, 2).is_err());
        let native = Layout {
            transfer_syntax: "1.2.840.10008.1.2.1".to_owned(),
            ..layout
        };
        assert!(Fragments::of(&data, &native).is_err());
    }
}
