//! Score tables against known truth.
