//! How long a table of a million scores takes from the file to totals, and how much memory.
//!
//! `cargo run --release -p howship-scores --example table_speed [rows] [threads]` writes a Sharp/van der Heijde table
//! to the temporary folder (subjects × 86 items × 2 readers × 3 visits, 3 % missing, 1 % replaced), opens it, checks
//! it and adds it up. Wall seconds are the machine's, with whatever else it does; CPU seconds are this program's.
#![allow(clippy::print_stdout)]

use howship_scores::{ReadOptions, Side, TotalsOptions, read_with_warnings, scheme, totals};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt::Write;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let rows: usize = arguments.next().map_or(Ok(1_000_000), |a| a.parse())?;
    let threads: usize = arguments.next().map_or(Ok(0), |a| a.parse())?;
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()?;
    let path = std::env::temp_dir().join("howship-table-speed.csv");
    std::fs::write(&path, text(rows)?)?;
    // Only what follows is to count.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let table = howship_tables::open(&path, &howship_tables::OpenOptions::default())?;
    let opened = start.elapsed();
    let (scores, warnings) = read_with_warnings(&table, &ReadOptions::default())?;
    drop(table);
    let checked = start.elapsed();
    let (sums, filled) = totals(&scores, &TotalsOptions::default())?;
    let done = start.elapsed();
    println!(
        "{} rows, {} threads: opened {:.3} s, checked {:.3} s, added up {:.3} s; {:.3} s in all; {} totals, {} \
         imputations, {} warnings; {:.2} s of CPU; peak {}",
        scores.rows.len(),
        rayon::current_num_threads(),
        opened.as_secs_f64(),
        (checked - opened).as_secs_f64(),
        (done - checked).as_secs_f64(),
        done.as_secs_f64(),
        sums.rows.len(),
        filled.len(),
        warnings.len(),
        cpu_seconds() - cpu,
        peak()
    );
    std::fs::remove_file(&path)?;
    Ok(())
}

fn text(rows: usize) -> Result<String, Box<dyn std::error::Error>> {
    let items = scheme("svdh")?.items();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut text = String::from(
        "subject,arm,visit,days,reader,campaign,reading,sequence_blinded,scheme,side,region,site,feature,score,status\n",
    );
    for row in 0..rows {
        let item = &items[row % items.len()];
        let reading = row / items.len();
        let (visit, reader, subject) = (reading % 3, reading / 3 % 2, reading / 6);
        let side = if item.side == Some(Side::L) { "L" } else { "R" };
        let region = if item.site.starts_with("MTP") || item.site == "FIP1" {
            "foot"
        } else {
            "hand"
        };
        let arm = if subject % 2 == 0 {
            "placebo"
        } else {
            "active"
        };
        let (month, day) = (visit * 6, visit * 182 + subject % 7 * visit);
        write!(
            text,
            "P{subject:05},{arm},M{month},{day},R{reader},main,1,1,svdh,{side},{region},{},{},",
            item.site, item.feature
        )?;
        match random.random_range(0..100) {
            0..3 => writeln!(text, ",missing")?,
            3 => writeln!(text, ",replaced")?,
            _ => writeln!(text, "{},ok", random.random_range(0..=item.max as u32))?,
        }
    }
    Ok(text)
}

/// CPU seconds of all threads, in the kernel's ticks of 10 ms; 0 where the kernel does not say.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or("");
    let ticks = after_name.split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// Largest resident memory since it was reset, as the kernel says; unknown elsewhere.
fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".into(), |l| l.trim().to_owned())
}
