//! Whether the probabilities of healing, stable and progressing come true.
//!
//! Numbers can be changed: `TUNE=stage.number=value,...` in the environment; `VOXEL=0.25`: voxels of so many mm.
//!
//! `cargo run -p howship-bone --example verdict_calibration -- SEED SEEDS TEXTURE [TEXTURE ...]`
//!
//! Textures: `thin`, `usual`, `thick`, `coarse`, `dense`. Six lesions of the small joint a seed; a quarter of them does
//! not change, the others' volume at the second visit is 0.4 to 1.6 times the first, so that many changes are near δ. The
//! true centroids are given as seeds. What is called true is that the true change is below −δ, within ±δ or above δ, with
//! the δ that the program used for that lesion. Prints for each class and for all three: how often what was said with a
//! probability came true, and the expected calibration error (the mean distance of the two over ten bins, weighted by how
//! many statements are in each). `ROWS` in the environment: a line for each lesion.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod experiment;

use experiment::{at, found_within_mm, options, phantom, sorted};
use howship_bone::{GivenLesions, JointInput, Unobserved, VisitScan, measure_joint};
use howship_change::{Change, Lesion, Quantity, Verdict, Visit};
use howship_image::PointMm;
use howship_phantom::render_visit;
use howship_stats::student_t_quantile;
use rand::{RngExt, SeedableRng};

const CLASSES: [&str; 3] = ["healing", "stable", "progressing"];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, count, textures @ ..] = &arguments[..] else {
        panic!("SEED SEEDS TEXTURE...");
    };
    let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
    let mut said = Said::default();
    for texture in textures {
        for seed in first..first + count {
            judged(texture, seed, &mut said);
        }
    }
    said.tell();
}

/// A statement: how probable, and whether it came true.
type Statement = (f64, bool);

#[derive(Default)]
struct Said {
    classes: [Vec<Statement>; 3],
    missed: usize,
    lesions: usize,
    volumes: Errors,
    changes: Errors,
    wrong_sign: usize,
    unchanged: usize,
    unchanged_called: usize,
}

/// Of one quantity.
#[derive(Default)]
struct Errors {
    /// Absolute, mm³.
    own: Vec<f64>,
    /// Shares of the truth, where that is large enough to divide by.
    relative: Vec<f64>,
    held: usize,
}

impl Errors {
    /// `least`: truths below it give no share.
    fn add(&mut self, value: f64, (low, high): (f64, f64), truth: f64, least: f64) {
        self.own.push(value - truth);
        if truth.abs() >= least {
            self.relative.push((value - truth) / truth.abs());
        }
        self.held += usize::from(low <= truth && truth <= high);
    }

    fn tell(&self, name: &str) {
        let size = |v: &[f64]| sorted(v.iter().map(|e| e.abs()).collect());
        let (own, relative) = (size(&self.own), size(&self.relative));
        println!(
            "{name}: n {}, median error {:+.3} mm³, size {:.3}, P95 {:.2}, worst {:.2}; share (n {}) {:+.1} %, {:.1}, {:.1}, {:.0}; intervals hold {} of {}",
            own.len(),
            at(&sorted(self.own.clone()), 0.5),
            at(&own, 0.5),
            at(&own, 0.95),
            at(&own, 1.0),
            relative.len(),
            100.0 * at(&sorted(self.relative.clone()), 0.5),
            100.0 * at(&relative, 0.5),
            100.0 * at(&relative, 0.95),
            100.0 * at(&relative, 1.0),
            self.held,
            own.len()
        );
    }
}

/// Adds what is said of one seed's lesions.
fn judged(texture: &str, seed: u64, said: &mut Said) {
    let mut spec = phantom(texture, seed);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed ^ 0x0CA1);
    for lesion in &mut spec.erosions {
        let (still, ratio) = (rng.random::<f64>() < 0.25, 0.4 + 1.2 * rng.random::<f64>());
        let factor = if still { 1.0 } else { ratio.cbrt() };
        // The larger of both visits is what the lesion was drawn as.
        let courses = [1.0, factor].map(|f| f / factor.max(1.0));
        (lesion.depth_course, lesion.width_course) = (courses.into(), courses.into());
    }
    let [Ok(first), Ok(last)] = [0, 1].map(|v| render_visit(&spec, v)) else {
        println!("  {texture} {seed}: no place for its lesions");
        return;
    };
    let motion = |k: usize| {
        let bone = spec.erosions[k].place.bone.label() as usize - 1;
        last.poses[bone].after(&first.poses[bone].inverse())
    };
    let places: Vec<PointMm> = first
        .truth
        .iter()
        .zip(&last.truth)
        .enumerate()
        .map(|(k, (a, b))| match b.volume_mm3 > a.volume_mm3 {
            true => motion(k).inverse().apply(PointMm::from(b.centroid_mm)),
            false => PointMm::from(a.centroid_mm),
        })
        .collect();
    let seeds = GivenLesions::Seeds(places.iter().map(|p| p.coords.into()).collect());
    let scans = [first.scan, last.scan];
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(2), scans.iter()),
        lesions: Some(&seeds),
    };
    let result = measure_joint(&input, &options(), &Unobserved).expect("measured");
    for ((a, b), place) in first.truth.iter().zip(&last.truth).zip(&places) {
        said.lesions += 1;
        let away = |c: [f64; 3]| (PointMm::from(c) - place).norm();
        let nearest = result
            .lesions
            .iter()
            .min_by(|a, b| away(a.centroid_mm).total_cmp(&away(b.centroid_mm)))
            .filter(|l| away(l.centroid_mm) < found_within_mm(&[a, b]));
        let change = nearest.and_then(|l| l.change.get(&Quantity::Volume));
        let probability = nearest.and_then(Lesion::probability);
        let (Some(change), Some(p)) = (change, probability) else {
            said.missed += 1;
            continue;
        };
        let truth = b.volume_mm3 - a.volume_mm3;
        said.measured(nearest, change, [a.volume_mm3, b.volume_mm3]);
        let delta = change.delta;
        let came = [truth < -delta, truth.abs() <= delta, truth > delta];
        let p = [p.healing, p.stable, p.progressing];
        if std::env::var_os("ROWS").is_some() {
            println!(
                "  {texture} {seed}: {:.2} mm³ {truth:+.3}, measured {:+.3} ± {:.3}, δ {delta:.2}, P {p:.3?}",
                a.volume_mm3, change.value, change.se
            );
        }
        for ((class, p), came) in said.classes.iter_mut().zip(p).zip(came) {
            class.push((p, came));
        }
    }
}

impl Said {
    fn measured(&mut self, lesion: Option<&Lesion>, change: &Change, truth: [f64; 2]) {
        let first = lesion.and_then(|l| l.visits.first());
        if let Some(volume) = first.and_then(|v| v.measurements.get(&Quantity::Volume)) {
            let freedom = volume.df.unwrap_or(f64::INFINITY);
            let half = student_t_quantile(0.975, freedom).unwrap() * volume.se;
            let interval = (volume.value - half, volume.value + half);
            self.volumes.add(volume.value, interval, truth[0], 0.0);
        }
        let true_change = truth[1] - truth[0];
        let interval = (change.interval[0], change.interval[1]);
        self.changes.add(change.value, interval, true_change, 0.2);
        let verdict = lesion.and_then(Lesion::verdict);
        let called = match verdict {
            Some(Verdict::Healing) => -1.0,
            Some(Verdict::Progressing) => 1.0,
            _ => 0.0,
        };
        self.wrong_sign += usize::from(called * true_change < 0.0);
        if true_change.abs() < 1e-3 {
            self.unchanged += 1;
            self.unchanged_called += usize::from(called != 0.0);
        }
    }

    fn tell(&self) {
        self.volumes.tell("volume at the first visit");
        self.changes.tell("change");
        println!(
            "wrong sign {}; unchanged called {} of {}",
            self.wrong_sign, self.unchanged_called, self.unchanged
        );
        println!(
            "{} lesions, {} without a probability",
            self.lesions, self.missed
        );
        for (class, statements) in CLASSES.iter().zip(&self.classes) {
            println!("{class}:");
            tell(statements);
        }
        println!("all three:");
        tell(&self.classes.concat());
    }
}

fn tell(statements: &[Statement]) {
    const EDGES: [f64; 11] = [0.0, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 1.001];
    let mut error = 0.0;
    for edges in EDGES.windows(2) {
        let held = |s: &&Statement| s.0 >= edges[0] && s.0 < edges[1];
        let bin: Vec<&Statement> = statements.iter().filter(held).collect();
        if bin.is_empty() {
            continue;
        }
        let n = bin.len() as f64;
        let mean = bin.iter().map(|s| s.0).sum::<f64>() / n;
        let came = bin.iter().filter(|s| s.1).count();
        error += n * (mean - came as f64 / n).abs() / statements.len() as f64;
        println!(
            "  P {:.2} to {:.2}: mean {mean:.3}, came true {came} of {}",
            edges[0],
            edges[1].min(1.0),
            bin.len()
        );
    }
    println!("  expected calibration error {error:.3}");
}
