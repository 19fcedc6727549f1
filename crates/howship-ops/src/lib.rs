//! Image operations on [`howship_image`] volumes: filters, thresholds, distance transform, morphology,
//! components, region properties, thickness, meshes.
//!
//! Lengths are millimetres along the index axes x, y, z unless said otherwise; grids may be anisotropic.
//! A mask is 0 outside and anything else inside; results hold 0 and 1. Every operation runs on all
//! threads and gives the same result for any number of them. An argument that makes no sense is an
//! [`Error`]; grids of one voxel along any axis are legal everywhere.

mod connectivity;
mod distance;
mod error;
mod filter;
mod holes;
mod label;
mod mesh;
mod morphology;
mod nearest_feature;
mod planes;
mod reconstruct;
mod region_properties;
mod runs;
mod thickness;
mod threshold;
mod watershed;

pub use connectivity::Connectivity;
pub use distance::{
    distance_to, distance_to_within, distance_transform, signed_distance,
    squared_distance_transform,
};
pub use error::Error;
pub use filter::gaussian::{gaussian, gaussian_in_place};
pub use filter::gradient::{gradient, gradient_magnitude};
pub use filter::laplace_hamming::{LaplaceHammingOptions, laplace_hamming};
pub use filter::median::median;
pub use holes::{fill_holes, fill_holes_slices};
pub use label::{Components, keep_largest, label, label_values, largest_components, remove_small};
pub use mesh::marching_cubes::{marching_cubes, marching_cubes_mask};
pub use mesh::surface::Mesh;
pub use morphology::{close, dilate, erode, open};
pub use nearest_feature::{NO_FEATURE, nearest_feature};
pub use reconstruct::{reconstruct, reconstruct_gray};
pub use region_properties::{
    RegionIntensity, RegionProperties, inscribed_diameters, region_intensities, region_properties,
};
pub use thickness::local_thickness;
pub use threshold::adaptive::{AdaptiveOptions, LocalWeights, adaptive_threshold};
pub use threshold::dual::{DualThresholds, dual_threshold};
pub use threshold::global::{otsu, threshold};
pub use threshold::hysteresis::hysteresis_threshold;
pub use watershed::watershed;
