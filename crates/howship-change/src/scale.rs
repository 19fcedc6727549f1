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
    /// What a change below −δ and one above δ is called in a reason: `smaller` and `larger`, unless worded otherwise.
    #[serde(default = "of_size")]
    pub words: [String; 2],
}

fn of_size() -> [String; 2] {
    ["smaller", "larger"].map(str::to_owned)
}

impl Scale {
    /// A scale from its three facts.
    #[must_use]
    pub fn new(unit: impl Into<String>, delta: f64, prior_sd: f64) -> Self {
        Self {
            unit: unit.into(),
            delta,
            prior_sd,
            words: of_size(),
        }
    }

    /// The same with other words for a change downwards and one upwards: a joint space that narrows is no larger one.
    #[must_use]
    pub fn worded(mut self, below: &str, above: &str) -> Self {
        self.words = [below, above].map(str::to_owned);
        self
    }

    /// The same with another unit in print; numbers stay as they are.
    #[must_use]
    pub fn with_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = unit.into();
        self
    }
}
