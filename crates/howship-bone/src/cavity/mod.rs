//! The cavity of one lesion at one visit: rays from a centre, a wall fitted through what they hit.
//!
//! # Why not a threshold and a flood
//! The floor of an erosion lies in trabecular bone, and between trabeculae there is marrow: a flood leaks out
//! of the cavity and through the marrow, and how far depends on the threshold (a peer measures +79 %). The
//! wall is known where the cavity's edge meets bone and unknown in between. So the wall is modelled as a
//! smooth closed surface, star-shaped about a centre, and each ray from the centre either meets bone *at* the
//! wall or runs through a marrow gap and meets bone somewhere behind it. Fitting that mixture puts the wall
//! where trabeculae end, without bias towards the next trabecula, and gives the error of its position.

mod contents;
mod fit;
mod rays;
mod sampled;
mod sphere;
mod visit;
mod volume;

pub(crate) use contents::{Contents, Seen};
pub(crate) use fit::{WallFit, fit_wall};
pub(crate) use rays::{RayField, WallLevel, cast, follow_contents};
pub(crate) use sampled::Sampled;
pub(crate) use sphere::{PATCHES, SPHERE};
pub(crate) use visit::{VisitCavity, between, in_any};
pub(crate) use volume::{CavityVolume, cavity_volume, volume_of_change};

#[cfg(test)]
mod tests;
