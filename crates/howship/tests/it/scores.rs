//! `howship scores`: every question end to end.

use crate::fixture::{Run, command, contents, howship, names};
use crate::scores_table::{HEADER, Study, csv, save, study};
use std::path::Path;

const QUESTIONS: [&str; 7] = [
    "schemes", "validate", "totals", "agree", "change", "repair", "trial",
];

/// Options that keep a test short.
fn short(question: &str) -> Vec<&'static str> {
    match question {
        "agree" => vec!["--draws", "200"],
        "repair" => vec![
            "--draws",
            "100",
            "--warm-up",
            "50",
            "--sweeps",
            "100",
            "--chains",
            "2",
        ],
        _ => Vec::new(),
    }
}

/// The arguments of a question about `scores.csv`.
fn arguments(question: &'static str, more: &[&'static str]) -> Vec<&'static str> {
    let mut words = vec!["scores", question];
    if question != "schemes" {
        words.push("scores.csv");
    }
    words.extend(short(question));
    words.extend(more);
    words
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn reported(folder: &Path, out: &str) -> serde_json::Value {
    json(&std::fs::read_to_string(folder.join(out).join("scores.json")).unwrap())
}

#[test]
fn every_question_answers_on_the_terminal_as_json_and_in_a_folder() {
    let folder = study(&Study::default());
    for question in QUESTIONS {
        let run = howship(folder.path(), &arguments(question, &[]));
        run.succeeded();
        assert!(run.stdout.lines().count() > 2, "{question}: {}", run.stdout);
        let run = howship(
            folder.path(),
            &arguments(question, &["--json", "-o", question]),
        );
        run.succeeded();
        let printed = json(&run.stdout);
        assert_eq!(printed, reported(folder.path(), question), "{question}");
        assert_eq!(printed["schema"], "howship-scores/1");
        assert_eq!(printed["question"], question);
        assert_eq!(printed["provenance"]["version"], env!("CARGO_PKG_VERSION"));
        let page =
            std::fs::read_to_string(folder.path().join(question).join("report.html")).unwrap();
        for word in ["http://", "https://", "<script", "NaN"] {
            assert!(
                !page.replace("http://www.w3.org", "").contains(word),
                "{question}: {word} in the page"
            );
        }
        let files = names(&folder.path().join(question));
        assert!(
            files.iter().any(|f| f.ends_with(".csv")),
            "{question}: {files:?}"
        );
    }
}

#[test]
fn the_folder_says_what_it_was_made_of() {
    let folder = study(&Study::default());
    let out = folder.path().join("elsewhere");
    std::fs::create_dir(&out).unwrap();
    std::fs::copy(folder.path().join("scores.csv"), out.join("scores.csv")).unwrap();
    let run = howship(
        folder.path(),
        &[
            "scores",
            "agree",
            "elsewhere/scores.csv",
            "--draws",
            "200",
            "--seed",
            "7",
            "-o",
            "out",
            "--threads",
            "1",
        ],
    );
    run.succeeded();
    let made = reported(folder.path(), "out");
    let provenance = &made["provenance"];
    let command: Vec<&str> = provenance["command"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| w.as_str().unwrap())
        .collect();
    assert_eq!(
        command,
        [
            "howship",
            "scores",
            "agree",
            "scores.csv",
            "--draws",
            "200",
            "--seed",
            "7"
        ]
    );
    assert_eq!(provenance["inputs"][0]["name"], "scores.csv");
    assert_eq!(
        provenance["inputs"][0]["blake3"].as_str().unwrap().len(),
        64
    );
    assert_eq!(provenance["seeds"], serde_json::json!([7]));
    assert_eq!(provenance["settings"]["confidence"], "0.95");
    assert_eq!(provenance["settings"]["draws"], "200");
}

#[test]
fn the_same_bytes_for_any_number_of_threads() {
    let folder = study(&Study::default());
    for question in QUESTIONS {
        let mut made = Vec::new();
        for threads in ["1", "2", "8"] {
            let out = format!("{question}-{threads}");
            let mut words = arguments(question, &["--threads"]);
            words.extend([threads, "-o", &out]);
            howship(folder.path(), &words).succeeded();
            made.push(contents(&folder.path().join(&out)));
        }
        assert_eq!(made[0], made[1], "{question}: 1 and 2 threads");
        assert_eq!(made[0], made[2], "{question}: 1 and 8 threads");
    }
}

#[test]
fn equal_scores_leave_the_icc_undefined_and_say_so() {
    let mut text = format!("{HEADER}\n");
    for subject in 0..12 {
        for visit in ["M0,0", "M12,365"] {
            for reader in ["R1", "R2"] {
                for site in ["MCP2", "PIP3"] {
                    text.push_str(&format!(
                        "P{subject},A,{visit},{reader},1,svdh,L,{site},erosion,2,ok\n"
                    ));
                }
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "scores.csv", text);
    let run = howship(
        folder.path(),
        &[
            "scores",
            "agree",
            "scores.csv",
            "--share",
            "0",
            "--draws",
            "100",
            "--json",
        ],
    );
    run.succeeded();
    let answer = json(&run.stdout);
    let notes = answer["notes"].to_string();
    assert!(
        notes.contains("ICC") || notes.contains("ntraclass"),
        "{notes}"
    );
    let forms = answer["result"]["patients"].as_array().unwrap();
    assert!(
        forms.iter().all(|p| p["icc"].is_null()),
        "an ICC of equal scores: {forms:?}"
    );
}

#[test]
fn a_reader_with_one_patient_is_named() {
    let mut text = csv(&Study::default());
    for line in text
        .clone()
        .lines()
        .filter(|l| l.starts_with("P000,") && l.contains(",R1,"))
    {
        text.push_str(&line.replace(",R1,", ",R3,"));
        text.push('\n');
    }
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "scores.csv", text);
    for question in ["validate", "agree"] {
        let run = howship(folder.path(), &arguments(question, &[]));
        run.succeeded();
        assert!(run.stderr.contains("R3"), "{question}: {}", run.stderr);
    }
}

#[test]
fn a_design_that_cannot_answer_is_told_what_it_lacks() {
    let one_reader = Study {
        readers: vec!["R1"],
        ..Study::default()
    };
    let folder = study(&one_reader);
    howship(folder.path(), &arguments("agree", &[])).failed(65, &["agreement", "second"]);
    let one_visit = Study {
        visits: vec![("M0", 0)],
        ..Study::default()
    };
    let folder = study(&one_visit);
    for question in ["change", "repair", "trial"] {
        howship(folder.path(), &arguments(question, &["-o", "out"])).failed(65, &["visit"]);
    }
    assert_eq!(names(folder.path()), ["scores.csv"]);
}

#[test]
fn a_scheme_of_ones_own_and_any_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let scheme = "id = \"knuckles\"\nname = \"Knuckles\"\nsource = \"made up\"\n\
        [[feature]]\ncode = \"rust\"\ntitle = \"rust\"\n\
        [[score]]\nfeature = \"rust\"\nsites = [\"MCP2\", \"MCP3\"]\nmax = 9\n";
    save(folder.path(), "knuckles.toml", scheme);
    let mut text = String::from("subject,visit,reader,side,site,feature,score\n");
    for (subject, base) in [("a", 1), ("b", 9), ("c", 4)] {
        for (visit, reader) in [("M0", "R1"), ("M0", "R2"), ("M6", "R1"), ("M6", "R2")] {
            for (side, site) in [("L", "MCP2"), ("L", "MCP3"), ("R", "MCP2"), ("R", "MCP3")] {
                text.push_str(&format!(
                    "{subject},{visit},{reader},{side},{site},rust,{base}\n"
                ));
            }
        }
    }
    save(folder.path(), "t.csv", text);
    let run = howship(
        folder.path(),
        &[
            "scores",
            "totals",
            "t.csv",
            "--scheme",
            "knuckles",
            "--scheme-file",
            "knuckles.toml",
            "-o",
            "out",
        ],
    );
    run.succeeded();
    let totals = std::fs::read_to_string(folder.path().join("out/totals.csv")).unwrap();
    let row = totals
        .lines()
        .find(|l| l.starts_with("b,") && l.contains(",rust,"))
        .unwrap();
    assert!(row.contains(",36,4,4"), "{row}");
    let run = howship(
        folder.path(),
        &[
            "scores",
            "schemes",
            "--show",
            "knuckles",
            "--scheme-file",
            "knuckles.toml",
        ],
    );
    run.succeeded();
    assert!(
        run.stdout.contains("Knuckles") && run.stdout.contains("MCP2 MCP3"),
        "{}",
        run.stdout
    );

    save(
        folder.path(),
        "any.csv",
        "subject,reader,score\na,1,-3.25\na,2,-3\nb,1,7e2\nb,2,705\nc,1,40\nc,2,44\n",
    );
    let run = howship(
        folder.path(),
        &[
            "scores", "agree", "any.csv", "--scheme", "custom", "--draws", "100",
        ],
    );
    run.succeeded();
    assert!(run.stdout.contains("ICC(A,1)"), "{}", run.stdout);
}

#[test]
fn what_is_unconfirmed_is_marked() {
    let folder = tempfile::tempdir().unwrap();
    let run = howship(folder.path(), &["scores", "schemes"]);
    run.succeeded();
    for id in [
        "sharp-1985",
        "svdh",
        "genant",
        "ratingen",
        "ramris",
        "arashi-change",
        "guss",
    ] {
        assert!(run.stdout.contains(id), "{id}");
    }
    let run = howship(folder.path(), &["scores", "schemes", "--show", "ratingen"]);
    run.succeeded();
    assert!(
        run.stdout.contains("UNCONFIRMED") && run.stdout.contains("190"),
        "{}",
        run.stdout
    );
    howship(folder.path(), &["scores", "schemes", "--show", "svdhh"])
        .failed(65, &["svdhh", "svdh"]);
}

#[test]
fn every_question_explains_itself_with_examples() {
    let folder = tempfile::tempdir().unwrap();
    let run = howship(folder.path(), &["scores", "--help"]);
    run.succeeded();
    for question in QUESTIONS {
        assert!(
            run.stdout.contains(&format!("\n  {question} ")),
            "{question}: {}",
            run.stdout
        );
        let run = howship(folder.path(), &["scores", question, "--help"]);
        run.succeeded();
        assert!(run.stdout.contains("EXAMPLES"), "{question}");
        assert!(
            run.stdout.contains(&format!("howship scores {question}")),
            "{question}"
        );
    }
}

#[test]
fn a_patients_own_map_is_in_the_report_when_asked_for() {
    let folder = study(&Study::default());
    let asked = [
        "--map-patient",
        "P003",
        "--map-patient",
        "P003",
        "-o",
        "out",
    ];
    howship(folder.path(), &arguments("repair", &asked)).succeeded();
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let once = |text: &str| assert_eq!(page.matches(text).count(), 1, "{text}");
    once("Where, in patient P003</h2>");
    once("erosion, patient P003</text>");
    once("jsn, patient P003</text>");
    once("erosion, mean over 24 patients</text>");
    // Two features of all patients, two of one.
    assert_eq!(names(&folder.path().join("out/figures")).len(), 4);
    // The tooltip of a joint says what joints.csv says.
    let joints = std::fs::read_to_string(folder.path().join("out/joints.csv")).unwrap();
    let row = joints
        .lines()
        .find(|l| l.starts_with("P003,L.MCP2 erosion,"));
    let cells: Vec<&str> = row.unwrap().split(',').collect();
    let words = format!(
        "{} of {} readings lower, {} higher",
        cells[3], cells[2], cells[4]
    );
    let figure = std::fs::read_to_string(folder.path().join("out/figures/figure-03.svg")).unwrap();
    let at = figure.find("left MCP2: P(repair)").unwrap();
    assert!(
        figure[at..]
            .chars()
            .take(200)
            .collect::<String>()
            .contains(&words),
        "{words}"
    );

    let run = howship(
        folder.path(),
        &arguments("repair", &["--map-patient", "P03", "-o", "no"]),
    );
    run.failed(65, &["`P03`", "--map-patient", "`P003`"]);
    howship(
        folder.path(),
        &arguments("repair", &["--map-patient", "P003"]),
    )
    .failed(2, &["--out"]);
    assert_eq!(names(folder.path()), ["out", "scores.csv"]);
}

#[test]
fn a_table_of_one_patient_shows_that_patients_map_on_a_scale_to_one() {
    let folder = study(&Study {
        subjects: 1,
        visits: vec![("M0", 0), ("M12", 365), ("M24", 730)],
        readers: vec!["R1", "R2", "R3"],
        ..Study::default()
    });
    howship(folder.path(), &arguments("repair", &["-o", "out"])).succeeded();
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    for words in [
        "Where, in patient P000</h2>",
        "erosion, patient P000</text>",
        "100 %</text>",
        "one patient only",
    ] {
        assert!(page.contains(words), "{words}");
    }
    assert!(!page.contains("mean over 1 patient"));
}

#[test]
fn a_table_from_standard_input_and_a_definition_of_ones_own() {
    let folder = study(&Study::default());
    let rule = ["--repair-rule", "1/2,feature=erosion", "--json"];
    let file: Vec<&str> = ["scores", "change", "scores.csv"]
        .into_iter()
        .chain(rule)
        .collect();
    let piped: Vec<&str> = ["scores", "change", "-"].into_iter().chain(rule).collect();
    let named = howship(folder.path(), &file);
    named.succeeded();
    let table = std::fs::File::open(folder.path().join("scores.csv")).unwrap();
    let run = command().args(piped).stdin(table).output().unwrap();
    let run = Run::of(run);
    run.succeeded();
    let (named, piped) = (json(&named.stdout), json(&run.stdout));
    assert_eq!(named["result"], piped["result"]);
    assert_eq!(
        named["provenance"]["inputs"][0]["blake3"],
        piped["provenance"]["inputs"][0]["blake3"]
    );
    let definitions = named["result"]["definitions"].as_array().unwrap();
    let own = definitions
        .iter()
        .find(|d| d["name"] == "1/2,feature=erosion")
        .unwrap();
    assert!(own["joints"]["of"].as_u64().unwrap() > 0, "{own}");
}

/// The mapping that the README shows.
#[test]
fn a_wide_table_through_a_mapping_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, mapping) = readme.split_once("```toml\n[columns]").unwrap();
    let (mapping, _) = mapping.split_once("```").unwrap();
    save(folder.path(), "columns.toml", format!("[columns]{mapping}"));
    let wide =
        "Patient,Visit,Reader,L_MCP2_ero,R_MCP2_ero,L_PIP3_jsn\nP1,M0,A,2,1,0\nP1,M12,A,1,,0\n";
    save(folder.path(), "wide.csv", wide);
    let run = howship(
        folder.path(),
        &[
            "scores",
            "totals",
            "wide.csv",
            "--columns",
            "columns.toml",
            "--asked",
            "table",
            "--json",
        ],
    );
    run.succeeded();
    let totals = &json(&run.stdout)["result"]["totals"];
    let at = |name: &str| {
        let columns = totals["columns"].as_array().unwrap();
        columns.iter().position(|c| c == name).unwrap()
    };
    let [visit, feature, value] = ["visit", "feature", "value"].map(at);
    let erosion = |name: &str| {
        let rows = totals["rows"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|r| r[visit] == name && r[feature] == "erosion");
        row.unwrap()[value].as_f64().unwrap()
    };
    assert_eq!((erosion("M0"), erosion("M12")), (3.0, 2.0));
}
