//! What a number means, from the file to the result: counts, densities, Hounsfield units, no number at all.

use crate::fixture::{compared, howship, measured, own_series, save};
use howship_formats::{OpenOptions, open};
use howship_image::{Calibration, DensityUnit, Scan, UnitKnown};
use serde_json::Value;
use std::path::Path;

const NUMBERS: &str = "8192,0.2409,1603.519,-391.209";

fn calibration() -> Calibration {
    Calibration {
        mu_scaling: 8192.0,
        mu_water: 0.2409,
        density_slope: 1603.519,
        density_intercept: -391.209,
    }
}

fn baseline(folder: &Path) -> Scan {
    open(&folder.join("M0.nii.gz"), &OpenOptions::default())
        .unwrap()
        .scan
}

/// The scan as an ISQ without calibration: whole native counts, sizes in micrometres.
fn native_isq(folder: &Path, scan: &Scan) {
    let mut bytes = b"CTDATA-HEADER_V1".to_vec();
    bytes.resize(512, 0);
    let mut put = |at: usize, value: i32| bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    put(16, 3);
    let g = scan.volume.geometry();
    for a in 0..3 {
        put(44 + 4 * a, g.size()[a] as i32);
        let um = (g.spacing()[a] * 1000.0 * g.size()[a] as f64).round();
        put(56 + 4 * a, um as i32);
    }
    put(88, 8192);
    for &v in scan.volume.data() {
        let count = (f64::from(v) + 391.209) / 1603.519 * 8192.0;
        let count = count.round().clamp(-32768.0, 32767.0) as i16;
        bytes.extend(count.to_le_bytes());
    }
    std::fs::write(folder.join("M0.isq"), bytes).unwrap();
}

fn volumes(folder: &Path, out: &str) -> Vec<f64> {
    let text = std::fs::read(folder.join(out).join("verdicts.json")).unwrap();
    let file: Value = serde_json::from_slice(&text).unwrap();
    let mut all: Vec<f64> = file["lesions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| {
            l["visits"][0]["measurements"]["volume"]["value"]
                .as_f64()
                .unwrap_or(f64::NAN)
        })
        .collect();
    all.sort_by(f64::total_cmp);
    all
}

#[test]
fn native_counts_are_measured_as_their_calibrated_twin_or_not_at_all() {
    let folder = own_series();
    native_isq(folder.path(), &baseline(folder.path()));
    let measure = |extra: &[&str]| {
        let arguments = [&["measure", "M0.isq", "-o", "a"], extra].concat();
        howship(folder.path(), &arguments)
    };
    // Neither silence nor a word makes counts a density, and each hint leads to the calibration.
    measure(&[]).failed(65, &["`M0.isq`", "native counts", "--calibration"]);
    measure(&["--unit", "mgHA/cm3"]).failed(65, &["native counts", "--calibration"]);
    measure(&["--unit", "HU"]).failed(65, &["native counts", "--calibration"]);
    measure(&["--calibration", NUMBERS]).succeeded();
    let (counts, density) = (
        volumes(folder.path(), "a"),
        volumes(measured().path(), "out"),
    );
    assert!(!density.is_empty());
    assert_eq!(counts.len(), density.len(), "{counts:?} {density:?}");
    for (a, b) in counts.iter().zip(&density) {
        // Counts are rounded to 0.2 mgHA/cm³, sizes to a micrometre over the field.
        assert!(
            (a - b).abs() < 0.02 * b.abs() + 0.01,
            "{counts:?} {density:?}"
        );
    }
}

#[test]
fn a_wrong_word_is_stopped_by_the_tissues() {
    let folder = own_series();
    let mut scan = baseline(folder.path());
    scan.calibration = None;
    // As a program that knows no units writes it: the numbers are density, nobody says so.
    scan.unit = DensityUnit::Arbitrary;
    save(folder.path(), "density.mha", &scan);
    let mut hounsfield = scan.clone();
    let (slope, offset) = calibration()
        .linear(DensityUnit::MgHaPerCm3, DensityUnit::Hounsfield)
        .unwrap();
    for v in hounsfield.volume.data_mut() {
        *v = (f64::from(*v) * slope + offset) as f32;
    }
    save(folder.path(), "hounsfield.mha", &hounsfield);
    let measure = |file: &str, unit: &str| {
        howship(folder.path(), &["measure", file, "--unit", unit, "-o", "x"])
    };
    measure("density.mha", "HU").failed(65, &["`density.mha`", "--unit mgHA/cm3"]);
    measure("hounsfield.mha", "mgHA/cm3").failed(65, &["`hounsfield.mha`", "--unit HU"]);
    let right = measure("hounsfield.mha", "HU");
    right.succeeded();
    assert!(
        right.stderr.contains("without the scanner's calibration"),
        "{}",
        right.stderr
    );
}

#[test]
fn a_voxel_without_a_number_is_outside_the_field_or_stops_the_measuring() {
    let folder = own_series();
    let scan = baseline(folder.path());
    let g = scan.volume.geometry().clone();
    let [nx, ny, nz] = g.size();
    let spoilt = |at: usize, value: f32| {
        let mut spoilt = scan.clone();
        spoilt.known = UnitKnown::Written;
        spoilt.volume.data_mut()[at] = value;
        save(folder.path(), "spoilt.mha", &spoilt);
        std::fs::rename(
            folder.path().join("spoilt.mha"),
            folder.path().join("s.mha"),
        )
        .unwrap();
        howship(folder.path(), &["measure", "s.mha", "-o", "out", "--force"])
    };
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
        let inside = spoilt(g.offset(nx / 2, ny / 2, nz / 3), value);
        inside.failed(65, &["`s.mha`", "no numbers"]);
    }
    let air = spoilt(0, f32::NAN);
    air.succeeded();
    assert!(air.stderr.contains("outside the field"), "{}", air.stderr);
    let info = howship(folder.path(), &["info", "s.mha"]);
    assert!(
        info.stdout.contains("no numbers   1 voxels"),
        "{}",
        info.stdout
    );
}

/// The verdict and the change of volume of every lesion of a result, by the baseline's place.
fn verdicts(folder: &Path) -> Vec<(i64, String, f64)> {
    let text = std::fs::read(folder.join("out/verdicts.json")).unwrap();
    let file: Value = serde_json::from_slice(&text).unwrap();
    let mut all: Vec<(i64, String, f64)> = file["lesions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|l| {
            let x = l["centroid_mm"][0].as_f64().unwrap();
            let change = l["change"]["volume"]["value"].as_f64().unwrap_or(f64::NAN);
            let verdict = l["verdict"].as_str().unwrap_or("none").to_owned();
            ((x * 2.0).round() as i64, verdict, change)
        })
        .collect();
    all.sort_by_key(|lesion| lesion.0);
    all
}

#[test]
fn one_joint_under_another_origin_keeps_its_verdicts() {
    let folder = own_series();
    let here = verdicts(compared().path());
    assert!(!here.is_empty());
    let mut later = open(&folder.path().join("M6.nii.gz"), &OpenOptions::default())
        .unwrap()
        .scan;
    // As an ISQ (0) and an AIM or DICOM (table) of one patient differ.
    let g = later.volume.geometry();
    let origin: [f64; 3] = std::array::from_fn(|a| g.origin()[a] + [150.0, -120.0, 90.0][a]);
    let moved = howship_image::Geometry::new(g.size(), g.spacing(), origin, g.direction());
    later.volume = later.volume.with_geometry(moved.unwrap()).unwrap();
    save(folder.path(), "far.nii.gz", &later);
    let arguments = ["M0.nii.gz", "far.nii.gz", "--visits", "M0,M6", "-o", "out"];
    let arguments = [&["compare"][..], &arguments].concat();
    howship(folder.path(), &arguments).succeeded();
    let far = verdicts(folder.path());
    assert_eq!(far.len(), here.len(), "{here:?} {far:?}");
    for ((_, a, x), (_, b, y)) in here.iter().zip(&far) {
        assert_eq!(a, b, "{here:?} {far:?}");
        assert!((x - y).abs() < 0.05 * x.abs() + 0.02, "{here:?} {far:?}");
    }
}
