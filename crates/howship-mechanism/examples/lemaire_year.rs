//! A year of Lemaire 2004 under PTH 1e3 pM/day, timed: for `benches/mechanism_side_by_side.py`.
//!
//! Arguments: rows of output, relative tolerance. Prints JSON: microseconds of the best round, steps, the steady state
//! that it starts from, the rows.
#![allow(clippy::print_stdout, reason = "an experiment prints its result")]

use howship_mechanism::ode::{OdeOptions, solve};
use howship_mechanism::reference::{Lemaire, LemaireInput, LemaireParameters};
use std::time::Instant;

fn main() -> Result<(), howship_mechanism::Error> {
    let mut arguments = std::env::args().skip(1);
    let rows: u32 = arguments.next().and_then(|a| a.parse().ok()).unwrap_or(366);
    let relative: f64 = arguments
        .next()
        .and_then(|a| a.parse().ok())
        .unwrap_or(1e-6);
    let parameters = LemaireParameters::default();
    let start = Lemaire::steady_state(parameters)?;
    let times: Vec<f64> = (0..rows)
        .map(|i| 365.0 * f64::from(i) / f64::from((rows - 1).max(1)))
        .collect();
    let options = OdeOptions {
        relative,
        absolute: 1e-6 * relative,
        ..OdeOptions::default()
    };
    let mut best = f64::INFINITY;
    let mut last = None;
    for _ in 0..200 {
        const RUNS: u32 = 20;
        let from = Instant::now();
        for run in 0..RUNS {
            // The input differs in the last digits from run to run, so that no run can be left out.
            let pth = 1e3 * (1.0 + 1e-15 * f64::from(run));
            let model = Lemaire {
                parameters,
                drive: |_| LemaireInput {
                    pth,
                    ..LemaireInput::default()
                },
            };
            last = Some(solve(&model, start, &times, &options)?);
        }
        best = best.min(from.elapsed().as_secs_f64() / f64::from(RUNS));
    }
    let Some(solution) = last else {
        return Ok(());
    };
    let states: Vec<String> = solution
        .states
        .iter()
        .map(|s| format!("[{:e},{:e},{:e}]", s[0], s[1], s[2]))
        .collect();
    println!(
        "{{\"microseconds\":{},\"steps\":{},\"steady_state\":[{:e},{:e},{:e}],\"states\":[{}]}}",
        best * 1e6,
        solution.steps,
        start[0],
        start[1],
        start[2],
        states.join(",")
    );
    Ok(())
}
