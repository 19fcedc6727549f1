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
    /// From the back to the palm or sole (posteroanterior, dorsopalmar).
    Pa,
    /// From the palm or sole to the back (anteroposterior).
    Ap,
    /// From one side to the other.
    Lateral,
    /// Between those.
    Oblique,
}

impl std::str::FromStr for View {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim().to_ascii_uppercase().as_str() {
            "PA" | "DP" => Ok(Self::Pa),
            "AP" | "PD" => Ok(Self::Ap),
            "LL" | "RL" | "LAT" | "LATERAL" => Ok(Self::Lateral),
            "OBL" | "OBLIQUE" | "LLO" | "RLO" => Ok(Self::Oblique),
            _ => Err(format!(
                "`{text}` is no view; use `PA`, `AP`, `lateral` or `oblique`"
            )),
        }
    }
}

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pa => "PA",
            Self::Ap => "AP",
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
