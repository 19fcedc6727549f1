//! Files written by pyarrow, pyreadstat (ReadStat) and haven; see tests/reference.

use crate::said;
use howship_tables::{Error, OpenOptions, Table, Values, open, read, special_missing};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn opened(name: &str) -> Table {
    open(fixture(name), &OpenOptions::default()).unwrap()
}

fn column(table: &Table, name: &str) -> Vec<String> {
    let column = table.column(name).unwrap();
    (0..table.rows())
        .map(|i| column.text(i).into_owned())
        .collect()
}

/// Texts are the same, or numbers are to the last bit.
#[track_caller]
fn same(found: &[String], expected: &[String], what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (f, e) in found.iter().zip(expected) {
        let numbers = f.parse::<f64>().ok().zip(e.parse::<f64>().ok());
        let equal = f == e || numbers.is_some_and(|(f, e)| f.to_bits() == e.to_bits());
        assert!(equal, "{what}: `{f}` where `{e}` was written");
    }
}

#[test]
fn every_fixture_holds_what_was_written() {
    let text = std::fs::read_to_string(fixture("expected.json")).unwrap();
    let mut files: BTreeMap<String, BTreeMap<String, serde_json::Value>> =
        serde_json::from_str(&text).unwrap();
    files.remove("versions");
    assert_eq!(files.len(), 12);
    for (file, columns) in &files {
        let table = opened(file);
        assert_eq!(table.columns().len(), columns.len(), "{file}");
        for (name, cells) in columns {
            let expected: Vec<String> = serde_json::from_value(cells.clone()).unwrap();
            same(&column(&table, name), &expected, &format!("{file} {name}"));
        }
    }
}

#[test]
fn special_missing_values_dates_and_date_times_of_haven() {
    let table = opened("haven.xpt");
    let Values::Number(values) = &table.column("AVAL").unwrap().values else {
        panic!("AVAL is no number");
    };
    assert!(values[1].is_nan() && values[2].is_nan());
    same(
        &column(&table, "AVAL"),
        &["1.5", ".A", "", "-0.1"].map(String::from),
        "AVAL",
    );
    assert_eq!(
        column(&table, "ADT"),
        ["2024-02-29", "", "1960-01-01", "1900-03-01"]
    );
    assert_eq!(
        column(&table, "ADTM"),
        [
            "2024-02-29T13:05:00",
            "2024-01-01",
            "",
            "1959-12-31T23:59:59"
        ]
    );
    assert_eq!(column(&table, "USUBJID"), ["H-1", "H-2", "H-3", "H-4"]);
}

#[test]
fn every_letter_of_missing_is_missing_and_kept() {
    let bytes = std::fs::read(fixture("narrow.xpt")).unwrap();
    let at = bytes
        .windows(8)
        .rposition(|w| w == [0x2E, 0, 0, 0, 0, 0, 0, 0])
        .unwrap();
    for letter in std::iter::once(b'_').chain(b'A'..=b'Z') {
        let mut changed = bytes.clone();
        changed[at] = letter;
        let table = read(Path::new("x.xpt"), changed, &OpenOptions::default()).unwrap();
        let kept = format!(".{}", char::from(letter));
        assert_eq!(column(&table, "X"), ["1", "2", kept.as_str()], "{letter}");
        let Values::Number(numbers) = &table.column("X").unwrap().values else {
            panic!("X is no number");
        };
        assert!(numbers[2].is_nan());
        assert_eq!(special_missing(numbers[2]), Some(char::from(letter)));
    }
}

#[test]
fn one_of_several_data_sets_must_be_named() {
    let path = fixture("two.xpt");
    let error = said(&open(&path, &OpenOptions::default()).unwrap_err());
    assert!(error.contains("ADXR, N"), "{error}");
    for (name, rows) in [("adxr", 4), ("N", 3)] {
        let options = OpenOptions {
            dataset: Some(name.to_owned()),
            ..OpenOptions::default()
        };
        assert_eq!(open(&path, &options).unwrap().rows(), rows);
    }
    let options = OpenOptions {
        dataset: Some("DM".to_owned()),
        ..OpenOptions::default()
    };
    let error = said(&open(&path, &options).unwrap_err());
    assert!(error.contains("no data set `DM`"), "{error}");
}

#[test]
fn options_that_a_kind_of_file_does_not_know_are_refused() {
    let dataset = OpenOptions {
        dataset: Some("ADXR".to_owned()),
        ..OpenOptions::default()
    };
    let delimiter = OpenOptions {
        delimiter: Some(';'),
        ..OpenOptions::default()
    };
    for (name, options, words) in [
        ("scores_none.parquet", &dataset, ["Parquet", "`--dataset`"]),
        (
            "scores_none.parquet",
            &delimiter,
            ["Parquet", "`--delimiter`"],
        ),
        ("two.xpt", &delimiter, ["XPT", "`--delimiter`"]),
        ("text", &dataset, ["CSV", "`--dataset`"]),
    ] {
        let refused = match name {
            "text" => read(Path::new("scores.csv"), b"a,b\n1,2\n".to_vec(), options),
            _ => open(fixture(name), options),
        };
        let error = refused.unwrap_err();
        assert!(matches!(error, Error::Option { .. }), "{error}");
        for word in words {
            assert!(said(&error).contains(word), "{error}");
        }
    }
}

#[test]
fn nested_columns_are_refused_by_name() {
    let error = open(fixture("nested.parquet"), &OpenOptions::default()).unwrap_err();
    assert!(matches!(error, Error::File { .. }));
    assert!(said(&error).contains("lists"), "{error}");
}

#[test]
fn rows_of_files_without_lines_count_from_one() {
    let table = opened("scores_zstd.parquet");
    assert_eq!((table.line(0), table.line(4)), (1, 5));
}
