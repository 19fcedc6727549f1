//! Whether two visits are one scan: noise does not come twice.

use crate::Error;
use crate::register_bones::TrackedBone;
use crate::tuning::ScanTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{PointMm, RigidTransform, VectorMm, Volume, sample_linear};

/// Refuses two visits whose noise is the same: a copy that was rounded, cropped, scaled, moved or saved in another format,
/// which would be called stable.
///
/// # Method
/// In soft tissue beside the bones that both visits show, each image's second difference along the baseline's x axis, over
/// a distance at which neighbouring noise has little in common and soft tissue is nearly even; its correlation between the
/// two, each at its own place of the same tissue. Scans that were taken twice have none but what edges of tendons leave.
///
/// # Limits
/// An image without noise is not asked. A copy under much fresh noise, or blurred by much, passes.
///
/// # Errors
/// [`Error::SameScan`].
pub(crate) fn not_one_scan(
    visits: &[VisitShapes<'_>],
    bones: &[TrackedBone],
    tuning: &ScanTuning,
) -> Result<(), Error> {
    for later in 1..visits.len() {
        for earlier in 0..later {
            let pair = (&visits[earlier], &visits[later]);
            let both = bones.iter().find_map(|bone| {
                let pose = |v: usize| Some(bone.aligned(v)?.pose.transform);
                Some((bone, pose(earlier)?, pose(later)?))
            });
            let Some((bone, from, to)) = both else {
                continue;
            };
            let correlation = common_noise((&visits[0], pair), bone, (&from, &to), tuning);
            if let Some(correlation) = correlation.filter(|c| *c > tuning.alike) {
                return Err(Error::SameScan {
                    visit: pair.1.name().to_owned(),
                    first: pair.0.name().to_owned(),
                    correlation,
                });
            }
        }
    }
    Ok(())
}

/// Correlation of two visits' noise; `None` where there is too little to see, or no noise.
fn common_noise(
    (baseline, (first, second)): (&VisitShapes<'_>, (&VisitShapes<'_>, &VisitShapes<'_>)),
    bone: &TrackedBone,
    (from, to): (&RigidTransform, &RigidTransform),
    tuning: &ScanTuning,
) -> Option<f64> {
    let grid = baseline.working.geometry();
    let step = VectorMm::from(grid.direction()[0]) * (tuning.lag * grid.spacing()[0]);
    let soft = baseline.working.data().iter().enumerate().filter(|(o, _)| {
        let depth = f64::from(bone.shape.distance.data()[*o]);
        (tuning.near_mm..tuning.far_mm).contains(&depth)
    });
    let soft: Vec<usize> = soft.map(|(o, _)| o).collect();
    let stride = soft.len() / tuning.most.max(1) + 1;
    let pairs: Vec<[f64; 2]> = soft
        .iter()
        .step_by(stride)
        .filter_map(|&o| {
            let at = grid.world(grid.voxel(o).map(|i| i as f64));
            Some([
                difference(&first.working, from, at, step)?,
                difference(&second.working, to, at, step)?,
            ])
        })
        .collect();
    if pairs.len() < tuning.enough {
        return None;
    }
    let noisy = |k: usize, visit: &VisitShapes<'_>| {
        let sd = spread(&pairs, k);
        (sd > tuning.least_noise * visit.levels.contrast().abs()).then_some(sd)
    };
    let sd = [noisy(0, first)?, noisy(1, second)?];
    // Edges of tissues are many spreads.
    let kept: Vec<[f64; 2]> = pairs
        .into_iter()
        .filter(|p| (0..2).all(|k| p[k].abs() < tuning.most_spreads * sd[k]))
        .collect();
    Some(correlation(&kept))
}

fn difference(
    image: &Volume<f32>,
    pose: &RigidTransform,
    at: PointMm,
    step: VectorMm,
) -> Option<f64> {
    let value = |at: PointMm| {
        let value = sample_linear(image, image.geometry().index(pose.apply(at)))?;
        Some(f64::from(value))
    };
    Some(value(at)? - 0.5 * (value(at + step)? + value(at - step)?))
}

/// Standard deviation of one of the two, from the median size.
fn spread(pairs: &[[f64; 2]], k: usize) -> f64 {
    let sizes = pairs.iter().map(|p| p[k].abs()).collect();
    1.4826 * howship_stats::median(sizes).unwrap_or(0.0)
}

fn correlation(pairs: &[[f64; 2]]) -> f64 {
    let sum = |product: &dyn Fn(&[f64; 2]) -> f64| pairs.iter().map(product).sum::<f64>();
    let (aa, bb) = (sum(&|p| p[0] * p[0]), sum(&|p| p[1] * p[1]));
    sum(&|p| p[0] * p[1]) / (aa * bb).sqrt().max(f64::MIN_POSITIVE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register_bones::register_bones;
    use crate::scene::{Ball, options, stated};
    use crate::visit_shapes::segment_visit;
    use crate::{Unobserved, VisitScan};
    use howship_change::Visit;
    use howship_image::DensityUnit;
    use rand::{RngExt, SeedableRng};

    /// A ball's scan under noise of this SD (about 7 % of contrast).
    fn scan(seed: u64, shift: [f64; 3]) -> Volume<f32> {
        let ball = Ball::textured().with_cavity(VectorMm::x(), 0.3, 1.2);
        let motion =
            RigidTransform::about(PointMm::origin(), VectorMm::zeros(), VectorMm::from(shift));
        let volume = Ball { motion, ..ball }.render();
        under_noise(&volume, seed, 100.0)
    }

    fn under_noise(volume: &Volume<f32>, seed: u64, width: f64) -> Volume<f32> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut noise = || {
            let three: f64 = (0..3).map(|_| rng.random::<f64>() - 0.5).sum();
            (width * three) as f32
        };
        let values = volume.data().iter().map(|v| v + noise()).collect();
        Volume::new(volume.geometry().clone(), values).unwrap()
    }

    fn asked(first: Volume<f32>, second: Volume<f32>) -> Result<(), Error> {
        let unit = DensityUnit::MgHaPerCm3;
        let options = options();
        let scans = [stated(first, unit), stated(second, unit)];
        let given = VisitScan::pairs(Visit::unnamed(2), &scans);
        let visits: Vec<VisitShapes<'_>> = given
            .iter()
            .map(|g| segment_visit(g, unit, &options).unwrap())
            .collect();
        let mut said = Vec::new();
        let bones = register_bones(&visits, &options.tuning, &Unobserved, &mut said).unwrap();
        not_one_scan(&visits, &bones, &options.tuning.scan)
    }

    #[test]
    fn rescans_pass_and_copies_do_not() {
        let first = scan(1, [0.0; 3]);
        for (seed, shift) in [(2, [0.0; 3]), (3, [0.31, -0.12, 0.2])] {
            assert_eq!(asked(first.clone(), scan(seed, shift)), Ok(()), "{seed}");
        }
        let of = |value: &dyn Fn(f32) -> f32| {
            let values = first.data().iter().map(|v| value(*v)).collect();
            Volume::new(first.geometry().clone(), values).unwrap()
        };
        let copies = [
            of(&|v| v.round()),
            of(&|v| 1.001 * v + 0.3),
            under_noise(&first, 9, 60.0),
        ];
        for copy in copies {
            let said = asked(first.clone(), copy);
            assert!(matches!(said, Err(Error::SameScan { .. })), "{said:?}");
        }
    }
}
