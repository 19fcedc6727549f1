use howship_formats::{OpenOptions, open};
use howship_image::{DensityUnit, Region, Scan};
use howship_phantom::{InsertSpec, XTREME_CT2_CALIBRATION, insert};
use std::path::PathBuf;

/// The HR-pQCT joint of the test data in HU, or `None` with a note where it is not there.
fn real_scan() -> Option<Scan> {
    let folder = std::env::var_os("HOWSHIP_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = folder.join("hrpqct/mcp_joint/GRAY_JOINT.nii.gz");
    if !path.exists() {
        eprintln!(
            "SKIPPED: real-scan test, test data not found at {}",
            path.display()
        );
        return None;
    }
    let options = OpenOptions {
        unit: Some(DensityUnit::Hounsfield),
        ..OpenOptions::default()
    };
    let scan = open(&path, &options).unwrap().scan;
    Some(Scan {
        calibration: Some(XTREME_CT2_CALIBRATION),
        ..scan
    })
}

#[test]
fn random_lesions_in_the_real_joint() {
    let Some(scan) = real_scan() else { return };
    let mut spec = InsertSpec::random(11, 2, 2);
    // Each bone half: the region keeps the test short.
    spec.region = Some(Region {
        start: [110, 120, 0],
        size: [150, 150, 168],
    });
    for lesion in &mut spec.lesions {
        lesion.width_mm = lesion.width_mm.min(1.8);
        lesion.length_mm = lesion.length_mm.min(1.8);
        lesion.depth_mm = lesion.depth_mm.min(1.5);
        lesion.sink_mm = 0.0;
        lesion.irregularity = 0.1;
    }
    let series = insert(&scan, None, &spec).unwrap();
    assert!(
        (75.0..95.0).contains(&series.noise_sd),
        "noise {}",
        series.noise_sd
    );
    assert!(
        // 9.0 in the whole scan, 20.0 in the tissue close to bone that this region holds.
        (0.0..30.0).contains(&series.fill_density),
        "soft {}",
        series.fill_density
    );
    for (v, visit) in series.visits.iter().enumerate() {
        let voxel = visit.truth_labels.geometry().voxel_mm3();
        for lesion in &series.truth.lesions[v] {
            let labelled: Vec<usize> = (0..visit.truth_labels.data().len())
                .filter(|&i| visit.truth_labels.data()[i] == lesion.id)
                .collect();
            let volume = labelled.len() as f64 * voxel;
            let tolerance = 0.03 * lesion.volume_mm3 + 0.02;
            assert!(
                (volume - lesion.volume_mm3).abs() < tolerance,
                "{volume} of {}",
                lesion.volume_mm3
            );
            if labelled.len() > 2000 {
                let sum: f64 = labelled
                    .iter()
                    .map(|&i| f64::from(visit.scan.volume.data()[i]))
                    .sum();
                let mean = sum / labelled.len() as f64;
                // The blur of the walls lifts the mean of a small cavity.
                assert!(
                    (-10.0..130.0).contains(&mean),
                    "mean density inside {mean:.0}"
                );
            }
        }
    }
}
