#![no_main]
#[path = "../tables.rs"]
mod tables;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    tables::table(bytes);
});
