use crate::said;
use howship_scores::trial::{
    Adjudication, FinalScore, Handling, Method, TrialOptions, TrialReport, trial,
};
use howship_scores::{
    Error, Item, Record, ScoreTable, ScoreVisit, Status, Total, TotalRow, Totals, TotalsOptions,
};
use serde_json::Value;
use std::path::Path;

/// One reading of one patient's visit.
struct Reading<'a> {
    subject: &'a str,
    arm: &'a str,
    visit: u32,
    days: f64,
    reader: &'a str,
    score: f64,
}

fn reading<'a>(
    subject: &'a str,
    arm: &'a str,
    visit: u32,
    reader: &'a str,
    score: f64,
) -> Reading<'a> {
    Reading {
        subject,
        arm,
        visit,
        days: f64::NAN,
        reader,
        score,
    }
}

/// A table of one item, the number itself, and its totals.
fn tables(months: &[u32], readings: &[Reading<'_>]) -> (ScoreTable, Totals) {
    let item = Item {
        side: None,
        site: "whole".into(),
        feature: "total".into(),
        min: f64::NEG_INFINITY,
        max: f64::INFINITY,
        step: 0.0,
        weight: 1.0,
    };
    let visits = months.iter().map(|m| ScoreVisit {
        name: format!("M{m}"),
        days: Some(f64::from(*m) * 30.4375),
    });
    let records = readings.iter().enumerate().map(|(i, r)| Record {
        subject: r.subject.into(),
        arm: (!r.arm.is_empty()).then(|| r.arm.into()),
        visit: r.visit,
        days: r.days as f32,
        reader: r.reader.into(),
        campaign: None,
        reading: 1,
        item: 0,
        score: r.score,
        status: Status::Ok,
        line: i as u32 + 2,
    });
    let table =
        ScoreTable::from_records("trial.csv", "custom", vec![item], visits.collect(), records)
            .unwrap();
    let rows = table.rows.iter().map(|r| TotalRow {
        subject: r.subject,
        arm: r.arm,
        visit: r.visit,
        reader: r.reader,
        campaign: r.campaign,
        reading: r.reading,
        days: f64::from(r.days),
        values: vec![Total {
            value: Some(r.score),
            items: 1,
            scored: 1,
        }],
    });
    let totals = Totals {
        features: vec!["total".into()],
        rows: rows.collect(),
        rules: TotalsOptions::default(),
    };
    (table, totals)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

fn near(found: f64, expected: f64, what: &str) {
    let allowed = 2e-6 * expected.abs().max(1e-2);
    assert!(
        (found - expected).abs() <= allowed,
        "{what}: {found} where R has {expected}"
    );
}

fn simulated() -> (TrialReport, Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/trial.json");
    let r: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |v: &Value, i: usize| v[i].as_str().unwrap().to_owned();
    let subjects: Vec<String> = (0..72).map(|i| text(&r["subject"], i)).collect();
    let arms: Vec<String> = (0..72).map(|i| text(&r["arm"], i)).collect();
    let mut readings = Vec::new();
    for reader in ["A", "B"] {
        for i in 0..72 {
            let mut row = reading(&subjects[i], &arms[i], 0, reader, number(&r["baseline"][i]));
            row.days = 0.0;
            readings.push(row);
        }
    }
    let rows = &r["rows"];
    for i in 0..rows["days"].as_array().unwrap().len() {
        let subject = text(&rows["subject"], i);
        let at = subjects.iter().position(|s| *s == subject).unwrap();
        let visit = rows["month"][i].as_u64().unwrap() as u32 / 6;
        for (reader, column) in [("A", "r1"), ("B", "r2")] {
            let mut row = reading(
                &subjects[at],
                &arms[at],
                visit,
                reader,
                number(&rows[column][i]),
            );
            row.days = number(&rows["days"][i]);
            readings.push(row);
        }
    }
    let (table, totals) = tables(&[0, 6, 12, 18, 24], &readings);
    let strata = (0..72).map(|i| (subjects[i].clone(), text(&r["stratum"], i)));
    let options = TrialOptions {
        reference_arm: Some("MTX".into()),
        strata: strata.collect(),
        ..TrialOptions::default()
    };
    (trial(&table, &totals, &options).unwrap(), r)
}

/// A simulated trial of three arms with dropouts against R's lm, wilcox.test and lmerTest (`reference/trial.R`).
#[test]
fn tables_and_analyses_of_covariance_as_r() {
    let (report, r) = simulated();
    for (handling, key) in [
        (Handling::Observed, "observed"),
        (Handling::LinearExtrapolation, "extrapolated"),
        (Handling::LastObservationCarried, "carried"),
    ] {
        let rows = report.tables.iter();
        for row in rows.filter(|t| t.visit == "M24" && t.handling == handling) {
            let e = &r[key]["table"][&row.arm];
            let group = row.group.as_ref().unwrap();
            let what = format!("{key} {}", row.arm);
            near(row.patients as f64, number(&e["n"]), &what);
            near(group.mean, number(&e["mean"]), &what);
            near(group.sd, number(&e["sd"]), &what);
            near(group.lower, number(&e["lower"]), &what);
            near(group.upper, number(&e["upper"]), &what);
            near(row.median.unwrap(), number(&e["median"]), &what);
            near(row.quartiles.unwrap().0, number(&e["q1"]), &what);
            near(row.quartiles.unwrap().1, number(&e["q3"]), &what);
            let share = row.shares[1].share.unwrap().share;
            near(share, number(&e["above"]), &what);
        }
        for (a, arm) in ["ETN", "ETN+MTX"].into_iter().enumerate() {
            let of = |method: Method| {
                let mut all = report.comparisons.iter();
                all.find(|c| {
                    c.visit == "M24" && c.handling == handling && c.method == method && c.arm == arm
                })
                .unwrap()
            };
            for (method, name) in [
                (Method::Ancova, "change"),
                (Method::AncovaRanks, "ranks"),
                (Method::AncovaNormalScores, "scores"),
            ] {
                let (e, d) = (&r[key][name], of(method).difference.unwrap());
                let what = format!("{key} {name} {arm}");
                near(d.estimate, number(&e["estimate"][a]), &what);
                near(d.standard_error, number(&e["se"][a]), &what);
                near(d.p, number(&e["p"][a]), &what);
                near(d.degrees_of_freedom, number(&e["df"]), &what);
            }
            let p = of(Method::RankSum).p.unwrap();
            near(p, number(&r[key]["rank_sum_p"][a]), "rank sum");
        }
    }
}

#[test]
fn the_random_coefficient_model_as_lmertest() {
    let (report, r) = simulated();
    let r = &r["random_coefficients"];
    let model = &report.random_coefficients[0];
    near(model.residual_variance, number(&r["residual"]), "residual");
    for i in 0..2 {
        for j in 0..2 {
            let found = model.random_covariance[i][j];
            near(found, number(&r["random"][i][j]), "random covariance");
        }
    }
    for (a, arm) in ["ETN", "ETN+MTX"].into_iter().enumerate() {
        for (method, key) in [
            (Method::RandomCoefficientSlope, "slope"),
            (Method::RandomCoefficientLast, "last"),
        ] {
            let mut all = report.comparisons.iter();
            let row = all.find(|c| c.method == method && c.arm == arm).unwrap();
            let (d, e) = (row.difference.unwrap(), &r["rc"][a][key]);
            near(d.estimate, number(&e["estimate"]), key);
            near(d.standard_error, number(&e["se"]), key);
            near(d.degrees_of_freedom, number(&e["df"]), key);
            near(d.p, number(&e["p"]), key);
        }
    }
}

#[test]
fn what_was_missing_and_filled_is_counted() {
    let (report, _) = simulated();
    let rows: Vec<_> = report.missing.iter().filter(|m| m.visit == "M24").collect();
    assert_eq!(rows.len(), 3);
    for m in rows {
        let table = |handling| {
            let mut all = report.tables.iter();
            let found = all.find(|t| t.visit == "M24" && t.arm == m.arm && t.handling == handling);
            found.unwrap()
        };
        assert_eq!(m.patients, 24);
        assert_eq!(table(Handling::Observed).patients, m.observed);
        let extrapolated = table(Handling::LinearExtrapolation);
        assert_eq!(extrapolated.imputed, m.extrapolated);
        assert_eq!(extrapolated.patients, m.observed + m.extrapolated);
        assert_eq!(m.observed + m.carried + m.without_follow_up, m.patients);
    }
    let curve = report.cumulative.iter().find(|c| c.visit == "M24").unwrap();
    let n = curve.points.len() as f64;
    assert!((curve.points[0].probability - 0.5 / n).abs() < 1e-12);
    assert!(
        curve
            .points
            .windows(2)
            .all(|w| w[0].change <= w[1].change && w[0].probability < w[1].probability)
    );
    assert_eq!(report.tidy().rows.len(), 4 * 3 * 3);
    assert_eq!(
        report.tidy_comparisons().rows.len(),
        report.comparisons.len()
    );
    assert!(serde_json::to_string(&report).unwrap().len() > 10_000);
}

#[test]
fn a_third_reader_settles_disagreement() {
    let mut readings = Vec::new();
    let names: Vec<String> = (0..10).map(|i| format!("P{i}")).collect();
    for (i, name) in names.iter().enumerate() {
        let arm = if i < 5 { "a" } else { "b" };
        for reader in ["A", "B", "C"] {
            readings.push(reading(name, arm, 0, reader, 10.0));
        }
        // Patients 0 and 1 are read 2 and 12; the adjudicator sees 10, and has not read patient 1.
        let (first, second) = if i < 2 { (12.0, 22.0) } else { (12.0, 13.0) };
        readings.push(reading(name, arm, 1, "A", first));
        readings.push(reading(name, arm, 1, "B", second));
        if i == 0 {
            readings.push(reading(name, arm, 1, "C", 20.0));
        }
    }
    let (table, totals) = tables(&[0, 12], &readings);
    let change_of_first = |final_score| {
        let options = TrialOptions {
            adjudication: Some(Adjudication {
                adjudicator: "C".into(),
                threshold: 5.0,
                final_score,
            }),
            ..TrialOptions::default()
        };
        let report = trial(&table, &totals, &options).unwrap();
        let count = &report.adjudication[0];
        assert_eq!(
            (count.read_twice, count.beyond, count.unsettled),
            (10, 2, 1)
        );
        assert!(report.notes.iter().any(|n| n.contains("20 % or more")));
        assert!(
            report
                .notes
                .iter()
                .any(|n| n.contains("no change by the adjudicator"))
        );
        let mut points = report.cumulative[0].points.iter();
        points.find(|p| p.subject == "P0").unwrap().change
    };
    assert_eq!(change_of_first(FinalScore::TwoClosest), 11.0);
    assert_eq!(change_of_first(FinalScore::AllReaders), 8.0);
    assert_eq!(change_of_first(FinalScore::Adjudicator), 10.0);
}

/// The rule of the group decides by the whole interval: the arm that falls is repaired, others not.
#[test]
fn group_repair_needs_the_whole_interval_below_zero() {
    let mut readings = Vec::new();
    let names: Vec<String> = (0..40).map(|i| format!("P{i}")).collect();
    for (i, name) in names.iter().enumerate() {
        let (arm, mean) = if i < 20 {
            ("falls", -1.0)
        } else {
            ("wavers", -0.1)
        };
        let wave = if i % 2 == 0 { 1.0 } else { -1.0 };
        readings.push(reading(name, arm, 0, "A", 20.0));
        readings.push(reading(name, arm, 1, "A", 20.0 + mean + wave));
    }
    let (table, totals) = tables(&[0, 12], &readings);
    let report = trial(&table, &totals, &TrialOptions::default()).unwrap();
    let rows: Vec<_> = report.observed("total", "M12").collect();
    assert!(rows[0].group.as_ref().unwrap().repair);
    assert!(!rows[1].group.as_ref().unwrap().repair);
    // One reader: no smallest detectable change, so that what needs it has no share.
    let names: Vec<_> = rows[0]
        .shares
        .iter()
        .filter(|s| s.share.is_none())
        .collect();
    assert_eq!(names.len(), 2);
    assert!(report.random_coefficients.is_empty());
    assert!(report.notes.iter().any(|n| n.contains("slopes need two")));
}

#[test]
fn a_design_that_gives_no_number_gives_a_note() {
    // One patient in an arm; nobody changes.
    let names: Vec<String> = (0..6).map(|i| format!("P{i}")).collect();
    let mut readings = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let arm = if i == 0 { "lonely" } else { "flat" };
        for visit in 0..3 {
            readings.push(reading(name, arm, visit, "A", 5.0));
        }
    }
    let (table, totals) = tables(&[0, 6, 12], &readings);
    let report = trial(&table, &totals, &TrialOptions::default()).unwrap();
    let lonely = report.observed("total", "M12").next().unwrap();
    assert!(lonely.group.is_none() && lonely.median.is_none() && lonely.patients == 1);
    assert!(report.comparisons.is_empty());
    assert!(
        report
            .notes
            .iter()
            .any(|n| n.contains("`lonely` is without mean"))
    );
    assert!(
        report
            .notes
            .iter()
            .any(|n| n.contains("no arm can be compared"))
    );

    let all: Vec<_> = readings
        .iter()
        .enumerate()
        .map(|(i, r)| Reading {
            arm: if i % 6 < 3 { "a" } else { "b" },
            ..*r
        })
        .collect();
    let (table, totals) = tables(&[0, 6, 12], &all);
    let report = trial(&table, &totals, &TrialOptions::default()).unwrap();
    assert!(report.comparisons.is_empty());
    let nothing = |n: &&String| n.contains("every change is 0; there is nothing to compare");
    assert_eq!(report.notes.iter().filter(nothing).count(), 2);

    let (table, totals) = tables(&[0], &[reading("P", "a", 0, "A", 1.0)]);
    let error = trial(&table, &totals, &TrialOptions::default()).unwrap_err();
    assert!(matches!(error, Error::NotIdentified { .. }), "{error}");
    let unknown = TrialOptions {
        reference_arm: Some("placebo".into()),
        ..TrialOptions::default()
    };
    let (table, totals) = tables(&[0, 6, 12], &all);
    let error = said(&trial(&table, &totals, &unknown).unwrap_err());
    assert!(
        error.contains("`placebo`") && error.contains("a, b"),
        "{error}"
    );
}

#[test]
fn without_arms_everybody_is_one_group() {
    let readings: Vec<_> = ["P", "Q", "R"]
        .iter()
        .enumerate()
        .flat_map(|(i, name)| {
            [
                reading(name, "", 0, "A", 1.0),
                reading(name, "", 1, "A", i as f64),
            ]
        })
        .collect();
    let (table, totals) = tables(&[0, 12], &readings);
    let report = trial(&table, &totals, &TrialOptions::default()).unwrap();
    assert_eq!(report.arms, ["all"]);
    assert_eq!(report.tables[0].patients, 3);
    assert_eq!(report.tables[0].group.as_ref().unwrap().mean, 0.0);
    assert!(report.reference_arm.is_none() && report.comparisons.is_empty());
}

#[path = "../../examples/trial_coverage/study.rs"]
#[allow(dead_code, reason = "the example uses the rest")]
mod study;

/// 250 small trials without an effect, a sixth of the patients leaving at every visit: intervals hold the truth and
/// tests reject it about as often as they say. The bounds are four standard errors wide; the example of the same
/// name does thousands.
#[test]
fn intervals_of_simulated_trials_hold_the_truth() {
    let design = study::Design {
        name: "no effect",
        patients: 20,
        effect: 0.0,
        skewed: false,
        dropout: study::Dropout::Random(0.15),
    };
    let freedom = howship_stats::DegreesOfFreedom::KenwardRoger;
    let counts = study::count(&design, freedom, 250).unwrap();
    for (count, (_, _, name)) in counts.iter().zip(study::METHODS) {
        let share = |n: usize, of: usize| n as f64 / of as f64;
        assert!(count.studies >= 248, "{name}: {count:?}");
        let rejected = share(count.rejected, count.studies);
        assert!((0.0..0.106).contains(&rejected), "{name}: {count:?}");
        if count.intervals > 0 {
            let held = share(count.held, count.intervals);
            assert!((0.894..=1.0).contains(&held), "{name}: {count:?}");
            let bias = count.bias / count.intervals as f64;
            assert!(bias.abs() < 0.5, "{name}: {count:?}");
        }
    }
}

/// The worse joint of one patient is not scored later: the sum falls from 4 to 2, and nobody saw a joint heal.
#[test]
fn what_matched_sites_contradict_is_no_verdict() {
    let readings: [crate::panel::Reading<'_>; 6] = [
        ("gone", "A", 1, 0, &[3.0, f64::NAN, f64::NAN]),
        ("gone", "A", 1, 1, &[1.0, 1.0, f64::NAN]),
        ("heals", "A", 1, 0, &[3.0, 1.0, 1.0]),
        ("heals", "A", 1, 1, &[1.0, 1.0, f64::NAN]),
        ("same", "A", 1, 0, &[2.0, 2.0, 2.0]),
        ("same", "A", 1, 1, &[1.0, 1.0, 1.0]),
    ];
    let table = crate::panel::table(crate::panel::items(2, "erosion"), 3, &readings);
    let (sums, _) = howship_scores::totals(&table, &TotalsOptions::default()).unwrap();
    let options = TrialOptions {
        sdc: [("total".to_owned(), 1.0)].into(),
        ..TrialOptions::default()
    };
    let report = trial(&table, &sums, &options).unwrap();
    // Carried forward, or stretched in a line, it is no finding either.
    let rows = report.tables.iter().filter(|r| r.feature == "total");
    let repaired: Vec<(usize, usize, usize)> = rows
        .map(|r| {
            let repair = r.shares.iter().find(|s| s.name == "repair < -SDC").unwrap();
            let share = repair.share.unwrap();
            (share.count, share.of, repair.withheld)
        })
        .collect();
    let first = (1, 2, 1);
    let observed_last = (1, 2, 0);
    assert_eq!(repaired, [first, first, first, observed_last, first, first]);
}

/// Half of one arm once fell out with its films of the baseline, and no word was said.
#[test]
fn patients_without_a_baseline_are_counted_by_arm() {
    let mut rows = Vec::new();
    let names: Vec<String> = (0..8).map(|i| format!("P{i}")).collect();
    for (i, name) in names.iter().enumerate() {
        let arm = if i < 4 { "drug" } else { "placebo" };
        if i >= 2 && i != 7 {
            rows.push(reading(name, arm, 0, "A", 10.0 + i as f64));
        }
        let grown = if i < 4 { 0.0 } else { 2.0 };
        rows.push(reading(name, arm, 1, "A", 10.0 + i as f64 * 1.1 + grown));
    }
    let (table, totals) = tables(&[0, 12], &rows);
    let options = TrialOptions::default();
    let report = trial(&table, &totals, &options).unwrap();
    let note = report
        .notes
        .iter()
        .find(|n| n.contains("no sum at baseline"));
    assert!(
        note.is_some_and(
            |n| n.contains("3 of 8 patients") && n.contains("2 of `drug`, 1 of `placebo`")
        ),
        "{:?}",
        report.notes
    );
    let whole = rows
        .iter()
        .filter(|r| !["P0", "P1", "P7"].contains(&r.subject));
    let whole: Vec<Reading<'_>> = whole
        .map(|r| reading(r.subject, r.arm, r.visit, r.reader, r.score))
        .collect();
    let (table, totals) = tables(&[0, 12], &whole);
    let report = trial(&table, &totals, &options).unwrap();
    assert!(
        !report
            .notes
            .iter()
            .any(|n| n.contains("no sum at baseline"))
    );
}
