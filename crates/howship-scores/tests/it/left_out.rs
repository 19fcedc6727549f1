//! Scores that would be left out of an answer, or bend it, without a word.

use crate::said;
use howship_scores::change::{ChangeOptions, changes};
use howship_scores::trial::{TrialOptions, trial};
use howship_scores::{ReadOptions, ScoreTable, TotalsOptions, read_with_warnings, totals};
use howship_tables::OpenOptions;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::cell::RefCell;

const VISITS: [(&str, u32); 3] = [("M0", 0), ("M12", 365), ("M24", 730)];

/// Twelve subjects of two arms, three visits, two readers; each cell as `change` says, of (subject, visit, reader, score).
fn table(change: impl Fn(usize, &mut String, &mut String, &mut f64)) -> (ScoreTable, Vec<String>) {
    table_of(12, change)
}

fn table_of(
    subjects: usize,
    change: impl Fn(usize, &mut String, &mut String, &mut f64),
) -> (ScoreTable, Vec<String>) {
    let mut text = "subject,arm,visit,days,reader,scheme,site,feature,score\n".to_owned();
    for subject in 0..subjects {
        let arm = ["A", "B"][subject % 2];
        for (at, (visit, days)) in VISITS.into_iter().enumerate() {
            for reader in 0..2 {
                let (mut visit, mut name) = (visit.to_owned(), format!("R{}", reader + 1));
                let wobble = ((7 * subject + 5 * at + 3 * reader) % 4) as f64;
                let mut score = (10 + 2 * subject + at * (subject % 3)) as f64 + wobble;
                change(subject, &mut visit, &mut name, &mut score);
                text.push_str(&format!(
                    "P{subject:02},{arm},{visit},{days},{name},custom,all,damage,{score}\n"
                ));
            }
        }
    }
    let table =
        howship_tables::read("made".as_ref(), text.into_bytes(), &OpenOptions::default()).unwrap();
    read_with_warnings(&table, &ReadOptions::default()).unwrap()
}

fn notes(table: &ScoreTable) -> [Vec<String>; 2] {
    let (sums, _) = totals(table, &TotalsOptions::default()).unwrap();
    let change = changes(table, &sums, &ChangeOptions::default()).unwrap();
    let trial = trial(table, &sums, &TrialOptions::default()).unwrap();
    [change.notes, trial.notes]
}

/// R2 read the first visit and R3 the others: half of the scores of M0 and M24 meet no score of their own reader.
#[test]
fn readers_of_one_visit_only_are_told() {
    let (sound, _) = table(|_, _, _, _| {});
    for notes in notes(&sound) {
        assert!(
            !notes.iter().any(|n| n.contains("enter no change")),
            "{notes:?}"
        );
    }
    let (split, _) = table(|_, visit, reader, _| {
        if visit != "M0" && reader == "R2" {
            "R3".clone_into(reader);
        }
    });
    for notes in notes(&split) {
        let wanted = "24 of 48 readings of patients who were read at both M0 and M24 enter no change (12 of 12 by `R2`, \
                      12 of 12 by `R3`)";
        assert!(notes.iter().any(|n| n.contains(wanted)), "{notes:?}");
    }
    // Without a second reader's change there is no detectable change, and the trial says why its cells are empty.
    let [_, trial] = notes(&split);
    let wanted = "`total`, M24: changes beyond the SDC are not judged: no two readers";
    assert!(trial.iter().any(|n| n.starts_with(wanted)), "{trial:?}");
}

/// `Week 104` of five subjects and `M24` of the others, all on day 730, are one visit under two names.
#[test]
fn a_visit_under_two_names_is_told() {
    let rename = |share: usize| {
        table(move |subject, visit, _, _| {
            if visit == "M24" && subject < share {
                "Week 104".clone_into(visit);
            }
        })
    };
    let told = |warnings: &[String]| warnings.iter().any(|w| w.contains("no subject has both"));
    let (_, warnings) = rename(0);
    assert!(!told(&warnings), "{warnings:?}");
    let (_, warnings) = rename(5);
    let wanted = "no subject has both `Week 104` (5 subjects) and `M24` (7)";
    assert!(warnings.iter().any(|w| w.contains(wanted)), "{warnings:?}");
}

/// 459 for 45.9, and the same number of a patient who has it at every visit.
#[test]
fn a_slip_of_the_hand_is_asked_about() {
    let (slipped, warnings) = table(|subject, visit, reader, score| {
        if subject == 3 && visit == "M24" && reader == "R1" {
            *score *= 10.0;
        }
    });
    let wanted = "`P03` at M24";
    assert!(warnings.iter().any(|w| w.contains(wanted)), "{warnings:?}");
    let (sums, _) = totals(&slipped, &TotalsOptions::default()).unwrap();
    let error = trial(&slipped, &sums, &TrialOptions::default()).unwrap_err();
    assert!(said(&error).contains("`--as-scored`"), "{}", said(&error));
    let (ill, _) = table(|subject, _, _, score| {
        if subject == 3 {
            *score *= 10.0;
        }
    });
    assert!(ill.doubts.is_empty(), "{:?}", ill.doubts);
}

/// 210 for 21 lies within twice the range of others, and far from what the other reader gave the same film. A patient whom
/// both see so much worse is none.
#[test]
fn a_slip_within_the_range_of_others_is_told_by_the_other_reading() {
    let with = |more: &dyn Fn(usize, &str, &str) -> f64| {
        // Readers who differ by chance: sums of three even numbers from -2 to 2.
        let rng = RefCell::new(ChaCha8Rng::seed_from_u64(1));
        let error = || rng.borrow_mut().random_range(-2.0..2.0);
        table_of(60, |subject, visit, reader, score| {
            let errors = error() + error() + error();
            *score = (15.0 + 2.0 * subject as f64 + errors + more(subject, visit, reader)).round();
        })
    };
    let (slipped, warnings) = with(&|subject, visit, reader| match (subject, visit, reader) {
        (3, "M24", "R1") => 189.0,
        _ => 0.0,
    });
    let wanted = "of `P03` at M24 by `R1`";
    assert!(warnings.iter().any(|w| w.contains(wanted)), "{warnings:?}");
    let (sums, _) = totals(&slipped, &TotalsOptions::default()).unwrap();
    let error = changes(&slipped, &sums, &ChangeOptions::default()).unwrap_err();
    assert!(said(&error).contains("180 films") && said(&error).contains("`--as-scored`"));
    let (worse, _) = with(&|subject, visit, _| match (subject, visit) {
        (3, "M24") => 189.0,
        _ => 0.0,
    });
    assert!(worse.doubts.is_empty(), "{:?}", worse.doubts);
    let (sound, _) = with(&|_, _, _| 0.0);
    assert!(sound.doubts.is_empty(), "{:?}", sound.doubts);
}
