//! Text from outside (file names, tables, headers) steers neither terminal nor page nor spreadsheet.

use crate::fixture::{Run, command, howship, series};
use crate::scores_table::{HEADER, save};
use std::path::Path;

/// Clears a terminal, sets its title, turns the line, and is a formula.
const EVIL: &str = "=1+1\u{1b}[2J\u{1b}]0;t\u{7}\u{202e}\u{9b}8m";

fn is_tame(text: &str) -> bool {
    let steers = |c: char| {
        (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202a}'..='\u{202e}')
    };
    !text.contains(steers)
}

/// Readers' scores of a patient, an arm and a reader with such names.
fn evil_scores(folder: &Path) {
    let mut text = format!("{HEADER}\n");
    for subject in 0..6 {
        for (visit, days) in [("M0", 0), ("M12", 365)] {
            for reader in ["R1", "R2"] {
                for site in ["MCP2", "MCP3"] {
                    let score = (subject + days / 365) % 5;
                    text.push_str(&format!(
                        "\"{subject}{EVIL}\",\"a{EVIL}\",{visit},{days},\"{reader}{EVIL}\",1,svdh,L,{site},erosion,{score},ok\n"
                    ));
                }
            }
        }
    }
    save(folder, "scores.csv", text);
}

#[test]
fn names_in_a_table_of_scores() {
    let folder = tempfile::tempdir().unwrap();
    evil_scores(folder.path());
    for question in ["totals", "trial"] {
        let out = format!("{question}_out");
        let arguments = [
            "scores",
            question,
            "scores.csv",
            "--asked",
            "table",
            "-o",
            &out,
        ];
        let run = howship(
            folder.path(),
            &arguments[..if question == "totals" { 7 } else { 3 }],
        );
        assert!(is_tame(&run.stdout), "{question}: {:?}", run.stdout);
        assert!(is_tame(&run.stderr), "{question}: {:?}", run.stderr);
    }
    let out = folder.path().join("totals_out");
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    assert!(is_tame(&read("report.html")));
    let table = read("totals.csv");
    assert!(is_tame(&table), "{table:?}");
    assert!(table.contains("=1+1"), "the name is still there: {table}");
    let json = howship(
        folder.path(),
        &[
            "scores",
            "totals",
            "scores.csv",
            "--asked",
            "table",
            "--json",
        ],
    );
    assert!(is_tame(&json.stdout));
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(value.to_string().contains("=1+1"));
}

#[test]
fn pages_may_load_nothing() {
    let folder = tempfile::tempdir().unwrap();
    evil_scores(folder.path());
    howship(
        folder.path(),
        &[
            "scores",
            "totals",
            "scores.csv",
            "--asked",
            "table",
            "-o",
            "out",
        ],
    )
    .succeeded();
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let head = page.split("<style>").next().unwrap();
    assert!(head.contains("Content-Security-Policy") && head.contains("default-src 'none'"));
}

/// Linux allows any bytes but `/` and 0 in a name.
#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_work() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;

    let folder = tempfile::tempdir().unwrap();
    let name = OsStr::from_bytes(b"M0\xff\x1b[2J.nii.gz");
    std::fs::copy(series().join("M0.nii.gz"), folder.path().join(name)).unwrap();
    let run = |arguments: &[&OsStr]| {
        let output = command()
            .current_dir(folder.path())
            .args(arguments)
            .output();
        Run::of(output.unwrap())
    };
    let word = OsStr::new;
    for json in [&[][..], &[word("--json")][..]] {
        let mut info = vec![word("info"), name];
        info.extend(json);
        let run = run(&info);
        run.succeeded();
        assert!(is_tame(&run.stdout), "{:?}", run.stdout);
    }
    let target = OsStr::from_bytes(b"out\xfe.mha");
    let converted = run(&[word("convert"), name, target, word("--json")]);
    converted.succeeded();
    assert!(folder.path().join(target).is_file());
    let missing = run(&[word("info"), OsStr::from_bytes(b"no\x1b[2J\xff.mha")]);
    missing.failed(66, &["does not exist"]);
    assert!(is_tame(&missing.stderr), "{:?}", missing.stderr);
}
