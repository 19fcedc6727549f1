/// What to write instead: the known word that a mistyped one is nearest to, and all that are known.
pub(crate) fn offered<'a>(word: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let near = did_you_mean(word, known.clone()).map_or_else(String::new, |near| near + " ");
    near + &one_of(known)
}

/// `did you mean `x`?` for the known word that a mistyped one is nearest to; none where none is near.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|near| format!("did you mean `{near}`?"))
}

/// The known word within a third of the letters, at least one, of a mistyped one; none where several are as near and
/// differ from it in a digit only, as `MCP6` does from each of five.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted: Vec<char> = word.to_lowercase().chars().take(64).collect();
    let allowed = (wanted.len() / 3).max(1);
    let mut best: Option<(usize, &str)> = None;
    let mut numbered = 0;
    for candidate in known {
        let letters: Vec<char> = candidate.to_lowercase().chars().take(64).collect();
        if letters.len().abs_diff(wanted.len()) > allowed {
            continue;
        }
        let far = distance(&wanted, &letters);
        if far <= allowed && best.is_none_or(|(d, _)| far < d) {
            best = Some((far, candidate));
            numbered = 0;
        }
        if best.is_some_and(|(d, _)| d == far) {
            numbered += usize::from(differs_in_digits(&wanted, &letters));
        }
    }
    best.filter(|_| numbered < 2)
        .map(|(_, candidate)| candidate)
}

/// Whether two words have other digits, and all else alike.
fn differs_in_digits(a: &[char], b: &[char]) -> bool {
    let digits = |(x, y): (&char, &char)| x.is_ascii_digit() && y.is_ascii_digit();
    a.len() == b.len() && a.iter().zip(b).all(|(x, y)| x == y || digits((x, y)))
}

/// The known words nearest to a mistyped one, at most so many; the first known ones where none is near.
pub(crate) fn nearest_few<'a>(
    word: &str,
    known: impl Iterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let letters = |w: &str| -> Vec<char> { w.to_lowercase().chars().take(64).collect() };
    let wanted = letters(word);
    let mut all: Vec<(usize, &str)> = known.map(|w| (distance(&wanted, &letters(w)), w)).collect();
    let near = (wanted.len() / 3).max(1);
    if all.iter().any(|(far, _)| *far <= near) {
        all.retain(|(far, _)| *far <= near);
        // Stable: equally near words stay in the table's order.
        all.sort_by_key(|(far, _)| *far);
    }
    all.into_iter().take(most).map(|(_, w)| w).collect()
}

/// `allowed: a, b, c`, cut where the list is long.
fn one_of<'a>(known: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 48;
    let mut text = String::from("allowed: ");
    let mut more = 0_usize;
    for (i, word) in known.enumerate() {
        if i >= SHOWN {
            more += 1;
            continue;
        }
        if i > 0 {
            text.push_str(", ");
        }
        text.extend(word.chars().take(60));
    }
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

/// Fewest insertions, deletions, replacements and swaps of neighbours that turn one word into the other (optimal
/// string alignment; Damerau 1964, Levenshtein 1966).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; b.len() + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            row[j + 1] = replaced.min(row[j] + 1).min(last[j + 1] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x {
                row[j + 1] = row[j + 1].min(before[j - 1] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let d = |a: &str, b: &str| {
            distance(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
            )
        };
        assert_eq!(
            (d("kitten", "sitting"), d("", "ab"), d("ab", "ab")),
            (3, 2, 0)
        );
        assert_eq!((d("svhd", "svdh"), d("abc", "ca")), (1, 3));
    }

    #[test]
    fn near_and_far() {
        let known = ["MCP2", "PIP2", "LUN"];
        assert_eq!(nearest("MPC2", known.into_iter()), Some("MCP2"));
        assert_eq!(nearest("MCP22", known.into_iter()), Some("MCP2"));
        assert_eq!(nearest("lum", known.into_iter()), Some("LUN"));
        assert_eq!(nearest("elephant", known.into_iter()), None);
        assert_eq!(nearest_few("pip3", known.into_iter(), 2), ["PIP2"]);
        assert_eq!(
            nearest_few("elephant", known.into_iter(), 2),
            ["MCP2", "PIP2"]
        );
    }
}
