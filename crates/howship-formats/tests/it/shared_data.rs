//! Real files, where the test data is present.

use howship_formats::{OpenOptions, open, open_labels};
use howship_image::DensityUnit;
use std::path::PathBuf;

fn data(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("HOWSHIP_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join(part);
    if path.exists() {
        return Some(path);
    }
    eprintln!("SKIPPED: {part}: test data not found at {}", root.display());
    None
}

#[test]
fn one_cube_in_five_formats() {
    let Some(folder) = data("hrpqct/scanco_formats") else {
        return;
    };
    let cube = open(&folder.join("test_mha.mha"), &OpenOptions::default())
        .unwrap()
        .scan
        .volume;
    assert_eq!(cube.size(), [25, 25, 25]);
    for name in ["test_nii.nii", "test_aim.AIM", "test_isq.ISQ", "test_dicom"] {
        let other = open(&folder.join(name), &OpenOptions::default())
            .unwrap()
            .scan
            .volume;
        assert_eq!(other.data(), cube.data(), "{name}");
        for a in 0..3 {
            assert!(
                (other.geometry().spacing()[a] - 0.0607).abs() < 3e-5,
                "{name}"
            );
        }
    }
    let dicom = open(&folder.join("test_dicom"), &OpenOptions::default())
        .unwrap()
        .scan
        .volume;
    let nifti = open(&folder.join("test_nii.nii"), &OpenOptions::default())
        .unwrap()
        .scan
        .volume;
    assert!(dicom.geometry().same_grid(cube.geometry()));
    assert!(nifti.geometry().same_grid(cube.geometry()));
}

#[test]
fn isq_with_and_without_calibration() {
    let Some(folder) = data("hrpqct/scanco_formats") else {
        return;
    };
    let native = open(
        &folder.join("aimio_test_isq_native_only_binary_25.ISQ"),
        &OpenOptions::default(),
    )
    .unwrap();
    assert_eq!(native.scan.unit, DensityUnit::Native);
    // Micrometres in the header, millimetres here.
    assert!((native.scan.volume.geometry().spacing()[0] - 0.06).abs() < 1e-3);
    let path = folder.join("aimio_test_isq_calibrated_binary_25.ISQ");
    let calibrated = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(calibrated.scan.unit, DensityUnit::MgHaPerCm3);
    let c = calibrated.scan.calibration.unwrap();
    assert_eq!(
        (
            c.mu_scaling,
            c.density_slope,
            c.density_intercept,
            c.mu_water
        ),
        (1000.0, 2.0, 3.0, 1.0)
    );
    let hounsfield = OpenOptions {
        to: Some(DensityUnit::Hounsfield),
        ..Default::default()
    };
    let hu = open(&path, &hounsfield).unwrap().scan;
    let mut values = hu.volume.data().to_vec();
    values.sort_by(f32::total_cmp);
    values.dedup();
    assert_eq!(values, [-1000.0, -999.0]);
}

#[test]
fn ipl_dilations_have_their_voxels() {
    let Some(folder) = data("hrpqct/scanco_formats/bonelab_ipl_dilation") else {
        return;
    };
    for (i, count) in [27, 117, 275, 565, 967].into_iter().enumerate() {
        let path = folder.join(format!("1X1X1CUBE_DILATE{}.AIM", i + 1));
        let (labels, _) = open_labels(&path).unwrap();
        assert_eq!(labels.data().iter().filter(|&&v| v != 0).count(), count);
    }
}

#[test]
fn malformed_dicom_ends_in_an_error() {
    let Some(folder) = data("dicom/nasty") else {
        return;
    };
    let mut count = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let error = open(&path, &OpenOptions::default()).expect_err("one film or damaged");
        assert!(error.problem().is_some(), "{error}");
        count += 1;
    }
    assert!(count >= 20);
}
