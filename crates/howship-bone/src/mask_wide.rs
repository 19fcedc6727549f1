//! Whether a given mask ends where its bone ends: of one drawn wide no break of the cortex is seen.

use crate::Error;
use crate::mask_place::outline_of;
use crate::tuning::MaskTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{DensityUnit, PointMm, VectorMm, sample_linear};
use howship_stats::median;

/// Refuses a mask whose outline lies in soft tissue or air.
///
/// # Method
/// From each place of the outline inwards, how far it is to the first value of bone (`wall_level` of the contrast of bone
/// and soft tissue); the median over the outline of each bone. Erosions are looked for with a ball that passes breaks of
/// the cortex at the outline: where it passes everywhere between outline and bone, none is found.
///
/// # Limits
/// Images without a unit are not asked: the cortex of MRI is dark as soft tissue.
///
/// # Errors
/// [`Error::MaskWide`].
pub(crate) fn mask_ends_at_bone(
    visit: &VisitShapes<'_>,
    wall_level: f64,
    tuning: &MaskTuning,
) -> Result<(), Error> {
    if visit.scan.unit == DensityUnit::Arbitrary {
        return Ok(());
    }
    let bone = visit.levels.soft + wall_level * visit.levels.contrast();
    for shape in &visit.shapes {
        let outline = outline_of(shape, tuning);
        if outline.len() < tuning.enough {
            continue;
        }
        let away = outline
            .iter()
            .map(|(at, normal)| to_bone(visit, (*at, *normal), bone, tuning));
        if let Some(away) = median(away.collect()).filter(|away| *away > tuning.wide_mm) {
            return Err(Error::MaskWide {
                visit: visit.name().to_owned(),
                bone: shape.id,
                away_mm: away,
                looked_mm: tuning.reach_mm,
            });
        }
    }
    Ok(())
}

/// From a place of the outline inwards to bone, mm; infinite where none is near.
fn to_bone(
    visit: &VisitShapes<'_>,
    (at, normal): (PointMm, VectorMm),
    bone: f64,
    tuning: &MaskTuning,
) -> f64 {
    let image = &visit.smooth;
    let value = |depth: f64| sample_linear(image, image.geometry().index(at - normal * depth));
    let depths = (0..).map(|k| tuning.under_mm + f64::from(k) * tuning.step_mm);
    depths
        .take_while(|depth| *depth <= tuning.reach_mm)
        .find(|depth| value(*depth).is_some_and(|v| f64::from(v) >= bone))
        .unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, options, stated, with_mask};
    use crate::visit_shapes::segment_visit;

    /// What is said of a mask (label by distance from the centre of a ball of 3.5 mm) of an image in a unit.
    fn asked(unit: DensityUnit, label: impl Fn(f64) -> u32) -> Result<(), Error> {
        let ball = Ball::textured().with_cavity(VectorMm::x(), 0.3, 1.2);
        let scan = stated(ball.render(), unit);
        let given = with_mask(&scan, |at| label(at.coords.norm()));
        let options = options();
        let visit = segment_visit(&given, unit, &options).unwrap();
        mask_ends_at_bone(&visit, options.wall_level, &options.tuning.mask)
    }

    fn within(radius: f64) -> impl Fn(f64) -> u32 {
        move |r| u32::from(r < radius)
    }

    /// Masks 0.2 mm and more too wide once gave `no erosion found`; the distance told is that of the two balls.
    #[test]
    fn a_mask_wide_of_its_bone_is_refused_with_the_distance() {
        let density = DensityUnit::MgHaPerCm3;
        for radius in [3.2, 3.5, 3.6] {
            assert_eq!(asked(density, within(radius)), Ok(()), "{radius}");
        }
        for radius in [3.8, 4.1, 4.5] {
            match asked(density, within(radius)) {
                Err(Error::MaskWide { away_mm, .. }) => {
                    let off = away_mm - (radius - 3.5);
                    assert!(off.abs() < 0.1, "{radius}: {away_mm}");
                }
                other => panic!("{radius}: {other:?}"),
            }
        }
        assert_eq!(asked(DensityUnit::Arbitrary, within(4.1)), Ok(()));
    }

    #[test]
    fn soft_tissue_with_a_label_of_its_own_is_no_bone() {
        let soft = |r: f64| if r < 3.5 { 1 } else { 2 };
        let said = asked(DensityUnit::MgHaPerCm3, soft);
        assert!(
            matches!(said, Err(Error::MaskWide { bone: 2, .. })),
            "{said:?}"
        );
    }
}
