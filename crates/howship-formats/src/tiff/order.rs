//! The order of slices in a folder: by the number that differs between their names.

use crate::error::{Fault, Parsed, Problem};

/// One piece of a name.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Text(String),
    Number(f64),
}

/// The places of the names in the order of their numbers.
///
/// All names must be alike but for one number (or several that rise together). A hyphen before a number is
/// its sign where other names of the folder have none there, and part of the text otherwise.
///
/// # Errors
/// Several stacks, a number twice, a number missing.
pub(super) fn by_number(names: &[String]) -> Parsed<Vec<usize>> {
    let plain: Vec<Vec<Piece>> = names.iter().map(|n| pieces(n, false)).collect();
    let signed: Vec<Vec<Piece>> = names.iter().map(|n| pieces(n, true)).collect();
    let split = if stranger(&plain).is_none() {
        plain
    } else if stranger(&signed).is_none() {
        signed
    } else {
        let other = stranger(&plain).unwrap_or(0);
        return Err(two_stacks(names, 0, other));
    };
    let numbers: Vec<Vec<f64>> = split
        .iter()
        .map(|name| {
            name.iter()
                .filter_map(|piece| match piece {
                    Piece::Number(value) => Some(*value),
                    Piece::Text(_) => None,
                })
                .collect()
        })
        .collect();
    let columns = numbers.first().map_or(0, Vec::len);
    let varying: Vec<usize> = (0..columns)
        .filter(|&c| numbers.iter().any(|n| n[c] != numbers[0][c]))
        .collect();
    let Some(&column) = varying.first() else {
        return Err(Fault::new(
            Problem::MixedSlices,
            format!(
                "no number tells the slices apart: {}",
                crate::text::few(names)
            ),
            "number the slices in their names",
        ));
    };
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| numbers[a][column].total_cmp(&numbers[b][column]));
    for pair in order.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if numbers[a][column] == numbers[b][column] {
            return Err(two_stacks(names, a, b));
        }
        // Other numbers must rise or fall with the first: else they count something of their own.
        let rises = |c: usize, i: usize, j: usize| numbers[j][c].total_cmp(&numbers[i][c]);
        let (first, last) = (order[0], order[order.len() - 1]);
        if varying[1..]
            .iter()
            .any(|&c| rises(c, a, b) != rises(c, first, last))
        {
            return Err(two_stacks(names, a, b));
        }
    }
    gap(names, &order, |i| numbers[i][column])?;
    Ok(order)
}

fn two_stacks(names: &[String], a: usize, b: usize) -> Fault {
    let name = |i: usize| names.get(i).cloned().unwrap_or_default();
    Fault::new(
        Problem::MixedSlices,
        format!(
            "`{}` and `{}` are not slices of one stack by their names",
            name(a),
            name(b)
        ),
        "leave the slices of one stack in the folder, named alike but for one number",
    )
}

/// The first name whose text differs from that of the first.
fn stranger(names: &[Vec<Piece>]) -> Option<usize> {
    let texts = |name: &[Piece]| -> Vec<Option<String>> {
        name.iter()
            .map(|piece| match piece {
                Piece::Text(text) => Some(text.to_lowercase()),
                Piece::Number(_) => None,
            })
            .collect()
    };
    let first = texts(names.first()?);
    names.iter().position(|name| texts(name) != first)
}

/// Text and numbers in turn; decimals count as one number, the extension is left out.
fn pieces(name: &str, signs: bool) -> Vec<Piece> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let bytes = stem.as_bytes();
    let mut out = Vec::new();
    let (mut at, mut text) = (0, String::new());
    while at < bytes.len() {
        let sign = signs && bytes[at] == b'-' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if !sign && !bytes[at].is_ascii_digit() {
            // Names may hold any letters: whole ones are taken.
            let next = stem[at..].chars().next().map_or(1, char::len_utf8);
            text.push_str(&stem[at..at + next]);
            at += next;
            continue;
        }
        let digits = |from: usize| {
            bytes[from..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count()
        };
        let start = at;
        at += usize::from(sign);
        at += digits(at);
        if bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
            at += 1;
            at += digits(at);
        }
        out.push(Piece::Text(std::mem::take(&mut text)));
        out.push(Piece::Number(stem[start..at].parse().unwrap_or(f64::NAN)));
    }
    out.push(Piece::Text(text));
    out
}

/// Refuses steps that are larger than the others.
fn gap(names: &[String], order: &[usize], number: impl Fn(usize) -> f64) -> Parsed<()> {
    let steps: Vec<f64> = order
        .windows(2)
        .map(|w| number(w[1]) - number(w[0]))
        .collect();
    let smallest = steps.iter().copied().fold(f64::INFINITY, f64::min);
    let jump = steps.iter().position(|s| *s > smallest * 1.001 + 1e-9);
    match jump {
        None => Ok(()),
        Some(at) => Err(Fault::new(
            Problem::MissingSlices,
            format!(
                "the numbers jump between `{}` and `{}`",
                names[order[at]],
                names[order[at + 1]]
            ),
            "add the missing slices, or leave only one stack in the folder",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(names: &[&str]) -> Parsed<Vec<String>> {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        Ok(by_number(&names)?
            .into_iter()
            .map(|i| names[i].clone())
            .collect())
    }

    #[test]
    fn numbers_by_value() {
        let found = sorted(&["s10.tif", "s9.tif", "S11.tif", "s8.tif"]).unwrap();
        assert_eq!(found, ["s8.tif", "s9.tif", "s10.tif", "S11.tif"]);
        let found = sorted(&["z1.00.tif", "z-1.00.tif", "z0.00.tif", "z-2.00.tif"]).unwrap();
        assert_eq!(
            found,
            ["z-2.00.tif", "z-1.00.tif", "z0.00.tif", "z1.00.tif"]
        );
        let found = sorted(&["a-003.tif", "a-001.tif", "a-002.tif"]).unwrap();
        assert_eq!(found, ["a-001.tif", "a-002.tif", "a-003.tif"]);
        let found = sorted(&["s2_z0.12.tif", "s1_z0.06.tif", "s3_z0.18.tif"]).unwrap();
        assert_eq!(found[0], "s1_z0.06.tif");
        assert!(sorted(&["3_D_4_0002.tif", "3_D_4_0001.tif"]).is_ok());
    }

    #[test]
    fn what_is_no_stack_is_refused_by_name() {
        let refused = |names: &[&str], problem, words: &[&str]| {
            let fault = sorted(names).unwrap_err();
            assert_eq!(fault.problem, problem, "{}", fault.reason);
            for word in words {
                assert!(fault.reason.contains(word), "{}", fault.reason);
            }
        };
        refused(
            &["left_001.tif", "right_001.tif", "left_002.tif"],
            Problem::MixedSlices,
            &["left_001.tif", "right_001.tif"],
        );
        refused(
            &["t1_z1.tif", "t1_z2.tif", "t2_z1.tif", "t2_z2.tif"],
            Problem::MixedSlices,
            &[],
        );
        refused(&["s9.tif", "s009.tif"], Problem::MixedSlices, &["s009"]);
        refused(&["x.tif", "y.tif"], Problem::MixedSlices, &["x.tif"]);
        refused(
            &["a_1.tif", "a_2.tif", "a_4.tif"],
            Problem::MissingSlices,
            &["a_2.tif", "a_4.tif"],
        );
        assert!(sorted(&["a2.tif", "a4.tif", "a6.tif"]).is_ok());
    }
}
