#![no_main]
#[path = "../common.rs"]
mod common;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    common::open_as(howship_formats::Format::Aim, bytes);
});
