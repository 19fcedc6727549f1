//! Tests of the crate as its users see it.

mod contour;
mod figures;
mod page;
mod render;
mod schema;
mod synthetic;
mod table;
mod truth;
