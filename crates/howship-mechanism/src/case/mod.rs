//! One record of a patient: `CASE.toml`.
//!
//! Every command that needs a patient reads the same file. Every key is documented in [`KEYS`]; a key that is not
//! there is refused by name. Occasions are months from baseline (`M0`, `M6`, `M-12`, or the number 6) or dates
//! (`2001`, `2001-03`, `2001-03-15`), the latter only where `subject.baseline` is a date.

mod activity;
mod compile;
mod imaging;
mod keys;
mod record;
mod section;
mod site;
mod subject;
mod therapy;
mod units;
mod when;

pub use activity::ActivityRecord;
pub use compile::Compiled;
pub use imaging::{ImagingRecord, Modality, Observation};
pub(crate) use imaging::{key_of, no_change_twice};
pub use keys::{KEYS, Key, keys_in_words};
pub use record::{Case, LesionRecord, RunOptions};
pub(crate) use section::Section;
pub use site::LesionSite;
pub use subject::SubjectRecord;
pub use therapy::TherapyRecord;
pub use when::{DAYS_PER_MONTH, When};

/// Active RA not responding to DMARDs, anakinra started, films at 0, 6, 12 and 24 months.
pub const FOUNDING: &str = include_str!("../../cases/founding.toml");
/// Schnitzler's syndrome, where the model is wrong.
pub const SCHNITZLER: &str = include_str!("../../cases/schnitzler.toml");
/// Anakinra with methotrexate under MRI, where the model is wrong.
pub const MRI_COHORT: &str = include_str!("../../cases/mri-cohort.toml");
/// A trial's design to start from.
pub const DESIGN: &str = include_str!("../../cases/design.toml");
