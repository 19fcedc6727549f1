//! A record over time: one patient, or a population with bands, in memory that does not grow with it.

mod accumulate;
mod look;
mod population;

pub use look::{Looks, VisitRow, tools_of};
pub use population::{Band, Milestones, Series, Simulation, simulate};
