//! Thirty tables whose meaning is more than their cells, each with its right answer: names of visits against days in
//! every combination, dates, windows, spellings of subjects, codes and flags.

use crate::reading::table;
use crate::said;
use howship_scores::{
    Error, InWindow, Mapping, ReadOptions, ScoreTable, Status, VisitWindow, VisitWindows,
    read_with_warnings, validate,
};
use howship_tables::Table;

fn custom() -> ReadOptions {
    ReadOptions {
        scheme: Some("custom".into()),
        ..ReadOptions::default()
    }
}

fn mapped(text: &str) -> ReadOptions {
    ReadOptions {
        mapping: Some(Mapping::from_toml(text).unwrap()),
        ..custom()
    }
}

fn windows(all: &[&str], rule: InWindow) -> ReadOptions {
    let list = all.iter().map(|w| VisitWindow::parse(w).unwrap());
    ReadOptions {
        windows: VisitWindows::new(list.collect(), rule).unwrap(),
        ..custom()
    }
}

#[track_caller]
fn read(text: &str, options: &ReadOptions) -> (ScoreTable, String) {
    let (table, warnings) = read_with_warnings(&table(text), options).unwrap();
    (table, warnings.join("\n"))
}

#[track_caller]
fn refused(text: &str, options: &ReadOptions) -> String {
    let error = read_with_warnings(&table(text), options)
        .map(|_| ())
        .unwrap_err();
    // What `validate` lists is what reading refuses.
    let listed = validate(&table(text), options);
    assert!(!listed.is_valid() && listed.summary.is_none());
    said(&error)
}

#[track_caller]
fn says(text: &str, words: &[&str]) {
    assert!(
        words.iter().all(|w| text.contains(w)),
        "{words:?} in {text}"
    );
}

fn visits(table: &ScoreTable) -> Vec<(String, Option<f64>)> {
    let all = table.visits.iter();
    all.map(|v| (v.name.clone(), v.days)).collect()
}

#[track_caller]
fn are(table: &ScoreTable, expected: &[(&str, f64)]) {
    let expected: Vec<(String, Option<f64>)> = expected
        .iter()
        .map(|(n, d)| ((*n).to_owned(), Some(*d)))
        .collect();
    assert_eq!(visits(table), expected);
}

const COLUMNS: &str = "[columns]\nsubject = 'subject'\nvisit = 'visit'\ndays = 'days'\ndate = 'date'\nreader = 'reader'\nscore = 'score'\n";

// Labels against days.

#[test]
fn t01_labels_and_days_that_agree_keep_the_protocols_day() {
    let (t, w) = read(
        "subject|visit|days|score\nA|M0|0|1\nA|M12|370|2\nB|M0|0|1\nB|M12|350|2",
        &custom(),
    );
    are(&t, &[("M0", 0.0), ("M12", 365.25)]);
    assert!(!w.contains("disagree"), "{w}");
}

#[test]
fn t02_labels_in_weeks_that_count_months_give_way_to_days() {
    let (t, w) = read(
        "subject|visit|days|score\nA|W0|0|1\nA|W6|183|2\nB|W0|0|1\nB|W6|180|2",
        &custom(),
    );
    are(&t, &[("W0", 0.0), ("W6", 181.5)]);
    says(&w, &["`W6` is day 182, not 42", "days are used"]);
}

#[test]
fn t03_labels_in_an_order_that_days_turn_round() {
    let (t, w) = read(
        "subject|visit|days|score\nA|M6|365|2\nA|M12|182|1\nB|M6|366|2\nB|M12|183|1",
        &custom(),
    );
    are(&t, &[("M12", 182.5), ("M6", 365.5)]);
    says(&w, &["disagree", "`M12`", "`M6`"]);
}

#[test]
fn t04_only_the_label_that_days_contradict_loses() {
    let text = "subject|visit|days|score\nA|M0|0|1\nA|M12|365|2\nA|M24|1100|3\nB|M0|0|1\nB|M12|360|2\nB|M24|1090|3";
    let (t, w) = read(text, &custom());
    are(&t, &[("M0", 0.0), ("M12", 365.25), ("M24", 1095.0)]);
    says(&w, &["`M24` is day 1095, not 730 (median)"]);
    assert!(!w.contains("`M12` is"), "{w}");
}

#[test]
fn t05_days_that_are_months_are_refused_with_the_way_out() {
    let text = "subject|visit|days|reader|score\nA|M0|0|r|1\nA|M12|12|r|2\nA|M24|24|r|2\nB|M0|0|r|1\nB|M12|12|r|2\nB|M24|24|r|3";
    let error = refused(text, &custom());
    says(&error, &["`days` holds months", "days_unit = \"months\""]);
    let unit = mapped(&format!("days_unit = 'months'\n{COLUMNS}"));
    let (t, w) = read(text, &unit);
    are(&t, &[("M0", 0.0), ("M12", 365.25), ("M24", 730.5)]);
    assert!(!w.contains("disagree"), "{w}");
    assert_eq!(t.rows[1].days, 365.25);
}

#[test]
fn t06_days_that_are_weeks() {
    let text =
        "subject|visit|days|score\nA|Week 0|0|1\nA|Week 24|24|2\nB|Week 0|0|1\nB|Week 24|25|2";
    says(
        &refused(text, &custom()),
        &["holds weeks", "days_unit = \"weeks\""],
    );
}

#[test]
fn t07_days_that_count_from_another_day() {
    let text = "subject|visit|days|score\nA|M0|100|1\nA|M12|466|2\nB|M0|98|1\nB|M12|465|2";
    let (t, w) = read(text, &custom());
    are(&t, &[("M0", 99.0), ("M12", 465.5)]);
    says(&w, &["counts from another day", "`M0` is day 99"]);
}

/// Changes ran from a film two years before the visit that is called baseline, with no word of it.
#[test]
fn t07_a_film_long_before_the_baseline_is_told_to_be_the_first() {
    for shift in [0, 742] {
        let rows = |early: i32| {
            let visits =
                [("Old", early), ("M0", 742), ("M12", 1107)].map(|(v, d)| (v, d - 742 + shift));
            let mut text = "subject|visit|days|score".to_owned();
            for subject in ["A", "B"] {
                for (visit, day) in visits {
                    text += &format!("\n{subject}|{visit}|{day}|1");
                }
            }
            text
        };
        let (t, w) = read(&rows(0), &custom());
        assert_eq!(t.visits[0].name, "Old");
        says(
            &w,
            &[
                "`Old` lies 742 days before `M0`",
                "leave the rows of `Old` out",
            ],
        );
        // Weeks before it a patient is screened.
        let (_, w) = read(&rows(742 - 28), &custom());
        assert!(!w.contains("before `M0`"), "{w}");
    }
}

#[test]
fn t08_one_subject_far_from_its_visit_is_named() {
    let text = "subject|visit|days|score\nA|M0|0|1\nA|M12|365|2\nB|M0|0|1\nB|M12|364|2\nC|M0|0|1\nC|M12|800|2";
    let (t, w) = read(text, &custom());
    are(&t, &[("M0", 0.0), ("M12", 365.25)]);
    says(
        &w,
        &[
            "`C` M12 on day 800 (line 7), not 365",
            "models use the days of the rows",
        ],
    );
}

#[test]
fn t09_names_without_time_are_ordered_by_days_not_by_their_column_of_order() {
    let text = "subject|visit|visit_order|days|score\nA|Final|1|700|2\nA|Start|2|0|1\nB|Final|1|710|2\nB|Start|2|0|1";
    let (t, w) = read(text, &custom());
    are(&t, &[("Start", 0.0), ("Final", 705.0)]);
    says(&w, &["order says otherwise", "`Start` before `Final`"]);
}

#[test]
fn t10_labels_of_one_time_are_told_apart_by_days() {
    let text = "subject|visit|days|score\nA|Screening|-20|1\nA|Baseline|0|1\nA|M12|365|2\nB|Screening|-18|1\nB|Baseline|0|1\nB|M12|366|2";
    let (t, _) = read(text, &custom());
    are(
        &t,
        &[("Screening", -19.0), ("Baseline", 0.0), ("M12", 365.25)],
    );
    let bare = "subject|visit|score\nA|Screening|1\nA|Baseline|1\nB|Screening|1\nB|Baseline|2";
    says(
        &refused(bare, &custom()),
        &["at the same time", "visit_order"],
    );
    let ordered = "subject|visit|visit_order|score\nA|Screening|1|1\nA|Baseline|2|1\nB|Screening|1|1\nB|Baseline|2|2";
    let (t, _) = read(ordered, &custom());
    let names: Vec<&str> = t.visits.iter().map(|v| v.name.as_str()).collect();
    assert_eq!(names, ["Screening", "Baseline"]);
}

#[test]
fn t11_a_median_counts_each_subject_once() {
    // Nine joints of A on day 365, one of B and one of C on day 30: the visit is day 30.
    let mut text = "subject|visit|days|site|score".to_owned();
    for i in 0..9 {
        text.push_str(&format!("\nA|V1|365|s{i}|1"));
    }
    text.push_str("\nB|V1|30|s0|1\nC|V1|30|s0|1\nA|V0|0|s0|1");
    let (t, _) = read(&text, &custom());
    are(&t, &[("V0", 0.0), ("V1", 30.0)]);
}

// Dates.

#[test]
fn t12_dates_of_named_visits_become_days() {
    let text = "subject|visit|date|reader|score\nA|M0|01MAR2021|r|1\nA|M12|03MAR2022|r|2\nB|M12|2022-04-01|r|2";
    let (t, w) = read(text, &custom());
    are(&t, &[("M0", 0.0), ("M12", 365.25)]);
    let days: Vec<f32> = t.rows.iter().map(|r| r.days).collect();
    // B has no baseline: its first film is its M12.
    assert_eq!(days, [0.0, 367.0, 365.25]);
    assert!(!w.contains("disagree"), "{w}");
}

#[test]
fn t13_dates_contradict_labels() {
    let text = "subject|visit|date|score\nA|M0|2021-03-01|1\nA|M1|2022-03-01|2\nB|M0|2021-05-01|1\nB|M1|2022-05-02|2";
    let (t, w) = read(text, &custom());
    are(&t, &[("M0", 0.0), ("M1", 365.5)]);
    says(&w, &["names and `date` disagree", "`M1` is day 366"]);
}

#[test]
fn t14_days_and_dates_that_disagree_are_told() {
    let text = "subject|visit|days|date|score\nA|M0|0|2021-03-01|1\nA|M12|365|2021-09-01|2";
    let (_, w) = read(text, &custom());
    says(
        &w,
        &[
            "days and dates disagree in 1 rows",
            "365 days",
            "184 by dates",
            "the days are used",
        ],
    );
}

#[test]
fn t15_serial_numbers_are_refused_until_their_epoch_is_said() {
    let text = "subject|date|reader|score\nA|44256|r|1\nA|44623|r|2\nB|44260|r|1\nB|44640|r|2";
    says(
        &refused(text, &custom()),
        &["`44256`", "2021-03-01 (Excel)", "date_numbers"],
    );
    let columns =
        "[columns]\nsubject = 'subject'\ndate = 'date'\nreader = 'reader'\nscore = 'score'\n";
    let (t, _) = read(text, &mapped(&format!("date_numbers = 'excel'\n{columns}")));
    are(&t, &[("visit 1", 0.0), ("visit 2", 373.5)]);
}

#[test]
fn t16_day_and_month_that_may_be_swapped() {
    let text = "subject|date|score\nA|01/03/2021|1\nA|02/03/2022|2";
    says(
        &refused(text, &custom()),
        &["2021-03-01 or 2021-01-03", "date_order"],
    );
    let told = text.to_owned() + "\nB|25/03/2021|1\nB|26/03/2022|3";
    let (t, _) = read(&told, &custom());
    are(&t, &[("visit 1", 0.0), ("visit 2", 366.0)]);
    // Hyphens are written by both halves of the world, points by one.
    let hyphens = refused(&text.replace('/', "-"), &custom());
    says(&hyphens, &["2021-03-01 or 2021-01-03", "date_order"]);
    let (t, _) = read(&told.replace('/', "-"), &custom());
    are(&t, &[("visit 1", 0.0), ("visit 2", 366.0)]);
    let (t, _) = read(&text.replace('/', "."), &custom());
    are(&t, &[("visit 1", 0.0), ("visit 2", 366.0)]);
}

#[test]
fn t17_a_month_and_a_day_of_it_cannot_be_ordered() {
    let text = "subject|date|score\nA|2021-03|1\nA|2021-03-08|2\nA|2022-03|2";
    let error = refused(text, &custom());
    says(
        &error,
        &["2021-03-08", "`2021-03` (line 2)", "in one month"],
    );
}

#[test]
fn t18_a_year_alone_and_an_empty_date_are_refused() {
    says(
        &refused("subject|date|score\nA|2021|1\nA|2022|2", &custom()),
        &["`2021`", "year alone"],
    );
    says(
        &refused("subject|date|score\nA|2021-03-01|1\nA||2", &custom()),
        &["line 3", "has no date"],
    );
}

#[test]
fn t19_days_alone_are_visits() {
    let text = "subject|days|reader|score\nA|0|r|1\nA|365|r|2\nB|0|r|1\nB|380|r|2";
    let (t, w) = read(text, &custom());
    are(&t, &[("visit 1", 0.0), ("visit 2", 372.5)]);
    says(&w, &["days alone", "day 365 to 380"]);
}

// Windows.

const DATED: &str = "subject|date|reader|score
A|2021-03-01|r|1
A|2021-08-20|r|2
A|2021-09-10|r|3
A|2022-03-03|r|4
B|2021-04-01|r|1
B|2022-03-20|r|5";

#[test]
fn t20_windows_name_dates_and_record_their_rule() {
    let (t, w) = read(
        DATED,
        &windows(&["M0=0", "M6=90", "M12=60"], InWindow::Nearest),
    );
    are(&t, &[("M0", 0.0), ("M6", 182.625), ("M12", 365.25)]);
    // A's day 172 is nearer to 182.6 than day 193 by a hair; B has no M6, and its M12 is an M12.
    let scores: Vec<(u32, f64)> = t.rows.iter().map(|r| (r.visit, r.score)).collect();
    assert_eq!(scores, [(0, 1.0), (1, 3.0), (2, 4.0), (0, 1.0), (2, 5.0)]);
    says(
        &w,
        &[
            "M6: day 183, 90 early to 90 late",
            "nearest",
            "1 further date of a subject lies",
        ],
    );
}

#[test]
fn t21_first_and_last_in_a_window() {
    let of = |rule| {
        let (t, _) = read(DATED, &windows(&["M0=0", "M6=90", "M12=60"], rule));
        t.rows[1].score
    };
    assert_eq!((of(InWindow::First), of(InWindow::Last)), (2.0, 3.0));
}

#[test]
fn t22_what_lies_in_no_window_is_counted() {
    let (t, w) = read(DATED, &windows(&["M0=0", "M12=60"], InWindow::Nearest));
    assert_eq!(t.rows.len(), 4);
    says(
        &w,
        &["2 dates of subjects lie in no window", "day 172, day 193"],
    );
}

#[test]
fn t23_windows_of_a_mapping() {
    let options = mapped(
        "in_window = 'last'\n[columns]\nsubject = 'subject'\ndate = 'date'\nreader = 'reader'\nscore = 'score'\n[windows]\nM0 = 0\nM6 = 90\nfinal = { day = 365, before = 60, after = 60 }\n",
    );
    let (t, _) = read(DATED, &options);
    are(&t, &[("M0", 0.0), ("M6", 182.625), ("final", 365.0)]);
    assert_eq!(t.rows[1].score, 3.0);
}

// Who is who.

#[test]
fn t24_case_blanks_and_zeros_are_one_where_that_is_asked_for() {
    let text = "subject|visit|reader|score\nS001|M0|A|1\ns1|M12|A|2\nS-2|M0|A|1\nS002|M12|A|3\nS3|M0|A|1\nS3|M12|A|1";
    let (t, w) = read(text, &custom());
    assert_eq!(t.subjects.len(), 5);
    says(
        &w,
        &["`S-2` and `S002`", "`S001` and `s1`", "--same-subjects"],
    );
    let (t, _) = read(
        text,
        &ReadOptions {
            same_subjects: true,
            ..custom()
        },
    );
    assert_eq!(t.subjects.len(), 3);
}

#[test]
fn t25_names_that_only_look_alike_are_not_flagged() {
    let text = "subject|visit|reader|score\n1-1|M0|A|1\n11|M0|A|2\nA1|M0|A|1\nB1|M0|A|3";
    let (_, w) = read(text, &custom());
    assert!(!w.contains("spelling"), "{w}");
}

#[test]
fn t26_merging_two_that_were_read_twice_is_refused() {
    let text = "subject|visit|reader|score\n001|M0|A|1\n1|M0|A|2\n2|M0|A|2";
    let error = refused(
        text,
        &ReadOptions {
            same_subjects: true,
            ..custom()
        },
    );
    says(&error, &["scored twice"]);
}

#[test]
fn t27_readers_and_arms_in_two_spellings_are_told() {
    let text = "subject|arm|visit|reader|score\nA|MTX|M0|Reader 1|1\nA|MTX|M12|READER 1|2\nB|mtx|M0|Reader 1|1\nB|mtx|M12|READER 1|1";
    let (_, w) = read(text, &custom());
    says(
        &w,
        &[
            "readers whose names differ in spelling",
            "[values.reader]",
            "arms whose names",
        ],
    );
}

// Arms.

fn dm(text: &str) -> Option<Table> {
    Some(table(text))
}

#[test]
fn t28_arms_come_from_a_table_of_subjects() {
    let text = "subject|visit|reader|score\n001|M0|A|1\n001|M12|A|2\n002|M0|A|1\n002|M12|A|3\n003|M0|A|1\n003|M12|A|3";
    let subjects =
        dm("STUDYID|USUBJID|SUBJID|ARM|ACTARM\nX|X-001|001|b|b\nX|X-002|002|a|b\nX|X-009|009|a|a");
    let options = ReadOptions {
        subjects: subjects.clone(),
        ..custom()
    };
    let (t, w) = read(text, &options);
    assert_eq!(t.arms.iter().collect::<Vec<_>>(), ["a", "b"]);
    let arm_of = |subject: usize| {
        t.rows
            .iter()
            .find(|r| r.subject == subject as u32)
            .map(|r| r.arm)
    };
    assert_eq!(
        (arm_of(0), arm_of(1), arm_of(2)),
        (Some(1), Some(0), Some(u32::MAX))
    );
    says(
        &w,
        &[
            "column `ARM`, by its column `SUBJID`: 2 of 3",
            "`003`",
            "differ in 1 subjects",
        ],
    );
    // Its own arm says otherwise: neither is believed.
    let own = "subject|arm|visit|reader|score\n001|a|M0|A|1\n001|a|M12|A|2";
    let error = refused(own, &options);
    says(&error, &["another arm than `b`", "--subjects"]);
    let twice = dm("USUBJID|ARM\n001|a\n001|b");
    says(
        &refused(
            text,
            &ReadOptions {
                subjects: twice,
                ..custom()
            },
        ),
        &["second arm of subject `001`"],
    );
}

// Codes and flags.

#[test]
fn t29_words_for_a_score_that_is_not_there() {
    let text = "subject|visit|reader|score\nA|M0|r|1\nA|M12|r|ND\nB|M0|r|n/a\nB|M12|r|.\nC|M0|r|.A\nC|M12|r|prosthesis\nD|M0|r|NE\nD|M12|r|2\nE|M0|r|NA\nE|M12|r|";
    let (t, w) = read(text, &custom());
    let status: Vec<Status> = t.rows.iter().map(|r| r.status).collect();
    use Status::{Missing, NotScorable, Ok, Replaced};
    assert_eq!(
        status,
        [
            Ok,
            Missing,
            Missing,
            Missing,
            Missing,
            Replaced,
            NotScorable,
            Ok,
            Missing,
            Missing
        ]
    );
    says(
        &w,
        &[
            "`.A` 1 (missing)",
            "`ND` 1 (missing)",
            "`prosthesis` 1 (replaced)",
            "`NE` 1 (not-scorable)",
        ],
    );
    let summary = validate(&table(text), &custom()).summary.unwrap();
    assert_eq!(summary.reasons.len(), 5);
    let error = refused(&text.replace("|ND", "|ungrades"), &custom());
    says(&error, &["`ungrades`", "[values.score]"]);
}

#[test]
fn t30_grades_in_words_codes_in_numbers_and_flags() {
    let text = "subject|visit|reader|score|FLAG\nA|M0|r|mild|Y\nA|M12|r|none|Y\nB|M0|r|9|Y\nB|M12|r|ND|y\nC|M0|r|2|N\nC|M12|r|2|";
    let options = mapped(
        "missing = ['ND']\n[columns]\nsubject='subject'\nvisit='visit'\nreader='reader'\nscore='score'\n[values.score]\nnone='0'\nmild='1'\n'9'='replaced'\n[keep]\nFLAG='Y'\n",
    );
    let (t, w) = read(text, &options);
    let found: Vec<(f64, Status)> = t
        .rows
        .iter()
        .map(|r| (r.score.max(-1.0), r.status))
        .collect();
    assert_eq!(found[0], (1.0, Status::Ok));
    assert_eq!(found[1], (0.0, Status::Ok));
    assert_eq!(
        (found[2].1, found[3].1, found.len()),
        (Status::Replaced, Status::Missing, 4)
    );
    says(&w, &["`FLAG` = Y", "2 rows were left out by their flags"]);
    for (wrong, reason) in [
        ("[values.score]\nmild='light'\n", "cannot mean `light`"),
        (
            "missing=['x']\n[values.score]\nx='1'\n",
            "given two meanings",
        ),
        ("[windows]\nV2=3\n", "tells no day"),
        ("days_unit='fortnights'\n", "fortnights"),
    ] {
        let (top, rest) = match wrong.starts_with('[') {
            true => ("", wrong),
            false => wrong.split_once("\n").map_or((wrong, ""), |(a, b)| (a, b)),
        };
        let text = format!("{top}\n[columns]\nsubject='s'\nscore='x'\n{rest}");
        let error = Mapping::from_toml(&text).unwrap_err();
        let of_it = matches!(error, Error::Mapping { .. } | Error::Unread { .. });
        assert!(of_it && said(&error).contains(reason), "{error}");
    }
}

#[test]
fn t31_a_code_far_from_all_scores_is_asked_about() {
    let mut text = "subject|visit|reader|score".to_owned();
    for i in 0..20 {
        text.push_str(&format!(
            "\nP{i}|M0|r|{}\nP{i}|M12|r|{}",
            i,
            if i == 7 { 999 } else { i + 1 }
        ));
    }
    let (_, w) = read(&text, &custom());
    says(
        &w,
        &["1 scores are 999", "from 0 to 20", "\"999\" = \"missing\""],
    );
    let (_, w) = read(&text.replace("|999", "|9"), &custom());
    assert!(!w.contains("code for a score"), "{w}");
}

#[test]
fn t32_every_column_that_is_not_read_is_told() {
    let text = "subject|visit|reader|score|comment|kVp\nA|M0|r|1|x|50\nB|M0|r|2|y|50";
    let (_, w) = read(text, &custom());
    says(&w, &["2 columns were not read: `comment`, `kVp`"]);
    let (_, w) = read("subject|visit|reader|score\nA|M0|r|1\nB|M0|r|2", &custom());
    assert!(!w.contains("not read"), "{w}");
}

#[test]
fn t33_a_mark_before_three_digits_is_no_decimal_and_no_thousand_by_a_guess() {
    let text = |score: &str| format!("subject|visit|reader|score\nA|M0|r|{score}\nB|M0|r|2");
    let commas = ReadOptions {
        decimal_comma: true,
        ..custom()
    };
    says(
        &refused(&text("3.500"), &commas),
        &["a point", "`3500` or `3,500`"],
    );
    says(
        &refused(&text("3,500"), &custom()),
        &["a comma", "`3500` or `3.500`"],
    );
    says(&refused(&text("-1.234.567"), &commas), &["`-1234567`"]);
    for (score, options, value) in [
        ("3.500", custom(), 3.5),
        ("3,500", commas.clone(), 3.5),
        ("2.5", commas.clone(), 2.5),
        ("0.125", commas, 0.125),
    ] {
        assert_eq!(
            read(&text(score), &options).0.rows[0].score,
            value,
            "{score}"
        );
    }
}

#[test]
fn t34_a_scale_that_runs_the_other_way_is_asked_about() {
    let table = |b: &dyn Fn(i32) -> i32| {
        let rows = (0..14).flat_map(|i| {
            let noise = (i * 7) % 5;
            ["M0", "M12"]
                .map(|v| format!("\nP{i}|{v}|A|{}\nP{i}|{v}|B|{}", 3 * i, b(3 * i) + noise))
        });
        format!("subject|visit|reader|score{}", rows.collect::<String>())
    };
    let (scores, w) = read(&table(&|a| 60 - a), &custom());
    says(
        &w,
        &[
            "opposite ways",
            "`B` scores low where `A` scores high",
            "--as-scored",
        ],
    );
    assert_eq!(scores.doubts.len(), 1);
    let (_, w) = read(&table(&|a| a + 4), &custom());
    assert!(!w.contains("opposite"), "{w}");
    let taken = ReadOptions {
        as_scored: true,
        ..custom()
    };
    assert!(read(&table(&|a| 60 - a), &taken).0.doubts.is_empty());
}

#[test]
fn t35_one_name_in_two_encodings_and_names_that_a_spreadsheet_shortened() {
    let text =
        "subject|visit|reader|score\nMüller|M0|A|1\nMu\u{308}ller|M12|A|2\n1.23457E+11|M0|A|3";
    let (_, w) = read(text, &custom());
    says(
        &w,
        &[
            "differ in spelling only",
            "shorten long numbers",
            "`1.23457E+11`",
        ],
    );
}
