//! The natural order of names: numbers by value, the rest by letter.

use std::cmp::Ordering;

/// `s9` before `s10`; equal numbers of different width by text.
pub(super) fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    loop {
        match (left.first(), right.first()) {
            (None, None) => return a.cmp(b),
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (n, rest_left) = number(left);
                let (m, rest_right) = number(right);
                // Without leading zeros the longer number is the larger.
                let order = n.len().cmp(&m.len()).then_with(|| n.cmp(m));
                if order != Ordering::Equal {
                    return order;
                }
                (left, right) = (rest_left, rest_right);
            }
            (Some(x), Some(y)) => {
                let order = x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase());
                if order != Ordering::Equal {
                    return order;
                }
                (left, right) = (&left[1..], &right[1..]);
            }
        }
    }
}

/// The digits without leading zeros, and what follows.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    let zeros = digits.iter().take_while(|&&b| b == b'0').count();
    (&digits[zeros..], rest)
}

/// The first pair of neighbours whose last numbers are further apart than those before.
///
/// Nothing is said of names without a number, or whose text around the number differs.
pub(super) fn gap(sorted: &[String]) -> Option<(String, String)> {
    let numbered: Vec<(String, i64)> = sorted.iter().filter_map(|n| last_number(n)).collect();
    if numbered.len() != sorted.len() || numbered.windows(2).any(|w| w[0].0 != w[1].0) {
        return None;
    }
    let steps: Vec<i64> = numbered.windows(2).map(|w| w[1].1 - w[0].1).collect();
    let smallest = *steps.iter().min()?;
    let at = steps.iter().position(|&s| s != smallest)?;
    Some((sorted[at].clone(), sorted[at + 1].clone()))
}

/// The text around the last number of a name, and the number.
fn last_number(name: &str) -> Option<(String, i64)> {
    let bytes = name.as_bytes();
    let stem = name.rfind('.').unwrap_or(name.len());
    let end = bytes[..stem].iter().rposition(u8::is_ascii_digit)? + 1;
    let start = bytes[..end]
        .iter()
        .rposition(|b| !b.is_ascii_digit())
        .map_or(0, |i| i + 1);
    let number = name[start..end].parse().ok()?;
    Some((format!("{}#{}", &name[..start], &name[end..]), number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_by_value() {
        let mut names = ["s10.tif", "s9.tif", "s009.tif", "S1.tif", "s100.tif"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(
            names,
            ["S1.tif", "s009.tif", "s9.tif", "s10.tif", "s100.tif"]
        );
    }

    #[test]
    fn gaps_are_found_and_even_steps_are_not() {
        let names = |n: &[i32]| {
            n.iter()
                .map(|i| format!("a1_{i:03}.tif"))
                .collect::<Vec<_>>()
        };
        assert_eq!(gap(&names(&[1, 2, 3])), None);
        assert_eq!(gap(&names(&[2, 4, 6])), None);
        let found = gap(&names(&[1, 2, 4])).unwrap();
        assert_eq!(found, ("a1_002.tif".to_owned(), "a1_004.tif".to_owned()));
        assert_eq!(gap(&["x.tif".to_owned(), "y.tif".to_owned()]), None);
    }
}
