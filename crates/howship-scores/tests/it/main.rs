//! Score tables against known truth.

mod schemes;
