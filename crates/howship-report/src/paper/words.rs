//! Texts and numbers in a picture: how wide they are, how they break, how many digits they have.

use super::escape::escape;
use super::number::{self, ordered};

/// Width of a text, an upper estimate: no font is at hand where the picture is made, so a wide one is assumed.
pub(crate) fn text_width(text: &str, size: f64) -> f64 {
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
pub(crate) fn bold_width(text: &str, size: f64) -> f64 {
    text_width(text, size * 1.12)
}

/// A text cut to a width, with an ellipsis.
pub(crate) fn fitted(text: &str, size: f64, width: f64) -> String {
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
pub(crate) fn wrapped(text: &str, size: f64, width: f64) -> Vec<String> {
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

/// `1 erosion`, `2 erosions`.
pub(crate) fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// Words joined as in a sentence.
pub(crate) fn listed(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A number as a person would write it beside others of its kind: three digits, no needless zeros.
pub(crate) fn short(value: f64) -> String {
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
pub(crate) fn short_signed(value: f64) -> String {
    let text = short(value);
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if value > 0.0 && value.is_finite() && !zero {
        format!("+{text}")
    } else {
        text
    }
}

/// `value (low to high)`, with the digits that the interval's width allows.
pub(crate) fn with_bounds(value: f64, interval: Option<[f64; 2]>) -> String {
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
pub(crate) fn bare(value: f64) -> String {
    let text = short(value);
    if text.contains('.') {
        return text.trim_end_matches('0').trim_end_matches('.').to_owned();
    }
    text
}

/// Escaped text as it is printed: `-1` with a minus, `>=` and `<=` as one sign, what stands in backticks as code.
pub(crate) fn typeset(text: &str) -> String {
    let mut html = String::new();
    let pieces: Vec<&str> = text.split('`').collect();
    for (i, piece) in pieces.iter().enumerate() {
        // A backtick without a partner stands for itself.
        let paired = i % 2 == 1 && i + 1 < pieces.len();
        if paired {
            html.push_str(&format!("<code>{}</code>", escape(piece)));
            continue;
        }
        if i % 2 == 1 {
            html.push('`');
        }
        html.push_str(&escape(&signs(piece)));
    }
    html
}

/// A unit as a reader is shown it: a pure number (`1`, as UCUM writes it) has none.
pub(crate) fn shown_unit(unit: &str) -> &str {
    if unit == "1" { "" } else { unit }
}

/// Minus and comparison signs.
fn signs(text: &str) -> String {
    let text = text.replace(">=", "≥").replace("<=", "≤");
    let chars: Vec<char> = text.chars().collect();
    let is_minus = |i: usize| {
        let after = chars.get(i + 1);
        let number =
            after.is_some_and(char::is_ascii_digit) || chars[i + 1..].starts_with(&['S', 'D', 'C']);
        let before = i.checked_sub(1).and_then(|b| chars.get(b));
        number && before.is_none_or(|c| c.is_whitespace() || "([<>≤≥=±".contains(*c))
    };
    let sign = |(i, c): (usize, &char)| if *c == '-' && is_minus(i) { '−' } else { *c };
    chars.iter().enumerate().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_typographic_where_they_are_signs() {
        assert_eq!(
            typeset("repair < -SDC, [-0.5, 3]"),
            "repair &lt; −SDC, [−0.5, 3]"
        );
        assert_eq!(
            typeset("CMC3-5 on 2020-01-02, x >= 5"),
            "CMC3-5 on 2020-01-02, x ≥ 5"
        );
        assert_eq!(
            typeset("see `a-1 <b>` and 5` long"),
            "see <code>a-1 &lt;b&gt;</code> and 5` long"
        );
    }

    #[test]
    fn long_words_break_and_wide_ones_end() {
        let lines = wrapped("one two threeeeeeeeeeeeeeeeeeeeeeeeeee", 10.0, 60.0);
        assert_eq!(lines.len(), 2);
        assert!(lines[1].ends_with('…') && text_width(&lines[1], 10.0) <= 60.0);
    }

    #[test]
    fn an_interval_sets_the_digits() {
        assert_eq!(
            with_bounds(-0.54, Some([-1.0, -0.07])),
            "−0.54 (−1.00 to −0.07)"
        );
        assert_eq!(with_bounds(2.0, None), "+2.00");
        assert_eq!(bare(3.10), "3.1");
    }
}
