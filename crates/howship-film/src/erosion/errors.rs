//! What changes of area and cortical lines are off by, as films of formula joints with known truth show it.
//!
//! What the same measures do elsewhere along the bone ([`super::elsewhere`]) was tried as the error of each joint by itself
//! and does not foretell it: maximum likelihood (Student's t, 4 degrees of freedom) gives it a weight of 0 to 0.07 beside a
//! constant, for areas and lines, phalanges and heads, and so for signs of tilt, misfit and the distance of the two
//! measures of a change (`examples/film_errors`, `tilted`, seeds 300000 to 300499 and 510000 to 510399). It is asked
//! only whether a film is worse than any that was tried.

use super::elsewhere::Spread;
use serde::{Deserialize, Serialize};

/// Errors at one kind of bone. Pixels of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BoneErrors {
    /// Standard error of a change of area, whatever it is, for a region of 400 px² (px²).
    pub change_px2: f64,
    /// Power of the region's size with which that grows.
    pub change_power: f64,
    /// Standard error of a change of area besides, as a share of it (tone, unsharp mask, form).
    pub change_share: f64,
    /// Standard error of the share of the cortical line that is seen, where most of it is lost: blur carries the line
    /// from beside the mouth into it, so that 0.05 too much is measured.
    pub line_open: f64,
    /// And besides where more of it is left.
    pub line_partly: f64,
    /// And there, per pixel of a mouth that is longer than `long_mouth_px`: on a head it then holds some of the recess beside
    /// the joint, the line over which is another one.
    pub line_long_per_px: f64,
    /// Standard error of its change, besides that of tilt.
    pub line_change: f64,
    /// And besides, as a share of the change.
    pub line_change_share: f64,
    /// And per pixel of a longer mouth.
    pub line_change_long_per_px: f64,
}

impl BoneErrors {
    /// Phalanges.
    #[must_use]
    pub const fn of_phalanges() -> Self {
        Self {
            change_px2: 8.1,
            change_power: 0.4,
            change_share: 0.157,
            line_open: 0.085,
            line_partly: 0.1,
            line_change: 0.055,
            line_change_share: 0.0,
            line_long_per_px: 0.006,
            line_change_long_per_px: 0.003,
        }
    }

    /// Heads of metacarpals and metatarsals: hollow beside the joint without any erosion.
    #[must_use]
    pub const fn of_heads() -> Self {
        Self {
            change_px2: 17.0,
            change_power: 0.4,
            change_share: 0.281,
            line_open: 0.068,
            line_partly: 0.09,
            line_change: 0.065,
            line_change_share: 0.144,
            line_long_per_px: 0.0127,
            line_change_long_per_px: 0.03,
        }
    }
}

impl Default for BoneErrors {
    fn default() -> Self {
        Self::of_phalanges()
    }
}

/// Where errors change, and what is usual. Pixels of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorOptions {
    /// Of phalanges.
    pub phalanges: BoneErrors,
    /// Of heads of metacarpals and metatarsals.
    pub heads: BoneErrors,
    /// A former mouth from which on errors of its line grow with its length (px): 2.1 mm at the usual field.
    pub long_mouth_px: f64,
    /// Share of the line that is lost where its error begins to shrink: a line that is whole is measured as whole.
    pub near_whole: f64,
    /// What is left of that error at a whole line.
    pub least_of_whole: f64,
    /// Shares of the line between which the error goes over from an open mouth's to a partly closed one's.
    pub partly: [f64; 2],
    /// Spread of a change of area over the bone's other stretches that 99 of 100 formula joints stay below (px² for a region
    /// of 400 px²; it grows with the power 0.75 of its size): what is beyond counts in full.
    pub usual_change_px2: f64,
    /// The same of the line's share on one film.
    pub usual_line: f64,
    /// The same of its change.
    pub usual_line_change: f64,
}

impl Default for ErrorOptions {
    fn default() -> Self {
        Self {
            phalanges: BoneErrors::of_phalanges(),
            heads: BoneErrors::of_heads(),
            long_mouth_px: 24.0,
            near_whole: 0.05,
            least_of_whole: 0.15,
            partly: [0.3, 0.5],
            usual_change_px2: 70.0,
            usual_line: 0.6,
            usual_line_change: 0.2,
        }
    }
}

/// Share of a part that lies beyond a length or level: 0 to 1 between the two.
fn ramp(value: f64, [low, high]: [f64; 2]) -> f64 {
    ((value - low) / (high - low)).clamp(0.0, 1.0)
}

impl ErrorOptions {
    fn bone(&self, hollow: bool) -> &BoneErrors {
        if hollow { &self.heads } else { &self.phalanges }
    }

    /// Of a change of area that does not grow with it (px²), and its degrees of freedom where films are worse than usual.
    pub(super) fn change(
        &self,
        hollow: bool,
        region_px2: f64,
        spread: Spread,
    ) -> (f64, Option<f64>) {
        let bone = self.bone(hollow);
        let size = (region_px2 / 400.0).max(0.1);
        let usual = self.usual_change_px2 * size.powf(0.75);
        widened(
            bone.change_px2 * size.powf(bone.change_power),
            spread,
            usual,
        )
    }

    /// As a share of the change of area.
    pub(super) fn change_share(&self, hollow: bool) -> f64 {
        self.bone(hollow).change_share
    }

    /// Pixels by which a mouth is longer than most.
    fn long(&self, mouth_px: usize) -> f64 {
        (mouth_px as f64 - self.long_mouth_px).max(0.0)
    }

    /// Of the share of the cortical line that one film shows over a former mouth.
    pub(super) fn line(&self, hollow: bool, seen: f64, mouth_px: usize, spread: Spread) -> f64 {
        let bone = self.bone(hollow);
        let long = bone.line_long_per_px * self.long(mouth_px);
        let partly = ramp(seen, self.partly) * bone.line_partly.hypot(long);
        let whole = ((1.0 - seen) / self.near_whole).clamp(self.least_of_whole, 1.0);
        widened(
            whole * bone.line_open.hypot(partly),
            spread,
            self.usual_line,
        )
        .0
    }

    /// Of its change between two films, and the degrees of freedom where they are worse than usual.
    pub(super) fn line_change(
        &self,
        hollow: bool,
        mouth_px: usize,
        spread: Spread,
    ) -> (f64, Option<f64>) {
        let bone = self.bone(hollow);
        let long = bone.line_change_long_per_px * self.long(mouth_px);
        widened(bone.line_change.hypot(long), spread, self.usual_line_change)
    }

    /// As a share of the change of the line.
    pub(super) fn line_change_share(&self, hollow: bool) -> f64 {
        self.bone(hollow).line_change_share
    }
}

/// A standard error with what the bone's other stretches spread by beyond the usual; degrees of freedom of the sum by
/// Satterthwaite, `None` where nothing is beyond.
fn widened(se: f64, spread: Spread, usual: f64) -> (f64, Option<f64>) {
    let Some((own, count)) = spread.own() else {
        return (se, None);
    };
    let beyond = own * own - usual * usual;
    if !(beyond > 0.0) {
        return (se, None);
    }
    let variance = se * se + beyond;
    (
        variance.sqrt(),
        Some(count.max(1.0) * (variance / beyond).powi(2)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(values: &[f64]) -> Spread {
        let mut spread = Spread::default();
        for v in values {
            spread.add(*v, 1.0);
        }
        spread
    }

    /// Usual films have the error of their kind; a film on which the bone's other stretches vary by far more has theirs.
    #[test]
    fn a_film_worse_than_those_tried_widens_the_error() {
        let o = ErrorOptions::default();
        let calm = o.change(true, 400.0, spread(&[5.0; 4]));
        assert_eq!(calm, (o.heads.change_px2, None));
        assert_eq!(o.change(true, 400.0, Spread::default()), calm);
        let own = 1.4826 * 500.0;
        let (se, df) = o.change(true, 400.0, spread(&[500.0; 4]));
        assert!((se / own - 1.0).abs() < 0.01, "{se}");
        // Four stretches, and hardly anything else.
        assert!((df.unwrap() - 4.0).abs() < 0.1, "{df:?}");
    }

    /// What is measured as whole is whole; half a line is known worst, and worse over a long mouth of a head.
    #[test]
    fn the_line_is_known_best_where_it_is_whole() {
        let o = ErrorOptions::default();
        let se = |seen, mouth| o.line(true, seen, mouth, Spread::default());
        assert!(se(1.0, 20) < 0.02);
        assert!(se(1.0, 20) < se(0.1, 20) && se(0.1, 20) < se(0.6, 20));
        assert!(se(0.6, 40) > 2.0 * se(0.6, 20));
        assert_eq!(se(0.6, 24), se(0.6, 10));
    }
}
