//! `phantom readers`: a table of scores, its truth, its specification.

use crate::fixture::{contents, howship, names};
use howship_phantom::readers::ReadersSpec;

const SMALL: &str = "seed = 4\n[[arms]]\nname = 'a'\nsubjects = 6\nhealing = 0.2\n[[arms]]\nname = 'b'\nsubjects = 4\n";

#[test]
fn a_study_is_written_with_its_truth_and_can_be_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("study.toml"), SMALL).unwrap();
    let run = howship(at, &["phantom", "readers", "study.toml", "-o", "one"]);
    run.succeeded();
    for word in ["joints healing", "scores of 10 patients by 2 readers"] {
        assert!(run.stdout.contains(word), "{}", run.stdout);
    }
    let out = at.join("one");
    assert_eq!(
        names(&out),
        ["scores.csv", "spec.toml", "truth.csv", "truth.json"]
    );
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    assert_eq!(read("scores.csv").lines().count(), 1 + 10 * 86 * 2 * 2);
    assert_eq!(read("truth.csv").lines().count(), 1 + 10 * 86);
    let truth: serde_json::Value = serde_json::from_str(&read("truth.json")).unwrap();
    assert_eq!(truth["schema"], "howship-readers-truth/1");
    assert_eq!(truth["subjects"][9]["arm_name"], "b");
    assert!(truth["implied"]["arms"][0]["sdc95"].as_f64() > Some(0.0));
    let healing = read("truth.csv").matches(",healing,").count();
    let counted: u64 = (0..2)
        .filter_map(|a| truth["arms"][a]["joints_healing"].as_u64())
        .sum();
    assert_eq!(healing as u64, counted);
    // The specification that was written, on one thread.
    let again = [
        "--threads",
        "1",
        "phantom",
        "readers",
        "one/spec.toml",
        "-o",
        "two",
    ];
    howship(at, &again).succeeded();
    for name in ["scores.csv", "truth.csv", "spec.toml"] {
        let two = std::fs::read_to_string(at.join("two").join(name)).unwrap();
        assert_eq!(two, read(name), "{name}");
    }
    howship(at, &["phantom", "readers", "study.toml", "-o", "one"]).failed(73, &["--force"]);
}

/// What is true of the patients and joints that `scores repair` speaks of, where visits and films are missing.
#[test]
fn truth_is_stated_of_what_repair_evaluates() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let spec = format!("{SMALL}[missing]\nvisit = 0.5\nscore = 0.1\nfilm = 0.2\n");
    std::fs::write(at.join("study.toml"), spec).unwrap();
    howship(at, &["phantom", "readers", "study.toml", "-o", "one"]).succeeded();
    let text = std::fs::read_to_string(at.join("one/truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&text).unwrap();
    let sum = |name: &str| -> u64 {
        let arms = truth["arms"].as_array().unwrap().iter();
        arms.filter_map(|a| a["evaluated"][name].as_u64()).sum()
    };
    let arguments = [
        "scores",
        "repair",
        "one/scores.csv",
        "--json",
        "--chains",
        "1",
        "--warm-up",
        "20",
        "--sweeps",
        "40",
        "--draws",
        "100",
    ];
    let run = howship(at, &arguments);
    run.succeeded();
    let found: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let model = &found["result"]["model"];
    let (joints, patients) = (
        model["joints"].as_array().unwrap().len() as u64,
        model["patients"].as_array().unwrap().len() as u64,
    );
    assert_eq!((sum("joints"), sum("subjects")), (joints, patients));
    assert!(
        patients < 10 && sum("joints_healing") > 0,
        "{patients} patients"
    );
}

#[test]
fn presets_are_printed_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    for (name, spec) in [
        ("demo", ReadersSpec::demo()),
        ("tempo", ReadersSpec::tempo_like()),
        ("lukas", ReadersSpec::lukas_like()),
    ] {
        let arguments = ["phantom", "readers", "--preset", name, "--print-spec"];
        let run = howship(folder.path(), &arguments);
        run.succeeded();
        assert_eq!(toml::from_str::<ReadersSpec>(&run.stdout).unwrap(), spec);
    }
}

#[test]
fn a_bad_specification_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for (text, words) in [
        (
            "[[arms]]\nname = 'a'\nhealing = 2.0\n",
            ["arms[0].healing", "between 0 and 1"],
        ),
        ("scheme = 'larsen'\n", ["scheme", "larsen"]),
        ("reader = 3\n", ["bad.toml", "reader"]),
        (
            "[[sites]]\nsite = 'A'\nfeature = 'x'\nmax = 1.3\n",
            ["sites[0].max", "1.3"],
        ),
    ] {
        std::fs::write(folder.path().join("bad.toml"), text).unwrap();
        let run = howship(
            folder.path(),
            &["phantom", "readers", "bad.toml", "-o", "out"],
        );
        run.failed(65, &words);
        assert!(!folder.path().join("out").exists());
    }
}

#[test]
fn a_seed_on_the_command_line_wins_and_is_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::write(at.join("study.toml"), SMALL).unwrap();
    let made = |out: &str, more: &[&str]| {
        let arguments = [&["phantom", "readers", "study.toml", "-o", out], more].concat();
        howship(at, &arguments).succeeded();
        contents(&at.join(out))
    };
    let own = made("own", &[]);
    let seven = made("seven", &["--seed", "7"]);
    assert_eq!(seven, made("again", &["--seed", "7"]));
    let scores = |files: &[(std::path::PathBuf, Vec<u8>)]| files[0].1.clone();
    assert_eq!(seven[0].0, std::path::Path::new("scores.csv"));
    assert_ne!(scores(&seven), scores(&own));
    assert_ne!(scores(&seven), scores(&made("eight", &["--seed", "8"])));
    // The seed of the specification, said once more.
    assert_eq!(scores(&own), scores(&made("four", &["--seed", "4"])));
    let text = std::fs::read_to_string(at.join("seven/truth.json")).unwrap();
    let truth: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(truth["specification"]["seed"], 7);
    let command = ["howship", "phantom", "readers", "study.toml", "--seed", "7"];
    assert_eq!(truth["command"], serde_json::json!(command));
    // The specification that was written makes the same without the option.
    howship(at, &["phantom", "readers", "seven/spec.toml", "-o", "spec"]).succeeded();
    assert_eq!(scores(&seven), scores(&contents(&at.join("spec"))));
}

#[test]
fn seeds_of_presets_and_seeds_that_a_specification_cannot_hold() {
    let folder = tempfile::tempdir().unwrap();
    let printed = |seed: &str| {
        let arguments = ["phantom", "readers", "--print-spec", "--seed", seed];
        howship(folder.path(), &arguments)
    };
    let largest = printed("9223372036854775807");
    largest.succeeded();
    assert!(
        largest.stdout.contains("seed = 9223372036854775807"),
        "{}",
        largest.stdout
    );
    printed("9223372036854775808").failed(2, &["--seed"]);
    printed("-1").failed(2, &["-1"]);
}
