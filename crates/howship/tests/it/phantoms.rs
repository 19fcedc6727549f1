//! `phantom`: specifications and their truth.

use crate::fixture::{howship, names};
use howship_change::VerdictFile;
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
}
