//! Colours: of verdicts, of visits, of series, of lines and text.

use howship_change::Verdict;

/// Text.
pub(crate) const INK: &str = "#26262b";
/// The softer text of captions.
pub(crate) const SOFT: &str = "#5c5c66";
/// Grid lines.
pub(crate) const GRID: &str = "#e3e1dc";
/// Axes, and lines that mark a value.
pub(crate) const RULE: &str = "#77757f";
/// As the verdicts of the page: negative change, no change, positive change, undecided.
pub(crate) const REPAIR: &str = "#007a5a";
pub(crate) const STABLE: &str = "#0067a5";
pub(crate) const PROGRESSION: &str = "#b84300";
pub(crate) const UNCERTAIN: &str = "#5f5f68";

/// Arms and readers, each with its own marker. Dark enough to read on white, apart for colour-blind eyes, and
/// none of them the green or orange that stand for repair and progression.
const SERIES: [&str; 8] = [
    "#0067a5", "#aa3377", "#8a6d00", "#26262b", "#5a4fcf", "#8c1c13", "#0f7f8c", "#7b6a58",
];

/// Colour of an arm, a reader or another series; its marker is [`super::Svg::marker`] of the same number.
pub(crate) fn series_colour(index: usize) -> &'static str {
    SERIES[index % SERIES.len()]
}

/// How a verdict looks: colour, its light tint, and a symbol, so that colour is never alone.
///
/// Hues after Okabe and Ito (colour universal design), darkened until text on white reaches 4.5 : 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Look {
    pub(crate) class: &'static str,
    pub(crate) word: &'static str,
    pub(crate) symbol: &'static str,
    pub(crate) colour: &'static str,
    /// Linear-light RGB for the renderer.
    pub(crate) light: [f32; 3],
}

/// The look of a verdict, or of a lesion without one.
pub(crate) fn look(verdict: Option<Verdict>) -> Look {
    match verdict {
        Some(Verdict::Healing) => Look {
            class: "healing",
            word: "healing",
            symbol: "▼",
            colour: "#007a5a",
            light: [0.0, 0.36, 0.20],
        },
        Some(Verdict::Stable) => Look {
            class: "stable",
            word: "stable",
            symbol: "●",
            colour: "#0067a5",
            light: [0.0, 0.17, 0.50],
        },
        Some(Verdict::Progressing) => Look {
            class: "progressing",
            word: "progressing",
            symbol: "▲",
            colour: "#b84300",
            light: [0.68, 0.085, 0.0],
        },
        Some(Verdict::Uncertain) => Look {
            class: "uncertain",
            word: "uncertain",
            symbol: "?",
            colour: "#5f5f68",
            light: [0.13, 0.10, 0.20],
        },
        None => Look {
            class: "measured",
            word: "measured once",
            symbol: "■",
            colour: "#7a4a8c",
            light: [0.25, 0.05, 0.33],
        },
    }
}

/// Contour colours of the visits, baseline first; legible on grey levels from black to white.
const VISITS: [&str; 6] = [
    "#56b4e9", "#ffb000", "#ff5fa2", "#7bd389", "#c9a0ff", "#ff7a45",
];

/// Colour of a visit's contour.
pub(crate) fn visit_colour(visit: usize) -> &'static str {
    VISITS[visit % VISITS.len()]
}

/// Parses `#rrggbb`; black where it is none.
pub(crate) fn rgb(colour: &str) -> [u8; 3] {
    let hex = colour.strip_prefix('#').unwrap_or("");
    std::array::from_fn(|i| {
        hex.get(2 * i..2 * i + 2)
            .and_then(|pair| u8::from_str_radix(pair, 16).ok())
            .unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(colour: &str) -> f64 {
        let weights = [0.2126, 0.7152, 0.0722];
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        };
        rgb(colour)
            .iter()
            .zip(weights)
            .map(|(&v, w)| w * linear(v))
            .sum()
    }

    /// WCAG 2.2, success criterion 1.4.3.
    #[test]
    fn verdict_words_have_enough_contrast_on_white() {
        let all = [
            Some(Verdict::Healing),
            Some(Verdict::Stable),
            Some(Verdict::Progressing),
            Some(Verdict::Uncertain),
            None,
        ];
        for verdict in all {
            let ratio = 1.05 / (luminance(look(verdict).colour) + 0.05);
            assert!(ratio >= 4.5, "{verdict:?} {ratio}");
        }
    }
}
