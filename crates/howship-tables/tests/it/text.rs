//! CSV and its kin, good and bad.

use crate::said;
use howship_tables::{OpenOptions, Table, csv_text, open, read, write_csv};
use std::path::Path;

fn table(bytes: impl Into<Vec<u8>>) -> Result<Table, String> {
    let read = read(Path::new("t.csv"), bytes.into(), &OpenOptions::default());
    read.map_err(|e| said(&e))
}

#[track_caller]
fn refused(bytes: impl Into<Vec<u8>>, words: &[&str]) {
    let message = table(bytes).unwrap_err();
    for word in ["`t.csv`"].iter().chain(words) {
        assert!(message.contains(word), "no `{word}` in: {message}");
    }
}

fn cells(table: &Table, name: &str) -> Vec<String> {
    let column = table.column(name).unwrap();
    (0..table.rows())
        .map(|i| column.text(i).into_owned())
        .collect()
}

#[test]
fn separators_ends_of_line_and_byte_order_marks_make_no_difference() {
    let plain = table("a,b\n1,x\n2,y\n").unwrap();
    for (delimiter, end, start) in [
        ("\t", "\n", ""),
        (";", "\r\n", "\u{feff}"),
        ("|", "\r", ""),
        (",", "\r\n", "\u{feff}"),
        (",", "\n", "\n\n"),
    ] {
        let text = format!("{start}a,b\n1,x\n2,y\n")
            .replace(',', delimiter)
            .replace('\n', end);
        let other = table(text).unwrap();
        assert_eq!(other.columns(), plain.columns(), "{delimiter:?} {end:?}");
    }
    let excel = table("sep=;\r\na;b\r\n1;x\r\n2;y\r\n").unwrap();
    assert_eq!((excel.columns(), excel.line(0)), (plain.columns(), 3));
    let twice = table("\u{feff}\u{feff}a,b\n1,x\n2,y\n").unwrap();
    assert_eq!(twice.columns(), plain.columns());
}

#[test]
fn a_first_column_that_looks_like_a_mark_reads_back() {
    for name in ["\u{feff}a", "sep=;", "sep=,", "a;b", "a|b", "a\tb"] {
        let written = csv_text(&[name], [[howship_tables::Cell::Text("1;2".into())]]);
        let back = table(written).unwrap();
        assert_eq!((back.columns()[0].name.as_str(), back.rows()), (name, 1));
        assert_eq!(back.columns()[0].text(0), "1;2");
    }
}

#[test]
fn the_separator_is_found_in_the_header_alone_and_outside_its_quotes() {
    for (text, columns) in [
        ("\"score\"\na;b\n", 1),
        ("\"a,b\"\n\"1;\"\"2\"\n3;4\n", 1),
        ("5\" disc;b\n1;2\n", 2),
        ("\"first, \"\"second\"\", third\";b\n1;2\n", 2),
        ("  \"a;b;c\" \tb\n1\t2\n", 2),
    ] {
        assert_eq!(table(text).unwrap().columns().len(), columns, "{text:?}");
    }
}

#[test]
fn a_separator_can_be_forced() {
    let options = OpenOptions {
        delimiter: Some(';'),
        ..OpenOptions::default()
    };
    let bytes = b"name, first, second;score\nx;1\n".to_vec();
    let table = read(Path::new("t.csv"), bytes.clone(), &options).unwrap();
    assert_eq!(cells(&table, "name, first, second"), ["x"]);
    let options = OpenOptions {
        delimiter: Some('\n'),
        ..options
    };
    assert!(read(Path::new("t.csv"), bytes, &options).is_err());
}

#[test]
fn rows_know_the_line_they_began_on() {
    let table = table("a,note\r\n1,\"two\r\nlines\"\r\n\r\n2,x\r\n,\r\n3,y").unwrap();
    let lines: Vec<u64> = (0..table.rows()).map(|i| table.line(i)).collect();
    assert_eq!(lines, [2, 5, 7]);
    assert_eq!(cells(&table, "note"), ["two\r\nlines", "x", "y"]);
}

#[test]
fn empty_rows_and_nameless_empty_columns_of_spreadsheets_are_dropped() {
    let table = table("a,b,,\n1,2,,\n,,,\n3,4,,\n,,,\n,\n").unwrap();
    assert_eq!(table.columns().len(), 2);
    assert_eq!(cells(&table, "b"), ["2", "4"]);
    refused("a,,c\n1,2,3\n", &["line 1", "column 2 has no name"]);
}

#[test]
fn a_first_column_that_only_numbers_rows_is_left_out_and_told() {
    for text in [
        ",a\n0,x\n1,x\n",
        "\"\",a\n\"1\",x\n\"2\",y\n",
        ",a\n12,x\n3,y\n",
    ] {
        let table = table(text).unwrap();
        assert_eq!(table.columns().len(), 1, "{text}");
        assert_eq!(table.remarks().len(), 1);
        assert!(table.remarks()[0].contains("numbers the rows"));
    }
    for text in [
        ",a\n1,x\n1,y\n",
        ",a\n001,x\n002,y\n",
        ",a\nP1,x\nP2,y\n",
        ",a\n1.5,x\n2,y\n",
        ",a\n,x\n2,y\n",
    ] {
        refused(text, &["column 1 has no name"]);
    }
    assert!(table("a,b\n1,2\n").unwrap().remarks().is_empty());
}

#[test]
fn columns_are_named_once_whatever_the_case() {
    refused("score,Score\n1,2\n", &["two columns are named `Score`"]);
    assert_eq!(cells(&table(" Score \n1\n").unwrap(), "SCORE"), ["1"]);
}

#[test]
fn ragged_rows_are_named_with_their_line() {
    refused(
        "a,b\n1,2\n3\n",
        &[
            "line 3",
            "1 cell where the header names 2 columns",
            "complete the row",
        ],
    );
    refused(
        "a,b\n1,2,5\n",
        &["line 2", "3 cells", "decimals with a point"],
    );
    refused("a;b\n1;2;3\n", &["line 2", "semicolon"]);
}

#[test]
fn files_that_are_no_tables_say_what_they_are() {
    refused("", &["the file is empty"]);
    refused("\u{feff}", &["no line of text"]);
    refused("\n\n  \n", &["a header and no rows"]);
    refused("a,b\n", &["a header and no rows"]);
    refused("a,b\n1,\0\n", &["binary"]);
    refused(
        b"a,b\n1,2\nM\xFCller,3\n".to_vec(),
        &["line 3", "0xFC", "UTF-8"],
    );
    refused(b"\x1F\x8B\x08rest".to_vec(), &["gunzip"]);
    refused(
        b"PK\x03\x04rest".to_vec(),
        &["workbook", "the sheet as CSV"],
    );
    refused(b"BZh91AY&SY\x01".to_vec(), &["bzip2"]);
    assert!(table("BZh,b\n1,2\n").is_ok());
    refused(b"\xFF\xFEa\0b".to_vec(), &["UTF-16", "ends inside"]);
    refused(b"\xFF\xFE\0\0a\0\0\0".to_vec(), &["UTF-32"]);
    refused(
        b"\xFF\xFEa\0\n\0\x3D\xD8x\0".to_vec(),
        &["line 2", "half of a character"],
    );
    refused("a,b\n1,\"x\n", &["line 2", "never closed"]);
}

/// What Excel writes as "Unicode text": UTF-16 of either order with its mark, tabs, CRLF; a name beyond 16 bits.
#[test]
fn text_in_utf_16_is_read_as_its_utf_8() {
    let text = "subject\tscore\r\nMüller\t2,5\r\n𝒳\t1\r\n";
    let here = table(text).unwrap();
    let units = || std::iter::once(0xFEFF).chain(text.encode_utf16());
    let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
    for bytes in [little, big] {
        let there = table(bytes).unwrap();
        assert_eq!((there.rows(), there.line(1)), (2, 3));
        for name in ["subject", "score"] {
            let [a, b] = [&here, &there].map(|t| t.column(name).unwrap());
            assert_eq!([a.text(0), a.text(1)], [b.text(0), b.text(1)]);
        }
        assert_eq!(there.column("subject").unwrap().text(0), "Müller");
    }
}

#[test]
fn a_million_columns_and_a_huge_cell_are_no_table() {
    let header = "c,".repeat(1_000_000) + "c\n";
    refused(header, &["line 1", "1000001 columns", "at most 10000"]);
    let long = format!("a,b\n1,{}\n", "x".repeat((1 << 20) + 1));
    refused(long, &["line 2", "1048576 bytes", "never closed"]);
    let wide = format!("a\n{}\n", ",".repeat(1_000_000));
    assert_eq!(table(wide.clone() + "1\n").unwrap().rows(), 1);
    refused(
        wide.replacen("\n,", "\n1,", 1),
        &["line 2", "1000001 cells"],
    );
}

#[test]
fn a_missing_file_keeps_the_systems_reason() {
    let error = open("nowhere.csv", &OpenOptions::default()).unwrap_err();
    let howship_tables::Error::Reading { source, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(source.kind(), std::io::ErrorKind::NotFound);
}

#[test]
fn what_is_written_reads_back() {
    let table = table("a,b\n\" x,\"\"y\"\"\",1\nz\n").err();
    assert!(table.is_some());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let words = ["plain", "with, comma", "quote \" inside", "two\nlines", "é"];
    let rows = words.map(|w| {
        [
            howship_tables::Cell::Text(w.into()),
            howship_tables::Cell::Number(0.1),
        ]
    });
    write_csv(&path, &["words", "x"], rows.clone()).unwrap();
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        csv_text(&["words", "x"], rows)
    );
    let back = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(cells(&back, "words"), words);
    assert_eq!(cells(&back, "x"), ["0.1"; 5]);
}
