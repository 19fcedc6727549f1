//! Bones of a real joint against two reference segmentations made by the scanner maker's own program.

use howship_bone::{BoneOptions, segment_ipl, segment_joint};
use howship_formats::{OpenOptions, open, open_labels};
use howship_image::{Calibration, DensityUnit, Mask, PointMm, Scan, Volume, sample_nearest};
use std::path::PathBuf;

/// The folder of test data; says loudly where it is missing.
pub(crate) fn test_data() -> Option<PathBuf> {
    let folder = std::env::var_os("HOWSHIP_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    if folder.join("hrpqct/mcp_joint/GRAY_JOINT.nii.gz").exists() {
        return Some(folder.join("hrpqct/mcp_joint"));
    }
    eprintln!(
        "SKIPPED: real scans not found at {} (set HOWSHIP_TEST_DATA)",
        folder.display()
    );
    None
}

pub(crate) fn real_scan() -> Option<Scan> {
    let path = test_data()?.join("GRAY_JOINT.nii.gz");
    let options = OpenOptions {
        unit: Some(DensityUnit::Hounsfield),
        ..OpenOptions::default()
    };
    let mut scan = open(&path, &options).unwrap().scan;
    scan.calibration = Some(Calibration {
        mu_scaling: 8192.0,
        mu_water: 0.2409,
        density_slope: 1603.51904,
        density_intercept: -391.209015,
    });
    Some(scan.into_unit(DensityUnit::MgHaPerCm3).unwrap())
}

/// The reference on the scan's grid, its origin moved by whole voxels where the note on the data says so.
fn reference(name: &str, scan: &Scan) -> Option<Mask> {
    let (labels, _) = open_labels(&test_data()?.join(name)).unwrap();
    let grid = scan.volume.geometry().clone();
    Some(Volume::from_fn(grid.clone(), |voxel| {
        let at: PointMm = grid.world(voxel.map(|i| i as f64));
        u8::from(sample_nearest(&labels, labels.geometry().index(at)).is_some_and(|v| v != 0))
    }))
}

fn dice(a: &Mask, b: &Mask) -> f64 {
    let both = a
        .data()
        .iter()
        .zip(b.data())
        .filter(|(x, y)| **x != 0 && **y != 0)
        .count();
    2.0 * both as f64 / (a.count() + b.count()) as f64
}

/// The peer that imitates the maker's program reaches 0.936 and 0.917 on this scan.
#[test]
fn contour_and_segmentation_agree_with_the_references() {
    let Some(scan) = real_scan() else { return };
    let (Some(contour), Some(bone)) = (
        reference("AUTOCONTOUR_IPL.nii.gz", &scan),
        reference("TRAB_SEG_IPL.nii.gz", &scan),
    ) else {
        return;
    };
    let bones = segment_joint(&scan, &BoneOptions::default()).unwrap();
    let inside = bones.map(|v| u8::from(v != 0));
    let segmented = segment_ipl(&scan, &bones).unwrap();
    let (d_contour, d_bone) = (dice(&inside, &contour), dice(&segmented, &bone));
    eprintln!("Dice: contour {d_contour:.4}, segmentation {d_bone:.4}");
    assert!(d_contour >= 0.936, "{d_contour}");
    assert!(d_bone >= 0.917, "{d_bone}");
}
