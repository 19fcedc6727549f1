//! The mechanism against closed forms, published numbers and its own claims.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

mod calibration;
mod case;
mod clinic;
mod drug;
mod film_operators;
mod future;
mod ode;
mod power;
mod reference;
mod wall;

/// What an error says, and what it says to do.
fn said(error: &howship_mechanism::Error) -> String {
    format!("{error}; {}", error.hint().unwrap_or_default())
}
