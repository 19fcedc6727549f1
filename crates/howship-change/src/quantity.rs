use crate::{Scale, VerdictOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is measured of a lesion; fixes its unit, and the smallest change that would matter.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Quantity {
    /// Cavity inside the intact envelope, mm³.
    Volume,
    /// Area of the envelope where cortex is missing, mm².
    MouthArea,
    /// Surface of the cavity's wall, mm².
    Surface,
    /// Largest extent of the mouth in a plane (SPECTRA), mm.
    Width,
    /// Largest distance from the mouth's chord to the floor in the same plane (SPECTRA), mm.
    Depth,
    /// Largest distance from the envelope to the floor in 3-D, mm.
    Depth3d,
    /// Largest extent of the cavity in 3-D, mm.
    Diameter3d,
    /// Mean density inside the cavity.
    DensityInside,
    /// Mean density of bone within 0.25 mm of the wall.
    MarginDensity,
    /// Mean density of bone 0.25-0.75 mm from the wall.
    RimDensity,
}

impl Quantity {
    /// Every quantity, in the order in which tables show them.
    pub const ALL: [Self; 10] = [
        Self::Volume,
        Self::MouthArea,
        Self::Surface,
        Self::Width,
        Self::Depth,
        Self::Depth3d,
        Self::Diameter3d,
        Self::DensityInside,
        Self::MarginDensity,
        Self::RimDensity,
    ];

    /// The key under which tables and JSON carry it.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Volume => "volume",
            Self::MouthArea => "mouth_area",
            Self::Surface => "surface",
            Self::Width => "width",
            Self::Depth => "depth",
            Self::Depth3d => "depth3d",
            Self::Diameter3d => "diameter3d",
            Self::DensityInside => "density_inside",
            Self::MarginDensity => "margin_density",
            Self::RimDensity => "rim_density",
        }
    }

    /// Unit in print; densities carry the unit of their scan instead.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Volume => "mm³",
            Self::MouthArea | Self::Surface => "mm²",
            Self::Width | Self::Depth | Self::Depth3d | Self::Diameter3d => "mm",
            Self::DensityInside | Self::MarginDensity | Self::RimDensity => "mgHA/cm³",
        }
    }

    /// The smallest change that would matter, in the quantity's unit: the default δ.
    ///
    /// Volume 0.25 mm³ and width, depth 0.2 mm are about a third of what a year of effective or failing therapy
    /// moves (Shiraishi, PLoS ONE 2022: −0.85 and +0.62 mm³; Yue, 2017: −0.23 mm width, −0.16 mm depth in
    /// 6 months); density 10 mgHA/cm³ is half of the rim's gain there (+19.75). The areas are a convention.
    #[must_use]
    pub fn default_delta(self) -> f64 {
        match self {
            Self::Volume => 0.25,
            Self::MouthArea => 0.5,
            Self::Surface => 1.0,
            Self::Width | Self::Depth | Self::Depth3d | Self::Diameter3d => 0.2,
            Self::DensityInside | Self::MarginDensity | Self::RimDensity => 10.0,
        }
    }

    /// SD of the weak default prior of a true change: several times any yearly change on record.
    #[must_use]
    pub fn weak_prior_sd(self) -> f64 {
        match self {
            Self::Volume => 10.0,
            Self::MouthArea => 10.0,
            Self::Surface => 20.0,
            Self::Width | Self::Depth | Self::Depth3d | Self::Diameter3d => 5.0,
            Self::DensityInside | Self::MarginDensity | Self::RimDensity => 300.0,
        }
    }

    /// The scale on which its changes are judged. A δ stated in the options is the volume's; others keep theirs.
    #[must_use]
    pub fn scale(self, options: &VerdictOptions) -> Scale {
        let delta = match (self, options.delta) {
            (Self::Volume, Some(delta)) => delta,
            _ => self.default_delta(),
        };
        Scale::new(self.unit(), delta, self.weak_prior_sd())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_serde_writes() {
        for quantity in Quantity::ALL {
            let json = serde_json::to_string(&quantity).unwrap();
            assert_eq!(json, format!("\"{}\"", quantity.key()));
        }
    }

    #[test]
    fn a_stated_delta_is_the_volumes_alone() {
        let options = VerdictOptions {
            delta: Some(0.7),
            ..VerdictOptions::default()
        };
        assert_eq!(Quantity::Volume.scale(&options).delta, 0.7);
        assert_eq!(Quantity::Width.scale(&options).delta, 0.2);
    }
}
