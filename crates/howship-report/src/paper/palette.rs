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
            colour: "#2b2733",
            light: [0.024, 0.020, 0.033],
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

    /// What a colour-blind eye sees of a linear-light colour (Machado, Oliveira, Fernandes, IEEE TVCG 2009, severity 1).
    const BLIND: [(&str, [[f64; 3]; 3]); 3] = [
        (
            "protan",
            [
                [0.152_286, 1.052_583, -0.204_868],
                [0.114_503, 0.786_281, 0.099_216],
                [-0.003_882, -0.048_116, 1.051_998],
            ],
        ),
        (
            "deutan",
            [
                [0.367_322, 0.860_646, -0.227_968],
                [0.280_085, 0.672_501, 0.047_413],
                [-0.011_820, 0.042_940, 0.968_881],
            ],
        ),
        (
            "tritan",
            [
                [1.255_528, -0.076_749, -0.178_779],
                [-0.078_411, 0.930_809, 0.147_602],
                [0.004_733, 0.691_367, 0.303_900],
            ],
        ),
    ];

    /// CIE 1976 L*a*b* of linear-light sRGB, white point D65.
    fn lab(rgb: [f64; 3]) -> [f64; 3] {
        let to_xyz = [
            [0.4124, 0.3576, 0.1805],
            [0.2126, 0.7152, 0.0722],
            [0.0193, 0.1192, 0.9505],
        ];
        let white = [0.95047, 1.0, 1.08883];
        let f = |t: f64| {
            if t > 0.008_856 {
                t.cbrt()
            } else {
                7.787 * t + 16.0 / 116.0
            }
        };
        let xyz: [f64; 3] = std::array::from_fn(|i| {
            let v: f64 = (0..3).map(|k| to_xyz[i][k] * rgb[k]).sum();
            f(v.max(0.0) / white[i])
        });
        [
            116.0 * xyz[1] - 16.0,
            500.0 * (xyz[0] - xyz[1]),
            200.0 * (xyz[1] - xyz[2]),
        ]
    }

    fn seen(colour: &str, eye: &[[f64; 3]; 3]) -> [f64; 3] {
        let linear = rgb(colour).map(|v| {
            let v = f64::from(v) / 255.0;
            if v <= 0.04045 {
                v / 12.92
            } else {
                ((v + 0.055) / 1.055).powf(2.4)
            }
        });
        lab(std::array::from_fn(|i| {
            (0..3).map(|k| eye[i][k] * linear[k]).sum()
        }))
    }

    /// A difference of 25 is plain at a glance; one of 2 is just seen.
    #[test]
    fn healing_and_uncertain_differ_for_the_colour_blind_by_more_than_a_symbol() {
        let colours = [
            Verdict::Healing,
            Verdict::Stable,
            Verdict::Progressing,
            Verdict::Uncertain,
        ]
        .map(|v| (v, look(Some(v)).colour));
        for (name, eye) in &BLIND {
            for (i, (a, x)) in colours.iter().enumerate() {
                for (b, y) in &colours[i + 1..] {
                    let (p, q) = (seen(x, eye), seen(y, eye));
                    let apart = (0..3).map(|k| (p[k] - q[k]).powi(2)).sum::<f64>().sqrt();
                    // Blue and green come close for those few who lack the short cones; both are plain words and symbols.
                    let close =
                        *name == "tritan" && [*a, *b] == [Verdict::Healing, Verdict::Stable];
                    let least = if close { 10.0 } else { 25.0 };
                    assert!(apart > least, "{name}: {a} and {b} are {apart:.0} apart");
                }
            }
        }
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
