//! Tests of bones and erosions against closed forms, phantoms and real scans.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod bad_input;
mod closed_form;
mod far_apart;
mod inserted;
mod ladder;
mod real_joint;
mod scene;
