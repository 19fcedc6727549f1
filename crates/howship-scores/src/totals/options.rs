use crate::Asked;
use serde::{Deserialize, Serialize};

/// What stands in for a score that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fill {
    /// Nothing: the feature's sum is imputed in proportion, or is missing.
    #[default]
    Missing,
    /// The last score that the same reader gave this item in an earlier visit of the same reading; nothing where
    /// there is none.
    Carry,
    /// The item's largest grade.
    Maximum,
}

/// How a partly scored feature is brought up to all of its sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proportion {
    /// By largest possible sums: observed · (largest sum of the sites asked / of the sites scored). Never leaves the
    /// scale. By counts where an item has no positive, finite largest grade.
    #[default]
    Maxima,
    /// By numbers of sites: observed · (asked / scored). Biased where sites have different ranges, as hands and feet
    /// in Sharp/van der Heijde erosions.
    Counts,
    /// Not at all: a feature with a site left open has no sum.
    Never,
}

/// Rules for sums.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct TotalsOptions {
    /// For missing sites, and for sites that have no row.
    pub missing: Fill,
    /// For replaced (operated) sites. Rules are specific to trials (from memory, not confirmed).
    pub replaced: Fill,
    /// For sites that were on the film but not readable.
    pub not_scorable: Fill,
    /// How a partly scored feature is completed.
    pub proportion: Proportion,
    /// Smallest share of a feature's sites, by number, that must be scored or filled for that; else no sum.
    pub share: f64,
    /// Whether sums are stretched to the scheme's normalised scale.
    pub normalise: bool,
    /// Which items a sum asks for; none: as the scheme says.
    pub asked: Option<Asked>,
}

impl Default for TotalsOptions {
    fn default() -> Self {
        Self {
            missing: Fill::Missing,
            replaced: Fill::Carry,
            not_scorable: Fill::Missing,
            proportion: Proportion::Maxima,
            share: 0.5,
            normalise: true,
            asked: None,
        }
    }
}
