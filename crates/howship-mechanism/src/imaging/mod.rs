//! What an image shows of a lesion's course, with what error, and when that is a verdict.
//!
//! These operators are fast ones for populations: a lesion is a half-ellipsoid with a rim, and an image gives a
//! number of it. Precision errors are of repeated measurements *in vivo*; a phantom's repeatability (0.02 mm³) is
//! not one and is refused as one.

mod film;
mod reader;
mod tool;

pub use film::{FilmOptics, areal_contrast, rim_contrast};
pub use reader::{ReaderRule, Readers, RepairDefinition, TotalFill};
pub use tool::{Critical, Quantity, Tool};
