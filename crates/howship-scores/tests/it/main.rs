//! Score tables against known truth.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod agree;
mod bad_cells;
mod reading;
mod shapes;
mod schemes;
mod change;
mod panel;
mod trial;
mod totals;
mod latent;
mod repair;
mod simulated;
