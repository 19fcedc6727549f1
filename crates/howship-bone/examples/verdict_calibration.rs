//! Whether the probabilities of healing, stable and progressing come true.
//!
//! Numbers can be changed: `TUNE=stage.number=value,...` in the environment; `VOXEL=0.25`: voxels of so many mm;
//! `SIZE=full`: bones of a finger's size, `SIZE=dish`: the same with one wide and shallow erosion;
//! `CONTRAST=mri`: marrow bright and cortex dark, with `MASKS=1` (the true bones) or `MASKS=drawn` (as a hand draws them);
//! `NEW_BONE=0`: bone that fills an erosion is no denser than what was there (0.12 more of it is bone by default).
//!
//! `cargo run -p howship-bone --example verdict_calibration -- rows SEED SEEDS TEXTURE|SCAN.nii.gz [...] > rows.csv`
//! `cargo run -p howship-bone --example verdict_calibration -- unchanged SEED SEEDS TEXTURE|SCAN.nii.gz [...] > rows.csv`
//! `cargo run -p howship-bone --example verdict_calibration -- judge rows.csv [diagram.svg]`
//!
//! Textures: `thin`, `usual`, `thick`, `coarse`, `dense`. Six lesions of the small joint a seed, three of a scan (taken for
//! HU of an XtremeCT II; some seeds have no place for three); a quarter of them does not change, the others' volume at the second visit is 0.4 to 1.6 times the first, so that many changes are near δ. The
//! true centroids are given as seeds. What is called true is that the true change is below −δ, within ±δ or above δ, with
//! the δ that the program used for that lesion. With `unchanged` none of them changes; only noise and pose do. `judge`
//! prints for each class and for all three how often what was said
//! with a probability came true, and the expected calibration error (over ten bins, weighted by how many statements are in
//! each); beside it errors of volume and change, intervals that hold, verdicts of the wrong
//! sign, unchanged ones called. The diagram shows the bins with exact 95 % intervals.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod experiment;

use experiment::{at, found_within_mm, given_bones, options, phantom, real_scan, sorted};
use howship_bone::{
    BoneMask, ChangeParts, GivenLesions, JointInput, Unobserved, VisitScan, measure_joint,
};
use howship_change::{Change, Lesion, Quantity, Verdict, Visit};
use howship_image::{PointMm, RigidTransform, Scan};
use howship_phantom::{InsertSpec, LesionTruth, insert, render_visit};
use howship_stats::{ReliabilityBin, clopper_pearson, reliability, student_t_quantile};
use rand::{RngExt, SeedableRng};
use std::fmt::Write;

/// Of equal width.
const BINS: usize = 10;
const CLASSES: [&str; 3] = ["healing", "stable", "progressing"];
/// Columns of the rows beside texture and seed; the last four are each estimate of the change alone.
const COLUMNS: [&str; 17] = [
    "first_true",
    "first",
    "first_low",
    "first_high",
    "change_true",
    "change",
    "change_low",
    "change_high",
    "delta",
    "p_healing",
    "p_stable",
    "p_progressing",
    "called",
    "walls",
    "walls_se",
    "density",
    "density_se",
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [
            course @ ("rows" | "unchanged"),
            first,
            count,
            ref textures @ ..,
        ] => {
            let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
            println!("texture,seed,{}", COLUMNS.join(","));
            for texture in textures {
                for seed in first..first + count {
                    rows(texture, seed, if course == "rows" { 0.25 } else { 1.0 });
                }
            }
        }
        ["judge", file] => judge(file, None),
        ["judge", file, svg] => judge(file, Some(svg)),
        _ => panic!("rows|unchanged SEED SEEDS TEXTURE... or judge rows.csv [diagram.svg]"),
    }
}

/// Two visits, what is true of each lesion, and its centroid where it is larger, in the baseline's frame.
struct Series {
    scans: [Scan; 2],
    masks: [Option<BoneMask>; 2],
    lesions: Vec<([LesionTruth; 2], PointMm)>,
}

/// How much larger each of some lesions is at the first and second visit than it was drawn: at the larger one, that much.
/// This share of them does not change.
fn courses(count: usize, seed: u64, unchanged: f64) -> Vec<[f64; 2]> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed ^ 0x0CA1);
    let mut course = |_| {
        let (still, ratio) = (
            rng.random::<f64>() < unchanged,
            0.4 + 1.2 * rng.random::<f64>(),
        );
        let factor = if still { 1.0 } else { ratio.cbrt() };
        [1.0, factor].map(|f| f / factor.max(1.0))
    };
    (0..count).map(&mut course).collect()
}

fn rendered(texture: &str, seed: u64, unchanged: f64) -> Option<Series> {
    let mut spec = phantom(texture, seed);
    let courses = courses(spec.erosions.len(), seed, unchanged);
    for (lesion, course) in spec.erosions.iter_mut().zip(courses) {
        (lesion.depth_course, lesion.width_course) = (course.into(), course.into());
    }
    let [first, last] = [0, 1].map(|v| render_visit(&spec, v));
    let (first, last) = (first.ok()?, last.ok()?);
    let lesions = first.truth.into_iter().zip(last.truth).enumerate();
    let lesions = lesions.map(|(k, (a, b))| {
        let bone = spec.erosions[k].place.bone.label() as usize - 1;
        with_place(
            [a, b],
            &last.poses[bone].after(&first.poses[bone].inverse()),
        )
    });
    Some(Series {
        lesions: lesions.collect(),
        masks: [(&first.bones, seed), (&last.bones, seed + 1000)].map(|(b, s)| given_bones(b, s)),
        scans: [first.scan, last.scan],
    })
}

fn inserted(scan: &str, seed: u64, unchanged: f64) -> Option<Series> {
    let mut spec = InsertSpec::random(seed, 3, 2);
    let courses = courses(spec.lesions.len(), seed, unchanged);
    for (lesion, course) in spec.lesions.iter_mut().zip(courses) {
        (lesion.depth_course, lesion.width_course) = (course.into(), course.into());
    }
    let series = insert(&real_scan(scan), None, &spec).ok()?;
    let lesions = series.truth.lesions[0].iter().zip(&series.truth.lesions[1]);
    let lesions = lesions.map(|(a, b)| {
        let bone = series.truth.bones.iter().find(|bone| bone.name == a.bone)?;
        let motion = series.truth.motion(bone.id, 1)?;
        Some(with_place([a.clone(), b.clone()], &motion))
    });
    let lesions = lesions.collect::<Option<_>>()?;
    let scans: Vec<Scan> = series.visits.into_iter().map(|v| v.scan).collect();
    Some(Series {
        masks: [None, None],
        scans: scans.try_into().ok()?,
        lesions,
    })
}

fn with_place([a, b]: [LesionTruth; 2], motion: &RigidTransform) -> ([LesionTruth; 2], PointMm) {
    let place = if b.volume_mm3 > a.volume_mm3 {
        motion.inverse().apply(PointMm::from(b.centroid_mm))
    } else {
        PointMm::from(a.centroid_mm)
    };
    ([a, b], place)
}

/// Lines of one seed's lesions; of one that has no probability only the truth.
fn rows(texture: &str, seed: u64, unchanged: f64) {
    let series = if texture.ends_with(".gz") {
        inserted(texture, seed, unchanged)
    } else {
        rendered(texture, seed, unchanged)
    };
    let Some(series) = series else {
        return;
    };
    let seeds = series.lesions.iter().map(|(_, p)| p.coords.into());
    let seeds = GivenLesions::Seeds(seeds.collect());
    let mut visits = VisitScan::pairs(Visit::unnamed(2), series.scans.iter());
    for (visit, mask) in visits.iter_mut().zip(series.masks) {
        visit.mask = mask;
    }
    let input = JointInput {
        visits,
        lesions: Some(&seeds),
    };
    let result = match measure_joint(&input, &options(), &Unobserved) {
        Ok(result) => result,
        Err(error) => {
            eprintln!("{texture} {seed}: {error}");
            return;
        }
    };
    for ([a, b], place) in &series.lesions {
        let away = |l: &Lesion| (PointMm::from(l.centroid_mm) - place).norm();
        let nearest = result
            .lesions
            .iter()
            .min_by(|a, b| away(a).total_cmp(&away(b)))
            .filter(|l| away(l) < found_within_mm(&[a, b]));
        let values = nearest.and_then(|l| {
            let parts = result.patches.iter().find(|p| p.id == l.id)?.changes[1]?;
            values(l, l.change.get(&Quantity::Volume)?, &parts, [a, b])
        });
        let text = values.map_or_else(
            || format!("{}", a.volume_mm3),
            |v| v.map(|v| format!("{v:.5}")).join(","),
        );
        println!("{texture},{seed},{text}");
    }
}

/// In the order of [`COLUMNS`].
fn values(
    lesion: &Lesion,
    change: &Change,
    parts: &ChangeParts,
    truth: [&LesionTruth; 2],
) -> Option<[f64; 17]> {
    let volume = lesion.visits.first()?.measurements.get(&Quantity::Volume)?;
    let freedom = volume.df.unwrap_or(f64::INFINITY);
    let half = student_t_quantile(0.975, freedom).ok()? * volume.se;
    let p = lesion.probability()?;
    let called = match lesion.verdict()? {
        Verdict::Healing => -1.0,
        Verdict::Progressing => 1.0,
        _ => 0.0,
    };
    let truth = truth.map(|t| t.volume_mm3);
    let density = parts.density.unwrap_or((f64::NAN, f64::NAN));
    Some([
        truth[0],
        volume.value,
        volume.value - half,
        volume.value + half,
        truth[1] - truth[0],
        change.value,
        change.interval[0],
        change.interval[1],
        change.delta,
        p.healing,
        p.stable,
        p.progressing,
        called,
        parts.walls.0,
        parts.walls.1,
        density.0,
        density.1,
    ])
}

fn judge(file: &str, svg: Option<&str>) {
    let text = std::fs::read_to_string(file).expect("rows");
    let all: Vec<Vec<f64>> = text
        .lines()
        .filter(|l| !l.starts_with("texture"))
        .map(|l| l.split(',').skip(2).map(|c| c.parse().unwrap()).collect())
        .collect();
    let rows: Vec<&[f64]> = all
        .iter()
        .map(Vec::as_slice)
        .filter(|r| r.len() == COLUMNS.len())
        .collect();
    println!(
        "{} lesions, {} without a probability",
        all.len(),
        all.len() - rows.len()
    );
    errors("volume at the first visit", &rows, 0, 0.0);
    errors("change", &rows, 4, 0.2);
    alone("walls", &rows, 13);
    alone("densities", &rows, 15);
    let wrong = rows.iter().filter(|r| r[12] * r[4] < 0.0).count();
    let still = || rows.iter().filter(|r| r[4].abs() < 1e-3);
    let called = still().filter(|r| r[12] != 0.0).count();
    println!("wrong sign {wrong}");
    unchanged(&still().copied().collect::<Vec<_>>(), called);
    let mut together = Vec::new();
    for (k, class) in CLASSES.iter().enumerate() {
        let said: Vec<Statement> = rows.iter().map(|r| statement(r, k)).collect();
        println!("{class}:");
        tell(&said);
        together.extend(said);
    }
    println!("all three:");
    tell(&together);
    if let Some(svg) = svg {
        std::fs::write(svg, diagram(&together)).expect("written");
    }
}

/// How often a change is called where nothing changed, with the exact one-sided 95 % limit, and how far the measured
/// change lies from nothing.
fn unchanged(rows: &[&[f64]], called: usize) {
    if rows.is_empty() {
        return;
    }
    // The upper end of a two-sided 90 % interval.
    let upper = clopper_pearson(called as u64, rows.len() as u64, 0.90)
        .unwrap()
        .upper;
    let sizes = sorted(rows.iter().map(|r| r[5].abs()).collect());
    let rms = (sizes.iter().map(|c| c * c).sum::<f64>() / sizes.len() as f64).sqrt();
    let mean = rows.iter().map(|r| r[5]).sum::<f64>() / rows.len() as f64;
    let stable = rows.iter().filter(|r| r[10] >= 0.95).count();
    let held = rows.iter().filter(|r| r[6] <= 0.0 && 0.0 <= r[7]).count();
    println!(
        "unchanged: {called} of {} called (at most {:.2} %), P(stable) of 0.95 and more {stable}; change {mean:+.3} mm³ in the mean, RMS {rms:.3}, median size {:.3}, P95 {:.3}, worst {:.3}; intervals hold 0 in {held}",
        rows.len(),
        100.0 * upper,
        at(&sizes, 0.5),
        at(&sizes, 0.95),
        at(&sizes, 1.0),
    );
}

/// Errors of what stands in four columns from `first` on: truth, value, ends of the interval. Truths smaller than `least`
/// give no share, which is above 0 where a volume or change is measured too large.
fn errors(name: &str, rows: &[&[f64]], first: usize, least: f64) {
    let of = |r: &&[f64]| (r[first + 1] - r[first], r[first]);
    let own = sorted(rows.iter().map(|r| of(r).0).collect());
    let size = sorted(own.iter().map(|e| e.abs()).collect());
    let large = rows
        .iter()
        .map(of)
        .filter(|(_, truth)| truth.abs() >= least);
    let shares = sorted(large.map(|(error, truth)| 100.0 * error / truth).collect());
    let sizes = sorted(shares.iter().map(|e| e.abs()).collect());
    let held = |r: &&&[f64]| r[first + 2] <= r[first] && r[first] <= r[first + 3];
    println!(
        "{name}: n {}, median error {:+.3} mm³, size {:.3}, P95 {:.2}, worst {:.2}; share (n {}) {:+.1} %, {:.1}, {:.1}, {:.0}; intervals hold {}",
        own.len(),
        at(&own, 0.5),
        at(&size, 0.5),
        at(&size, 0.95),
        at(&size, 1.0),
        shares.len(),
        at(&shares, 0.5),
        at(&sizes, 0.5),
        at(&sizes, 0.95),
        at(&sizes, 1.0),
        rows.iter().filter(held).count(),
    );
}

/// Errors of one estimate of the change alone: value and standard error from column `first` on.
fn alone(name: &str, rows: &[&[f64]], first: usize) {
    let seen: Vec<&&[f64]> = rows.iter().filter(|r| r[first].is_finite()).collect();
    let error = |r: &[f64]| r[first] - r[4];
    let size = sorted(seen.iter().map(|r| error(r).abs()).collect());
    let large = seen.iter().filter(|r| r[4].abs() >= 0.2);
    let shares = sorted(large.map(|r| 100.0 * (error(r) / r[4]).abs()).collect());
    let held = seen.iter().filter(|r| error(r).abs() < 1.96 * r[first + 1]);
    println!(
        "  by {name} alone: n {}, size {:.3} mm³, P95 {:.2}, worst {:.2}; share (n {}) {:.1} %, P95 {:.0}; within 1.96 standard errors {}",
        size.len(),
        at(&size, 0.5),
        at(&size, 0.95),
        at(&size, 1.0),
        shares.len(),
        at(&shares, 0.5),
        at(&shares, 0.95),
        held.count(),
    );
}

/// How probable, and whether it came true.
type Statement = (f64, bool);

fn statement(row: &[f64], class: usize) -> Statement {
    let (truth, delta) = (row[4], row[8]);
    let came = [truth < -delta, truth.abs() <= delta, truth > delta];
    (row[9 + class], came[class])
}

fn tell(statements: &[Statement]) {
    let (bins, error) = reliability(statements, BINS).expect("statements");
    for b in bins {
        println!(
            "  P {:.3}: came true {} of {}",
            b.predicted,
            came_true(&b),
            b.count
        );
    }
    println!("  expected calibration error {error:.3}");
}

fn came_true(bin: &ReliabilityBin) -> u64 {
    (bin.observed * bin.count as f64).round() as u64
}

/// What came true over what was said, 320 units a side; its colours do in light and dark.
fn diagram(statements: &[Statement]) -> String {
    let (x, y) = (|p: f64| 50.0 + 320.0 * p, |p: f64| 340.0 - 320.0 * p);
    let mut out = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 390 390\" width=\"390\" font-family=\"sans-serif\" font-size=\"12\" fill=\"#777\" stroke=\"#777\">\n<title>What verdicts' probabilities said, and how often it came true</title>\n<rect x=\"50\" y=\"20\" width=\"320\" height=\"320\" fill=\"none\"/>\n<path d=\"M50 340L370 20\" fill=\"none\" stroke-dasharray=\"4 4\"/>\n",
    );
    for tick in [0.0, 0.2, 0.4, 0.6, 0.8, 1.0] {
        let _ = writeln!(
            out,
            "<g stroke=\"none\"><text x=\"{:.0}\" y=\"358\" text-anchor=\"middle\">{tick}</text><text x=\"42\" y=\"{:.0}\" text-anchor=\"end\">{tick}</text></g>",
            x(tick),
            y(tick) + 4.0
        );
    }
    out.push_str("<g stroke=\"none\"><text x=\"210\" y=\"380\" text-anchor=\"middle\">said</text><text x=\"14\" y=\"180\" text-anchor=\"middle\" transform=\"rotate(-90 14 180)\">came true</text></g>\n<g fill=\"#0a84c6\" stroke=\"#0a84c6\">\n");
    for b in reliability(statements, BINS).expect("statements").0 {
        let came = came_true(&b);
        let interval = clopper_pearson(came, b.count as u64, 0.95).unwrap();
        let _ = writeln!(
            out,
            "<path d=\"M{0:.1} {1:.1}V{2:.1}\"/><circle cx=\"{0:.1}\" cy=\"{3:.1}\" r=\"{4:.1}\"><title>{5} of {6}</title></circle>",
            x(b.predicted),
            y(interval.lower),
            y(interval.upper),
            y(b.observed),
            2.0 + 0.5 * (b.count as f64).sqrt().min(14.0),
            came,
            b.count
        );
    }
    out.push_str("</g>\n</svg>\n");
    out
}
