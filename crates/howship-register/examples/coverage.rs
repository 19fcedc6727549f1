//! How often the stated covariance holds the true pose, over many seeds of bone, motion and noise.
//!
//! `cargo run --release -p howship-register --example coverage -- [seeds] [voxels] [noise] [smoothing] [radians]`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub
)]

#[allow(dead_code)]
#[path = "../tests/it/phantom.rs"]
mod phantom;

use howship_image::{PointMm, RigidTransform};
use howship_register::{RigidOptions, register_rigid};
use phantom::{Bone, add_noise, cube, error_mm, mahalanobis, mask, motion, render};
use rayon::prelude::*;

/// Squared Mahalanobis distance, error and stated error in mm, gate passed, standardised errors.
type Outcome = (f64, f64, f64, bool, [f64; 6]);

fn main() {
    let argument = |i: usize, default: f64| -> f64 {
        std::env::args()
            .nth(i)
            .map_or(default, |a| a.parse().unwrap())
    };
    let seeds = argument(1, 120.0) as u64;
    let voxels = argument(2, 72.0) as usize;
    let noise = argument(3, 72.0);
    let smoothing = argument(4, RigidOptions::default().smoothing_voxels);
    let turn = argument(5, 0.06);
    let spacing = 0.0607;
    let half = 0.5 * voxels as f64 * spacing;
    let axes = [0.76 * half, 0.64 * half, 0.7 * half];
    let options = RigidOptions {
        search: false,
        smoothing_voxels: smoothing,
        ..RigidOptions::default()
    };
    let results: Vec<Outcome> = (0..seeds)
        .into_par_iter()
        .map(|seed| {
            let grid = cube(voxels, spacing);
            let bone = Bone::new(1000 + seed, axes, 0.5, 0.055);
            let truth = motion(2000 + seed, PointMm::origin(), turn, 0.06 * half);
            let mut fixed = render(&[(&bone, RigidTransform::identity())], &grid);
            let mut moving = render(&[(&bone, truth)], &grid);
            add_noise(&mut fixed, noise, 3000 + 2 * seed);
            add_noise(&mut moving, noise, 3001 + 2 * seed);
            let mask = mask(&bone, &grid, 0.3);
            let still = RigidTransform::identity();
            let found =
                register_rigid(&fixed, &moving, Some(&mask), None, &still, &options).unwrap();
            let (mean, _) = error_mm(&found.transform, &truth, &mask);
            let at = found.transform.apply(found.centre);
            let rest = truth.after(&found.transform.inverse());
            let turn = rest.isometry().rotation.scaled_axis();
            let shift = rest.apply(at) - at;
            let z = |i: usize, v: f64| v / found.covariance[i][i].sqrt();
            let scores = [
                z(0, turn.x),
                z(1, turn.y),
                z(2, turn.z),
                z(3, shift.x),
                z(4, shift.y),
                z(5, shift.z),
            ];
            let sd = found.quality.displacement_sd_mm;
            (
                mahalanobis(&found, &truth),
                mean,
                sd,
                found.gate.passed(),
                scores,
            )
        })
        .collect();
    let n = results.len() as f64;
    let share = |limit: f64| results.iter().filter(|r| r.0 < limit).count() as f64 / n;
    let mean = |f: &dyn Fn(&Outcome) -> f64| results.iter().map(f).sum::<f64>() / n;
    // Quantiles of χ² with six degrees of freedom.
    println!(
        "seeds {seeds}, {voxels}³ voxels of {spacing} mm, noise {noise}, smoothing {smoothing} voxels"
    );
    println!(
        "coverage: 50 % {:.3}, 90 % {:.3}, 95 % {:.3}, 99 % {:.3}",
        share(5.348),
        share(10.645),
        share(12.592),
        share(16.812)
    );
    println!(
        "mean squared Mahalanobis distance {:.2} (6 expected)",
        mean(&|r| r.0)
    );
    println!(
        "target registration error: mean {:.6} mm, largest {:.6} mm",
        mean(&|r| r.1),
        results.iter().map(|r| r.1).fold(0.0, f64::max)
    );
    println!(
        "stated displacement SD: mean {:.6} mm; passed the gate {:.3}",
        mean(&|r| r.2),
        mean(&|r| f64::from(u8::from(r.3)))
    );
    for (i, name) in ["rx", "ry", "rz", "tx", "ty", "tz"].into_iter().enumerate() {
        println!(
            "  {name}: mean z {:+.2}, mean z² {:.2}",
            mean(&|r| r.4[i]),
            mean(&|r| r.4[i] * r.4[i])
        );
    }
}
