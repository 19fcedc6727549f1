//! The mechanism in print: a course over time, when something shows, how many patients a trial needs.
//!
//! Plain numbers and names go in, text comes out: nothing here knows how a course was simulated. Each figure is a
//! whole SVG document with a title and a description; no meaning hangs on colour alone.

mod course;
mod intervals;
mod power;

pub use course::{Bar, Course, Line, Panel, course_plot};
pub use intervals::{IntervalRow, IntervalsPlot, intervals_plot};
pub use power::{PowerCurve, PowerPlot, power_plot};
