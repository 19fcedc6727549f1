//! How far each tuning number moves a result: the number a fifth smaller and a fifth larger, one at a time.
//!
//! `cargo run -p howship-bone --example tuning_sensitivity > crates/howship-bone/src/tuning/sensitivity.csv`; with
//! arguments only numbers whose names begin so, as `select.` or `rays.reach_mm`.
//!
//! A ball of spongy bone with a cavity of 1.2 mm that shrinks to 1.0 mm at the second visit, 0.12 mm voxels, noise. The
//! cavity is looked for, so that what finds and selects counts too. Columns: the largest change of the first volume
//! (%), and of the change of volume (mm³); `lost` where the lesion is no longer reported.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use howship_bone::{BoneOptions, JointInput, Tuning, Unobserved, VisitScan, measure_joint};
use howship_change::{Quantity, Visit};
use howship_image::{PointMm, Scan};

#[path = "../tests/it/scene.rs"]
#[allow(dead_code, unreachable_pub)]
mod scene;

fn main() {
    let visit = |cavity_mm: f64, seed: u64| {
        let bone = scene::Bone {
            spacing: [0.12; 3],
            seed,
            ..scene::Bone::new(cavity_mm)
        };
        bone.scan()
    };
    let scans = [visit(1.2, 1), visit(1.0, 2)];
    let at = scene::Bone::new(1.1).cavity_centre();
    let (volume, change) = measured(&scans, at, Tuning::default()).unwrap();
    println!("number,volume_percent,change_mm3");
    let asked: Vec<String> = std::env::args().skip(1).collect();
    let numbers = Tuning::default().numbers();
    let chosen = |name: &str| asked.is_empty() || asked.iter().any(|a| name.starts_with(a));
    for number in numbers.iter().filter(|n| chosen(&n.name)) {
        let (mut of_volume, mut of_change, mut lost) = (0f64, 0f64, false);
        for factor in [0.8, 1.2] {
            let mut tuning = Tuning::default();
            assert!(tuning.set(&number.name, factor * number.value));
            if tuning == Tuning::default() {
                continue;
            }
            match measured(&scans, at, tuning) {
                Some((v, c)) => {
                    of_volume = of_volume.max(100.0 * (v / volume - 1.0).abs());
                    of_change = of_change.max((c - change).abs());
                }
                None => lost = true,
            }
        }
        if lost {
            println!("{},lost,lost", number.name);
        } else {
            println!("{},{of_volume:.1},{of_change:.3}", number.name);
        }
    }
}

/// First volume and its change, mm³.
fn measured(scans: &[Scan; 2], at: PointMm, tuning: Tuning) -> Option<(f64, f64)> {
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(2), scans),
        lesions: None,
    };
    let options = BoneOptions {
        tuning,
        ..BoneOptions::default()
    };
    let result = measure_joint(&input, &options, &Unobserved).ok()?;
    let near = |l: &&howship_change::Lesion| (PointMm::from(l.centroid_mm) - at).norm() < 0.8;
    let lesion = result.lesions.iter().find(near)?;
    let volume = lesion.visits[0].measurements.get(&Quantity::Volume)?.value;
    Some((volume, lesion.change.get(&Quantity::Volume)?.value))
}
