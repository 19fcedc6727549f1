//! The fuzz targets, which libFuzzer alone compiles: what each does is compiled here, and tried on every seed.

#[path = "../../../../fuzz/tables.rs"]
#[allow(
    unreachable_pub,
    clippy::expect_used,
    reason = "written for another crate"
)]
mod tables;
#[path = "../../../../fuzz/targets.rs"]
#[allow(
    unreachable_pub,
    clippy::expect_used,
    reason = "written for another crate"
)]
mod targets;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

/// `libfuzzer_sys` needs nightly: these few lines are all of a target that nothing here compiles.
fn expected(name: &str) -> String {
    format!(
        "#![no_main]\n#[path = \"../tables.rs\"]\nmod tables;\n#[path = \"../targets.rs\"]\nmod targets;\n\n\
         libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {{\n    targets::run(\"{name}\", bytes);\n}});\n"
    )
}

#[test]
fn every_target_is_one_that_is_compiled_here() {
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let listed = manifest.matches("[[bin]]").count();
    assert_eq!(listed, targets::TARGETS.len());
    for (name, _) in targets::TARGETS {
        let text = std::fs::read_to_string(folder().join(format!("fuzz_targets/{name}.rs")));
        assert_eq!(text.unwrap(), expected(name), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

#[test]
#[cfg(unix)]
fn every_target_answers_to_its_seeds() {
    let corpus = tempfile::tempdir().unwrap();
    let made = Command::new("sh")
        .arg(folder().join("seed.sh"))
        .arg(corpus.path())
        .status();
    assert!(made.unwrap().success());
    for (name, _) in targets::TARGETS {
        let mut seeds = 0;
        let target = |bytes: &[u8]| targets::run(name, bytes);
        for entry in std::fs::read_dir(corpus.path().join(name)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let started = Instant::now();
            target(&bytes);
            // Cut in the middle, and with a hole: a second of a fuzzer's work.
            target(&bytes[..bytes.len() / 2]);
            let mut holed = bytes.clone();
            let from = bytes.len() / 3;
            holed[from..(from + 16).min(bytes.len())].fill(0xff);
            target(&holed);
            assert!(
                started.elapsed() < Duration::from_secs(5),
                "{}",
                path.display()
            );
            seeds += 1;
        }
        assert!(seeds > 2, "{name} has {seeds} seeds");
    }
}
