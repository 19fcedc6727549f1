//! Films: what pixels, scales and facts come out, and what is refused.

mod dicom;
mod made;
mod raster;
mod reference;
