use serde::{Deserialize, Serialize};

/// The scale on which changes of one kind are judged.
///
/// A volume's lesion, a film's joint space and a reader's score each bring their own; [`crate::Change`] and
/// [`crate::decide`] know nothing else of what was measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scale {
    /// Unit in print, as in `mm³`.
    pub unit: String,
    /// Smallest change that would matter (δ), in the unit; positive.
    pub delta: f64,
    /// SD of the weak normal prior of a true change, in the unit: several times any change on record.
    pub prior_sd: f64,
}

impl Scale {
    /// A scale from its three facts.
    #[must_use]
    pub fn new(unit: impl Into<String>, delta: f64, prior_sd: f64) -> Self {
        Self {
            unit: unit.into(),
            delta,
            prior_sd,
        }
    }

    /// The same with another unit in print; numbers stay as they are.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }
}
