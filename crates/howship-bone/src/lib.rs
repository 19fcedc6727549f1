//! Bones and erosions in volumes: periosteal envelope, cortical breaks, lesions tracked over visits,
//! remodelling, and their errors.

mod cavity;
mod changed;
mod corroborate;
mod detect;
mod error;
mod input;
mod joint;
mod lesion;
mod levels;
mod local;
mod options;
mod output;
mod outside;
mod plausibility;
mod quantities;
mod register_bones;
mod remodelling;
mod segmentation;
mod select;
mod spectra;
mod suitability;
mod surface;

pub use error::Error;
pub use input::{GivenLesions, JointInput, Observer, Unobserved};
pub use joint::{segment_ipl, segment_joint};
pub use levels::Levels;
pub use options::{BoneOptions, RemodellingDefinition};
pub use output::{JointResult, Patch, measure_joint};
pub use outside::fill_outside;
pub use plausibility::{Evidence, Plausible, judge};
pub use segmentation::BoneShape;
