//! What visits are put in order by.

use super::ReadOptions;
use super::layout::Layout;
use super::windows::VisitWindows;

/// What is known of a visit's time.
pub(super) struct Known {
    pub(super) code: usize,
    pub(super) name: String,
    /// From the name.
    pub(super) named: Option<f64>,
    /// From the column of order.
    pub(super) order: Option<f64>,
    /// Median of the rows' days.
    pub(super) median: Option<f64>,
}

/// What the visits are put in order by.
pub(super) struct Timing<'a> {
    pub(super) layout: &'a Layout<'a>,
    pub(super) options: &'a ReadOptions,
    /// The windows of the options, else of the mapping.
    pub(super) windows: &'a VisitWindows,
}
