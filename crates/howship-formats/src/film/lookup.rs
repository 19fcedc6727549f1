//! From stored values to modality values, and what of them is to be shown (PS3.3 C.11.1, C.11.2).

use crate::dicom::elements::Elements;
use crate::error::{Fault, Parsed};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

/// A table: values at `first` and below take the first entry, beyond the last the last.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    first: i32,
    entries: Vec<u16>,
    bits: u16,
}

impl Table {
    /// From an item of a Modality or VOI LUT Sequence.
    fn of(item: &InMemDicomObject, signed_input: bool) -> Parsed<Self> {
        let get = Elements(item);
        let descriptor = get.whole_numbers(tags::LUT_DESCRIPTOR)?;
        let [count, first, bits] = descriptor[..] else {
            return Err(Fault::corrupt(format!(
                "a lookup table is described by {} numbers, not 3",
                descriptor.len()
            )));
        };
        let count = match count & 0xffff {
            0 => 1 << 16,
            n => n as usize,
        };
        // Written as unsigned where the transfer syntax does not say which it is.
        let first = if signed_input && first > i64::from(i16::MAX) {
            first - (1 << 16)
        } else {
            first
        };
        let entries = get.words(tags::LUT_DATA, count)?;
        let in_range = (8..=16).contains(&bits) && i32::try_from(first).is_ok();
        if entries.len() != count || !in_range {
            return Err(Fault::corrupt(format!(
                "a lookup table of {bits} bits has {} entries, {count} are announced",
                entries.len()
            )));
        }
        Ok(Self {
            first: first as i32,
            entries,
            bits: bits as u16,
        })
    }

    fn at(&self, value: i32) -> u16 {
        let last = self.entries.len() - 1;
        let index = i64::from(value) - i64::from(self.first);
        self.entries[index.clamp(0, last as i64) as usize]
    }

    /// Whether values fall along the table: 1 rising, -1 falling, 0 neither.
    fn direction(&self) -> i8 {
        let pairs = || self.entries.windows(2);
        let (rises, falls) = (
            pairs().filter(|w| w[1] > w[0]).count(),
            pairs().filter(|w| w[1] < w[0]).count(),
        );
        match (rises, falls) {
            (0, 0) => 0,
            _ if rises >= 20 * falls => 1,
            _ if falls >= 20 * rises => -1,
            _ => 0,
        }
    }

    /// The input between which the table runs from 1 % to 99 % of its output.
    fn span(&self) -> [f64; 2] {
        let low = self.entries.iter().copied().min().unwrap_or(0);
        let high = self.entries.iter().copied().max().unwrap_or(0);
        let cut = f64::from(high - low) / 100.0;
        let inside =
            |v: &u16| f64::from(*v) > f64::from(low) + cut && f64::from(*v) < f64::from(high) - cut;
        let from = self.entries.iter().position(inside).unwrap_or(0);
        let to = self
            .entries
            .iter()
            .rposition(inside)
            .unwrap_or(self.entries.len() - 1);
        [from, to].map(|i| f64::from(self.first) + i as f64)
    }
}

/// Stored values to modality values.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Modality {
    Linear { slope: f64, intercept: f64 },
    Table(Table),
}

impl Modality {
    /// The file's; the identity where it has none. A rescale and a table that both change values contradict
    /// each other.
    pub(super) fn of(object: &InMemDicomObject, signed: bool) -> Parsed<Self> {
        let get = Elements(object);
        let slope = get.number(tags::RESCALE_SLOPE)?;
        let intercept = get.number(tags::RESCALE_INTERCEPT)?;
        let (slope, intercept) = (slope.unwrap_or(1.0), intercept.unwrap_or(0.0));
        if slope == 0.0 {
            return Err(Fault::corrupt("RescaleSlope is 0"));
        }
        let linear = Self::Linear { slope, intercept };
        match get.items(tags::MODALITY_LUT_SEQUENCE) {
            [] => Ok(linear),
            [item] if (slope, intercept) == (1.0, 0.0) => Ok(Self::Table(Table::of(item, signed)?)),
            [_] => Err(Fault::corrupt(format!(
                "a ModalityLUTSequence and a rescale ({slope}, {intercept}) contradict each other"
            ))),
            many => Err(Fault::corrupt(format!(
                "{} modality lookup tables where one is legal",
                many.len()
            ))),
        }
    }

    /// One value.
    pub(super) fn at(&self, stored: i32) -> f64 {
        match self {
            Self::Linear { slope, intercept } => f64::from(stored) * slope + intercept,
            Self::Table(table) => f64::from(table.at(stored)),
        }
    }

    /// Smallest and largest value it can give for a range of stored values.
    pub(super) fn range(&self, [low, high]: [i32; 2]) -> [f64; 2] {
        match self {
            Self::Linear { .. } => {
                let (a, b) = (self.at(low), self.at(high));
                [a.min(b), a.max(b)]
            }
            Self::Table(table) => [0.0, f64::from((1u32 << table.bits) - 1)],
        }
    }
}

/// What is to be shown from black to white.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Display {
    /// Modality values; `None` where the file does not say.
    pub(super) range: Option<[f64; 2]>,
    /// Whether what is shown falls where modality values rise.
    pub(super) falling: bool,
}

/// The first VOI of the file. A table goes before a window, as PS3.3 C.11.2 leaves to the reader.
pub(super) fn display(object: &InMemDicomObject, signed: bool) -> Parsed<Display> {
    let get = Elements(object);
    if let Some(item) = get.items(tags::VOILUT_SEQUENCE).first() {
        let table = Table::of(item, signed)?;
        return Ok(Display {
            range: Some(table.span()),
            falling: table.direction() < 0,
        });
    }
    let centre = get.list(tags::WINDOW_CENTER)?.first().copied();
    let width = get.list(tags::WINDOW_WIDTH)?.first().copied();
    let (Some(centre), Some(width)) = (centre, width) else {
        return Ok(Display {
            range: None,
            falling: false,
        });
    };
    let exact = get.text(tags::VOILUT_FUNCTION) != "LINEAR";
    let range = match (exact, width) {
        (_, w) if w <= 0.0 => None,
        (true, w) => Some([centre - w / 2.0, centre + w / 2.0]),
        // PS3.3 C.11.2.1.2: the linear window is centred half a value lower and one value narrower.
        (false, w) => {
            let half = ((w - 1.0) / 2.0).max(0.5);
            Some([centre - 0.5 - half, centre - 0.5 + half])
        }
    };
    Ok(Display {
        range,
        falling: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(entries: Vec<u16>, first: i32) -> Table {
        Table {
            first,
            entries,
            bits: 12,
        }
    }

    #[test]
    fn a_table_holds_its_ends_beyond_them() {
        let t = table(vec![7, 9, 30], -1);
        assert_eq!([-5, -1, 0, 1, 99].map(|v| t.at(v)), [7, 7, 9, 30, 30]);
        assert_eq!(t.direction(), 1);
        assert_eq!(table(vec![9, 3, 1], 0).direction(), -1);
        assert_eq!(table(vec![9, 3, 9, 3], 0).direction(), 0);
        let range = Modality::Table(t).range([0, 100]);
        assert_eq!(range, [0.0, 4095.0]);
    }

    #[test]
    fn a_negative_slope_turns_the_range() {
        let linear = Modality::Linear {
            slope: -1.0,
            intercept: 1023.0,
        };
        assert_eq!(linear.range([0, 1023]), [0.0, 1023.0]);
        assert_eq!(linear.at(3), 1020.0);
    }
}
