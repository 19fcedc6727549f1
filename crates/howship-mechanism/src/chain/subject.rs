/// Who is treated, as far as doses care.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Subject {
    /// kg.
    pub weight: f64,
    /// mL/min; none: the parameter set's typical patient.
    pub creatinine_clearance: Option<f64>,
}

impl Default for Subject {
    fn default() -> Self {
        Self {
            weight: 70.0,
            creatinine_clearance: None,
        }
    }
}
