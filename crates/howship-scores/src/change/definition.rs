use serde::{Deserialize, Serialize};

/// When a patient counts as progressing; the change is the mean over readers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Progression {
    /// Change above a number: 0, or 0.5 (PREMIER; Breedveld, Arthritis Rheum 2006).
    Above(f64),
    /// Change of at least a number: 5 (Bruynesteyn, Arthritis Rheum 2002).
    AtLeast(f64),
    /// Change above the smallest detectable change of this study.
    AboveSdc,
}

/// When a patient counts as repairing; the change is the mean over readers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum PatientRepair {
    /// Change below minus the smallest detectable change of this study.
    BelowSdc,
    /// Change of at most minus a number; 0.5 separates nothing but rounding from none.
    AtMost(f64),
}

/// Which visit a decrease is measured from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reference {
    /// The first visit of the span only: what came later and healed is no repair.
    Baseline,
    /// Any earlier visit, so that an erosion that came during the study can heal.
    AnyEarlier,
}

/// When a joint counts as repaired: a decrease that enough readers see and that lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JointRepair {
    /// Name in print.
    pub name: String,
    /// Which feature; none for all.
    pub feature: Option<String>,
    /// The score falls by at least this much; 0 for any decrease.
    pub decrease: f64,
    /// So many readers must see it, each from the same earlier visit and for as long as it must last.
    pub readers: usize,
    /// Out of so many; a joint read by another number is not judged.
    pub of: usize,
    /// Consecutive visits at which it is seen, the first included.
    pub visits: usize,
    /// Days from the first to the last of them.
    pub days: f64,
    /// A follow-up visit may come so many days early.
    pub days_early: f64,
    /// What the decrease is measured from.
    pub reference: Reference,
}

impl JointRepair {
    /// Any decrease of the erosion score, seen by ≥ 2 of 3 readers and lasting ≥ 2 years (van der Linden, Leiden
    /// Early Arthritis Clinic, 2010).
    #[must_use]
    pub fn leiden() -> Self {
        Self {
            name: "Leiden".into(),
            feature: Some("erosion".into()),
            decrease: 0.0,
            readers: 2,
            of: 3,
            visits: 2,
            days: 730.5,
            days_early: 60.0,
            reference: Reference::AnyEarlier,
        }
    }

    /// A decrease of ≥ 1, seen by ≥ 3 of 4 readers at ≥ 2 consecutive visits; erosion and joint space are judged
    /// apart (BeSt at 8 years, PMC10152004).
    #[must_use]
    pub fn best(feature: &str) -> Self {
        Self {
            name: format!("BeSt {feature}"),
            feature: Some(feature.to_owned()),
            decrease: 1.0,
            readers: 3,
            of: 4,
            visits: 2,
            days: 0.0,
            days_early: 0.0,
            reference: Reference::AnyEarlier,
        }
    }

    /// Whether the change is a decrease by this definition.
    pub(crate) fn falls(&self, change: f64) -> bool {
        change < 0.0 && change <= -self.decrease
    }

    pub(crate) fn rule(&self) -> String {
        let feature = self.feature.as_deref().unwrap_or("any feature");
        let decrease = match self.decrease {
            d if d > 0.0 => format!("falls by at least {d}"),
            _ => "falls".to_owned(),
        };
        let mut rule = format!(
            "{feature} score {decrease} from {}, by at least {} of {} readers",
            match self.reference {
                Reference::Baseline => "the first visit",
                Reference::AnyEarlier => "an earlier visit",
            },
            self.readers,
            self.of
        );
        if self.visits > 1 {
            rule.push_str(&format!(", at {} visits in a row", self.visits));
        }
        if self.days > 0.0 {
            rule.push_str(&format!(", over at least {} days", self.days));
            if self.days_early > 0.0 {
                rule.push_str(&format!(" (a visit may be {} days early)", self.days_early));
            }
        }
        rule
    }
}

impl Progression {
    /// The bound, and whether the change must lie above it (else at it or above).
    pub(crate) fn holds(self, change: f64, sdc: Option<f64>) -> Option<bool> {
        match self {
            Self::Above(bound) => Some(change > bound),
            Self::AtLeast(bound) => Some(change >= bound),
            Self::AboveSdc => Some(change > sdc?),
        }
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::Above(bound) => format!("progression > {bound}"),
            Self::AtLeast(bound) => format!("progression >= {bound}"),
            Self::AboveSdc => "progression > SDC".into(),
        }
    }
}

impl PatientRepair {
    pub(crate) fn holds(self, change: f64, sdc: Option<f64>) -> Option<bool> {
        match self {
            Self::BelowSdc => Some(change < -sdc?),
            Self::AtMost(bound) => Some(change <= -bound),
        }
    }

    pub(crate) fn name(self) -> String {
        match self {
            Self::BelowSdc => "repair < -SDC".into(),
            Self::AtMost(bound) => format!("decrease <= -{bound}"),
        }
    }
}
