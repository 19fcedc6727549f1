//! Score tables against known truth.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, missing_docs)]

mod agree;
mod bad_cells;
mod cases;
mod change;
mod doubtful;
mod drift;

mod latent;
mod left_out;
mod made;
mod meaning;
mod mixed_up;
mod panel;
mod reading;
mod reference_page;
mod repair;
mod schemes;
mod shapes;
mod simulated;
mod totals;
mod trial;
mod withheld_verdicts;

/// What an error says, and what it says to do.
fn said(error: &howship_scores::Error) -> String {
    format!("{error}; {}", error.hint().unwrap_or_default())
}
