//! What single words mean; each is looked at once, however many rows have it.

use super::number::number;
use crate::scheme::normal;
use crate::{Side, Status};

/// A word that may be empty, understood, or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Word<T> {
    Empty,
    Known(T),
    Bad,
}

impl<T> Word<T> {
    pub(super) fn read(text: &str, read: impl FnOnce(&str) -> Option<T>) -> Self {
        if text.is_empty() {
            Self::Empty
        } else {
            read(text).map_or(Self::Bad, Self::Known)
        }
    }
}

/// What a mapping makes of an entry of the score's column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum ScoreWord {
    Number(f64),
    Status(Status),
}

pub(super) const SIDES: (&str, &str) = ("is no side", "allowed: L, R");

pub(super) fn side(text: &str) -> Option<Side> {
    Side::parse(&normal(text))
}

pub(super) const STATUSES: (&str, &str) = (
    "is no status",
    "allowed: ok, missing, replaced, not-scorable, or nothing",
);

pub(super) fn status(text: &str) -> Option<Status> {
    match normal(text).as_str() {
        "OK" | "SCORED" | "DONE" => Some(Status::Ok),
        "MISSING" | "NA" | "NOTDONE" | "ND" => Some(Status::Missing),
        "REPLACED" | "PROSTHESIS" | "OPERATED" | "SURGERY" => Some(Status::Replaced),
        "NOTSCORABLE" | "NOTREADABLE" | "UNREADABLE" | "NOTEVALUABLE" | "NE" | "NS" => {
            Some(Status::NotScorable)
        }
        _ => None,
    }
}

pub(super) const READINGS: (&str, &str) = ("is no number of a reading", "allowed: 1, 2, …");

pub(super) fn reading(text: &str) -> Option<u32> {
    let number: f64 = text.parse().ok()?;
    let whole = (1.0..=1e9).contains(&number) && number.fract() == 0.0;
    whole.then_some(number as u32)
}

pub(super) const DAYS: (&str, &str) = (
    "is no number of days since baseline",
    "allowed: a number, or nothing",
);

/// Days since baseline from a number of days, or of another unit; study days count from 1 and have no day 0 (CDISC).
pub(super) fn days(text: &str, decimal_comma: bool, study_days: bool, unit: f64) -> Option<f32> {
    let number = match number(text, decimal_comma) {
        Ok(number) if (unit * number).abs() < 1e6 => unit * number,
        _ => return missing(text),
    };
    let number = if study_days && number >= 1.0 {
        number - 1.0
    } else {
        number
    };
    Some(number as f32)
}

fn missing(text: &str) -> Option<f32> {
    matches!(text, "NA" | ".").then_some(f32::NAN)
}

pub(super) const BLINDED: (&str, &str) = (
    "does not say whether the sequence was blinded",
    "allowed: 1, 0, yes, no, true, false",
);

pub(super) fn blinded(text: &str) -> Option<bool> {
    match normal(text).as_str() {
        "1" | "YES" | "Y" | "TRUE" | "T" => Some(true),
        "0" | "NO" | "N" | "FALSE" | "F" => Some(false),
        _ => None,
    }
}

/// Whether a flag is the word that is asked for; a workbook's TRUE and FALSE are other tables' 1 and 0.
pub(super) fn same_flag(asked: &str, word: &str) -> bool {
    let logical = |w: &str| match w.to_ascii_uppercase().as_str() {
        "1" | "TRUE" => Some(true),
        "0" | "FALSE" => Some(false),
        _ => None,
    };
    let both = logical(asked).zip(logical(word));
    asked.eq_ignore_ascii_case(word) || both.is_some_and(|(a, b)| a == b)
}

/// Region as schemes name it.
pub(super) fn region(text: &str) -> String {
    match normal(text).as_str() {
        "HAND" | "HANDS" | "H" | "WRIST" | "WRISTS" | "FINGER" | "FINGERS" => "hand".to_owned(),
        "FOOT" | "FEET" | "F" | "TOE" | "TOES" => "foot".to_owned(),
        "LARGE" | "LARGEJOINT" | "LARGEJOINTS" => "large".to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workbooks_true_is_the_flag_1() {
        for (asked, word) in [("Y", "y"), ("1", "TRUE"), ("0", "False"), ("true", "1")] {
            assert!(same_flag(asked, word), "{asked} {word}");
        }
        for (asked, word) in [("Y", "TRUE"), ("1", "FALSE"), ("1", "0"), ("", "FALSE")] {
            assert!(!same_flag(asked, word), "{asked} {word}");
        }
    }
}
