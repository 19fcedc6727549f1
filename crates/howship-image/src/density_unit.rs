//! The units that a volume's values may be in, and how that is known.

use serde::{Deserialize, Serialize};

/// The unit of a volume's values. A threshold in one unit on data in another is an error, never a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DensityUnit {
    /// Milligrams of hydroxyapatite per cubic centimetre.
    #[serde(rename = "mgHA/cm³")]
    MgHaPerCm3,
    /// Hounsfield units.
    #[serde(rename = "HU")]
    Hounsfield,
    /// Counts as a scanner stores them: a density only through a calibration, never by a word.
    #[serde(rename = "native counts")]
    Native,
    /// No physical unit (MRI, CT that nobody calibrated).
    #[serde(rename = "arbitrary")]
    Arbitrary,
}

/// How it is known what a volume's numbers mean, from the surest to the least sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UnitKnown {
    /// Converted from native counts by a calibration.
    Calibrated,
    /// The file says so.
    Written,
    /// The caller says so.
    Stated,
    /// Nobody says.
    Unknown,
}

impl std::fmt::Display for DensityUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MgHaPerCm3 => "mgHA/cm³",
            Self::Hounsfield => "HU",
            Self::Native => "native counts",
            Self::Arbitrary => "arbitrary",
        })
    }
}

impl std::str::FromStr for DensityUnit {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.to_ascii_lowercase().as_str() {
            "mgha/cm3" | "mgha/cm³" | "mgha/ccm" | "bmd" => Ok(Self::MgHaPerCm3),
            "hu" | "hounsfield" => Ok(Self::Hounsfield),
            "native" | "native counts" | "counts" => Ok(Self::Native),
            "arbitrary" | "none" => Ok(Self::Arbitrary),
            _ => Err(format!(
                "`{text}` is no density unit; use `mgHA/cm3`, `HU`, `native` or `arbitrary`"
            )),
        }
    }
}
