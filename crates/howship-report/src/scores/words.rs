//! Texts and numbers in a picture: how wide they are, how they break, how many digits they have.

use super::frame::ordered;
use crate::number;

/// Width of a text, an upper estimate: no font is at hand where the picture is made, so a wide one is assumed.
pub(super) fn text_width(text: &str, size: f64) -> f64 {
    let share = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '\u{2009}' => 0.32,
        'f' | 'r' | 't' | '(' | ')' | '-' | '/' => 0.41,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.98,
        '−' | '+' | '±' | '<' | '>' | '=' => 0.84,
        c if c.is_ascii_uppercase() => 0.72,
        c if (c as u32) > 0x2e80 => 1.05,
        _ => 0.63,
    };
    text.chars().map(share).sum::<f64>() * size
}

/// As [`text_width`] for bold text.
pub(super) fn bold_width(text: &str, size: f64) -> f64 {
    text_width(text, size * 1.12)
}

/// A text cut to a width, with an ellipsis.
pub(super) fn fitted(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut short = String::new();
    for c in text.chars() {
        short.push(c);
        if text_width(&short, size) > width - size {
            short.pop();
            break;
        }
    }
    format!("{}…", short.trim_end())
}

/// A text broken into lines of a width, words whole where they fit.
pub(super) fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word = fitted(word, size, width);
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line} {word}"), size) <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// A number as a person would write it beside others of its kind: three digits, no needless zeros.
pub(super) fn short(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let size = value.abs();
    let decimals = match size {
        s if s >= 99.95 => 0,
        s if s >= 9.995 => 1,
        s if s >= 0.0995 || s == 0.0 => 2,
        _ => 3,
    };
    number::fixed(value, decimals)
}

/// As [`short`] with a plus sign.
pub(super) fn short_signed(value: f64) -> String {
    let text = short(value);
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if value > 0.0 && value.is_finite() && !zero {
        format!("+{text}")
    } else {
        text
    }
}

/// `value (low to high)`, with the digits that the interval's width allows.
pub(super) fn with_bounds(value: f64, interval: Option<[f64; 2]>) -> String {
    let Some([low, high]) = ordered(interval) else {
        return short_signed(value);
    };
    let Some(d) = number::decimals((high - low) / 4.0) else {
        return short_signed(value);
    };
    let [value, low, high] = [value, low, high].map(|v| number::signed(v, d));
    format!("{value} ({low} to {high})")
}

/// A number without needless zeros, for settings such as a smallest detectable change.
pub(super) fn bare(value: f64) -> String {
    let text = short(value);
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}
