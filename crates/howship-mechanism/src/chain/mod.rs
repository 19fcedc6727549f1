//! The whole chain for one patient: doses, concentrations, inflammation, every lesion's wall.

mod exposure;
mod parameters;
mod patient;
mod subject;
mod therapy;

pub use parameters::Parameters;
pub use patient::{Chain, ChainOptions, PatientCourse, PatientScratch};
pub use subject::Subject;
pub use therapy::{Plan, PlannedCourse, Suppressor};
