#![no_main]
#[path = "../tables.rs"]
mod tables;

use howship_tables::{Cell, Table, csv_text};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"PAR1") || bytes.starts_with(b"HEADER RECORD") {
        return;
    }
    let Some(table) = tables::table(bytes) else {
        return;
    };
    // A file that begins so is of another format.
    if ["PAR1", "HEADER RECORD"].iter().any(|m| table.columns()[0].name.starts_with(m)) {
        return;
    }
    // What was read, written and read again is the same, but for text that a spreadsheet would run.
    if all_text(&table).any(|t| t.starts_with(['=', '+', '-', '@'])) {
        return;
    }
    let header: Vec<&str> = table.columns().iter().map(|c| c.name.as_str()).collect();
    let row = |row| table.columns().iter().map(move |c| Cell::Text(c.text(row)));
    let written = csv_text(&header, (0..table.rows()).map(row));
    let again = tables::table(written.as_bytes()).expect("what was written can be read");
    assert!(all_text(&table).eq(all_text(&again)), "{written}");
});

fn all_text(table: &Table) -> impl Iterator<Item = String> {
    table.columns().iter().flat_map(|c| {
        let cells = (0..table.rows()).map(|row| c.text(row).into_owned());
        std::iter::once(c.name.clone()).chain(cells)
    })
}
