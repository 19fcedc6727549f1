//! Names that stand for others: sides, sites, features, subjects, visits; and slips of one kind.

use crate::made::{FAULTS, Made, NOTES, Row, text};
use crate::said;
use howship_scores::change::{ChangeOptions, changes};
use howship_scores::trial::{TrialOptions, trial};
use howship_scores::{Doubt, ReadOptions, ScoreTable, TotalsOptions, read_with_warnings, totals};
use howship_tables::OpenOptions;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn read(text: &str, options: &ReadOptions) -> Result<(ScoreTable, Vec<String>), String> {
    let bytes = text.as_bytes().to_vec();
    let table = howship_tables::read("made".as_ref(), bytes, &OpenOptions::default());
    read_with_warnings(&table.unwrap(), options).map_err(|e| said(&e))
}

/// The kinds of doubts and notes of a table of joints.
fn found(rows: &[Row]) -> Vec<String> {
    let (table, warnings) = read(&text(rows), &ReadOptions::default()).unwrap();
    let kind = |d: &Doubt| match d {
        Doubt::MixedUp { kind, .. } => format!("{kind:?}"),
        Doubt::Opposite(_) => "Opposite".to_owned(),
        other => format!("{other:?}"),
    };
    let notes = NOTES.iter();
    let notes = notes.filter(|(words, _)| warnings.iter().any(|w| w.contains(words)));
    let doubts = table.doubts.iter().map(kind);
    doubts
        .chain(notes.map(|(_, kind)| (*kind).to_owned()))
        .collect()
}

fn rows(made: &Made, seed: u64) -> Vec<Row> {
    made.rows(&mut ChaCha8Rng::seed_from_u64(seed))
}

/// Readers who agree on nine tenths, one in ten of whose sites progress.
const CLEAR: Made = Made {
    subjects: 24,
    readers: 2,
    damaged: 0.7,
    noise: 0.12,
    progress: 0.1,
    liked: 1,
};

#[test]
fn each_fault_is_told_and_nothing_else() {
    for (name, fault, kind) in FAULTS {
        let mut told = 0;
        for seed in 0..5 {
            let mut rows = rows(&CLEAR, seed);
            fault(&mut rows, seed as u32 + 3);
            let found = found(&rows);
            assert!(found.iter().all(|f| f == kind), "{name}, {seed}: {found:?}");
            told += found.len();
        }
        assert!(told >= 4, "{name}: {told} of 5");
    }
}

#[test]
fn sound_tables_are_not_asked_about() {
    for made in Made::all() {
        for seed in 100..106 {
            let found = found(&rows(&made, seed));
            assert!(found.is_empty(), "{made:?}, {seed}: {found:?}");
        }
    }
}

/// A reader who sees one site worse in everybody exchanges no names.
#[test]
fn a_reader_with_a_site_of_his_own_is_not_asked_about() {
    for seed in 0..10 {
        let mut rows = rows(&CLEAR, seed);
        for row in rows
            .iter_mut()
            .filter(|r| r.reader == "B" && r.site == "MCP5")
        {
            row.score = (row.score + 2).min(4);
        }
        assert_eq!(found(&rows), Vec::<String>::new(), "{seed}");
    }
}

#[test]
fn change_asks_where_names_are_mixed_up() {
    let (_, fault, _) = FAULTS.iter().find(|f| f.0 == "fingers by B").unwrap();
    let mut rows = rows(&CLEAR, 7);
    fault(&mut rows, 0);
    let options = |as_scored| ReadOptions {
        as_scored,
        ..ReadOptions::default()
    };
    let change = |as_scored| {
        let (table, warnings) = read(&text(&rows), &options(as_scored)).unwrap();
        let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
        let change = changes(&table, &sums, &ChangeOptions::default());
        (
            change.map(|_| ()).map_err(|e| said(&e)),
            warnings.join("\n"),
        )
    };
    let (asked, warned) = change(false);
    let asked = asked.unwrap_err();
    assert!(
        asked.contains("between readers `A` and `B`: MCP1 and MCP5 ("),
        "{asked}"
    );
    assert!(asked.contains("MCP2 and MCP4 ("), "{asked}");
    assert!(asked.contains("--as-scored"), "{asked}");
    assert!(warned.contains("names seem exchanged"), "{warned}");
    let (answered, warned) = change(true);
    assert_eq!(answered, Ok(()));
    assert!(warned.contains("taken as scored, as asked"), "{warned}");
}

#[test]
fn exchanged_subjects_are_named_with_visit_and_reader() {
    let mut rows = rows(&CLEAR, 3);
    let (_, fault, _) = FAULTS
        .iter()
        .find(|f| f.0 == "two subjects at M12 by B")
        .unwrap();
    fault(&mut rows, 5);
    let (_, warnings) = read(&text(&rows), &ReadOptions::default()).unwrap();
    let told = warnings
        .iter()
        .find(|w| w.contains("subjects seem exchanged"));
    let told = told.unwrap();
    for words in [
        "`P005` and `P006`",
        "M0 and M12 by `B`",
        "`A` and `B` at M12",
    ] {
        assert!(told.contains(words), "{told}");
    }
    assert!(!told.contains("by `A`"), "{told}");
}

/// Sums of 30 subjects by two readers at two visits; an edit of one cell by its number.
fn sums(seed: u64, edit: impl Fn(usize, f64) -> f64) -> String {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut text = "subject,visit,days,reader,scheme,site,feature,score\n".to_owned();
    for subject in 0..30 {
        let mut truth = 20.0 + 80.0 * rng.random::<f64>() * rng.random::<f64>();
        for (visit, days) in [("M0", 0), ("M12", 365)] {
            for reader in ["A", "B"] {
                let score = (truth + 4.0 * (rng.random::<f64>() - 0.5)).round();
                let at = text.lines().count() - 1;
                text.push_str(&format!(
                    "P{subject:02},{visit},{days},{reader},custom,all,damage,{}\n",
                    edit(at, score)
                ));
            }
            truth += 6.0 * rng.random::<f64>();
        }
    }
    text
}

#[test]
fn several_slips_of_one_kind_are_all_named() {
    let at = [3, 40, 81];
    type Edit = fn(f64) -> f64;
    let edits: [(&str, Edit, usize); 4] = [
        ("0 for it", |_| 0.0, 3),
        ("99 for it", |_| 99.0, 3),
        ("88 for it", |_| 88.0, 3),
        ("times ten", |x| 10.0 * x, 3),
    ];
    for (name, edit, slips) in edits {
        let text = sums(1, |i, x| if at.contains(&i) { edit(x) } else { x });
        let (table, _) = read(&text, &ReadOptions::default()).unwrap();
        let lines = table.doubts.iter().map(|d| match d {
            Doubt::FarFromFilm { line, .. } => *line as usize - 2,
            other => panic!("{name}: {other:?}"),
        });
        let mut lines: Vec<usize> = lines.collect();
        lines.sort_unstable();
        assert_eq!(lines, at, "{name}");
        assert_eq!(lines.len(), slips, "{name}");
    }
}

#[test]
fn sums_as_readers_give_them_are_no_slips() {
    for seed in 0..40 {
        let (table, _) = read(&sums(seed, |_, x| x), &ReadOptions::default()).unwrap();
        assert!(table.doubts.is_empty(), "{seed}: {:?}", table.doubts);
    }
}

#[test]
fn rows_of_means_are_no_patients() {
    let with = |name: &str| {
        let mut text = sums(2, |_, x| x);
        for reader in ["A", "B"] {
            text.push_str(&format!("{name},M0,0,{reader},custom,all,damage,20\n"));
        }
        read(&text, &ReadOptions::default()).map(|_| ())
    };
    for name in [
        "Mean",
        "TOTAL",
        "Total:",
        "Std. Dev.",
        "Mittelwert",
        "Écart-type",
        "SD",
        "n",
        "Max",
    ] {
        let refused = with(name).unwrap_err();
        assert!(refused.contains("line 122"), "{refused}");
        assert!(refused.contains("names a summary of subjects"), "{refused}");
        assert!(refused.contains("leave rows of means"), "{refused}");
    }
    for name in ["P99", "Meanwood", "SD1", "Minna"] {
        assert_eq!(with(name), Ok(()), "{name}");
    }
    // Initials of people who are all named by letters.
    let text = sums(2, |_, x| x);
    let letters: String = text
        .lines()
        .map(|l| match l.strip_prefix('P') {
            Some(rest) if rest.starts_with("07") => format!("SD{}\n", &rest[2..]),
            Some(rest) => {
                let number: u8 = rest[..2].parse().unwrap();
                let letter = |n: u8| char::from(b'A' + n);
                format!(
                    "{}{}X{}\n",
                    letter(number / 10),
                    letter(number % 10),
                    &rest[2..]
                )
            }
            None => format!("{l}\n"),
        })
        .collect();
    assert!(read(&letters, &ReadOptions::default()).is_ok());
}

#[test]
fn one_readers_days_in_months_are_asked_about() {
    let in_months = sums(4, |_, x| x).replace(",365,B,", ",12,B,");
    let (table, warnings) = read(&in_months, &ReadOptions::default()).unwrap();
    assert_eq!(table.doubts.len(), 1, "{:?}", table.doubts);
    let told = warnings.join("\n");
    assert!(
        told.contains("`B` has months where others have days (12 and 365 at M12, 30 visits)"),
        "{told}"
    );
    let later = sums(4, |_, x| x).replace(",365,B,", ",380,B,");
    assert!(
        read(&later, &ReadOptions::default())
            .unwrap()
            .0
            .doubts
            .is_empty()
    );
}

#[test]
fn a_number_that_does_not_exist_has_no_likeliest_other() {
    let row =
        "subject,visit,reader,scheme,side,site,feature,score\nP1,M0,A,svdh,L,MCP6,erosion,1\n";
    let refused = read(row, &ReadOptions::default()).unwrap_err();
    assert!(!refused.contains("did you mean"), "{refused}");
    let refused = read(&row.replace("MCP6", "MPC2"), &ReadOptions::default()).unwrap_err();
    assert!(refused.contains("did you mean `MCP2`?"), "{refused}");
}

#[test]
fn a_table_without_arms_offers_none() {
    let (table, _) = read(&sums(5, |_, x| x), &ReadOptions::default()).unwrap();
    let (sums, _) = totals(&table, &TotalsOptions::default()).unwrap();
    let options = TrialOptions {
        reference_arm: Some("mtx".into()),
        ..TrialOptions::default()
    };
    let refused = said(&trial(&table, &sums, &options).map(drop).unwrap_err());
    assert!(
        refused.contains("no subject of the table is in any arm"),
        "{refused}"
    );
    assert!(refused.contains("`--subjects`"), "{refused}");
}
