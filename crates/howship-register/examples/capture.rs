//! How far a bone may have moved and still be found: random poses up to a rotation and a translation.
//!
//! `cargo run --release -p howship-register --example capture -- [seeds] [voxel mm] [degrees] [mm] [noise]`
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
use phantom::{Bone, add_noise, cube, error_mm, mask, motion, render};

fn main() {
    let argument = |i: usize, default: f64| -> f64 {
        std::env::args()
            .nth(i)
            .map_or(default, |a| a.parse().unwrap())
    };
    let seeds = argument(1, 40.0) as u64;
    let spacing = argument(2, 0.16);
    let turn = argument(3, 15.0).to_radians();
    let shift = argument(4, 5.0);
    let noise = argument(5, 72.0);
    let bone = Bone::new(21, [4.6, 3.9, 5.4], (6.0 * spacing).max(0.8), 0.9 * spacing);
    let fixed_grid = cube((13.0 / spacing) as usize, spacing);
    let moving_grid = cube((20.0 / spacing) as usize, spacing);
    let mut fixed = render(&[(&bone, RigidTransform::identity())], &fixed_grid);
    add_noise(&mut fixed, noise, 30);
    let mask = mask(&bone, &fixed_grid, 0.7);
    let (mut found_all, mut wrong_and_passed, mut sum, mut worst) = (0, 0, 0.0, 0f64);
    for seed in 0..seeds {
        let truth = motion(5000 + seed, PointMm::origin(), turn, shift);
        let mut moving = render(&[(&bone, truth)], &moving_grid);
        add_noise(&mut moving, noise, 6000 + seed);
        let still = RigidTransform::identity();
        let found = register_rigid(
            &fixed,
            &moving,
            Some(&mask),
            None,
            &still,
            &RigidOptions::default(),
        )
        .unwrap();
        let (mean, _) = error_mm(&found.transform, &truth, &mask);
        let right = mean < 0.3 * spacing;
        found_all += u64::from(right);
        wrong_and_passed += u64::from(!right && found.gate.passed());
        if right {
            sum += mean;
            worst = worst.max(mean);
        } else {
            println!("seed {seed}: {mean:.3} mm off, {:?}", found.gate);
        }
    }
    println!(
        "{seeds} poses up to {:.0}° and {shift} mm, voxels of {spacing} mm, noise {noise}",
        turn.to_degrees()
    );
    println!(
        "found {found_all}; wrong and yet passed {wrong_and_passed}; error of those found: mean {:.6} mm, largest {worst:.6} mm",
        sum / found_all.max(1) as f64
    );
}
