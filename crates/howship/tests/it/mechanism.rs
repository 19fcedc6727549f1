//! `howship simulate`, `forecast` and `power` as their user meets them.

use crate::fixture::{howship, names};
use std::fs;

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn a_simulation_writes_its_page_and_the_same_bytes_for_any_threads() {
    let folder = tempfile::tempdir().unwrap();
    let run = howship(folder.path(), &["simulate", "--print-case"]);
    run.succeeded();
    fs::write(folder.path().join("case.toml"), &run.stdout).unwrap();
    for (out, threads) in [("one", "1"), ("two", "2")] {
        let arguments = [
            "simulate",
            "case.toml",
            "--patients",
            "64",
            "-o",
            out,
            "--threads",
            threads,
        ];
        let run = howship(folder.path(), &arguments);
        run.succeeded();
        assert!(
            run.stdout.contains("film, rim in profile"),
            "{}",
            run.stdout
        );
    }
    let read = |out: &str, name: &str| fs::read(folder.path().join(out).join(name)).unwrap();
    for name in [
        "simulate.json",
        "course.csv",
        "visits.csv",
        "report.html",
        "figures/figure-01.svg",
    ] {
        assert_eq!(read("one", name), read("two", name), "{name}");
    }
    let page = String::from_utf8(read("one", "report.html")).unwrap();
    for word in ["http://", "https://", "<script", "NaN"] {
        assert!(
            !page.replace("http://www.w3.org", "").contains(word),
            "{word} in the page"
        );
    }
    let result = json(&String::from_utf8(read("one", "simulate.json")).unwrap());
    assert_eq!(result["schema"], "howship-simulate/1");
    assert!(
        result["provenance"]["inputs"][0]["blake3"]
            .as_str()
            .unwrap()
            .len()
            == 64
    );
    // A result may be replaced; a folder of the user's may not.
    howship(
        folder.path(),
        &[
            "simulate",
            "case.toml",
            "--patients",
            "8",
            "-o",
            "one",
            "--force",
        ],
    )
    .succeeded();
    assert!(names(&folder.path().join("one")).contains(&"report.html".to_owned()));
}

#[test]
fn a_forecast_reads_observations_and_says_an_interval() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "forecast",
        "--shipped",
        "founding",
        "--draws",
        "512",
        "--months",
        "24",
        "--json",
    ];
    let run = howship(folder.path(), &arguments);
    run.succeeded();
    let found = json(&run.stdout);
    let rows = found["result"]["lesions"].as_array().unwrap();
    assert!(rows.len() > 10);
    for row in rows {
        let within = row["day"]["within"].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&within));
    }
    assert!(
        found["result"]["diagnostics"]["effective"]
            .as_f64()
            .unwrap()
            > 500.0
    );
    let run = howship(
        folder.path(),
        &["forecast", "--shipped", "founding", "--observed", "nowhere"],
    );
    run.failed(66, &[]);
    fs::write(folder.path().join("verdicts.json"), "{}").unwrap();
    let run = howship(
        folder.path(),
        &[
            "forecast",
            "--shipped",
            "founding",
            "--observed",
            "verdicts.json",
        ],
    );
    run.failed(65, &[]);
}

#[test]
fn power_of_two_shares_is_exact_by_every_test() {
    let folder = tempfile::tempdir().unwrap();
    let run = howship(folder.path(), &["power", "--shares", "0.45,0.10", "--json"]);
    run.succeeded();
    let rows = json(&run.stdout);
    assert_eq!(rows.as_array().unwrap().len(), 10);
    let first = |i: usize| rows[i]["first"].as_f64().unwrap();
    assert!(first(0) < first(4), "χ² needs fewer than Fisher: {rows}");
    let run = howship(folder.path(), &["power", "--print-design"]);
    run.succeeded();
    let design = run
        .stdout
        .replace("virtual_patients = 20000", "virtual_patients = 200");
    fs::write(folder.path().join("design.toml"), design).unwrap();
    let run = howship(folder.path(), &["power", "design.toml", "-o", "out"]);
    run.succeeded();
    assert!(run.stdout.contains("by noise alone"), "{}", run.stdout);
    assert!(names(&folder.path().join("out")).contains(&"power.csv".to_owned()));
}

#[test]
fn bad_records_end_in_65_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let run = howship(folder.path(), &["simulate", "--print-case"]);
    let known = [
        ("dose = \"100 mg\"", "dose = \"-100 mg\"", "therapy[4].dose"),
        (
            "drug = \"anakinra\"",
            "drug = \"anakrina\"",
            "did you mean `anakinra`",
        ),
        ("months = 24", "month = 24", "did you mean `months`"),
        ("[run]", "[[run]]", "run"),
        ("[subject]", "[subject", "TOML"),
    ];
    for (from, to, part) in known {
        let text = run.stdout.replacen(from, to, 1);
        assert_ne!(text, run.stdout, "{from}");
        fs::write(folder.path().join("bad.toml"), text).unwrap();
        let run = howship(folder.path(), &["simulate", "bad.toml"]);
        run.failed(65, &[]);
        assert!(
            run.stderr.contains(part) && run.stderr.contains("bad.toml"),
            "{to}: {}",
            run.stderr
        );
    }
    howship(folder.path(), &["simulate", "none.toml"]).failed(66, &[]);
    howship(folder.path(), &["simulate"]).failed(2, &[]);
    howship(folder.path(), &["power", "--shares", "0.2"]).failed(2, &[]);
}
