//! Tables as others write them, and files that are none.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is the report"
)]

mod any_bytes;
mod claims;
mod fixtures;
mod parquet_written;
mod silence;
mod text;
mod workbooks;

/// What an error says, and what it says to do.
fn said(error: &howship_tables::Error) -> String {
    format!("{error}; {}", error.hint().unwrap_or_default())
}
