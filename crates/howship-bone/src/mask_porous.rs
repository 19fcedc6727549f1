//! Whether a given mask is of whole bones: of bone tissue alone every marrow space is an outside.

use crate::Error;
use crate::tuning::MaskTuning;
use crate::visit_shapes::VisitShapes;

/// Refuses a mask that leaves out much of what it encloses.
///
/// # Method
/// Each bone's mask against the same closed by a ball of half a millimetre, which marrow spaces do not hold, and with all
/// holes filled, in space and in each slice of every axis. Whole bones have hardly any; a segmentation of bone tissue has
/// its marrow, a mask of the cortex what lies within.
///
/// # Limits
/// A lesion drawn out of its bone counts as marrow does; it never makes up that much.
///
/// # Errors
/// [`Error::MaskPorous`].
pub(crate) fn mask_is_of_whole_bones(
    visit: &VisitShapes<'_>,
    tuning: &MaskTuning,
) -> Result<(), Error> {
    for shape in &visit.shapes {
        let closed = howship_ops::close(&shape.envelope, tuning.close_mm)?;
        let mut filled = howship_ops::fill_holes(&closed);
        for axis in 0..3 {
            filled = howship_ops::fill_holes_slices(&filled, axis);
        }
        let share = shape.envelope.count() as f64 / (filled.count() as f64).max(1.0);
        if share < tuning.least_filled {
            return Err(Error::MaskPorous {
                visit: visit.name().to_owned(),
                bone: shape.id,
                hollow: 1.0 - share,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, options, stated, with_mask};
    use crate::visit_shapes::segment_visit;
    use howship_image::{DensityUnit, PointMm};

    /// What is said of a mask of a ball of 3.5 mm, by place in it.
    fn asked(label: impl Fn(PointMm) -> bool) -> Result<(), Error> {
        let scan = stated(Ball::textured().render(), DensityUnit::MgHaPerCm3);
        let given = with_mask(&scan, |at| u32::from(at.coords.norm() < 3.5 && label(at)));
        let options = options();
        let visit = segment_visit(&given, scan.unit, &options).unwrap();
        mask_is_of_whole_bones(&visit, &options.tuning.mask)
    }

    /// Scanco's segmentation of trabeculae in a mask's place once ended in `no erosion found`.
    #[test]
    fn bone_tissue_or_cortex_in_a_masks_place_is_refused() {
        let spongy = |at: PointMm| {
            let wave = at.coords.map(|x| (3.0 * x).sin());
            at.coords.norm() > 3.1 || wave.x * wave.y + wave.y * wave.z + wave.z * wave.x > 0.0
        };
        let shell = |at: PointMm| at.coords.norm() > 2.9;
        // Under 0.4 mm lie 0.69 of the ball, more than half of that marrow; under 0.6 mm 0.57.
        for (hollow, said) in [(0.35..0.69, asked(spongy)), (0.5..0.6, asked(shell))] {
            match said {
                Err(Error::MaskPorous { hollow: told, .. }) => {
                    assert!(hollow.contains(&told), "{told}, not {hollow:?}");
                }
                other => panic!("{hollow:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_whole_bone_with_an_erosion_and_a_cyst_drawn_out_of_it_is_none() {
        assert_eq!(asked(|_| true), Ok(()));
        let erosion = PointMm::new(3.2, 0.0, 0.0);
        let cyst = PointMm::new(-1.0, 0.5, 0.0);
        let drawn = |at: PointMm| (at - erosion).norm() > 1.2 && (at - cyst).norm() > 1.3;
        assert_eq!(asked(drawn), Ok(()));
    }
}
