//! Names that are one but for their spelling.

use std::collections::BTreeMap;

/// How many of a kind a warning names.
const SHOWN: usize = 6;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Letters(String),
    /// Without leading zeros.
    Digits(String),
}

/// Letters in one case and numbers without leading zeros; what only separates them is gone.
fn key(name: &str) -> Vec<Piece> {
    let name = decomposed(&name.trim().to_lowercase());
    let name = name.as_str();
    // What a spreadsheet makes of a number.
    let whole = shortened(name);
    let name = whole.as_deref().unwrap_or(name);
    let name = match name.split_once('.') {
        Some((whole, rest)) if is_number(whole) && rest.bytes().all(|b| b == b'0') => whole,
        _ => name,
    };
    let mut pieces = Vec::new();
    let mut rest = name;
    while let Some(first) = rest.chars().next() {
        if !is_part(first) {
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let digit = first.is_numeric();
        let end = rest.find(|c: char| !is_part(c) || c.is_numeric() != digit);
        let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
        pieces.push(match digit {
            true => Piece::Digits(match run.trim_start_matches('0') {
                "" => "0".to_owned(),
                bare => bare.to_owned(),
            }),
            false => Piece::Letters(run.to_owned()),
        });
        rest = after;
    }
    pieces
}

/// Letters, digits, and the marks that are written on letters.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c)
}

/// Small letters with a mark, and what stands for them as a letter and a mark: macOS writes the one, Windows the other
/// (Unicode's canonical decomposition, as far as Latin letters of European names go).
const MARKED: [(&str, &str, char); 13] = [
    ("àèìòùǹ", "aeioun", '\u{300}'),
    ("áéíóúýćńśźĺŕ", "aeiouycnszlr", '\u{301}'),
    ("âêîôûŵŷĉĝĥĵŝ", "aeiouwycghjs", '\u{302}'),
    ("ãñõĩũ", "anoiu", '\u{303}'),
    ("āēīōū", "aeiou", '\u{304}'),
    ("ăğĕŏŭ", "ageou", '\u{306}'),
    ("żėċġ", "zecg", '\u{307}'),
    ("äëïöüÿ", "aeiouy", '\u{308}'),
    ("åů", "au", '\u{30a}'),
    ("őű", "ou", '\u{30b}'),
    ("čďěňřšžľťǎǧ", "cdenrszltag", '\u{30c}'),
    ("çşţģķļņ", "cstgkln", '\u{327}'),
    ("ąęįų", "aeiu", '\u{328}'),
];

/// With letters and their marks apart.
fn decomposed(lower: &str) -> String {
    let mut out = String::with_capacity(lower.len());
    for c in lower.chars() {
        let found = MARKED.iter().find_map(|(marked, bare, mark)| {
            let at = marked.chars().position(|m| m == c)?;
            Some((bare.chars().nth(at)?, *mark))
        });
        match found {
            Some((bare, mark)) if !c.is_ascii() => out.extend([bare, mark]),
            _ => out.push(c),
        }
    }
    out
}

/// Whether a name is a long number as spreadsheets shorten it, as in `1.23457E+11`.
pub(super) fn is_shortened(name: &str) -> bool {
    shortened(&name.trim().to_lowercase()).is_some()
}

/// The number that a name in lower case is, where a spreadsheet has shortened it.
fn shortened(lower: &str) -> Option<String> {
    let (digits, power) = lower.split_once("e+")?;
    let (first, rest) = digits.split_once('.').unwrap_or((digits, "0"));
    let power: usize = power.parse().ok().filter(|p| *p <= 30)?;
    if first.len() != 1 || !is_number(first) || !is_number(rest) {
        return None;
    }
    let rest = rest.trim_end_matches('0');
    let zeros = power.checked_sub(rest.len())?;
    Some(format!("{first}{rest}{}", "0".repeat(zeros)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Names that differ in case, blanks, marks between them or leading zeros only: groups of two or more, in order.
pub(crate) fn alike<'t>(names: impl Iterator<Item = &'t str>) -> Vec<Vec<&'t str>> {
    let mut groups: BTreeMap<Vec<Piece>, Vec<&str>> = BTreeMap::new();
    for name in names {
        groups.entry(key(name)).or_default().push(name);
    }
    let mut several: Vec<Vec<&str>> = groups.into_values().filter(|g| g.len() > 1).collect();
    several.iter_mut().for_each(|g| g.sort_unstable());
    several.sort_unstable();
    several
}

/// Names of visits that differ in spelling only. A mark before a number is a minus there: `W-4` and `W4` are two visits.
pub(super) fn alike_visits<'t>(names: impl Iterator<Item = &'t str>) -> Vec<Vec<&'t str>> {
    let minus = |name: &str| {
        let mut pairs = name.as_bytes().windows(2);
        pairs.any(|pair| pair[0] == b'-' && pair[1].is_ascii_digit())
    };
    let (with, without): (Vec<&str>, Vec<&str>) = names.partition(|n| minus(n));
    let mut groups = alike(with.into_iter());
    groups.extend(alike(without.into_iter()));
    groups
}

/// Whether two names hold the same numbers, whatever letters stand before them: `001` and `S001`.
pub(crate) fn same_numbers(a: &str, b: &str) -> bool {
    let digits = |name: &str| -> Vec<String> {
        let all = key(name).into_iter().filter_map(|p| match p {
            Piece::Digits(d) => Some(d),
            Piece::Letters(_) => None,
        });
        all.collect()
    };
    let (a, b) = (digits(a), digits(b));
    !a.is_empty() && a == b
}

/// The first few groups in words, both spellings of each, and how many more there are.
pub(super) fn words(groups: &[Vec<&str>]) -> String {
    let shown: Vec<String> = groups
        .iter()
        .take(SHOWN)
        .map(|g| {
            let names: Vec<String> = g.iter().map(|n| format!("`{n}`")).collect();
            names.join(" and ")
        })
        .collect();
    let more = match groups.len().saturating_sub(SHOWN) {
        0 => String::new(),
        n => format!("; and {n} more"),
    };
    format!("{}{more}", shown.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name() {
        for (a, b) in [
            ("001", "1"),
            ("S001", "s001 "),
            ("S-001", "S001"),
            ("S 1", "s001"),
            ("01-002", "1-2"),
            ("P_7", "p07"),
            ("7.0", "7"),
            ("Müller", "MÜLLER"),
            ("A\u{a0}1", "A 1"),
            ("Müller", "Mu\u{308}ller"),
            ("ČAPEK 1", "C\u{30c}apek-01"),
            ("1.2E+05", "120000"),
            ("1E+05", "100000"),
        ] {
            assert_eq!(alike([a, b].into_iter()).len(), 1, "{a} {b}");
        }
        for (a, b) in [
            ("1-1", "11"),
            ("S1", "S10"),
            ("A1", "B1"),
            ("S001", "001"),
            ("7.5", "75"),
            ("1.0", "10"),
            ("Müller", "Muller"),
            ("1E05", "100000"),
            ("1.25E+1", "12"),
        ] {
            assert!(alike([a, b].into_iter()).is_empty(), "{a} {b}");
        }
        assert!(same_numbers("S001", "1") && !same_numbers("S001", "2") && !same_numbers("a", "b"));
    }

    #[test]
    fn a_minus_tells_visits_apart() {
        let found = alike_visits(["W-4", "W4", "m24", "M 24", "w-04"].into_iter());
        assert_eq!(found, [vec!["W-4", "w-04"], vec!["M 24", "m24"]]);
    }

    #[test]
    fn groups_in_words() {
        let names = ["1", "2", "001", "02", "2.0", "9"];
        let groups = alike(names.into_iter());
        assert_eq!(words(&groups), "`001` and `1`; `02` and `2` and `2.0`");
    }
}
