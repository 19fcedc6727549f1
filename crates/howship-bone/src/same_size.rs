//! Whether bones are as large at every visit: a rigid motion cannot say so, and a wrong voxel size passes its gate.

use crate::Error;
use crate::register_bones::TrackedBone;
use crate::tuning::SizeTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{RigidTransform, VectorMm, Volume, sample_linear};
use nalgebra::{SMatrix, SVector};

/// Unknowns: three turns, three shifts, three stretches, gain and offset of the values.
const N: usize = 11;
const STRETCH: usize = 6;

/// What is said of visits at which bones are a little larger or smaller than at baseline.
///
/// # Method
/// Each aligned bone may also stretch along the later image's own axes: Gauss-Newton on the squared difference of the
/// two smoothed images inside the bone, beside a small rigid motion, a gain and an offset, so that a drift of the
/// density scale is no stretch. Bones are pooled by their errors; an axis is told where the stretch is many errors from 0.
///
/// # Limits
/// A bone that the field cuts on both ends says little along its axis, and its error says so. A stretch of more than
/// about a tenth does not get here: the registration's gate refuses it.
///
/// # Errors
/// [`Error::SizeDiffers`] from the refused stretch on; a filter refuses its lengths.
pub(crate) fn same_size(
    visits: &[VisitShapes<'_>],
    bones: &[TrackedBone],
    tuning: &SizeTuning,
) -> Result<Vec<String>, Error> {
    let [baseline, later @ ..] = visits else {
        return Ok(Vec::new());
    };
    let smooth = |image| howship_ops::gaussian(image, [tuning.smooth_mm; 3]);
    let mut said = Vec::new();
    let before = smooth(&baseline.working)?;
    for (v, seen) in later.iter().enumerate() {
        let after = smooth(&seen.working)?;
        let found: Vec<Stretch> = bones
            .iter()
            .filter_map(|bone| {
                let pose = bone.aligned(v + 1)?.pose.transform;
                stretch_of((&before, &after), bone, &pose, tuning)
            })
            .collect();
        let Some(axes) = told(&pooled(&found), tuning) else {
            continue;
        };
        let (visit, first) = (seen.name().to_owned(), baseline.name().to_owned());
        let most = axes.iter().fold(0.0, |m: f64, (_, s)| m.max(s.abs()));
        let how = in_words(&axes);
        if most >= tuning.refused {
            return Err(Error::SizeDiffers { visit, first, how });
        }
        said.push(format!(
            "{visit}: bones are {how} than at {first}: no adult's bone grows or shrinks, so that the voxel size of one file is a little wrong, and volumes are wrong with it"
        ));
    }
    Ok(said)
}

/// Stretch along the later image's axes, and its variance.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    by: [f64; 3],
    variance: [f64; 3],
}

/// Stretch of one bone; `None` where too little of it is seen twice or the axes cannot be told apart.
fn stretch_of(
    (before, after): (&Volume<f32>, &Volume<f32>),
    bone: &TrackedBone,
    pose: &RigidTransform,
    tuning: &SizeTuning,
) -> Option<Stretch> {
    let centre = pose.apply(bone.shape.centroid);
    let axes = after
        .geometry()
        .direction()
        .map(|d| VectorMm::new(d[0], d[1], d[2]));
    let points = points_of(before, bone, pose, tuning);
    let (mut by, mut found) = (SVector::<f64, N>::zeros(), None);
    by[9] = 1.0;
    for _ in 0..tuning.rounds {
        let (mut normal, mut right) = (SMatrix::<f64, N, N>::zeros(), SVector::<f64, N>::zeros());
        let (mut squares, mut n) = (0.0, 0.0);
        for p in &points {
            let from = p.at - centre;
            let turned = VectorMm::new(by[0], by[1], by[2]).cross(&from);
            let stretched: VectorMm = (0..3)
                .map(|k| axes[k] * (by[STRETCH + k] * axes[k].dot(&from)))
                .sum();
            let there = p.at + turned + VectorMm::new(by[3], by[4], by[5]) + stretched;
            let Some(value) = sample_linear(after, after.geometry().index(there)) else {
                continue;
            };
            let turn = from.cross(&p.gradient);
            let mut row = SVector::<f64, N>::zeros();
            for a in 0..3 {
                row[a] = turn[a];
                row[3 + a] = p.gradient[a];
                row[STRETCH + a] = p.gradient.dot(&axes[a]) * axes[a].dot(&from);
            }
            // The later image is `gain · before + offset`; its slope is the baseline's times the gain.
            row *= by[9];
            row[9] = -p.value;
            row[10] = -1.0;
            let rest = by[9] * p.value + by[10] - f64::from(value);
            normal.ger(1.0, &row, &row, 1.0);
            right += row * rest;
            squares += rest * rest;
            n += 1.0;
        }
        if n < tuning.enough as f64 {
            return None;
        }
        let inverse = normal.try_inverse()?;
        by += inverse * right;
        let noise = squares / n * tuning.correlated;
        let at = |k: usize| inverse[(STRETCH + k, STRETCH + k)] * noise;
        found = Some(Stretch {
            by: std::array::from_fn(|k| by[STRETCH + k]),
            variance: std::array::from_fn(at),
        });
    }
    found.filter(|s| s.variance.iter().all(|v| v.is_finite() && *v > 0.0))
}

/// A place of the baseline's bone in the later visit's world.
pub(crate) struct Point {
    pub(crate) at: howship_image::PointMm,
    pub(crate) value: f64,
    /// Slope of the baseline's values, turned into the later visit's axes.
    gradient: VectorMm,
}

/// Points of a bone and the soft tissue about it, thinned to at most `most`.
pub(crate) fn points_of(
    before: &Volume<f32>,
    bone: &TrackedBone,
    pose: &RigidTransform,
    tuning: &SizeTuning,
) -> Vec<Point> {
    let grid = before.geometry();
    let inside = bone.shape.distance.data().iter().enumerate();
    let inside = inside.filter(|(_, d)| f64::from(**d) < tuning.around_mm);
    let all: Vec<usize> = inside.map(|(o, _)| o).collect();
    let stride = all.len() / tuning.most + 1;
    let step = grid.min_spacing();
    let slope = |at: howship_image::PointMm, axis: VectorMm| {
        let value = |by: f64| sample_linear(before, grid.index(at + axis * by)).map(f64::from);
        Some((value(step)? - value(-step)?) / (2.0 * step))
    };
    let point = |o: &usize| {
        let at = grid.world(grid.voxel(*o).map(|i| i as f64));
        let gradient = VectorMm::new(
            slope(at, VectorMm::x())?,
            slope(at, VectorMm::y())?,
            slope(at, VectorMm::z())?,
        );
        Some(Point {
            at: pose.apply(at),
            value: f64::from(before.data()[*o]),
            gradient: pose.rotate(gradient),
        })
    };
    all.iter().step_by(stride).filter_map(point).collect()
}

/// Bones of one visit together: one voxel size stretches all of them alike.
fn pooled(found: &[Stretch]) -> [(f64, f64); 3] {
    std::array::from_fn(|k| {
        let weight: f64 = found.iter().map(|s| 1.0 / s.variance[k]).sum();
        let sum: f64 = found.iter().map(|s| s.by[k] / s.variance[k]).sum();
        (sum / weight, weight.recip().sqrt())
    })
}

/// Axes along which the stretch is told; `None` where it is along none.
fn told(pooled: &[(f64, f64); 3], tuning: &SizeTuning) -> Option<Vec<(char, f64)>> {
    let told = |(_, (by, se)): &(char, &(f64, f64))| {
        by.abs() >= tuning.said && by.abs() >= tuning.errors * se
    };
    let axes = ['x', 'y', 'z'].into_iter().zip(pooled).filter(told);
    let axes: Vec<(char, f64)> = axes.map(|(name, (by, _))| (name, *by)).collect();
    (!axes.is_empty()).then_some(axes)
}

fn in_words(axes: &[(char, f64)]) -> String {
    let one = |(name, by): &(char, f64)| {
        let way = if *by > 0.0 { "larger" } else { "smaller" };
        format!("{:.1} % {way} along {name}", 100.0 * by.abs())
    };
    axes.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::register_bones::tests::passing;
    use crate::register_bones::{BoneAtVisit, BonePose};
    use crate::scene::{Ball, options, stated};
    use crate::visit_shapes::segment_visit;
    use howship_change::Visit;
    use howship_image::{DensityUnit, Geometry, PointMm};
    use std::sync::Arc;

    /// The same values on voxels of another size, about the same centre.
    fn with_voxels(volume: &Volume<f32>, factor: [f64; 3]) -> Volume<f32> {
        let grid = volume.geometry();
        let spacing = std::array::from_fn(|a| grid.spacing()[a] * factor[a]);
        let origin = std::array::from_fn(|a| grid.origin()[a] * factor[a]);
        let other = Geometry::new(grid.size(), spacing, origin, grid.direction()).unwrap();
        Volume::from_fn(other, |[x, y, z]| volume.at(x, y, z))
    }

    fn compared(later: Volume<f32>) -> Result<Vec<String>, Error> {
        paired(later, |visits, bones| {
            same_size(visits, bones, &SizeTuning::default())
        })
    }

    /// Compares the textured ball with a later image of it, at the baseline's own pose.
    pub(crate) fn paired<T>(
        later: Volume<f32>,
        compare: impl FnOnce(&[VisitShapes<'_>], &[TrackedBone]) -> T,
    ) -> T {
        let scans = [Ball::textured().render(), later]
            .map(|volume| stated(volume, DensityUnit::MgHaPerCm3));
        let given = crate::input::VisitScan::pairs(Visit::unnamed(2), &scans);
        let segment = |v| segment_visit(v, DensityUnit::MgHaPerCm3, &options()).unwrap();
        let visits: Vec<VisitShapes<'_>> = given.iter().map(segment).collect();
        let registration = passing([[0.0; 6]; 6], PointMm::origin());
        let here = BoneAtVisit {
            pose: BonePose {
                transform: RigidTransform::identity(),
                registration: Some(registration),
            },
            outline: None,
        };
        let bone = TrackedBone {
            shape: Arc::clone(&visits[0].shapes[0]),
            visits: vec![Some(here.clone()), Some(here)],
        };
        compare(&visits, &[bone])
    }

    /// 4 % along one axis moved the volume of an unchanged lesion by as much, and its verdict was `stable`.
    #[test]
    fn a_wrong_voxel_size_is_refused_with_its_axes_and_its_size() {
        let image = Ball::textured().render();
        let told = |factor: [f64; 3]| {
            let error = compared(with_voxels(&image, factor)).unwrap_err();
            let text = error.to_string();
            let how = text.split("bones are ").nth(1).unwrap();
            let how = how.split(" than").next().unwrap().to_owned();
            how.split(", ").map(of_words).collect::<Vec<_>>()
        };
        let along_z = told([1.0, 1.0, 1.04]);
        assert!(
            matches!(&along_z[..], [("z", by)] if (by - 4.0).abs() < 0.3),
            "{along_z:?}"
        );
        let all = told([0.95; 3]);
        for (axis, (name, by)) in ["x", "y", "z"].into_iter().zip(&all) {
            assert!(*name == axis && (by + 5.0).abs() < 0.3, "{all:?}");
        }
        assert_eq!(all.len(), 3);
    }

    /// `4.0 % larger along z` as an axis and a percentage.
    fn of_words(text: &str) -> (&'static str, f64) {
        let number: f64 = text.split(' ').next().unwrap().parse().unwrap();
        let axis = ["x", "y", "z"].into_iter().find(|a| text.ends_with(a));
        let sign = if text.contains("smaller") { -1.0 } else { 1.0 };
        (axis.unwrap(), sign * number)
    }

    #[test]
    fn a_little_is_said_and_what_is_no_size_is_not() {
        let image = Ball::textured().render();
        let little = compared(with_voxels(&image, [1.024, 1.0, 1.0])).unwrap();
        assert!(
            little[0].contains("2.4 % larger along x than"),
            "{little:?}"
        );
        let hole = Ball::textured().with_cavity(VectorMm::new(1.0, 0.3, 0.0), 0.3, 1.2);
        let scaled = |v: &f32| 1.15 * v + 20.0;
        let drifted: Vec<f32> = image.data().iter().map(scaled).collect();
        let drifted = Volume::new(image.geometry().clone(), drifted).unwrap();
        for same in [image, hole.render(), drifted] {
            assert_eq!(compared(same).unwrap(), Vec::<String>::new());
        }
    }
}
