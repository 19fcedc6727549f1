//! Whether a given mask lies on the bone of its image: a shifted one measures soft tissue, or finds nothing.

use crate::Error;
use crate::detect::outward;
use crate::segmentation::BoneShape;
use crate::tuning::MaskTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{PointMm, VectorMm, sample_linear};
use rayon::prelude::*;

/// Refuses a mask whose outline fits the bone's surface only when it is shifted.
///
/// # Method
/// The mean step of the values across the outlines of all bones, inside less outside, is the edge that a mask sits on. It
/// is looked for over all shifts up to a limit, on a grid that is refined about the best. A mask drawn wide of the
/// bone has no such edge anywhere and passes; so does one along which the edge is as sharp as anywhere else, and one
/// whose best place has it along a part only.
///
/// # Limits
/// Shifts only: a mask that was turned or mirrored is refused where that leaves no bone to align.
///
/// # Errors
/// [`Error::MaskShifted`].
pub(crate) fn mask_lies_on_bone(visit: &VisitShapes<'_>, tuning: &MaskTuning) -> Result<(), Error> {
    let shapes = visit.shapes.iter();
    let outline: Vec<(PointMm, VectorMm)> =
        shapes.flat_map(|shape| outline_of(shape, tuning)).collect();
    if outline.len() < tuning.enough {
        return Ok(());
    }
    let contrast = visit.levels.contrast();
    let here = step(visit, &outline, VectorMm::zeros(), tuning);
    let (there, by) = best_shift(visit, &outline, here, tuning);
    let edge = there >= tuning.edge * contrast && here < tuning.kept * there;
    // Of dark cortex around bright marrow (MRI) a shifted outline meets an edge too, along a part of it.
    let edge = edge && share_on_edge(visit, &outline, by, tuning) >= tuning.around;
    if edge && by.norm() >= tuning.least_mm {
        return Err(Error::MaskShifted {
            visit: visit.name().to_owned(),
            by_mm: [by.x, by.y, by.z],
            here_percent: (100.0 * here / contrast).round(),
            there_percent: (100.0 * there / contrast).round(),
        });
    }
    Ok(())
}

/// The shift with the largest step, and that step; none where no step is larger than the one here.
///
/// The first, wide look compares a part of the outline: it says where to look closer.
fn best_shift(
    visit: &VisitShapes<'_>,
    outline: &[(PointMm, VectorMm)],
    here: f64,
    tuning: &MaskTuning,
) -> (f64, VectorMm) {
    let stride = (outline.len() / tuning.first_points.max(1)).max(1);
    let part: Vec<(PointMm, VectorMm)> = outline.iter().step_by(stride).copied().collect();
    let none = VectorMm::zeros();
    let mut grid = tuning.first_mm;
    let reach = (tuning.reach_mm / grid).ceil() as i32;
    let start = (step(visit, &part, none, tuning), none);
    let (_, about) = best_about(visit, &part, start, (grid, reach), tuning);
    let there = step(visit, outline, about, tuning);
    let mut best = if there > here {
        (there, about)
    } else {
        (here, none)
    };
    loop {
        grid *= 0.5;
        if grid < tuning.last_mm {
            return best;
        }
        best = best_about(visit, outline, best, (grid, 1), tuning);
    }
}

/// The best of the shifts on a grid about the best so far.
fn best_about(
    visit: &VisitShapes<'_>,
    outline: &[(PointMm, VectorMm)],
    mut best: (f64, VectorMm),
    (grid, reach): (f64, i32),
    tuning: &MaskTuning,
) -> (f64, VectorMm) {
    let about = best.1;
    let shift = |(x, y, z)| about + VectorMm::new(f64::from(x), f64::from(y), f64::from(z)) * grid;
    let tried: Vec<VectorMm> = shifts(reach).map(shift).collect();
    let tried_step = |by: &VectorMm| step(visit, outline, *by, tuning);
    let found: Vec<f64> = tried.par_iter().map(tried_step).collect();
    for (there, by) in found.into_iter().zip(tried) {
        if there > best.0 {
            best = (there, by);
        }
    }
    best
}

fn shifts(reach: i32) -> impl Iterator<Item = (i32, i32, i32)> {
    let all = move || -reach..=reach;
    all().flat_map(move |x| all().flat_map(move |y| all().map(move |z| (x, y, z))))
}

/// Places on the outline with the direction outwards, thinned evenly.
pub(crate) fn outline_of(shape: &BoneShape, tuning: &MaskTuning) -> Vec<(PointMm, VectorMm)> {
    outline_within(shape, 0.5, tuning)
}

/// Places as near to the outline as so many voxels. A face along the grid lies more than half a one from both its sides,
/// after smoothing.
pub(crate) fn outline_within(
    shape: &BoneShape,
    voxels: f64,
    tuning: &MaskTuning,
) -> Vec<(PointMm, VectorMm)> {
    let grid = shape.distance.geometry();
    let near = voxels * grid.max_spacing();
    let on = shape.distance.data().iter().enumerate();
    let on = on.filter(|(_, d)| f64::from(d.abs()) <= near);
    let on: Vec<usize> = on.map(|(o, _)| o).collect();
    let stride = on.len() / tuning.points + 1;
    let point = |o: &usize| {
        let at = grid.world(grid.voxel(*o).map(|i| i as f64));
        Some((at, outward(shape, at, tuning.normal_mm)?))
    };
    on.iter().step_by(stride).filter_map(point).collect()
}

/// Mean over the shifted outline of the value inside less that outside; the field's end has none.
fn step(
    visit: &VisitShapes<'_>,
    outline: &[(PointMm, VectorMm)],
    by: VectorMm,
    tuning: &MaskTuning,
) -> f64 {
    let steps = steps(visit, outline, by, tuning);
    steps.sum::<f64>() / outline.len() as f64
}

/// Share of the shifted outline's places in the field that have at least half of the edge asked for.
fn share_on_edge(
    visit: &VisitShapes<'_>,
    outline: &[(PointMm, VectorMm)],
    by: VectorMm,
    tuning: &MaskTuning,
) -> f64 {
    let least = 0.5 * tuning.edge * visit.levels.contrast();
    let (mut on, mut all) = (0.0, 0.0);
    for step in steps(visit, outline, by, tuning) {
        all += 1.0;
        on += f64::from(u8::from(step >= least));
    }
    on / f64::max(all, 1.0)
}

/// Value inside less that outside at each place of the shifted outline that the field shows.
fn steps<'a>(
    visit: &'a VisitShapes<'_>,
    outline: &'a [(PointMm, VectorMm)],
    by: VectorMm,
    tuning: &MaskTuning,
) -> impl Iterator<Item = f64> + 'a {
    let (image, aside_mm) = (&visit.smooth, tuning.aside_mm);
    let value = |at: PointMm| sample_linear(image, image.geometry().index(at)).map(f64::from);
    outline.iter().filter_map(move |(at, normal)| {
        let (at, aside) = (at + by, normal * aside_mm);
        Some(value(at - aside)? - value(at + aside)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scene::{Ball, options, stated, with_mask};
    use crate::visit_shapes::segment_visit;
    use howship_image::DensityUnit;

    /// A mask of a ball about a point, on the scan's own grid.
    fn placed(centre: PointMm, radius: f64) -> Result<(), Error> {
        let ball = Ball::solid().with_cavity(VectorMm::x(), 0.3, 1.2);
        let scan = stated(ball.render(), DensityUnit::MgHaPerCm3);
        let given = with_mask(&scan, |at| u32::from((at - centre).norm() < radius));
        let visit = segment_visit(&given, scan.unit, &options()).unwrap();
        mask_lies_on_bone(&visit, &options().tuning.mask)
    }

    /// A mask that was cropped without its origin once gave `no erosion found`.
    #[test]
    fn a_shifted_mask_is_refused_and_the_shift_that_fits_is_told() {
        for by in [VectorMm::new(1.0, 0.0, 0.0), VectorMm::new(0.0, -0.5, 0.7)] {
            match placed(PointMm::from(by), 3.5) {
                Err(Error::MaskShifted { by_mm, .. }) => {
                    let left = VectorMm::from(by_mm) + by;
                    assert!(left.norm() < 0.3, "{by:?}: {by_mm:?}");
                }
                other => panic!("{by:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn masks_that_lie_on_the_bone_or_are_drawn_wide_stay() {
        for (shift, radius) in [(0.0, 3.5), (0.1, 3.5), (0.0, 3.3), (0.0, 4.1), (0.3, 4.1)] {
            let centre = PointMm::new(0.0, shift, 0.0);
            assert_eq!(placed(centre, radius), Ok(()), "{shift} {radius}");
        }
    }
}
