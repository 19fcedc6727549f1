//! Tests of the crate as its users see it.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

mod contour;
mod figures;
mod film;
mod mechanism;
mod page;
mod render;
mod schema;
mod scores;
mod synthetic;
mod table;
mod truth;
