//! Seconds to read a table, the best of five: `cargo run --release --example reading_speed -- FILE`.
#![allow(clippy::print_stdout, reason = "this is what the example is for")]

use howship_tables::{OpenOptions, open};
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("name a file")?;
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let started = Instant::now();
        let table = open(&path, &OpenOptions::default())?;
        best = best.min(started.elapsed().as_secs_f64());
        println!("{} rows, {} columns", table.rows(), table.columns().len());
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|l| l.starts_with("VmHWM"))
        .unwrap_or("VmHWM: unknown");
    println!("{best:.3} s; {peak}");
    Ok(())
}
