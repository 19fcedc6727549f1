//! The page that describes score tables and mappings, against the code.

use crate::said;
use howship_scores::{Mapping, ReadOptions, TotalsOptions, mappings, read_with_warnings, totals};
use howship_tables::{OpenOptions, open};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

fn page() -> String {
    std::fs::read_to_string(docs().join("score-tables.md")).unwrap()
}

/// First cells of the rows of the table below a heading, without their backticks.
fn first_cells(page: &str, heading: &str) -> Vec<String> {
    let part = page.split(heading).nth(1).unwrap();
    let part = part.split("\n## ").next().unwrap();
    let rows = part.lines().filter(|l| l.starts_with("| `"));
    rows.flat_map(|l| {
        let cell = l.split('|').nth(1).unwrap().trim().to_owned();
        let words: Vec<String> = cell
            .split(", ")
            .map(|w| w.trim_matches('`').to_owned())
            .collect();
        words
    })
    .collect()
}

/// What a message lists behind `expected one of`, or between backticks.
fn in_backticks(text: &str) -> BTreeSet<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_key_is_described_and_every_described_key_is_one() {
    let error = said(&Mapping::from_toml("no_such_key = 1").unwrap_err());
    let listed = error.split("expected one of").nth(1).unwrap();
    let code: BTreeSet<String> = in_backticks(listed);
    assert!(code.len() > 15, "{error}");
    let described: BTreeSet<String> = first_cells(&page(), "## Every key of a mapping")
        .iter()
        .map(|key| {
            let bare = key.trim_matches(['[', ']']);
            bare.split('.').next().unwrap_or(bare).to_owned()
        })
        .collect();
    assert_eq!(described, code);
}

#[test]
fn every_column_is_described_and_every_described_column_is_one() {
    let own = "[columns]\nno_such_column = 'x'\nscore = 'y'";
    let error = said(&Mapping::from_toml(own).unwrap_err());
    let listed = error.split("allowed: ").nth(1).unwrap();
    let code: BTreeSet<String> = listed
        .trim_end_matches([')', '.'])
        .split(", ")
        .map(|w| w.trim_end_matches(')').to_owned())
        .collect();
    let described: BTreeSet<String> = first_cells(&page(), "## Columns").into_iter().collect();
    assert_eq!(described, code, "{error}");
}

#[test]
fn words_of_keys_are_those_of_the_code() {
    let page = page();
    for (key, wrong) in [
        ("date_numbers", "date_numbers = 'x'"),
        ("date_order", "date_order = 'x'"),
        ("in_window", "in_window = 'x'"),
        ("days_unit", "days_unit = 'x'"),
    ] {
        let error = said(&Mapping::from_toml(wrong).unwrap_err());
        let listed = error.split("expected").nth(1).unwrap();
        let row = page
            .lines()
            .find(|l| l.starts_with(&format!("| `{key}`")))
            .unwrap();
        for word in in_backticks(listed) {
            assert!(
                row.contains(&format!("\"{word}\"")),
                "`{word}` of {key}: {row}"
            );
        }
    }
    for id in mappings() {
        assert!(page.contains(&format!("`{id}`")), "{id}");
    }
}

/// Reads an example as the page says, and gives subjects, visits, readers, arms and rows.
fn example(
    name: &str,
    mapping: Option<&str>,
    options: ReadOptions,
) -> ([usize; 5], Vec<String>, f64) {
    let table = open(docs().join("scores").join(name), &OpenOptions::default()).unwrap();
    let mapping = mapping.map(|m| Mapping::from_file(&docs().join("scores").join(m)).unwrap());
    let (scores, warnings) =
        read_with_warnings(&table, &ReadOptions { mapping, ..options }).unwrap();
    let (sums, _) = totals(&scores, &TotalsOptions::default()).unwrap();
    let last = sums.features.len() - 1;
    let sum = sums.rows.iter().filter_map(|r| r.values[last].value).sum();
    let found = [
        scores.subjects.len(),
        scores.visits.len(),
        scores.readers.len(),
        scores.arms.len(),
        scores.rows.len(),
    ];
    (found, warnings, sum)
}

#[test]
fn five_tables_as_groups_have_them_are_read_with_one_mapping_at_most() {
    let (flat, ..) = example(
        "excel-flat.xlsx",
        Some("excel-flat.toml"),
        ReadOptions::default(),
    );
    assert_eq!(flat, [12, 2, 2, 0, 12 * 2 * 40]);
    let dm = open(docs().join("scores/dm.csv"), &OpenOptions::default()).unwrap();
    let svdh = ReadOptions {
        scheme: Some("svdh".into()),
        subjects: Some(dm),
        ..ReadOptions::default()
    };
    let (mk, warnings, _) = example("mk.csv", None, svdh);
    assert_eq!(mk, [16, 2, 2, 2, 16 * 5 * 2 * 2 * 2]);
    assert!(
        warnings
            .iter()
            .any(|w| w.contains("`JOINT REPLACED` 4 (replaced)")),
        "{warnings:#?}"
    );
    assert!(warnings.iter().any(|w| w.contains("16 of 16 subjects")));
    let (adam, warnings, _) = example("adxr.csv", None, ReadOptions::default());
    // 24 × 3 × 2, less two carried forward; two more rows lie outside the analysis.
    assert_eq!(adam, [24, 3, 2, 2, 142]);
    assert!(
        warnings
            .iter()
            .any(|w| w.contains("2 rows were left out by their flags")),
        "{warnings:#?}"
    );
    let (dream, ..) = example("ra2-dream.csv", None, ReadOptions::default());
    assert_eq!(dream, [10, 1, 1, 0, 360]);
    let german = ReadOptions {
        decimal_comma: true,
        ..ReadOptions::default()
    };
    let (klinik, warnings, _) = example("klinik.csv", Some("klinik.toml"), german);
    assert_eq!(klinik, [10, 2, 2, 0, 160]);
    assert!(
        warnings.iter().any(|w| w.contains("`fehlt` 4 (missing)")),
        "{warnings:#?}"
    );
    assert!(warnings.iter().any(|w| w.contains("`Gerät`")));
}
