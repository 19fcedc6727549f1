//! `phantom`: specifications and their truth.

use crate::fixture::{howship, names};
use howship_change::VerdictFile;
use howship_formats::{WriteOptions, write};
use howship_image::{DensityUnit, Geometry, Scan, UnitKnown, Volume};
use howship_phantom::film::{
    HandFilmSpec, JointFilm, JointFilmSpec, JointFilmTruth, ProjectionTruth,
};
use howship_phantom::{InsertSpec, JointSpec};

#[test]
fn the_printed_specifications_are_read_back_alike() {
    let folder = tempfile::tempdir().unwrap();
    let run = howship(folder.path(), &["phantom", "joint", "--print-spec"]);
    run.succeeded();
    let spec: JointSpec = toml::from_str(&run.stdout).unwrap();
    assert_eq!(spec, JointSpec::demo());
    let run = howship(folder.path(), &["phantom", "insert", "--print-spec"]);
    run.succeeded();
    let spec: InsertSpec = toml::from_str(&run.stdout).unwrap();
    assert_eq!(spec.lesions.len(), 4);
}

#[test]
fn a_phantom_comes_with_its_truth_in_the_schema_of_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    let mut spec = JointSpec::small(0.2);
    spec.scanner.supersampling = 1;
    std::fs::write(
        folder.path().join("spec.toml"),
        toml::to_string(&spec).unwrap(),
    )
    .unwrap();
    howship(
        folder.path(),
        &["phantom", "joint", "spec.toml", "-o", "out"],
    )
    .succeeded();
    let out = folder.path().join("out");
    let expected = ["M0.nii.gz", "M6.nii.gz", "spec.toml", "truth", "truth.json"];
    assert_eq!(names(&out), expected);
    let labels = ["M0_bones", "M0_lesions", "M6_bones", "M6_lesions"];
    assert_eq!(
        names(&out.join("truth")),
        labels.map(|n| format!("{n}.nii.gz"))
    );
    let text = std::fs::read_to_string(out.join("truth.json")).unwrap();
    let truth: VerdictFile = serde_json::from_str(&text).unwrap();
    let words: Vec<&str> = truth
        .lesions
        .iter()
        .filter_map(|l| Some(l.verdict()?.word()))
        .collect();
    assert_eq!(words, ["healing", "stable"]);
    assert_eq!(truth.bones[0].registrations[0].visit, "M6");
    let again: JointSpec =
        toml::from_str(&std::fs::read_to_string(out.join("spec.toml")).unwrap()).unwrap();
    assert_eq!(again, spec);
    // And any volume can be put under the tube, its lesions' places with it.
    let film = [
        "phantom",
        "film",
        "--volume",
        "out/M0.nii.gz",
        "--lesions",
        "out/truth.json",
        "-o",
        "film",
    ];
    howship(folder.path(), &film).succeeded();
    let out = folder.path().join("film");
    assert_eq!(names(&out), ["film.png", "spec.toml", "truth.json"]);
    let text = std::fs::read_to_string(out.join("truth.json")).unwrap();
    let places: ProjectionTruth = serde_json::from_str(&text).unwrap();
    for (place, lesion) in places.lesions.iter().zip(&truth.lesions) {
        let [x, y] = places.pixel(lesion.centroid_mm);
        // Numbers go through decimal digits once.
        assert!((place.centre_px[0] - x).hypot(place.centre_px[1] - y) < 1e-9);
        let inside = |a: usize| (0.0..places.size_px[a] as f64).contains(&place.centre_px[a]);
        assert!(inside(0) && inside(1), "{place:?}");
    }
    assert_eq!(places.lesions.len(), 2);
}

#[test]
fn films_come_with_their_truth() {
    let folder = tempfile::tempdir().unwrap();
    let run = howship(
        folder.path(),
        &["phantom", "film", "--print-spec", "--preset", "deformed"],
    );
    run.succeeded();
    let spec: HandFilmSpec = toml::from_str(&run.stdout).unwrap();
    assert_eq!(Some(spec), HandFilmSpec::preset("deformed"));
    let joint = JointFilmSpec {
        ray_mm: 0.2,
        ..JointFilmSpec::default()
    };
    std::fs::write(
        folder.path().join("joint.toml"),
        toml::to_string(&joint).unwrap(),
    )
    .unwrap();
    howship(
        folder.path(),
        &["phantom", "film", "--joint", "joint.toml", "-o", "out"],
    )
    .succeeded();
    let out = folder.path().join("out");
    assert_eq!(names(&out), ["M0.png", "spec.toml", "truth.json"]);
    let truth: Vec<JointFilmTruth> =
        serde_json::from_slice(&std::fs::read(out.join("truth.json")).unwrap()).unwrap();
    let known = JointFilm::new(&joint).unwrap().truth(0).unwrap();
    assert_eq!(truth.len(), 1);
    assert_eq!(truth[0].visit, known.visit);
    // JSON's numbers are read to the last but one digit.
    assert!((truth[0].centre_px[0] - known.centre_px[0]).abs() < 1e-9);
    let film = howship_formats::open_film(
        &out.join("M0.png"),
        &howship_formats::OpenFilmOptions::default(),
    )
    .unwrap()
    .film;
    let [mm, _] = film.mm_per_pixel().unwrap();
    assert!((mm - 0.1 / truth[0].magnification).abs() < 1e-9);
    // A joint's specification is none of a hand.
    howship(
        folder.path(),
        &["phantom", "film", "joint.toml", "-o", "other"],
    )
    .failed(65, &["joint.toml"]);
}

/// A scan of one bone has no motion for a second one, and numbers that are no density are sent the right way.
#[test]
fn lesions_go_into_a_scan_of_one_bone_and_into_no_other_unit() {
    let folder = tempfile::tempdir().unwrap();
    let middle = |v: [usize; 3]| {
        let off = |i: usize| (i as f64 - 39.5) * 0.2;
        off(v[0]).hypot(off(v[1])).hypot(off(v[2]))
    };
    let ball = |v| 800.0 * (0.5 + (5.2 - middle(v)) / 0.2).clamp(0.0, 1.0);
    let air = |v: [usize; 3]| v[0] < 6;
    let grid = Geometry::aligned([80; 3], [0.2; 3]).unwrap();
    let save = |name: &str, unit, value: &dyn Fn([usize; 3]) -> f64| {
        let scan = Scan {
            volume: Volume::from_fn(grid.clone(), |v| value(v) as f32),
            unit,
            known: UnitKnown::Written,
            calibration: None,
        };
        write(&folder.path().join(name), &scan, &WriteOptions::default()).unwrap();
    };
    save("density.nii.gz", DensityUnit::MgHaPerCm3, &|v| {
        if air(v) { -391.2 } else { ball(v) }
    });
    let hounsfield = |v| {
        let density = if air(v) { -391.2 } else { ball(v) };
        (density + 391.2) / 0.386_287 - 1000.0
    };
    save("hu.nii.gz", DensityUnit::Arbitrary, &hounsfield);
    let insert = |file: &str, more: &[&str]| {
        let arguments = [&["phantom", "insert", file, "-o", "out", "--force"], more].concat();
        howship(folder.path(), &arguments)
    };
    insert("density.nii.gz", &[]).succeeded();
    let hint = "`--unit HU --calibration MU_SCALING,MU_WATER,SLOPE,INTERCEPT`";
    insert("hu.nii.gz", &[]).failed(65, &["hu.nii.gz", "arbitrary", hint]);
    insert("hu.nii.gz", &["--unit", "mgHA/cm3"]).failed(65, &["hu.nii.gz", "`--unit HU`", "-390"]);
    insert("hu.nii.gz", &["--unit", "HU"]).failed(65, &["hu.nii.gz", "`--calibration MU_SCALING"]);
    let calibrated = [
        "--unit",
        "HU",
        "--calibration",
        "8192,0.2409,1603.519,-391.209",
    ];
    insert("hu.nii.gz", &calibrated).succeeded();
    // Whoever names a bone that is not there is told which are.
    let spec = howship(folder.path(), &["phantom", "insert", "--print-spec"]).stdout;
    std::fs::write(folder.path().join("two.toml"), spec).unwrap();
    insert("density.nii.gz", &["two.toml"]).failed(65, &["= 2", "bone labels (1)"]);
}
