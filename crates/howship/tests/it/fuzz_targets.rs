//! The fuzz targets, which libFuzzer alone can link: what each does is tried here on every seed.

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

#[path = "../../../howship-formats/tests/it/mutate.rs"]
#[allow(dead_code, reason = "shared with the tests of volumes")]
mod mutate;

use mutate::{Dice, mutant};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz")
}

#[test]
fn every_target_is_one_that_is_tried_here() {
    let manifest = std::fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let listed = manifest.matches("[[bin]]").count();
    assert_eq!(listed, targets::TARGETS.len());
    for (name, _) in targets::TARGETS {
        let text = std::fs::read_to_string(folder().join(format!("fuzz_targets/{name}.rs")));
        let runs = format!("targets::run(\"{name}\", bytes)");
        assert!(text.unwrap().contains(&runs), "{name}");
        assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
    }
}

/// Damaged seeds of each target: seconds of a fuzzer's work, the same ones every time.
const MUTANTS: usize = 1000;

#[test]
#[cfg(unix)]
fn every_target_answers_to_its_seeds_and_to_damaged_ones() {
    let corpus = tempfile::tempdir().unwrap();
    let made = Command::new("sh")
        .arg(folder().join("seed.sh"))
        .arg(corpus.path())
        .status();
    assert!(made.unwrap().success());
    for (name, _) in targets::TARGETS {
        let seeds = seeds(&corpus.path().join(name));
        assert!(seeds.len() > 2, "{name} has {} seeds", seeds.len());
        let target = |bytes: &[u8], of: &Path| {
            let started = Instant::now();
            targets::run(name, bytes);
            let took = started.elapsed();
            assert!(
                took < Duration::from_secs(5),
                "{name}: {took:?} for one of {}",
                of.display()
            );
        };
        for (path, bytes) in &seeds {
            target(bytes, path);
        }
        let mut dice = Dice::new(seeds.len() as u64);
        for i in 0..MUTANTS {
            let (path, bytes) = seeds.iter().nth(i % seeds.len()).unwrap();
            target(&mutant(bytes, &mut dice), path);
        }
    }
}

fn seeds(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect()
}
