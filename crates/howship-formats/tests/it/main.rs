//! Integration tests of howship-formats; one binary.
#![allow(clippy::print_stderr, reason = "tests that are skipped say so")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where its world is not as expected"
)]

mod bad_input;
mod cases;
mod conflicts;
mod damage;
mod dicom_series;
mod films;
mod fixtures;
mod mutate;
mod roundtrip;
mod second_words;
mod shared_data;
mod smoke;
mod synthetic;

/// What an error says, and what it says to do.
fn said(error: &howship_formats::Error) -> String {
    format!("{error}; {}", error.hint())
}
