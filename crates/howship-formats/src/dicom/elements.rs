//! Attributes of a DICOM object, with absent, empty and unreadable told apart.

use crate::error::{Fault, Parsed, Problem};
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::StandardDataDictionary;
use dicom_object::InMemDicomObject;

/// Attributes without panics. Words that cannot be read count as absent; numbers that cannot are errors.
pub(crate) struct Elements<'a>(pub(crate) &'a InMemDicomObject);

impl<'a> Elements<'a> {
    /// Text without padding; empty where absent.
    pub(crate) fn text(&self, tag: Tag) -> String {
        let Some(element) = self.0.get(tag) else {
            return String::new();
        };
        // Private words of implicit files have no type: their bytes are the words.
        let unknown = matches!(element.vr(), VR::UN | VR::OB);
        let text = match element.to_bytes() {
            Ok(bytes) if unknown => String::from_utf8_lossy(&bytes).into_owned(),
            _ => element.to_str().map(|t| t.to_string()).unwrap_or_default(),
        };
        text.trim_matches([' ', '\0']).to_owned()
    }

    /// Text, where there is any.
    pub(crate) fn some(&self, tag: Tag) -> Option<String> {
        Some(self.text(tag)).filter(|t| !t.is_empty())
    }

    /// Exactly `N` finite numbers; `None` where the attribute is absent or empty. A decimal comma is read
    /// as a point, and noted.
    pub(crate) fn numbers<const N: usize>(
        &self,
        tag: Tag,
        commas: &mut Vec<String>,
    ) -> Parsed<Option<[f64; N]>> {
        let Some(element) = self.0.get(tag) else {
            return Ok(None);
        };
        let what = name_of(tag);
        let bad = |text: &str| {
            Fault::new(
                Problem::Corrupt,
                format!("{what} = `{text:.60}`: {N} number(s) are needed"),
                "correct it in the file, or export the series again",
            )
        };
        let binary = matches!(
            element.vr(),
            VR::FD | VR::FL | VR::SS | VR::US | VR::SL | VR::UL
        );
        let values = if binary {
            element
                .to_multi_float64()
                .map_err(|_| bad("not readable"))?
        } else {
            let text = self.text(tag);
            if text.is_empty() {
                return Ok(None);
            }
            let mut values = Vec::new();
            for word in text.split('\\') {
                values.push(decimal(word, &what, commas).ok_or_else(|| bad(&text))?);
            }
            values
        };
        if values.is_empty() {
            return Ok(None);
        }
        let shown = || {
            if binary {
                format!("{values:?}")
            } else {
                self.text(tag)
            }
        };
        if values.iter().any(|v| !v.is_finite()) {
            return Err(bad(&shown()));
        }
        let array: Result<[f64; N], _> = values.clone().try_into();
        array.map(Some).map_err(|_| bad(&shown()))
    }

    /// A whole number of 16 bits.
    pub(crate) fn whole(&self, tag: Tag) -> Parsed<Option<u16>> {
        let Some(element) = self.0.get(tag) else {
            return Ok(None);
        };
        if self.text(tag).is_empty() {
            return Ok(None);
        }
        element.to_int::<u16>().map(Some).map_err(|_| {
            Fault::corrupt(format!(
                "{} = `{:.40}` is no whole number",
                name_of(tag),
                self.text(tag)
            ))
        })
    }

    /// The first item of a sequence.
    pub(crate) fn item(&self, tag: Tag) -> Option<&'a InMemDicomObject> {
        self.items(tag).first()
    }

    /// Numbers written as text or binary; none where absent or empty.
    pub(crate) fn list(&self, tag: Tag) -> Parsed<Vec<f64>> {
        let text = self.text(tag);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let values: Option<Vec<f64>> = text
            .split('\\')
            .map(|part| part.trim().parse::<f64>().ok().filter(|v| v.is_finite()))
            .collect();
        values.ok_or_else(|| {
            Fault::corrupt(format!(
                "{} is `{text:.60}`, which is no number",
                keyword(tag)
            ))
        })
    }

    /// One number.
    pub(crate) fn number(&self, tag: Tag) -> Parsed<Option<f64>> {
        match self.list(tag)?[..] {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            ref many => Err(Fault::corrupt(format!(
                "{} has {} numbers where one is legal",
                keyword(tag),
                many.len()
            ))),
        }
    }

    /// Two numbers.
    pub(crate) fn pair(&self, tag: Tag) -> Parsed<Option<[f64; 2]>> {
        match self.list(tag)?[..] {
            [] => Ok(None),
            [a, b] => Ok(Some([a, b])),
            ref other => Err(Fault::corrupt(format!(
                "{} has {} numbers, not 2",
                keyword(tag),
                other.len()
            ))),
        }
    }

    /// A whole number from 0, or `None`.
    pub(crate) fn count(&self, tag: Tag) -> Parsed<Option<u32>> {
        match self.number(tag)? {
            None => Ok(None),
            Some(v) if v >= 0.0 && v.fract() == 0.0 && v <= f64::from(u32::MAX) => {
                Ok(Some(v as u32))
            }
            Some(v) => Err(Fault::corrupt(format!("{} is {v}", keyword(tag)))),
        }
    }

    /// A whole number that must be there.
    pub(crate) fn need(&self, tag: Tag) -> Parsed<u32> {
        self.count(tag)?
            .ok_or_else(|| Fault::corrupt(format!("the attribute {} is missing", keyword(tag))))
    }

    pub(crate) fn whole_numbers(&self, tag: Tag) -> Parsed<Vec<i64>> {
        self.0
            .get(tag)
            .and_then(|e| e.to_multi_int::<i64>().ok())
            .ok_or_else(|| Fault::corrupt(format!("{} is missing or no number", keyword(tag))))
    }

    /// 16-bit words of a table, of whichever kind it was written as; bytes where there are `count` of them.
    pub(crate) fn words(&self, tag: Tag, count: usize) -> Parsed<Vec<u16>> {
        let element = self
            .0
            .get(tag)
            .ok_or_else(|| Fault::corrupt(format!("{} is missing", keyword(tag))))?;
        let values = element
            .to_multi_int::<i64>()
            .map_err(|_| Fault::corrupt(format!("{} is no table of numbers", keyword(tag))))?;
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
    pub(crate) fn items(&self, tag: Tag) -> &'a [InMemDicomObject] {
        self.0.get(tag).and_then(|e| e.items()).unwrap_or_default()
    }
}

/// A decimal string (PS3.5, 6.2: DS), also with the comma that some languages write.
fn decimal(word: &str, what: &str, commas: &mut Vec<String>) -> Option<f64> {
    let word = word.trim_matches([' ', '\0']);
    let number = |text: &str| {
        let plain = text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
        text.parse::<f64>().ok().filter(|v| plain && v.is_finite())
    };
    if let Some(value) = number(word) {
        return Some(value);
    }
    let (whole, fraction) = word.split_once(',')?;
    if fraction.contains([',', '.']) || whole.contains('.') {
        return None;
    }
    let value = number(&format!("{whole}.{fraction}"))?;
    commas.push(what.to_owned());
    Some(value)
}

/// The attribute's name with its tag, as in `RescaleSlope (0028,1053)`.
pub(crate) fn name_of(tag: Tag) -> String {
    match StandardDataDictionary.by_tag(tag) {
        Some(entry) => format!("{} {tag}", entry.alias()),
        None => tag.to_string(),
    }
}

/// The keyword of a tag.
pub(crate) fn keyword(tag: Tag) -> String {
    StandardDataDictionary
        .by_tag(tag)
        .map_or_else(|| tag.to_string(), |entry| entry.alias().to_owned())
}
