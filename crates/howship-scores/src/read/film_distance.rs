//! How far apart readings of one film are.

use crate::ScoreRow;

/// Of one film the reading farthest from its nearest other reading.
pub(super) struct Far<'a> {
    pub(super) row: &'a ScoreRow,
    pub(super) nearest: &'a ScoreRow,
    pub(super) distance: f64,
    /// Half a step of the item's grades.
    pub(super) half: f64,
}

impl<'a> Far<'a> {
    /// The smaller and the larger of the two.
    pub(super) fn ends(&self) -> (&'a ScoreRow, &'a ScoreRow) {
        match self.row.score < self.nearest.score {
            true => (self.row, self.nearest),
            false => (self.nearest, self.row),
        }
    }

    /// Distance over the root of the size; `half` a step is what two equal scores may differ by.
    pub(super) fn between(a: f64, b: f64, half: f64) -> f64 {
        let size = a.abs().max(b.abs());
        ((a - b).abs() + half) / (size + half).sqrt()
    }
}
