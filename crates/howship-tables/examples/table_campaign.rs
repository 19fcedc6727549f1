//! Damages tables in thousands of ways and counts what comes of it: other cells that were accepted, aborts, runs that
//! took too long, memory.
//!
//! ```text
//! cargo run -p howship-tables --example table_campaign -- [MUTANTS_PER_FILE] [FLIPS_PER_FILE]
//! ```
//! Workbooks are zip archives, in which a CRC-32 covers every sheet; of them bits are flipped, and no other cell may
//! come back. Parquet and transport files have no checksum that must be there.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "an experiment that ends where its world is not as expected"
)]

#[path = "../../howship-formats/tests/it/mutate.rs"]
#[allow(
    unreachable_pub,
    dead_code,
    reason = "shared with the tests of volumes"
)]
mod mutate;

use howship_tables::{OpenOptions, read};
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let mut seeds: Vec<PathBuf> = std::fs::read_dir(root)
        .expect("tables")
        .map(|e| e.expect("an entry").path())
        .collect();
    seeds.sort();
    let ending = |path: &Path| path.extension().unwrap_or_default().to_owned();
    seeds.retain(|p| {
        ["xlsx", "ods", "parquet", "xpt"]
            .iter()
            .any(|e| ending(p) == *e)
    });
    let mut sums = [0u64; 7];
    let (mut aborts, mut most) = (0, 0);
    for seed in &seeds {
        let zipped = ending(seed) == "xlsx" || ending(seed) == "ods";
        let flips = if zipped { flips } else { 0 };
        let out = Command::new(std::env::current_exe().expect("this program"))
            .arg("child")
            .arg(seed)
            .args([mutants.to_string(), flips.to_string()])
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
        if numbers[2] + numbers[5] > 0 {
            println!(
                "{}: slow {}, wrong {}",
                seed.display(),
                numbers[2],
                numbers[5]
            );
        }
        for (sum, n) in sums.iter_mut().zip(&numbers) {
            *sum += n;
        }
        most = most.max(numbers[6]);
    }
    let [tried, read, slow, flipped, noticed, wrong, _] = sums;
    println!("files {}", seeds.len());
    println!(
        "mutants {tried}: read {read}, refused {}, slower than {TOO_LONG} s {slow}",
        tried - read
    );
    println!(
        "single bits flipped in workbooks {flipped}: refused {noticed}, other cells accepted {wrong}"
    );
    println!("aborts {aborts}; memory at most {most} bytes more than at the start");
}

fn cells(bytes: &[u8]) -> Option<Vec<Vec<String>>> {
    let options = OpenOptions {
        max_cells: 1 << 20,
        ..OpenOptions::default()
    };
    let table = read("t".as_ref(), bytes.to_vec(), &options).ok()?;
    let column = |c: &howship_tables::Column| {
        let cells = (0..table.rows()).map(|row| c.text(row).into_owned());
        std::iter::once(c.name.clone()).chain(cells).collect()
    };
    Some(table.columns().iter().map(column).collect())
}

fn child(arguments: &[String]) {
    let bytes = std::fs::read(&arguments[0]).expect("a seed");
    let number = |i: usize| arguments[i].parse::<u64>().expect("a number");
    let (mutants, flips) = (number(1), number(2));
    let mut dice = Dice::new(bytes.len() as u64);
    let sound = cells(&bytes);
    let start = peak_bytes();
    let (mut answered, mut slow) = (0u64, 0u64);
    for _ in 0..mutants {
        let damaged = mutant(&bytes, &mut dice);
        let start = Instant::now();
        answered += u64::from(cells(&damaged).is_some());
        slow += u64::from(start.elapsed().as_secs_f64() > TOO_LONG);
    }
    let taken = peak_bytes().saturating_sub(start);
    let (mut noticed, mut wrong) = (0u64, 0u64);
    for _ in 0..flips {
        match cells(&flip(&bytes, &mut dice, 0)) {
            None => noticed += 1,
            found => wrong += u64::from(found != sound),
        }
    }
    println!("{mutants} {answered} {slow} {flips} {noticed} {wrong} {taken}");
}

/// The process's largest resident memory; 0 where the system does not say.
fn peak_bytes() -> u64 {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .map_or(0, |kib| kib * 1024)
}
