//! Films of formula joints with known truth, and what must be refused.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod measured;
mod refused;
mod scene;
