//! An explicit Runge-Kutta stepper of constant size, with dense output and events.
//!
//! # Method
//! Tsitouras' 5(4) pair with its free interpolant of order 4 (Tsitouras, Comput Math Appl 2011;62:770; first same
//! as last), step control by a proportional-integral rule (Hairer, Nørsett, Wanner, *Solving ordinary differential
//! equations I*, II.4). States are arrays of a size known to the compiler, so that nothing is allocated per step.
//!
//! # Limits
//! Explicit: a stiff system makes it take many small steps, and [`OdeOptions::most_steps`] ends that with an error
//! rather than with minutes of silence. None of the systems of this crate is stiff at the parameters that are
//! shipped (their step counts are tested), so no implicit solver is carried.

mod event;
mod tableau;
mod tsit5;

pub use event::{Event, Fired};
pub use tsit5::{OdeOptions, Solution, System, solve, solve_with_events};
