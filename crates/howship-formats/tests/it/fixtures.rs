//! Files of made-up values written by other programs (tests/reference/make_fixtures.py).

use howship_formats::{OpenOptions, inspect, open, open_labels};
use std::path::PathBuf;

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"))
}

#[derive(serde::Deserialize)]
struct Expected {
    file: String,
    signed: bool,
    direction: [[f64; 3]; 3],
    origin: [f64; 3],
    unit: String,
    slope: Option<f64>,
    intercept: Option<f64>,
}

fn options(file: &str) -> OpenOptions {
    let spacing = file.ends_with(".tif").then_some([0.3, 0.4, 0.5]);
    OpenOptions {
        spacing_mm: spacing,
        ..Default::default()
    }
}

#[test]
fn every_fixture_is_read_as_it_was_made() {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let all: Vec<Expected> = serde_json::from_str(&text).unwrap();
    assert!(all.len() >= 20);
    for e in all {
        let path = folder().join(&e.file);
        let opened = open(&path, &options(&e.file)).unwrap_or_else(|err| panic!("{err}"));
        let volume = &opened.scan.volume;
        let g = volume.geometry();
        assert_eq!(g.size(), [6, 5, 4], "{}", e.file);
        assert_eq!(opened.scan.unit.to_string(), e.unit, "{}", e.file);
        let near = |a: f64, b: f64| (a - b).abs() < 3e-6;
        for a in 0..3 {
            assert!(
                near(g.spacing()[a], [0.3, 0.4, 0.5][a]),
                "{}: {:?}",
                e.file,
                g.spacing()
            );
            assert!(
                near(g.origin()[a], e.origin[a]),
                "{}: {:?}",
                e.file,
                g.origin()
            );
            for b in 0..3 {
                assert!(
                    near(g.direction()[a][b], e.direction[a][b]),
                    "{}: {g:?}",
                    e.file
                );
            }
        }
        let (slope, intercept) = (e.slope.unwrap_or(1.0), e.intercept.unwrap_or(0.0));
        for (i, &value) in volume.data().iter().enumerate() {
            let [x, y, z] = g.voxel(i);
            let stored = ((x + 7 * y + 31 * z) % 100) as f64 - if e.signed { 40.0 } else { 0.0 };
            assert_eq!(
                value,
                (stored * slope + intercept) as f32,
                "{} at {x} {y} {z}",
                e.file
            );
        }
        let info = inspect(&path, &options(&e.file)).unwrap();
        assert_eq!(&info.geometry, g, "{}", e.file);
        assert_eq!(info.unit, opened.scan.unit, "{}", e.file);
        assert_eq!(opened.source.blake3.len(), 64);
    }
}

#[test]
fn identity_comes_from_the_header_without_names() {
    let dicom = open(&folder().join("dicom_implicit"), &OpenOptions::default())
        .unwrap()
        .source;
    let id = &dicom.identity;
    assert_eq!(id.patient_id.as_deref(), Some("MADE-UP"));
    assert_eq!(id.site.as_deref(), Some("HAND"));
    assert_eq!(id.laterality.as_deref(), Some("R"));
    assert_eq!(id.date.as_deref(), Some("2026-01-02"));
    assert_eq!(id.frame_of_reference.as_deref(), Some("2.25.102"));
    assert!(!serde_json::to_string(&dicom).unwrap().contains("Nobody"));
    let aim = open(&folder().join("aimio_short.aim"), &OpenOptions::default()).unwrap();
    assert_eq!(aim.source.identity.patient_id.as_deref(), Some("17"));
    assert_eq!(aim.source.identity.laterality.as_deref(), Some("L"));
    assert_eq!(aim.scan.calibration.unwrap().mu_water, 0.25);
    let log = &aim.source.header;
    assert!(
        log.iter()
            .any(|(k, v)| k == "Density: slope" && v == "1600")
    );
}

#[test]
fn labels_of_masks_are_exact_and_of_scans_refused() {
    let (labels, source) = open_labels(&folder().join("aimio_char.aim")).unwrap();
    assert_eq!(labels.at(3, 2, 1), 3 + 14 + 31);
    assert_eq!(source.stored, "int8");
    let error = open_labels(&folder().join("sitk.mha")).unwrap_err();
    assert_eq!(
        error.problem(),
        Some(howship_formats::Problem::NotLabels),
        "{error}"
    );
}
