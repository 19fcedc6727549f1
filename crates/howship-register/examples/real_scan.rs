//! Registration errors and times on a real HR-pQCT finger joint with known motions.
//!
//! `cargo run --release -p howship-register --example real_scan -- DATA_FOLDER`
//!
//! The second visit is the first one resampled (cubic spline) through a known motion, each bone its own,
//! plus fresh correlated noise on both; the scan's own noise is therefore shared by both visits.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub
)]

#[allow(dead_code)]
#[path = "../tests/it/joint.rs"]
mod joint;
#[allow(dead_code)]
#[path = "../tests/it/phantom.rs"]
mod phantom;

use howship_image::{RigidTransform, VectorMm};
use howship_register::{RigidOptions, register_rigid};
use phantom::{add_noise, error_mm};
use std::time::Instant;

/// Processor seconds of this process so far, where the system says (a busy machine's clock says little).
fn processor_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat
        .rsplit(')')
        .next()
        .unwrap_or("")
        .split_whitespace()
        .collect();
    let ticks = |i: usize| {
        fields
            .get(i)
            .and_then(|f| f.parse::<f64>().ok())
            .unwrap_or(f64::NAN)
    };
    (ticks(11) + ticks(12)) / 100.0
}

fn main() {
    let folder = std::env::args()
        .nth(1)
        .map_or_else(joint::data_folder, Into::into);
    let (scan, bones) = joint::open(&folder).unwrap();
    let centre = scan.geometry().centre();
    let degrees = |x: f64, y: f64, z: f64| VectorMm::new(x, y, z) * (std::f64::consts::PI / 180.0);
    let motions = [
        ("still", degrees(0.0, 0.0, 0.0), VectorMm::zeros()),
        (
            "peer",
            degrees(1.5, -1.0, 3.0),
            VectorMm::new(0.45, -0.30, 0.20),
        ),
        (
            "half voxel",
            degrees(0.0, 0.0, 0.0),
            VectorMm::from_element(0.5 * 0.0607),
        ),
        (
            "large",
            degrees(5.0, -4.0, 9.0),
            VectorMm::new(1.5, -1.2, 0.4),
        ),
    ];
    for (index, bone) in bones.iter().enumerate() {
        println!("bone {index}: {} voxels in the mask", bone.count());
    }
    for (name, turn, shift) in motions {
        let truth = [
            RigidTransform::about(centre, turn, shift),
            // The other bone moves 1.2 mm and some degrees differently.
            RigidTransform::about(centre, turn * 0.5 + degrees(3.0, 2.0, -2.0), shift * 0.5),
        ];
        let clean = joint::moved(&scan, &bones, &truth);
        for noise in [10.0, 72.0] {
            let (mut fixed, mut moving) = (scan.clone(), clean.clone());
            if noise > 20.0 {
                add_noise(&mut fixed, noise, 1);
            }
            add_noise(&mut moving, noise, 2);
            for (index, mask) in bones.iter().enumerate() {
                let (start, busy) = (Instant::now(), processor_seconds());
                let options = RigidOptions::default();
                let still = RigidTransform::identity();
                let found =
                    register_rigid(&fixed, &moving, Some(mask), None, &still, &options).unwrap();
                let time = start.elapsed().as_secs_f64();
                let busy = processor_seconds() - busy;
                let (mean, most) = error_mm(&found.transform, &truth[index], mask);
                let q = &found.quality;
                println!(
                    "{name:>10} noise {noise:>2} bone {index}: error mean {mean:.6} max {most:.6} mm, stated {:.6}, r {:.4}, overlap {:.2}, outliers {:.3}, noise {:.1}, length {:.3} mm, runner-up {:?}, {} steps, {} samples, {time:.2} s ({busy:.2} s of processor), {:?}",
                    q.displacement_sd_mm,
                    q.correlation,
                    q.overlap,
                    q.outliers,
                    q.noise_sd,
                    q.residual_correlation_mm,
                    q.runner_up.map(|r| r.round()),
                    q.iterations,
                    q.samples,
                    found.gate
                );
            }
        }
    }
}
