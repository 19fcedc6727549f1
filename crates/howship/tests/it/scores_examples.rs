//! The tables of docs/score-tables.md, from file to report as the page says.

use crate::fixture::howship;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

#[test]
fn every_command_of_the_page_makes_a_report() {
    let page = std::fs::read_to_string(docs().join("score-tables.md")).unwrap();
    let examples = page.split("## Five tables").nth(1).unwrap();
    let commands: Vec<&str> = examples
        .lines()
        .filter(|l| l.starts_with("howship scores "))
        .collect();
    assert_eq!(commands.len(), 5);
    let folder = tempfile::tempdir().unwrap();
    for (i, command) in commands.iter().enumerate() {
        let out = format!("out{i}");
        let root = docs().join("scores");
        let words: Vec<String> = command
            .split_whitespace()
            .skip(1)
            .map(|w| match w.strip_prefix("docs/scores/") {
                Some(file) => root.join(file).display().to_string(),
                None if w == "out" => out.clone(),
                None => w.to_owned(),
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let run = howship(folder.path(), &words);
        run.succeeded();
        let report = folder.path().join(&out).join("report.html");
        assert!(
            std::fs::metadata(report).unwrap().len() > 5_000,
            "{command}"
        );
    }
}

/// Everything that the page says of mappings is in it as files.
#[test]
fn mappings_on_the_page_are_the_files() {
    let page = std::fs::read_to_string(docs().join("score-tables.md")).unwrap();
    for name in ["excel-flat.toml", "klinik.toml"] {
        let file = std::fs::read_to_string(docs().join("scores").join(name)).unwrap();
        let shown = format!("```toml\n# docs/scores/{name}\n{file}```");
        assert!(page.contains(&shown), "{name}");
    }
}

#[test]
fn windows_and_names_of_subjects_are_options() {
    let folder = tempfile::tempdir().unwrap();
    let table = "subject,date,reader,score\n001,2021-03-01,A,1\n1,2022-03-03,A,4\n002,2021-03-01,A,2\n2,2022-02-20,A,2\n\
                 001,2021-03-01,B,1\n1,2022-03-03,B,3\n002,2021-03-01,B,2\n2,2022-02-20,B,2\n";
    std::fs::write(folder.path().join("t.csv"), table).unwrap();
    let run = |more: &[&str]| {
        let mut words = vec!["scores", "validate", "t.csv", "--scheme", "custom"];
        words.extend(more);
        howship(folder.path(), &words)
    };
    let plain = run(&[]);
    plain.succeeded();
    assert!(plain.stderr.contains("`001` and `1`"), "{}", plain.stderr);
    let same = run(&[
        "--same-subjects",
        "--window",
        "M0=30",
        "--window",
        "M12=60",
        "--json",
    ]);
    same.succeeded();
    let found: serde_json::Value = serde_json::from_str(&same.stdout).unwrap();
    let summary = &found["result"]["summary"];
    assert_eq!(summary["subjects"], 2);
    assert_eq!(summary["visits"], serde_json::json!(["M0", "M12"]));
    std::fs::write(folder.path().join("n.csv"), "name,subject\n1,001\n2,002\n").unwrap();
    let named = run(&["--same-subjects=n.csv", "--json"]);
    named.succeeded();
    let found: serde_json::Value = serde_json::from_str(&named.stdout).unwrap();
    assert_eq!(found["result"]["summary"]["subjects"], 2);
    run(&["--window", "V2=30"]).failed(2, &["tells no day"]);
    run(&["--window", "M0=200", "--window", "M12=200"]).failed(2, &["overlap"]);
}
