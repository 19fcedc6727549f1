//! Attributes of a DICOM object, with absent, empty and unreadable told apart.

use crate::error::{Fault, Parsed};
use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_dictionary_std::StandardDataDictionary;
use dicom_object::InMemDicomObject;

pub(super) struct Elements<'a>(pub(super) &'a InMemDicomObject);

impl<'a> Elements<'a> {
    /// Text without padding; empty where absent.
    pub(super) fn text(&self, tag: Tag) -> String {
        self.0
            .get(tag)
            .and_then(|e| e.to_str().ok())
            .map(|t| t.trim_matches([' ', '\0']).to_owned())
            .unwrap_or_default()
    }

    /// Text, where there is any.
    pub(super) fn some(&self, tag: Tag) -> Option<String> {
        Some(self.text(tag)).filter(|t| !t.is_empty())
    }

    /// Numbers written as text or binary; none where absent or empty.
    pub(super) fn numbers(&self, tag: Tag) -> Parsed<Vec<f64>> {
        let text = self.text(tag);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let values: Option<Vec<f64>> = text
            .split('\\')
            .map(|part| part.trim().parse::<f64>().ok().filter(|v| v.is_finite()))
            .collect();
        values.ok_or_else(|| {
            Fault::corrupt(format!("{} is `{text:.60}`, which is no number", name(tag)))
        })
    }

    /// One number.
    pub(super) fn number(&self, tag: Tag) -> Parsed<Option<f64>> {
        match self.numbers(tag)?[..] {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            ref many => Err(Fault::corrupt(format!(
                "{} has {} numbers where one is legal",
                name(tag),
                many.len()
            ))),
        }
    }

    /// Two numbers.
    pub(super) fn pair(&self, tag: Tag) -> Parsed<Option<[f64; 2]>> {
        match self.numbers(tag)?[..] {
            [] => Ok(None),
            [a, b] => Ok(Some([a, b])),
            ref other => Err(Fault::corrupt(format!(
                "{} has {} numbers, not 2",
                name(tag),
                other.len()
            ))),
        }
    }

    /// A whole number from 0, or `None`.
    pub(super) fn count(&self, tag: Tag) -> Parsed<Option<u32>> {
        match self.number(tag)? {
            None => Ok(None),
            Some(v) if v >= 0.0 && v.fract() == 0.0 && v <= f64::from(u32::MAX) => {
                Ok(Some(v as u32))
            }
            Some(v) => Err(Fault::corrupt(format!("{} is {v}", name(tag)))),
        }
    }

    /// A whole number that must be there.
    pub(super) fn need(&self, tag: Tag) -> Parsed<u32> {
        self.count(tag)?
            .ok_or_else(|| Fault::corrupt(format!("the attribute {} is missing", name(tag))))
    }

    pub(super) fn whole_numbers(&self, tag: Tag) -> Parsed<Vec<i64>> {
        self.0
            .get(tag)
            .and_then(|e| e.to_multi_int::<i64>().ok())
            .ok_or_else(|| Fault::corrupt(format!("{} is missing or no number", name(tag))))
    }

    /// 16-bit words of a table, of whichever kind it was written as; bytes where there are `count` of them.
    pub(super) fn words(&self, tag: Tag, count: usize) -> Parsed<Vec<u16>> {
        let element = self
            .0
            .get(tag)
            .ok_or_else(|| Fault::corrupt(format!("{} is missing", name(tag))))?;
        let values = element
            .to_multi_int::<i64>()
            .map_err(|_| Fault::corrupt(format!("{} is no table of numbers", name(tag))))?;
        if values.len() == 2 * count && values.iter().all(|v| (0..256).contains(v)) {
            // Read as bytes: little endian pairs.
            let pairs = values.as_chunks::<2>().0;
            return Ok(pairs.iter().map(|[a, b]| (a | (b << 8)) as u16).collect());
        }
        if values.len() * 2 == count {
            // Bytes packed into words.
            let bytes = values.iter().flat_map(|v| [v & 0xff, (v >> 8) & 0xff]);
            return Ok(bytes.map(|v| v as u16).collect());
        }
        Ok(values.iter().map(|v| (v & 0xffff) as u16).collect())
    }

    /// The items of a sequence.
    pub(super) fn items(&self, tag: Tag) -> &'a [InMemDicomObject] {
        self.0.get(tag).and_then(|e| e.items()).unwrap_or_default()
    }
}

/// The keyword of a tag.
pub(super) fn name(tag: Tag) -> String {
    StandardDataDictionary
        .by_tag(tag)
        .map_or_else(|| tag.to_string(), |entry| entry.alias().to_owned())
}
