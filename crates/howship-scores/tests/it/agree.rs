use crate::panel::{Reading, items, table};
use crate::said;
use howship_scores::agree::{AgreeOptions, AgreeReport, CustomWeights, Quantity, Raters, agree};
use howship_scores::change::{ChangeOptions, changes};
use howship_scores::{Error, Item, ScoreTable, TidyCell, TotalsOptions, totals};
use howship_stats::{IccForm, ReaderScope};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn report(table: &ScoreTable, options: &AgreeOptions) -> Result<AgreeReport, Error> {
    let (sums, _) = totals(table, &TotalsOptions::default()).unwrap();
    agree(table, &sums, options)
}

fn quick() -> AgreeOptions {
    AgreeOptions {
        draws: 200,
        ..AgreeOptions::default()
    }
}

/// A custom table with one number per subject, visit, reader and reading.
fn numbers(readings: &[Reading<'_>], visits: usize) -> ScoreTable {
    let item = Item {
        side: None,
        site: "all".into(),
        feature: "score".into(),
        min: f64::NEG_INFINITY,
        max: f64::INFINITY,
        step: 0.0,
        weight: 1.0,
    };
    table(vec![item], visits, readings)
}

/// Shrout and Fleiss's judges as readers of one visit: the report carries their correlations.
#[test]
fn published_correlations_come_through() {
    let scores = [
        [9, 2, 5, 8],
        [6, 1, 3, 2],
        [8, 4, 6, 8],
        [7, 1, 2, 6],
        [10, 5, 6, 9],
        [6, 2, 4, 7],
    ];
    let scores: Vec<Vec<[f64; 1]>> = (scores.iter())
        .map(|row| row.iter().map(|&s| [s as f64]).collect())
        .collect();
    let subjects = ["a", "b", "c", "d", "e", "f"];
    let mut readings: Vec<Reading<'_>> = Vec::new();
    for (subject, row) in subjects.iter().zip(&scores) {
        for (reader, score) in ["1", "2", "3", "4"].iter().zip(row) {
            readings.push((subject, reader, 1, 0, score));
        }
    }
    let report = report(&numbers(&readings, 1), &quick()).unwrap();
    let status = report
        .patients
        .iter()
        .find(|p| p.feature == "total")
        .unwrap();
    assert_eq!((status.patients, status.complete), (6, 6));
    let icc = status.icc.as_ref().unwrap();
    assert!((icc.get(IccForm::Agreement).unwrap().value - 0.289_763_779_5).abs() < 1e-8);
    assert!((icc.get(IccForm::Consistency).unwrap().value - 0.714_840_714_8).abs() < 1e-8);
    let sdd = |scope| {
        let found = (status.detectable.iter())
            .find(|d| d.scope == scope && d.readers == 1.0 && d.level == 0.95);
        found.unwrap().size.value
    };
    assert!((sdd(ReaderScope::Any) - 6.937_342).abs() < 2e-4);
    assert!((sdd(ReaderScope::Fixed) - 2.798_677).abs() < 1e-4);
    assert_eq!(status.limits.len(), 6);
    assert_eq!(status.generalisability.len(), 4);
    assert!(
        report
            .notes
            .iter()
            .any(|n| n.contains("read anything twice"))
    );
    // Two of the judges' scores are measurements of 1 to 10: kappas of six subjects exist all the same.
    assert!(!report.joints.is_empty());
}

/// Scores of joints by readers who see a common truth.
fn trial(subjects: usize, readers: &[&str], readings: u32, visits: usize, seed: u64) -> ScoreTable {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let names: Vec<String> = (0..subjects).map(|s| format!("S{s}")).collect();
    let mut rows: Vec<(usize, usize, u32, u32, Vec<f64>)> = Vec::new();
    for subject in 0..subjects {
        for item in 0..10u32 {
            let start = 3.0 * rng.random::<f64>();
            let slope = if rng.random::<f64>() < 0.3 { 1.0 } else { 0.0 };
            for reader in 0..readers.len() {
                for reading in 1..=readings {
                    let scores = (0..visits).map(|v| {
                        let noise = 1.2 * (rng.random::<f64>() - 0.5);
                        (start + slope * v as f64 + noise).round().clamp(0.0, 5.0)
                    });
                    rows.push((subject, reader, reading, item, scores.collect()));
                }
            }
        }
    }
    let readings: Vec<Reading<'_>> = (rows.iter())
        .map(|(s, r, reading, item, scores)| {
            (
                names[*s].as_str(),
                readers[*r],
                *reading,
                *item,
                scores.as_slice(),
            )
        })
        .collect();
    table(items(10, "erosion"), visits, &readings)
}

#[test]
fn three_visits_give_status_and_change_first_to_last_and_consecutive() {
    let report = report(&trial(30, &["A", "B", "C"], 1, 3, 1), &quick()).unwrap();
    let quantities: Vec<&Quantity> = (report.patients.iter())
        .filter(|p| p.feature == "total")
        .map(|p| &p.quantity)
        .collect();
    let changes: Vec<(&str, &str)> = (quantities.iter())
        .filter_map(|q| match q {
            Quantity::Change { from, to } => Some((from.as_str(), to.as_str())),
            Quantity::Status { .. } => None,
        })
        .collect();
    assert_eq!(changes, [("M0", "M24"), ("M0", "M12"), ("M12", "M24")]);
    assert_eq!(quantities.len(), 6);
    for p in &report.patients {
        assert_eq!(p.bootstrap.len(), 5, "{:?} {}", p.quantity, p.feature);
        assert_eq!(p.by_size.is_some(), p.quantity.is_change());
        assert_eq!(p.detectable.len(), 2 * 3 * 2);
        let direct = p
            .icc
            .as_ref()
            .unwrap()
            .get(IccForm::Agreement)
            .unwrap()
            .value;
        let boot = p
            .bootstrap
            .iter()
            .find(|b| b.statistic == "ICC(A,1)")
            .unwrap();
        assert!((boot.value - direct).abs() < 1e-9);
    }
    // Three pairs and all three at once, for six quantities of one feature.
    assert_eq!(report.joints.len(), 6 * 4);
    for j in &report.joints {
        match &j.all {
            Some(all) => {
                let alpha = all.krippendorff.unwrap();
                assert!(alpha.value > 0.2 && alpha.interval.unwrap().contains(alpha.value));
                assert!(all.fleiss.unwrap().value < 1.0);
            }
            None => {
                assert_eq!(j.joints, 300);
                let linear = j.kappas.iter().find(|k| k.weights == "linear").unwrap();
                let boot = linear.bootstrap.as_ref().unwrap();
                assert!((boot.value - linear.kappa.value).abs() < 1e-12);
                assert_eq!(j.sign.is_some(), j.quantity.is_change());
            }
        }
    }
}

/// Two readers of erosions: that nobody scored joint spaces is no reason to say that one reader read.
#[test]
fn features_that_nobody_scored_tell_nothing_of_readers() {
    let mut table = trial(25, &["A", "B"], 1, 2, 2);
    let mut space = table.items[0].clone();
    space.feature = "jsn".into();
    table.items.push(space);
    let report = report(&table, &quick()).unwrap();
    assert!(report.patients.iter().any(|p| p.feature == "erosion"));
    let wrong: Vec<&String> = (report.notes.iter())
        .filter(|n| n.contains("one reader only"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn one_reader_with_two_readings_is_compared_with_himself() {
    let report = report(&trial(25, &["A"], 2, 2, 2), &quick()).unwrap();
    assert!(report.notes.iter().any(|n| n.contains("one reader only")));
    for p in &report.patients {
        assert!(matches!(&p.raters, Raters::Within { reader, readings: 2 } if reader == "A"));
        assert!(p.detectable.iter().all(|d| d.scope == ReaderScope::Fixed));
    }
    assert!(report.patients.iter().any(|p| p.quantity.is_change()));
    assert!(
        report
            .joints
            .iter()
            .all(|j| matches!(j.raters, Raters::Within { .. }))
    );
}

#[test]
fn two_readers_with_two_readings_have_a_pooled_error_too() {
    let report = report(&trial(25, &["A", "B"], 2, 2, 3), &quick()).unwrap();
    let within = |name: &str| {
        let found = report.patients.iter().find(|p| {
            p.feature == "total"
                && p.quantity.is_change()
                && matches!(&p.raters, Raters::Within { reader, .. } if reader == name)
        });
        found.unwrap().error.clone().unwrap()
    };
    let pooled = report.patients.iter().find(|p| {
        p.feature == "total" && p.quantity.is_change() && matches!(p.raters, Raters::Pooled { .. })
    });
    let pooled = pooled.unwrap();
    assert_eq!(pooled.averaged, 2.0);
    let pooled = pooled.error.clone().unwrap();
    let (a, b) = (within("A"), within("B"));
    let mean =
        (a.residual.value * a.freedom + b.residual.value * b.freedom) / (a.freedom + b.freedom);
    assert!((pooled.residual.value - mean).abs() < 1e-9);
    assert_eq!(pooled.freedom, 48.0);
    assert!(report.notes.iter().any(|n| n.contains("averaged")));
}

#[test]
fn one_reader_and_one_reading_are_refused() {
    let error = report(&trial(10, &["A"], 1, 2, 4), &quick()).unwrap_err();
    assert!(matches!(error, Error::NotIdentified { .. }));
    assert!(said(&error).contains("second reader"), "{error}");
}

#[test]
fn a_reader_with_one_patient_is_left_out_and_named() {
    let zero = [0.0f64, 1.0];
    let other = [2.0f64, 4.0];
    let third = [3.0f64, 3.0];
    let readings: [Reading<'_>; 7] = [
        ("p", "A", 1, 0, &zero),
        ("q", "A", 1, 0, &other),
        ("r", "A", 1, 0, &third),
        ("p", "B", 1, 0, &other),
        ("q", "B", 1, 0, &third),
        ("r", "B", 1, 0, &other),
        ("p", "C", 1, 0, &zero),
    ];
    let report = report(&numbers(&readings, 2), &quick()).unwrap();
    let note = report
        .notes
        .iter()
        .find(|n| n.contains("one patient"))
        .unwrap();
    assert!(note.contains("reader C"), "{note}");
    for p in &report.patients {
        assert_eq!(
            p.raters,
            Raters::Between {
                readers: vec!["A".into(), "B".into()]
            }
        );
    }
}

#[test]
fn all_equal_scores_are_said_not_printed() {
    let same = [1.0f64, 1.0];
    let mut readings: Vec<Reading<'_>> = Vec::new();
    for subject in ["p", "q", "r"] {
        for reader in ["A", "B"] {
            readings.push((subject, reader, 1, 0, &same));
        }
    }
    let report = report(&numbers(&readings, 2), &quick()).unwrap();
    assert!(
        report
            .patients
            .iter()
            .all(|p| p.icc.is_none() && p.error.is_none())
    );
    assert!(
        report
            .notes
            .iter()
            .any(|n| n.contains("all ratings are equal"))
    );
    assert!(
        report
            .notes
            .iter()
            .any(|n| n.contains("kappa is not defined"))
    );
    assert!(!report.tidy().rows.is_empty() || report.joints.is_empty());
}

/// A third of the readings gone: estimates, intervals and bootstrap stand.
#[test]
fn unbalanced_designs_are_answered() {
    let mut table = trial(40, &["A", "B", "C"], 1, 2, 6);
    table.rows.retain(|r| (r.subject + r.reader) % 3 != 0);
    let report = report(&table, &quick()).unwrap();
    for p in &report.patients {
        let icc = p.icc.as_ref().unwrap();
        assert!(!icc.complete && p.complete == 0 && p.patients == 40);
        let form = icc.get(IccForm::Agreement).unwrap();
        assert!(form.interval.unwrap().contains(form.value));
        assert_eq!(p.bootstrap.len(), 5);
        // Each patient was read by two of the three.
        assert_eq!(p.averaged, 2.0);
    }
    assert!(report.joints.iter().any(|j| j.joints > 0 && j.joints < 400));
}

/// Holes of all kinds: `agree` and `change` measure one error and say one smallest detectable change.
#[test]
fn agreement_and_change_give_one_detectable_change() {
    let mut table = trial(60, &["A", "B", "C"], 2, 3, 12);
    // A reader who saw some patients only, single visits and single readings missing, one patient of a fourth reader.
    table.rows.retain(|r| {
        let gone = r.reader == 1 && r.subject % 3 == 0
            || r.reader == 2 && r.visit == 2 && r.subject % 5 == 0
            || r.reading == 2 && r.subject % 4 == 1;
        !gone
    });
    let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
    for (from, to) in [(None, None), (Some(0), Some(1))] {
        let options = ChangeOptions {
            from,
            to,
            ..ChangeOptions::default()
        };
        let change = changes(&table, &sums, &options).unwrap();
        let report = agree(&table, &sums, &quick()).unwrap();
        let same = report.patients.iter().find(|p| {
            let span = Quantity::Change {
                from: change.from.clone(),
                to: change.to.clone(),
            };
            p.feature == change.feature
                && p.quantity == span
                && matches!(p.raters, Raters::Between { .. })
        });
        let same = same.unwrap();
        assert!(same.averaged.fract() > 0.0, "{}", same.averaged);
        let sdc = same.detectable.iter().find(|d| {
            d.scope == ReaderScope::Fixed && d.readers == same.averaged && d.level == 0.95
        });
        let sdc = sdc.unwrap();
        assert_eq!(change.detectable.sdc, Some(sdc.size.value));
        assert_eq!(change.detectable.interval, Some(sdc.size.interval));
        assert_eq!(change.detectable.averaged, Some(same.averaged));
    }
}

/// One reader who read twice: both say the error of repeating, and of how many readings.
#[test]
fn one_reader_has_one_detectable_change_too() {
    let mut table = trial(30, &["A"], 2, 2, 13);
    table.rows.retain(|r| r.reading == 1 || r.subject % 3 != 0);
    let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
    let change = changes(&table, &sums, &ChangeOptions::default()).unwrap();
    let report = agree(&table, &sums, &quick()).unwrap();
    let within = report
        .patients
        .iter()
        .find(|p| p.feature == change.feature && p.quantity.is_change())
        .unwrap();
    let sdc = within
        .detectable
        .iter()
        .find(|d| d.readers == within.averaged && d.level == 0.95);
    assert_eq!(change.detectable.sdc, Some(sdc.unwrap().size.value));
    assert_eq!(change.detectable.averaged, Some(within.averaged));
    assert!(change.detectable.source.contains("one reader's readings"));
}

#[test]
fn custom_weights_make_a_further_kappa() {
    let table = trial(20, &["A", "B"], 1, 2, 7);
    let grades: Vec<f64> = (0..6).map(f64::from).collect();
    let disagreement = (grades.iter())
        .flat_map(|a| grades.iter().map(move |b| (a - b).powi(2)))
        .collect();
    let options = AgreeOptions {
        weights: Some(CustomWeights {
            grades,
            disagreement,
        }),
        ..quick()
    };
    let report = report(&table, &options).unwrap();
    let status = report
        .joints
        .iter()
        .find(|j| !j.quantity.is_change())
        .unwrap();
    let of = |name: &str| status.kappas.iter().find(|k| k.weights == name).unwrap();
    // Quadratic weights do not depend on their scale, so both are one kappa.
    assert!((of("custom").kappa.value - of("quadratic").kappa.value).abs() < 1e-12);
    let change = report
        .joints
        .iter()
        .find(|j| j.quantity.is_change())
        .unwrap();
    assert!(change.kappas.iter().all(|k| k.weights != "custom"));
}

#[test]
fn results_do_not_depend_on_threads_and_serialise() {
    let table = trial(30, &["A", "B"], 1, 2, 8);
    let run = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
        pool.unwrap().install(|| report(&table, &quick()).unwrap())
    };
    let (one, four) = (run(1), run(4));
    assert_eq!(one, four);
    let json = serde_json::to_value(&one).unwrap();
    assert_eq!(json["patients"][0]["quantity"], "status");
    let tidy = one.tidy();
    assert!(tidy.rows.iter().all(|r| r.len() == tidy.columns.len()));
    let at = tidy.columns.iter().position(|c| c == "value").unwrap();
    let numbers = tidy
        .rows
        .iter()
        .filter(|r| matches!(r[at], TidyCell::Number(_)));
    assert!(numbers.count() > tidy.rows.len() * 9 / 10);
}

#[test]
fn unknown_features_and_levels_are_refused() {
    let table = trial(10, &["A", "B"], 1, 2, 9);
    let options = AgreeOptions {
        features: vec!["osteitis".into()],
        ..quick()
    };
    let error = said(&report(&table, &options).unwrap_err());
    assert!(
        error.contains("osteitis") && error.contains("erosion"),
        "{error}"
    );
    let options = AgreeOptions {
        confidence: 95.0,
        ..quick()
    };
    assert!(report(&table, &options).is_err());
}

/// One patient in twenty on whom readers differ by far more than on the others, and none.
#[test]
fn disagreement_carried_by_a_few_is_warned_of() {
    let warned = |wild: f64| {
        let names: Vec<String> = (0..40).map(|s| format!("S{s}")).collect();
        let scores: Vec<[[f64; 2]; 2]> = (0..40)
            .map(|s| {
                let base = (s % 7) as f64;
                let off = if s % 20 == 3 { wild } else { 1.0 };
                let sign = if s % 2 == 0 { 1.0 } else { -1.0 };
                [
                    [base, base + 1.0],
                    [base + sign * off, base + 1.0 - sign * off],
                ]
            })
            .collect();
        let readings: Vec<Reading<'_>> = (names.iter().zip(&scores))
            .flat_map(|(name, pair)| {
                [("A", &pair[0]), ("B", &pair[1])]
                    .map(|(reader, s)| (name.as_str(), reader, 1, 0, s.as_slice()))
            })
            .collect();
        let report = report(&numbers(&readings, 2), &quick()).unwrap();
        report.notes.iter().any(|n| n.contains("a few patients"))
    };
    assert!(warned(12.0));
    assert!(!warned(1.0));
}

/// Every number is there with the adjusted interval first, then with that of normal scores, both by name.
#[test]
fn both_intervals_are_named_and_the_adjusted_comes_first() {
    let report = report(&trial(40, &["A", "B"], 1, 2, 4), &quick()).unwrap();
    let tidy = report.tidy();
    let column = |name: &str| tidy.columns.iter().position(|c| c == name).unwrap();
    let (statistic, interval) = (column("statistic"), column("interval"));
    let methods = |name: &str| -> Vec<String> {
        let rows = tidy.rows.iter().filter(|r| r[statistic] == name.into());
        let text = |r: &Vec<TidyCell>| match &r[interval] {
            TidyCell::Text(text) => text.clone(),
            other => panic!("{other:?}"),
        };
        rows.map(text).collect()
    };
    for (name, adjusted, normal) in [
        ("ICC(C,1)", "kurtosis-adjusted F", "normal scores, exact F"),
        (
            "ICC(A,1)",
            "kurtosis-adjusted generalized",
            "normal scores, generalized",
        ),
        (
            "sdc-fixed",
            "kurtosis-adjusted chi-square",
            "normal scores, exact chi-square",
        ),
        (
            "sdc-any",
            "kurtosis-adjusted generalized",
            "normal scores, generalized",
        ),
        ("G", "kurtosis-adjusted F", "normal scores, exact F"),
    ] {
        let found = methods(name);
        assert_eq!(found[..2], [adjusted, normal], "{name}");
    }
    let cells = |name: &str| -> Vec<[TidyCell; 3]> {
        let rows = tidy.rows.iter().filter(|r| r[statistic] == name.into());
        let places = ["upper", "sides", "confidence"].map(column);
        rows.map(|r| places.map(|p| r[p].clone())).collect()
    };
    let bound = [TidyCell::Empty, "lower".into(), 0.95.into()];
    assert_eq!(cells("ICC(A,1)")[0], bound);
    let sides = |name: &str| cells(name).into_iter().map(|c| c[1].clone());
    assert_eq!(sides("ICC(A,1)").nth(1), Some("both".into()));
    assert!(sides("sdc-fixed").all(|s| s == "both".into()));
    assert!(report.notes.iter().any(|n| n.contains("fewer than 100")));
}
