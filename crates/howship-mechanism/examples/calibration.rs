//! Prints the tables of `docs/mechanism.md`: targets with z, timing, detection, definitions, lag, Jiang, Sobol.
//!
//! `cargo run --release -p howship-mechanism --example calibration -- 20000`
#![allow(clippy::print_stdout, reason = "an experiment prints its tables")]

use howship_mechanism::bone::MineralLaw;
use howship_mechanism::calibration::{
    SensitivityOptions, definitions, detection, jiang, lag_closed_form, lags, paired_lag, sobol,
    targets, timing,
};
use howship_mechanism::chain::Parameters;
use howship_mechanism::imaging::Tool;

fn main() -> Result<(), howship_mechanism::Error> {
    let patients: u64 = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(20_000);
    let p = Parameters::default();
    println!("targets (calibration)");
    for row in targets(&p, patients, 1)? {
        println!(
            "  {:46} {:?} {:+.3} z {:?} {}",
            row.name, row.published, row.model, row.z, row.remark
        );
    }
    println!("timing");
    for row in timing(&p, patients, 11)? {
        println!(
            "  {:?} {} px from {:11} by 6/12/18/24: {:.3?} median, 10-90 % {:.1?}",
            row.law, row.pixels, row.from, row.by, row.months
        );
    }
    println!("paired lag, days from start, from improvement");
    for row in paired_lag(&p, patients, 11)? {
        println!("  {row:.1?}");
    }
    println!("closed form {:.2} days", lag_closed_form(1.0, [7.0, 43.0]));
    for row in lags(1.0) {
        println!(
            "  {:?} {} µm at {} µm/d: {:.1} days",
            row.law, row.threshold, row.apposition, row.days
        );
    }
    println!("verdicts on responders at 12 months, δ = 0, flat prior; then the defaults");
    let mut tools = Vec::new();
    for (mut tool, precision) in [
        (Tool::depth(MineralLaw::A), 0.32),
        (Tool::depth(MineralLaw::A), 0.1),
        (Tool::volume(MineralLaw::A), 0.93),
        (Tool::volume(MineralLaw::A), 0.2),
        (Tool::volume(MineralLaw::A), 0.02),
    ] {
        tool.precision = precision;
        tool.scale.delta = 0.0;
        tool.scale.prior_sd = 1e4;
        tools.push(tool);
    }
    tools.extend(Tool::all(MineralLaw::A));
    for row in detection(&p, &tools, patients, 31)? {
        println!("  {row:?}");
    }
    for law in MineralLaw::ALL {
        println!("definitions, law {law:?}");
        for row in definitions(&p, law, patients, 4)? {
            println!(
                "  {:66} lesions {:5.1} %, patients {:5.1} %, noise alone {:5.1} %",
                row.name, row.lesions, row.patients, row.noise
            );
        }
    }
    println!("{:?}", jiang(200_000, 5));
    println!("Sobol");
    for row in sobol(&SensitivityOptions::default())? {
        println!(
            "  {:34} first {:.2} total {:.2} ± {:.2}",
            row.name, row.first, row.total, row.half_width
        );
    }
    Ok(())
}
