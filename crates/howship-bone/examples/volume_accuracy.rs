//! Accuracy of one visit's volumes over textures: lesions of known size in joints from formulas, or put into a scan.
//!
//! Numbers can be changed: `TUNE=stage.number=value,...` in the environment.
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

use howship_bone::{BoneOptions, GivenLesions, JointInput, Unobserved, VisitScan, measure_joint};
use howship_change::{Lesion, Quantity, Visit};
use howship_formats::{OpenOptions, open};
use howship_image::{DensityUnit, PointMm, Scan};
use howship_phantom::{
    BoneName, ErosionSpec, InsertSpec, JointSpec, LesionTruth, PlaceSpec, XTREME_CT2_CALIBRATION,
    insert, render_visit,
};
use rand::{RngExt, SeedableRng};

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
            let Some((scan, truth)) = joint(texture, seed) else {
                println!("  seed {seed}: no place for its lesions");
                continue;
            };
            errors.add(&scan, &truth, seed);
        }
        println!("{texture}: {}", errors.summary());
        all.merge(errors);
    }
    println!("all: {}", all.summary());
}

/// One visit and what is true of its lesions.
fn joint(texture: &str, seed: u64) -> Option<(Scan, Vec<LesionTruth>)> {
    if texture.ends_with(".gz") {
        let options = OpenOptions {
            unit: Some(DensityUnit::Hounsfield),
            ..OpenOptions::default()
        };
        let mut scan = open(texture.as_ref(), &options).expect("the scan").scan;
        scan.calibration = Some(XTREME_CT2_CALIBRATION);
        let scan = scan.into_unit(DensityUnit::MgHaPerCm3).expect("calibrated");
        let mut series = insert(&scan, None, &InsertSpec::random(seed, 6, 1)).ok()?;
        return Some((series.visits.remove(0).scan, series.truth.lesions.remove(0)));
    }
    let spec = phantom(texture, seed);
    let visit = render_visit(&spec, 0).ok()?;
    Some((visit.scan, visit.truth))
}

fn phantom(texture: &str, seed: u64) -> JointSpec {
    let mut spec = JointSpec {
        seed,
        ..JointSpec::small(0.082)
    };
    spec.visits.truncate(1);
    let a = &mut spec.anatomy;
    (a.bone_volume_fraction, a.trabecular_wavelength_mm) = match texture {
        "thin" => (0.14, 0.8),
        "usual" => (0.2, 1.05),
        "thick" => (0.28, 1.2),
        "coarse" => (0.2, 1.45),
        "dense" => (0.35, 0.8),
        other => panic!("no texture `{other}`"),
    };
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
    spec.erosions = (0..6)
        .map(|k| {
            let metacarpal = k < 4;
            let width = between(0.9, 2.0);
            // Every other one hard: rough, sunk, or where the head turns into the shaft or the joint's face.
            let hard = k % 2 == 1;
            let height = match (metacarpal, hard) {
                (true, false) => between(1.7, 2.4),
                (true, true) => between(1.4, 3.0),
                (false, false) => between(-2.6, -2.2),
                (false, true) => between(-3.0, -2.1),
            };
            ErosionSpec {
                place: PlaceSpec {
                    bone: if metacarpal {
                        BoneName::Metacarpal
                    } else {
                        BoneName::Phalanx
                    },
                    angle_deg: 90.0 * f64::from(k) + between(-20.0, 20.0),
                    height_mm: height,
                },
                width_mm: width,
                length_mm: width * between(0.75, 1.25),
                depth_mm: width * between(0.6, 1.1),
                sink_mm: if hard { between(0.0, 0.3) } else { 0.0 },
                irregularity: if hard { between(0.1, 0.22) } else { 0.05 },
                depth_course: Vec::new(),
                width_course: Vec::new(),
                ..ErosionSpec::default()
            }
        })
        .collect();
    spec
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
    fn add(&mut self, scan: &Scan, truth: &[LesionTruth], seed: u64) {
        let seeds = GivenLesions::Seeds(truth.iter().map(|l| l.centroid_mm).collect());
        let found = std::env::var_os("FOUND").is_some();
        let input = JointInput {
            visits: VisitScan::pairs(Visit::unnamed(1), [scan]),
            lesions: (!found).then_some(&seeds),
        };
        let result = measure_joint(&input, &options(), &Unobserved).expect("measured");
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
        let sorted = |values: Vec<f64>| {
            let mut values = values;
            values.sort_by(f64::total_cmp);
            values
        };
        let signed = sorted(self.relative.clone());
        let size = sorted(self.relative.iter().map(|e| e.abs()).collect());
        let z = sorted(self.z.iter().map(|z| z.abs()).collect());
        if size.is_empty() {
            return "none".to_owned();
        }
        let at = |v: &[f64], share: f64| v[((v.len() - 1) as f64 * share).round() as usize];
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

/// The defaults, with the numbers changed that `TUNE` names.
fn options() -> BoneOptions {
    let mut options = BoneOptions::default();
    for change in std::env::var("TUNE").iter().flat_map(|t| t.split(',')) {
        let (name, value) = change.split_once('=').expect("stage.number=value");
        let value = value.parse().expect("a number");
        assert!(options.tuning.set(name, value), "no number `{name}`");
    }
    options
}
