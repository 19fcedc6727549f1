//! The program as its user meets it: exit codes, messages, what OUT holds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "in a test a panic is the report, and a skipped test says so"
)]

mod bad_input;
mod examples;
mod films;
mod films_compare;
mod films_feet;
mod films_foreign;
mod films_given;
mod films_hints;
mod fixture;
mod formats;
mod fuzz_targets;
mod help;
mod interrupted;
mod killed;
mod killed_pairs;
mod meaning;
mod mechanism;
mod only_remodelling;
mod output;
mod outside_text;
mod phantom_readers;
mod phantoms;
mod scores;
mod scores_bad_input;
mod scores_examples;
mod scores_table;
