//! The model errors of a volume's interval, from experiment: fitted on some joints, checked on others.
//!
//! `cargo run -p howship-bone --example error_model -- measure SEED SEEDS TEXTURE|SCAN.nii.gz ... >> ROWS.csv`
//! `cargo run -p howship-bone --example error_model -- fit CHOSEN.csv HELD.csv`
//!
//! `measure` writes a line for each lesion of one visit (true centroids given as seeds): texture, seed, true volume,
//! measured volume, and what its error consists of (`VolumeParts`). `fit` looks for `level_sd`, `wall_sd_mm` and
//! `patch_sd_mm` on a grid: those with the least mean interval score of Gneiting and Raftery (J Am Stat Assoc 2007) of
//! the 95 % intervals, width plus 40 times what an interval misses by, each relative to the true volume. It prints the
//! numbers in use and the fitted ones, on the chosen and on the held lesions: how many intervals hold, with the exact
//! 95 % interval of that share, and their width against the needed (the factor by which all intervals may shrink so
//! that 95 % hold: below 1 they are too narrow).
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod experiment;

use experiment::{at, phantom, real_scan, sorted};
use howship_bone::{
    BoneOptions, GivenLesions, JointInput, Tuning, Unobserved, VisitScan, VolumeParts,
    measure_joint,
};
use howship_change::{Quantity, Visit};
use howship_image::{PointMm, Scan};
use howship_phantom::{InsertSpec, LesionTruth, insert, render_visit};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["measure", first, count, textures @ ..] => {
            let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
            for texture in textures {
                for seed in first..first + count {
                    measure(texture, seed);
                }
            }
        }
        ["fit", chosen, held] => fit(&rows(chosen), &rows(held)),
        _ => panic!("measure SEED SEEDS TEXTURE... | fit CHOSEN.csv HELD.csv"),
    }
}

/// One visit and what is true of its lesions.
fn joint(texture: &str, seed: u64) -> Option<(Scan, Vec<LesionTruth>)> {
    if texture.ends_with(".gz") {
        let mut series = insert(&real_scan(texture), None, &InsertSpec::random(seed, 4, 1)).ok()?;
        return Some((series.visits.remove(0).scan, series.truth.lesions.remove(0)));
    }
    let mut spec = phantom(texture, seed);
    spec.visits.truncate(1);
    let visit = render_visit(&spec, 0).ok()?;
    Some((visit.scan, visit.truth))
}

fn measure(texture: &str, seed: u64) {
    let Some((scan, truth)) = joint(texture, seed) else {
        return;
    };
    let seeds = GivenLesions::Seeds(truth.iter().map(|l| l.centroid_mm).collect());
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(1), [&scan]),
        lesions: Some(&seeds),
    };
    let result = measure_joint(&input, &BoneOptions::default(), &Unobserved).expect("measured");
    let name = texture.rsplit('/').next().unwrap();
    for lesion in truth.iter().filter(|l| l.volume_mm3 > 0.3) {
        let away = |c: [f64; 3]| (PointMm::from(c) - PointMm::from(lesion.centroid_mm)).norm();
        let near = result.lesions.iter().filter(|l| away(l.centroid_mm) < 1.0);
        let nearest = near.min_by(|a, b| away(a.centroid_mm).total_cmp(&away(b.centroid_mm)));
        let found = nearest.and_then(|l| {
            let volume = l.visits[0].measurements.get(&Quantity::Volume)?;
            let patch = result.patches.iter().find(|p| p.id == l.id)?;
            Some((volume.value, patch.volumes[0]?))
        });
        let Some((value, p)) = found else {
            continue;
        };
        println!(
            "{name},{seed},{},{value},{},{},{},{},{},{},{},{}",
            lesion.volume_mm3,
            p.wall,
            p.rim,
            p.envelope,
            p.per_contrast,
            p.views,
            p.wall_mm2,
            p.recess,
            p.blur_mm
        );
    }
}

/// One lesion: truth, measured, parts of the error.
struct Row {
    truth: f64,
    value: f64,
    parts: VolumeParts,
}

fn rows(path: &str) -> Vec<Row> {
    let text = std::fs::read_to_string(path).expect("rows");
    let row = |line: &str| {
        let n: Vec<f64> = line
            .split(',')
            .skip(2)
            .map(|n| n.parse().unwrap())
            .collect();
        let [
            truth,
            value,
            wall,
            rim,
            envelope,
            per_contrast,
            views,
            wall_mm2,
            recess,
            blur_mm,
        ] = n[..]
        else {
            panic!("{line}");
        };
        Row {
            truth,
            value,
            parts: VolumeParts {
                wall,
                rim,
                envelope,
                per_contrast,
                views,
                wall_mm2,
                recess,
                blur_mm,
            },
        }
    };
    text.lines().map(row).collect()
}

impl Row {
    /// Error over its standard error.
    fn z(&self, tuning: &Tuning) -> f64 {
        (self.value - self.truth) / self.parts.variance(tuning).sqrt()
    }

    /// Interval score of the 95 % interval, relative to the truth.
    fn score(&self, tuning: &Tuning) -> f64 {
        let half = 1.96 * self.parts.variance(tuning).sqrt();
        let missed = ((self.value - self.truth).abs() - half).max(0.0);
        (2.0 * half + 40.0 * missed) / self.truth
    }
}

fn fit(chosen: &[Row], held: &[Row]) {
    let usual = BoneOptions::default().tuning;
    let mut best = (f64::INFINITY, usual);
    for level in [0.0, 0.01, 0.02, 0.03, 0.05, 0.07] {
        for wall in [
            0.0, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03, 0.035, 0.04, 0.05,
        ] {
            for patch in [0.0, 0.02, 0.04, 0.05, 0.06, 0.07, 0.08, 0.09, 0.1, 0.12] {
                let mut tuning = usual;
                assert!(
                    tuning.set("errors.level_sd", level)
                        && tuning.set("errors.wall_sd_mm", wall)
                        && tuning.set("errors.patch_sd_mm", patch)
                );
                let score = chosen.iter().map(|r| r.score(&tuning)).sum::<f64>();
                if score < best.0 {
                    best = (score, tuning);
                }
            }
        }
    }
    for (name, tuning) in [("in use", &usual), ("fitted", &best.1)] {
        let number = |name: &str| {
            let all = tuning.numbers();
            all.iter().find(|n| n.name == name).unwrap().value
        };
        println!(
            "{name}: level_sd {}, wall_sd_mm {}, patch_sd_mm {}",
            number("errors.level_sd"),
            number("errors.wall_sd_mm"),
            number("errors.patch_sd_mm")
        );
        tell("chosen on", chosen, tuning);
        tell("held out", held, tuning);
    }
}

fn tell(name: &str, rows: &[Row], tuning: &Tuning) {
    let z = sorted(rows.iter().map(|r| r.z(tuning).abs()).collect());
    let held = z.iter().filter(|z| **z < 1.96).count();
    let half = |r: &Row| 1.96 * r.parts.variance(tuning).sqrt() / r.truth;
    let width = sorted(rows.iter().map(half).collect());
    let size = sorted(
        rows.iter()
            .map(|r| (r.value / r.truth - 1.0).abs())
            .collect(),
    );
    let share = howship_stats::clopper_pearson(held as u64, z.len() as u64, 0.95).unwrap();
    println!(
        "  {name}: {held} of {} hold ({:.0} to {:.0} %), width over needed {:.2}; half width {:.0} % of the volume (median), error median {:.1} %, 95th {:.1} %, worst {:.0} %",
        z.len(),
        100.0 * share.lower,
        100.0 * share.upper,
        1.96 / at(&z, 0.95),
        100.0 * at(&width, 0.5),
        100.0 * at(&size, 0.5),
        100.0 * at(&size, 0.95),
        100.0 * at(&size, 1.0)
    );
}
