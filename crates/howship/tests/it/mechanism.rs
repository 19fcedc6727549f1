//! `howship simulate`, `forecast` and `power` as their user meets them.

use crate::fixture::{compared, copy_folder, howship, names, own_series};
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

/// The result of the small series as `seen`, one lesion of it with a change, and its bone.
fn seen(folder: &std::path::Path) -> (u32, f64, String) {
    copy_folder(&compared().out(), &folder.join("seen"));
    let text = fs::read_to_string(folder.join("seen/verdicts.json")).unwrap();
    let found: howship_change::VerdictFile = serde_json::from_str(&text).unwrap();
    let lesion = found.lesions.iter().find(|l| !l.course.is_empty()).unwrap();
    (lesion.id, lesion.course[0].value, lesion.bone.clone())
}

fn record(lesion: &str) -> String {
    format!(
        "[subject]\nid = 'A'\n[[therapy]]\ndrug = 'adalimumab'\ndose = '40 mg'\ninterval = '2 wk'\nstart = 'M0'\n\
         [[activity]]\nvisit = 'M0'\ndas28 = 5.4\nkind = 'crp4'\n[[lesion]]\n{lesion}\n\
         [[imaging]]\nvisit = 'M12'\nmodality = 'hr-pqct'\n"
    )
}

#[test]
fn a_forecast_learns_from_a_result_of_compare_and_refuses_what_does_not_fit_it() {
    let own = own_series();
    let folder = own.path();
    let (id, change, bone) = seen(folder);
    let forecast = |text: &str, observed: &str| {
        fs::write(folder.join("case.toml"), text).unwrap();
        howship(
            folder,
            &[
                "forecast",
                "case.toml",
                "--observed",
                observed,
                "--draws",
                "2048",
                "--json",
            ],
        )
    };
    let lesion = format!("site = '{bone}'\nobserved_id = {id}");
    let run = forecast(&record(&lesion), "seen");
    run.succeeded();
    let found = json(&run.stdout);
    assert_eq!(found["result"]["diagnostics"]["observations"], 1);
    let inputs = found["provenance"]["inputs"].as_array().unwrap();
    assert!(inputs.iter().any(|i| i["name"] == "verdicts.json"));
    // The next visit is expected nearer to what was seen than without it.
    let expected = |run: &crate::fixture::Run| {
        let found = json(&run.stdout);
        let rows = found["result"]["next"].as_array().unwrap().clone();
        let row = rows
            .iter()
            .find(|r| r["tool"].as_str().unwrap().contains("volume"));
        row.unwrap()["change"][0].as_f64().unwrap()
    };
    let before = howship(
        folder,
        &["forecast", "case.toml", "--draws", "2048", "--json"],
    );
    before.succeeded();
    let (with, without) = (expected(&run), expected(&before));
    assert!(
        (with - change).abs() < (without - change).abs(),
        "seen {change}, expected {with} with it and {without} without"
    );
    // The same file instead of its folder; what does not fit is named.
    forecast(&record(&lesion), "seen/verdicts.json").succeeded();
    let other = if bone == "R.MC2" { "R.PP2" } else { "R.MC2" };
    for (lesion, part) in [
        (
            format!("site = '{other}'\nobserved_id = {id}"),
            bone.as_str(),
        ),
        (format!("site = '{bone}'\nobserved_id = 99"), "no lesion 99"),
        (format!("site = '{bone}'"), "observed_id"),
    ] {
        let run = forecast(&record(&lesion), "seen");
        run.failed(65, &[part]);
    }
    // Changes that do not count from the record's baseline.
    let text = fs::read_to_string(folder.join("seen/verdicts.json")).unwrap();
    let later = text
        .replace("\"M6\"", "\"M12\"")
        .replace("\"M0\"", "\"M6\"");
    let later = later.replace("\"days\": 0.0", "\"days\": 182.6");
    fs::write(folder.join("later.json"), later).unwrap();
    forecast(&record(&lesion), "later.json").failed(65, &["M0"]);
    // A number that a spreadsheet's region wrote: the entry is named.
    let comma = text.replace("\"days\": 182.625", "\"days\": \"182,625\"");
    assert_ne!(comma, text);
    fs::write(folder.join("comma.json"), comma).unwrap();
    forecast(&record(&lesion), "comma.json").failed(65, &["`visits[1]`", "182,625"]);
}

#[test]
fn changes_that_contradict_or_that_nothing_reaches_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let lesion = "site = 'R.MC2'\ndepth_mm = 2.3\nwidth_mm = 2.0";
    let forecast = |text: &str| {
        fs::write(folder.path().join("case.toml"), text).unwrap();
        howship(
            folder.path(),
            &["forecast", "case.toml", "--draws", "4096", "--months", "12"],
        )
    };
    let seen = |changes: &[f64]| {
        let rows = changes.iter().map(|c| {
            format!("[[observation]]\nvisit = 'M6'\nlesion = 1\nquantity = 'depth'\nchange = {c}\n")
        });
        record(lesion) + &rows.collect::<String>()
    };
    forecast(&seen(&[-0.2, 0.4])).failed(
        65,
        &["`observation[0]` and `observation[1]`", "-0.2", "+0.4 mm"],
    );
    forecast(&seen(&[-20.2])).failed(65, &["observation[0].change", "-20 and 20"]);
    forecast(&seen(&[-15.0])).failed(65, &["observation[0]", "-15 mm", "fits none", "sign"]);
    forecast(&seen(&[-0.2])).succeeded();
    let twice = record(&format!("{lesion}\n[[lesion]]\n{lesion}"));
    let run = forecast(&twice);
    run.succeeded();
    let said = run.stdout.clone() + &run.stderr;
    assert!(
        said.contains("lesion[0] and lesion[1] are both at `R.MC2`"),
        "{said}"
    );
}

#[test]
fn a_population_is_written_as_parquet_and_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = |out, threads| {
        [
            "simulate",
            "--shipped",
            "founding",
            "--patients",
            "40",
            "--months",
            "12",
            "--parquet",
            "-o",
            out,
            "--threads",
            threads,
        ]
    };
    howship(folder.path(), &arguments("one", "1")).succeeded();
    howship(folder.path(), &arguments("two", "2")).succeeded();
    let open = |path: &str| {
        howship_tables::open(
            folder.path().join(path),
            &howship_tables::OpenOptions::default(),
        )
        .unwrap()
    };
    for name in ["patients.parquet", "course.parquet", "visits.parquet"] {
        let read = |out: &str| fs::read(folder.path().join(out).join(name)).unwrap();
        assert_eq!(read("one"), read("two"), "{name}");
    }
    // Five lesions of 40 patients at months 0, 6 and 12, and at the end of the last whole step after it.
    let table = open("one/patients.parquet");
    assert_eq!(table.rows(), 40 * 5 * 4);
    let column = |name: &str| -> Vec<f64> {
        let column = table.column(name).unwrap();
        (0..table.rows())
            .map(|i| column.text(i).parse().unwrap())
            .collect()
    };
    let (day, change) = (column("day"), column("depth_change_mm"));
    assert!(day.iter().zip(&change).all(|(d, c)| *d > 0.0 || *c == 0.0));
    // The mean over the patients is that of the bands.
    let bands = open("one/course.parquet");
    let text = |name: &str, i| bands.column(name).unwrap().text(i).into_owned();
    let lesion = table.column("lesion").unwrap();
    let wanted = lesion.text(0).into_owned();
    let last = day.iter().copied().fold(0.0, f64::max);
    let rows = (0..table.rows()).filter(|&i| lesion.text(i) == wanted && day[i] == last);
    let (sum, n) = rows.fold((0.0, 0), |(s, n), i| (s + change[i], n + 1));
    let band = (0..bands.rows()).find(|&i| {
        text("quantity", i) == "depth change"
            && text("lesion", i) == wanted
            && (text("day", i).parse::<f64>().unwrap() - last).abs() < 1e-9
    });
    let mean: f64 = text("mean", band.unwrap()).parse().unwrap();
    assert!(
        (mean - sum / f64::from(n)).abs() < 1e-5,
        "{mean} {}",
        sum / f64::from(n)
    );
    let alone = ["simulate", "--shipped", "founding", "--parquet"];
    howship(folder.path(), &alone).failed(2, &["--out"]);
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
    // The page holds the numbers, not their picture alone.
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("Power by patients per arm"));
    // What would be left aside is refused: a design's own level and power, a folder for two shares.
    for option in ["--level", "--power"] {
        let arguments = ["power", "design.toml", option, "0.9"];
        howship(folder.path(), &arguments).failed(2, &["cannot be used with", option]);
    }
    let arguments = ["power", "--shares", "0.2,0.06", "-o", "shares"];
    howship(folder.path(), &arguments).failed(2, &["`-o`", "--json"]);
    assert!(!folder.path().join("shares").exists());
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
        // Wrong by a unit; by mouth what is a protein; a bone that is none, and no guess at which.
        (
            "dose = \"100 mg\"",
            "dose = \"100 g\"",
            "100000 mg of anakinra at once is too much",
        ),
        ("dose = \"100 mg\"", "dose = \"100 ug\"", "too little"),
        (
            "route = \"s.c.\"",
            "route = \"p.o.\"",
            "anakinra is given s.c. or i.v.",
        ),
        (
            "R.MC2.head.radial",
            "R.MC9.head",
            "one of `R.MC1`, `R.MC2`, `R.MC3`, `R.MC4`, `R.MC5`",
        ),
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
