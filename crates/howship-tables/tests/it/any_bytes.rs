//! Nothing that stands in a file makes the reader panic or run on.

use howship_tables::{Cell, OpenOptions, csv_text, read};
use proptest::prelude::*;
use std::path::Path;

fn run(bytes: Vec<u8>) {
    // What comes of it does not matter here: an error is as good as a table.
    if let Ok(table) = read(Path::new("t"), bytes, &OpenOptions::default()) {
        for column in table.columns() {
            assert_eq!(column.len(), table.rows());
        }
    }
}

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name);
    std::fs::read(path).unwrap()
}

/// Every fixture cut short anywhere, and with every byte changed in three ways.
#[test]
fn damaged_files_end_in_an_error_or_a_table() {
    for name in [
        "narrow.xpt",
        "v8_long.xpt",
        "haven.xpt",
        "scores_none.parquet",
        "int96.parquet",
    ] {
        let whole = fixture(name);
        for length in 0..whole.len() {
            run(whole[..length].to_vec());
        }
        for at in 0..whole.len() {
            for change in [0x01, 0x80, 0xFF] {
                let mut changed = whole.clone();
                changed[at] ^= change;
                run(changed);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        run(bytes);
    }

    #[test]
    fn any_text_of_the_marks_that_matter(text in "[a1\",;\t \r\n|\u{feff}é]{0,80}") {
        run(text.into_bytes());
    }

    #[test]
    fn bytes_behind_the_marks_of_each_format(bytes in proptest::collection::vec(any::<u8>(), 0..400), parquet: bool) {
        let mut file = if parquet { b"PAR1".to_vec() } else { fixture("v5.xpt")[..240].to_vec() };
        file.extend(bytes);
        if parquet {
            file.extend(b"PAR1");
        } else {
            file.resize(file.len().next_multiple_of(80), b' ');
        }
        run(file);
    }

    #[test]
    fn what_is_written_reads_back(rows in proptest::collection::vec(("[a-z\",;\r\n ]{1,12}x", any::<u32>()), 1..20)) {
        let cells = rows.iter().map(|(t, n)| [Cell::Text(t.trim().into()), Cell::Count(u64::from(*n))]);
        let text = csv_text(&["words", "n"], cells);
        let table = read(Path::new("t"), text.into_bytes(), &OpenOptions::default()).unwrap();
        for (i, (words, n)) in rows.iter().enumerate() {
            prop_assert_eq!(table.columns()[0].text(i), words.trim());
            prop_assert_eq!(table.columns()[1].text(i), n.to_string());
        }
    }
}
