use crate::{Change, Judged, Measurement, Probability, Quantity, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What kind of defect a lesion is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LesionKind {
    /// A cortical break with loss of the trabecular bone under it, of non-linear shape (SPECTRA).
    Erosion,
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
#[serde(from = "Record", into = "Record")]
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
    /// What the volume's change from baseline to the last visit means; absent with one visit.
    pub judged: Option<Judged>,
}

impl Lesion {
    /// The verdict, baseline to last visit; absent with one visit.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        self.judged.as_ref().map(|j| j.verdict)
    }

    /// How probable each class is; absent with one visit, or where a visit could not be measured.
    #[must_use]
    pub fn probability(&self) -> Option<Probability> {
        self.judged.as_ref()?.probability
    }

    /// Why the verdict is as it is; empty with one visit.
    #[must_use]
    pub fn reason(&self) -> &str {
        self.judged.as_ref().map_or("", |j| j.reason.as_str())
    }
}

/// One lesion followed over the visits.
// As it is written: what was judged is the volume's entry of `change`, and stands beside it.
#[derive(Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Lesion")]
struct Record {
    /// Identity, as in the label map.
    id: u32,
    /// The bone it is in.
    bone: String,
    /// What kind of defect.
    kind: LesionKind,
    /// Centre in the baseline's frame, LPS mm.
    centroid_mm: [f64; 3],
    /// Outward normal of the envelope at the mouth, baseline frame, LPS.
    normal: [f64; 3],
    /// Per visit, in order.
    visits: Vec<LesionVisit>,
    /// Baseline to last visit, by quantity.
    change: BTreeMap<Quantity, Change>,
    /// Baseline to every later visit, volume.
    course: Vec<Change>,
    /// Posterior of the volume's change, baseline to last visit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    probability: Option<Probability>,
    /// The verdict, baseline to last visit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    verdict: Option<Verdict>,
    /// Why.
    reason: String,
}

impl From<Record> for Lesion {
    fn from(r: Record) -> Self {
        let judged = r.verdict.map(|verdict| Judged {
            change: r.change.get(&Quantity::Volume).cloned(),
            probability: r.probability,
            verdict,
            reason: r.reason,
        });
        Self {
            id: r.id,
            bone: r.bone,
            kind: r.kind,
            centroid_mm: r.centroid_mm,
            normal: r.normal,
            visits: r.visits,
            change: r.change,
            course: r.course,
            judged,
        }
    }
}

impl From<Lesion> for Record {
    fn from(l: Lesion) -> Self {
        Self {
            probability: l.probability(),
            verdict: l.verdict(),
            reason: l.reason().to_owned(),
            id: l.id,
            bone: l.bone,
            kind: l.kind,
            centroid_mm: l.centroid_mm,
            normal: l.normal,
            visits: l.visits,
            change: l.change,
            course: l.course,
        }
    }
}
