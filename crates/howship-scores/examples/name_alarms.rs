//! How often a sound table of joints is asked about as one with names mixed up, and how often one with such a fault is.
//!
//! `cargo run --release -p howship-scores --example name_alarms -- 200` (sound tables of each kind, and a
//! tenth as many with each fault); seeds are the tables' numbers. Some of the
//! rules' numbers were made stricter after the first 100 seeds of each kind; later seeds are new to them. With files behind the number their doubts are printed instead.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use howship_scores::{Doubt, ReadOptions, read_with_warnings};
use howship_tables::OpenOptions;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

#[path = "../tests/it/made.rs"]
mod made;

use made::{FAULTS, Made, Row, text};

/// The kinds of doubts of a table.
fn kinds(rows: &[Row]) -> Vec<String> {
    let table = howship_tables::read(
        "made".as_ref(),
        text(rows).into_bytes(),
        &OpenOptions::default(),
    );
    let (table, warnings) = read_with_warnings(&table.unwrap(), &ReadOptions::default()).unwrap();
    let kind = |d: &Doubt| match d {
        Doubt::MixedUp { kind, .. } => format!("{kind:?}"),
        Doubt::Opposite(_) => "Opposite".to_owned(),
        Doubt::Scales(_) => "Scales".to_owned(),
        _ => "Other".to_owned(),
    };
    let mut kinds: Vec<String> = table.doubts.iter().map(kind).collect();
    for (words, kind) in made::NOTES {
        if warnings.iter().any(|w| w.contains(words)) {
            kinds.push((*kind).to_owned());
        }
    }
    kinds
}

fn print_files(files: &[String]) {
    for file in files {
        let opened = howship_tables::open(file, &OpenOptions::default());
        let read = opened.map(|t| read_with_warnings(&t, &ReadOptions::default()));
        match read {
            Ok(Ok((table, warnings))) => {
                println!("{file}: {} doubts", table.doubts.len());
                for warning in warnings {
                    println!("    {}", warning.chars().take(600).collect::<String>());
                }
            }
            other => println!("{file}: {:?}", other.map(|r| r.map(|_| ()))),
        }
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let tables: u64 = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(50);
    let files: Vec<String> = arguments.collect();
    if !files.is_empty() {
        return print_files(&files);
    }
    for made in Made::all() {
        let counted = |fault: Option<made::Fault>, tables: u64| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for seed in 0..tables {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let mut rows = made.rows(&mut rng);
                if let Some(fault) = fault {
                    fault(&mut rows, rng.random());
                }
                for kind in kinds(&rows) {
                    *counts.entry(kind).or_default() += 1;
                }
            }
            counts
        };
        println!("{made:?}\n    sound: {:?}", counted(None, tables));
        for (name, fault, _) in FAULTS {
            println!(
                "    {name}: {:?}",
                counted(Some(*fault), tables.div_ceil(10))
            );
        }
    }
}
