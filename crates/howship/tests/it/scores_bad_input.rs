//! Bad tables of scores: each ends in exit 65 and says file, line, column, value and what is allowed; nothing is
//! half-written.

use crate::fixture::{howship, names};
use crate::scores_table::{HEADER, Study, csv, save, study};
use std::path::Path;

const OWN_SCHEME: &str = "id = 'wrist-9'\nname = 'Wrist'\nfamily = 'own'\nsource = 'own'\n\
[maxima]\nrust = 6\n\
[[feature]]\ncode = 'rust'\ntitle = 'Rust'\ngrades = [{ grade = 0, means = 'none' }, { grade = 3, means = 'all' }]\n\
[[score]]\nfeature = 'rust'\nsites = ['WRIST']\nmax = 3\n";

const SUMS: [&str; 2] = ["validate", "totals"];

/// Runs a question on a spoilt table, and checks what it says and that nothing was written.
#[track_caller]
fn refused(bytes: impl AsRef<[u8]>, words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "bad.csv", bytes);
    for question in SUMS {
        let run = howship(folder.path(), &["scores", question, "bad.csv", "-o", "out"]);
        run.failed(65, words);
        assert_eq!(
            names(folder.path()),
            ["bad.csv"],
            "{question} left something"
        );
    }
}

/// The sound table with one line's text replaced; lines count from 1.
fn spoilt(line: usize, from: &str, to: &str) -> String {
    let text = csv(&Study::default());
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let old = lines[line - 1].clone();
    lines[line - 1] = old.replacen(from, to, 1);
    assert_ne!(lines[line - 1], old, "nothing to spoil in: {old}");
    lines.join("\n") + "\n"
}

/// The sound table with the score of line 5 replaced.
fn with_score(score: &str) -> String {
    let text = csv(&Study::default());
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut cells: Vec<&str> = lines[4].split(',').collect();
    cells[10] = score;
    lines[4] = cells.join(",");
    lines.join("\n") + "\n"
}

#[test]
fn scores_out_of_range_and_half_grades() {
    refused(
        with_score("7"),
        &["`bad.csv`", "line 5", "`score`", "`7`", "0 to 5"],
    );
    refused(with_score("-1"), &["line 5", "`-1`", "0 to 5"]);
    refused(with_score("2.5"), &["line 5", "`2.5`", "steps of 1"]);
}

#[test]
fn scores_that_are_no_numbers() {
    refused(with_score("NaN"), &["line 5", "`score`", "`NaN`"]);
    refused(with_score("inf"), &["line 5", "`score`", "`inf`"]);
    refused(with_score("three"), &["line 5", "`score`", "`three`"]);
    refused(
        with_score("\"2,0\""),
        &["line 5", "`score`", "`2,0`", "comma"],
    );
}

#[test]
fn the_same_reading_twice() {
    let text = csv(&Study::default());
    let twice = text.clone() + text.lines().nth(1).unwrap() + "\n";
    let line = format!("line {}", twice.lines().count());
    refused(twice, &["`bad.csv`", &line, "twice", "line 2", "reading"]);
}

#[test]
fn unknown_sites_features_sides_schemes_and_states() {
    refused(
        spoilt(3, ",MCP2,", ",MCP9,"),
        &["line 3", "`site`", "`MCP9`", "MCP"],
    );
    refused(
        spoilt(3, ",erosion,", ",erosoin,"),
        &["line 3", "`feature`", "`erosoin`", "erosion"],
    );
    refused(spoilt(3, ",L,", ",X,"), &["line 3", "`side`", "`X`"]);
    refused(
        csv(&Study::default()).replace("svdh", "svhd"),
        &["`scheme`", "`svhd`", "svdh"],
    );
    refused(
        spoilt(3, ",ok", ",oki"),
        &["line 3", "`status`", "`oki`", "missing"],
    );
}

#[test]
fn two_schemes_in_one_table() {
    refused(
        spoilt(9, ",svdh,", ",larsen-1977,"),
        &["line 9", "`scheme`", "svdh", "--scheme"],
    );
}

#[test]
fn visits_that_run_backwards() {
    let text = csv(&Study::default());
    let text = text.replace(",M0,0,", ",M0,400,");
    refused(text, &["`bad.csv`", "M0", "M12", "days"]);
}

#[test]
fn visits_in_two_spellings_are_told_with_a_hint_that_leads_to_one() {
    let rows = "S1,m0,A,3\nS1,m24,A,5\nS1,M0,B,3\nS1,M24,B,6\nS2,m0,A,3\nS2,m24,A,7\nS2,M0,B,2\nS2,M24,B,6\n";
    let text = format!("subject,visit,reader,score\n{rows}");
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "two.csv", &text);
    let agree = |name: &str, more: &[&str]| {
        let arguments = ["scores", "agree", name, "--scheme", "custom"];
        howship(folder.path(), &[&arguments, more].concat())
    };
    let run = agree("two.csv", &[]);
    run.failed(65, &["differ in spelling only", "`[values.visit]`"]);
    assert!(!run.stderr.contains("visit_order"), "{}", run.stderr);
    // What the hint says is what helps.
    let columns =
        "[columns]\nsubject = 'subject'\nvisit = 'visit'\nreader = 'reader'\nscore = 'score'\n";
    let one = format!("{columns}[values.visit]\n\"m0\" = \"M0\"\n\"m24\" = \"M24\"\n");
    save(folder.path(), "one.toml", one);
    let run = agree("two.csv", &["--columns", "one.toml"]);
    run.succeeded();
    assert!(run.stdout.contains("between A, B"), "{}", run.stdout);
    // Visits that an order tells apart are not left in silence.
    let ordered = text
        .lines()
        .map(|line| {
            let order = match line.split(',').nth(1) {
                Some("m0") => "1",
                Some("M0") => "2",
                Some("m24") => "3",
                Some("M24") => "4",
                _ => "visit_order",
            };
            format!("{line},{order}\n")
        })
        .collect::<String>();
    save(folder.path(), "ordered.csv", ordered);
    let run = agree("ordered.csv", &[]);
    assert!(
        (run.stdout.clone() + &run.stderr).contains("visits whose names differ in spelling only"),
        "{} {}",
        run.stdout,
        run.stderr
    );
}

#[test]
fn files_that_are_no_tables() {
    refused("", &["`bad.csv`", "empty"]);
    refused(format!("{HEADER}\n"), &["`bad.csv`", "no rows"]);
    refused(
        [0x7F, b'E', b'L', b'F', 0, 0, 1, 2],
        &["`bad.csv`", "binary"],
    );
    refused(b"subject,score\nM\xFCller,1\n", &["line 2", "UTF-8"]);
    refused(
        "c,".repeat(1_000_000) + "c\n1\n",
        &["`bad.csv`", "line 1", "1000001 columns"],
    );
    refused(
        "subject,score,score\n1,2,3\n",
        &["two columns are named `score`"],
    );
    refused("subject,score\n1,2,3\n", &["line 2", "3 cells"]);
    refused(b"PK\x03\x04 a workbook", &["the sheet as CSV"]);
}

#[test]
fn columns_that_must_be_there() {
    refused(
        "subject,site,feature\n1,MCP2,erosion\n",
        &["`bad.csv`", "score"],
    );
    refused("patient,wert\n1,2\n", &["`bad.csv`", "subject"]);
}

#[test]
fn what_is_named_on_the_command_line_is_checked_too() {
    let folder = study(&Study::default());
    let before = names(folder.path());
    let run = |arguments: &[&str]| howship(folder.path(), arguments);
    run(&["scores", "totals", "scores.csv", "--scheme", "svhd"]).failed(65, &["svhd", "svdh"]);
    run(&["scores", "totals", "nowhere.csv"]).failed(66, &["`nowhere.csv` does not exist"]);
    run(&[
        "scores",
        "totals",
        "scores.csv",
        "--columns",
        "nowhere.toml",
    ])
    .failed(66, &["nowhere.toml"]);
    run(&["scores", "totals", "scores.csv", "--columns", "ra3-dream"])
        .failed(65, &["ra3-dream", "ra2-dream"]);
    run(&[
        "scores",
        "totals",
        "scores.csv",
        "--scheme-file",
        "scores.csv",
    ])
    .failed(65, &["scores.csv"]);
    run(&["scores", "totals", "scores.csv", "--share", "7"]).failed(2, &["share"]);
    run(&["scores", "change", "scores.csv", "--from", "M7"]).failed(65, &["M7", "M0, M12"]);
    run(&["scores", "change", "scores.csv", "--feature", "rust"]).failed(65, &["rust", "erosion"]);
    run(&["scores", "totals", "."]).failed(65, &["folder"]);
    assert_eq!(run(&["scores", "totals"]).code, 2);
    assert_eq!(names(folder.path()), before);
}

#[test]
fn crlf_and_byte_order_marks_are_no_error() {
    let folder = tempfile::tempdir().unwrap();
    let plain = csv(&Study::default());
    save(folder.path(), "plain.csv", &plain);
    save(
        folder.path(),
        "dos.csv",
        "\u{feff}".to_owned() + &plain.replace('\n', "\r\n"),
    );
    save(folder.path(), "tab.tsv", plain.replace(',', "\t"));
    save(folder.path(), "semicolon.csv", plain.replace(',', ";"));
    let totals = |name: &str| {
        let out = format!("out-{name}");
        howship(folder.path(), &["scores", "totals", name, "-o", &out]).succeeded();
        std::fs::read(folder.path().join(out).join("totals.csv")).unwrap()
    };
    let expected = totals("plain.csv");
    for name in ["dos.csv", "tab.tsv", "semicolon.csv"] {
        assert_eq!(totals(name), expected, "{name}");
    }
}

#[test]
fn an_existing_out_is_kept_and_a_folder_that_cannot_be_written_is_73() {
    let folder = study(&Study::default());
    let totals = |out: &str, more: &[&str]| {
        let arguments = [&["scores", "totals", "scores.csv", "-o", out], more].concat();
        howship(folder.path(), &arguments)
    };
    save(folder.path(), "thesis.txt", "years of work");
    totals("thesis.txt", &[]).failed(73, &["exists already", "--force"]);
    totals("thesis.txt", &["--force"]).failed(73, &["holds no results of Howship"]);
    totals("no/such/folder", &[]).failed(73, &["its folder `no/such` does not exist", "create"]);
    totals("out", &[]).succeeded();
    totals("out", &[]).failed(73, &["exists already"]);
    totals("out", &["--force"]).succeeded();
    assert_eq!(names(folder.path()), ["out", "scores.csv", "thesis.txt"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_that_takes_nothing_is_73() {
    let folder = study(&Study::default());
    // A place that nobody may write to, not even root.
    let out = Path::new("/proc/howship-out");
    let run = howship(
        folder.path(),
        &[
            "scores",
            "totals",
            "scores.csv",
            "-o",
            out.to_str().unwrap(),
        ],
    );
    run.failed(
        73,
        &[
            "cannot be written",
            "folder `/proc`",
            "(os error 2)",
            "hint: choose a folder on a disk",
        ],
    );
    assert!(!run.stderr.contains("does not exist"), "{}", run.stderr);
    assert!(!run.stderr.contains(".part-"), "{}", run.stderr);
}

#[test]
fn options_that_this_kind_of_table_does_not_know_are_refused() {
    let folder = study(&Study::default());
    for question in ["validate", "totals", "agree", "change", "repair", "trial"] {
        let run = howship(
            folder.path(),
            &[
                "scores",
                question,
                "scores.csv",
                "--dataset",
                "ADXR",
                "-o",
                "out",
            ],
        );
        run.failed(
            2,
            &["`scores.csv` is a text file", "--dataset", "hint: leave"],
        );
    }
    assert_eq!(names(folder.path()), ["scores.csv"]);
}

#[test]
fn a_scheme_that_is_not_known_is_told_with_the_nearest() {
    let folder = study(&Study::default());
    save(folder.path(), "own.toml", OWN_SCHEME);
    for (arguments, words) in [
        (
            &["totals", "scores.csv", "--scheme", "svhd"][..],
            ["there is no scheme `svhd`", "did you mean `svdh`?"],
        ),
        (
            &["schemes", "--show", "ramriss"],
            ["there is no scheme `ramriss`", "did you mean `ramris`?"],
        ),
        (
            &["schemes", "--show", "wrst-9", "--scheme-file", "own.toml"],
            ["there is no scheme `wrst-9`", "did you mean `wrist-9`?"],
        ),
        (
            &["totals", "scores.csv", "--scheme", "elephant"],
            ["there is no scheme `elephant`", "hint: `howship"],
        ),
    ] {
        let run = howship(folder.path(), &[&["scores"], arguments].concat());
        run.failed(65, &words);
        run.failed(65, &["`howship scores schemes` lists all"]);
    }
}

#[test]
fn options_out_of_their_range_are_told_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    for (question, option, value, words) in [
        ("agree", "--confidence", "95", "between 0 and 1"),
        ("agree", "--levels", "1.5", "between 0 and 1"),
        ("agree", "--readers", "0", "from 1 to 1000"),
        ("totals", "--share", "3", "from 0 to 1"),
        ("change", "--sdc", "nan", "points, 0 or more"),
        ("repair", "--thresholds", "2", "from 0 to 1"),
        ("repair", "--sensitivity", "2", "from 0 to 1"),
        ("repair", "--draws", "5", "100 to 1,000,000"),
        ("agree", "--draws", "1", "0 for none"),
        ("trial", "--sdc", "total=inf", "points, 0 or more"),
    ] {
        let run = howship(
            folder.path(),
            &["scores", question, "none.csv", option, value],
        );
        run.failed(2, &[option, words]);
    }
}

#[test]
fn visits_the_wrong_way_round_are_named() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "t.csv", csv(&Study::default()));
    for question in ["change", "repair"] {
        let run = howship(
            folder.path(),
            &["scores", question, "t.csv", "--from", "M12", "--to", "M0"],
        );
        run.failed(65, &["`M0` does not come after visit `M12`", "M0, M12"]);
    }
}

#[test]
fn weights_that_are_no_table_of_the_grades() {
    let folder = study(&Study::default());
    for (weights, words) in [
        (
            "grades = [0, 1]\ndisagreement = [0, 1, 0]",
            &["holds 3 numbers", "2 × 2"],
        ),
        (
            "grades = [1, 0]\ndisagreement = [0, 1, 1, 0]",
            &["`grades`", "rise"],
        ),
        (
            "grades = [0, 1]\ndisagreement = [0, 1, 2, 0]",
            &["0 and 1", "1 one way and 2"],
        ),
        (
            "grades = [0, 1]\ndisagreement = [1, 1, 1, 0]",
            &["grade 0 with itself", "not 0"],
        ),
        (
            "grades = [0, 1]\ndisagreement = [0, 0, 0, 0]",
            &["0 throughout", "no two grades"],
        ),
        (
            "grades = [0, inf]\ndisagreement = [0, 1, 1, 0]",
            &["`grades`", "rise"],
        ),
        (
            "grades = [0, 1]\ndisagreement = [0, -1, -1, 0]",
            &["-1", "0 or more"],
        ),
    ] {
        save(folder.path(), "weights.toml", weights);
        let words: Vec<&str> = words.iter().copied().chain(["`weights.toml`"]).collect();
        let agree = ["scores", "agree", "scores.csv", "--weights", "weights.toml"];
        howship(folder.path(), &agree).failed(65, &words);
    }
}

#[test]
fn definitions_of_repair_that_cannot_be() {
    let folder = study(&Study::default());
    let change = |rule| {
        howship(
            folder.path(),
            &["scores", "change", "scores.csv", "--repair-rule", rule],
        )
    };
    change("3/2").failed(2, &["3 of 2 readers"]);
    change("2/2,feature=rust").failed(65, &["no feature `rust`", "erosion"]);
}

#[test]
fn strata_and_sums_that_the_table_does_not_have() {
    let folder = study(&Study::default());
    save(folder.path(), "strata.csv", "subject,stratum\nnobody,1\n");
    let trial = |option, value| {
        howship(
            folder.path(),
            &["scores", "trial", "scores.csv", option, value],
        )
    };
    trial("--strata", "strata.csv").failed(65, &["`strata.csv`", "none of its subjects"]);
    trial("--sdc", "ersion=9").failed(65, &["`ersion`", "erosion"]);
    trial("--final", "adjudicator").failed(2, &["--adjudicator"]);
}
