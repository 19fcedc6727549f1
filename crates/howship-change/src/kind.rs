use crate::Measurement;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of cavity a lesion is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum LesionKind {
    /// A cortical break with loss of the trabecular bone under it, of non-linear shape (SPECTRA), that looks like an
    /// erosion or has changed between visits.
    Erosion,
    /// A hollow of the bone's own shape, at a ligament or along the lip of the joint's face.
    NaturalRecess,
    /// Long and thin: the way of a vessel through the cortex.
    VascularChannel,
    /// A void without a way out through the cortex.
    Cyst,
    /// Given by the user, not classified.
    Given,
}

impl LesionKind {
    /// All of them, in the order in which tables show them.
    pub const ALL: [Self; 5] = [
        Self::Erosion,
        Self::NaturalRecess,
        Self::VascularChannel,
        Self::Cyst,
        Self::Given,
    ];

    /// The word in tables and JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Erosion => "erosion",
            Self::NaturalRecess => "natural_recess",
            Self::VascularChannel => "vascular_channel",
            Self::Cyst => "cyst",
            Self::Given => "given",
        }
    }

    /// The words in print, of one and of several.
    #[must_use]
    pub fn words(self) -> [&'static str; 2] {
        match self {
            Self::Erosion => ["erosion", "erosions"],
            Self::NaturalRecess => ["natural recess", "natural recesses"],
            Self::VascularChannel => ["vascular channel", "vascular channels"],
            Self::Cyst => ["cyst", "cysts"],
            Self::Given => ["given lesion", "given lesions"],
        }
    }

    /// Whether it counts in sums and headlines: erosions, and whatever the user pointed at.
    #[must_use]
    pub fn counts(self) -> bool {
        matches!(self, Self::Erosion | Self::Given)
    }
}

/// How probable it is that a cavity is an erosion and not the bone's own shape, from one visit's image.
///
/// A logistic model: the logit of `probability` is the sum of the evidence's logits and of the model's own constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErosionProbability {
    /// P(erosion), 0 to 1.
    pub probability: f64,
    /// The visit that was looked at: of those that show a break, the one with the largest cavity.
    pub visit: String,
    /// What spoke for it and against it.
    pub evidence: Vec<Evidence>,
}

/// One thing that speaks for or against an erosion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// What was looked at, as named in `docs/methods.md`.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Unit of the value; empty of a share or ratio.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub unit: String,
    /// What it adds to the logit of P(erosion): above 0 it speaks for an erosion.
    pub logit: f64,
}

/// A cavity that was found and is not reported as an erosion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NotReported {
    /// Identity; the reported lesions' identities come first.
    pub id: u32,
    /// The bone it is in.
    pub bone: String,
    /// What it is taken for.
    pub kind: LesionKind,
    /// Centre in the baseline's frame, LPS mm.
    pub centroid_mm: [f64; 3],
    /// P(erosion); absent of a cyst, which has no break to be judged by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub erosion_probability: Option<ErosionProbability>,
    /// Volume per visit; empty of a cyst.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub volumes: Vec<VisitVolume>,
    /// Diameter of the largest ball inside, mm; of a cyst.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub diameter_mm: Option<f64>,
}

/// A volume at a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VisitVolume {
    /// Name of the visit.
    pub visit: String,
    /// mm³.
    pub volume: Measurement,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_the_words_of_the_json() {
        for kind in LesionKind::ALL {
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.key());
            assert_eq!(
                kind.key().replace('_', " "),
                match kind {
                    LesionKind::Given => "given",
                    other => other.words()[0],
                }
            );
        }
        let counted: Vec<_> = LesionKind::ALL.iter().filter(|k| k.counts()).collect();
        assert_eq!(counted, [&LesionKind::Erosion, &LesionKind::Given]);
    }
}
