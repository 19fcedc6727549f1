//! Readings that no change can be made of: whoever reads the result shall know what it leaves out.

use crate::change::series::{Column, Series};
use crate::{NONE, ScoreTable, Tidy};
use serde::Serialize;

/// Names shown of one kind; all are in the table.
const SHOWN: usize = 5;

/// Why a reading enters no change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhyAlone {
    /// Nobody read the patient at the other visit.
    PatientAtOneVisit,
    /// Others read the patient at the other visit, this reader did not.
    ReaderAtOneVisit,
    /// This reader read the other visit, but in another campaign or reading.
    OtherReading,
    /// The same reading is there at both visits, but no joint was scored at both.
    OtherSites,
}

impl WhyAlone {
    const ALL: [Self; 4] = [
        Self::PatientAtOneVisit,
        Self::ReaderAtOneVisit,
        Self::OtherReading,
        Self::OtherSites,
    ];

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::PatientAtOneVisit => "nobody read the patient at the other visit",
            Self::ReaderAtOneVisit => "others read the other visit, this reader did not",
            Self::OtherReading => "the reader's other visit is of another campaign or reading",
            Self::OtherSites => "no joint was scored at both visits",
        }
    }
}

/// One reading of one patient at one visit that enters no change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AloneReading {
    /// Subject.
    pub subject: String,
    /// Reader.
    pub reader: String,
    /// Campaign; none where the table has none.
    pub campaign: Option<String>,
    /// Number of the reading, from 1.
    pub reading: u32,
    /// The visit that was read.
    pub visit: String,
    /// Why it enters no change.
    pub why: WhyAlone,
}

/// What of the table enters no change between the two visits.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NoChange {
    /// Readings of a patient at the first or the last visit.
    pub readings: usize,
    /// Those of them that enter no change, by patient, reader and visit.
    pub alone: Vec<AloneReading>,
    /// Patients of the table.
    pub patients: usize,
    /// Those of them of whom no reading enters a change.
    pub patients_without: Vec<String>,
}

impl NoChange {
    /// A reading enters a change where the same reader's reading, of one campaign and number, scored a joint at both
    /// visits.
    pub(super) fn of(table: &ScoreTable, joints: &Series, span: (usize, usize)) -> Self {
        let mut found = Self {
            readings: 0,
            alone: Vec::new(),
            patients: table.subjects.len(),
            patients_without: Vec::new(),
        };
        let mut changed = vec![false; table.subjects.len()];
        for (subject, units) in joints.subjects() {
            let read = |column: usize, visit: usize| {
                units
                    .clone()
                    .any(|u| joints.value(u, column, visit).is_finite())
            };
            let both = |column: usize| {
                let finite = |u, visit| joints.value(u, column, visit).is_finite();
                units
                    .clone()
                    .any(|u| finite(u, span.0) && finite(u, span.1))
            };
            for (at, column) in joints.columns.iter().enumerate() {
                for (here, other) in [(span.0, span.1), (span.1, span.0)] {
                    if !read(at, here) {
                        continue;
                    }
                    found.readings += 1;
                    if both(at) {
                        changed[subject as usize] = true;
                        continue;
                    }
                    let why = why_alone(joints, at, |c| read(c, other));
                    found
                        .alone
                        .push(alone(table, (subject, *column), here, why));
                }
            }
        }
        let without = (0..).zip(&changed).filter(|(_, changed)| !**changed);
        found.patients_without = without
            .map(|(subject, _)| table.subjects.name(subject).to_owned())
            .collect();
        found
    }

    /// How many readings and whose enter no change; none where all enter one.
    pub(super) fn note(&self, from: &str, to: &str) -> Option<String> {
        if self.alone.is_empty() && self.patients_without.is_empty() {
            return None;
        }
        let kinds = WhyAlone::ALL.iter().filter_map(|&why| {
            let of_kind = self.alone.iter().filter(|a| a.why == why);
            let names: Vec<String> = of_kind
                .map(|a| match why {
                    WhyAlone::PatientAtOneVisit => format!("`{}`", a.subject),
                    _ => format!("`{}` by `{}`", a.subject, a.reader),
                })
                .collect();
            let count = names.len();
            (count > 0).then(|| format!("{count}, since {} ({})", why.words(), listed(names)))
        });
        let mut said = format!(
            "{} of {} readings of {from} or {to} enter no change between the two",
            self.alone.len(),
            self.readings
        );
        for (i, kind) in kinds.enumerate() {
            said += if i == 0 { ": " } else { "; " };
            said += &kind;
        }
        if !self.patients_without.is_empty() {
            let names = self.patients_without.iter().map(|s| format!("`{s}`"));
            said += &format!(
                "; nothing is said of {} of {} patients ({})",
                self.patients_without.len(),
                self.patients,
                listed(names.collect())
            );
        }
        Some(said)
    }

    /// A row per reading that enters no change.
    #[must_use]
    pub fn tidy(&self) -> Tidy {
        let mut table = Tidy::new(&["subject", "reader", "campaign", "reading", "visit", "why"]);
        for a in &self.alone {
            table.push(vec![
                a.subject.as_str().into(),
                a.reader.as_str().into(),
                a.campaign.as_deref().unwrap_or("").into(),
                a.reading.into(),
                a.visit.as_str().into(),
                a.why.words().into(),
            ]);
        }
        table
    }
}

/// Why a reading of one visit is alone, from which of all readings there are of the other.
fn why_alone(joints: &Series, at: usize, other: impl Fn(usize) -> bool) -> WhyAlone {
    let columns = || (0..joints.columns.len()).filter(|&c| other(c));
    let reader = joints.columns[at].reader;
    if other(at) {
        WhyAlone::OtherSites
    } else if columns().any(|c| joints.columns[c].reader == reader) {
        WhyAlone::OtherReading
    } else if columns().next().is_some() {
        WhyAlone::ReaderAtOneVisit
    } else {
        WhyAlone::PatientAtOneVisit
    }
}

fn alone(
    table: &ScoreTable,
    (subject, column): (u32, Column),
    visit: usize,
    why: WhyAlone,
) -> AloneReading {
    let campaign = column.campaign;
    AloneReading {
        subject: table.subjects.name(subject).to_owned(),
        reader: table.readers.name(column.reader).to_owned(),
        campaign: (campaign != NONE).then(|| table.campaigns.name(campaign).to_owned()),
        reading: column.reading,
        visit: table.visits[visit].name.clone(),
        why,
    }
}

/// The first few of names that may repeat, each once, and how many more there are.
fn listed(mut names: Vec<String>) -> String {
    names.dedup();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    if more > 0 {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}
