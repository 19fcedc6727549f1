//! Registration of one bone between two films by four parameters: shift, rotation and scale in the plane, with gain
//! and offset of the grey values.
//!
//! # Method
//! Both films are smoothed and divided by their local spread, so that exposure and processing fall out; the bone's
//! mask is grown by a few pixels and the other bone's shadow cut from it. A masked correlation over rotations and
//! shifts at an eighth of the resolution, about where the masks put the bone, gives two starts; inverse-compositional
//! Gauss-Newton (Baker and Matthews, IJCV 2004) on quadratic B-splines with Geman-McClure's loss and a prior on the scale
//! refines them at a quarter, a half and the whole resolution. Pixels near the joint count most: that is where the
//! pose is used. It is done in both directions and averaged.
//!
//! # How sure it is
//! The covariance is a sandwich over blocks of the residuals' scores; [`PlanarRegistration::displacement_se`] turns
//! it into pixels at a point. It knows noise and mismatch. **It does not know tilt**: a bone turned out of the
//! film's plane projects differently, and no registration of two projections sees all of that.

mod bone;
mod covariance;
mod image;
mod options;
mod plane;
mod refine;
mod region;
mod register;
mod samples;
mod similarity;
mod spline;
mod start;

pub use bone::PlanarBone;
pub use image::PlanarImage;
pub use options::{PlanarGate, PlanarOptions};
pub use plane::Plane;
pub use register::{PlanarQuality, PlanarRegistration, register_planar};
pub use similarity::Similarity;
pub use spline::PlaneSpline;
