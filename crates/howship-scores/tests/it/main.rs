//! Score tables against known truth.

mod reading;
mod schemes;
mod change;
mod panel;
mod trial;
