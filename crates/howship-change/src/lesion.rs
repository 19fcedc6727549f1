use crate::{
    Change, ErosionProbability, Judged, LesionKind, Measurement, Probability, Quantity, Verdict,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// Whether the cortex is broken here.
    #[serde(default)]
    pub open: bool,
    /// No lesion yet: the cortex was closed here, before the first visit at which one was found. Its volume is 0; a
    /// void behind the cortex, which may be marrow, is `volume_alone` and widens the error.
    #[serde(default)]
    pub absent: bool,
    /// The lesion's centre in this visit's own scanner frame, LPS mm.
    pub centre_mm: [f64; 3],
    /// What was measured, by quantity; the volumes of all visits are estimated together, so that they differ by the
    /// changes.
    pub measurements: BTreeMap<Quantity, Measurement>,
    /// The volume as this visit alone gives it; absent with one visit.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub volume_alone: Option<Measurement>,
    /// Signs of repair against baseline; absent at baseline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub repair: Option<RepairSigns>,
}

/// What became of a lesion from baseline to the last visit, beside its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// None was there at baseline, one is at the last visit, and it grew beyond doubt.
    New,
    /// One was there at baseline, cortex covers it at the last visit, and it shrank beyond doubt.
    Closed,
}

impl Fate {
    /// The word in print.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Closed => "closed",
        }
    }
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
    /// How probable it is that it is an erosion.
    pub erosion_probability: Option<ErosionProbability>,
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

    /// The two visits that the verdict compares.
    #[must_use]
    pub fn ends(&self) -> Option<(&LesionVisit, &LesionVisit)> {
        let change = self.change.get(&Quantity::Volume)?;
        let at = |name: &str| self.visits.iter().find(|v| v.visit == name);
        Some((at(&change.from)?, at(&change.to)?))
    }

    /// Whether it is new or closed: said only where the verdict says that it grew or shrank.
    #[must_use]
    pub fn fate(&self) -> Option<Fate> {
        let (first, last) = self.ends()?;
        match self.verdict()? {
            Verdict::Progressing if !first.found && last.found => Some(Fate::New),
            Verdict::Healing if first.found && !last.found && !last.open => Some(Fate::Closed),
            _ => None,
        }
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
    /// How probable it is that it is an erosion; absent where no visit shows a break.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    erosion_probability: Option<ErosionProbability>,
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
    /// Whether it is new or closed; absent where it is neither.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    fate: Option<Fate>,
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
            erosion_probability: r.erosion_probability,
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
            fate: l.fate(),
            id: l.id,
            bone: l.bone,
            kind: l.kind,
            erosion_probability: l.erosion_probability,
            centroid_mm: l.centroid_mm,
            normal: l.normal,
            visits: l.visits,
            change: l.change,
            course: l.course,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{VerdictOptions, decide};

    /// A lesion of two visits that changes from one volume to another with an error of 0.05 mm³.
    fn lesion(volumes: [f64; 2], found: [bool; 2], open: [bool; 2]) -> Lesion {
        let options = VerdictOptions::default();
        let scale = Quantity::Volume.scale(&options, volumes[0]);
        let change = volumes[1] - volumes[0];
        let change = Change::new(change, 0.05, None, &scale, ("M0", "M6")).unwrap();
        let visit = |k: usize| LesionVisit {
            visit: ["M0", "M6"][k].into(),
            found: found[k],
            open: open[k],
            absent: false,
            centre_mm: [0.0; 3],
            measurements: BTreeMap::new(),
            volume_alone: None,
            repair: None,
        };
        Lesion {
            id: 1,
            bone: "R.MC2".into(),
            kind: LesionKind::Erosion,
            erosion_probability: None,
            centroid_mm: [0.0; 3],
            normal: [0.0, 0.0, 1.0],
            visits: vec![visit(0), visit(1)],
            change: BTreeMap::from([(Quantity::Volume, change.clone())]),
            course: vec![change.clone()],
            judged: Some(decide(change, &scale, None, &options).unwrap()),
        }
    }

    #[test]
    fn new_and_closed_need_a_verdict_and_what_was_there() {
        let fate = |v, found, open| lesion(v, found, open).fate();
        let (yes, no) = ([true; 2], [false, true]);
        assert_eq!(fate([0.0, 1.0], no, no), Some(Fate::New));
        assert_eq!(fate([0.5, 1.5], yes, yes), None, "it was there");
        assert_eq!(fate([0.0, 0.12], no, no), None, "within error of δ");
        let gone = [true, false];
        assert_eq!(fate([1.0, 0.0], gone, gone), Some(Fate::Closed));
        assert_eq!(fate([1.0, 0.2], gone, yes), None, "a break is left");
        assert_eq!(fate([1.0, 0.9], gone, gone), None, "it did not shrink");
    }

    #[test]
    fn the_fate_is_written_and_read_back_from_what_it_rests_on() {
        let new = lesion([0.0, 1.0], [false, true], [false, true]);
        let json = serde_json::to_value(&new).unwrap();
        assert_eq!(json["fate"], "new");
        let back: Lesion = serde_json::from_value(json).unwrap();
        assert_eq!(back, new);
        let stays = lesion([1.0, 1.0], [true; 2], [true; 2]);
        assert!(serde_json::to_value(&stays).unwrap().get("fate").is_none());
    }
}
