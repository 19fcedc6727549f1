//! Rigid registration of bones: coarse to fine, masked, sub-voxel, with the covariance of the pose and a quality gate.
//!
//! [`register_rigid`] finds the motion of *one* bone between two volumes. Bones of a joint move apart from
//! visit to visit, so each is registered by itself, with a mask around it.
//!
//! # What is estimated
//! Six parameters of a rigid motion plus gain and offset of the intensities, by robust least squares on
//! both images smoothed alike. Comparing images that are interpolated and images that are not draws the pose
//! to half-voxel shifts; smoothing by one voxel, with the interpolating cubic B-spline as part of the
//! smoothing, takes that away.
//!
//! # How sure it is
//! [`Registration::covariance`] comes from the residuals themselves, allows for their spatial correlation
//! and for noise in both images; [`Registration::displacement_sd_mm`] turns it into millimetres at a point.
//! [`Gate`] says whether the result may be used and, if not, why.
//!
//! # In the plane
//! [`planar`] registers one bone between two films by four parameters.
//!
//! Results are the same to the bit for any number of threads.

mod autocorrelation;
mod convolve;
mod covariance;
mod error;
mod gate;
mod gauss_newton;
mod image;
mod least_squares;
mod levels;
mod moments;
mod options;
mod overlap;
pub mod planar;
mod quality;
mod refine;
mod register;
mod registration;
mod robust;
mod sample;
mod search;

pub use error::Error;
pub use options::{GateLimits, RigidOptions};
pub use quality::{Gate, Quality};
pub use register::register_rigid;
pub use registration::Registration;
