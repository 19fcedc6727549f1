//! Cells of score columns.

use super::layout::Layout;
use crate::Status;
use howship_tables::{Column, Values};

/// What stands in a score's cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Entry {
    Number(f64),
    Status(Status),
    Empty,
    Bad,
}

/// A column of scores, its different strings read once.
pub(super) enum ScoreCells<'a> {
    Text {
        entries: Vec<Entry>,
        codes: &'a [u32],
    },
    Numbers(&'a [f64]),
}

impl<'a> ScoreCells<'a> {
    pub(super) fn new(column: &'a Column, layout: &Layout, decimal_comma: bool) -> Self {
        match &column.values {
            Values::Text { names, codes } => {
                let entries = names.iter().map(|text| entry(text, layout, decimal_comma));
                Self::Text {
                    entries: entries.collect(),
                    codes,
                }
            }
            Values::Number(numbers) => Self::Numbers(numbers),
        }
    }

    pub(super) fn entry(&self, row: usize, layout: &Layout) -> Entry {
        match self {
            Self::Text { entries, codes } => {
                let code = codes.get(row).map_or(usize::MAX, |&c| c as usize);
                entries.get(code).copied().unwrap_or(Entry::Empty)
            }
            Self::Numbers(numbers) => match numbers.get(row) {
                Some(&x) if x.abs() <= LARGEST => coded_number(x, layout),
                Some(x) if !x.is_nan() => Entry::Bad,
                _ => Entry::Empty,
            },
        }
    }
}

fn entry(text: &str, layout: &Layout, decimal_comma: bool) -> Entry {
    let text = text.trim();
    if let Some(status) = score_word(text, layout) {
        return Entry::Status(status);
    }
    match text {
        "" => Entry::Empty,
        // What R and SAS write for a missing value.
        "NA" | "." => Entry::Status(Status::Missing),
        _ => number(text, decimal_comma).map_or(Entry::Bad, Entry::Number),
    }
}

/// A typed number may be one of the mapping's words too, as 9 for a replaced joint.
fn coded_number(x: f64, layout: &Layout) -> Entry {
    let words = layout.mapping.as_ref().as_ref().map(|m| &m.score_words);
    if words.is_some_and(|w| !w.is_empty())
        && let Some(status) = score_word(&x.to_string(), layout)
    {
        return Entry::Status(status);
    }
    Entry::Number(x)
}

fn score_word(text: &str, layout: &Layout) -> Option<Status> {
    let mapping = layout.mapping.as_ref().as_ref()?;
    mapping.score_words.get(text).copied()
}

/// Scores are kept as `f32`.
const LARGEST: f64 = f32::MAX as f64;

/// A finite number, or why the text is none.
pub(super) fn number(text: &str, decimal_comma: bool) -> Result<f64, String> {
    let comma = text.contains(',');
    if comma && !decimal_comma {
        let point = text.replacen(',', ".", 1);
        return Err(if point.parse::<f64>().is_ok() {
            format!("has a decimal comma; write `{point}`, or read with `--decimal-comma`")
        } else {
            "is no number".to_owned()
        });
    }
    let parsed = if comma {
        text.replacen(',', ".", 1).parse::<f64>()
    } else {
        text.parse::<f64>()
    };
    match parsed {
        Ok(number) if number.abs() <= LARGEST => Ok(number),
        Ok(number) if number.is_finite() => Err("is too large for a score".to_owned()),
        Ok(_) => Err("is no number; leave the cell empty and set status `missing`".to_owned()),
        Err(_) => Err("is no number; leave the cell empty where there is none".to_owned()),
    }
}
