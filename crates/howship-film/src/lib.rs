//! Films: joints found, outlines, joint space, erosions and cortical continuity over visits, with their errors.
//!
//! # Coordinates, stated once for this crate
//! A point of a film is `(x, y)` in pixels: x to the right, y down, **the centre of the first pixel is `(0, 0)`**.
//! Values grow with attenuation: bone is bright.

mod error;
mod landmarks;

pub use error::Error;
pub use landmarks::{LANDMARKS_SCHEMA, Landmark, LandmarkSource, Landmarks};
