#![no_main]
#[path = "../tables.rs"]
mod tables;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((&bits, bytes)) = bytes.split_first() else {
        return;
    };
    if let Some(table) = tables::table(bytes) {
        tables::scores(&table, &tables::options(bits));
    }
});
