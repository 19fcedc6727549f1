//! Figures and pages of readers' scores.

mod drawing;
mod figures;
mod map;
mod page;
