//! Known lesions and motions in a real scan.

mod base;
mod bones;
mod lesion;
mod random;
mod series;
mod spec;

pub use bones::find_bones;
pub use series::{InsertedSeries, InsertedVisit, insert};
pub use spec::{BonePose, InsertSpec, InsertVisit, InsertedLesion};
