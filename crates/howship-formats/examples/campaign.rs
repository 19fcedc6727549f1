//! Damages files in tens of thousands of ways and counts what comes of it: wrong voxels that were accepted, aborts,
//! runs that took too long, memory.
//!
//! ```text
//! cargo run -p howship-formats --example campaign -- [MUTANTS_PER_FILE] [FLIPS_PER_FILE]
//! ```
//! Each file is tried in a process of its own, so that an abort is counted and the campaign goes on.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "an experiment that ends where its world is not as expected"
)]

#[path = "../tests/it/mutate.rs"]
#[allow(unreachable_pub, reason = "shared with the tests")]
mod mutate;

use howship_formats::{OpenOptions, WriteOptions, open, write};
use howship_image::{DensityUnit, Geometry, Scan, UnitKnown, Volume};
use mutate::{Dice, flip, mutant};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Longer than this is a hang, s.
const TOO_LONG: f64 = 5.0;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.get(1).is_some_and(|a| a == "child") {
        return child(&arguments[2..]);
    }
    let number = |i: usize, or: usize| {
        arguments
            .get(i)
            .map_or(or, |a| a.parse().expect("a number"))
    };
    let (mutants, flips) = (number(1, 300), number(2, 200));
    let folder = tempfile::tempdir().expect("a folder");
    let mut seeds = own_files(folder.path());
    let packed = seeds.len();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    for part in ["fixtures", "cases"] {
        files(&root.join(part), &mut seeds);
    }
    let mut sums = [0u64; 6];
    let mut aborts = 0;
    let mut most = 0u64;
    for (i, seed) in seeds.iter().enumerate() {
        // Only of what Howship wrote is every bit covered by a checksum.
        let flips = if i < packed { flips } else { 0 };
        let out = Command::new(std::env::current_exe().expect("this program"))
            .args([
                "child",
                &seed.to_string_lossy(),
                &mutants.to_string(),
                &flips.to_string(),
            ])
            .output()
            .expect("a child");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let numbers: Vec<u64> = text
            .split_whitespace()
            .filter_map(|w| w.parse().ok())
            .collect();
        if !out.status.success() || numbers.len() != 7 {
            aborts += 1;
            println!("ABORT {} {:?}", seed.display(), out.status);
            continue;
        }
        for (sum, n) in sums.iter_mut().zip(&numbers) {
            *sum += n;
        }
        most = most.max(numbers[6]);
    }
    let [tried, read, slow, flipped, noticed, wrong] = sums;
    println!("files {}, of them written here {packed}", seeds.len());
    println!(
        "mutants {tried}: read {read}, refused {}, slower than {TOO_LONG} s {slow}",
        tried - read
    );
    println!("single bits flipped {flipped}: refused {noticed}, wrong voxels accepted {wrong}");
    println!("aborts {aborts}; largest memory of a process {most} KiB");
}

/// One noisy volume in every format that is written, packed and not.
fn own_files(folder: &Path) -> Vec<PathBuf> {
    let geometry = Geometry::aligned([24, 20, 12], [0.0607; 3]).expect("a grid");
    let mut dice = Dice::new(1);
    let volume = Volume::from_fn(geometry, |_| dice.below(1200) as f32 - 391.0);
    let scan = Scan {
        volume,
        unit: DensityUnit::MgHaPerCm3,
        known: UnitKnown::Written,
        calibration: None,
    };
    let mut out = Vec::new();
    for (name, level) in [
        ("a.nii.gz", 3),
        ("b.mha", 3),
        ("c.nrrd", 3),
        ("d.nii", 0),
        ("e.mha", 0),
        ("f.nrrd", 0),
        ("g.aim", 0),
    ] {
        let path = folder.join(name);
        let options = WriteOptions {
            level,
            samples: howship_formats::Samples::SmallestExact,
            ..WriteOptions::default()
        };
        write(&path, &scan, &options).expect("written");
        out.push(path);
    }
    out
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("fixtures")
        .map(|e| e.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        let json = path.extension().is_some_and(|e| e == "json");
        if path.is_dir() {
            files(&path, out);
        } else if !json {
            out.push(path);
        }
    }
}

/// Tries one file: counts of mutants, read, slow, flips, refused flips, wrong flips, and the peak of memory.
fn child(arguments: &[String]) {
    let seed = PathBuf::from(&arguments[0]);
    let (mutants, flips): (usize, usize) = (
        arguments[1].parse().expect("a number"),
        arguments[2].parse().expect("a number"),
    );
    let bytes = std::fs::read(&seed).expect("a seed");
    let options = OpenOptions {
        spacing_mm: Some([0.0607; 3]),
        ..OpenOptions::default()
    };
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join(seed.file_name().expect("a name"));
    let mut dice = Dice::new(bytes.len() as u64);
    let (mut read, mut slow) = (0u64, 0u64);
    for _ in 0..mutants {
        std::fs::write(&target, mutant(&bytes, &mut dice)).expect("written");
        let start = Instant::now();
        read += u64::from(open(&target, &options).is_ok());
        slow += u64::from(start.elapsed().as_secs_f64() > TOO_LONG);
    }
    let (mut noticed, mut wrong) = (0u64, 0u64);
    if flips > 0 {
        std::fs::write(&target, &bytes).expect("written");
        let sound = open(&target, &options).expect("the seed is sound").scan;
        for _ in 0..flips {
            std::fs::write(&target, flip(&bytes, &mut dice, 0)).expect("written");
            match open(&target, &options) {
                Ok(opened) => wrong += u64::from(opened.scan.volume != sound.volume),
                Err(_) => noticed += 1,
            }
        }
    }
    println!(
        "{mutants} {read} {slow} {flips} {noticed} {wrong} {}",
        peak_kib()
    );
}

/// The process's largest resident memory, KiB; 0 where the system does not say.
fn peak_kib() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse().ok()
        })
        .unwrap_or(0)
}
