//! When repair becomes detectable, as an interval, before and after observations.
//!
//! # Method
//! Importance sampling: patients are drawn with their constants from the stated ranges, their lesions and, with equal
//! weight, one of the two mineral laws; each is weighted by the likelihood of what was observed (normal, with the
//! observation's standard error). The effective number of draws `1/Σw²` and the largest weight are the diagnostics;
//! draws are doubled until the effective number is enough, and too few is an error, never a narrow answer.
//!
//! *Detectable* is the verdict: the first day on which the true change has reached the size at which an observed
//! change of that size is judged `healing`, so that at least every second measurement would say so.

mod bank;
mod coverage;
mod interval;
mod posterior;

pub use coverage::{CoverageOptions, CoverageRow, coverage};
pub use interval::{Forecast, TimeInterval};
pub use posterior::{
    Diagnostics, ForecastOptions, ForecastReport, LesionForecast, NextVisit, forecast,
};
