//! Readings that are none: visits filled in with one score, readers copied.

use crate::said;
use howship_phantom::readers::{ArmSpec, ReadVisitSpec, ReaderSpec, ReadersSpec, svdh_sites};
use howship_scores::agree::{AgreeOptions, agree};
use howship_scores::change::{ChangeOptions, changes};
use howship_scores::latent::{LatentOptions, latent_changes};
use howship_scores::repair::{RepairOptions, repair_beyond_error};
use howship_scores::trial::{TrialOptions, trial};
use howship_scores::{
    ConstantReadings, Held, ReadOptions, ScoreTable, Status, TotalsOptions, read_with_warnings,
    totals,
};
use howship_tables::OpenOptions;

fn csv(seed: u64, subjects: usize, readers: &[&str]) -> Vec<Vec<String>> {
    let reader = |name: &&str| ReaderSpec {
        name: (*name).into(),
        sensitivity: 0.7,
        false_worse: 0.02,
        false_better: 0.03,
        ..ReaderSpec::default()
    };
    let spec = ReadersSpec {
        seed,
        arms: vec![ArmSpec {
            subjects,
            healing: 0.06,
            progressing: 0.03,
            concentration: Some(5.0),
            ..ArmSpec::default()
        }],
        visits: [("M0", 0.0), ("M24", 24.0)]
            .map(|(name, months)| ReadVisitSpec {
                name: name.into(),
                months,
            })
            .into(),
        readers: readers.iter().map(reader).collect(),
        sites: svdh_sites()
            .into_iter()
            .filter(|s| s.feature == "erosion")
            .collect(),
        ..ReadersSpec::default()
    };
    let mut text = Vec::new();
    spec.generate().unwrap().write_scores(&mut text).unwrap();
    let text = String::from_utf8(text).unwrap();
    let rows = text.lines().map(|l| l.split(',').map(str::to_owned));
    rows.map(Iterator::collect).collect()
}

fn column(rows: &[Vec<String>], name: &str) -> usize {
    rows[0].iter().position(|c| c == name).unwrap()
}

fn read(rows: &[Vec<String>], how: ConstantReadings) -> (ScoreTable, Vec<String>) {
    let text: Vec<String> = rows.iter().map(|r| r.join(",")).collect();
    let text = text.join("\n").into_bytes();
    let table = howship_tables::read("made".as_ref(), text, &OpenOptions::default()).unwrap();
    let options = ReadOptions {
        constant_readings: how,
        ..ReadOptions::default()
    };
    read_with_warnings(&table, &options).unwrap()
}

/// One subject's visit, every site of it.
fn fill(rows: &mut [Vec<String>], subject: &str, visit: &str, score: &str) {
    let (s, v, x) = (
        column(rows, "subject"),
        column(rows, "visit"),
        column(rows, "score"),
    );
    for row in rows.iter_mut().skip(1) {
        if row[s] == subject && row[v] == visit {
            score.clone_into(&mut row[x]);
        }
    }
}

/// The subject with the largest sum at baseline, and the one with the smallest.
fn extremes(rows: &[Vec<String>]) -> (String, String) {
    let (table, _) = read(rows, ConstantReadings::Taken);
    let mut sums = vec![0.0; table.subjects.len()];
    for row in table.rows.iter().filter(|r| r.visit == 0) {
        sums[row.subject as usize] += row.score;
    }
    let by = |a: &usize, b: &usize| sums[*a].total_cmp(&sums[*b]);
    let name = |at: Option<usize>| table.subjects.name(at.unwrap() as u32).to_owned();
    let all = 0..sums.len();
    (name(all.clone().max_by(by)), name(all.min_by(by)))
}

fn quick() -> LatentOptions {
    LatentOptions {
        chains: 1,
        warm_up: 60,
        sweeps: 60,
        ..LatentOptions::default()
    }
}

const NAMED: &str = "every site has one score";

#[test]
fn a_missed_visit_that_was_filled_in_is_asked_about() {
    let sound = csv(3, 24, &["A", "B", "C"]);
    let (damaged, _) = extremes(&sound);
    for (visit, score, held) in [
        ("M24", "0", Held::Score(0.0)),
        ("M24", "1", Held::Score(1.0)),
        ("M24", "5", Held::Score(5.0)),
        ("M0", "3", Held::Score(3.0)),
    ] {
        let mut rows = sound.clone();
        fill(&mut rows, &damaged, visit, score);
        let (table, notes) = read(&rows, ConstantReadings::Ask);
        let named = notes.iter().find(|n| n.contains(NAMED)).unwrap();
        assert!(named.contains(&damaged) && named.contains(visit), "{named}");
        assert!(named.contains("--constant-readings"), "{named}");
        assert_eq!(table.constant.len(), 3, "{score}: {named}");
        assert!(table.constant.iter().all(|c| c.held == held), "{named}");
        let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
        for refused in [
            latent_changes(&table, &quick()).map(|_| ()),
            repair_beyond_error(&table, &sums, &RepairOptions::default()).map(|_| ()),
            changes(&table, &sums, &ChangeOptions::default()).map(|_| ()),
        ] {
            let error = said(&refused.unwrap_err());
            assert!(
                error.contains(&damaged) && error.contains("missing"),
                "{error}"
            );
        }
    }
}

#[test]
fn a_filled_in_visit_is_what_it_is_said_to_be() {
    let mut rows = csv(3, 24, &["A", "B", "C"]);
    let (damaged, _) = extremes(&rows);
    fill(&mut rows, &damaged, "M24", "0");
    let of = |how| {
        let (table, notes) = read(&rows, how);
        assert!(notes.iter().any(|n| n.contains("as asked")), "{notes:?}");
        let report = latent_changes(&table, &quick()).unwrap();
        let joints = report.joints.into_iter().filter(|j| j.subject == damaged);
        let called = joints.filter(|j| j.repair > 0.9).count();
        (table, called)
    };
    let (taken, called) = of(ConstantReadings::Taken);
    assert!(called >= 5, "{called}");
    assert!(taken.rows.iter().all(|r| r.status == Status::Ok));
    let (missing, called) = of(ConstantReadings::Missing);
    assert_eq!(called, 0);
    let left_out = missing.rows.iter().filter(|r| r.status == Status::Missing);
    assert_eq!(left_out.count(), 3 * 44);
}

/// Early disease has 0 at the first visit and at all of them; slight damage is no proof.
#[test]
fn little_or_no_damage_is_no_missed_visit() {
    let mut noted = 0;
    for seed in 0..20 {
        let mut rows = csv(seed, 12, &["A", "B"]);
        let (_, healthy) = extremes(&rows);
        let quiet = |rows: &[Vec<String>]| {
            let (_, notes) = read(rows, ConstantReadings::Ask);
            usize::from(notes.iter().any(|n| n.contains(NAMED)))
        };
        noted += quiet(&rows);
        fill(&mut rows, &healthy, "M0", "0");
        noted += quiet(&rows);
        fill(&mut rows, &healthy, "M24", "0");
        noted += quiet(&rows);
    }
    assert_eq!(noted, 0);
}

/// The rows of one reader with another's scores in them, at one visit or at all.
fn copy(rows: &mut [Vec<String>], from: &str, to: &str, visit: Option<&str>) {
    let at = ["subject", "visit", "reader", "side", "site", "score"].map(|c| column(rows, c));
    let [_, v, r, .., x] = at;
    let key = |row: &[String]| [at[0], at[1], at[3], at[4]].map(|c| row[c].clone());
    let scores: std::collections::BTreeMap<[String; 4], String> = rows
        .iter()
        .filter(|row| row[r] == from)
        .map(|row| (key(row), row[x].clone()))
        .collect();
    for row in rows.iter_mut() {
        if row[r] == to && visit.is_none_or(|visit| row[v] == visit) {
            row[x] = scores[&key(row)].clone();
        }
    }
}

#[test]
fn a_copied_reader_is_named_and_counts_once() {
    let sound = csv(5, 24, &["A", "B", "C"]);
    let copied = |notes: &[String]| notes.iter().any(|n| n.contains("one is a copy"));
    let (table, notes) = read(&sound, ConstantReadings::Ask);
    assert!(!copied(&notes) && table.copied().is_empty(), "{notes:?}");
    for visit in [None, Some("M24")] {
        let mut rows = sound.clone();
        copy(&mut rows, "A", "B", visit);
        if visit.is_some() {
            // The phantom's readers agree on the first visit; here one does not.
            let score = column(&rows, "score");
            let other = if rows[1][score] == "0" { "1" } else { "0" };
            rows[1][score] = other.to_owned();
        }
        let (table, notes) = read(&rows, ConstantReadings::Ask);
        assert!(copied(&notes), "{notes:?}");
        let [found] = &table.copied()[..] else {
            panic!("{:?}", table.copied())
        };
        assert_eq!(found.visit.map(|v| v as usize), visit.map(|_| 1));
        // Two readings are left of three.
        let report = latent_changes(&table, &quick()).unwrap();
        let most = report.joints.iter().map(|j| j.readings).max();
        assert_eq!(most, Some(2), "{visit:?}");
    }
    let mut rows = csv(5, 24, &["A", "B"]);
    copy(&mut rows, "A", "B", None);
    let (table, _) = read(&rows, ConstantReadings::Ask);
    let error = said(&latent_changes(&table, &quick()).unwrap_err());
    assert!(error.contains("copy"), "{error}");
}

/// Readers of few and slightly damaged joints may agree on all of them.
#[test]
fn readers_who_agree_on_little_are_no_copies() {
    let text = "
        subject | visit | reader | scheme | side | site | feature | score
        S1 | M0 | A | svdh | L | MCP2 | erosion | 1
        S1 | M0 | B | svdh | L | MCP2 | erosion | 1
        S2 | M0 | A | svdh | L | MCP2 | erosion | 0
        S2 | M0 | B | svdh | L | MCP2 | erosion | 0
        S3 | M0 | A | svdh | L | MCP2 | erosion | 3
        S3 | M0 | B | svdh | L | MCP2 | erosion | 3";
    assert!(crate::reading::read(text).unwrap().copied().is_empty());
    for seed in 0..20 {
        let (table, _) = read(&csv(seed, 6, &["A", "B", "C"]), ConstantReadings::Ask);
        assert!(table.copied().is_empty(), "{seed}");
    }
}

const SWAPPED: &str = "left and right seem to be swapped";

#[test]
fn sides_swapped_at_one_visit_are_named() {
    for seed in 0..5 {
        let mut rows = csv(seed, 24, &["A", "B", "C"]);
        let (damaged, _) = extremes(&rows);
        let [s, v, side] = ["subject", "visit", "side"].map(|c| column(&rows, c));
        for row in rows.iter_mut().filter(|r| r[s] == damaged && r[v] == "M24") {
            row[side] = if row[side] == "L" { "R" } else { "L" }.to_owned();
        }
        let (_, notes) = read(&rows, ConstantReadings::Ask);
        let named = notes.iter().find(|n| n.contains(SWAPPED)).unwrap();
        assert!(named.contains(&damaged), "{named}");
        // One subject alone is named.
        assert_eq!(named.matches("subject `").count(), 1, "{named}");
    }
}

#[test]
fn sides_as_written_are_not_named() {
    for seed in 0..200 {
        let (_, notes) = read(&csv(seed, 10, &["A", "B"]), ConstantReadings::Ask);
        assert!(
            !notes.iter().any(|n| n.contains(SWAPPED)),
            "{seed}: {notes:?}"
        );
    }
}

/// Kappa of a copy is 1 but for rounding.
#[test]
fn why_a_kappa_of_one_has_no_interval_is_told_rightly() {
    for seed in [5, 6] {
        let mut rows = csv(seed, 8, &["A", "B"]);
        copy(&mut rows, "A", "B", None);
        let (table, _) = read(&rows, ConstantReadings::Ask);
        let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
        let options = AgreeOptions {
            draws: 100,
            ..AgreeOptions::default()
        };
        let notes = agree(&table, &sums, &options).unwrap().notes;
        let why: Vec<&String> = notes
            .iter()
            .filter(|n| n.contains("has no interval"))
            .collect();
        assert!(!why.is_empty(), "{notes:?}");
        for note in why {
            assert!(note.contains("no disagreement was seen"), "{note}");
        }
    }
}

/// Totals of 12 subjects at two visits by three readers, each changed by its row's values.
fn totals_of(value: impl Fn(usize, &str, f64) -> f64) -> Vec<Vec<String>> {
    let header = "subject,arm,visit,days,reader,scheme,feature,score";
    let mut rows = vec![header.split(',').map(str::to_owned).collect()];
    for subject in 0..12 {
        for (at, visit) in ["M0", "M12"].into_iter().enumerate() {
            for (by, reader) in ["A", "B", "C"].into_iter().enumerate() {
                let own = (subject * subject + 3 + at * (subject % 3) + by * (subject % 2)) as f64;
                let score = value(subject, reader, own);
                let arm = if subject % 2 == 0 { "x" } else { "y" };
                let row = format!(
                    "S{subject},{arm},{visit},{},{reader},custom,sum,{score}",
                    at * 365
                );
                rows.push(row.split(',').map(str::to_owned).collect());
            }
        }
    }
    rows
}

fn answers(rows: &[Vec<String>], as_scored: bool) -> (Vec<String>, [Result<(), String>; 3]) {
    let text: Vec<String> = rows.iter().map(|r| r.join(",")).collect();
    let text = text.join("\n").into_bytes();
    let table = howship_tables::read("made".as_ref(), text, &OpenOptions::default()).unwrap();
    let options = ReadOptions {
        as_scored,
        ..ReadOptions::default()
    };
    let (table, notes) = read_with_warnings(&table, &options).unwrap();
    let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
    let told = |e: howship_scores::Error| said(&e);
    let change = changes(&table, &sums, &ChangeOptions::default()).map(drop);
    let fit = latent_changes(&table, &LatentOptions::default()).map(drop);
    let arms = trial(&table, &sums, &TrialOptions::default()).map(drop);
    agree(&table, &sums, &AgreeOptions::default()).unwrap();
    (
        notes,
        [change.map_err(told), fit.map_err(told), arms.map_err(told)],
    )
}

/// Arms' means were those of the reader with another scale, or of 999s, and nothing but a note, or nothing, said so.
#[test]
fn codes_and_other_scales_are_asked_about_before_change_is_called() {
    let tenfold = totals_of(|_, reader, v| if reader == "B" { 10.0 * v } else { v });
    let coded = totals_of(|subject, _, v| if subject == 7 { 999.0 } else { v });
    for (rows, words) in [
        (&tenfold, ["`B` gives about 10", "one scale"]),
        (&coded, ["6 scores are 999", "`\"999\" = \"missing\"`"]),
    ] {
        let (notes, asked) = answers(rows, false);
        for word in words {
            assert!(notes.iter().any(|n| n.contains(word)), "{word}: {notes:?}");
            for answer in &asked {
                let answer = answer.as_ref().unwrap_err();
                assert!(
                    answer.contains(word) && answer.contains("--as-scored"),
                    "{answer}"
                );
            }
        }
        let (notes, taken) = answers(rows, true);
        assert!(notes.iter().any(|n| n.contains("as asked")), "{notes:?}");
        assert!(taken.iter().all(Result::is_ok), "{taken:?}");
    }
}

/// One reader of three who is apart was told in two notes, of five in four.
#[test]
fn readers_on_another_scale_are_told_in_one_sentence() {
    // Half of the ratios are 9 and half 11: their median is 9.95, between the two (geometric).
    let tenfold = totals_of(|subject, reader, _| {
        let factor = if subject % 2 == 0 { 9 } else { 11 };
        let own = subject * subject + 3;
        (if reader == "B" { factor * own } else { own }) as f64
    });
    let (notes, _) = answers(&tenfold, false);
    let told: Vec<&String> = notes.iter().filter(|n| n.contains("one scale")).collect();
    assert_eq!(told.len(), 1, "{notes:?}");
    let words = "`B` gives about 9.9 times what `A` does (24), 9.9 times what `C` does (24) (";
    assert!(told[0].contains(words), "{told:?}");
}

/// A reader who sees twice as much as another, or far more in some films, is biased but on the same scale.
#[test]
fn readers_who_differ_as_readers_do_are_not_on_another_scale() {
    let twice = totals_of(|_, reader, v| if reader == "B" { 2.5 * v } else { v });
    let far = totals_of(|subject, reader, v| match reader {
        "C" if subject % 3 == 0 => 9.0 * v,
        _ => v,
    });
    for rows in [twice, far] {
        let (notes, answers) = answers(&rows, false);
        assert!(answers.iter().all(Result::is_ok), "{answers:?}");
        assert!(!notes.iter().any(|n| n.contains("one scale")), "{notes:?}");
    }
}
