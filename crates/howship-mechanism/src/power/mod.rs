//! How many patients a trial needs: exact power of tests on two shares, and virtual trials by definition of repair.

mod design;
mod exact;
mod formula;
mod trial;

pub use design::{Arm, Design, Endpoint, Reading, ResponderRule};
pub use exact::{Table, Test, p_value, power, power_of_all, sample_size};
pub use formula::{SampleSizeFormula, sample_size_formula};
pub use trial::{ArmResult, Comparison, CurvePoint, TrialReport, run_trial};
