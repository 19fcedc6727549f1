//! How much of a cavity lies before bone that is lined as the bone's outside is: a recess of its own shape, not a lesion.

use crate::cavity::{SPHERE, VisitCavity};
use crate::local::LocalImage;
use crate::surface::SurfacePatch;
use crate::tuning::LiningTuning;

/// What lies before lined wall and before bare wall.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Lining {
    /// Volume of the cavity towards lined wall, mm³.
    pub(crate) lined_mm3: f64,
    /// Towards wall that is not lined, mm³.
    pub(crate) bare_mm3: f64,
    /// The whole cavity, mm³: what lies towards its mouth and its rim too.
    pub(crate) whole_mm3: f64,
}

impl Lining {
    /// Volume that may belong to a recess beside the lesion, mm³: of a cavity that is lined throughout, or hardly, none.
    ///
    /// What lies towards the mouth is shared as what lies towards the wall. A cavity without a bare wall is a recess, or
    /// has healed, as a whole: whether it is an erosion is asked elsewhere.
    pub(crate) fn recess_mm3(&self, tuning: &LiningTuning) -> f64 {
        let share = self.lined_mm3 / (self.lined_mm3 + self.bare_mm3).max(1e-9);
        if (tuning.least_share..=tuning.most_share).contains(&share) {
            share * self.whole_mm3
        } else {
            0.0
        }
    }
}

/// How much of a cavity is lined; its mouth must be open.
///
/// # Method
/// An erosion has broken the cortex and its floor is cut trabeculae; a natural recess is lined by cortex. Behind each
/// point of the wall the image is averaged as it is under the envelope when a mouth is looked for, and over the
/// neighbouring rays, about 0.4 mm² of wall: bright as the cortex around the mouth, the wall is lined there. The cut
/// edge of the cortex, near the envelope, tells nothing.
///
/// # Limits
/// A wall that has healed over is lined as a recess is. In bone as dense as its cortex everything is lined.
pub(crate) fn lining(
    (cavity, image): (&VisitCavity, &LocalImage),
    surface: &SurfacePatch,
    visit: usize,
    tuning: &LiningTuning,
) -> Lining {
    let bright = behind_wall((cavity, image), surface, visit, tuning);
    add_up(cavity, &bright, tuning)
}

/// Brightness of the bone behind each ray's wall as a share of the cortex around the mouth, averaged over the
/// neighbouring rays; `None` at the mouth and the rim.
pub(crate) fn behind_wall(
    (cavity, image): (&VisitCavity, &LocalImage),
    surface: &SurfacePatch,
    visit: usize,
    tuning: &LiningTuning,
) -> Vec<Option<f64>> {
    let behind: Vec<Option<f64>> = cavity
        .boundary()
        .enumerate()
        .map(|(i, (direction, r))| {
            let at = cavity.centre + direction * r;
            let deep = surface.depth(at)? > tuning.depth_mm;
            if !deep || cavity.rays.mouth[i] || r >= cavity.rays.exit[i] {
                return None;
            }
            surface.plate_behind(visit, image, at, *direction)
        })
        .collect();
    (0..tuning.rounds).fold(behind, |values, _| averaged(&values))
}

/// Mean of each ray that has a value with its neighbours that have.
fn averaged(values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mean = |i: usize| {
        values[i]?;
        let around = std::iter::once(&i).chain(&SPHERE.neighbours[i]);
        let found: Vec<f64> = around.filter_map(|&j| values[j]).collect();
        Some(found.iter().sum::<f64>() / found.len() as f64)
    };
    (0..values.len()).map(mean).collect()
}

fn add_up(cavity: &VisitCavity, plate: &[Option<f64>], tuning: &LiningTuning) -> Lining {
    let part = SPHERE.solid_angle() / 3.0;
    let mut lining = Lining::default();
    for ((_, r), plate) in cavity.boundary().zip(plate) {
        let volume = part * r.powi(3);
        lining.whole_mm3 += volume;
        match plate {
            Some(p) if *p >= tuning.lined => lining.lined_mm3 += volume,
            Some(_) => lining.bare_mm3 += volume,
            None => {}
        }
    }
    lining
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, measured, options};
    use howship_image::{PointMm, VectorMm};

    /// A ball cut out of spongy bone beside one that is lined by a shell as thick as the cortex.
    #[test]
    fn a_recess_beside_a_lesion_is_told_by_its_lining() {
        let options = options();
        let tuning = &options.tuning.lining;
        let bone = Ball {
            cortex_mm: 0.3,
            spongy: 380.0,
            waves: 250.0,
            ..Ball::solid()
        };
        let lesion = bone.clone().with_cavity(VectorMm::z(), 0.3, 0.8);
        let alone = measured(&[&lesion], &options).lining(0).unwrap();
        assert_eq!(alone.recess_mm3(tuning), 0.0, "{alone:?}");
        assert!((alone.whole_mm3 / lesion.hole_mm3() - 1.0).abs() < 0.1);
        // The recess: 0.9 mm radius, its middle 1.3 mm from the lesion's, 0.3 mm of cortex about it.
        let towards = VectorMm::new((1.3f64 / 3.2).sin(), 0.0, (1.3f64 / 3.2).cos());
        let middle = PointMm::from(towards * 3.2);
        let mut both = lesion.clone().with_cavity(towards, 0.3, 0.9);
        both.filled = vec![(middle, 1.2, crate::scene::BONE)];
        let both = measured(&[&both], &options).lining(0).unwrap();
        let recess = both.recess_mm3(tuning);
        let added = both.whole_mm3 - lesion.hole_mm3();
        assert!(
            recess > 0.5 * added && recess < 2.0 * added,
            "{both:?}, {added}"
        );
    }

    #[test]
    fn what_is_lined_throughout_or_hardly_is_no_recess_beside_a_lesion() {
        let tuning = options().tuning.lining;
        let of = |lined_mm3: f64| Lining {
            lined_mm3,
            bare_mm3: 1.0 - lined_mm3,
            whole_mm3: 2.0,
        };
        assert_eq!(of(tuning.least_share - 0.01).recess_mm3(&tuning), 0.0);
        assert_eq!(of(0.5).recess_mm3(&tuning), 1.0);
        assert_eq!(of(tuning.most_share + 0.01).recess_mm3(&tuning), 0.0);
        assert_eq!(Lining::default().recess_mm3(&tuning), 0.0);
    }
}
