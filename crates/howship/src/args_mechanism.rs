//! What can be typed after `howship simulate`, `forecast` and `power`. Types only.

use crate::args_number::{LARGEST_SEED, whole};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Records that ship with Howship.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShippedCase {
    /// Active RA not responding to DMARDs, anakinra started, films at 0, 6, 12, 24 months
    Founding,
    /// Schnitzler's syndrome: an IL-1 disease that forms bone; the model gets it wrong
    Schnitzler,
    /// Anakinra with methotrexate, DAS28 falls and MRI erosions grow; the model gets it wrong
    MriCohort,
}

/// Where results of the mechanism go.
#[derive(Debug, Clone, Args)]
pub(crate) struct MechanismOut {
    /// Folder for the results; it must not exist yet [default: the answer on the terminal only]
    #[arg(short, long, value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Replace OUT if it holds earlier results
    #[arg(long)]
    pub(crate) force: bool,
}

/// A record.
#[derive(Debug, Clone, Args)]
pub(crate) struct CaseArgs {
    /// A patient's record; `howship simulate --keys` explains every key
    #[arg(value_name = "CASE.toml", required_unless_present_any = ["shipped", "keys", "print_case"])]
    pub(crate) case: Option<PathBuf>,
    /// A record that ships with Howship instead of a file
    #[arg(long, value_enum, value_name = "NAME", conflicts_with = "case")]
    pub(crate) shipped: Option<ShippedCase>,
    /// Print a record to start from, and stop
    #[arg(long, value_enum, value_name = "NAME", num_args = 0..=1, default_missing_value = "founding")]
    pub(crate) print_case: Option<ShippedCase>,
    /// Print every key of a record with what it says, and stop
    #[arg(long)]
    pub(crate) keys: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Research use only. Every constant has a range and a source; sixteen of them were fitted to six \
published numbers and one sign. The model compares imaging tools and designs, it ranks no drugs.

OUT holds report.html, course.csv (every quantity over time, tidy), visits.csv (what each planned \
image will say), simulate.json and figures/; with --parquet the tables as Parquet too.

EXAMPLES:
  howship simulate --print-case > case.toml
  howship simulate case.toml -o future
  howship simulate --shipped founding --patients 10000 -o bands
  howship simulate --shipped founding --patients 500 --parquet -o population
  howship simulate case.toml --patients 1 --seed 3 -o one-patient
  howship simulate --keys")]
pub(crate) struct SimulateArgs {
    #[command(flatten)]
    pub(crate) case: CaseArgs,
    #[command(flatten)]
    pub(crate) out: MechanismOut,
    /// Write OUT's tables as Parquet too, and patients.parquet: every virtual patient's lesions at baseline, at each
    /// image and at the end, true values
    #[arg(long, requires = "out")]
    pub(crate) parquet: bool,
    /// Virtual patients behind the bands [default: the record's, 2000]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=10_000_000))]
    pub(crate) patients: Option<u64>,
    /// Months to simulate [default: the record's, 24]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=120))]
    pub(crate) months: Option<u64>,
    /// Seed of all chance [default: the record's, 1]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(0..=LARGEST_SEED))]
    pub(crate) seed: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The answer is an interval, never one month: 95 % of the probability lies in it. Detectable is the \
verdict: the true change is so large that a measured change of that size is judged healing.

Observations come from the record ([[observation]]) and from the verdicts.json of `howship \
compare`, whose lesions the record names by `observed_id`.

EXAMPLES:
  howship forecast case.toml
  howship forecast patient7.toml --observed patient7 -o forecast
  howship forecast case.toml --months 36 --json
  howship forecast case.toml --coverage 500")]
pub(crate) struct ForecastArgs {
    #[command(flatten)]
    pub(crate) case: CaseArgs,
    #[command(flatten)]
    pub(crate) out: MechanismOut,
    /// Result of `howship compare`: its folder or its verdicts.json
    #[arg(long, value_name = "OUT")]
    pub(crate) observed: Option<PathBuf>,
    /// Months to look ahead
    #[arg(long, value_name = "N", default_value_t = 36, value_parser = whole::<u64>(3..=120))]
    pub(crate) months: u64,
    /// Draws to begin with; they are doubled where observations leave too few
    #[arg(long, value_name = "N", default_value_t = 16_384, value_parser = whole::<u64>(256..=262_144))]
    pub(crate) draws: u64,
    /// Test the forecast on so many simulated patients instead: coverage before and after one and two visits
    #[arg(long, value_name = "PATIENTS", value_parser = whole::<u64>(10..=100_000), conflicts_with = "observed")]
    pub(crate) coverage: Option<u64>,
    /// Seed of all chance [default: the record's, 1]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(0..=LARGEST_SEED))]
    pub(crate) seed: Option<u64>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Without a design, `--shares` gives exact sample sizes for two shares of responders by every test.

EXAMPLES:
  howship power --print-design > design.toml
  howship power design.toml -o power
  howship power --shares 0.20,0.06")]
pub(crate) struct PowerArgs {
    /// A trial's design
    #[arg(value_name = "DESIGN.toml", required_unless_present_any = ["print_design", "shares"])]
    pub(crate) design: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) out: MechanismOut,
    /// Print a design to start from, and stop
    #[arg(long)]
    pub(crate) print_design: bool,
    /// Shares of responders in two arms, as in 0.20,0.06
    #[arg(long, value_name = "P1,P2", value_parser = shares, conflicts_with = "design")]
    pub(crate) shares: Option<[f64; 2]>,
    /// Two-sided level, for `--shares` [default: 0.05]; a design says it itself (`level`)
    #[arg(long, value_name = "P", value_parser = share, conflicts_with = "design")]
    pub(crate) level: Option<f64>,
    /// Power wanted, for `--shares` [default: 0.8]; a design says it itself (`power`)
    #[arg(long, value_name = "P", value_parser = share, conflicts_with = "design")]
    pub(crate) power: Option<f64>,
    /// Seed of all chance [default: the design's, 1]
    #[arg(long, value_name = "N", value_parser = whole::<u64>(0..=LARGEST_SEED))]
    pub(crate) seed: Option<u64>,
}

fn share(text: &str) -> Result<f64, String> {
    let number: f64 = text
        .trim()
        .parse()
        .map_err(|_| format!("`{text}` is no number"))?;
    if number > 0.0 && number < 1.0 {
        Ok(number)
    } else {
        Err(format!("`{text}` does not lie between 0 and 1"))
    }
}

fn shares(text: &str) -> Result<[f64; 2], String> {
    let parts: Vec<f64> = text.split(',').map(share).collect::<Result<_, _>>()?;
    match parts[..] {
        [a, b] if a != b => Ok([a, b]),
        [_, _] => Err("the two shares are the same".to_owned()),
        _ => Err("give two shares, as in 0.20,0.06".to_owned()),
    }
}
