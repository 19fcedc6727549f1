//! How often a trial's intervals hold the truth, and how often its tests reject a true null, over simulated trials.
//!
//! `cargo run --release -p howship-scores --example trial_coverage [studies]`

mod study;

use howship_stats::DegreesOfFreedom;
use std::io::Write;
use study::{Design, Dropout, METHODS, count};

const DESIGNS: [Design; 7] = [
    design("no effect, complete", 60, 0.0, false, Dropout::None),
    design(
        "no effect, 15 % leave at random at every visit",
        60,
        0.0,
        false,
        Dropout::Random(0.15),
    ),
    design(
        "no effect, skewed slopes, complete",
        60,
        0.0,
        true,
        Dropout::None,
    ),
    design(
        "no effect, 12 patients an arm, 15 % leave",
        12,
        0.0,
        false,
        Dropout::Random(0.15),
    ),
    design("effect -2 a year, complete", 60, -2.0, false, Dropout::None),
    design(
        "effect -2 a year, 15 % leave",
        60,
        -2.0,
        false,
        Dropout::Random(0.15),
    ),
    design(
        "effect -2 a year, patients leave once their change is above 5",
        60,
        -2.0,
        false,
        Dropout::Above(5.0),
    ),
];

const fn design(
    name: &'static str,
    patients: usize,
    effect: f64,
    skewed: bool,
    dropout: Dropout,
) -> Design {
    Design {
        name,
        patients,
        effect,
        skewed,
        dropout,
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let studies: u64 = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 2000,
    };
    let mut out = std::io::stdout().lock();
    for design in &DESIGNS {
        for freedom in [
            DegreesOfFreedom::KenwardRoger,
            DegreesOfFreedom::Satterthwaite,
        ] {
            writeln!(
                out,
                "\n{} ({} an arm), {freedom:?}, {studies} studies",
                design.name, design.patients
            )?;
            writeln!(
                out,
                "{:36} {:>8} {:>9} {:>8} {:>8}",
                "", "studies", "coverage", "p < .05", "bias"
            )?;
            let from = if freedom == DegreesOfFreedom::KenwardRoger {
                0
            } else {
                6
            };
            let counts = count(design, freedom, studies)?;
            for (c, (_, _, name)) in counts.iter().zip(METHODS).skip(from) {
                let share = |n: usize, of: usize| 100.0 * n as f64 / of as f64;
                let rejected = share(c.rejected, c.studies);
                if c.intervals > 0 {
                    let (held, bias) = (share(c.held, c.intervals), c.bias / c.intervals as f64);
                    writeln!(
                        out,
                        "{name:36} {:8} {held:8.1}% {rejected:7.1}% {bias:8.3}",
                        c.studies
                    )?;
                } else {
                    writeln!(out, "{name:36} {:8} {:>9} {rejected:7.1}%", c.studies, "")?;
                }
            }
        }
    }
    Ok(())
}
