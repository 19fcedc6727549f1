//! What a film says of itself, each with where it says so.

use serde::{Deserialize, Serialize};

/// A fact with the words that say where it is from, as in "ImageLaterality" or "stated by the reader".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known<T> {
    /// The fact.
    pub value: T,
    /// From where.
    pub from: String,
}

impl<T> Known<T> {
    /// A fact and from where it is known.
    pub fn new(value: T, from: impl Into<String>) -> Self {
        Self {
            value,
            from: from.into(),
        }
    }
}

/// Which side of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Laterality {
    /// Left.
    Left,
    /// Right.
    Right,
    /// Both on one film.
    Both,
}

impl std::fmt::Display for Laterality {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Left => "left",
            Self::Right => "right",
            Self::Both => "both sides",
        })
    }
}

/// The way the rays went through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// Posteroanterior: a hand from its back to its palm, a foot from its sole to its back.
    Pa,
    /// Anteroposterior: a hand from its palm to its back, a foot from its back to its sole.
    Ap,
    /// From the back to palm or sole (dorsopalmar, dorsoplantar).
    Dp,
    /// From palm or sole to the back (palmodorsal, plantodorsal).
    Pd,
    /// From one side to the other.
    Lateral,
    /// Between those.
    Oblique,
}

impl View {
    /// Whether the rays enter at the back of hand or foot; `None` for views from a side.
    ///
    /// The back of a hand is behind, that of a foot in front (anatomical position): a posteroanterior film is of a hand
    /// what an anteroposterior one is of a foot.
    #[must_use]
    pub fn from_back(self, of: Extremity) -> Option<bool> {
        match (self, of) {
            (Self::Dp, _) | (Self::Pa, Extremity::Hand) | (Self::Ap, Extremity::Foot) => Some(true),
            (Self::Pd, _) | (Self::Ap, Extremity::Hand) | (Self::Pa, Extremity::Foot) => {
                Some(false)
            }
            (Self::Lateral | Self::Oblique, _) => None,
        }
    }
}

/// Hand or foot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Extremity {
    /// Hand with its wrist.
    Hand,
    /// Foot.
    Foot,
}

impl Extremity {
    /// The one that words such as `HAND`, `L_FINGERS`, `FOREFOOT` or `TOE` name; `None` where they name none or both.
    #[must_use]
    pub fn in_words(text: &str) -> Option<Self> {
        const HANDS: [&str; 5] = ["HAND", "FINGER", "THUMB", "METACARP", "WRIST"];
        const FEET: [&str; 5] = ["FOOT", "FEET", "TOE", "METATARS", "HALLUX"];
        let text = text.to_ascii_uppercase();
        let holds = |words: &[&str]| words.iter().any(|w| text.contains(w));
        match (holds(&HANDS), holds(&FEET)) {
            (true, false) => Some(Self::Hand),
            (false, true) => Some(Self::Foot),
            _ => None,
        }
    }

    /// As `BodyPartExamined` writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Hand => "HAND",
            Self::Foot => "FOOT",
        }
    }
}

impl std::str::FromStr for View {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_uppercase().as_str() {
            "PA" => Ok(Self::Pa),
            "AP" => Ok(Self::Ap),
            "DP" => Ok(Self::Dp),
            "PD" => Ok(Self::Pd),
            "LL" | "RL" | "LAT" | "LATERAL" => Ok(Self::Lateral),
            "OBL" | "OBLIQUE" | "LLO" | "RLO" => Ok(Self::Oblique),
            _ => Err(format!(
                "`{text}` is no view; use `PA`, `AP`, `DP` (from the back of hand or foot), `PD`, `lateral` or `oblique`"
            )),
        }
    }
}

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pa => "PA",
            Self::Ap => "AP",
            Self::Dp => "DP",
            Self::Pd => "PD",
            Self::Lateral => "lateral",
            Self::Oblique => "oblique",
        })
    }
}

/// Which way stored values ran; a [`crate::Film`] is always bone bright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Polarity {
    /// High values where bone is: kept as they are.
    BoneBright,
    /// Low values where bone is: turned over.
    BoneDark,
}

/// What the values were made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Intent {
    /// Processed by the maker for looking at: grey levels are no attenuation.
    ForPresentation,
    /// As the detector gave it, linear or logarithmic.
    ForProcessing,
}

/// What a file or a caller said of a film. Absent is unknown; nothing here is guessed from pixels.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FilmFacts {
    /// Which way the stored values ran, and who says so.
    pub stored_as: Option<Known<Polarity>>,
    /// Which side of the body.
    pub laterality: Option<Known<Laterality>>,
    /// The way of the rays.
    pub view: Option<Known<View>>,
    /// The part of the body, in the file's word (`HAND`, `FOOT`).
    pub body_part: Option<Known<String>>,
    /// Patient directions along rows and columns, in the file's words (`R\\F`).
    pub patient_orientation: Option<Known<String>>,
    /// What the values were made for.
    pub intent: Option<Known<Intent>>,
    /// Bits that a stored value had.
    pub bits: Option<u16>,
    /// The interval of pixel values that the file asks to be shown from black to white. Never measured on.
    pub display: Option<[f32; 2]>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_back_of_a_foot_is_in_front() {
        use Extremity::{Foot, Hand};
        for (text, hand, foot) in [
            ("PA", Some(true), Some(false)),
            ("AP", Some(false), Some(true)),
            ("dp", Some(true), Some(true)),
            ("PD", Some(false), Some(false)),
            ("LATERAL", None, None),
        ] {
            let view: View = text.parse().unwrap_or(View::Oblique);
            assert_eq!(
                (view.from_back(Hand), view.from_back(Foot)),
                (hand, foot),
                "{text}"
            );
        }
    }

    #[test]
    fn words_name_hand_or_foot() {
        assert_eq!(Extremity::in_words("L_fingers"), Some(Extremity::Hand));
        assert_eq!(Extremity::in_words("Forefoot AP"), Some(Extremity::Foot));
        assert_eq!(Extremity::in_words("HAND AND FOOT"), None);
        assert_eq!(Extremity::in_words("CHEST"), None);
    }
}
