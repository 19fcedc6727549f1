//! Text headers: lines, rows of numbers, file name patterns.

use crate::error::{Fault, Parsed};

/// The first line without its end, and the bytes it takes with it.
pub(crate) fn line_of(bytes: &[u8]) -> (&[u8], usize) {
    let end = bytes.iter().position(|&b| b == b'\n');
    let line = &bytes[..end.unwrap_or(bytes.len())];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    (line, end.map_or(bytes.len(), |e| e + 1))
}

/// One finite number.
pub(crate) fn number(text: &str, what: &str) -> Parsed<f64> {
    text.trim()
        .parse::<f64>()
        .ok()
        .filter(|v| v.is_finite())
        .ok_or_else(|| {
            Fault::new(
                crate::Problem::Corrupt,
                format!("{what} = `{text:.60}` is no number"),
                "correct it in the header",
            )
        })
}

/// Yes or no, in the spellings that programs write.
pub(crate) fn boolean(text: &str, what: &str) -> Parsed<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "on" | "1" => Ok(true),
        "false" | "f" | "no" | "n" | "off" | "0" => Ok(false),
        _ => Err(Fault::corrupt(format!(
            "{what} = `{text:.40}` is neither true nor false"
        ))),
    }
}

/// The refusal of a word that names no unit of length.
pub(crate) fn unknown_length(what: &str, word: &str) -> Fault {
    Fault::new(
        crate::Problem::SpacingUnknown,
        format!("{what} = `{word:.40}` is no unit of length"),
        "correct it in the header (m, cm, mm, um or nm)",
    )
}

/// Exactly `count` numbers.
pub(crate) fn numbers(text: &str, count: usize, what: &str) -> Parsed<Vec<f64>> {
    let values: Vec<f64> = text
        .split_whitespace()
        .map_while(|w| w.parse().ok())
        .collect();
    if values.len() != count || text.split_whitespace().count() != count {
        return Err(Fault::new(
            crate::Problem::Corrupt,
            format!("{what} = `{text:.80}` is not {count} numbers"),
            "correct it in the header: numbers separated by blanks, decimals with a point",
        ));
    }
    Ok(values)
}

/// Whether a data file's name is a pattern with its range rather than a name with a percent sign.
pub(crate) fn is_pattern(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let numbers = words.iter().skip(1).all(|w| w.parse::<i64>().is_ok());
    words.len() >= 3 && numbers && words.first().is_some_and(|w| w.contains('%'))
}

/// Whether a data file's name is the word for a list of names (`LIST`, `LIST 2`, `LIST 2D`).
pub(crate) fn is_list(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next() == Some("LIST")
        && words
            .next()
            .is_none_or(|w| w.trim_end_matches(['d', 'D']).parse::<u8>().is_ok())
        && words.next().is_none()
}

/// The names of `pattern first last [step] ...`, where the pattern has one `%d`, `%4d` or `%04d`.
pub(crate) fn expand_pattern(text: &str) -> Parsed<Vec<String>> {
    let bad = || {
        Fault::corrupt(format!(
            "the file name pattern `{text:.60}` is not understood"
        ))
    };
    let words: Vec<&str> = text.split_whitespace().collect();
    let (pattern, rest) = words.split_first().ok_or_else(bad)?;
    let range: Vec<i64> = rest.iter().map_while(|w| w.parse().ok()).collect();
    let (first, last) = (
        *range.first().ok_or_else(bad)?,
        *range.get(1).ok_or_else(bad)?,
    );
    let step = range.get(2).copied().unwrap_or(1);
    let (before, after) = pattern.split_once('%').ok_or_else(bad)?;
    let end = after.find(['d', 'i']).ok_or_else(bad)?;
    let (flags, after) = (&after[..end], &after[end + 1..]);
    let zeros = flags.starts_with('0');
    let width: usize = if flags.is_empty() {
        0
    } else {
        flags.parse().map_err(|_| bad())?
    };
    let count = (last.checked_sub(first).ok_or_else(bad)?)
        .checked_div(step)
        .ok_or_else(bad)?;
    if !(0..100_000).contains(&count) || width > 64 || after.contains('%') {
        return Err(bad());
    }
    Ok((0..=count)
        .map(|i| {
            let n = first + i * step;
            if zeros {
                format!("{before}{n:0width$}{after}")
            } else {
                format!("{before}{n:width$}{after}")
            }
        })
        .collect())
}

/// As [`few`], of words that bring their own marks.
pub(crate) fn few_plain(names: &[String]) -> String {
    let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > 3 {
        format!("{shown} and {} more", names.len() - 3)
    } else {
        shown
    }
}

/// The first three names, and how many more.
pub(crate) fn few(names: &[String]) -> String {
    let shown = names
        .iter()
        .take(3)
        .map(|n| format!("`{n}`"))
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > 3 {
        format!("{shown} and {} more", names.len() - 3)
    } else {
        shown
    }
}

/// `YYYYMMDD` as `YYYY-MM-DD`; anything else as it is.
pub(crate) fn iso_date(text: &str) -> String {
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..])
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_expand_as_printf_does() {
        assert_eq!(
            expand_pattern("s%03d.raw 1 3 1").unwrap(),
            ["s001.raw", "s002.raw", "s003.raw"]
        );
        assert_eq!(
            expand_pattern("s%d.raw 8 12 2").unwrap(),
            ["s8.raw", "s10.raw", "s12.raw"]
        );
        for name in ["BestDiast 77 %.raw", "50%.raw", "LISTEN.raw", "a%d.raw"] {
            assert!(!is_pattern(name) && !is_list(name), "{name}");
        }
        assert!(is_pattern("s%03d.raw 1 3 1") && is_list("LIST 2D") && is_list("LIST"));
        for bad in [
            "s%03d.raw",
            "s%s.raw 1 2",
            "s%d.raw 1 2 0",
            "s%d%d 1 2",
            "s%d 5 -9223372036854775808",
        ] {
            assert!(expand_pattern(bad).is_err(), "{bad}");
        }
    }
}
