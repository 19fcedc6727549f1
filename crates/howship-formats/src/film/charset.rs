//! Text of DICOM attributes in its character set (PS3.3 C.12.1.1.2, PS3.5 6.1), multi-byte ones with escapes too.
//!
//! The parser knows single sets; of several with escape sequences, as Japanese, Korean and Chinese files have
//! them, it makes nothing that two files could be compared by. Here the bytes themselves are read.

use crate::dicom::guard::{BIG_ENDIAN, IMPLICIT, Layout};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use encoding_rs::Encoding;
use std::collections::BTreeMap;

/// Attributes that people write by hand.
const WANTED: [Tag; 6] = [
    tags::SPECIFIC_CHARACTER_SET,
    tags::PATIENT_ID,
    tags::SERIES_DESCRIPTION,
    tags::BODY_PART_EXAMINED,
    tags::MANUFACTURER,
    tags::MANUFACTURER_MODEL_NAME,
];

/// The wanted texts of the data set's top level, as far as it can be followed.
pub(super) fn texts(bytes: &[u8], layout: &Layout) -> BTreeMap<Tag, String> {
    let data = layout.inflated.as_deref().unwrap_or(bytes);
    let head = data.get(..layout.head_end).unwrap_or(data);
    let walk = Walk {
        data: head,
        implicit: layout.transfer_syntax == IMPLICIT,
        big_endian: layout.transfer_syntax == BIG_ENDIAN,
    };
    let mut raw: BTreeMap<Tag, &[u8]> = BTreeMap::new();
    let mut at = layout.start;
    while let Some((tag, value, next)) = walk.element(at) {
        if let Some(value) = value.filter(|_| WANTED.contains(&tag)) {
            raw.insert(tag, value);
        }
        at = next;
    }
    let sets: Vec<String> = raw
        .get(&tags::SPECIFIC_CHARACTER_SET)
        .map(|b| String::from_utf8_lossy(b).into_owned())
        .unwrap_or_default()
        .split('\\')
        .map(|s| s.trim_matches([' ', '\0']).to_owned())
        .collect();
    raw.into_iter()
        .filter(|(tag, _)| *tag != tags::SPECIFIC_CHARACTER_SET)
        .map(|(tag, value)| {
            let text = decode(value, &sets);
            (tag, text.trim_matches([' ', '\0']).to_owned())
        })
        .collect()
}

struct Walk<'a> {
    data: &'a [u8],
    implicit: bool,
    big_endian: bool,
}

impl<'a> Walk<'a> {
    fn short(&self, at: usize) -> Option<u16> {
        let two: [u8; 2] = self.data.get(at..at + 2)?.try_into().ok()?;
        Some(if self.big_endian {
            u16::from_be_bytes(two)
        } else {
            u16::from_le_bytes(two)
        })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let four: [u8; 4] = self.data.get(at..at + 4)?.try_into().ok()?;
        Some(if self.big_endian {
            u32::from_be_bytes(four)
        } else {
            u32::from_le_bytes(four)
        })
    }

    /// Tag, length and first byte of the value.
    fn header(&self, at: usize) -> Option<(Tag, u32, usize)> {
        let tag = Tag(self.short(at)?, self.short(at + 2)?);
        if self.implicit || tag.group() == 0xfffe {
            return Some((tag, self.long(at + 4)?, at + 8));
        }
        let long = matches!(
            self.data.get(at + 4..at + 6)?,
            b"OB"
                | b"OD"
                | b"OF"
                | b"OL"
                | b"OV"
                | b"OW"
                | b"SQ"
                | b"SV"
                | b"UC"
                | b"UN"
                | b"UR"
                | b"UT"
                | b"UV"
        );
        if long {
            Some((tag, self.long(at + 8)?, at + 12))
        } else {
            Some((tag, u32::from(self.short(at + 6)?), at + 8))
        }
    }

    /// Tag, value and the next element; a sequence of unknown length has no value and is passed over.
    fn element(&self, at: usize) -> Option<(Tag, Option<&'a [u8]>, usize)> {
        let (tag, length, value) = self.header(at)?;
        if length != u32::MAX {
            let end = value.checked_add(length as usize)?;
            return Some((tag, Some(self.data.get(value..end)?), end));
        }
        let mut at = value;
        let mut depth = 1usize;
        while depth > 0 {
            let (inner, length, value) = self.header(at)?;
            match (inner, length) {
                (Tag(0xfffe, 0xe00d | 0xe0dd), _) => {
                    depth -= 1;
                    at = value;
                }
                (_, u32::MAX) => {
                    depth += 1;
                    at = value;
                }
                _ => at = value.checked_add(length as usize)?,
            }
        }
        Some((tag, None, at))
    }
}

/// Text in the sets that the file names, the first without and the others with escapes.
fn decode(bytes: &[u8], sets: &[String]) -> String {
    let first = sets.first().map_or("", String::as_str);
    if !bytes.contains(&0x1b) {
        return single(bytes, first);
    }
    // An escape sequence and what follows it, up to the next.
    let mut text = String::new();
    let mut parts = bytes.split(|b| *b == 0x1b);
    text.push_str(&single(parts.next().unwrap_or_default(), first));
    for part in parts {
        text.push_str(&escaped(part, first));
    }
    text
}

/// What follows an escape byte (PS3.3 tables C.12-3 and C.12-4).
fn escaped(part: &[u8], first: &str) -> String {
    let rest = |n: usize| part.get(n..).unwrap_or_default();
    match part {
        // JIS X 0208: two bytes a sign in the left half, as the Japanese encoding of the web has them.
        [b'$', b'B', ..] => {
            let mut whole = vec![0x1b];
            whole.extend_from_slice(part);
            encoding_rs::ISO_2022_JP
                .decode_without_bom_handling(&whole)
                .0
                .into_owned()
        }
        [b'$', b')', b'C', ..] => encoding_rs::EUC_KR
            .decode_without_bom_handling(rest(3))
            .0
            .into_owned(),
        [b'$', b')', b'A', ..] => encoding_rs::GBK
            .decode_without_bom_handling(rest(3))
            .0
            .into_owned(),
        [b'(', b'J', ..] | [b')', b'I', ..] => single(rest(2), "ISO_IR 13"),
        [b'(', b'B', ..] => single(rest(2), "ISO_IR 6"),
        [b'-', set, ..] => {
            let name = match set {
                b'A' => "ISO_IR 100",
                b'B' => "ISO_IR 101",
                b'C' => "ISO_IR 109",
                b'D' => "ISO_IR 110",
                b'L' => "ISO_IR 144",
                b'G' => "ISO_IR 127",
                b'F' => "ISO_IR 126",
                b'H' => "ISO_IR 138",
                b'M' => "ISO_IR 148",
                b'T' => "ISO_IR 166",
                _ => first,
            };
            single(rest(2), name)
        }
        _ => single(part, first),
    }
}

/// Text in one set without escapes.
fn single(bytes: &[u8], set: &str) -> String {
    let number = set.replace("ISO 2022 IR", "ISO_IR");
    let encoding: &Encoding = match number.as_str() {
        "ISO_IR 192" => encoding_rs::UTF_8,
        "GB18030" => encoding_rs::GB18030,
        "GBK" | "ISO_IR 58" => encoding_rs::GBK,
        "ISO_IR 101" => encoding_rs::ISO_8859_2,
        "ISO_IR 109" => encoding_rs::ISO_8859_3,
        "ISO_IR 110" => encoding_rs::ISO_8859_4,
        "ISO_IR 144" => encoding_rs::ISO_8859_5,
        "ISO_IR 127" => encoding_rs::ISO_8859_6,
        "ISO_IR 126" => encoding_rs::ISO_8859_7,
        "ISO_IR 138" => encoding_rs::ISO_8859_8,
        // Latin 5 and its superset by Microsoft differ in control characters only.
        "ISO_IR 148" => encoding_rs::WINDOWS_1254,
        "ISO_IR 166" => encoding_rs::WINDOWS_874,
        "ISO_IR 13" => encoding_rs::SHIFT_JIS,
        "ISO_IR 149" => encoding_rs::EUC_KR,
        // Latin 1, and what says nothing: a byte is a sign.
        _ => return bytes.iter().map(|b| char::from(*b)).collect(),
    };
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    /// The names of PS3.5 Annexes H, I and J, without their Latin parts.
    #[test]
    fn the_examples_of_the_standard() {
        let japanese = b"\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B";
        assert_eq!(
            decode(japanese, &sets(&["", "ISO 2022 IR 87"])),
            "山田^太郎"
        );
        let half = b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3";
        assert_eq!(
            decode(half, &sets(&["ISO_IR 13", "ISO 2022 IR 87"])),
            "ﾔﾏﾀﾞ^ﾀﾛｳ"
        );
        let korean = b"\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7";
        assert_eq!(decode(korean, &sets(&["", "ISO 2022 IR 149"])), "洪^吉洞");
        let chinese = "王^小东".as_bytes();
        assert_eq!(decode(chinese, &sets(&["ISO_IR 192"])), "王^小东");
        assert_eq!(
            decode(b"\xcd\xf5^\xd0\xa1\xb6\xab", &sets(&["GB18030"])),
            "王^小东"
        );
        let russian = b"\xbb\xee\xda\x63\x65\xdc\xd1\x79\x70\xd3";
        assert_eq!(decode(russian, &sets(&["ISO_IR 144"])), "Люкceмбypг");
        assert_eq!(decode(b"B\xfccken", &sets(&["ISO 2022 IR 100"])), "Bücken");
        assert_eq!(decode(b"plain", &[]), "plain");
    }
}
