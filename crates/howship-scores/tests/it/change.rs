use crate::panel::{items, sums, table};
use crate::said;
use howship_scores::change::{
    ChangeOptions, ChangeReport, GroupChange, JointRepair, Reference, Share, changes,
};
use howship_scores::{Fill, TotalsOptions};

fn report(visits: usize, readings: &[crate::panel::Reading<'_>]) -> ChangeReport {
    let table = table(items(2, "erosion"), visits, readings);
    changes(&table, &sums(&table), &ChangeOptions::default()).unwrap()
}

fn patients(report: &ChangeReport, name: &str) -> Option<(usize, usize)> {
    let found = report.definitions.iter().find(|d| d.name == name).unwrap();
    assert_eq!(
        found.patients.is_none(),
        found.not_identified.is_some(),
        "{name}"
    );
    found.patients.map(|s| (s.count, s.of))
}

#[test]
fn shares_carry_the_exact_intervals_of_published_cohorts() {
    // Ideguchi 2006, van der Linden 2010, BeSt at 8 years (all, erosion, joint space), OMERACT panel, Lukas 2009.
    let cohorts = [
        (13, 122, 5.8, 17.5, 0.1),
        (18, 250, 4.3, 11.1, 0.1),
        (17, 320, 3.1, 8.4, 0.1),
        (7, 320, 0.9, 4.5, 0.1),
        (10, 320, 1.5, 5.7, 0.1),
        (22, 60, 24.6, 50.1, 0.1),
        (12, 7255, 0.085, 0.289, 0.001),
    ];
    for (count, of, lower, upper, digit) in cohorts {
        let s = Share::new(count, of, 0.95).unwrap();
        let printed = |x: f64| (100.0 * x / digit).round() * digit;
        assert!(
            (printed(s.lower) - lower).abs() < digit / 2.0,
            "{count}/{of}: {s:?}"
        );
        assert!(
            (printed(s.upper) - upper).abs() < digit / 2.0,
            "{count}/{of}: {s:?}"
        );
    }
}

#[test]
fn of_tempos_arms_only_the_combination_repairs() {
    let arms = [
        ("MTX", 2.80, 12.7, 212, (1.08, 4.51), false),
        ("ETN", 0.52, 4.64, 212, (-0.10, 1.15), false),
        ("ETN+MTX", -0.54, 3.50, 218, (-1.00, -0.07), true),
    ];
    for (arm, mean, sd, n, printed, repair) in arms {
        let g = GroupChange::from_moments(arm, "total", mean, sd, n, 0.95).unwrap();
        assert!(
            (g.lower - printed.0).abs() < 0.02 && (g.upper - printed.1).abs() < 0.02,
            "{g:?}"
        );
        assert_eq!(g.repair, repair, "{arm}");
    }
    // Patients who all changed alike have no interval that could exclude zero.
    let alike = GroupChange::from_changes("x", "total", &[-1.0, -1.0], 0.95).unwrap();
    assert!(!alike.repair && !alike.progression, "{alike:?}");
}

#[test]
fn definitions_of_patients_use_the_mean_of_readers() {
    // Changes of the sum: p +6 and +7, q 0 and +1, r -4 and -3.
    let readings: &[crate::panel::Reading<'_>] = &[
        ("p", "A", 1, 0, &[0.0, 5.0]),
        ("p", "A", 1, 1, &[0.0, 1.0]),
        ("p", "B", 1, 0, &[0.0, 5.0]),
        ("p", "B", 1, 1, &[0.0, 2.0]),
        ("q", "A", 1, 0, &[1.0, 1.0]),
        ("q", "A", 1, 1, &[1.0, 1.0]),
        ("q", "B", 1, 0, &[1.0, 2.0]),
        ("q", "B", 1, 1, &[1.0, 1.0]),
        ("r", "A", 1, 0, &[5.0, 1.0]),
        ("r", "A", 1, 1, &[0.0, 0.0]),
        ("r", "B", 1, 0, &[5.0, 1.0]),
        ("r", "B", 1, 1, &[0.0, 1.0]),
    ];
    let table = table(items(2, "erosion"), 2, readings);
    let judge = |options: &ChangeOptions| changes(&table, &sums(&table), options).unwrap();
    // B − A is +1 in each patient: no error shows, and none can be ruled out.
    let r = judge(&ChangeOptions::default());
    assert_eq!(r.detectable.sdc, None);
    assert!(
        r.detectable.source.contains("no error is seen"),
        "{:?}",
        r.detectable
    );
    assert_eq!(patients(&r, "repair < -SDC"), None);
    let r = judge(&ChangeOptions {
        sdc: Some(0.5),
        ..ChangeOptions::default()
    });
    assert_eq!((r.detectable.sdc, r.detectable.interval), (Some(0.5), None));
    assert_eq!(patients(&r, "progression > 0"), Some((2, 3)));
    assert_eq!(patients(&r, "progression > 0.5"), Some((1, 3)));
    assert_eq!(patients(&r, "progression >= 5"), Some((1, 3)));
    assert_eq!(patients(&r, "repair < -SDC"), Some((1, 3)));
    let cross = r
        .cross
        .iter()
        .find(|c| c.progression == "progression > 0.5" && c.repair == "repair < -SDC")
        .unwrap();
    assert_eq!((cross.both, cross.progression_only), (0, 1));
    assert_eq!((cross.repair_only, cross.neither), (1, 1));
    let mean = r.mixed.iter().find(|m| m.reader == "mean").unwrap();
    assert_eq!(
        (
            mean.mixed.count,
            mean.worse_only.count,
            mean.better_only.count
        ),
        (1, 2, 0)
    );
    // Two readers and two visits judge neither of the joint definitions.
    assert_eq!(patients(&r, "Leiden"), None);
    assert_eq!(patients(&r, "BeSt erosion"), None);
    let leiden = r.definitions.iter().find(|d| d.name == "Leiden").unwrap();
    assert!(
        leiden
            .not_identified
            .as_ref()
            .unwrap()
            .contains("3 readers"),
        "{leiden:?}"
    );
}

#[test]
fn smallest_detectable_change_of_two_readers() {
    // Differences of changes: 2, 0, -2; SD 2. SDC = 1.96·2/(√2·√2).
    let r = report(
        2,
        &[
            ("p", "A", 1, 0, &[0.0, 3.0]),
            ("p", "B", 1, 0, &[0.0, 1.0]),
            ("q", "A", 1, 0, &[0.0, 1.0]),
            ("q", "B", 1, 0, &[0.0, 1.0]),
            ("r", "A", 1, 0, &[3.0, 1.0]),
            ("r", "B", 1, 0, &[3.0, 3.0]),
        ],
    );
    assert!(
        (r.detectable.sdc.unwrap() - 1.959_963_984_540_054).abs() < 1e-12,
        "{:?}",
        r.detectable
    );
    assert_eq!(r.detectable.averaged, Some(2.0));
}

#[test]
fn leiden_repair_must_last_in_the_same_two_readers() {
    let lasting: &[f64] = &[2.0, 1.0, 1.0, 1.0];
    let passing: &[f64] = &[2.0, 1.0, 2.0, 1.0];
    let late: &[f64] = &[2.0, 2.0, 1.0, 1.0];
    let same: &[f64] = &[2.0, 2.0, 2.0, 2.0];
    let r = report(
        4,
        &[
            ("lasting in two", "A", 1, 0, lasting),
            ("lasting in two", "B", 1, 0, lasting),
            ("lasting in two", "C", 1, 0, same),
            ("lasting in one", "A", 1, 0, lasting),
            ("lasting in one", "B", 1, 0, passing),
            ("lasting in one", "C", 1, 0, same),
            ("too late to know", "A", 1, 0, late),
            ("too late to know", "B", 1, 0, late),
            ("too late to know", "C", 1, 0, late),
            ("first worse", "A", 1, 0, &[0.0, 2.0, 2.0, 2.0]),
            ("first worse", "B", 1, 0, &[0.0, 2.0, 2.0, 2.0]),
            ("first worse", "C", 1, 0, &[0.0, 2.0, 2.0, 2.0]),
        ],
    );
    assert_eq!(patients(&r, "Leiden"), Some((1, 4)));
    let repaired: Vec<_> = r.joints.iter().filter(|j| !j.repair.is_empty()).collect();
    assert_eq!(repaired.len(), 1);
    assert_eq!(repaired[0].subject, "lasting in two");
    assert!(r.tidy().rows.len() > 5 && r.tidy_joints().rows.len() == 4 * r.joints.len());
}

#[test]
fn other_numbers_of_readers_and_other_references_can_be_asked_for() {
    let healed_after_progress: &[f64] = &[0.0, 2.0, 1.0, 1.0];
    let readings = [
        ("p", "A", 1, 0, healed_after_progress),
        ("p", "A", 2, 0, healed_after_progress),
        ("p", "B", 1, 0, healed_after_progress),
        ("p", "B", 2, 0, &[0.0, 2.0, 2.0, 2.0]),
    ];
    let table = table(items(1, "erosion"), 4, &readings);
    let judge = |definition: JointRepair| {
        let options = ChangeOptions {
            joint_repair: vec![definition],
            readings_as_readers: true,
            ..ChangeOptions::default()
        };
        let r = changes(&table, &sums(&table), &options).unwrap();
        r.definitions.last().unwrap().patients.map(|s| s.count)
    };
    assert_eq!(judge(JointRepair::best("erosion")), Some(1));
    let all = JointRepair {
        readers: 4,
        ..JointRepair::best("erosion")
    };
    assert_eq!(judge(all), Some(0));
    let baseline = JointRepair {
        reference: Reference::Baseline,
        ..JointRepair::best("erosion")
    };
    assert_eq!(judge(baseline), Some(0));
    assert_eq!(judge(JointRepair::best("jsn")), None);
}

#[test]
fn one_reader_has_no_smallest_detectable_change() {
    let r = report(
        2,
        &[
            ("p", "A", 1, 0, &[1.0, 0.0]),
            ("q", "A", 1, 0, &[1.0, f64::NAN]),
        ],
    );
    assert_eq!(r.detectable.sdc, None);
    assert_eq!(patients(&r, "repair < -SDC"), None);
    assert_eq!(patients(&r, "progression > 0"), Some((0, 1)));
    assert!(
        r.notes.iter().any(|n| n.contains("1 of 2 patients")),
        "{:?}",
        r.notes
    );
    let json = serde_json::to_value(&r).unwrap();
    assert!(json["definitions"][2]["patients"].is_null());
}

#[test]
fn a_table_without_follow_up_is_refused() {
    let table = table(items(1, "erosion"), 1, &[("p", "A", 1, 0, &[1.0])]);
    let error = changes(&table, &sums(&table), &ChangeOptions::default()).unwrap_err();
    assert!(said(&error).contains("one visit"), "{error}");
}

#[test]
fn what_matched_sites_contradict_is_no_verdict() {
    let unseen: &[f64] = &[1.0, f64::NAN];
    let mut readings: Vec<crate::panel::Reading<'_>> = Vec::new();
    for reader in ["A", "B"] {
        // The worse joint is not scored at the second visit: the sum falls from 4 to 2, and nobody saw a joint heal.
        readings.push(("gone", reader, 1, 0, &[3.0, f64::NAN]));
        readings.push(("gone", reader, 1, 1, &[1.0, 1.0]));
        readings.push(("heals", reader, 1, 0, &[3.0, 1.0]));
        readings.push(("heals", reader, 1, 1, &[1.0, f64::NAN]));
        readings.push(("same", reader, 1, 0, &[2.0, 2.0]));
        readings.push(("same", reader, 1, 1, &[1.0, 1.0]));
        let worse: &[f64] = if reader == "A" { unseen } else { &[1.0, 2.0] };
        readings.push(("worse", reader, 1, 0, &[3.0, 4.0]));
        readings.push(("worse", reader, 1, 1, worse));
    }
    let table = table(items(2, "erosion"), 2, &readings);
    let (sums, _) = howship_scores::totals(&table, &TotalsOptions::default()).unwrap();
    let options = ChangeOptions {
        sdc: Some(1.0),
        ..ChangeOptions::default()
    };
    let r = changes(&table, &sums, &options).unwrap();
    let repair = r.definitions.iter().find(|d| d.name == "repair < -SDC");
    let repair = repair.unwrap();
    assert_eq!(patients(&r, "repair < -SDC"), Some((1, 3)));
    assert_eq!(repair.withheld, 1);
    // A decrease that was seen, and an increase, count although sums were completed.
    assert_eq!(patients(&r, "progression > 0"), Some((1, 4)));
    let of = |name: &str| r.patients.iter().find(|p| p.subject == name).unwrap();
    let seen = ["gone", "heals", "same", "worse"].map(|name| of(name).matched);
    assert_eq!(seen.map(|p| p.differ), [true, true, false, true]);
    // Worse: reader A saw +1 in one joint of two, which is +2 in both; reader B saw +2.
    assert_eq!(
        seen.map(|p| p.change),
        [Some(0.0), Some(-4.0), Some(0.0), Some(2.0)]
    );
    assert_eq!(of("gone").mean, -2.0);
    assert!(
        r.notes
            .iter()
            .any(|n| n.starts_with("sums of 3 of 4 patients")),
        "{:?}",
        r.notes
    );
    assert!(
        r.notes.iter().any(|n| n.starts_with("2 verdicts")),
        "{:?}",
        r.notes
    );
}

/// Sites that nobody scored at either visit are completed alike: nothing is withheld.
#[test]
fn the_same_sites_at_both_visits_are_no_doubt() {
    let readings: [crate::panel::Reading<'_>; 4] = [
        ("p", "A", 1, 0, &[1.0, 4.0]),
        ("p", "A", 1, 1, &[f64::NAN, f64::NAN]),
        ("q", "A", 1, 0, &[1.0, 1.0]),
        ("q", "A", 1, 1, &[1.0, 2.0]),
    ];
    let table = table(items(2, "erosion"), 2, &readings);
    let (sums, _) = howship_scores::totals(&table, &TotalsOptions::default()).unwrap();
    let r = changes(&table, &sums, &ChangeOptions::default()).unwrap();
    let p = &r.patients[0];
    assert_eq!(
        (p.mean, p.matched.differ, p.matched.change),
        (6.0, false, Some(6.0))
    );
    assert_eq!(patients(&r, "progression >= 5"), Some((1, 2)));
    assert!(r.definitions.iter().all(|d| d.withheld == 0));
}

/// A reader whose baseline has too few sites for a sum adds nothing to the change, and to what was seen of it.
#[test]
fn readers_without_a_sum_have_no_say() {
    let mut readings: Vec<crate::panel::Reading<'_>> = Vec::new();
    let names: Vec<u32> = (0..4).collect();
    let a: [&[f64]; 4] = [&[0.0, 4.0], &[0.0, 4.0], &[0.0, 2.0], &[0.0, f64::NAN]];
    let b: [&[f64]; 4] = [
        &[0.0, 0.0],
        &[f64::NAN, 0.0],
        &[f64::NAN, 0.0],
        &[f64::NAN, 0.0],
    ];
    for &item in &names {
        readings.push(("p", "A", 1, item, a[item as usize]));
        readings.push(("p", "B", 1, item, b[item as usize]));
        readings.push(("q", "A", 1, item, &[1.0, 1.0]));
        readings.push(("q", "B", 1, item, &[1.0, 1.0]));
    }
    let table = table(items(4, "erosion"), 2, &readings);
    let (sums, _) = howship_scores::totals(&table, &TotalsOptions::default()).unwrap();
    let r = changes(&table, &sums, &ChangeOptions::default()).unwrap();
    let p = &r.patients[0];
    assert_eq!(p.readers[1], None);
    assert!(p.matched.differ);
    assert!(
        (p.matched.change.unwrap() - 10.0 * 4.0 / 3.0).abs() < 1e-12,
        "{p:?}"
    );
}

/// A replaced joint holds its last score, matched or not: another joint that was not scored takes nothing from it.
#[test]
fn what_rules_fill_in_counts_as_seen() {
    let mut table = table(
        items(4, "erosion"),
        3,
        &[
            ("p", "A", 1, 0, &[0.0, 5.0, f64::NAN]),
            ("p", "A", 1, 1, &[1.0, 1.0, 1.0]),
            ("p", "A", 1, 2, &[1.0, 1.0, 1.0]),
            ("p", "A", 1, 3, &[0.0, 0.0, f64::NAN]),
            ("q", "A", 1, 0, &[0.0, 0.0, 0.0]),
        ],
    );
    let replaced = table.rows.iter_mut().find(|r| r.visit == 2 && r.item == 0);
    replaced.unwrap().status = howship_scores::Status::Replaced;
    let (sums, _) = howship_scores::totals(&table, &TotalsOptions::default()).unwrap();
    let r = changes(&table, &sums, &ChangeOptions::default()).unwrap();
    let p = r.patients.iter().find(|p| p.subject == "p").unwrap();
    assert!(p.matched.differ);
    assert!(
        (p.matched.change.unwrap() - 5.0 * 4.0 / 3.0).abs() < 1e-12,
        "{p:?}"
    );
}

/// Eight patients whose worst joint is not scored later: the sums fall, no joint does.
#[test]
fn a_group_does_not_repair_by_sums_of_other_sites() {
    let names: Vec<String> = (0..8).map(|i| format!("p{i}")).collect();
    let last: Vec<[f64; 2]> = (0..8).map(|i| [1.0, 2.0 * (i % 2) as f64]).collect();
    let mut readings: Vec<crate::panel::Reading<'_>> = Vec::new();
    for (name, last) in names.iter().zip(&last) {
        readings.push((name, "A", 1, 0, &[4.0, f64::NAN]));
        readings.push((name, "A", 1, 1, last));
        readings.push((name, "A", 1, 2, &[1.0, 1.0]));
    }
    let table = table(items(3, "erosion"), 2, &readings);
    let group = |missing: Fill| {
        let options = TotalsOptions {
            missing,
            ..TotalsOptions::default()
        };
        let (sums, _) = howship_scores::totals(&table, &options).unwrap();
        let r = changes(&table, &sums, &ChangeOptions::default()).unwrap();
        (r.groups[0].clone(), r.patients[0].matched)
    };
    let (sums, matched) = group(Fill::Missing);
    assert!(
        sums.upper < 0.0 && !sums.repair && sums.withheld,
        "{sums:?}"
    );
    assert_eq!(sums.repair_word(), "withheld");
    assert_eq!((matched.differ, matched.change), (true, Some(-1.5)));
    // The largest grade in place of a score is nobody's finding either; what is carried on does not change.
    let (highest, matched) = group(Fill::Maximum);
    assert!(
        highest.lower > 0.0 && !highest.progression && highest.withheld,
        "{highest:?}"
    );
    assert!(matched.differ);
    let (carried, matched) = group(Fill::Carry);
    assert!(!carried.withheld && carried.mean == 0.0 && !matched.differ);
}

/// Each of three readers saw a decrease, no two of them between the same visits.
#[test]
fn readers_apart_judge_nothing_together() {
    let none = f64::NAN;
    let readings: [crate::panel::Reading<'_>; 3] = [
        ("p", "A", 1, 0, &[3.0, 2.0, none]),
        ("p", "B", 1, 0, &[none, 3.0, 2.0]),
        ("p", "C", 1, 0, &[3.0, none, 2.0]),
    ];
    let table = table(items(1, "erosion"), 3, &readings);
    let rule = JointRepair {
        name: "two of three".into(),
        visits: 1,
        days: 0.0,
        ..JointRepair::leiden()
    };
    let options = ChangeOptions {
        joint_repair: vec![rule],
        ..ChangeOptions::default()
    };
    let r = changes(&table, &sums(&table), &options).unwrap();
    assert_eq!(patients(&r, "two of three"), None);
    let d = r.definitions.iter().find(|d| d.name == "two of three");
    let reason = d.unwrap().not_identified.as_ref().unwrap();
    assert!(reason.contains("the same two visits"), "{reason}");
}
