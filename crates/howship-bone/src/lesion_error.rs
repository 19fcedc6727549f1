//! Volume of a lesion and its change, with what they err by.

use crate::cavity::{VisitCavity, between, volume_of_change};
use crate::corroborate::{Pair, Side, WallChange, combine, density_change};
use crate::lesion::MeasuredLesion;
use crate::tuning::Tuning;
use howship_image::VectorMm;
use howship_stats::welch_satterthwaite;

/// A volume, mm³.
pub(crate) struct LesionVolume {
    pub(crate) value: f64,
    pub(crate) se: f64,
    pub(crate) df: f64,
}

/// A change of volume, its error, and how far its two estimates disagree (squared, in standard errors).
#[derive(Debug, Clone, Copy)]
pub(crate) struct VolumeChange {
    pub(crate) value: f64,
    pub(crate) se: f64,
    pub(crate) df: f64,
    pub(crate) disagreement: f64,
    pub(crate) parts: ChangeParts,
}

/// What a change of volume was made of: each estimate alone with its standard error, mm³.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangeParts {
    /// From the walls.
    pub walls: (f64, f64),
    /// From the images' densities; `None` where they say nothing.
    pub density: Option<(f64, f64)>,
}

/// What the error of a volume consists of, before the model's numbers weigh it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VolumeParts {
    /// Standard error of the wall by its own rays, mm³.
    pub wall: f64,
    /// What rays at the mouth's rim would change were they read the other way, mm³.
    pub rim: f64,
    /// Standard error by the envelope's height, mm³.
    pub envelope: f64,
    /// Change of the volume by a wall level higher by the contrast of bone, mm³.
    pub per_contrast: f64,
    /// SD of the volume over the centres that it was seen from, mm³.
    pub views: f64,
    /// Surface of the wall, mm².
    pub wall_mm2: f64,
    /// What may be a recess beside the lesion, mm³.
    pub recess: f64,
    /// SD of the image's blur, mm.
    pub blur_mm: f64,
}

impl VolumeParts {
    /// Variance of the volume, mm⁶, with the numbers of a tuning: `errors.rim_part`, `level_sd`, `views_part`,
    /// `wall_sd_mm`, `wall_sd_blurs`, `patch_sd_mm`, `patch_mm2`, `floor_mm3`, `floor_blurs`, `usual_blur_mm` and
    /// `lining.part`.
    #[must_use]
    pub fn variance(&self, tuning: &Tuning) -> f64 {
        let (errors, lining) = (&tuning.errors, &tuning.lining);
        [
            self.wall,
            self.rim / errors.rim_part,
            self.envelope,
            self.per_contrast * errors.level_sd,
            self.views * errors.views_part,
            self.wall_mm2 * errors.wall_sd(self.blur_mm),
            self.recess * lining.part,
            errors.floor(self.blur_mm),
        ]
        .iter()
        .map(|e| e * e)
        .sum::<f64>()
            + errors.patchy(self.wall_mm2)
    }
}

impl MeasuredLesion {
    /// Volume at a visit with its standard error and degrees of freedom.
    pub(crate) fn volume(&self, visit: usize) -> Option<LesionVolume> {
        let cavity = self.cavity(visit)?;
        let variance = self.volume_parts(visit)?.variance(&self.tuning);
        let (value, remnant) = self.closed_remnant(visit, cavity);
        let added = remnant + unseen_beyond(cavity) + self.held_back(visit, cavity);
        Some(LesionVolume {
            value,
            se: (variance + added).sqrt(),
            df: self.freedom(&cavity.volume.influence),
        })
    }

    /// What the error of a visit's volume consists of.
    pub(crate) fn volume_parts(&self, visit: usize) -> Option<VolumeParts> {
        let cavity = self.cavity(visit)?;
        let v = &cavity.volume;
        Some(VolumeParts {
            wall: v.influence.iter().map(|i| i * i).sum::<f64>().sqrt(),
            rim: v.rim_variance(1.0).sqrt(),
            envelope: self.surface.across_se() * v.per_envelope_mm,
            per_contrast: cavity.per_threshold * self.contrast,
            views: spread(&cavity.views).sqrt(),
            wall_mm2: v.wall_mm2,
            recess: cavity.recess_mm3,
            blur_mm: self.surface.blur_mm(),
        })
    }

    /// Change of volume between two visits, from walls and densities together.
    pub(crate) fn volume_change(&self, from: usize, to: usize) -> Option<VolumeChange> {
        let (walls, pose) = self.wall_change(from, to)?;
        let healed = [from, to].map(|visit| self.is_healed(visit));
        let side = |visit: usize, healed: bool| {
            let seen = self.visits[visit].as_ref()?;
            Some(Side { seen, healed })
        };
        // Of two remnants neither says where bone was.
        let one = healed[0] != healed[1];
        let pair = Pair {
            surface: &self.surface,
            before: side(from, one && healed[0])?,
            after: side(to, one && healed[1])?,
            soft: self.soft,
            least_bone: self.tuning.errors.least_bone * self.contrast,
            drift: self.tuning.errors.drift_sd,
            hidden_mm3: self.tuning.errors.floor(self.surface.blur_mm()),
        };
        let Some(density) = density_change(&pair, &self.tuning.density) else {
            return Some(walls);
        };
        let of_walls = WallChange {
            value: walls.value,
            variance: walls.se * walls.se,
            pose,
        };
        let both = combine(of_walls, density, &self.tuning.density);
        Some(VolumeChange {
            value: both.value,
            se: both.variance.sqrt(),
            df: walls.df,
            disagreement: both.disagreement,
            parts: ChangeParts {
                walls: (walls.value, walls.se),
                density: Some((density.value, both.of_density.sqrt())),
            },
        })
    }

    /// Change of volume from the walls alone, and the part of its variance that the visits' poses err by.
    fn wall_change(&self, from: usize, to: usize) -> Option<(VolumeChange, f64)> {
        let (a, b) = (self.cavity(from)?, self.cavity(to)?);
        let tuning = &self.tuning.errors;
        let wall_sd = tuning.wall_sd(self.surface.blur_mm());
        let same_centre = (a.centre - b.centre).norm() < 1e-9;
        let walls = volume_of_change(&a.volume, &b.volume, same_centre, tuning.rim_part);
        let mouth = b.volume.per_envelope_mm - a.volume.per_envelope_mm;
        let envelope = (self.surface.across_se() * mouth).powi(2);
        // The level's convention is common to both visits, the drift of the scale is not.
        let level = ((b.per_threshold - a.per_threshold) * tuning.level_sd * self.contrast).powi(2);
        let drift = (a.per_threshold.powi(2) + b.per_threshold.powi(2))
            * (tuning.drift_sd * self.contrast).powi(2);
        let shift = self.shift_variance(from, a) + self.shift_variance(to, b);
        let differences: Vec<f64> = a.views.iter().zip(&b.views).map(|(x, y)| y - x).collect();
        let seen = spread(&differences);
        let ((va, ra), (vb, rb)) = (self.closed_remnant(from, a), self.closed_remnant(to, b));
        let both_mm2 = a.volume.wall_mm2 + b.volume.wall_mm2;
        let model = (tuning.change_sd * (vb - va)).powi(2)
            + (wall_sd * (b.volume.wall_mm2 - a.volume.wall_mm2)).powi(2)
            + tuning.patchy_change(between(a, b), both_mm2);
        let variance = walls
            + envelope
            + level
            + drift
            + shift
            + seen
            + model
            + ra
            + rb
            + unseen_beyond(a)
            + unseen_beyond(b)
            + 2.0 * tuning.floor(self.surface.blur_mm()).powi(2);
        let pairs = a.volume.influence.iter().zip(&b.volume.influence);
        let difference: Vec<f64> = pairs.map(|(x, y)| y - x).collect();
        let df = welch_satterthwaite(&[
            (variance - seen, self.freedom(&difference)),
            (seen, (differences.len() as f64 - 1.0).max(1.0)),
        ]);
        let change = VolumeChange {
            value: vb - va,
            se: variance.sqrt(),
            df: df.max(tuning.least_change_freedom),
            disagreement: 0.0,
            parts: ChangeParts {
                walls: (vb - va, variance.sqrt()),
                density: None,
            },
        };
        Some((change, shift))
    }

    /// Variance from what contents took from the volume that bone alone gives: each of the two is right at times, and the
    /// volume errs as if it lay anywhere between them (a uniform distribution's SD).
    fn held_back(&self, visit: usize, cavity: &VisitCavity) -> f64 {
        let by_bone = self.by_bone.get(visit).and_then(Option::as_ref);
        by_bone.map_or(0.0, |bone| {
            (bone.mean_volume() - cavity.mean_volume()).powi(2) / 12.0
        })
    }

    /// Why a lesion's volume at a visit cannot carry a change of so many mm³; `None` where it can. What is small beside
    /// the change is part of the change's error and no more: a remnant too small for its wall to be found is still a
    /// remnant.
    pub(crate) fn doubt(&self, visit: usize, change: f64) -> Option<String> {
        let tuning = &self.tuning.errors;
        let cavity = self.cavity(visit)?;
        let (mean, sd) = (cavity.mean_volume(), spread(&cavity.views).sqrt());
        let matters = sd > tuning.doubt_share * mean
            && sd > tuning.doubt_mm3
            && sd > tuning.doubt_change * change.abs();
        matters.then(|| {
            format!("the wall is not determined: seen from different centres the volume is {mean:.2} ± {sd:.2} mm³")
        })
    }

    /// Whether all that is left of a cavity is a void without a mouth, no larger than marrow spaces are.
    pub(crate) fn is_healed(&self, visit: usize) -> bool {
        let small = |c: &VisitCavity| c.mean_volume() <= self.tuning.errors.marrow_mm3;
        !self.is_open(visit) && self.cavity(visit).is_some_and(small)
    }

    /// Volume and added variance: a small void without a mouth cannot be told from a marrow space, so that what is
    /// left of the lesion lies anywhere between nothing and all of it.
    fn closed_remnant(&self, visit: usize, cavity: &VisitCavity) -> (f64, f64) {
        let value = cavity.mean_volume();
        let unseen = cavity.unseen_mm3.powi(2);
        if !self.is_healed(visit) {
            return (value, unseen);
        }
        (0.5 * value, value * value / 12.0 + unseen)
    }

    fn shift_variance(&self, visit: usize, cavity: &VisitCavity) -> f64 {
        let Some(seen) = &self.visits[visit] else {
            return 0.0;
        };
        let d = VectorMm::from(cavity.volume.per_shift);
        (d.transpose() * seen.shift_covariance * d)[(0, 0)].max(0.0)
    }

    /// Effective number of patches that carry the error (Satterthwaite): few dominant patches, few degrees.
    fn freedom(&self, influence: &[f64]) -> f64 {
        let squares: f64 = influence.iter().map(|i| i * i).sum();
        let fourth: f64 = influence.iter().map(|i| i.powi(4)).sum();
        if fourth > 0.0 {
            (squares * squares / fourth).max(self.tuning.errors.least_freedom)
        } else {
            self.tuning.errors.usual_freedom
        }
    }
}

/// Variance from what the wall encloses where the image has ended: as much as is taken there, more or less of it, with a
/// uniform distribution's SD.
fn unseen_beyond(cavity: &VisitCavity) -> f64 {
    cavity.unseen_beyond_mm3().powi(2) / 3.0
}

/// Variance of a mean over centres that see the same wall: their whole spread, since they are not independent.
fn spread(views: &[f64]) -> f64 {
    let n = views.len() as f64;
    if n < 2.0 {
        return 0.0;
    }
    let mean = views.iter().sum::<f64>() / n;
    views.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, measured, options};

    #[test]
    fn the_error_of_a_volume_has_the_parts_it_says() {
        let scene = Ball::solid().with_cavity(VectorMm::new(0.0, 1.0, 0.3), 0.3, 0.9);
        let lesion = measured(&[&scene], &options());
        let cavity = lesion.cavity(0).unwrap();
        let found = lesion.volume(0).unwrap();
        let wall: f64 = cavity.volume.influence.iter().map(|i| i * i).sum();
        let parts = [
            wall + cavity.volume.rim_variance(3.0),
            (lesion.surface.height_se * cavity.volume.per_envelope_mm).powi(2),
            (0.03 * lesion.contrast * cavity.per_threshold).powi(2),
            spread(&cavity.views),
            (0.015 * cavity.volume.wall_mm2).powi(2),
            0.05f64.powi(2) * cavity.volume.wall_mm2,
            1e-4,
        ];
        let se = parts.iter().sum::<f64>().sqrt();
        assert!((found.se - se).abs() < 1e-9, "{} for {se}", found.se);
        assert!((found.value - cavity.mean_volume()).abs() < 1e-12);
        assert_eq!(cavity.views.len(), 5);
        // A wall that a higher level finds further out: the derivative of πd³/6 by the level.
        assert!(cavity.per_threshold > 0.0);
    }

    #[test]
    fn what_lies_beyond_the_image_is_in_the_error() {
        let scene = Ball::solid().with_cavity(VectorMm::z(), 0.3, 0.9);
        let mut lesion = measured(&[&scene], &options());
        let before = lesion.volume(0).unwrap();
        let cavity = lesion.visits[0].as_mut().unwrap().cavity.as_mut().unwrap();
        assert_eq!(cavity.unseen_beyond_mm3(), 0.0);
        // Seen half-way to the wall everywhere: seven eighths are not.
        cavity.rays.seen = cavity.volume.boundary.iter().map(|r| 0.5 * r).collect();
        let beyond = 0.875 * cavity.volume.value;
        let after = lesion.volume(0).unwrap();
        assert_eq!(before.value, after.value);
        let added = after.se.powi(2) - before.se.powi(2);
        assert!(
            (added - beyond * beyond / 3.0).abs() < 1e-9 * added,
            "{added}"
        );
    }

    /// A tenth of a large ball's radius is lost: the walls' change errs by what was crossed, that of a wall that has gone
    /// by no more than it erred by itself.
    #[test]
    fn a_change_by_walls_errs_by_what_lies_between_them() {
        let tuning = Tuning::default().errors;
        let radius = 1.5;
        let area = 4.0 * std::f64::consts::PI * radius * radius;
        let crossed = |by: f64| (1.0 - (1.0 - by).powi(3)) * area * radius / 3.0;
        let of = |by: f64| tuning.patchy_change(crossed(by), area * (1.0 + (1.0 - by).powi(2)));
        assert_eq!(of(0.0), 0.0);
        let expected = 2.0 * crossed(0.1) / tuning.forget_mm * tuning.patchy(1.0);
        assert!((of(0.1) - expected).abs() < 1e-12);
        assert!((of(1.0) - tuning.patchy(area)).abs() < 1e-12);
    }

    #[test]
    fn views_that_spread_are_doubted_unless_the_change_dwarfs_them() {
        let scene = Ball::solid().with_cavity(VectorMm::z(), 0.3, 0.9);
        let mut lesion = measured(&[&scene], &options());
        assert!(lesion.doubt(0, 0.0).is_none());
        let cavity = lesion.visits[0].as_mut().unwrap().cavity.as_mut().unwrap();
        cavity.views = vec![1.0, 1.4, 0.6, 1.0];
        assert!(lesion.doubt(0, 0.0).is_some() && lesion.doubt(0, -3.0).is_some());
        assert!(lesion.doubt(0, -3.4).is_none());
    }

    #[test]
    fn spread_and_freedom() {
        assert!((spread(&[1.0, 2.0, 3.0]) - 1.0).abs() < 1e-12 && spread(&[4.0]) == 0.0);
        let scene = Ball::solid().with_cavity(VectorMm::z(), 0.3, 0.9);
        let lesion = measured(&[&scene], &options());
        assert!((lesion.freedom(&[0.5; 12]) - 12.0).abs() < 1e-9);
        assert_eq!(lesion.freedom(&[1.0, 0.0, 0.0]), 4.0);
        assert_eq!(lesion.freedom(&[0.0; 5]), 30.0);
    }

    #[test]
    fn a_cortex_that_closed_leaves_at_most_what_was_there() {
        let towards = VectorMm::new(0.2, 0.1, 1.0);
        let open = Ball::solid().with_cavity(towards, 0.3, 0.8);
        // Closed over, with marrow where the base was.
        let closed = Ball::solid().with_cavity(towards, 0.9, 0.5);
        let lesion = measured(&[&open, &closed], &options());
        assert!(lesion.is_open(0) && !lesion.is_open(1));
        let (was, is) = (lesion.volume(0).unwrap(), lesion.volume(1).unwrap());
        assert!(is.value < 0.5 * was.value);
        let change = lesion.volume_change(0, 1).unwrap();
        let bounds = -open.hole_mm3()..-open.hole_mm3() + closed.hole_mm3() + 0.1;
        assert!(
            bounds.contains(&change.value),
            "{} in {bounds:?}",
            change.value
        );
    }
}
