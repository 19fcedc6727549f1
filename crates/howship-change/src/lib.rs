//! The domain's nouns: measurement, change, verdict, site, visit, lesion, and the JSON of a result.
//!
//! No input or output happens here. Every crate that measures hands its numbers over as these types, every
//! crate that reports reads them; the JSON Schema of [`VerdictFile`] ships in `schema/`.
//!
//! # The one rule
//! No change without its error, no verdict without its probability, no verdict where a quality gate failed.

mod error;
mod lesion;
mod measurement;
mod result;
mod site;
mod verdict;
mod visit;

pub use error::Error;
pub use lesion::{Lesion, LesionKind, LesionVisit, RepairSigns};
pub use measurement::{Change, Measurement, Quantity};
pub use result::{
    Bone, BoneChange, BoneVisit, InputFile, Provenance, RegistrationSummary, SCHEMA, VerdictFile,
    VisitSummary, json_schema,
};
pub use site::{BoneSite, Side};
pub use verdict::{PriorChoice, Probability, Verdict, VerdictOptions, decide};
pub use visit::{Visit, months_between};
