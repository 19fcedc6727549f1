//! How often 95 % intervals of agreement hold the truth: simulated studies, balanced and with 30 % of ratings missing.
//!
//! `cargo run --release -p howship-stats --example agreement_coverage -- [studies] [first cell] [last cell]`
//!
//! Targets, raters and errors are normal; raters are drawn anew for each study. `ICC` is ICC(C,1), the correlation
//! that raters' bias does not touch; with bias the variance between raters is half of the residual variance.
//! Kurtosis-adjusted intervals of ICC(C,1), ICC(A,1), SDC of the same and of any raters; then those of normal scores:
//! F, generalized, McGraw and Wong's, chi-square, generalized. Sums of grades, beside the bootstrap: example
//! `agreement_intervals` of howship-scores.
#![allow(clippy::print_stdout, reason = "an experiment prints its table")]

use howship_stats::{
    AgreementInterval, IccForm, IccOptions, MeasurementError, MeasurementErrorOptions, Ratings,
    ReaderScope, icc, measurement_error,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use rayon::prelude::*;

/// One design.
#[derive(Clone, Copy)]
struct Cell {
    targets: usize,
    raters: usize,
    icc: f64,
    bias: bool,
    missing: bool,
}

impl Cell {
    /// Variance of targets, raters, residual (1).
    fn truth(self) -> [f64; 3] {
        [
            self.icc / (1.0 - self.icc),
            if self.bias { 0.5 } else { 0.0 },
            1.0,
        ]
    }

    fn study(self, rng: &mut ChaCha8Rng) -> Option<Ratings> {
        let [t, r, _] = self.truth();
        let raters: Vec<f64> = (0..self.raters).map(|_| normal(rng) * r.sqrt()).collect();
        let mut values = Vec::with_capacity(self.targets * self.raters);
        for _ in 0..self.targets {
            let target = normal(rng) * t.sqrt();
            for rater in &raters {
                let value = target + rater + normal(rng);
                let gone = self.missing && rng.random::<f64>() < 0.3;
                values.push(if gone { f64::NAN } else { value });
            }
        }
        Ratings::new(self.targets, self.raters, values).ok()
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    rng.sample(StandardNormal)
}

/// What is covered.
const COLUMNS: [&str; 9] = [
    "C1", "A1", "SDCfix", "SDCany", "C1 F", "A1 gen", "A1 MW", "fix chi2", "any gen",
];

#[derive(Clone, Copy, Default)]
struct Tally {
    held: [u32; COLUMNS.len()],
    low: [u32; COLUMNS.len()],
    studies: u32,
    failed: u32,
}

impl Tally {
    fn add(mut self, other: Self) -> Self {
        for i in 0..COLUMNS.len() {
            self.held[i] += other.held[i];
            self.low[i] += other.low[i];
        }
        self.studies += other.studies;
        self.failed += other.failed;
        self
    }
}

fn one(cell: Cell, seed: u64, study: u64) -> Tally {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(study);
    let [t, r, e] = cell.truth();
    let found = cell.study(&mut rng).and_then(|ratings| {
        let mut options = IccOptions {
            draws: 2000,
            seed: study,
            ..IccOptions::default()
        };
        let table = icc(&ratings, &options).ok()?;
        options.agreement_interval = AgreementInterval::McGrawWong;
        let classical = icc(&ratings, &options).ok()?;
        let settings = MeasurementErrorOptions {
            draws: 2000,
            seed: study,
            ..MeasurementErrorOptions::default()
        };
        let error = measurement_error(&ratings, &settings).ok()?;
        let exact = error.with_normal_intervals();
        let sdc = |error: &MeasurementError, scope| {
            let size = error.smallest_detectable_change(scope, 1.0, 0.95);
            Some(size.ok()??.interval)
        };
        let z = 1.959_963_984_540_054;
        let (consistency, agreement) = (t / (t + e), t / (t + r + e));
        let (fixed, any) = (z * e.sqrt(), z * (r + e).sqrt());
        let [c, a] = [IccForm::Consistency, IccForm::Agreement].map(|form| table.get(form));
        Some([
            (c?.interval?, consistency),
            (a?.interval?, agreement),
            (sdc(&error, ReaderScope::Fixed)?, fixed),
            (sdc(&error, ReaderScope::Any)?, any),
            (c?.normal?, consistency),
            (a?.normal?, agreement),
            (classical.get(IccForm::Agreement)?.normal?, agreement),
            (sdc(&exact, ReaderScope::Fixed)?, fixed),
            (sdc(&exact, ReaderScope::Any)?, any),
        ])
    });
    let mut tally = Tally {
        studies: 1,
        ..Tally::default()
    };
    match found {
        None => tally.failed = 1,
        Some(found) => {
            for (i, (interval, truth)) in found.into_iter().enumerate() {
                tally.held[i] = u32::from(interval.contains(truth));
                tally.low[i] = u32::from(interval.upper < truth);
            }
        }
    }
    tally
}

fn main() {
    let arguments: Vec<u64> = std::env::args()
        .skip(1)
        .filter_map(|a| a.parse().ok())
        .collect();
    let studies = arguments.first().copied().unwrap_or(2000);
    let mut cells = Vec::new();
    for missing in [false, true] {
        for bias in [false, true] {
            for raters in 2..=4 {
                for targets in [20, 50, 100, 500] {
                    for icc in [0.3, 0.6, 0.95] {
                        cells.push(Cell {
                            targets,
                            raters,
                            icc,
                            bias,
                            missing,
                        });
                    }
                }
            }
        }
    }
    let first = arguments.get(1).copied().unwrap_or(0) as usize;
    let last = arguments.get(2).copied().unwrap_or(u64::MAX) as usize;
    println!(
        "holes bias raters targets ICC | {} | (of these, truth above) | failed",
        COLUMNS.join(" ")
    );
    let (mut outside, mut total) = ([0; COLUMNS.len()], 0);
    for (at, cell) in cells.iter().enumerate() {
        if at < first || at > last {
            continue;
        }
        let tally = (0..studies)
            .into_par_iter()
            .map(|study| one(*cell, at as u64, study))
            .reduce(Tally::default, Tally::add);
        let n = f64::from(tally.studies - tally.failed);
        let share: Vec<String> = tally
            .held
            .iter()
            .map(|h| format!("{:5.1}", 100.0 * f64::from(*h) / n))
            .collect();
        let low: Vec<String> = tally
            .low
            .iter()
            .map(|h| format!("{:4.1}", 100.0 * f64::from(*h) / n))
            .collect();
        println!(
            "{:5} {:4} {:6} {:7} {:4} | {} | {} | {}",
            if cell.missing { "30%" } else { "-" },
            if cell.bias { "yes" } else { "-" },
            cell.raters,
            cell.targets,
            cell.icc,
            share.join(" "),
            low.join(" "),
            tally.failed
        );
        total += 1;
        for (count, held) in outside.iter_mut().zip(tally.held) {
            let share = f64::from(held) / n;
            *count += u32::from(!(0.93..=0.97).contains(&share));
        }
    }
    println!("cells outside 93-97 %, of {total}:");
    for (name, count) in COLUMNS.iter().zip(outside) {
        println!("  {name}: {count}");
    }
}
