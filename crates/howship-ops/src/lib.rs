//! Image operations on [`howship_image`] volumes: filters, thresholds, distance transform, morphology,
//! components, region properties, thickness, meshes.
//!
//! Lengths are millimetres along the index axes x, y, z unless said otherwise; grids may be anisotropic.
//! A mask is 0 outside and anything else inside; results hold 0 and 1. Every operation runs on all
//! threads and gives the same result for any number of them. An argument that makes no sense is an
//! [`Error`]; grids of one voxel along any axis are legal everywhere.

mod distance;
mod error;
mod filter;
mod holes;
mod label;
mod morphology;
mod planes;
mod runs;
mod threshold;

pub use distance::{
    distance_to, distance_to_within, distance_transform, signed_distance,
    squared_distance_transform,
};
pub use error::Error;
pub use filter::gaussian::{gaussian, gaussian_in_place};
pub use holes::{fill_holes, fill_holes_slices};
pub use label::{
    Components, Connectivity, keep_largest, label, label_values, largest_components, remove_small,
};
pub use morphology::{close, dilate, erode, open};
pub use threshold::global::{otsu, threshold};
