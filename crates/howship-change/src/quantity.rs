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

    /// The smallest change that would matter, in the quantity's unit: the default of δ, and of the volume its floor.
    ///
    /// Volume 0.1 mm³: above what a rescan of an unchanged lesion differs by (rescans of two real joints with fresh
    /// noise and pose: precision error 0.011-0.024 mm³, least significant change 0.03-0.07 mm³), and the size of the
    /// smallest lesion that is reported; the rest of the volume's δ is [`Self::default_delta_share`]. Width, depth
    /// 0.2 mm are about a third of what a year of effective or failing therapy moves (Yue, 2017: −0.23 mm width,
    /// −0.16 mm depth in 6 months); density 10 mgHA/cm³ is half of the rim's gain there (+19.75). The areas are a
    /// convention.
    #[must_use]
    pub fn default_delta(self) -> f64 {
        match self {
            Self::Volume => 0.1,
            Self::MouthArea => 0.5,
            Self::Surface => 1.0,
            Self::Width | Self::Depth | Self::Depth3d | Self::Diameter3d => 0.2,
            Self::DensityInside | Self::MarginDensity | Self::RimDensity => 10.0,
        }
    }

    /// Share of the baseline's value below which a change does not matter, where that is more than
    /// [`Self::default_delta`]; 0 for all but the volume.
    ///
    /// A tenth of the volume: what matters of a lesion of 0.4 mm³ does not matter of one of 10. It lies below what
    /// semi-automatic HR-pQCT tells from error (RMS-CV below 5 %, least significant change 14 %) and, for lesions of a
    /// few mm³, below the mean change of a year under effective or failing therapy (−0.85 and +0.62 mm³; both
    /// Shiraishi, PLoS ONE 2022).
    #[must_use]
    pub fn default_delta_share(self) -> f64 {
        match self {
            Self::Volume => 0.1,
            _ => 0.0,
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

    /// The scale on which a change from a value at baseline is judged: δ is the larger of a floor and of a share of
    /// that value.
    ///
    /// What the options state is the volume's; others keep theirs. A floor stated alone is all of δ. A baseline that
    /// is no number, or negative, adds nothing to the floor.
    #[must_use]
    pub fn scale(self, options: &VerdictOptions, baseline: f64) -> Scale {
        let (floor, share) = self.delta_rule(options);
        let delta = if baseline.is_finite() {
            floor.max(share * baseline)
        } else {
            floor
        };
        Scale::new(self.unit(), delta, self.weak_prior_sd())
    }

    /// Floor and share of δ that are in force.
    #[must_use]
    pub fn delta_rule(self, options: &VerdictOptions) -> (f64, f64) {
        let stated = (options.delta, options.delta_share);
        match (self, stated) {
            (Self::Volume, (Some(floor), share)) => (floor, share.unwrap_or(0.0)),
            (Self::Volume, (None, Some(share))) => (self.default_delta(), share),
            _ => (self.default_delta(), self.default_delta_share()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Change, Verdict, decide};

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
        assert_eq!(Quantity::Volume.scale(&options, 20.0).delta, 0.7);
        assert_eq!(Quantity::Width.scale(&options, 20.0).delta, 0.2);
        let both = VerdictOptions {
            delta_share: Some(0.2),
            ..options
        };
        assert_eq!(Quantity::Volume.scale(&both, 20.0).delta, 4.0);
        assert_eq!(Quantity::Volume.scale(&both, 1.0).delta, 0.7);
        let share = VerdictOptions {
            delta: None,
            ..both
        };
        assert_eq!(Quantity::Volume.scale(&share, 0.2).delta, 0.1);
    }

    #[test]
    fn delta_is_the_larger_of_a_floor_and_a_share_of_the_baseline() {
        let options = VerdictOptions::default();
        let delta = |baseline| Quantity::Volume.scale(&options, baseline).delta;
        assert_eq!((delta(0.0), delta(0.9), delta(10.0)), (0.1, 0.1, 1.0));
        assert_eq!((delta(f64::NAN), delta(-3.0)), (0.1, 0.1));
    }

    /// With an error of 0.05 mm³, twice what rescans show: small lesions can heal, large ones that lose a crumb do not.
    #[test]
    fn a_small_lesion_can_heal_and_a_crumb_of_a_large_one_is_nothing() {
        let options = VerdictOptions::default();
        let verdict = |before: f64, change: f64| {
            let scale = Quantity::Volume.scale(&options, before);
            let change = Change::new(change, 0.05, None, &scale, ("M0", "M6")).unwrap();
            decide(change, &scale, None, &options).unwrap().verdict
        };
        assert_eq!(verdict(0.25, -0.25), Verdict::Healing);
        assert_eq!(verdict(0.39, -0.234), Verdict::Healing);
        assert_eq!(verdict(10.0, -0.4), Verdict::Stable);
        assert_eq!(verdict(0.0, 0.3), Verdict::Progressing);
    }
}
