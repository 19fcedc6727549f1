//! What `verdicts.json` of films holds, and the truth that phantoms put beside it.

use crate::{FilmJoint, JointBone, Provenance, Side, Verdict, VerdictOptions, Visit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Name and version of the JSON of films.
pub const FILM_SCHEMA: &str = "howship-films/1";
/// Name and version of the JSON of a film phantom's truth.
pub const FILM_TRUTH_SCHEMA: &str = "howship-film-truth/1";

/// One film that was compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmSummary {
    /// Name of its visit.
    pub visit: String,
    /// File name without its folder.
    pub film: String,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Millimetres per pixel along x, y; absent where lengths are in pixels.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub mm_per_pixel: Option<[f64; 2]>,
    /// Unit of lengths: `mm`, `mm at the detector` or `px`.
    pub unit: String,
    /// From where the length of a pixel is known.
    pub scale_known: String,
    /// Side of the body and from where it is known; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub side: Option<String>,
    /// The way of the rays and from where it is known; absent where it is not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub view: Option<String>,
}

/// A joint with the films it was followed on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FollowedJoint {
    /// What was measured.
    #[serde(flatten)]
    pub joint: FilmJoint,
    /// File names, one for each of the joint's visits.
    pub films: Vec<String>,
}

impl FollowedJoint {
    /// Side and joint, as in `R.MCP2`; the hand's number stands for a side that is not known.
    #[must_use]
    pub fn name(&self) -> String {
        match self.joint.side {
            Some(side) => format!("{}.{}", side.letter(), self.joint.joint),
            None if self.joint.hand > 1 => {
                let foot = crate::anatomy::joint(&self.joint.joint)
                    .is_some_and(|j| j.part == crate::anatomy::Part::Foot);
                let part = if foot { "foot" } else { "hand" };
                format!("{part} {}.{}", self.joint.hand, self.joint.joint)
            }
            None => self.joint.joint.clone(),
        }
    }
}

/// The result of `howship compare` on films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmVerdictFile {
    /// [`FILM_SCHEMA`].
    pub schema: String,
    /// How it was made.
    pub provenance: Provenance,
    /// The visits, baseline first.
    pub visits: Vec<Visit>,
    /// The films, visit by visit.
    pub films: Vec<FilmSummary>,
    /// The joints.
    pub joints: Vec<FollowedJoint>,
    /// How verdicts were reached.
    pub decision: VerdictOptions,
    /// What repeated films were taken to differ by, in words.
    pub precision: String,
    /// Expected share of wrong calls among the erosions that were called.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expected_false_discovery: Option<f64>,
    /// What was odd, before any number is read.
    pub warnings: Vec<String>,
}

impl FilmVerdictFile {
    /// Erosions with a verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.joints
            .iter()
            .flat_map(|j| &j.joint.erosions)
            .filter(|e| e.verdict.verdict == verdict)
            .count()
    }
}

/// What is true of one erosion on films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmErosionTruth {
    /// The bone it is in.
    pub bone: JointBone,
    /// Middle of its mouth on the first film, pixels.
    pub at: [f64; 2],
    /// Area per visit, mm²: integral over the film of the share of the bone's attenuation that is lost.
    pub area_mm2: Vec<f64>,
    /// Share of the cortical line that is there over the former mouth, per visit.
    pub closed: Vec<f64>,
    /// From the first visit to the last.
    pub verdict: Verdict,
}

/// What is true of one joint on films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmJointTruth {
    /// Short name of the joint.
    pub joint: String,
    /// Side of the body.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub side: Option<Side>,
    /// Joint space per visit, mm.
    pub joint_space_mm: Vec<f64>,
    /// Erosions.
    pub erosions: Vec<FilmErosionTruth>,
}

/// The truth of a series of films.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FilmTruth {
    /// [`FILM_TRUTH_SCHEMA`].
    pub schema: String,
    /// Names of the visits.
    pub visits: Vec<String>,
    /// The joints.
    pub joints: Vec<FilmJointTruth>,
}

impl FilmTruth {
    /// The joint of a result's joint.
    #[must_use]
    pub fn of(&self, joint: &FollowedJoint) -> Option<&FilmJointTruth> {
        self.joints
            .iter()
            .find(|t| t.joint == joint.joint.joint && t.side == joint.joint.side)
    }
}

/// The JSON Schema of [`FilmVerdictFile`].
#[must_use]
pub fn film_json_schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(FilmVerdictFile)).unwrap_or_default()
}
