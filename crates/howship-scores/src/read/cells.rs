//! Cells of score columns.

use super::layout::Layout;
use super::number::{LARGEST, number};
use super::words::{self, ScoreWord};
use crate::Status;
use crate::scheme::normal;
use howship_tables::{Column, Names, Values, special_missing};

/// In an [`Entry`]: no reason is given.
pub(super) const NO_REASON: u16 = u16::MAX;

/// What stands in a score's cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Entry {
    Number(f64),
    /// Why there is no number, and the word that says so: its place in the table's reasons.
    Status(Status, u16),
    Empty,
    Bad,
}

/// A column of scores, its different strings read once.
pub(super) enum ScoreCells<'a> {
    Text {
        entries: Vec<Entry>,
        codes: &'a [u32],
    },
    Numbers {
        numbers: &'a [f64],
        /// By letter of SAS' special missing values, `_` last.
        special: Box<[Entry; 27]>,
    },
}

/// The place of a reason; reasons beyond the first 65,535 are not kept.
pub(super) fn reason_place(reasons: &mut Names, word: &str) -> u16 {
    let known = reasons.len() < usize::from(NO_REASON) || reasons.id(word).is_some();
    let place = known.then(|| reasons.intern(word));
    place
        .and_then(|id| u16::try_from(id).ok())
        .unwrap_or(NO_REASON)
}

impl<'a> ScoreCells<'a> {
    pub(super) fn new(
        column: &'a Column,
        layout: &Layout,
        decimal_comma: bool,
        reasons: &mut Names,
    ) -> Self {
        match &column.values {
            Values::Text { names, codes } => {
                let entries = names
                    .iter()
                    .map(|text| entry(text, layout, decimal_comma, reasons));
                Self::Text {
                    entries: entries.collect(),
                    codes,
                }
            }
            Values::Number(numbers) => {
                let mut seen = [false; 27];
                for letter in numbers.iter().filter_map(|x| special_missing(*x)) {
                    seen[place_of(letter)] = true;
                }
                let special = std::array::from_fn(|i| {
                    let letter = char::from(if i < 26 { b'A' + i as u8 } else { b'_' });
                    match seen[i] {
                        true => entry(&format!(".{letter}"), layout, decimal_comma, reasons),
                        false => Entry::Empty,
                    }
                });
                let special = Box::new(special);
                Self::Numbers { numbers, special }
            }
        }
    }

    pub(super) fn entry(&self, row: usize, layout: &Layout) -> Entry {
        match self {
            Self::Text { entries, codes } => {
                let code = codes.get(row).map_or(usize::MAX, |&c| c as usize);
                entries.get(code).copied().unwrap_or(Entry::Empty)
            }
            Self::Numbers { numbers, special } => match numbers.get(row) {
                Some(&x) if x.abs() <= LARGEST => coded_number(x, layout),
                Some(x) if !x.is_nan() => Entry::Bad,
                Some(x) => special_missing(*x).map_or(Entry::Empty, |l| special[place_of(l)]),
                None => Entry::Empty,
            },
        }
    }
}

fn place_of(letter: char) -> usize {
    match letter {
        'A'..='Z' => letter as usize - 'A' as usize,
        _ => 26,
    }
}

fn entry(text: &str, layout: &Layout, decimal_comma: bool, reasons: &mut Names) -> Entry {
    let text = text.trim();
    let mapping = layout.mapping.as_ref().as_ref();
    if let Some(word) = mapping.and_then(|m| m.score_word(text)) {
        return match word {
            ScoreWord::Number(x) => Entry::Number(x),
            ScoreWord::Status(status) => Entry::Status(status, reason_place(reasons, text)),
        };
    }
    match text {
        "" => return Entry::Empty,
        // What R and SAS write for a missing value, without a reason.
        "NA" | "." => return Entry::Status(Status::Missing, NO_REASON),
        _ => {}
    }
    if let Ok(x) = number(text, decimal_comma) {
        return Entry::Number(x);
    }
    match missing_word(text) {
        Some(status) => Entry::Status(status, reason_place(reasons, text)),
        None => Entry::Bad,
    }
}

/// Words that tables commonly write for a score that is not there, and SAS' special missing values.
fn missing_word(text: &str) -> Option<Status> {
    let special = text.strip_prefix('.').filter(|rest| rest.len() == 1);
    if special.is_some_and(|l| l.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')) {
        return Some(Status::Missing);
    }
    match normal(text).as_str() {
        "NAN" | "NULL" | "NONE" | "OK" | "SCORED" | "DONE" => None,
        "UNK" | "UNKNOWN" => Some(Status::Missing),
        _ => words::status(text).filter(|s| *s != Status::Ok),
    }
}

/// A typed number may be one of the mapping's words too, as 9 for a replaced joint.
fn coded_number(x: f64, layout: &Layout) -> Entry {
    let mapping = layout.mapping.as_ref().as_ref();
    match mapping.and_then(|m| m.score_number(x)) {
        Some(ScoreWord::Number(x)) => Entry::Number(x),
        Some(ScoreWord::Status(status)) => Entry::Status(status, NO_REASON),
        None => Entry::Number(x),
    }
}
