//! Accuracy of one visit's volumes over textures: lesions of known size in joints from formulas, or put into a scan.
//!
//! Numbers can be changed: `TUNE=stage.number=value,...` in the environment; `VOXEL=0.25`: voxels of so many mm;
//! `SIZE=full`: bones of a finger's size, `SIZE=dish`: the same with one wide and shallow erosion;
//! `CONTRAST=mri`: marrow bright and cortex dark, in arbitrary units; `MASKS=1`: the true bones
//! are given, `MASKS=drawn`: as a hand draws them.
//!
//! `cargo run -p howship-bone --example volume_accuracy -- SEED SEEDS TEXTURE|SCAN.nii.gz [TEXTURE|SCAN ...]`
//!
//! Textures: `thin`, `usual`, `thick`, `coarse`, `dense`; a scan is taken for HU of an XtremeCT II. Six lesions for each
//! seed, half of them irregular, sunk or near an edge; the true centroids are given as seeds, or looked for with `FOUND`
//! in the environment. One line for each texture: bias, median, 95th percentile and worst of the volume's error, share
//! of intervals that hold, their width against the needed.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod experiment;

use experiment::{at, given_bones, options, phantom, real_scan, sorted};
use howship_bone::{GivenLesions, JointInput, Unobserved, VisitScan, measure_joint};
use howship_change::{Lesion, Quantity, Visit};
use howship_image::{Labels, PointMm, Scan};
use howship_phantom::{InsertSpec, LesionTruth, insert, render_visit};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, count, textures @ ..] = &arguments[..] else {
        panic!("SEED SEEDS TEXTURE...");
    };
    let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
    let mut all = Errors::default();
    for texture in textures {
        let mut errors = Errors::default();
        for seed in first..first + count {
            let Some((scan, bones, truth)) = joint(texture, seed) else {
                println!("  seed {seed}: no place for its lesions");
                continue;
            };
            errors.add(&scan, &bones, &truth, seed);
        }
        println!("{texture}: {}", errors.summary());
        all.merge(errors);
    }
    println!("all: {}", all.summary());
}

/// One visit, its bones and what is true of its lesions.
fn joint(texture: &str, seed: u64) -> Option<(Scan, Labels, Vec<LesionTruth>)> {
    if texture.ends_with(".gz") {
        let scan = real_scan(texture);
        let mut series = insert(&scan, None, &InsertSpec::random(seed, 6, 1)).ok()?;
        let visit = series.visits.remove(0);
        return Some((visit.scan, visit.bones, series.truth.lesions.remove(0)));
    }
    let mut spec = phantom(texture, seed);
    spec.visits.truncate(1);
    let visit = render_visit(&spec, 0).ok()?;
    Some((visit.scan, visit.bones, visit.truth))
}

/// Per lesion: error relative to the truth, and over its standard error.
#[derive(Default)]
struct Errors {
    relative: Vec<f64>,
    z: Vec<f64>,
    missed: usize,
    other: usize,
}

impl Errors {
    fn add(&mut self, scan: &Scan, bones: &Labels, truth: &[LesionTruth], seed: u64) {
        let seeds = GivenLesions::Seeds(truth.iter().map(|l| l.centroid_mm).collect());
        let found = std::env::var_os("FOUND").is_some();
        let mut visits = VisitScan::pairs(Visit::unnamed(1), [scan]);
        visits[0].mask = given_bones(bones, seed);
        let input = JointInput {
            visits,
            lesions: (!found).then_some(&seeds),
        };
        let result = match measure_joint(&input, &options(), &Unobserved) {
            Ok(result) => result,
            Err(error) => {
                println!("  seed {seed}: {error}");
                self.missed += truth.len();
                return;
            }
        };
        for warning in &result.warnings {
            println!("  seed {seed}: {warning}");
        }
        let mut taken = vec![false; result.lesions.len()];
        for lesion in truth.iter().filter(|l| l.volume_mm3 > 0.3) {
            let at = PointMm::from(lesion.centroid_mm);
            let away = |l: &Lesion| (PointMm::from(l.centroid_mm) - at).norm();
            let nearest = (0..result.lesions.len())
                .min_by(|&a, &b| away(&result.lesions[a]).total_cmp(&away(&result.lesions[b])));
            let nearest = nearest.filter(|&i| away(&result.lesions[i]) < 1.0);
            let volume = nearest.and_then(|i| {
                taken[i] = true;
                result.lesions[i].visits[0]
                    .measurements
                    .get(&Quantity::Volume)
            });
            let Some(volume) = volume else {
                self.missed += 1;
                println!("  seed {seed}: {:.2} mm³ missed", lesion.volume_mm3);
                continue;
            };
            let error = volume.value - lesion.volume_mm3;
            self.relative.push(error / lesion.volume_mm3);
            self.z.push(error / volume.se);
            if std::env::var_os("ROWS").is_some() {
                let percent = 100.0 * error / lesion.volume_mm3;
                println!(
                    "  seed {seed}: {:.3} as {:.3}±{:.3} ({percent:+.0} %)",
                    lesion.volume_mm3, volume.value, volume.se
                );
            }
        }
        self.other += taken.iter().filter(|t| !**t).count();
    }

    fn merge(&mut self, other: Self) {
        self.relative.extend(other.relative);
        self.z.extend(other.z);
        self.missed += other.missed;
        self.other += other.other;
    }

    fn summary(&self) -> String {
        let signed = sorted(self.relative.clone());
        let size = sorted(self.relative.iter().map(|e| e.abs()).collect());
        let z = sorted(self.z.iter().map(|z| z.abs()).collect());
        if size.is_empty() {
            return "none".to_owned();
        }
        let held = z.iter().filter(|z| **z < 1.96).count() as f64 / z.len() as f64;
        format!(
            "n {}, bias {:+.1} %, median {:.1} %, 95th {:.1} %, worst {:.1} %; held {held:.2}, width over needed {:.2}; missed {}, others {}",
            size.len(),
            100.0 * at(&signed, 0.5),
            100.0 * at(&size, 0.5),
            100.0 * at(&size, 0.95),
            100.0 * size[size.len() - 1],
            1.96 / at(&z, 0.95),
            self.missed,
            self.other
        )
    }
}
