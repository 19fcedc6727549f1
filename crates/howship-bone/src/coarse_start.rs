//! Where a joint lies at a later visit when the scanner's coordinates do not say: another export's origin, another
//! table position, a hand laid in the other way round.
//!
//! Registration looks 6 mm and 18° around a start. Starts further away come from the bones themselves: their common
//! mass and longest axis, turned about it in steps.

use crate::Error;
use crate::tuning::CoarseTuning;
use crate::visit_shapes::VisitShapes;
use howship_image::{Geometry, PointMm, RigidTransform, VectorMm, Volume, sample_linear};
use nalgebra::{Matrix3, Rotation3, UnitQuaternion};
use rayon::prelude::*;

/// The mass of all bones of a visit and their longest axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Mass {
    pub(crate) centre: PointMm,
    pub(crate) axis: VectorMm,
}

/// Every so many voxels of the working grid are looked at.
const STRIDE: usize = 61;

impl Mass {
    /// `None` without bone.
    pub(crate) fn of(visit: &VisitShapes<'_>) -> Option<Self> {
        let mut points = Vec::new();
        for shape in &visit.shapes {
            let geometry = shape.envelope.geometry();
            let inside = shape.envelope.data().iter().enumerate().step_by(STRIDE);
            points.extend(
                inside
                    .filter(|(_, v)| **v != 0)
                    .map(|(o, _)| geometry.world(geometry.voxel(o).map(|i| i as f64))),
            );
        }
        Self::of_points(&points)
    }

    /// Those of two visits; `None` where either is without bone.
    pub(crate) fn of_both(from: &VisitShapes<'_>, to: &VisitShapes<'_>) -> Option<(Self, Self)> {
        Some((Self::of(from)?, Self::of(to)?))
    }

    fn of_points(points: &[PointMm]) -> Option<Self> {
        if points.len() < 8 {
            return None;
        }
        let n = points.len() as f64;
        let sum = points.iter().fold(VectorMm::zeros(), |s, p| s + p.coords);
        let centre = PointMm::from(sum / n);
        let moment = points.iter().fold(Matrix3::zeros(), |m, p| {
            let d = p - centre;
            m + d * d.transpose()
        });
        let eigen = (moment / n).symmetric_eigen();
        let longest = eigen.eigenvalues.imax();
        let axis: VectorMm = eigen.eigenvectors.column(longest).into_owned();
        // An axis has two directions; the one along the scanner's is taken, so that both visits' agree where they can.
        let up = if axis.z < 0.0 { -axis } else { axis };
        Some(Self {
            centre,
            axis: up.normalize(),
        })
    }
}

/// Motions that bring one mass onto the other: the axis along it or against it, turned about it in even steps; first
/// the one that turns least.
fn turns(from: &Mass, to: &Mass, steps: usize) -> Vec<UnitQuaternion<f64>> {
    let mut all = vec![UnitQuaternion::identity()];
    for sign in [1.0, -1.0] {
        let axis = to.axis * sign;
        let onto = UnitQuaternion::rotation_between(&from.axis, &axis).unwrap_or_else(|| {
            // Opposite directions: half a turn about anything across.
            let across = nalgebra::Unit::new_normalize(crate::surface::frame(from.axis)[0]);
            UnitQuaternion::from_axis_angle(&across, std::f64::consts::PI)
        });
        let about = nalgebra::Unit::new_normalize(axis);
        for k in 0..steps {
            let angle = 2.0 * std::f64::consts::PI * k as f64 / steps as f64;
            let roll = Rotation3::from_axis_angle(&about, angle);
            all.push(UnitQuaternion::from_rotation_matrix(&roll) * onto);
        }
    }
    all
}

/// A motion that turns about one mass and carries it onto the other, shifted.
fn motion(from: &Mass, to: &Mass, turn: UnitQuaternion<f64>, shift: VectorMm) -> RigidTransform {
    let translation = to.centre.coords + shift - turn * from.centre.coords;
    RigidTransform::from_isometry(nalgebra::Isometry3::from_parts(translation.into(), turn))
}

/// One start and how well the smoothed images agree there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Start {
    pub(crate) motion: RigidTransform,
    pub(crate) agreement: f64,
}

/// Starts for a registration, best first, each well apart from the better ones.
///
/// # Method
/// Both visits' working images smoothed so much that a start 2 mm and 10° off still agrees; correlation over the
/// baseline's bones with soft tissue around them, for each turn and a lattice of shifts along and across the axis (the
/// stacks may cut the bones at other places), weighed by how much of the bones is in view.
pub(crate) fn coarse_starts(
    baseline: &VisitShapes<'_>,
    later: &Volume<f32>,
    (from, to): &(Mass, Mass),
    tuning: &CoarseTuning,
) -> Result<Vec<Start>, Error> {
    let sigma = [tuning.smooth_mm; 3];
    let fixed = howship_ops::gaussian(&baseline.working, sigma)?;
    let moving = howship_ops::gaussian(later, sigma)?;
    let samples = samples(baseline, &fixed, tuning);
    let shifts = shifts(to.axis, tuning);
    let mut starts: Vec<Start> = turns(from, to, tuning.turns)
        .into_par_iter()
        .filter_map(|turn| {
            let scored = shifts.iter().filter_map(|shift| {
                let motion = motion(from, to, turn, *shift);
                let agreement = agreement(&samples, &moving, &motion, tuning.least_shown)?;
                Some(Start { motion, agreement })
            });
            scored.max_by(|a, b| a.agreement.total_cmp(&b.agreement))
        })
        .collect();
    starts.sort_by(|a, b| b.agreement.total_cmp(&a.agreement));
    let mut kept: Vec<Start> = Vec::new();
    for start in starts {
        let apart = |other: &Start| {
            let turn = start
                .motion
                .isometry()
                .rotation
                .angle_to(&other.motion.isometry().rotation);
            let shift = start.motion.apply(from.centre) - other.motion.apply(from.centre);
            turn > tuning.apart_rad || shift.norm() > tuning.apart_mm
        };
        if kept.len() < tuning.starts && kept.iter().all(apart) {
            kept.push(start);
        }
    }
    Ok(kept)
}

/// Positions in and around the baseline's bones with the smoothed image's values, evenly thinned.
fn samples(
    baseline: &VisitShapes<'_>,
    fixed: &Volume<f32>,
    tuning: &CoarseTuning,
) -> Vec<(PointMm, f64)> {
    let geometry = fixed.geometry();
    let near = |o: usize| {
        let shapes = baseline.shapes.iter();
        shapes
            .map(|s| f64::from(s.distance.data()[o]))
            .fold(f64::INFINITY, f64::min)
            < tuning.around_mm
    };
    let inside: Vec<usize> = (0..geometry.voxels()).filter(|&o| near(o)).collect();
    let stride = (inside.len() / tuning.samples.max(1)).max(1);
    inside
        .into_iter()
        .step_by(stride)
        .map(|o| {
            let at = geometry.world(geometry.voxel(o).map(|i| i as f64));
            (at, f64::from(fixed.data()[o]))
        })
        .collect()
}

/// Shifts along the axis and across it.
fn shifts(axis: VectorMm, tuning: &CoarseTuning) -> Vec<VectorMm> {
    let [e1, e2, n] = crate::surface::frame(axis);
    let step = tuning.shift_step_mm;
    let count = |reach: f64| (reach / step).round() as i64;
    let (along, across) = (count(tuning.along_mm), count(tuning.across_mm));
    let mut all = Vec::new();
    for k in -along..=along {
        for j in -across..=across {
            for i in -across..=across {
                all.push((e1 * i as f64 + e2 * j as f64 + n * k as f64) * step);
            }
        }
    }
    all
}

/// Correlation over the samples in view, weighed by their share; `None` where too few are.
fn agreement(
    samples: &[(PointMm, f64)],
    moving: &Volume<f32>,
    motion: &RigidTransform,
    least_shown: f64,
) -> Option<f64> {
    let grid: &Geometry = moving.geometry();
    let (mut n, mut x, mut y, mut xx, mut yy, mut xy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
    for (at, a) in samples {
        let Some(b) = sample_linear(moving, grid.index(motion.apply(*at))) else {
            continue;
        };
        let b = f64::from(b);
        n += 1.0;
        x += a;
        y += b;
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    let shown = n / samples.len().max(1) as f64;
    if !(shown >= least_shown) {
        return None;
    }
    let (vx, vy) = (xx - x * x / n, yy - y * y / n);
    let r = (xy - x * y / n) / (vx * vy).max(1e-9).sqrt();
    Some(r * shown.powf(0.25))
}

/// The same image with its first axis running the other way about the grid's centre, as a mirrored export shows it,
/// and a mass in it.
pub(crate) fn mirrored(volume: &Volume<f32>, mass: &Mass) -> Result<(Volume<f32>, Mass), Error> {
    let old = volume.geometry();
    let centre = old.centre();
    let direction = old.direction();
    let flipped: [[f64; 3]; 3] = std::array::from_fn(|r| {
        let [x, y, z] = direction[r];
        [-x, y, z]
    });
    let at_zero = Geometry::new(old.size(), old.spacing(), [0.0; 3], flipped)?;
    let origin: [f64; 3] = (centre - at_zero.centre()).into();
    let grid = Geometry::new(old.size(), old.spacing(), origin, flipped)?;
    let first = VectorMm::new(direction[0][0], direction[1][0], direction[2][0]);
    let reflect = |v: VectorMm| v - first * (2.0 * v.dot(&first));
    let mass = Mass {
        centre: centre + reflect(mass.centre - centre),
        axis: reflect(mass.axis),
    };
    Ok((volume.clone().with_geometry(grid)?, mass))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rod(turn: &UnitQuaternion<f64>, at: VectorMm) -> Vec<PointMm> {
        let mut points = Vec::new();
        for k in -20..=20 {
            for j in -3..=3 {
                for i in -2..=2 {
                    let p = VectorMm::new(f64::from(i), f64::from(j), 1.5 * f64::from(k)) * 0.4;
                    points.push(PointMm::from(turn * p + at));
                }
            }
        }
        points
    }

    #[test]
    fn a_rods_mass_and_axis() {
        let turn = UnitQuaternion::from_euler_angles(0.4, -0.3, 1.0);
        let mass = Mass::of_points(&rod(&turn, VectorMm::new(5.0, -7.0, 100.0))).unwrap();
        assert!((mass.centre - PointMm::new(5.0, -7.0, 100.0)).norm() < 1e-9);
        let truth: VectorMm = turn * VectorMm::z();
        assert!((mass.axis.dot(&truth).abs() - 1.0).abs() < 1e-9);
        assert!(Mass::of_points(&[PointMm::origin(); 3]).is_none());
    }

    #[test]
    fn one_of_the_turns_is_near_any_turn_of_the_axis() {
        let from = Mass::of_points(&rod(&UnitQuaternion::identity(), VectorMm::zeros())).unwrap();
        for (roll, flip, tilt) in [
            (0.1, 0.0, 0.2),
            (3.1, 0.0, -0.4),
            (2.0, std::f64::consts::PI, 0.1),
            (-1.3, 3.0, 0.3),
        ] {
            let truth = UnitQuaternion::from_euler_angles(tilt, 0.0, 0.0)
                * UnitQuaternion::from_euler_angles(flip, 0.0, 0.0)
                * UnitQuaternion::from_euler_angles(0.0, 0.0, roll);
            let to = Mass::of_points(&rod(&truth, VectorMm::new(40.0, 9.0, -80.0))).unwrap();
            let nearest = turns(&from, &to, 24)
                .iter()
                .map(|t| t.angle_to(&truth))
                .fold(f64::INFINITY, f64::min);
            // Half a step of 15°.
            assert!(nearest < 0.14, "{nearest}");
            let moved = motion(&from, &to, truth, VectorMm::zeros()).apply(from.centre);
            assert!((moved - to.centre).norm() < 1e-9);
        }
    }

    #[test]
    fn a_mirrored_image_lies_where_it_lay_and_has_the_other_hand() {
        let turn = Rotation3::from_euler_angles(0.2, 0.3, -0.4);
        let direction = std::array::from_fn(|r| std::array::from_fn(|c| turn[(r, c)]));
        let grid = Geometry::new([5, 6, 7], [0.1, 0.2, 0.3], [3.0, -4.0, 50.0], direction).unwrap();
        let image = Volume::from_fn(grid.clone(), |[x, y, z]| (x + 10 * y + 100 * z) as f32);
        let mass = Mass {
            centre: PointMm::new(3.2, -3.5, 51.0),
            axis: VectorMm::z(),
        };
        let (other, there) = mirrored(&image, &mass).unwrap();
        assert!((other.geometry().centre() - grid.centre()).norm() < 1e-9);
        assert!(
            other.geometry().index_to_mm().determinant() * grid.index_to_mm().determinant() < 0.0
        );
        // What lay at a voxel lies at that voxel.
        let (was, is) = (
            grid.index(mass.centre),
            other.geometry().index(there.centre),
        );
        assert!((0..3).all(|a| (was[a] - is[a]).abs() < 1e-9));
        let (twice, back) = mirrored(&other, &there).unwrap();
        assert!(twice.geometry().same_grid(&grid));
        assert!((back.centre - mass.centre).norm() < 1e-9 && (back.axis - mass.axis).norm() < 1e-9);
    }
}
