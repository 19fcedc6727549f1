//! Workbooks written by openpyxl, xlsxwriter, pandas and odfpy; see tests/reference/make_workbooks.py.

use crate::said;
use howship_tables::{Error, OpenOptions, Table, open, read};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/reference")
        .join(name)
}

fn refused(name: &str, options: &OpenOptions) -> String {
    said(&open(fixture(name), options).unwrap_err())
}

fn cells(table: &Table, name: &str) -> Vec<String> {
    let column = table.column(name).unwrap();
    (0..table.rows())
        .map(|i| column.text(i).into_owned())
        .collect()
}

#[test]
fn every_workbook_holds_what_was_written() {
    let text = std::fs::read_to_string(fixture("workbooks.json")).unwrap();
    let files: BTreeMap<String, BTreeMap<String, Vec<String>>> =
        serde_json::from_str(&text).unwrap();
    assert_eq!(files.len(), 4);
    for (file, columns) in files {
        let table = open(fixture(&file), &OpenOptions::default()).unwrap();
        assert_eq!(table.columns().len(), columns.len(), "{file}");
        for (name, expected) in columns {
            assert_eq!(cells(&table, &name), expected, "{file} {name}");
        }
    }
    let offset = open(fixture("offset_1904.xlsx"), &OpenOptions::default()).unwrap();
    assert_eq!((offset.line(0), offset.line(1)), (5, 6));
    let index = open(fixture("pandas_index.xlsx"), &OpenOptions::default()).unwrap();
    assert!(index.remarks()[0].contains("numbers the rows"));
}

#[test]
fn what_a_sheet_does_not_say_is_refused_with_its_place() {
    let options = OpenOptions::default();
    let merged = refused("merged.xlsx", &options);
    assert!(merged.contains("merged cells (from C1 on)"), "{merged}");
    let spanned = refused("spanned.ods", &options);
    assert!(spanned.contains("merged cells (from A1 on)"), "{spanned}");
    let formula = refused("formula.xlsx", &options);
    assert!(
        formula.contains("B2: a formula without its value"),
        "{formula}"
    );
    let two = refused("two_sheets.xlsx", &options);
    assert!(
        two.contains("`M0`, `M12`") && two.contains("--dataset"),
        "{two}"
    );
    let one = OpenOptions {
        dataset: Some("m12".into()),
        ..OpenOptions::default()
    };
    let sheet = open(fixture("two_sheets.xlsx"), &one).unwrap();
    assert_eq!(cells(&sheet, "score"), ["2"]);
    let other = refused("plain.xlsx", &one);
    assert!(
        other.contains("no sheet `m12`; it has `scores`, `empty`"),
        "{other}"
    );
    let comma = OpenOptions {
        delimiter: Some(';'),
        ..OpenOptions::default()
    };
    assert!(refused("plain.ods", &comma).contains("workbook"));
}

#[test]
fn a_few_bytes_do_not_become_millions_of_cells() {
    let options = OpenOptions::default();
    for file in ["far.xlsx", "bomb.ods"] {
        let said = refused(file, &options);
        assert!(said.contains("spans more than"), "{file}: {said}");
    }
    let small = OpenOptions {
        max_unpacked: 1000,
        ..OpenOptions::default()
    };
    for file in ["plain.xlsx", "plain.ods"] {
        let said = refused(file, &small);
        assert!(said.contains("unpacks to more than 1000 bytes"), "{said}");
    }
}

#[test]
fn an_archive_that_unpacks_to_more_than_it_says_is_stopped() {
    let mut bytes = Vec::new();
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(&mut bytes));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("xl/workbook.xml", options).unwrap();
    archive.write_all(&vec![b' '; 4 << 20]).unwrap();
    archive.finish().unwrap();
    // The sizes that the archive states, in both headers, become 10 bytes.
    let stated = (4_u32 << 20).to_le_bytes();
    let places: Vec<usize> = (0..bytes.len() - 4)
        .filter(|&i| bytes[i..i + 4] == stated)
        .collect();
    assert!(places.len() >= 2, "{places:?}");
    for at in places {
        bytes[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    let limit = OpenOptions {
        max_unpacked: 1 << 20,
        ..OpenOptions::default()
    };
    let Err(Error::File { reason, .. }) = read("x.xlsx".as_ref(), bytes, &limit) else {
        panic!("read");
    };
    assert!(
        reason.what.contains("unpacks to more than") || reason.what.contains("cannot be unpacked"),
        "{reason}"
    );
}

#[test]
fn damaged_workbooks_end_in_an_error() {
    for file in ["plain.xlsx", "plain.ods", "two_sheets.xlsx"] {
        let whole = std::fs::read(fixture(file)).unwrap();
        for cut in (4..whole.len()).step_by(211) {
            assert!(
                read(
                    file.as_ref(),
                    whole[..cut].to_vec(),
                    &OpenOptions::default()
                )
                .is_err()
            );
        }
        for at in (4..whole.len()).step_by(97) {
            let mut changed = whole.clone();
            changed[at] ^= 0x10;
            // Read or refused; what must not happen is a panic or a hang.
            let _ = read(file.as_ref(), changed, &OpenOptions::default());
        }
    }
}

#[test]
fn a_part_with_another_name_in_the_list_of_parts_is_damage() {
    let path = fixture("offset_1904.xlsx");
    let bytes = std::fs::read(&path).unwrap();
    // Without its styles a workbook's dates would come back as numbers.
    for name in [
        "xl/styles.xml",
        "xl/workbook.xml",
        "xl/worksheets/sheet1.xml",
    ] {
        let place = |w: &[u8]| w == name.as_bytes();
        let at = bytes.windows(name.len()).rposition(place).unwrap();
        let mut damaged = bytes.clone();
        damaged[at + 4] ^= 1;
        let error = howship_tables::read(&path, damaged, &OpenOptions::default());
        assert!(error.is_err(), "{name}");
    }
}
