//! Accuracy on lesions inserted into a real scan: truth beside measurement, per lesion.
//!
//! Numbers can be changed: `TUNE=stage.number=value,...` in the environment.
//!
//! `cargo run --release -p howship-bone --example inserted_accuracy -- SCAN.nii.gz SEED LESIONS SEEDS [SEED LESIONS SEEDS ...]`
//!
//! Each triple is a set: so many lesions in each of so many series, seeds counted up from the first. Each set is
//! summed up, and all together. With `GIVEN` in the environment the true centroids are given as seeds.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs
)]

mod experiment;

use experiment::{found_within_mm, options, real_scan};
use howship_bone::{
    GivenLesions, JointInput, JointResult, Patch, Unobserved, VisitScan, measure_joint,
};
use howship_change::{Lesion, Quantity, Verdict, Visit};
use howship_image::{Labels, VectorMm};
use howship_phantom::{InsertSpec, InsertedSeries, InsertedVisit, LesionTruth, insert};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let scan = real_scan(&arguments[0]);
    let numbers: Vec<u64> = arguments[1..]
        .iter()
        .map(|a| a.parse().expect("a number"))
        .collect();
    let mut all = Tally::default();
    let (sets, rest) = numbers.as_chunks::<3>();
    assert!(rest.is_empty(), "SEED LESIONS SEEDS for each set");
    for &[seed, lesions, seeds] in sets {
        let mut tally = Tally::default();
        for seed in seed..seed + seeds {
            let Ok(series) = insert(&scan, None, &InsertSpec::random(seed, lesions as usize, 2))
            else {
                println!("seed {seed}: no place for {lesions} lesions");
                continue;
            };
            let started = std::time::Instant::now();
            let result = compare(&series);
            println!("seed {seed}: {:.1} s", started.elapsed().as_secs_f64());
            let mut pair = Tally::default();
            pair.add(&series, &result);
            tally.merge(&pair);
            all.merge(&pair);
        }
        println!("== set of seeds from {seed}, {lesions} lesions each");
        tally.print();
    }
    println!("== all");
    all.print();
}

fn compare(series: &InsertedSeries) -> JointResult {
    let seeds = GivenLesions::Seeds(
        series.truth.lesions[0]
            .iter()
            .map(|l| l.centroid_mm)
            .collect(),
    );
    let given = std::env::var_os("GIVEN").is_some();
    let names = series
        .visits
        .iter()
        .map(|v| Visit::parse(&v.name).expect("a visit"));
    let input = JointInput {
        visits: VisitScan::pairs(names, series.visits.iter().map(|v| &v.scan)),
        lesions: given.then_some(&seeds),
    };
    measure_joint(&input, &options(), &Unobserved).expect("measured")
}

fn value(lesion: &Lesion, quantity: Quantity) -> f64 {
    lesion.visits[0]
        .measurements
        .get(&quantity)
        .map_or(f64::NAN, |m| m.value)
}

/// What else is measured, with what is true of it.
const OTHERS: [(Quantity, &str); 7] = [
    (Quantity::MouthArea, "mouth area"),
    (Quantity::Surface, "surface"),
    (Quantity::Width, "width"),
    (Quantity::Depth, "depth"),
    (Quantity::Depth3d, "depth, 3-D"),
    (Quantity::Diameter3d, "diameter, 3-D"),
    (Quantity::DensityInside, "density inside"),
];

fn true_value(truth: &LesionTruth, quantity: Quantity) -> f64 {
    match quantity {
        Quantity::MouthArea => truth.mouth_mm2,
        Quantity::Surface => truth.surface_mm2,
        Quantity::Width => truth.width_mm,
        Quantity::Depth => truth.depth_mm,
        Quantity::Depth3d => truth.depth3d_mm,
        Quantity::Diameter3d => truth.diameter3d_mm,
        Quantity::DensityInside => truth.density,
        _ => f64::NAN,
    }
}

/// How near to the bone's outside a missing part counts as missing from the mouth, mm.
const NEAR_MM: f64 = 0.15;

/// The baseline's measured cavity against the true one, voxel by voxel, percent of the truth: outside of the bone, beyond
/// the wall, missing near the mouth, missing deeper.
fn consists(patch: &Patch, visit: &InsertedVisit, id: u32) -> [f64; 4] {
    let mask = &patch.cavities[0];
    let truth = visit.truth_labels.geometry();
    let near = |at: howship_image::PointMm, labels: &Labels| {
        let voxel = truth.index(at).map(|i| i.round() as i64);
        labels.get(voxel).unwrap_or(0)
    };
    let of_lesion = |l: &&u32| **l == id;
    let whole = visit.truth_labels.data().iter().filter(of_lesion).count();
    let whole = whole as f64 * truth.voxel_mm3();
    let grid = mask.geometry();
    let mut parts = [0.0; 4];
    for (o, &measured) in mask.data().iter().enumerate() {
        let at = grid.world(grid.voxel(o).map(|i| i as f64));
        let truly = near(at, &visit.truth_labels) == id;
        if truly == (measured != 0) {
            continue;
        }
        let outside = |d: VectorMm| near(at + d, &visit.bones) == 0;
        let axes = [VectorMm::x(), VectorMm::y(), VectorMm::z()];
        let at_mouth = || {
            axes.iter()
                .any(|a| outside(a * NEAR_MM) || outside(a * -NEAR_MM))
        };
        let part = match (truly, outside(VectorMm::zeros())) {
            (false, true) => 0,
            (false, false) => 1,
            (true, _) if at_mouth() => 2,
            (true, _) => 3,
        };
        let sign = if truly { -1.0 } else { 1.0 };
        parts[part] += sign * 100.0 * grid.voxel_mm3() / whole;
    }
    parts
}

/// How far from a lesion that is missing what was not reported is looked for, mm.
const LOOKED_FOR_MM: f64 = 2.0;

/// The cavity nearest to a place that was found and not reported, with why.
fn tell_left_out(result: &JointResult, at: howship_image::PointMm) {
    let away = |c: [f64; 3]| (howship_image::PointMm::from(c) - at).norm();
    let nearest = result
        .not_reported
        .iter()
        .min_by(|a, b| away(a.centroid_mm).total_cmp(&away(b.centroid_mm)));
    let Some(found) = nearest.filter(|n| away(n.centroid_mm) < LOOKED_FOR_MM) else {
        println!("     no cavity was found there");
        return;
    };
    let volumes: Vec<f64> = found.volumes.iter().map(|v| v.volume.value).collect();
    println!(
        "     taken for {:?} at {:.2} mm, volumes {volumes:.2?}",
        found.kind,
        away(found.centroid_mm)
    );
    if let Some(p) = &found.erosion_probability {
        let evidence = p.evidence.iter();
        let evidence: Vec<String> = evidence
            .map(|e| format!("{} {:.3} ({:+.1})", e.name, e.value, e.logit))
            .collect();
        println!("     P {:.3}: {}", p.probability, evidence.join(", "));
    }
}

/// One line for each quantity and visit: truth, measured, standard error; with `ROWS` in the environment.
fn print_rows(truth: [&LesionTruth; 2], lesion: &Lesion) {
    for (quantity, _) in OTHERS {
        for (visit, (t, v)) in truth.iter().zip(&lesion.visits).enumerate() {
            if let Some(m) = v.measurements.get(&quantity) {
                let (t, v) = (true_value(t, quantity), t.volume_mm3);
                println!(
                    "row,{},{},{visit},{v},{t},{},{}",
                    lesion.id,
                    quantity.key(),
                    m.value,
                    m.se
                );
            }
        }
    }
}

/// Errors of one quantity: absolute, relative to the truth (%), over the standard error; the last also of changes.
#[derive(Default)]
struct Errors {
    absolute: Vec<f64>,
    relative: Vec<f64>,
    z: Vec<f64>,
    change: Vec<f64>,
    z_change: Vec<f64>,
}

impl Errors {
    fn add(&mut self, quantity: Quantity, truth: [&LesionTruth; 2], lesion: &Lesion) {
        for (truth, visit) in truth.iter().zip(&lesion.visits) {
            // Of what is hardly there nothing can be said.
            if truth.volume_mm3 < 0.3 {
                continue;
            }
            if let Some(m) = visit.measurements.get(&quantity) {
                let t = true_value(truth, quantity);
                self.absolute.push(m.value - t);
                self.relative.push(100.0 * (m.value / t - 1.0));
                self.z.push((m.value - t) / m.se);
            }
        }
        if truth.iter().all(|t| t.volume_mm3 >= 0.3)
            && let Some(c) = lesion.change.get(&quantity)
        {
            let change = true_value(truth[1], quantity) - true_value(truth[0], quantity);
            self.change.push(c.value - change);
            self.z_change.push((c.value - change) / c.se);
        }
    }
}

#[derive(Default)]
struct Tally {
    others: [Errors; OTHERS.len()],
    volume: Vec<f64>,
    change: Vec<f64>,
    change_relative: Vec<f64>,
    z_volume: Vec<f64>,
    z_change: Vec<f64>,
    wrong_sign: usize,
    missed: usize,
    other: usize,
    other_called: usize,
}

impl Tally {
    fn merge(&mut self, other: &Self) {
        for (own, other) in self.others.iter_mut().zip(&other.others) {
            own.absolute.extend(&other.absolute);
            own.relative.extend(&other.relative);
            own.z.extend(&other.z);
            own.change.extend(&other.change);
            own.z_change.extend(&other.z_change);
        }
        self.volume.extend(&other.volume);
        self.change.extend(&other.change);
        self.change_relative.extend(&other.change_relative);
        self.z_volume.extend(&other.z_volume);
        self.z_change.extend(&other.z_change);
        self.wrong_sign += other.wrong_sign;
        self.missed += other.missed;
        self.other += other.other;
        self.other_called += other.other_called;
    }

    fn add(&mut self, series: &InsertedSeries, result: &JointResult) {
        for bone in &result.bones {
            for r in &bone.registrations {
                let truth = series.truth.motion(bone.id, 1);
                let centre = howship_image::PointMm::from(r.centre_mm);
                let found = howship_image::RigidTransform::from_matrix(r.matrix).unwrap();
                let error = truth.map(|t| (t.apply(centre) - found.apply(centre)).norm());
                println!(
                    "  {} registration error {error:?} sd {:.4} corr {:.3} {:?}",
                    bone.name, r.displacement_sd_mm, r.correlation, r.failed
                );
            }
        }
        let mut matched = vec![false; result.lesions.len()];
        for (k, first) in series.truth.lesions[0].iter().enumerate() {
            let last = &series.truth.lesions[1][k];
            let at = howship_image::PointMm::from(first.centroid_mm);
            let nearest = result
                .lesions
                .iter()
                .enumerate()
                .map(|(i, l)| ((howship_image::PointMm::from(l.centroid_mm) - at).norm(), i))
                .min_by(|a, b| a.0.total_cmp(&b.0));
            let truth = (first.volume_mm3, last.volume_mm3);
            let within = found_within_mm(&[first, last]);
            let Some((distance, i)) = nearest.filter(|(d, _)| *d < within) else {
                println!(
                    "  {k}: MISSED {:.3} -> {:.3} mouth {:.2} depth {:.2}",
                    truth.0,
                    truth.1,
                    first.mouth_mm2.max(last.mouth_mm2),
                    first.depth3d_mm.max(last.depth3d_mm)
                );
                tell_left_out(result, at);
                self.missed += 1;
                continue;
            };
            matched[i] = true;
            let lesion = &result.lesions[i];
            let v: Vec<_> = lesion
                .visits
                .iter()
                .map(|v| v.measurements.get(&Quantity::Volume))
                .collect();
            let (Some(Some(a)), Some(Some(b))) = (v.first(), v.last()) else {
                continue;
            };
            let Some(change) = lesion.change.get(&Quantity::Volume) else {
                continue;
            };
            for (errors, (quantity, _)) in self.others.iter_mut().zip(OTHERS) {
                errors.add(quantity, [first, last], lesion);
            }
            if std::env::var_os("ROWS").is_some() {
                print_rows([first, last], lesion);
            }
            let true_change = truth.1 - truth.0;
            let patch = result.patches.iter().find(|p| p.id == lesion.id);
            let recess = |v: usize| Some(patch?.volumes[v].as_ref()?.recess);
            let recess = [0, 1].map(|v| recess(v).unwrap_or(0.0));
            let parts = patch.and_then(|p| p.changes[1]);
            let parts = parts.map_or_else(String::new, |p| {
                let density = p.density.unwrap_or((f64::NAN, f64::NAN));
                let (walls, density) = ([p.walls.0, p.walls.1], [density.0, density.1]);
                format!("walls {walls:.3?} densities {density:.3?}")
            });
            if let Some(patch) = patch.filter(|_| first.volume_mm3 > 0.2) {
                let [outside, beyond, mouth, short] = consists(patch, &series.visits[0], first.id);
                println!(
                    "     of the baseline's volume, %: outside {outside:+.1}, beyond {beyond:+.1}, missing at the mouth {mouth:+.1}, deeper {short:+.1}"
                );
            }
            println!(
                "  {k}: {:.3} -> {:.3} | {:.3}±{:.3} ({:+.0}%) {:.3}±{:.3} ({:+.0}%) | d {:+.3} vs {:+.3}±{:.3} | {:?} {:?} at {distance:.2} mouth {:.2}/{:.2} depth {:.2}/{:.2} {:.1?} recess {recess:.1?} {parts} {}",
                truth.0,
                truth.1,
                a.value,
                a.se,
                100.0 * (a.value / truth.0.max(1e-3) - 1.0),
                b.value,
                b.se,
                100.0 * (b.value / truth.1.max(1e-3) - 1.0),
                true_change,
                change.value,
                change.se,
                lesion.verdict().unwrap(),
                series.truth.verdict(first.id, 1).unwrap(),
                value(lesion, Quantity::MouthArea),
                first.mouth_mm2,
                value(lesion, Quantity::Depth3d),
                first.depth3d_mm,
                first.centroid_mm,
                lesion.reason()
            );
            for (m, t) in [(a, truth.0), (b, truth.1)] {
                if t > 0.3 {
                    self.volume.push((m.value / t - 1.0) * 100.0);
                    self.z_volume.push((m.value - t) / m.se);
                }
            }
            let error = change.value - true_change;
            self.change.push(error);
            self.z_change.push(error / change.se);
            if true_change.abs() > 0.3 {
                self.change_relative.push(100.0 * error / true_change);
            }
            let wrong = match lesion.verdict().unwrap() {
                Verdict::Healing => true_change > 0.0,
                Verdict::Progressing => true_change < 0.0,
                _ => false,
            };
            self.wrong_sign += usize::from(wrong);
        }
        for (lesion, matched) in result.lesions.iter().zip(matched) {
            if !matched {
                self.other += 1;
                let called = matches!(
                    lesion.verdict(),
                    Some(Verdict::Healing | Verdict::Progressing)
                );
                self.other_called += usize::from(called);
                let Some(c) = lesion.change.get(&Quantity::Volume) else {
                    continue;
                };
                println!(
                    "  other {} {:?} v {:.2} d {:+.3}±{:.3} {:?}",
                    lesion.id,
                    lesion.centroid_mm.map(|x| (x * 10.0).round() / 10.0),
                    value(lesion, Quantity::Volume),
                    c.value,
                    c.se,
                    lesion.verdict().unwrap()
                );
            }
        }
    }

    fn print(&self) {
        println!(
            "volume: median error {:+.1} %, median |error| {:.1} % (n {})\nchange: median error {:+.3} mm3, median |error| {:.3} mm3, relative {:.1} % (n {})\ncoverage: volume {:.2}, change {:.2}\nwrong sign {}, missed {}, other lesions {} of which called {}",
            median(&self.volume),
            median(&absolute(&self.volume)),
            self.volume.len(),
            median(&self.change),
            median(&absolute(&self.change)),
            median(&absolute(&self.change_relative)),
            self.change.len(),
            held(&self.z_volume),
            held(&self.z_change),
            self.wrong_sign,
            self.missed,
            self.other,
            self.other_called
        );
        for (errors, (_, name)) in self.others.iter().zip(OTHERS) {
            println!(
                "{name}: median error {:+.3} ({:+.1} %), median |error| {:.3} ({:.1} %), held {:.2} (n {}); change: median error {:+.3}, median |error| {:.3}, held {:.2} (n {})",
                median(&errors.absolute),
                median(&errors.relative),
                median(&absolute(&errors.absolute)),
                median(&absolute(&errors.relative)),
                held(&errors.z),
                errors.z.len(),
                median(&errors.change),
                median(&absolute(&errors.change)),
                held(&errors.z_change),
                errors.z_change.len(),
            );
        }
    }
}

fn median(values: &[f64]) -> f64 {
    let mut v = values.to_vec();
    v.sort_by(f64::total_cmp);
    v.get(v.len() / 2).copied().unwrap_or(f64::NAN)
}

fn absolute(values: &[f64]) -> Vec<f64> {
    values.iter().map(|x| x.abs()).collect()
}

/// Share of errors within 1.96 standard errors.
fn held(z: &[f64]) -> f64 {
    z.iter().filter(|z| z.abs() < 1.96).count() as f64 / z.len().max(1) as f64
}
