//! `phantom`: specifications and their truth.

use crate::fixture::{howship, names};
use howship_change::VerdictFile;
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
