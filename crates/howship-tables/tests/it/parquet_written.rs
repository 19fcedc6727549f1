//! Parquet files as they are written here (pyarrow 26 reads them too).

use howship_tables::{Cell, Error, Holds, OpenOptions, ParquetWriter, Values, open};

const COLUMNS: [(&str, Holds); 3] = [
    ("name", Holds::Text),
    ("value", Holds::Numbers),
    ("count", Holds::Counts),
];

fn row(name: &'static str, value: f64, count: u64) -> Vec<Cell<'static>> {
    vec![
        Cell::Text(name.into()),
        Cell::Number(value),
        Cell::Count(count),
    ]
}

#[test]
fn what_is_written_reads_back_over_several_groups() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let again = folder.path().join("again.parquet");
    for path in [&path, &again] {
        let mut writer = ParquetWriter::create(path, &COLUMNS).unwrap();
        let first: Vec<_> = (0..5000)
            .map(|i| row("Zeh µ", f64::from(i) / 7.0, i as u64))
            .collect();
        writer.rows(&first).unwrap();
        writer.rows(&[]).unwrap();
        writer
            .rows(&[
                vec![Cell::Empty, Cell::Number(f64::NAN), Cell::Empty],
                vec![Cell::Text("short".into()), Cell::Count(3)],
                row("", -1e-300, 9_007_199_254_740_993),
            ])
            .unwrap();
        writer.finish().unwrap();
    }
    let bytes = std::fs::read(&path).unwrap();
    assert_eq!(bytes, std::fs::read(&again).unwrap());
    let table = open(&path, &OpenOptions::default()).unwrap();
    assert_eq!(table.rows(), 5003);
    let Values::Number(values) = &table.column("value").unwrap().values else {
        panic!("no numbers");
    };
    assert!((0..5000).all(|i| values[i].to_bits() == (i as f64 / 7.0).to_bits()));
    assert!(values[5000].is_nan());
    assert_eq!(values[5001..], [3.0, -1e-300]);
    let text = |name: &str, at| table.column(name).unwrap().text(at).into_owned();
    assert_eq!(text("name", 4999), "Zeh µ");
    assert_eq!([5000, 5001].map(|at| text("name", at)), ["", "short"]);
    assert_eq!(text("count", 4999), "4999");
    assert_eq!(text("count", 5001), "");
    // A count beyond what a double holds is not rounded.
    assert_eq!(text("count", 5002), "9007199254740993");
}

#[test]
fn a_cell_of_another_kind_is_named_and_spoils_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let mut writer = ParquetWriter::create(&path, &COLUMNS).unwrap();
    writer.rows(&[row("a", 1.0, 1), row("b", 2.0, 2)]).unwrap();
    let wrong = writer.rows(&[
        row("c", 3.0, 3),
        vec![Cell::Text("d".into()), Cell::Text("four".into())],
    ]);
    let Err(Error::Cell { column, row: at }) = wrong else {
        panic!("{wrong:?}");
    };
    assert_eq!((column.as_str(), at), ("value", 4));
    writer.finish().unwrap();
    assert_eq!(open(&path, &OpenOptions::default()).unwrap().rows(), 2);
    let nowhere = folder.path().join("no/t.parquet");
    assert!(matches!(
        ParquetWriter::create(&nowhere, &COLUMNS),
        Err(Error::Writing { .. })
    ));
}
