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
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::expect_used,
    missing_docs,
    reason = "an experiment that ends where its world is not as expected"
)]

#[path = "../../howship-formats/examples/campaign/frame.rs"]
mod frame;
#[path = "../../howship-formats/tests/it/mutate.rs"]
#[allow(
    unreachable_pub,
    dead_code,
    reason = "shared with the tests of volumes"
)]
mod mutate;

use frame::{Asked, Seed};
use howship_tables::{OpenOptions, read};
use std::path::{Path, PathBuf};

fn main() {
    let (mutants, flips) = match frame::asked() {
        Asked::Campaign { mutants, flips } => (mutants, flips),
        Asked::Child(trial) => {
            let bytes = std::fs::read(&trial.seed).expect("a seed");
            let size = |columns: &Vec<Vec<String>>| columns.iter().flatten().map(String::len).sum();
            return trial.run(&bytes, cells, size);
        }
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
    let seeds: Vec<Seed> = frame::files(&root).into_iter().filter_map(seed).collect();
    frame::campaign(&seeds, mutants, flips);
}

/// A table that is no text, with what a checksum covers of it.
fn seed(path: PathBuf) -> Option<Seed> {
    let ending = path.extension()?.to_str()?;
    let zipped = ["xlsx", "ods"].contains(&ending);
    if !zipped && !["parquet", "xpt"].contains(&ending) {
        return None;
    }
    let bytes = std::fs::metadata(&path).expect("a file").len() as usize;
    Some(Seed {
        path,
        covered: zipped.then_some((0, bytes)),
        one_in: 1,
    })
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
