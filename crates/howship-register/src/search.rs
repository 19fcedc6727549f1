//! Poses far from the start: a coarse search before refinement.

use crate::gauss_newton::{moments, moments_serial};
use crate::options::RigidOptions;
use crate::refine::{Level, Stop, refine};
use crate::sample::Extent;
use howship_image::{RigidTransform, VectorMm};
use rayon::prelude::*;

/// A pose and how well it fits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    pub transform: RigidTransform,
    /// Correlation at the level it was last refined at.
    pub correlation: f64,
}

/// Poses refined from the scored grid.
const STARTS: usize = 14;
/// Samples for scoring one pose of the grid, and for refining one start.
const SCORED: usize = 1500;
const REFINED: usize = 12_000;
/// A pose that shows less of the mask than this is not scored.
const LEAST_SHOWN: f64 = 0.5;

/// Scores a grid of poses around the initial one at the coarsest level and refines the best of them.
///
/// The result is sorted, best first, and holds each optimum once.
pub(crate) fn search(
    level: &Level,
    initial: &RigidTransform,
    extent: &Extent,
    options: &RigidOptions,
) -> Vec<Candidate> {
    let (poses, spread) = grid(level.spacing, initial, extent, options);
    let few = level.samples.thinned(SCORED);
    let mut scored: Vec<(usize, f64)> = poses
        .par_iter()
        .enumerate()
        .filter_map(|(i, pose)| {
            let m = moments_serial(&level.moving, &few, pose);
            let shown = m.count >= LEAST_SHOWN * few.len() as f64 && m.count >= 30.0;
            // Unlike plain correlation this does not reward a pose that leaves half the bone outside.
            shown.then(|| (i, m.correlation() * (m.count / few.len() as f64).powf(0.25)))
        })
        .collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut starts = vec![*initial];
    for (i, _) in scored {
        if starts.len() > STARTS {
            break;
        }
        if starts
            .iter()
            .all(|s| distance(s, &poses[i], extent) > 0.9 * spread)
        {
            starts.push(poses[i]);
        }
    }
    let coarse = Level {
        fixed: None,
        moving: level.moving.clone(),
        samples: level.samples.thinned(REFINED),
        spacing: level.spacing,
    };
    let stop = Stop {
        tolerance_mm: 0.02 * level.spacing,
        iterations: options.max_iterations,
    };
    let found: Vec<Candidate> = starts
        .par_iter()
        .filter_map(|start| {
            let refined = refine(&coarse, start, extent, &stop, false)?;
            let m = moments(&coarse.moving, &coarse.samples, &refined.state.transform);
            let shown = m.count >= LEAST_SHOWN * coarse.samples.len() as f64;
            let near = within(&refined.state.transform, initial, extent, options);
            (shown && near).then(|| Candidate {
                transform: refined.state.transform,
                correlation: m.correlation(),
            })
        })
        .collect();
    distinct(found, level.spacing, extent)
}

/// Sorts and drops poses that are the same optimum as a better one.
pub(crate) fn distinct(mut found: Vec<Candidate>, spacing: f64, extent: &Extent) -> Vec<Candidate> {
    found.sort_by(|a, b| b.correlation.total_cmp(&a.correlation));
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in found {
        if kept
            .iter()
            .all(|k| distance(&k.transform, &candidate.transform, extent) > spacing)
        {
            kept.push(candidate);
        }
    }
    kept
}

/// RMS distance in mm between where two poses put the bone.
pub(crate) fn distance(a: &RigidTransform, b: &RigidTransform, extent: &Extent) -> f64 {
    let shift = (a.apply(extent.centre) - b.apply(extent.centre)).norm_squared();
    let turn = a.isometry().rotation.angle_to(&b.isometry().rotation) * extent.radius;
    (shift + turn * turn * (2.0 / 3.0)).sqrt()
}

/// Whether a pose is within the search's reach, with some slack for what refinement adds.
pub(crate) fn within(
    pose: &RigidTransform,
    initial: &RigidTransform,
    extent: &Extent,
    options: &RigidOptions,
) -> bool {
    let shift = (pose.apply(extent.centre) - initial.apply(extent.centre)).norm();
    let turn = pose
        .isometry()
        .rotation
        .angle_to(&initial.isometry().rotation);
    shift <= 1.25 * options.max_translation_mm + 0.1 * extent.radius
        && turn <= 1.25 * options.max_rotation_rad + 0.05
}

/// Poses on a regular grid of rotation vectors and translations, both limited to a ball,
/// and the RMS motion in mm between neighbours.
fn grid(
    spacing: f64,
    initial: &RigidTransform,
    extent: &Extent,
    options: &RigidOptions,
) -> (Vec<RigidTransform>, f64) {
    let mut step = 2.0 * spacing;
    let (shifts, turns) = loop {
        let shifts = ball(options.max_translation_mm, step);
        let turns = ball(options.max_rotation_rad, step / (0.6 * extent.radius));
        if shifts.len() * turns.len() <= options.max_candidates.max(1) || step > 1e5 {
            break (shifts, turns);
        }
        step *= 1.1;
    };
    let centre = initial.apply(extent.centre);
    let mut poses = Vec::with_capacity(shifts.len() * turns.len());
    for turn in &turns {
        for shift in &shifts {
            poses.push(RigidTransform::about(centre, *turn, *shift).after(initial));
        }
    }
    (poses, step)
}

/// Points of a cubic lattice in a ball, the centre among them, spaced evenly out to the rim.
fn ball(radius: f64, step: f64) -> Vec<VectorMm> {
    let n = (radius / step).ceil().min(200.0) as i64;
    if n == 0 || radius <= 0.0 {
        return vec![VectorMm::zeros()];
    }
    let step = radius / n as f64;
    let mut points = Vec::new();
    for z in -n..=n {
        for y in -n..=n {
            for x in -n..=n {
                let v = VectorMm::new(x as f64, y as f64, z as f64) * step;
                if v.norm() <= radius + 0.35 * step {
                    points.push(v);
                }
            }
        }
    }
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grid_is_bounded_and_holds_the_start() {
        let extent = Extent {
            centre: howship_image::PointMm::new(1.0, 2.0, 3.0),
            radius: 1.0,
            voxels: 1000,
        };
        let options = RigidOptions::default();
        let (poses, _) = grid(0.1, &RigidTransform::identity(), &extent, &options);
        assert!(
            poses.len() <= options.max_candidates && poses.len() > 500,
            "{}",
            poses.len()
        );
        assert!(
            poses
                .iter()
                .any(|p| distance(p, &RigidTransform::identity(), &extent) < 1e-9)
        );
    }
}
