//! The domain's nouns: measurement, change, verdict, anatomy, visit, lesion, provenance, and the JSON of a result.
//!
//! No input or output happens here. Every crate that measures hands its numbers over as these types, every
//! crate that reports reads them; the JSON Schema of [`VerdictFile`] ships in `schema/`.
//!
//! # The one rule
//! No change without its error, no verdict without its probability, no verdict where a quality gate failed.

pub mod anatomy;
mod change;
mod directions;
mod error;
mod film;
mod film_result;
mod kind;
mod lesion;
mod measurement;
mod provenance;
mod quantity;
mod registration;
mod result;
mod scale;
mod total;
mod verdict;
mod visit;

pub use anatomy::{BoneSite, JointSite, Part, Side};
pub use change::Change;
pub use directions::{AxesKnown, Directions, PalmUnused, PatientDirection};
pub use error::Error;
pub use film::{
    FilmClosure, FilmErosion, FilmErosionSource, FilmErosionVisit, FilmJoint, FilmJointVisit,
    FilmMap, FilmQuantity, FilmRegistration, HealingCondition, JointBone, JointSpaceProfile,
    PositionFlags,
};
pub use film_result::{
    FILM_SCHEMA, FILM_TRUTH_SCHEMA, FilmErosionTruth, FilmJointTruth, FilmSummary, FilmTruth,
    FilmVerdictFile, FollowedJoint, film_json_schema,
};
pub use kind::{ErosionProbability, Evidence, LesionKind, NotReported, VisitVolume};
pub use lesion::{Fate, Lesion, LesionVisit, RepairSigns};
pub use measurement::Measurement;
pub use provenance::{InputFile, Provenance, Setting, SettingName, Settings, Subject};
pub use quantity::Quantity;
pub use registration::{
    FILM_REGISTRATION_SCHEMA, FilmRegistrationFile, REGISTRATION_SCHEMA, RegisteredBone,
    RegisteredJoint, RegistrationFile, film_registration_json_schema, registration_json_schema,
};
pub use result::{
    Bone, BoneChange, BoneVisit, NotLookedFor, RegistrationSummary, SCHEMA, VerdictFile,
    VisitSummary, json_schema, knows,
};
pub use scale::Scale;
pub use total::{ErosionTotal, TotalAtVisit, erosion_totals};
pub use verdict::{Judged, PriorChoice, Probability, Verdict, VerdictOptions, decide};
pub use visit::{Visit, months_between};
