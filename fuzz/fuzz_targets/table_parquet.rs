#![no_main]
#[path = "../tables.rs"]
mod tables;
#[path = "../targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    targets::run("table_parquet", bytes);
});
