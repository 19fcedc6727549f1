//! How long the agreement report takes with its patient-cluster bootstrap.
//!
//! `cargo run --release -p howship-scores --example agreement_speed -- [draws] [subjects] [joints]`
//!
//! Default: 10,000 draws, 500 subjects, 44 joints, 2 readers, 2 visits: intraclass correlations and errors of
//! measurement of status and change, kappas of joints' status, change and sign, all from every draw.
#![allow(clippy::print_stdout, reason = "a measurement prints its result")]

use howship_scores::agree::{AgreeOptions, agree};
use howship_scores::{Error, Item, Record, ScoreTable, ScoreVisit, Status, TotalsOptions, totals};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::time::Instant;

fn table(subjects: u32, joints: u32) -> Result<ScoreTable, Error> {
    let items: Vec<Item> = (0..joints)
        .map(|j| Item {
            side: None,
            site: format!("J{j}"),
            feature: "erosion".into(),
            min: 0.0,
            max: 5.0,
            step: 1.0,
            weight: 1.0,
        })
        .collect();
    let visits = ["M0", "M12"].map(|name| ScoreVisit {
        name: name.into(),
        days: None,
    });
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut records = Vec::new();
    for subject in 0..subjects {
        let level = 4.0 * rng.random::<f64>().powi(3);
        for item in 0..joints {
            let truth = level * rng.random::<f64>();
            let change = if rng.random::<f64>() < 0.08 { 1.0 } else { 0.0 };
            for visit in 0..2 {
                for reader in ["A", "B"] {
                    let error = rng.random::<f64>() - 0.5;
                    let score = (truth + change * f64::from(visit) + error).round();
                    records.push(Record {
                        subject: format!("S{subject}"),
                        arm: None,
                        visit,
                        days: f32::NAN,
                        reader: reader.into(),
                        campaign: None,
                        reading: 1,
                        item,
                        score: score.clamp(0.0, 5.0),
                        status: Status::Ok,
                        line: 1,
                    });
                }
            }
        }
    }
    ScoreTable::from_records("simulated", "custom", items, visits.into(), records)
}

fn main() -> Result<(), Error> {
    let number = |at: usize, default: usize| {
        let argument = std::env::args().nth(at);
        argument.and_then(|a| a.parse().ok()).unwrap_or(default)
    };
    let draws = number(1, 10_000);
    let table = table(number(2, 500) as u32, number(3, 44) as u32)?;
    let options = AgreeOptions {
        draws,
        ..AgreeOptions::default()
    };
    let start = Instant::now();
    let (sums, _) = totals(&table, &TotalsOptions::default())?;
    let report = agree(&table, &sums, &options)?;
    let seconds = start.elapsed().as_secs_f64();
    let intervals = report.tidy().rows.len();
    println!(
        "{} scores, {draws} draws, {} threads: {seconds:.3} s, {intervals} numbers with intervals",
        table.rows.len(),
        rayon::current_num_threads()
    );
    for row in report
        .tidy()
        .rows
        .iter()
        .filter(|r| format!("{r:?}").contains("percentile"))
    {
        println!("{row:?}");
    }
    Ok(())
}
