/// What can be wrong with a phantom's specification or input.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A number of the specification is out of its range, or not finite.
    #[error("`{field}` = {value} is not usable: {expected}")]
    Value {
        /// Path of the field in the specification.
        field: String,
        /// Its value.
        value: f64,
        /// What is asked of it.
        expected: &'static str,
    },
    /// A text or a list of the specification cannot be used.
    #[error("`{field}` = `{value}` is not usable: {expected}")]
    Text {
        /// Path of the field in the specification.
        field: String,
        /// What it says.
        value: String,
        /// What is asked of it.
        expected: &'static str,
    },
    /// There is nothing to render.
    #[error("the specification has no `visits`: give at least one, with a `name`")]
    NoVisits,
    /// Two visits share a name.
    #[error("`visits[{visit}].name` = `{name}` is used twice: names tell the visits apart")]
    VisitName {
        /// Index of the second.
        visit: usize,
        /// The name.
        name: String,
    },
    /// A visit was asked for that the specification does not have.
    #[error("visit {visit} does not exist: the specification has {visits}, counted from 0")]
    VisitIndex {
        /// What was asked for.
        visit: usize,
        /// How many there are.
        visits: usize,
    },
    /// A lesion's or pose's list has another length than the visits.
    #[error("`{field}` has {found} entries for {visits} visits: give one per visit")]
    PerVisit {
        /// Path of the field.
        field: String,
        /// Its length.
        found: usize,
        /// Number of visits.
        visits: usize,
    },
    /// A place names no point of the bone's surface.
    #[error("`{field}` is not on the bone: {reason}")]
    Place {
        /// Path of the field.
        field: String,
        /// Why.
        reason: String,
    },
    /// Too few places are left for the random lesions asked for.
    #[error("only {placed} of {wanted} random lesions found a place {reason}")]
    Crowded {
        /// Lesions placed.
        placed: usize,
        /// Lesions asked for.
        wanted: usize,
        /// What the places had to satisfy.
        reason: &'static str,
    },
    /// No bone was found in the scan.
    #[error("no bone was found above {threshold} mgHA/cm³ in the scan")]
    NoBone {
        /// Density threshold used.
        threshold: f64,
    },
    /// A label of the specification is not in the bone labels.
    #[error("`{field}` = {label} is not among the bone labels ({})", listed(.known))]
    Label {
        /// Path of the field.
        field: String,
        /// The label.
        label: u32,
        /// The labels that there are.
        known: Vec<u32>,
    },
    /// The truth cannot be written.
    #[error("cannot write `{path}`: {reason}")]
    Write {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// An image refused its numbers.
    #[error(transparent)]
    Image(#[from] howship_image::Error),
    /// An image operation refused its numbers.
    #[error(transparent)]
    Operation(#[from] howship_ops::Error),
    /// The domain's types refused a truth.
    #[error(transparent)]
    Change(#[from] howship_change::Error),
}

impl Error {
    /// What to do about it, where that can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Crowded { .. } => Some("ask for fewer or smaller ones"),
            Self::NoBone { .. } => Some("give bone labels"),
            Self::Label { .. } => {
                Some("name a bone that is there, or give labels of the bones that were meant")
            }
            _ => None,
        }
    }
}

fn listed(labels: &[u32]) -> String {
    let labels: Vec<String> = labels.iter().map(u32::to_string).collect();
    labels.join(", ")
}

/// Checks numbers of a specification and names the field that is wrong.
pub(crate) struct Check;

impl Check {
    pub(crate) fn positive(field: impl Into<String>, value: f64) -> Result<(), Error> {
        Self::that(
            value.is_finite() && value > 0.0,
            field,
            value,
            "it must be finite and above 0",
        )
    }

    pub(crate) fn not_negative(field: impl Into<String>, value: f64) -> Result<(), Error> {
        Self::that(
            value.is_finite() && value >= 0.0,
            field,
            value,
            "it must be finite and not below 0",
        )
    }

    pub(crate) fn finite(field: impl Into<String>, value: f64) -> Result<(), Error> {
        Self::that(value.is_finite(), field, value, "it must be finite")
    }

    pub(crate) fn share(field: impl Into<String>, value: f64) -> Result<(), Error> {
        Self::that(
            (0.0..=1.0).contains(&value),
            field,
            value,
            "it must lie between 0 and 1",
        )
    }

    pub(crate) fn within(
        field: impl Into<String>,
        value: f64,
        range: std::ops::RangeInclusive<f64>,
        expected: &'static str,
    ) -> Result<(), Error> {
        Self::that(range.contains(&value), field, value, expected)
    }

    /// One factor or share per visit, or none at all.
    pub(crate) fn course(field: &str, list: &[f64], visits: usize, high: f64) -> Result<(), Error> {
        if !list.is_empty() && list.len() != visits {
            return Err(Error::PerVisit {
                field: field.to_owned(),
                found: list.len(),
                visits,
            });
        }
        for (v, &value) in list.iter().enumerate() {
            Self::within(
                format!("{field}[{v}]"),
                value,
                0.0..=high,
                "factors are 0 to 10, shares 0 to 1",
            )?;
        }
        Ok(())
    }

    fn that(
        holds: bool,
        field: impl Into<String>,
        value: f64,
        expected: &'static str,
    ) -> Result<(), Error> {
        if holds {
            return Ok(());
        }
        Err(Error::Value {
            field: field.into(),
            value,
            expected,
        })
    }
}
