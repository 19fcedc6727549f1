//! A record over time: one patient, or a population with bands, in memory that does not grow with it.

mod accumulate;
mod individuals;
mod look;
mod population;

pub use individuals::{IndividualRow, individuals};
pub use look::{Looks, VisitRow, tools_of};
pub use population::{Band, Milestones, Series, Simulation, simulate};
