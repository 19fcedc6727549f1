use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value with its unit and standard error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measurement {
    /// What was measured.
    pub value: f64,
    /// Its unit.
    pub unit: String,
    /// Standard error, in the unit.
    pub se: f64,
    /// Degrees of freedom of the standard error; absent where it is taken as known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub df: Option<f64>,
}
