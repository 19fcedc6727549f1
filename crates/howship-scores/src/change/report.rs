use super::detectable::Detectable;
use super::group::GroupChange;
use super::pattern::MixedPattern;
use super::share::Share;
use crate::totals::MatchedSites;
use crate::{Tidy, TidyCell};
use serde::Serialize;

/// One patient's change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatientChange {
    /// Subject.
    pub subject: String,
    /// Arm, where there are arms.
    pub arm: Option<String>,
    /// Days between the two visits, where known.
    pub days: Option<f64>,
    /// Each reader's change, in the order of [`ChangeReport::readers`]; none where one of the visits is missing.
    pub readers: Vec<Option<f64>>,
    /// Mean of the readers' changes.
    pub mean: f64,
    /// What of it was seen at the same sites.
    pub matched: MatchedSites,
}

/// One joint's change; joints that no reader saw change are left out of the report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JointChange {
    /// Subject.
    pub subject: String,
    /// Site and feature, as in `L.MCP2 erosion`.
    pub item: String,
    /// Each reader's change, in the order of [`ChangeReport::readers`].
    pub readers: Vec<Option<f64>>,
    /// Mean of the readers' changes.
    pub mean: f64,
    /// Names of the definitions of repair that the joint meets.
    pub repair: Vec<String>,
}

/// What a definition calls progression or repair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Worse.
    Progression,
    /// Better.
    Repair,
}

/// How many meet a definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DefinitionResult {
    /// Name.
    pub name: String,
    /// Progression or repair.
    pub kind: Kind,
    /// The rule in words.
    pub rule: String,
    /// Joints that meet it, where it is about joints.
    pub joints: Option<Share>,
    /// Patients that meet it (at least one joint, where it is about joints).
    pub patients: Option<Share>,
    /// The same by arm.
    pub arms: Vec<ArmShare>,
    /// Patients of whom sums and the sites scored at both visits say different things ([`MatchedSites`]). They are not
    /// judged and not counted.
    pub withheld: usize,
    /// What the patients' share would be with all withheld ones counted either way; none where none are.
    pub bounds: Option<Bounds>,
    /// Why it cannot be judged by this design; then there are no numbers.
    pub not_identified: Option<String>,
}

/// How many patients of an arm meet a definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmShare {
    /// Arm.
    pub arm: String,
    /// Those who are judged; none where nobody is.
    pub share: Option<Share>,
    /// Those of whom sums and the sites scored at both visits say different things.
    pub withheld: usize,
    /// The share with all of these counted either way; none where there are none.
    pub bounds: Option<Bounds>,
}

/// Who is withheld is not chance: a share among the others may be too low or too high. It lies between these.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bounds {
    /// None of the withheld meets the definition.
    pub none: Share,
    /// All of them do.
    pub all: Share,
}

impl Bounds {
    pub(super) fn new(
        (count, of): (usize, usize),
        withheld: usize,
        confidence: f64,
    ) -> Result<Option<Self>, crate::Error> {
        if withheld == 0 {
            return Ok(None);
        }
        Ok(Some(Self {
            none: Share::new(count, of + withheld, confidence)?,
            all: Share::new(count + withheld, of + withheld, confidence)?,
        }))
    }
}

/// Patients by a definition of progression and one of repair.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CrossTable {
    /// Definition of progression.
    pub progression: String,
    /// Definition of repair.
    pub repair: String,
    /// Both.
    pub both: usize,
    /// Progression only.
    pub progression_only: usize,
    /// Repair only.
    pub repair_only: usize,
    /// Neither.
    pub neither: usize,
}

/// Changes between two visits by every definition, side by side.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChangeReport {
    /// Name of the first visit.
    pub from: String,
    /// Name of the last visit.
    pub to: String,
    /// Which total the patients' changes are of.
    pub feature: String,
    /// Confidence of all intervals.
    pub confidence: f64,
    /// Readers, in the order of the changes.
    pub readers: Vec<String>,
    /// The smallest detectable change.
    pub detectable: Detectable,
    /// Changes of patients.
    pub patients: Vec<PatientChange>,
    /// Changes of joints that a reader saw change.
    pub joints: Vec<JointChange>,
    /// Joints with a change by any reader's two visits, changed or not.
    pub joints_scored: usize,
    /// Definitions side by side.
    pub definitions: Vec<DefinitionResult>,
    /// Mean changes of arms.
    pub groups: Vec<GroupChange>,
    /// Mixed patterns, by reader and of the mean.
    pub mixed: Vec<MixedPattern>,
    /// Each definition of progression against each of repair.
    pub cross: Vec<CrossTable>,
    /// What the reader of these numbers must know.
    pub notes: Vec<String>,
}

impl ChangeReport {
    /// The definitions side by side; the main table.
    #[must_use]
    pub fn tidy(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "definition",
            "kind",
            "unit",
            "arm",
            "count",
            "of",
            "share",
            "lower",
            "upper",
            "withheld",
            "share_if_none",
            "share_if_all",
            "not_identified",
        ]);
        for d in &self.definitions {
            let kind = match d.kind {
                Kind::Progression => "progression",
                Kind::Repair => "repair",
            };
            let mut row = |unit: &str,
                           arm: &str,
                           share: Option<&Share>,
                           withheld: TidyCell,
                           bounds: Option<Bounds>| {
                let mut cells = vec![d.name.as_str().into(), kind.into(), unit.into(), arm.into()];
                cells.extend(
                    share.map_or_else(|| std::array::from_fn(|_| TidyCell::Empty), Share::cells),
                );
                cells.push(withheld);
                cells.push(bounds.map(|b| b.none.share).into());
                cells.push(bounds.map(|b| b.all.share).into());
                table.push(cells);
            };
            if let Some(share) = &d.joints {
                row("joint", "all", Some(share), TidyCell::Empty, None);
            }
            if let Some(share) = &d.patients {
                row("patient", "all", Some(share), d.withheld.into(), d.bounds);
            }
            for of in &d.arms {
                row(
                    "patient",
                    &of.arm,
                    of.share.as_ref(),
                    of.withheld.into(),
                    of.bounds,
                );
            }
            if let Some(reason) = &d.not_identified {
                let mut cells = vec![d.name.as_str().into(), kind.into()];
                cells.resize(9, TidyCell::Empty);
                cells.push(d.withheld.into());
                cells.resize(12, TidyCell::Empty);
                cells.push(reason.as_str().into());
                table.push(cells);
            }
        }
        table
    }

    /// Mean changes of arms.
    #[must_use]
    pub fn tidy_groups(&self) -> Tidy {
        super::group::tidy(&self.groups)
    }

    /// A row per patient and reader, and one for the mean.
    #[must_use]
    pub fn tidy_patients(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "subject",
            "arm",
            "days",
            "reader",
            "change",
            "sites_differ",
            "matched_change",
        ]);
        for p in &self.patients {
            let none = TidyCell::Empty;
            let mean = [u32::from(p.matched.differ).into(), p.matched.change.into()];
            let means = std::iter::once(("mean", Some(p.mean), mean));
            let own = self.readers.iter().zip(&p.readers);
            let own = own.map(|(r, &change)| (r.as_str(), change, [none.clone(), none.clone()]));
            for (reader, change, seen) in own.chain(means) {
                let mut cells = vec![
                    p.subject.as_str().into(),
                    p.arm.as_deref().unwrap_or("").into(),
                    p.days.into(),
                    reader.into(),
                    change.into(),
                ];
                cells.extend(seen);
                table.push(cells);
            }
        }
        table
    }

    /// A row per changed joint and reader, and one for the mean.
    #[must_use]
    pub fn tidy_joints(&self) -> Tidy {
        let mut table = Tidy::new(&["subject", "item", "reader", "change", "repair_by"]);
        for j in &self.joints {
            let means = std::iter::once(("mean", Some(j.mean)));
            let readers = self
                .readers
                .iter()
                .map(String::as_str)
                .zip(j.readers.iter().copied());
            for (reader, change) in readers.chain(means) {
                table.push(vec![
                    j.subject.as_str().into(),
                    j.item.as_str().into(),
                    reader.into(),
                    change.into(),
                    j.repair.join("; ").into(),
                ]);
            }
        }
        table
    }

    /// Each definition of progression against each of repair, a row per pair.
    #[must_use]
    pub fn tidy_cross(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "progression",
            "repair",
            "both",
            "progression_only",
            "repair_only",
            "neither",
        ]);
        for c in &self.cross {
            table.push(vec![
                c.progression.as_str().into(),
                c.repair.as_str().into(),
                c.both.into(),
                c.progression_only.into(),
                c.repair_only.into(),
                c.neither.into(),
            ]);
        }
        table
    }

    /// Patients with worse and better joints at once, a row per reader and one for the mean.
    #[must_use]
    pub fn tidy_mixed(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "reader", "pattern", "count", "of", "share", "lower", "upper",
        ]);
        for m in &self.mixed {
            let kinds = [
                ("mixed", &m.mixed),
                ("worse only", &m.worse_only),
                ("better only", &m.better_only),
                ("unchanged", &m.unchanged),
            ];
            for (kind, share) in kinds {
                let mut cells = vec![m.reader.as_str().into(), kind.into()];
                cells.extend(share.cells());
                table.push(cells);
            }
        }
        table
    }
}
