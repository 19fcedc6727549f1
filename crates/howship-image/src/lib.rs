//! Volumes with geometry and density units, and films with millimetres of known origin.
//!
//! # Axis order, stated once for the whole project
//! A voxel index is `(x, y, z)`, with **x fastest in memory**: `data[x + nx * (y + ny * z)]`.
//! World coordinates are millimetres in the DICOM patient system, **LPS** (+x to the patient's Left,
//! +y Posterior, +z Superior). `Geometry` maps index to world as
//! `world = origin + direction * (spacing ∘ index)`; an integer index is the *centre* of a voxel.
//! Formats that store RAS (NIfTI) are converted at the door, in `howship-formats`.
//! A [`Film`] has pixels `(x, y)`, x fastest and y down; it has no place in the patient system.
//!
//! # Numbers
//! Storage is `f32` or the file's integer; sums, transforms and coordinates are `f64`.

mod density;
mod density_unit;
mod error;
mod film;
mod film_facts;
mod film_scale;
mod geometry;
mod interpolate;
mod limits;
mod region;
mod resample;
mod rigid;
mod stored;
mod volume;

pub use density::{Calibration, Scan};
pub use density_unit::{DensityUnit, UnitKnown};
pub use error::Error;
pub use film::Film;
pub use film_facts::{Extremity, FilmFacts, Intent, Known, Laterality, Polarity, View};
pub use film_scale::{FilmScale, LengthUnit, Magnification, ScaleSource, SpacingCalibration};
pub use geometry::Geometry;
pub use interpolate::{CubicSpline, Interpolation, sample_linear, sample_nearest};
pub use limits::{MAX_FILM_PIXELS, MAX_VOXELS};
pub use region::Region;
pub use resample::{resample, resample_labels};
pub use rigid::RigidTransform;
pub use stored::{KeptScan, ScanView, StoredVolume, VolumeView};
pub use volume::{Labels, Mask, Volume};

/// A point in world millimetres (LPS).
pub type PointMm = nalgebra::Point3<f64>;
/// A displacement in world millimetres (LPS).
pub type VectorMm = nalgebra::Vector3<f64>;
