//! The units that a volume's values may be in.

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
    /// No physical unit (MRI, uncalibrated CT, native scanner counts).
    #[serde(rename = "arbitrary")]
    Arbitrary,
}

impl std::fmt::Display for DensityUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::MgHaPerCm3 => "mgHA/cm³",
            Self::Hounsfield => "HU",
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
            "arbitrary" | "none" | "native" => Ok(Self::Arbitrary),
            _ => Err(format!(
                "`{text}` is no density unit; use `mgHA/cm3`, `HU` or `arbitrary`"
            )),
        }
    }
}
