//! The whole chain for one patient: doses, concentrations, inflammation, every lesion's wall.

mod exposure;
mod parameters;
mod patient;
mod therapy;

pub use parameters::Parameters;
pub use patient::{Chain, ChainOptions, PatientCourse, PatientScratch, Subject};
pub use therapy::{Plan, PlannedCourse, Suppressor};
