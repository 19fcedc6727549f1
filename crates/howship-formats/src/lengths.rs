//! Units of length in the spellings that headers use.

/// Millimetres per unit; `None` for a word that names no length.
pub(crate) fn millimetres(word: &str) -> Option<f64> {
    let word = word
        .trim()
        .trim_matches(['"', '\'', '(', ')', '[', ']'])
        .trim()
        .trim_end_matches('.')
        // ImageJ writes the sign as an escape.
        .replace("\\u00B5", "u")
        .replace("\\u00b5", "u")
        // And OME's XML as an entity.
        .replace("&#181;", "u")
        .replace("&#956;", "u")
        // A micro sign of Latin-1 comes as a replacement character; no other unit begins with such a letter.
        .replace("\u{fffd}m", "um")
        .replace(['\u{b5}', '\u{3bc}'], "u")
        .to_lowercase();
    let word = word.strip_suffix("(s)").unwrap_or(&word);
    let one = word
        .strip_suffix('s')
        .filter(|w| w.len() > 2)
        .unwrap_or(word);
    let one = one.replace("metre", "meter").replace(['-', ' '], "");
    Some(match one.as_str() {
        "m" | "meter" => 1e3,
        "dm" | "decimeter" => 1e2,
        "cm" | "centimeter" => 10.0,
        "mm" | "millimeter" | "milimeter" => 1.0,
        "um" | "micron" | "micrometer" | "micro" | "mcm" => 1e-3,
        "nm" | "nanometer" => 1e-6,
        "in" | "inch" | "inche" => 25.4,
        _ => return None,
    })
}

/// Whether the word says that nothing is said.
pub(crate) fn is_blank(word: &str) -> bool {
    let word = word.trim().trim_matches(['"', '\'']).trim();
    matches!(word, "" | "?" | "??" | "???") || word.eq_ignore_ascii_case("none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling() {
        let all: [(f64, &[&str]); 6] = [
            (1e3, &["m", "\"m\"", "meter", "metres", "Meters"]),
            (10.0, &["cm", "Centimetre", "centimeters"]),
            (1.0, &["mm", "MM", "'mm'", "millimeter", "Millimetres"]),
            (
                1e-3,
                &[
                    "um",
                    "\u{b5}m",
                    "\u{3bc}m",
                    "\\u00B5m",
                    "&#181;m",
                    "\u{fffd}m",
                    "micron",
                    "\"microns\"",
                    "micrometer",
                    "Micrometres",
                ],
            ),
            (1e-6, &["nm", "nanometers"]),
            (25.4, &["inch", "in"]),
        ];
        for (mm, words) in all {
            for word in words {
                assert_eq!(millimetres(word), Some(mm), "{word}");
            }
        }
        for word in ["pixel", "voxels", "banana", "", "s", "mms2", "px"] {
            assert_eq!(millimetres(word), None, "{word}");
        }
        assert!(is_blank("\"\"") && is_blank("?") && !is_blank("pixel"));
    }
}
