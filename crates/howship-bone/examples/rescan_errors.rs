//! What rescans differ by when they are not alike: density scale, blur, motion, field of view; one at a time and together.
//!
//! Numbers can be changed: `TUNE=stage.number=value,...` in the environment; `VOXEL=0.25`: voxels of so many mm. `ROWS`: a
//! line for each lesion.
//!
//! `cargo run -p howship-bone --example rescan_errors -- SEED SEEDS TEXTURE|SCAN.nii.gz [RUNG ...]`
//!
//! Textures as in `change_accuracy`: six lesions a seed; a scan is taken for HU of an XtremeCT II: three lesions. Nothing
//! changes; the true centroids are given as seeds. Every rescan has fresh noise and another pose, and is compared with the
//! same first scan. Rungs, all where none is named: `plain`; `denser`, `lighter` (the scale of density 2 % more or less);
//! `blur` (60 µm more, full width at half maximum; noise as it was); `motion` (a quarter of the projections 0.08 mm away);
//! `field` (each of the two scans lacks another tenth of its slices and a twentieth of its rows and columns; lesions that the first no longer shows are left out); `all` of
//! them, denser for odd seeds. Printed for each: precision error of a volume (RMS of the changes over √2) and mean change,
//! of the walls alone, of the densities alone and of both together; how often the interval holds nothing; how often a
//! change is called.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs
)]

mod experiment;

use experiment::{options, phantom, real_scan};
use howship_bone::{GivenLesions, JointInput, Unobserved, VisitScan, measure_joint};
use howship_change::{Quantity, Verdict, Visit};
use howship_image::{CubicSpline, PointMm, Region, Scan, VectorMm, Volume};
use howship_ops::gaussian_in_place;
use howship_phantom::{
    InsertSpec, LesionTruth, MotionSpec, NoiseSpec, PoseSpec, ScannerSpec, VisitSpec, insert,
    render_visit,
};
use rand::SeedableRng;
use std::collections::BTreeMap;

const RUNGS: [&str; 7] = [
    "plain", "denser", "lighter", "blur", "motion", "field", "all",
];

/// What a rescan differs by from the first scan.
#[derive(Clone, Copy)]
struct Unlike {
    density_scale: f64,
    more_blur_mm: f64,
    shifted_share: f64,
    other_field: bool,
}

/// The sudden shift of `motion`, mm.
const SHIFT_MM: [f64; 3] = [0.06, 0.05, 0.02];
/// FWHM of the blur of the real scan, mm.
const REAL_BLUR_MM: f64 = 0.14;
/// FWHM of a Gaussian in SDs.
const FWHM: f64 = 2.354_82;

impl Unlike {
    fn rung(name: &str, seed: u64) -> Self {
        let one = |n: &str| name == n || name == "all";
        let denser = name == "denser" || name == "all" && !seed.is_multiple_of(2);
        let lighter = name == "lighter" || name == "all" && seed.is_multiple_of(2);
        Self {
            density_scale: 1.0
                + 0.02 * (f64::from(u8::from(denser)) - f64::from(u8::from(lighter))),
            more_blur_mm: if one("blur") { 0.06 } else { 0.0 },
            shifted_share: if one("motion") { 0.25 } else { 0.0 },
            other_field: one("field"),
        }
    }

    fn motion(self) -> Option<MotionSpec> {
        (self.shifted_share > 0.0).then_some(MotionSpec {
            shifted_share: self.shifted_share,
            shift_mm: SHIFT_MM,
            slice_jitter_mm: 0.0,
        })
    }

    fn scanner(self, usual: &ScannerSpec) -> ScannerSpec {
        ScannerSpec {
            blur_fwhm_mm: usual.blur_fwhm_mm.map(|f| f + self.more_blur_mm),
            motion: self.motion(),
            density_scale: self.density_scale,
            ..usual.clone()
        }
    }
}

/// Errors of one rung, mm³.
#[derive(Default)]
struct Errors {
    walls: Vec<f64>,
    density: Vec<f64>,
    both: Vec<f64>,
    held: usize,
    called: usize,
    missed: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [first, count, joint, rungs @ ..] = &arguments[..] else {
        panic!("SEED SEEDS TEXTURE|SCAN [RUNG ...]");
    };
    let (first, count): (u64, u64) = (first.parse().unwrap(), count.parse().unwrap());
    let mut names: Vec<&str> = rungs.iter().map(String::as_str).collect();
    if names.is_empty() {
        names = RUNGS.into();
    }
    let mut all: BTreeMap<&str, Errors> = BTreeMap::new();
    for seed in first..first + count {
        let unlike: Vec<Unlike> = names.iter().map(|n| Unlike::rung(n, seed)).collect();
        let Some(series) = series(joint, seed, &unlike) else {
            println!("  seed {seed}: no place for its lesions");
            continue;
        };
        for (k, name) in names.iter().enumerate() {
            let errors = all.entry(name).or_default();
            compare(&series, k + 1, unlike[k].other_field, errors, (name, seed));
        }
    }
    for name in names {
        println!(
            "{name}: {}",
            all.get(name).map_or_else(String::new, Errors::summary)
        );
    }
}

/// The first scan and a rescan for each rung, and where the lesions are in the first.
struct Series {
    scans: Vec<Scan>,
    lesions: Vec<LesionTruth>,
}

fn series(joint: &str, seed: u64, unlike: &[Unlike]) -> Option<Series> {
    if joint.ends_with(".gz") {
        inserted(joint, seed, unlike)
    } else {
        Some(rendered(joint, seed, unlike))
    }
}

fn rendered(texture: &str, seed: u64, unlike: &[Unlike]) -> Series {
    let mut spec = phantom(texture, seed);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed ^ 0x5CA4);
    let usual = spec.scanner.clone();
    let plain = Unlike::rung("plain", seed);
    let visits = std::iter::once(&plain).chain(unlike).enumerate();
    spec.visits = visits
        .map(|(k, u)| VisitSpec {
            name: format!("M{k}"),
            hand: PoseSpec::random(&mut rng, 2.0, 0.5),
            metacarpal: PoseSpec::random(&mut rng, 1.0, 0.2),
            phalanx: PoseSpec::random(&mut rng, 1.0, 0.2),
            scanner: Some(u.scanner(&usual)),
        })
        .collect();
    let visits = (0..spec.visits.len()).map(|v| render_visit(&spec, v).expect("rendered"));
    let visits: Vec<_> = visits.collect();
    Series {
        lesions: visits[0].truth.clone(),
        scans: visits.into_iter().map(|v| v.scan).collect(),
    }
}

/// The real scan with lesions; what a rescan differs by is done to the image without noise.
fn inserted(scan: &str, seed: u64, unlike: &[Unlike]) -> Option<Series> {
    let scan = real_scan(scan);
    let mut spec = InsertSpec::random(seed, 3, unlike.len() + 1);
    for lesion in &mut spec.lesions {
        lesion.depth_course = Vec::new();
        lesion.width_course = Vec::new();
    }
    let noisy = insert(&scan, None, &spec).ok()?;
    spec.noise = Some(NoiseSpec {
        sd: 0.0,
        ..NoiseSpec::default()
    });
    let clean = insert(&scan, None, &spec).ok()?;
    let plain = Unlike::rung("plain", seed);
    let unlike = std::iter::once(&plain).chain(unlike);
    let visits = noisy.visits.into_iter().zip(clean.visits).zip(unlike);
    let scans = visits.map(|((noisy, clean), unlike)| {
        let mut scan = noisy.scan;
        let mut image = clean.scan.volume;
        for (n, c) in scan.volume.data_mut().iter_mut().zip(image.data()) {
            *n -= c;
        }
        blur_and_move(&mut image, *unlike);
        for (n, c) in scan.volume.data_mut().iter_mut().zip(image.data()) {
            *n = (*n + c) * unlike.density_scale as f32;
        }
        scan
    });
    Some(Series {
        scans: scans.collect(),
        lesions: noisy.truth.lesions[0].clone(),
    })
}

fn blur_and_move(image: &mut Volume<f32>, unlike: Unlike) {
    if unlike.shifted_share > 0.0 {
        let spline = CubicSpline::new(image.clone());
        let grid = image.geometry().clone();
        let back = -VectorMm::from(SHIFT_MM);
        let share = unlike.shifted_share as f32;
        for (o, value) in image.data_mut().iter_mut().enumerate() {
            let at = grid.world(grid.voxel(o).map(|i| i as f64)) + back;
            if let Some(moved) = spline.sample(grid.index(at)) {
                *value += share * (moved - *value);
            }
        }
    }
    if unlike.more_blur_mm > 0.0 {
        let more = (REAL_BLUR_MM + unlike.more_blur_mm).powi(2) - REAL_BLUR_MM.powi(2);
        gaussian_in_place(image, [more.sqrt() / FWHM; 3]).expect("blurred");
    }
}

/// A scan that lacks a tenth of its slices, at this end, and a twentieth of its rows and columns.
fn cut(scan: &Scan, low: bool) -> Scan {
    let size = scan.volume.geometry().size();
    let lacks = [size[0] / 20, size[1] / 20, size[2] / 10];
    let region = Region {
        start: if low { lacks } else { [0; 3] },
        size: std::array::from_fn(|a| size[a] - lacks[a]),
    };
    Scan {
        volume: scan.volume.crop(region).expect("a part"),
        ..scan.clone()
    }
}

fn compare(
    series: &Series,
    rescan: usize,
    other_field: bool,
    errors: &mut Errors,
    (name, seed): (&str, u64),
) {
    let mut scans = [&series.scans[0], &series.scans[rescan]].map(Clone::clone);
    if other_field {
        scans = [cut(&scans[0], true), cut(&scans[1], false)];
    }
    let grid = scans[0].volume.geometry();
    let shown = |l: &&LesionTruth| {
        let index = grid.index(PointMm::from(l.centroid_mm));
        (0..3).all(|a| index[a] >= 0.0 && index[a] <= grid.size()[a] as f64 - 1.0)
    };
    let lesions: Vec<&LesionTruth> = series.lesions.iter().filter(shown).collect();
    let seeds = GivenLesions::Seeds(lesions.iter().map(|l| l.centroid_mm).collect());
    let input = JointInput {
        visits: VisitScan::pairs(Visit::unnamed(2), scans.iter()),
        lesions: Some(&seeds),
    };
    let result = measure_joint(&input, &options(), &Unobserved).expect("measured");
    if std::env::var_os("ROWS").is_some() {
        for warning in &result.warnings {
            println!("  {name}, seed {seed}: {warning}");
        }
    }
    for truth in lesions {
        let away = |c: [f64; 3]| (PointMm::from(c) - PointMm::from(truth.centroid_mm)).norm();
        let nearest = result
            .lesions
            .iter()
            .filter(|l| away(l.centroid_mm) < experiment::found_within_mm(&[truth]))
            .min_by(|a, b| away(a.centroid_mm).total_cmp(&away(b.centroid_mm)));
        let found = nearest.and_then(|l| {
            let parts = result.patches.iter().find(|p| p.id == l.id)?.changes[1]?;
            Some((l, l.change.get(&Quantity::Volume)?, parts))
        });
        let Some((lesion, both, parts)) = found else {
            errors.missed += 1;
            continue;
        };
        errors.walls.push(parts.walls.0);
        errors.density.extend(parts.density.map(|(value, _)| value));
        errors.both.push(both.value);
        errors.held += usize::from(both.interval[0] <= 0.0 && 0.0 <= both.interval[1]);
        let called = matches!(
            lesion.verdict(),
            Some(Verdict::Healing | Verdict::Progressing)
        );
        errors.called += usize::from(called);
        if std::env::var_os("ROWS").is_some() {
            let density = parts.density.unwrap_or((f64::NAN, f64::NAN));
            println!(
                "  {name}, seed {seed}, {:.2}: walls {:+.3}±{:.3} densities {:+.3}±{:.3} both {:+.3}±{:.3}",
                truth.volume_mm3,
                parts.walls.0,
                parts.walls.1,
                density.0,
                density.1,
                both.value,
                both.se,
            );
        }
    }
}

impl Errors {
    fn summary(&self) -> String {
        let of = |values: &[f64]| {
            let n = values.len() as f64;
            let squares = values.iter().map(|v| v * v).sum::<f64>() / n;
            let worst = values.iter().fold(0.0, |w: f64, v| w.max(v.abs()));
            let mean = values.iter().sum::<f64>() / n;
            format!("{:.3} ({mean:+.3}; {worst:.2})", (0.5 * squares).sqrt())
        };
        format!(
            "n {}; precision error (mean, worst change) of walls {}, densities {}, both {} mm³; intervals hold 0 in {}; called {}; missed {}",
            self.both.len(),
            of(&self.walls),
            of(&self.density),
            of(&self.both),
            self.held,
            self.called,
            self.missed
        )
    }
}
