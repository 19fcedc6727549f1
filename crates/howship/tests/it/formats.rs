//! `info` and `convert`.

use crate::fixture::{howship, save, scan};
use howship_formats::{OpenOptions, open};
use howship_image::{Calibration, DensityUnit};
use serde_json::Value;

const CALIBRATION: Calibration = Calibration {
    mu_scaling: 8192.0,
    mu_water: 0.2409,
    density_slope: 1603.519,
    density_intercept: -391.209,
};

#[test]
fn every_format_converts_to_every_other_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let original = scan([5, 6, 7], DensityUnit::MgHaPerCm3, |[x, y, z]| {
        (x * 3 + y * 5 + z * 7) as f32
    });
    save(folder.path(), "a.nii.gz", &original);
    let chain = ["a.nii.gz", "b.mha", "c.nrrd", "d.mhd", "e.nhdr", "f.nii"];
    for pair in chain.windows(2) {
        howship(folder.path(), &["convert", pair[0], pair[1]]).succeeded();
    }
    let last = open(&folder.path().join("f.nii"), &OpenOptions::default()).unwrap();
    assert_eq!(last.scan.volume.data(), original.volume.data());
    assert_eq!(last.scan.unit, original.unit);
}

#[test]
fn units_are_converted_by_a_calibration_only() {
    let folder = tempfile::tempdir().unwrap();
    let mut calibrated = scan([4; 3], DensityUnit::Hounsfield, |_| 350.0);
    save(folder.path(), "plain.mha", &calibrated);
    calibrated.calibration = Some(CALIBRATION);
    save(folder.path(), "calibrated.mha", &calibrated);
    let run = howship(
        folder.path(),
        &["convert", "plain.mha", "x.mha", "--to", "mgHA/cm3"],
    );
    run.failed(65, &["`plain.mha`", "--calibration"]);
    let run = howship(
        folder.path(),
        &["convert", "plain.mha", "x.mha", "--unit", "mgHA/cm3"],
    );
    run.failed(65, &["`plain.mha`", "HU"]);
    assert!(!folder.path().join("x.mha").exists());
    let stated = [
        "convert",
        "plain.mha",
        "y.mha",
        "--to",
        "mgHA/cm3",
        "--calibration",
        "8192,0.2409,1603.519,-391.209",
    ];
    for arguments in [
        &["convert", "calibrated.mha", "z.mha", "--to", "mgHA/cm3"][..],
        &stated[..],
    ] {
        howship(folder.path(), arguments).succeeded();
        let path = folder.path().join(arguments[2]);
        let opened = open(&path, &OpenOptions::default()).unwrap();
        assert_eq!(opened.scan.unit, DensityUnit::MgHaPerCm3);
        let value = opened.scan.volume.data()[0];
        assert!((value - 130.3).abs() < 0.1, "{value}");
    }
}

#[test]
fn a_file_without_unit_is_converted_as_stated() {
    let folder = tempfile::tempdir().unwrap();
    let plain = scan([4; 3], DensityUnit::Arbitrary, |_| 350.0);
    save(folder.path(), "plain.nrrd", &plain);
    let numbers = "8192,0.2409,1603.519,-391.209";
    let arguments = [
        "convert",
        "plain.nrrd",
        "a.nrrd",
        "--unit",
        "HU",
        "--to",
        "mgHA/cm3",
        "--calibration",
        numbers,
    ];
    howship(folder.path(), &arguments).succeeded();
    let opened = open(&folder.path().join("a.nrrd"), &OpenOptions::default()).unwrap();
    assert_eq!(opened.scan.unit, DensityUnit::MgHaPerCm3);
    assert!((opened.scan.volume.data()[0] - 130.3).abs() < 0.1);
}

#[test]
fn info_says_how_millimetres_and_density_were_known() {
    let folder = tempfile::tempdir().unwrap();
    let mut calibrated = scan([4, 5, 6], DensityUnit::MgHaPerCm3, |[x, _, _]| x as f32);
    calibrated.calibration = Some(CALIBRATION);
    save(folder.path(), "a.nii.gz", &calibrated);
    let run = howship(folder.path(), &["info", "a.nii.gz"]);
    run.succeeded();
    for word in [
        "NIfTI",
        "4 × 5 × 6",
        "0.20000 × 0.20000 × 0.20000 mm (",
        "mgHA/cm³ (",
        "8192",
    ] {
        assert!(run.stdout.contains(word), "no `{word}` in {}", run.stdout);
    }
    let run = howship(folder.path(), &["info", "a.nii.gz", "--json"]);
    let info: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(info["geometry"]["size"], serde_json::json!([4, 5, 6]));
    assert_eq!(info["unit"], "mgHA/cm³");
    assert!(!info["source"]["unit_known"].as_str().unwrap().is_empty());
}

#[test]
fn info_of_several_files_tells_of_the_good_ones() {
    let folder = tempfile::tempdir().unwrap();
    let labels = howship_image::Labels::filled(
        howship_image::Geometry::aligned([3, 4, 5], [0.5; 3]).unwrap(),
        1,
    );
    for name in ["good.nii.gz", "fine.nii.gz"] {
        howship_formats::write_labels(&folder.path().join(name), &labels).unwrap();
    }
    std::fs::write(folder.path().join("bad.nii.gz"), b"no volume").unwrap();
    let files = [
        "info",
        "good.nii.gz",
        "missing.nii.gz",
        "bad.nii.gz",
        "fine.nii.gz",
    ];
    let run = howship(folder.path(), &files);
    // The first that failed decides.
    run.failed(66, &["missing.nii.gz", "bad.nii.gz", "2 of 4 files"]);
    assert!(run.stdout.contains("good.nii.gz") && run.stdout.contains("fine.nii.gz"));
    let run = howship(
        folder.path(),
        &["info", "bad.nii.gz", "good.nii.gz", "--json"],
    );
    run.failed(65, &["bad.nii.gz"]);
    let list: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        list.as_array().unwrap().len(),
        1,
        "a list, though one is left of it"
    );
    howship(folder.path(), &["info", "good.nii.gz", "fine.nii.gz"]).succeeded();
}
