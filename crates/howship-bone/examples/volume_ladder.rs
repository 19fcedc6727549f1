//! Where the error of a volume comes from: one visit's lesions of known shape, from a smooth pit in solid bone upwards.
//!
//! Numbers can be changed: `TUNE=stage.number=value,...` in the environment; `VOXEL=0.25`: voxels of so many mm.
//!
//! `cargo run -p howship-bone --example volume_ladder -- SEED SEEDS [RUNG ...]`
//!
//! Each rung adds one thing to the one before: `solid` (a smooth pit in solid bone, 50 µm voxels, no blur but theirs),
//! `blur` (82 µm voxels and their blur), `plate` (cortex over even bone of 400 mgHA/cm³), `trabeculae`, `noise`; then
//! `edge` (where the surface turns by about 90°), `wide` (flat, wide mouths), `sunk` (a mouth narrower than the
//! cavity), each with everything before it; `solid-edge`, `solid-wide`, `solid-sunk`: the same in solid bone. The true
//! centroids are given as seeds. One line for each rung: bias (median), median, 95th percentile and worst of the error
//! in percent, and what it consists of (means, percent of the volume): measured outside the true envelope; inside it
//! but beyond the true wall; not measured though true, within 0.15 mm of the true envelope; and deeper.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod experiment;

use experiment::{at, options, sorted, voxel_mm};
use howship_bone::{GivenLesions, JointInput, Patch, Unobserved, VisitScan, measure_joint};
use howship_change::{Quantity, Visit};
use howship_image::PointMm;
use howship_phantom::{
    BoneName, ErosionSpec, JointSpec, PlaceSpec, Probe, ScannerSpec, render_visit,
};
use rand::{RngExt, SeedableRng};

const RUNGS: [&str; 8] = [
    "solid",
    "blur",
    "plate",
    "trabeculae",
    "noise",
    "edge",
    "wide",
    "sunk",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, count, rungs @ ..] = &arguments[..] else {
        panic!("SEED SEEDS [RUNG ...]");
    };
    let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
    let rungs: Vec<&str> = if rungs.is_empty() {
        RUNGS.to_vec()
    } else {
        rungs.iter().map(String::as_str).collect()
    };
    for rung in rungs {
        let mut errors = Errors::default();
        for seed in first..first + count {
            errors.add(&spec(rung, seed), seed);
        }
        println!("{rung}: {}", errors.summary());
    }
}

/// What of a rung's name says how far up the ladder it stands, and where its lesions lie.
fn parts(rung: &str) -> (usize, &str) {
    let (base, place) = match rung.split_once('-') {
        Some((base, place)) => (base, place),
        None if ["edge", "wide", "sunk"].contains(&rung) => ("noise", rung),
        None => (rung, "plain"),
    };
    let height = RUNGS.iter().position(|r| *r == base);
    (height.unwrap_or_else(|| panic!("no rung `{base}`")), place)
}

fn spec(rung: &str, seed: u64) -> JointSpec {
    let (height, place) = parts(rung);
    let mut spec = JointSpec {
        seed,
        ..JointSpec::small(voxel_mm())
    };
    spec.visits.truncate(1);
    if height == 0 {
        spec.scanner = ScannerSpec::with_voxel([0.05; 3]);
        spec.scanner.blur_fwhm_mm = [0.0; 3];
    }
    if height < 4 {
        spec.scanner = spec.scanner.noiseless();
    }
    match height {
        0 | 1 => (spec.tissue.marrow, spec.tissue.trabecula) = (900.0, 900.0),
        2 => (spec.tissue.marrow, spec.tissue.trabecula) = (400.0, 400.0),
        _ => {}
    }
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    spec.erosions = (0..6).map(|k| erosion(k, place, &mut rng)).collect();
    spec
}

fn erosion(k: usize, place: &str, rng: &mut rand_chacha::ChaCha8Rng) -> ErosionSpec {
    let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
    let metacarpal = k < 4;
    let width = match place {
        "wide" => between(2.2, 3.0),
        _ => between(0.9, 2.0),
    };
    let depth = match place {
        "wide" => width * between(0.35, 0.5),
        _ => width * between(0.6, 1.1),
    };
    // At the edges the head turns into its collateral recess, the base into the joint's face.
    let height = match (metacarpal, place) {
        (true, "edge") => between(2.9, 3.4),
        (true, _) => between(1.7, 2.4),
        (false, "edge") => between(-1.9, -1.6),
        (false, _) => between(-2.6, -2.2),
    };
    let spread = if place == "edge" { 15.0 } else { 20.0 };
    ErosionSpec {
        place: PlaceSpec {
            bone: if metacarpal {
                BoneName::Metacarpal
            } else {
                BoneName::Phalanx
            },
            angle_deg: 90.0 * k as f64 + between(-spread, spread),
            height_mm: height,
        },
        width_mm: width,
        length_mm: width * between(0.75, 1.25),
        depth_mm: depth,
        sink_mm: if place == "sunk" {
            depth * between(0.25, 0.4)
        } else {
            0.0
        },
        irregularity: 0.0,
        ..ErosionSpec::default()
    }
}

/// Per lesion: error relative to the truth, and what it consists of.
#[derive(Default)]
struct Errors {
    relative: Vec<f64>,
    parts: Vec<[f64; 4]>,
    missed: usize,
}

impl Errors {
    fn add(&mut self, spec: &JointSpec, seed: u64) {
        let rows = std::env::var_os("ROWS").is_some();
        let visit = render_visit(spec, 0).expect("a joint");
        let probe = Probe::new(spec, 0).expect("a joint");
        let seeds = GivenLesions::Seeds(visit.truth.iter().map(|l| l.centroid_mm).collect());
        let input = JointInput {
            visits: VisitScan::pairs(Visit::unnamed(1), [&visit.scan]),
            lesions: Some(&seeds),
        };
        let result = measure_joint(&input, &options(), &Unobserved).expect("measured");
        for truth in visit.truth.iter().filter(|l| l.volume_mm3 > 0.2) {
            let at = PointMm::from(truth.centroid_mm);
            let found = result
                .lesions
                .iter()
                .map(|l| ((PointMm::from(l.centroid_mm) - at).norm(), l))
                .filter(|(away, _)| *away < 1.0)
                .min_by(|a, b| a.0.total_cmp(&b.0));
            let found = found.and_then(|(_, l)| {
                let volume = l.visits[0].measurements.get(&Quantity::Volume)?;
                Some((volume, result.patches.iter().find(|p| p.id == l.id)?))
            });
            let Some((volume, patch)) = found else {
                self.missed += 1;
                if rows {
                    println!("  seed {seed}: {:.3} missed", truth.volume_mm3);
                }
                continue;
            };
            let error = volume.value / truth.volume_mm3 - 1.0;
            let parts = consists(patch, &probe, truth.id).map(|p| p / truth.volume_mm3);
            if rows {
                let [outside, beyond, under, short] = parts.map(|p| 100.0 * p);
                println!(
                    "  seed {seed}: {:.3} as {:.3}±{:.3} ({:+.1} %): outside {outside:+.1}, beyond {beyond:+.1}, under {under:+.1}, short {short:+.1}; mouth {:.2}",
                    truth.volume_mm3,
                    volume.value,
                    volume.se,
                    100.0 * error,
                    truth.mouth_mm2
                );
            }
            self.relative.push(error);
            self.parts.push(parts);
        }
    }

    fn summary(&self) -> String {
        let n = self.relative.len();
        if n == 0 {
            return "none".to_owned();
        }
        let signed = sorted(self.relative.clone());
        let size = sorted(self.relative.iter().map(|e| e.abs()).collect());
        let percent = |v: &[f64], share: f64| 100.0 * at(v, share);
        let mean = |k: usize| 100.0 * self.parts.iter().map(|p| p[k]).sum::<f64>() / n as f64;
        format!(
            "n {n}, bias {:+.1} %, median {:.1} %, 95th {:.1} %, worst {:.1} %; outside {:+.1}, beyond {:+.1}, under {:+.1}, short {:+.1}; missed {}",
            percent(&signed, 0.5),
            percent(&size, 0.5),
            percent(&size, 0.95),
            percent(&size, 1.0),
            mean(0),
            mean(1),
            mean(2),
            mean(3),
            self.missed
        )
    }
}

/// How near to the envelope a missing part counts as missing from the mouth, mm.
const NEAR_MM: f64 = 0.15;

/// Measured and true cavity compared point by point, mm³: outside, beyond, under (negative), short (negative).
fn consists(patch: &Patch, probe: &Probe, id: u32) -> [f64; 4] {
    let mask = &patch.cavities[0];
    let grid = mask.geometry();
    let voxel = grid.voxel_mm3();
    let mut parts = [0.0; 4];
    for (o, &measured) in mask.data().iter().enumerate() {
        let at = grid.world(grid.voxel(o).map(|i| i as f64));
        let Some([envelope, cavity]) = probe.lesion(id, at) else {
            continue;
        };
        let truly = envelope.max(cavity) < 0.0;
        match (measured != 0, truly) {
            (true, false) if envelope > 0.0 => parts[0] += voxel,
            (true, false) => parts[1] += voxel,
            (false, true) if envelope > -NEAR_MM => parts[2] -= voxel,
            (false, true) => parts[3] -= voxel,
            _ => {}
        }
    }
    parts
}
