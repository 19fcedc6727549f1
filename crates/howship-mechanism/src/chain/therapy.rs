use crate::drug::{Class, Course, DrugInfo, ParameterSet};

/// What a course suppresses inflammation with.
#[derive(Debug, Clone, PartialEq)]
pub enum Suppressor {
    /// A drug with its doses.
    Drug {
        /// The drug.
        info: &'static DrugInfo,
        /// Its doses.
        course: Course,
        /// Its kinetics; none for drugs that are followed by dose alone.
        set: Option<&'static ParameterSet>,
    },
    /// Full suppression from a day on, with a half-life: the model without pharmacokinetics.
    Ideal {
        /// Days.
        start: f64,
        /// Days.
        half_life: f64,
    },
    /// Nothing but a factor on the osteoclasts from a day on.
    OsteoclastFactor {
        /// Days.
        start: f64,
        /// What is left of their activity.
        factor: f64,
    },
}

/// A suppressor with its name in tables.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedCourse {
    /// Name in tables.
    pub name: String,
    /// What it does.
    pub what: Suppressor,
}

/// Every course that starts at baseline or later.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// In the record's order.
    pub courses: Vec<PlannedCourse>,
}

impl Plan {
    /// Full suppression from day 0 with this half-life.
    #[must_use]
    pub fn ideal(half_life: f64) -> Self {
        let what = Suppressor::Ideal {
            start: 0.0,
            half_life,
        };
        Self {
            courses: vec![PlannedCourse {
                name: "ideal".into(),
                what,
            }],
        }
    }

    /// Nothing changes but the osteoclasts.
    #[must_use]
    pub fn osteoclasts(factor: f64) -> Self {
        let what = Suppressor::OsteoclastFactor { start: 0.0, factor };
        Self {
            courses: vec![PlannedCourse {
                name: "osteoclasts".into(),
                what,
            }],
        }
    }
}

impl PlannedCourse {
    /// The drug's class.
    #[must_use]
    pub fn class(&self) -> Option<Class> {
        match &self.what {
            Suppressor::Drug { info, .. } => Some(info.class),
            _ => None,
        }
    }
}

/// A usual dose (mg), days between doses, of a drug with kinetics: what a course's effect is measured by.
pub(super) fn usual(drug: &str) -> Option<(f64, f64)> {
    Some(match drug {
        "anakinra" => (100.0, 1.0),
        "canakinumab" => (150.0, 28.0),
        "etanercept" => (50.0, 7.0),
        "infliximab" => (210.0, 56.0),
        "adalimumab" => (40.0, 14.0),
        "methotrexate" => (15.0, 7.0),
        "denosumab" => (60.0, 182.625),
        _ => return None,
    })
}
