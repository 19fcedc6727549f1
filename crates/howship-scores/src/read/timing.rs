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

/// The middle of some days; none of none.
pub(super) fn median(mut days: Vec<f32>) -> Option<f64> {
    days.sort_unstable_by(f32::total_cmp);
    let middle = days.len() / 2;
    let upper = f64::from(*days.get(middle)?);
    if days.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(f64::from(days[middle - 1]), upper))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_of_days() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0]), Some(2.0));
        assert_eq!(median(vec![3.0, 1.0, 9.0]), Some(3.0));
    }
}
