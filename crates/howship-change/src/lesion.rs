use crate::{Change, Measurement, Probability, Quantity, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kind of defect a lesion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LesionKind {
    /// A cortical break with loss of the trabecular bone under it, of non-linear shape (SPECTRA).
    Erosion,
    /// A cavity without a mouth.
    Cyst,
    /// A narrow channel through the cortex.
    VascularChannel,
    /// Given by the user, not classified.
    Given,
}

/// Signs of repair at a later visit; reported beside the verdict, they never decide it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RepairSigns {
    /// Share of the former mouth that is closed by bone now, 0 to 1.
    pub recortication: f64,
    /// Share of the former cavity that is filled with bone now, 0 to 1.
    pub filling_in: f64,
    /// Change of density at the margin, in the scan's unit.
    pub sclerosis: f64,
}

/// One lesion at one visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LesionVisit {
    /// Name of the visit.
    pub visit: String,
    /// Whether a lesion was found at this visit by itself.
    pub found: bool,
    /// The lesion's centre in this visit's own scanner frame, LPS mm.
    pub centre_mm: [f64; 3],
    /// What was measured, by quantity.
    pub measurements: BTreeMap<Quantity, Measurement>,
    /// Signs of repair against baseline; absent at baseline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repair: Option<RepairSigns>,
}

/// One lesion followed over the visits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lesion {
    /// Identity, as in the label map.
    pub id: u32,
    /// The bone it is in.
    pub bone: String,
    /// What kind of defect.
    pub kind: LesionKind,
    /// Centre in the baseline's frame, LPS mm.
    pub centroid_mm: [f64; 3],
    /// Outward normal of the envelope at the mouth, baseline frame, LPS.
    pub normal: [f64; 3],
    /// Per visit, in order.
    pub visits: Vec<LesionVisit>,
    /// Baseline to last visit, by quantity.
    pub change: BTreeMap<Quantity, Change>,
    /// Baseline to every later visit, volume.
    pub course: Vec<Change>,
    /// Posterior of the volume's change, baseline to last visit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub probability: Option<Probability>,
    /// The verdict, baseline to last visit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<Verdict>,
    /// Why.
    pub reason: String,
}
