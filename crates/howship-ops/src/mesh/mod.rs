//! Surfaces as triangles.

pub(crate) mod marching_cubes;
pub(crate) mod simplify;
pub(crate) mod surface;
mod tables;
