//! How often a slip of the hand in a table of totals is asked about, and how often a sound table is.
//!
//! `cargo run --release -p howship-scores --example slip_alarms -- 2000` (tables of each kind); seeds are the tables'
//! numbers. None of the numbers of the rule for single slips was fitted to these tables; those for slips of
//! one kind (`read/slip_kinds.rs`) were made stricter until about 1 % of them were asked about.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use howship_scores::{Doubt, ReadOptions, read_with_warnings};
use howship_tables::OpenOptions;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, Normal, StudentT};

/// How two readings of one film differ.
#[derive(Clone, Copy)]
enum Noise {
    /// Normal, its SD 0.6 times the root of the score.
    Normal,
    /// Student's t of three degrees of freedom, of that scale.
    Heavy,
    /// Normal, a quarter of the score.
    Proportional,
    /// Normal, and of four times the SD for one film in twenty.
    Mixed,
}

const NOISES: [(&str, Noise); 4] = [
    ("normal, 0.6 √score", Noise::Normal),
    ("t with 3 df, 0.6 √score", Noise::Heavy),
    ("normal, a quarter of the score", Noise::Proportional),
    ("one film in 20 at 4 times the SD", Noise::Mixed),
];

/// What a hand does to a number.
type Slip = fn(f64) -> f64;

const SLIPS: [(&str, Slip); 5] = [
    ("decimal point lost, times 10", |x| 10.0 * x),
    ("last digit lost", |x| (x / 10.0).floor()),
    ("1 before it", |x| {
        x + 10f64.powi(1 + x.max(1.0).log10() as i32)
    }),
    ("two digits exchanged", |x| {
        10.0 * (x % 10.0) + (x / 10.0).floor()
    }),
    ("0 for it", |_| 0.0),
];

struct Made {
    subjects: usize,
    readers: usize,
    noise: Noise,
}

/// Totals by subject, visit, reader: a skewed population, one in ten of whom progresses fast.
fn scores(made: &Made, rng: &mut ChaCha8Rng) -> Vec<[usize; 3]> {
    let damage = Gamma::new(0.8, 40.0).unwrap();
    let (unit, heavy) = (Normal::new(0.0, 1.0).unwrap(), StudentT::new(3.0).unwrap());
    let mut all = Vec::new();
    for subject in 0..made.subjects {
        let mut truth: f64 = damage.sample(rng);
        for visit in 0..2 {
            let wide = if rng.random::<f64>() < 0.05 { 4.0 } else { 1.0 };
            for _ in 0..made.readers {
                let sd = 0.6 * (truth + 1.0).sqrt();
                let error = match made.noise {
                    Noise::Normal => sd * unit.sample(rng),
                    Noise::Heavy => sd * heavy.sample(rng),
                    Noise::Proportional => 0.25 * truth * unit.sample(rng),
                    Noise::Mixed => sd * wide * unit.sample(rng),
                };
                all.push([subject, visit, (truth + error).max(0.0).round() as usize]);
            }
            truth += if rng.random::<f64>() < 0.1 {
                damage.sample(rng)
            } else {
                0.0
            };
        }
    }
    all
}

/// Whether the table is asked about by others' range, and by other readings of the film too.
fn asked(all: &[[usize; 3]], readers: usize) -> (bool, bool) {
    let mut text = "subject,visit,days,reader,scheme,site,feature,score\n".to_owned();
    for (row, [subject, visit, score]) in all.iter().enumerate() {
        let (name, days) = [("M0", 0), ("M12", 365)][*visit];
        let reader = row % readers;
        text.push_str(&format!(
            "P{subject:03},{name},{days},R{reader},custom,all,damage,{score}\n"
        ));
    }
    let table = howship_tables::read("made".as_ref(), text.into_bytes(), &OpenOptions::default());
    let (table, _) = read_with_warnings(&table.unwrap(), &ReadOptions::default()).unwrap();
    let range = |d: &Doubt| matches!(d, Doubt::Slip { .. });
    let film = |d: &Doubt| matches!(d, Doubt::FarFromFilm { .. });
    let by_range = table.doubts.iter().any(range);
    (by_range, by_range || table.doubts.iter().any(film))
}

fn main() {
    let tables: u64 = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(200);
    for (words, noise) in NOISES {
        for (subjects, readers) in [(15, 2), (30, 2), (100, 2), (100, 3)] {
            let made = Made {
                subjects,
                readers,
                noise,
            };
            let share = |slip: Option<Slip>| {
                let (mut range, mut both, mut count) = (0, 0, 0);
                for seed in 0..tables {
                    let mut rng = ChaCha8Rng::seed_from_u64(seed);
                    let mut all = scores(&made, &mut rng);
                    if let Some(slip) = slip {
                        // A number of two digits or more, and one that the slip changes.
                        let at: Vec<usize> = (0..all.len())
                            .filter(|i| {
                                all[*i][2] > 9 && slip(all[*i][2] as f64) != all[*i][2] as f64
                            })
                            .collect();
                        let at = at[rng.random_range(0..at.len())];
                        all[at][2] = slip(all[at][2] as f64) as usize;
                    }
                    let found = asked(&all, readers);
                    range += usize::from(found.0);
                    both += usize::from(found.1);
                    count += 1;
                }
                let percent = |n: usize| 100.0 * n as f64 / f64::from(count);
                (percent(range), percent(both))
            };
            let (range, both) = share(None);
            println!(
                "{words}; {subjects} subjects, {readers} readers, 2 visits: sound tables asked about {range:.2} % by range, {both:.2} % in all"
            );
            for (name, slip) in SLIPS {
                let (range, both) = share(Some(slip));
                println!("    {name}: {range:.0} % by range, {both:.0} % in all");
            }
        }
    }
}
