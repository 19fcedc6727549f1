//! From drug to inflammation, to osteoclasts and osteoblasts, to the wall of an erosion, to what an image shows.
//!
//! A small forward model: every constant stands with its source and its uncertainty in the struct of its stage.
//! What was read in a paper, what was fitted and what is assumed is said there.
//!
//! # What it can carry, and what it cannot
//! It says when repair becomes detectable with a given tool, and how many patients a trial needs. It does not rank
//! drugs: joint levels of IL-1, TNF and RANKL are not measured in patients, and its free constants were fitted to
//! six published numbers and one sign.

pub mod bone;
pub mod calibration;
pub mod case;
pub mod chain;
pub mod drug;
mod error;
pub mod forecast;
pub mod imaging;
pub mod inflammation;
pub mod ode;
pub mod power;
pub mod reference;
pub mod simulate;

pub use error::Error;
