//! Scoring systems as tables: what is scored where, in which grades, and what it adds up to.
//!
//! A scheme is TOML; those that ship lie in `schemes/`, sites that they share in `schemes/sites.toml`.
//!
//! ```toml
//! id = "knees"
//! name = "Knees of our clinic"
//! source = "our clinic"          # and `unconfirmed = [...]`, `notes = [...]`, `missing = "..."`
//! sides = "both"                 # or "one": one hand a subject
//! measures = "status"            # or "change": the score compares two films
//! higher_is = "worse"            # or "better"
//! asked = "scheme"               # or "table": sums ask for the sites that the table has
//! [maxima]                       # checked against the sites
//! osteophyte = 12
//! total = 12
//! [[feature]]
//! code = "osteophyte"            # and `title`, `aliases`, `grades = [{ grade = 0, means = "none" }]`
//! [[score]]
//! feature = "osteophyte"
//! sites = ["KNEE", "PATELLA"]
//! max = 3                        # and `min = 0`, `step = 1`, `weight = 1`
//! [[site]]                       # only for sites that the catalogue lacks
//! code = "PATELLA"
//! region = "large"
//! ```

mod catalogue;
mod lookup;
mod parse;
mod show;

pub(crate) use catalogue::{no_such_scheme, shipped};
pub use catalogue::{scheme, schemes};
pub(crate) use lookup::{Lookup, normal, take_side};

use crate::{Item, Side};

/// What a score of the scheme says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measures {
    /// The state of one film.
    #[default]
    Status,
    /// The difference between two films; the score belongs to the later one.
    Change,
}

/// Whether a higher score is worse, as in nearly all schemes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HigherIs {
    /// A negative change may be repair.
    #[default]
    Worse,
    /// A positive change may be repair.
    Better,
}

/// Which sides of the body are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sides {
    /// Every site on the left and on the right.
    #[default]
    Both,
    /// One hand a subject, whichever it is.
    One,
}

/// Which items a total asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Asked {
    /// All of the scheme.
    #[default]
    Scheme,
    /// Those that occur in the table, with whatever status.
    Table,
}

/// What a grade stands for, in short.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Grade {
    /// The grade.
    pub grade: f64,
    /// Its meaning.
    pub means: String,
}

/// Something that is scored at sites, as erosion.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Feature {
    /// Code, as in `erosion`, `jsn`.
    pub code: String,
    /// Name in print.
    pub title: String,
    /// Other spellings that tables use.
    pub aliases: Vec<String>,
    /// Grades in short; empty where they were not read.
    pub grades: Vec<Grade>,
    /// Largest sum over all sites and sides, weights counted.
    pub max: f64,
    /// What that largest sum is stretched to, where the scheme normalises.
    pub normalised_to: Option<f64>,
}

/// The grades of one feature at one site.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct SiteRange {
    /// Into [`Scheme::features`].
    pub feature: usize,
    /// Smallest score.
    pub min: f64,
    /// Largest score.
    pub max: f64,
    /// Grades lie at `min + i·step`; 0 where any number is allowed.
    pub step: f64,
    /// What a score counts in the sum.
    pub weight: f64,
}

/// A bone or joint that is scored.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Site {
    /// Code, as in `MCP2`, `RAD`, `FIP1`.
    pub code: String,
    /// Name in print, without side.
    pub title: String,
    /// `hand` (with the wrist), `foot`, `large`, or a word of the reader's own.
    pub region: String,
    /// Other spellings that tables use.
    pub aliases: Vec<String>,
    /// What is scored here.
    pub ranges: Vec<SiteRange>,
}

/// A scoring system.
///
/// Schemes are TOML tables in `schemes/`; a reader may add one with [`Scheme::from_toml`]. What is from memory and
/// not confirmed against a publication is listed in [`Scheme::unconfirmed`] and shown with the scheme.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Scheme {
    /// Identifier in tables, as in `svdh`, `svdh-440`.
    pub id: String,
    /// Name in print.
    pub name: String,
    /// Schemes that are variants of one method share this word.
    pub family: String,
    /// What tells this variant from the others.
    pub variant: String,
    /// Other identifiers that tables use.
    pub aliases: Vec<String>,
    /// Where sites, grades and maxima come from.
    pub source: String,
    /// What of it is from memory or assumed, not confirmed.
    pub unconfirmed: Vec<String>,
    /// What a reader of the numbers must know.
    pub notes: Vec<String>,
    /// What the scheme says about missing sites.
    pub missing: String,
    /// State of a film, or change between two.
    pub measures: Measures,
    /// Direction of the score.
    pub higher_is: HigherIs,
    /// Whether the scheme's own rules allow a later score below an earlier one; none where its source is silent.
    pub change_may_be_negative: Option<bool>,
    /// Both sides or one hand.
    pub sides: Sides,
    /// Which items a total asks for.
    pub asked: Asked,
    /// Whether the features add up to a total.
    pub total: bool,
    /// What to analyse first: `total` or a feature.
    pub primary: String,
    /// Features in the scheme's order.
    pub features: Vec<Feature>,
    /// Sites in the scheme's order.
    pub sites: Vec<Site>,
    /// Largest total before any normalisation; 0 where features are not added up.
    pub max_total: f64,
    /// Largest sum of one site over its features, where the scheme's source states it.
    pub max_site: Option<f64>,
}

impl Scheme {
    /// Every scored thing: by feature, then side (left first), then site, in the scheme's order.
    #[must_use]
    pub fn items(&self) -> Vec<Item> {
        let sides: &[Option<Side>] = match self.sides {
            Sides::Both => &[Some(Side::L), Some(Side::R)],
            Sides::One => &[None],
        };
        let mut items = Vec::new();
        for (number, feature) in self.features.iter().enumerate() {
            for &side in sides {
                for site in &self.sites {
                    let here = site.ranges.iter().filter(|r| r.feature == number);
                    items.extend(here.map(|range| Item {
                        side,
                        site: site.code.clone(),
                        feature: feature.code.clone(),
                        min: range.min,
                        max: range.max,
                        step: range.step,
                        weight: range.weight,
                    }));
                }
            }
        }
        items
    }

    /// A site by its code.
    #[must_use]
    pub fn site(&self, code: &str) -> Option<&Site> {
        self.sites.iter().find(|s| s.code == code)
    }

    /// A feature by its code.
    #[must_use]
    pub fn feature(&self, code: &str) -> Option<&Feature> {
        self.features.iter().find(|f| f.code == code)
    }

    /// Largest total as it is reported: after normalisation, where the scheme has one.
    #[must_use]
    pub fn max_reported(&self) -> f64 {
        if !self.total {
            return 0.0;
        }
        let stretched = self
            .features
            .iter()
            .map(|f| f.normalised_to.unwrap_or(f.max));
        stretched.sum()
    }

    /// Whether the scheme goes by this identifier, letter case ignored.
    #[must_use]
    pub fn answers_to(&self, id: &str) -> bool {
        let aliases = self.aliases.iter().map(String::as_str);
        std::iter::once(self.id.as_str())
            .chain(aliases)
            .any(|name| name.eq_ignore_ascii_case(id))
    }
}
