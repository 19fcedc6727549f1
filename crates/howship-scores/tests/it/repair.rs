use crate::panel::{Reading, items, sums, table};
use howship_scores::repair::{
    Level, Pairing, RepairOptions, RepairReport, SelectedChange, WhyAlone, repair_beyond_error,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn report(readings: &[Reading<'_>], items_of_each: usize) -> RepairReport {
    let table = table(items(items_of_each, "erosion"), 2, readings);
    let options = RepairOptions {
        draws: 400,
        ..RepairOptions::default()
    };
    repair_beyond_error(&table, &sums(&table), &options).unwrap()
}

/// Two readers and two readings of one item per patient: changes of reader A, of reader B.
fn of_changes(changes: &[(f64, f64)]) -> RepairReport {
    let names: Vec<String> = (0..changes.len()).map(|i| format!("p{i:03}")).collect();
    let scores: Vec<[[f64; 2]; 2]> = changes
        .iter()
        .map(|&(a, b)| [[2.0, 2.0 + a], [2.0, 2.0 + b]])
        .collect();
    let mut readings: Vec<Reading<'_>> = Vec::new();
    for (name, s) in names.iter().zip(&scores) {
        readings.push((name, "A", 1, 0, &s[0]));
        readings.push((name, "B", 1, 0, &s[1]));
    }
    report(&readings, 1)
}

#[test]
fn variances_are_those_of_the_formulas() {
    // A: -2 0 1 1, B: -1 -1 1 1: covariance 5/3, differences -1 1 0 0 of variance 2/3.
    let r = of_changes(&[(-2.0, -1.0), (0.0, -1.0), (1.0, 1.0), (1.0, 1.0)]);
    let shared = r.shared.found.unwrap();
    let patients = shared.iter().find(|s| s.level == Level::Patient).unwrap();
    assert_eq!((patients.pairing, patients.units), (Pairing::Readers, 4));
    let (truth, noise) = (4.0 / 3.0, 1.0 / 3.0);
    assert!(
        (patients.true_variance.value - truth).abs() < 1e-12,
        "{patients:?}"
    );
    assert!((patients.noise_variance.value - noise).abs() < 1e-12);
    let reliability = truth / (truth + noise);
    assert!((patients.reliability.value - reliability).abs() < 1e-12);
    assert!((patients.reliability_of_mean - truth / (truth + noise / 2.0)).abs() < 1e-12);
    // The same through the mean of readers: its variance is the true one and half the noise.
    let shrinkage = r.shrinkage.found.unwrap();
    assert!((shrinkage.noise_variance - noise).abs() < 1e-12);
    assert!((shrinkage.true_variance - truth).abs() < 1e-12);
    let first = &shrinkage.patients[0];
    assert_eq!(first.observed, -1.5);
    let expected = -0.0 + truth / (truth + noise / 2.0) * -1.5;
    assert!((first.expected - expected).abs() < 1e-12);
}

fn selected<'a>(r: &'a RepairReport, level: Level, by: &str) -> &'a SelectedChange {
    let list = r.selected.found.as_ref().unwrap();
    let fits = |s: &&SelectedChange| s.level == level && s.by == by && s.below == 0.0;
    list.iter().find(fits).unwrap()
}

#[test]
fn what_one_reader_selects_the_other_measures() {
    let mut changes = vec![(-1.0, -1.0); 12];
    changes.extend([(-1.0, 1.0); 3]);
    changes.extend([(0.0, 0.0); 20]);
    changes.extend([(1.0, -1.0); 5]);
    let r = of_changes(&changes);
    let by_a = selected(&r, Level::Patient, "A");
    assert_eq!((by_a.selected, by_a.patients), (15, 15));
    assert!((by_a.mean_by + 1.0).abs() < 1e-12);
    assert!((by_a.mean_measured.value + 0.6).abs() < 1e-12);
    assert!(by_a.repair, "{by_a:?}");
    let by_b = selected(&r, Level::Joint, "B");
    assert_eq!(by_b.selected, 17);
    assert!((by_b.mean_measured.value + 7.0 / 17.0).abs() < 1e-12);
}

/// Changes of `n` patients: each reader errs by ±1 with a probability; the first `repaired` truly fall by `fall`.
fn noisy(n: usize, repaired: usize, fall: f64, seed: u64) -> Vec<(f64, f64)> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut error = || match rng.random::<f64>() {
        u if u < 0.15 => -1.0,
        u if u < 0.30 => 1.0,
        _ => 0.0,
    };
    (0..n)
        .map(|i| {
            let truth = if i < repaired { -fall } else { 0.0 };
            (
                (truth + error()).clamp(-2.0, 3.0),
                (truth + error()).clamp(-2.0, 3.0),
            )
        })
        .collect()
}

#[test]
fn noise_alone_has_no_excess_and_repair_has() {
    let noise = of_changes(&noisy(200, 0, 0.0, 1));
    let tail = noise.tail.found.as_ref().unwrap();
    for t in tail {
        assert!(t.p > 0.05, "{t:?}");
        assert!((t.by_noise - t.decreased as f64).abs() < 20.0, "{t:?}");
    }
    assert!(!selected(&noise, Level::Patient, "A").repair);
    let shuffle = noise.shuffle.found.unwrap();
    assert!(
        shuffle.better_p > 0.05 && shuffle.agreed_p > 0.05,
        "{shuffle:?}"
    );

    let repair = of_changes(&noisy(200, 40, 1.0, 2));
    let tail = repair.tail.found.as_ref().unwrap();
    assert!(tail[1].p < 0.01 && tail[1].excess > 10.0, "{:?}", tail[1]);
    assert!(selected(&repair, Level::Patient, "A").repair);
    assert!(selected(&repair, Level::Joint, "B").repair);
    let shuffle = repair.shuffle.found.unwrap();
    assert!(
        shuffle.better_p < 0.01 && shuffle.agreed_p < 0.01,
        "{shuffle:?}"
    );
    assert!(shuffle.better as f64 > 2.0 * shuffle.better_by_chance);
}

#[test]
fn progression_is_not_taken_for_repair() {
    let mut changes = noisy(200, 0, 0.0, 3);
    for c in changes.iter_mut().take(60) {
        *c = ((c.0 + 2.0).min(3.0), (c.1 + 2.0).min(3.0));
    }
    let r = of_changes(&changes);
    for t in r.tail.found.as_ref().unwrap() {
        assert!(t.p > 0.05, "{t:?}");
    }
    assert!(!selected(&r, Level::Patient, "A").repair);
}

#[test]
fn a_change_read_once_is_no_evidence() {
    let r = report(
        &[
            ("p", "A", 1, 0, &[1.0, 0.0]),
            ("q", "A", 1, 0, &[1.0, 0.0]),
            ("r", "A", 1, 0, &[1.0, 2.0]),
        ],
        1,
    );
    assert!(r.shared.found.is_none() && r.selected.found.is_none());
    assert!(r.tail.found.is_none() && r.shuffle.found.is_none() && r.shrinkage.found.is_none());
    assert!(
        r.shared
            .not_identified
            .unwrap()
            .contains("cannot be told apart")
    );
    assert!(!r.tail.assumptions.is_empty());
}

/// Two readers of one patient: it is the patients that are missing, not the readings.
#[test]
fn too_few_patients_are_not_called_one_reading() {
    let r = of_changes(&[(-1.0, -1.0)]);
    for why in [
        r.shared.not_identified,
        r.tail.not_identified,
        r.shuffle.not_identified,
        r.shrinkage.not_identified,
    ]
    .into_iter()
    .flatten()
    {
        assert!(why.contains("fewer than three patients"), "{why}");
    }
    assert!(r.shrinkage.found.is_none() && r.tail.found.is_none());
    // Enough patients, read twice, and nothing changed: not for want of readings either.
    let r = of_changes(&[(0.0, 0.0); 5]);
    let why = r.shrinkage.not_identified.unwrap();
    assert!(why.contains("explains all of the spread"), "{why}");
}

#[test]
fn one_readers_replicates_stand_in_and_it_is_said() {
    let names: Vec<String> = (0..10).map(|i| format!("p{i}")).collect();
    let mut readings: Vec<Reading<'_>> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        readings.push((
            name,
            "A",
            1,
            0,
            if i < 5 { &[3.0, 1.0] } else { &[1.0, 1.0] },
        ));
        readings.push((
            name,
            "A",
            2,
            0,
            if i < 4 { &[3.0, 1.0] } else { &[1.0, 1.0] },
        ));
    }
    let r = report(&readings, 1);
    assert!(r.tail.found.is_some());
    assert!(
        r.notes.iter().any(|n| n.contains("one reader only")),
        "{:?}",
        r.notes
    );
    let shared = r.shared.found.as_ref().unwrap();
    assert!(shared.iter().all(|s| s.pairing == Pairing::Replicates));
    assert_eq!(shared[0].a, "A reading 1");
    let tidy = r.tidy();
    assert!(tidy.rows.len() > 10 && tidy.rows.iter().all(|row| row.len() == 8));
}

#[test]
fn a_known_order_of_films_is_warned_of() {
    let mut table = table(
        items(1, "erosion"),
        2,
        &[("p", "A", 1, 0, &[1.0, 0.0]), ("p", "B", 1, 0, &[1.0, 0.0])],
    );
    table.sequence_known = Some(true);
    let r = repair_beyond_error(&table, &sums(&table), &RepairOptions::default()).unwrap();
    assert!(
        r.notes.iter().any(|n| n.contains("suppresses negative")),
        "{:?}",
        r.notes
    );
}

/// Of six readers' sets one pair is whole; every other reading is told with its reason, by whom and of whom.
#[test]
fn readings_that_enter_no_change_are_told() {
    const GONE: f64 = f64::NAN;
    let (whole, first, last) = ([2.0, 1.0], [2.0, GONE], [GONE, 2.0]);
    let none = [GONE, GONE];
    let mut readings: Vec<Reading<'_>> = Vec::new();
    let names = ["p0", "p1", "p2", "p3"];
    for name in names {
        for reader in ["A", "B"] {
            readings.push((name, reader, 1, 0, &whole));
            readings.push((name, reader, 1, 1, &whole));
        }
    }
    let found = report(&readings, 2);
    assert_eq!(
        (found.no_change.readings, found.no_change_note()),
        (16, None)
    );
    // Nobody saw the last film of p4, and nobody any of p5; B read no first film of p6; B's readings of p7 are two; A
    // scored other joints of p8 at either visit.
    for reader in ["A", "B"] {
        readings.push(("p4", reader, 1, 0, &first));
        readings.push(("p5", reader, 1, 0, &none));
    }
    readings.push(("p6", "A", 1, 0, &whole));
    readings.push(("p6", "B", 1, 0, &last));
    readings.push(("p7", "A", 1, 0, &whole));
    readings.push(("p7", "B", 1, 0, &first));
    readings.push(("p7", "B", 2, 0, &last));
    readings.push(("p8", "A", 1, 0, &first));
    readings.push(("p8", "A", 1, 1, &last));
    let found = report(&readings, 2);
    let alone = &found.no_change.alone;
    let told: Vec<_> = alone
        .iter()
        .map(|a| {
            (
                a.subject.as_str(),
                a.reader.as_str(),
                a.reading,
                a.visit.as_str(),
                a.why,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("p4", "A", 1, "M0", WhyAlone::PatientAtOneVisit),
            ("p4", "B", 1, "M0", WhyAlone::PatientAtOneVisit),
            ("p6", "B", 1, "M12", WhyAlone::ReaderAtOneVisit),
            ("p7", "B", 1, "M0", WhyAlone::OtherReading),
            ("p7", "B", 2, "M12", WhyAlone::OtherReading),
            ("p8", "A", 1, "M0", WhyAlone::OtherSites),
            ("p8", "A", 1, "M12", WhyAlone::OtherSites),
        ]
    );
    assert_eq!(found.no_change.readings, 16 + 2 + 3 + 4 + 2);
    assert_eq!(found.no_change.patients_without, ["p4", "p5", "p8"]);
    let note = found.no_change_note().unwrap();
    let wanted = "7 of 27 readings of M0 or M12 enter no change between the two: 2, since nobody read the patient at the \
                  other visit (`p4`); 1, since others read the other visit, this reader did not (`p6` by `B`); 2, since \
                  the reader's other visit is of another campaign or reading (`p7` by `B`); 2, since no joint was scored \
                  at both visits (`p8` by `A`); nothing is said of 3 of 9 patients (`p4`, `p5`, `p8`)";
    assert_eq!(note, wanted);
    assert_eq!(found.no_change.tidy().rows.len(), alone.len());
}
