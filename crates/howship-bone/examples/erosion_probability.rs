//! P(erosion): its fit, and how it does on cavities that had no part in it.
//!
//! `cargo run -p howship-bone --example erosion_probability -- rows TEXTURE|SCAN.nii.gz SEED SEEDS LESIONS > rows.csv`
//! `cargo run -p howship-bone --example erosion_probability -- fit rows.csv [rows.csv ...]`
//! `cargo run -p howship-bone --example erosion_probability -- judge rows.csv [rows.csv ...]`
//! `cargo run -p howship-bone --example erosion_probability -- cross-validate place|bone rows.csv [rows.csv ...]`
//!
//! `rows` plants lesions (round to twice as long as wide, flat to deeper than wide, smooth to rough) in a joint from
//! formulas or in a real scan, one visit a seed, and writes a line for each cavity that is found: whether it was planted,
//! the true volume, P(erosion), the evidence. What nobody planted is taken for the bone's own shape. A planted lesion
//! that is not found has a line without evidence. `fit` gives the weights of a logistic model with a ridge penalty;
//! `judge` gives what the threshold keeps and a reliability table. `cross-validate` judges each row by a fit that it had
//! no part in: with `place` what was planted, or what nobody planted, within 2 mm of it in the same bone, whatever the
//! seed, is left out with it; with `bone` all of its bone. A file holds the rows of one joint, seeds one after the other.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod experiment;

use experiment::{found_within_mm, real_scan, set_texture};
use howship_bone::{BoneOptions, JointInput, Unobserved, VisitScan, measure_joint};
use howship_change::{Lesion, Visit};
use howship_image::{PointMm, Scan};
use howship_phantom::{
    BoneName, ErosionSpec, InsertSpec, JointSpec, LesionTruth, PlaceSpec, insert, render_visit,
};
use nalgebra::{DMatrix, DVector};
use rand::{RngExt, SeedableRng};

/// What nobody planted within this distance is one place of the bone, mm: each seed's bones are moved anew.
const SAME_PLACE_MM: f64 = 2.0;

/// Evidence in the order of the columns.
const EVIDENCE: [&str; 8] = [
    "cortex_around",
    "surface_error",
    "elongation",
    "mouth_width",
    "depth_to_width",
    "wall_lined",
    "rim_sharpness",
    "found_again",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["rows", joint, seed, seeds, lesions] => {
            let number = |text: &str| text.parse::<u64>().expect("a number");
            println!(
                "seed,planted,true_mm3,volume_mm3,p,{},bone,x,y,z",
                EVIDENCE.join(",")
            );
            for seed in number(seed)..number(seed) + number(seeds) {
                rows(joint, seed, number(lesions) as usize);
            }
        }
        ["fit", ref files @ ..] => fit(&read(files)),
        ["judge", ref files @ ..] => judge(&read(files)),
        ["cross-validate", "place", ref files @ ..] => judge(&left_out(read(files), same_place)),
        ["cross-validate", "bone", ref files @ ..] => judge(&left_out(read(files), same_bone)),
        _ => panic!(
            "rows TEXTURE|SCAN SEED SEEDS LESIONS, fit FILES, judge FILES or cross-validate place|bone FILES"
        ),
    }
}

/// Lines of one seed.
fn rows(joint: &str, seed: u64, lesions: usize) {
    let Some((scan, truth)) = planted(joint, seed, lesions) else {
        return;
    };
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(1), [&scan]),
        lesions: None,
    };
    let options = BoneOptions {
        all: true,
        ..BoneOptions::default()
    };
    let result = measure_joint(&input, &options, &Unobserved).expect("measured");
    let at = |t: &LesionTruth| PointMm::from(t.centroid_mm);
    for lesion in &result.lesions {
        let here = PointMm::from(lesion.centroid_mm);
        let near = truth
            .iter()
            .find(|t| (at(t) - here).norm() < found_within_mm(&[t]));
        let place = lesion.centroid_mm;
        println!(
            "{seed},{},{},{:.1},{:.1},{:.1}",
            line(lesion, near),
            lesion.bone,
            place[0],
            place[1],
            place[2]
        );
    }
    for t in &truth {
        let within = found_within_mm(&[t]);
        let found = |l: &Lesion| (PointMm::from(l.centroid_mm) - at(t)).norm() < within;
        if !result.lesions.iter().any(found) {
            println!("{seed},missed,{:.3}", t.volume_mm3);
        }
    }
}

fn line(lesion: &Lesion, truth: Option<&LesionTruth>) -> String {
    let likelihood = lesion.erosion_probability.as_ref();
    let value = |name: &&str| {
        let found = likelihood.and_then(|l| l.evidence.iter().find(|e| e.name == **name));
        found.map_or_else(String::new, |e| format!("{:.4}", e.value))
    };
    let evidence: Vec<String> = EVIDENCE.iter().map(value).collect();
    format!(
        "{},{:.3},{:.3},{:.4},{}",
        if truth.is_some() { "yes" } else { "no" },
        truth.map_or(0.0, |t| t.volume_mm3),
        lesion.visits[0].measurements[&howship_change::Quantity::Volume].value,
        likelihood.map_or(f64::NAN, |l| l.probability),
        evidence.join(",")
    )
}

/// One visit with planted lesions, and what is true of them.
fn planted(joint: &str, seed: u64, lesions: usize) -> Option<(Scan, Vec<LesionTruth>)> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed ^ 0xE705);
    let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
    if joint.ends_with(".gz") {
        let mut spec = InsertSpec::random(seed, lesions, 1);
        for lesion in &mut spec.lesions {
            lesion.width_mm = between(0.8, 3.0);
            lesion.length_mm = lesion.width_mm * between(0.5, 2.0);
            lesion.depth_mm = lesion.width_mm.min(lesion.length_mm) * between(0.45, 1.3);
            lesion.sink_mm = [0.0, 0.3 * lesion.depth_mm][usize::from(between(0.0, 1.0) < 0.3)];
            lesion.irregularity = between(0.0, 0.35);
            lesion.exponent = between(1.6, 3.0);
            lesion.depth_course = Vec::new();
            lesion.width_course = Vec::new();
        }
        let mut series = insert(&real_scan(joint), None, &spec).ok()?;
        return Some((series.visits.remove(0).scan, series.truth.lesions.remove(0)));
    }
    let mut spec = JointSpec {
        seed,
        ..JointSpec::small(0.082)
    };
    spec.visits.truncate(1);
    set_texture(&mut spec, joint);
    spec.erosions = (0..lesions)
        .map(|k| {
            let head = k % 3 < 2;
            let bone = [BoneName::Phalanx, BoneName::Metacarpal][usize::from(head)];
            let width = between(0.8, 2.0);
            let length = width * between(0.6, 1.6);
            ErosionSpec {
                place: PlaceSpec {
                    bone,
                    angle_deg: 360.0 * k as f64 / lesions as f64 + between(-15.0, 15.0),
                    height_mm: if head {
                        between(1.4, 3.0)
                    } else {
                        between(-3.0, -2.1)
                    },
                },
                width_mm: width,
                length_mm: length,
                depth_mm: width.min(length) * between(0.5, 1.2),
                sink_mm: between(0.0, 0.3),
                irregularity: between(0.0, 0.3),
                depth_course: Vec::new(),
                width_course: Vec::new(),
                ..ErosionSpec::default()
            }
        })
        .collect();
    let visit = render_visit(&spec, 0).ok()?;
    Some((visit.scan, visit.truth))
}

/// One line of a table: found or not, planted or not, P as it was given, evidence.
#[derive(Clone)]
struct Row {
    /// Of the files: rows of one file are of one joint.
    file: usize,
    bone: String,
    place: PointMm,
    planted: bool,
    found: bool,
    true_mm3: f64,
    p: f64,
    evidence: Vec<Option<f64>>,
}

fn read(files: &[&str]) -> Vec<Row> {
    let mut all = Vec::new();
    for (file, path) in files.iter().enumerate() {
        let text = std::fs::read_to_string(path).expect("rows");
        for line in text.lines().filter(|l| !l.starts_with("seed")) {
            let cells: Vec<&str> = line.split(',').collect();
            let number = |i: usize| cells.get(i).and_then(|c| c.parse::<f64>().ok());
            let last = 5 + EVIDENCE.len();
            let at = |axis: usize| number(last + 1 + axis).unwrap_or(f64::NAN);
            all.push(Row {
                file,
                bone: cells.get(last).map_or_else(String::new, |&b| b.to_owned()),
                place: PointMm::new(at(0), at(1), at(2)),
                planted: cells[1] != "no",
                found: cells[1] != "missed",
                true_mm3: number(2).unwrap_or(0.0),
                p: number(4).unwrap_or(0.0),
                evidence: (5..5 + EVIDENCE.len()).map(number).collect(),
            });
        }
    }
    all
}

/// The model's own scales of the evidence, without `found_again`: its weight is a choice.
fn scaled(row: &Row) -> Vec<f64> {
    let e = |i: usize| row.evidence[i].unwrap_or(f64::NAN);
    vec![
        1.0,
        e(0).clamp(0.3, 1.1) - 0.8,
        (e(1).clamp(0.005, 0.2) / 0.03).ln(),
        (e(2).clamp(1.0, 5.0) / 1.6).ln(),
        (e(3).clamp(0.4, 4.0) / 1.3).ln(),
        e(4).clamp(0.2, 1.2) - 0.8,
        e(5) - 0.25,
        e(6).clamp(0.5, 2.0) - 1.2,
    ]
}

/// Prints the weights of a fit to what was found.
fn fit(rows: &[Row]) {
    let used: Vec<&Row> = rows.iter().filter(|r| r.found).collect();
    let weights = weights(&used);
    let planted = used.iter().filter(|r| r.planted).count();
    println!("{planted} planted, {} others", used.len() - planted);
    for (name, w) in std::iter::once("constant")
        .chain(EVIDENCE)
        .zip(weights.iter())
    {
        println!("{name} {w:.2}");
    }
}

/// Logistic regression by Newton's steps, with half the squared weights (each times its evidence's SD, the elongation's three times) as penalty.
fn weights(used: &[&Row]) -> DVector<f64> {
    let table: Vec<Vec<f64>> = used.iter().map(|r| scaled(r)).collect();
    let columns = table[0].len();
    let x = DMatrix::from_fn(table.len(), columns, |i, j| table[i][j]);
    let y = DVector::from_fn(used.len(), |i, _| f64::from(used[i].planted));
    let penalty = DMatrix::from_fn(columns, columns, |i, j| match (i, j) {
        (0, 0) => 0.01,
        // Planted lesions are rounder than real ones: less is to be read from that.
        (3, 3) => 3.0 * x.column(3).variance(),
        (i, j) if i == j => x.column(j).variance(),
        _ => 0.0,
    });
    let mut weights = DVector::zeros(columns);
    for _ in 0..60 {
        let p = (&x * &weights).map(logistic);
        let mut weighted = x.clone();
        for (i, mut row) in weighted.row_iter_mut().enumerate() {
            row *= p[i] * (1.0 - p[i]);
        }
        let information = x.transpose() * weighted + &penalty;
        let gradient = x.transpose() * (&y - &p) - &penalty * &weights;
        weights += information.cholesky().expect("positive").solve(&gradient);
    }
    weights
}

fn logistic(l: f64) -> f64 {
    1.0 / (1.0 + (-l).exp())
}

/// Each found row with the P of a fit to those that are not left out with it.
fn left_out(rows: Vec<Row>, together: fn(&Row, &Row) -> bool) -> Vec<Row> {
    rows.iter()
        .map(|row| {
            let mut row = row.clone();
            if row.found {
                let others: Vec<&Row> = rows
                    .iter()
                    .filter(|o| o.found && !together(&row, o))
                    .collect();
                row.p = logistic(weights(&others).dot(&DVector::from(scaled(&row))));
            }
            row
        })
        .collect()
}

/// Whether two rows are one place of one joint: the bone's own shape is there again in each seed.
fn same_place(a: &Row, b: &Row) -> bool {
    same_bone(a, b) && a.planted == b.planted && (a.place - b.place).norm() < SAME_PLACE_MM
}

fn same_bone(a: &Row, b: &Row) -> bool {
    a.file == b.file && a.bone == b.bone
}

/// What the threshold keeps, and how often what has some P is planted.
fn judge(rows: &[Row]) {
    let threshold = BoneOptions::default()
        .tuning
        .numbers()
        .into_iter()
        .find(|n| n.name == "kind.reported")
        .unwrap()
        .value;
    let sizeable = |r: &&Row| r.planted && r.true_mm3 >= 0.5;
    let count = |of: &dyn Fn(&Row) -> bool| rows.iter().filter(|r| of(r)).count();
    let all = rows.iter().filter(sizeable).count();
    let found = rows.iter().filter(sizeable).filter(|r| r.found).count();
    let kept = count(&|r| sizeable(&r) && r.found && r.p >= threshold);
    println!("planted, 0.5 mm³ or more: {all}, found {found}, of these reported {kept}");
    println!(
        "smaller ones found: {}, reported {}",
        count(&|r| r.planted && r.found && r.true_mm3 < 0.5),
        count(&|r| r.planted && r.found && r.true_mm3 < 0.5 && r.p >= threshold)
    );
    println!(
        "others: {}, reported {}",
        count(&|r| !r.planted),
        count(&|r| !r.planted && r.p >= threshold)
    );
    for (low, high) in [
        (0.0, 0.05),
        (0.05, 0.2),
        (0.2, 0.5),
        (0.5, 0.8),
        (0.8, 0.95),
        (0.95, 1.01),
    ] {
        let bin: Vec<&Row> = rows
            .iter()
            .filter(|r| r.found && r.p >= low && r.p < high)
            .collect();
        let mean = bin.iter().map(|r| r.p).sum::<f64>() / bin.len().max(1) as f64;
        let planted = bin.iter().filter(|r| r.planted).count();
        println!(
            "P {low:.2}-{high:.2}: {} cavities, mean P {mean:.3}, planted {planted}",
            bin.len()
        );
    }
}
