//! Score tables against known truth.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod reading;
mod schemes;
mod change;
mod panel;
mod trial;
mod totals;
