//! Bones and erosions in volumes: periosteal envelope, cortical breaks, lesions tracked over visits,
//! remodelling, and their errors.

mod alike;
mod bone_entry;
mod bone_search;
mod candidates;
mod cavity;
mod changed;
mod coarse_start;
mod common_field;
mod corroborate;
mod detect;
mod edge;
mod error;
mod evidence;
mod given;
mod input;
#[cfg(test)]
mod invariance;
mod joint;
mod joint_space;
mod lesion;
mod lesion_entry;
mod lesion_error;
mod levels;
mod likeness;
mod lining;
mod local;
mod mask_place;
mod moved;
mod offset;
mod options;
mod outside;
mod pictures;
mod plausibility;
mod precision;
mod quantities;
mod reconcile;
mod register_bones;
mod remodelling;
mod repeat;
mod result;
mod same_bone;
mod same_size;
#[cfg(test)]
mod scene;
mod segmentation;
mod select;
mod spectra;
mod suitability;
mod surface;
mod tuning;
mod visit_shapes;

pub use error::Error;
pub use input::{BoneMask, GivenLesions, JointInput, Observer, Unobserved, VisitScan};
pub use joint::{segment_ipl, segment_joint};
pub use joint_space::{Estimate, JointSpace, JointSpaceChange, JointSpaces};
pub use lesion_error::{ChangeParts, VolumeParts};
pub use levels::Levels;
pub use options::{BoneOptions, RemodellingDefinition};
pub use outside::fill_outside;
pub use pictures::{LesionVoxels, Patch};
pub use precision::{Bounded, Precision, PrecisionError, Repeat};
pub use remodelling::REMODELLING_CODES;
pub use result::{JointResult, measure_joint};
pub use segmentation::BoneShape;
pub use tuning::{Tuning, TuningNumber};
