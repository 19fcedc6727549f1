//! Tables on which earlier versions fell short, each with what is right.

use crate::said;
use howship_scores::agree::{AgreeOptions, AgreeReport, agree};
use howship_scores::change::{ChangeOptions, changes};
use howship_scores::trial::{Method, TrialOptions, TrialReport, trial};
use howship_scores::{
    Error, Mapping, ReadOptions, ScoreTable, TotalsOptions, read_with_warnings, totals,
};
use howship_stats::IccForm;
use howship_tables::{OpenOptions, Table, open};
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cases")
        .join(name)
}

fn opened(name: &str) -> Table {
    open(path(name), &OpenOptions::default()).unwrap()
}

fn custom() -> ReadOptions {
    ReadOptions {
        scheme: Some("custom".into()),
        ..ReadOptions::default()
    }
}

fn read(name: &str, options: &ReadOptions) -> (ScoreTable, Vec<String>) {
    read_with_warnings(&opened(name), options).unwrap()
}

#[track_caller]
fn told(warnings: &[String], words: &[&str]) {
    let found = warnings.iter().any(|w| words.iter().all(|x| w.contains(x)));
    assert!(found, "{words:?} in {warnings:#?}");
}

fn visits(table: &ScoreTable) -> Vec<(&str, Option<f64>)> {
    let all = table.visits.iter();
    all.map(|v| (v.name.as_str(), v.days)).collect()
}

fn agreed(table: &ScoreTable, options: &AgreeOptions) -> AgreeReport {
    let (sums, _) = totals(table, &TotalsOptions::default()).unwrap();
    agree(table, &sums, options).unwrap()
}

fn trial_of(name: &str) -> (TrialReport, Vec<String>, ScoreTable) {
    let (table, warnings) = read(name, &custom());
    let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
    let options = TrialOptions {
        reference_arm: Some("a".into()),
        ..TrialOptions::default()
    };
    (trial(&table, &sums, &options).unwrap(), warnings, table)
}

fn at_last_visit(report: &TrialReport) -> (f64, f64) {
    let found = report
        .comparisons
        .iter()
        .find(|c| c.method == Method::RandomCoefficientLast);
    let found = found.unwrap();
    (found.difference.unwrap().estimate, found.p.unwrap())
}

#[test]
fn days_win_over_labels() {
    let (by_label, warnings, table) = trial_of("c24_min.csv");
    told(
        &warnings,
        &[
            "`M1` is day 365, not 30",
            "`M2` is day 730, not 61",
            "days are used",
        ],
    );
    let days: Vec<Option<f64>> = table.visits.iter().map(|v| v.days).collect();
    assert_eq!(days, [Some(0.0), Some(365.0), Some(730.0)]);
    let (difference, p) = at_last_visit(&by_label);
    assert!((difference - 4.38).abs() < 0.005, "{difference}");
    assert!((1.25e-5..1.35e-5).contains(&p), "{p}");
    let (without, ..) = trial_of("c24_minV.csv");
    assert_eq!(at_last_visit(&without), (difference, p));
}

#[test]
fn one_subject_under_two_spellings() {
    let (table, warnings) = read("c09_min.csv", &custom());
    assert_eq!(table.subjects.len(), 6);
    told(&warnings, &["`001` and `1`", "--same-subjects"]);
    let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
    let apart = said(&changes(&table, &sums, &ChangeOptions::default()).unwrap_err());
    assert!(
        apart.contains("no subject in common") && apart.contains("--same-subjects"),
        "{apart}"
    );
    let apart = said(&agree(&table, &sums, &AgreeOptions::default()).unwrap_err());
    assert!(apart.contains("no subject in common"), "{apart}");
    let same = ReadOptions {
        same_subjects: true,
        ..custom()
    };
    let (table, warnings) = read("c09_min.csv", &same);
    assert_eq!(
        table.subjects.iter().collect::<Vec<_>>(),
        ["001", "002", "003"]
    );
    told(&warnings, &["taken as one subject each", "`001` and `1`"]);
    let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
    let report = changes(&table, &sums, &ChangeOptions::default()).unwrap();
    assert_eq!(report.patients.len(), 3);
}

#[test]
fn k_is_the_number_by_whom_patients_were_read() {
    let (table, _) = read("c28_pool.csv", &custom());
    let report = agreed(&table, &AgreeOptions::default());
    let change = report
        .patients
        .iter()
        .find(|p| p.quantity.is_change())
        .unwrap();
    let icc = change.icc.as_ref().unwrap();
    assert_eq!((icc.mean_of, change.averaged), (2.0, 2.0));
    let of = |form| icc.get(form).unwrap().value;
    assert!(
        (of(IccForm::AgreementMean) - 0.666).abs() < 5e-4,
        "{}",
        of(IccForm::AgreementMean)
    );
    // The Spearman-Brown step from one reader to two.
    let one = of(IccForm::Agreement);
    assert!((of(IccForm::AgreementMean) - 2.0 * one / (1.0 + one)).abs() < 1e-12);
    let of_five = AgreeOptions {
        readers: vec![5],
        ..AgreeOptions::default()
    };
    let report = agreed(&table, &of_five);
    let icc = report.patients.iter().find(|p| p.quantity.is_change());
    let icc = icc.and_then(|p| p.icc.as_ref()).unwrap();
    assert_eq!(icc.mean_of, 5.0);
    let five = icc.get(IccForm::AgreementMean).unwrap().value;
    assert!((five - 5.0 * one / (1.0 + 4.0 * one)).abs() < 1e-12);
}

#[test]
fn large_scores_keep_their_differences() {
    let (table, _) = read("f32b.csv", &custom());
    let report = agreed(&table, &AgreeOptions::default());
    let icc = report.patients[0].icc.as_ref().unwrap();
    let value = icc.get(IccForm::Agreement).unwrap().value;
    assert!((value - 0.962).abs() < 5e-4, "{value}");
}

#[test]
fn dates_are_visits() {
    let (table, warnings) = read("c08_min.csv", &custom());
    assert_eq!(
        visits(&table),
        [("visit 1", Some(0.0)), ("visit 2", Some(367.0))]
    );
    told(&warnings, &["dates alone", "--window"]);
    let svdh = ReadOptions {
        scheme: Some("svdh".into()),
        ..ReadOptions::default()
    };
    let (table, _) = read("c08_visitdate_sas.csv", &svdh);
    assert_eq!(
        visits(&table),
        [("visit 1", Some(0.0)), ("visit 2", Some(367.0))]
    );
    let (table, warnings) = read("c08_visitdate_partial.csv", &svdh);
    assert_eq!(
        visits(&table),
        [("visit 1", Some(0.0)), ("visit 2", Some(365.0))]
    );
    told(&warnings, &["`2021-03`", "the 15th was taken"]);
}

#[test]
fn analysis_flags_are_kept_and_derived_rows_left_out() {
    let (table, warnings) = read("c11_adxr.xpt", &ReadOptions::default());
    assert_eq!(table.rows.len(), 85);
    told(&warnings, &["`ANL01FL` = Y", "all of them"]);
    told(&warnings, &["5 rows were left out", "`DTYPE`"]);
    told(&warnings, &["not read", "`TRTPN`", "`PARAM`"]);
    let days: Vec<Option<f64>> = table.visits.iter().map(|v| v.days).collect();
    assert_eq!(days, [Some(0.0), Some(168.0), Some(364.0)]);
}

#[test]
fn a_kappa_that_no_draw_moves_has_no_interval() {
    for name in ["c03_floor.csv", "c03b_floor.csv"] {
        let (table, _) = read(name, &custom());
        let report = agreed(&table, &AgreeOptions::default());
        for joint in &report.joints {
            for kappa in &joint.kappas {
                let interval = kappa.interval();
                assert!(
                    interval.is_none_or(|i| i.lower < i.upper),
                    "{name} {kappa:?}"
                );
            }
            let exact = joint.exact.as_ref().unwrap();
            assert!(exact.value > 0.5 && exact.value <= 1.0, "{name} {exact:?}");
        }
        let unmoved = report
            .joints
            .iter()
            .any(|j| j.kappas.iter().any(|k| k.interval().is_none()));
        if unmoved {
            told(
                &report.notes,
                &["has no interval", "readers agree exactly on"],
            );
        }
        for row in &report.tidy().rows {
            let text = format!("{row:?}");
            let certain = [
                "Number(0.0), Number(0.0), Number(0.0)",
                "Number(1.0), Number(1.0), Number(1.0)",
            ];
            let kappa = text.contains("kappa");
            assert!(
                !kappa || certain.iter().all(|c| !text.contains(c)),
                "{text}"
            );
        }
    }
}

#[test]
fn an_index_without_a_name_is_left_out() {
    let svdh = ReadOptions {
        scheme: Some("svdh".into()),
        ..ReadOptions::default()
    };
    let (table, warnings) = read("c20_index.csv", &svdh);
    assert_eq!(table.rows.len(), 480);
    told(&warnings, &["no name and numbers the rows"]);
}

#[test]
fn words_for_grades() {
    let svdh = ReadOptions {
        scheme: Some("svdh".into()),
        mapping: Some(Mapping::from_file(&path("words.toml")).unwrap()),
        ..ReadOptions::default()
    };
    let (table, _) = read("c25_words.csv", &svdh);
    assert_eq!(table.rows.len(), 480);
    let sum: f64 = table
        .rows
        .iter()
        .map(|r| r.score)
        .filter(|s| !s.is_nan())
        .sum();
    let (plain, _) = read(
        "c20_index.csv",
        &ReadOptions {
            mapping: None,
            ..svdh
        },
    );
    let same: f64 = plain
        .rows
        .iter()
        .map(|r| r.score)
        .filter(|s| !s.is_nan())
        .sum();
    assert_eq!(sum, same);
}

#[test]
fn merged_headers_are_refused() {
    let error = open(path("c17_merged.csv"), &OpenOptions::default())
        .unwrap_err()
        .to_string();
    assert!(error.contains("column 1 has no name"), "{error}");
    let with_names = howship_tables::read(
        Path::new("x.csv"),
        b"a,b,M0,,M12,\nPatient,Reader,L MCP2,L MCP3,L MCP2,L MCP3\nP1,A,0,1,0,1\n".to_vec(),
        &OpenOptions::default(),
    );
    assert!(with_names.is_err());
}

#[test]
fn the_error_is_one_that_names_the_question() {
    let (table, _) = read("c09_min.csv", &custom());
    let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
    let error = changes(&table, &sums, &ChangeOptions::default()).unwrap_err();
    assert!(matches!(error, Error::NotIdentified { .. }));
    // With a detectable change of the reader's own the readers' differences are not needed.
    let given = ChangeOptions {
        sdc: Some(3.0),
        ..ChangeOptions::default()
    };
    assert_eq!(changes(&table, &sums, &given).unwrap().patients.len(), 6);
}
