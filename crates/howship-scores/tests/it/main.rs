//! Score tables against known truth.

mod schemes;
mod change;
mod panel;
