//! Accuracy of changes of volume that are large: lesions that heal to nothing, arise from nothing, halve or double.
//!
//! Numbers can be changed: `TUNE=stage.number=value,...` in the environment; `VOXEL=0.25`: voxels of so many mm.
//!
//! `cargo run -p howship-bone --example change_accuracy -- SEED SEEDS TEXTURE|SCAN.nii.gz [TEXTURE|SCAN ...]`
//!
//! Textures: `thin`, `usual`, `thick`, `coarse`, `dense`: six lesions a seed, new bone denser in texture than the old; a
//! scan is taken for HU of an XtremeCT II: three lesions, new bone as it was. The true centroids are given as seeds. One
//! line for each texture and course: of the change in percent of the true one, bias (median), median and worst error of
//! the walls alone, of the densities alone, of both together, and how often the interval of both holds. `ROWS` in the
//! environment: a line for each lesion.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod experiment;

use experiment::{at, options, phantom, real_scan, sorted};
use howship_bone::{GivenLesions, JointInput, JointResult, Unobserved, VisitScan, measure_joint};
use howship_change::{Quantity, Visit};
use howship_image::{PointMm, RigidTransform, Scan};
use howship_phantom::{InsertSpec, LesionTruth, insert, render_visit};

/// Names of the courses, with the factors on both widths and the depth at the two visits.
const COURSES: [(&str, [f64; 2]); 4] = [
    ("to nothing", [1.0, 0.0]),
    ("from nothing", [0.0, 1.0]),
    ("to half", [1.0, 0.7937]),
    ("from half", [0.7937, 1.0]),
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, count, textures @ ..] = &arguments[..] else {
        panic!("SEED SEEDS TEXTURE...");
    };
    let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
    let mut all: [Errors; 4] = Default::default();
    for texture in textures {
        let mut errors: [Errors; 4] = Default::default();
        for seed in first..first + count {
            match series(texture, seed) {
                Some(series) => add(&mut errors, &series, seed),
                None => println!("  seed {seed}: no place for its lesions"),
            }
        }
        tell(texture, &errors);
        for (all, own) in all.iter_mut().zip(errors) {
            all.merge(own);
        }
    }
    tell("all", &all);
}

fn tell(texture: &str, errors: &[Errors; 4]) {
    for ((course, _), errors) in COURSES.iter().zip(errors) {
        println!("{texture}, {course}: {}", errors.summary());
    }
}

/// Two visits, and what is true of each lesion.
struct Series {
    scans: [Scan; 2],
    lesions: Vec<Lesion>,
}

struct Lesion {
    course: usize,
    /// Volume at both visits, mm³.
    volumes: [f64; 2],
    /// Its centroid where it is larger, in the baseline's frame.
    centroid: PointMm,
}

impl Lesion {
    /// From its truth at both visits and its bone's motion between them.
    fn new(course: usize, [a, b]: [&LesionTruth; 2], motion: &RigidTransform) -> Self {
        let centroid = if b.volume_mm3 > a.volume_mm3 {
            motion.inverse().apply(PointMm::from(b.centroid_mm))
        } else {
            PointMm::from(a.centroid_mm)
        };
        Self {
            course,
            volumes: [a.volume_mm3, b.volume_mm3],
            centroid,
        }
    }
}

/// Which course a lesion takes: each of a seed's another, the next seed's shifted.
fn course(lesion: usize, seed: u64) -> usize {
    (lesion + seed as usize) % COURSES.len()
}

fn series(texture: &str, seed: u64) -> Option<Series> {
    if texture.ends_with(".gz") {
        inserted(texture, seed)
    } else {
        rendered(texture, seed)
    }
}

fn inserted(scan: &str, seed: u64) -> Option<Series> {
    let mut spec = InsertSpec::random(seed, 3, 2);
    for (k, lesion) in spec.lesions.iter_mut().enumerate() {
        let factors = COURSES[course(k, seed)].1;
        (lesion.depth_course, lesion.width_course) = (factors.into(), factors.into());
    }
    let series = insert(&real_scan(scan), None, &spec).ok()?;
    let lesions = series.truth.lesions[0].iter().zip(&series.truth.lesions[1]);
    let lesions = lesions.enumerate().map(|(k, (a, b))| {
        let bone = series.truth.bones.iter().find(|bone| bone.name == a.bone);
        let motion = series.truth.motion(bone.unwrap().id, 1).unwrap();
        Lesion::new(course(k, seed), [a, b], &motion)
    });
    let lesions = lesions.collect();
    let scans: Vec<Scan> = series.visits.into_iter().map(|v| v.scan).collect();
    Some(Series {
        scans: scans.try_into().ok()?,
        lesions,
    })
}

fn rendered(texture: &str, seed: u64) -> Option<Series> {
    let mut spec = phantom(texture, seed);
    for (k, lesion) in spec.erosions.iter_mut().enumerate() {
        let factors = COURSES[course(k, seed)].1;
        (lesion.depth_course, lesion.width_course) = (factors.into(), factors.into());
    }
    let [first, last] = [0, 1].map(|v| render_visit(&spec, v));
    let (first, last) = (first.ok()?, last.ok()?);
    let lesions = first.truth.iter().zip(&last.truth).enumerate();
    let lesions = lesions.map(|(k, (a, b))| {
        let bone = spec.erosions[k].place.bone.label() as usize - 1;
        let motion = last.poses[bone].after(&first.poses[bone].inverse());
        Lesion::new(course(k, seed), [a, b], &motion)
    });
    Some(Series {
        lesions: lesions.collect(),
        scans: [first.scan, last.scan],
    })
}

fn add(errors: &mut [Errors; 4], series: &Series, seed: u64) {
    let result = measured(series);
    for lesion in &series.lesions {
        let change = lesion.volumes[1] - lesion.volumes[0];
        if change.abs() < 0.2 {
            continue;
        }
        let away = |c: [f64; 3]| (PointMm::from(c) - lesion.centroid).norm();
        let nearest = result
            .lesions
            .iter()
            .filter(|l| away(l.centroid_mm) < 1.0)
            .min_by(|a, b| away(a.centroid_mm).total_cmp(&away(b.centroid_mm)));
        let found = nearest.and_then(|l| {
            let parts = result.patches.iter().find(|p| p.id == l.id)?.changes[1]?;
            Some((l.change.get(&Quantity::Volume)?, parts))
        });
        let own = &mut errors[lesion.course];
        let Some((both, parts)) = found else {
            own.missed += 1;
            continue;
        };
        let relative = |value: f64| value / change - 1.0;
        own.walls.push(relative(parts.walls.0));
        own.density
            .extend(parts.density.map(|(value, _)| relative(value)));
        own.both.push(relative(both.value));
        own.z.push((both.value - change) / both.se);
        if std::env::var_os("ROWS").is_some() {
            let density = parts.density.unwrap_or((f64::NAN, f64::NAN));
            println!(
                "  seed {seed}, {}: {change:+.3} of {:.2} | walls {:+.3}±{:.3} ({:+.0} %) densities {:+.3}±{:.3} ({:+.0} %) | {:+.3}±{:.3} ({:+.0} %)",
                COURSES[lesion.course].0,
                lesion.volumes[0].max(lesion.volumes[1]),
                parts.walls.0,
                parts.walls.1,
                100.0 * relative(parts.walls.0),
                density.0,
                density.1,
                100.0 * relative(density.0),
                both.value,
                both.se,
                100.0 * relative(both.value),
            );
        }
    }
}

fn measured(series: &Series) -> JointResult {
    let seeds = series.lesions.iter().map(|l| l.centroid.coords.into());
    let seeds = GivenLesions::Seeds(seeds.collect());
    let names = Visit::unnamed(2);
    let input = JointInput {
        visits: VisitScan::pairs(names, series.scans.iter()),
        lesions: Some(&seeds),
    };
    measure_joint(&input, &options(), &Unobserved).expect("measured")
}

/// Of the change relative to the truth.
#[derive(Default)]
struct Errors {
    walls: Vec<f64>,
    density: Vec<f64>,
    both: Vec<f64>,
    z: Vec<f64>,
    missed: usize,
}

impl Errors {
    fn merge(&mut self, other: Self) {
        self.walls.extend(other.walls);
        self.density.extend(other.density);
        self.both.extend(other.both);
        self.z.extend(other.z);
        self.missed += other.missed;
    }

    fn summary(&self) -> String {
        let three = |values: &[f64]| {
            let signed = sorted(values.to_vec());
            let size = sorted(values.iter().map(|e| e.abs()).collect());
            format!(
                "{:+.1}, {:.1}, {:.1}",
                100.0 * at(&signed, 0.5),
                100.0 * at(&size, 0.5),
                100.0 * at(&size, 1.0)
            )
        };
        let held = self.z.iter().filter(|z| z.abs() < 1.96).count();
        format!(
            "n {}; walls {} %; densities {} %; both {} %; held {held} of {}; missed {}",
            self.both.len(),
            three(&self.walls),
            three(&self.density),
            three(&self.both),
            self.z.len(),
            self.missed
        )
    }
}
