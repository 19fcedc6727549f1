//! Text headers: lines, rows of numbers, file name patterns.

use crate::error::{Fault, Parsed};

/// The first line without its end, and the bytes it takes with it.
pub(crate) fn line_of(bytes: &[u8]) -> (&[u8], usize) {
    let end = bytes.iter().position(|&b| b == b'\n');
    let line = &bytes[..end.unwrap_or(bytes.len())];
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    (line, end.map_or(bytes.len(), |e| e + 1))
}

/// Exactly `count` numbers.
pub(crate) fn numbers(text: &str, count: usize, what: &str) -> Parsed<Vec<f64>> {
    let values: Vec<f64> = text
        .split_whitespace()
        .map_while(|w| w.parse().ok())
        .collect();
    if values.len() != count || text.split_whitespace().count() != count {
        return Err(Fault::corrupt(format!(
            "{what} = `{text:.80}` is not {count} numbers"
        )));
    }
    Ok(values)
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
