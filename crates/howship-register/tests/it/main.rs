//! Registration against analytic bones at known poses.
#![allow(
    unreachable_pub,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic
)]

mod accuracy;
mod bad_input;
mod coverage;
mod gates;
mod joint;
mod phantom;
mod planar;
mod real_scan;
mod robustness;
