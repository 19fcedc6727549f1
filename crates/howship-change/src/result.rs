use crate::{
    AxesKnown, Directions, ErosionTotal, Lesion, Measurement, NotReported, Provenance, Verdict,
    VerdictOptions, Visit,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Name and version of the JSON written; readers check it.
pub const SCHEMA: &str = "howship-verdicts/3";

/// Earlier versions whose files these types still read: 1 has no totals, no fates, no shares of δ and volumes that each
/// visit gave alone; 2 has no kinds beside erosions, no P(erosion), and reports every cavity.
const EARLIER: [&str; 2] = ["howship-verdicts/1", "howship-verdicts/2"];

/// Whether a file of this schema can be read.
#[must_use]
pub fn knows(schema: &str) -> bool {
    schema == SCHEMA || EARLIER.contains(&schema)
}

/// One visit's image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VisitSummary {
    /// Name and day.
    #[serde(flatten)]
    pub visit: Visit,
    /// Voxels along x, y, z.
    pub size: [usize; 3],
    /// Millimetres along x, y, z.
    pub spacing_mm: [f64; 3],
    /// Density unit of the values.
    pub unit: String,
    /// SD of the noise in soft tissue, in the unit.
    pub noise_sd: f64,
    /// SD of the point spread, mm: known of a phantom, absent for a scan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub blur_mm: Option<f64>,
}

/// How one bone of one visit was brought into the baseline's frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegistrationSummary {
    /// Name of the visit.
    pub visit: String,
    /// Row-major 4 × 4, baseline world mm → visit world mm.
    pub matrix: [[f64; 4]; 4],
    /// Rotation in degrees.
    pub rotation_deg: f64,
    /// Displacement of the bone's centre, mm.
    pub translation_mm: f64,
    /// Normalised cross-correlation over the bone.
    pub correlation: f64,
    /// SD of the displacement error averaged over the bone, mm.
    pub displacement_sd_mm: f64,
    /// Share of the bone that both visits show.
    pub overlap: f64,
    /// Covariance of (rotation vector rad, translation mm) about `centre_mm`.
    pub covariance: [[f64; 6]; 6],
    /// Centre of the covariance, baseline frame, LPS mm.
    pub centre_mm: [f64; 3],
    /// Why the gate failed; absent where it passed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub failed: Option<String>,
}

/// One bone at one visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BoneVisit {
    /// Name of the visit.
    pub visit: String,
    /// By key: `volume`, `density` and so on.
    pub measurements: BTreeMap<String, Measurement>,
}

/// How one bone remodelled between baseline and a visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BoneChange {
    /// Name of the later visit.
    pub to: String,
    /// Named definition of formed and resorbed.
    pub definition: String,
    /// Bone that appeared, mm³.
    pub formation_mm3: f64,
    /// Bone that vanished, mm³.
    pub resorption_mm3: f64,
    /// Bone that grew denser, mm³.
    pub mineralisation_mm3: f64,
    /// Bone that grew less dense, mm³.
    pub demineralisation_mm3: f64,
    /// Bone at baseline inside the field both visits show, mm³.
    pub baseline_bone_mm3: f64,
    /// Expected false volume of formation and of resorption where nothing changed (noise alone), mm³.
    pub false_mm3: f64,
}

/// One bone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bone {
    /// Label in `bones.nii.gz` and name in print.
    pub id: u32,
    /// Name in print.
    pub name: String,
    /// Centre in the baseline's frame, LPS mm.
    pub centroid_mm: [f64; 3],
    /// Per visit.
    pub visits: Vec<BoneVisit>,
    /// Registration of each later visit.
    pub registrations: Vec<RegistrationSummary>,
    /// Remodelling, baseline to each later visit.
    pub remodelling: Vec<BoneChange>,
}

/// What a result says nothing of, because it was not looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotLookedFor {
    /// Erosions: an empty list of lesions does not mean that there is none.
    Erosions,
    /// The joint spaces between bones.
    JointSpaces,
}

/// A whole result: what `verdicts.json` holds. A phantom's truth has the same shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictFile {
    /// [`SCHEMA`].
    pub schema: String,
    /// Where it came from.
    pub provenance: Provenance,
    /// The visits in order.
    pub visits: Vec<VisitSummary>,
    /// The bones in the field.
    pub bones: Vec<Bone>,
    /// Whether `centroid_mm`, `normal` and the like are in axes that the file says are the patient's.
    #[serde(default)]
    pub axes: AxesKnown,
    /// The directions of hand or foot, where the bones are named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub directions: Option<Directions>,
    /// What was left out by request (`--only remodelling`), so that its absence here means nothing.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub not_looked_for: Vec<NotLookedFor>,
    /// The lesions: erosions, what the user pointed at, and where all are wanted the other cavities too.
    pub lesions: Vec<Lesion>,
    /// Cavities that were found and are not reported as erosions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub not_reported: Vec<NotReported>,
    /// Erosion volume of each bone, then of all of them together.
    #[serde(default)]
    pub totals: Vec<ErosionTotal>,
    /// How verdicts were reached.
    pub decision: VerdictOptions,
    /// Expected share of wrong calls among the calls made (`uncertain` is no call).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected_false_discovery: Option<f64>,
    /// What was odd, and what could not be told.
    pub warnings: Vec<String>,
}

impl VerdictFile {
    /// The lesions that sums and headlines count: erosions, and what the user pointed at.
    pub fn counted(&self) -> impl Iterator<Item = &Lesion> {
        self.lesions.iter().filter(|l| l.kind.counts())
    }

    /// Whether erosions were looked for: where not, no list of lesions says anything.
    #[must_use]
    pub fn looked_for_erosions(&self) -> bool {
        !self.not_looked_for.contains(&NotLookedFor::Erosions)
    }

    /// Number of counted lesions with a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.counted()
            .filter(|l| l.verdict() == Some(verdict))
            .count()
    }
}

/// The JSON Schema of [`VerdictFile`].
#[must_use]
pub fn json_schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(VerdictFile)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_names_what_scripts_read() {
        let text = json_schema().to_string();
        for key in [
            "lesions",
            "centroid_mm",
            "probability",
            "verdict",
            "reason",
            "se",
            "lsc",
        ] {
            assert!(text.contains(&format!("\"{key}\"")), "{key}");
        }
    }
}
