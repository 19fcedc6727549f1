//! Statistics against reference values of other software.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may fail"
)]

mod agreement_peers;
mod agreement_reference;
mod agreement_truth;
mod any_numbers;
mod crossed_components;
mod heavy_tails;
mod mixed_model;
