//! Seconds from a file to totals, and of a bootstrap.

use super::calibration::score_table;
use crate::failure::Failure;
use crate::printer::Printer;
use crate::stop;
use howship_phantom::readers::ReadersSpec;
use howship_scores::agree::{AgreeOptions, agree};
use howship_scores::{ReadOptions, TotalsOptions, read_with_warnings, totals};
use howship_tables::OpenOptions;
use serde::Serialize;
use std::io::{BufWriter, Write as _};
use std::time::Instant;

/// A million scores: 86 sites, 2 readers, 2 visits.
const PATIENTS: usize = 2907;
const DRAWS: usize = 10_000;

#[derive(Serialize)]
pub(super) struct Speed {
    pub(super) threads: usize,
    pub(super) rows: usize,
    pub(super) open_s: f64,
    pub(super) validate_s: f64,
    pub(super) totals_s: f64,
    /// Agreement of 500 patients × 44 joints × 2 readers × 2 visits, all draws.
    pub(super) agree_s: f64,
    pub(super) draws: usize,
}

pub(super) fn measure(printer: &Printer) -> anyhow::Result<Speed> {
    printer.note("speed: a million rows");
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("scores.csv");
    let mut spec = ReadersSpec::tempo_like();
    spec.arms.truncate(1);
    spec.arms[0].subjects = PATIENTS;
    let failed = |e: std::io::Error| Failure::writing(&path, &e);
    let mut out = BufWriter::new(std::fs::File::create(&path).map_err(failed)?);
    spec.generate()?.write_scores(&mut out).map_err(failed)?;
    out.flush().map_err(failed)?;
    stop::check()?;
    let started = Instant::now();
    let table = howship_tables::open(&path, &OpenOptions::default())?;
    let open_s = started.elapsed().as_secs_f64();
    let (scores, _) = read_with_warnings(&table, &ReadOptions::default())?;
    let validate_s = started.elapsed().as_secs_f64() - open_s;
    let (sums, _) = totals(&scores, &TotalsOptions::default())?;
    let totals_s = started.elapsed().as_secs_f64() - open_s - validate_s;
    let rows = scores.rows.len();
    drop((table, scores, sums));
    stop::check()?;
    printer.note("speed: bootstrap");
    let mut spec = ReadersSpec::lukas_like();
    spec.arms[0].subjects = 500;
    spec.reading.readings = 1;
    spec.missing.not_scorable = 0.0;
    let table = score_table(&spec.generate()?)?;
    let (sums, _) = totals(&table, &TotalsOptions::default())?;
    let options = AgreeOptions {
        draws: DRAWS,
        features: vec!["erosion".to_owned()],
        ..AgreeOptions::default()
    };
    let started = Instant::now();
    agree(&table, &sums, &options)?;
    Ok(Speed {
        threads: rayon::current_num_threads(),
        rows,
        open_s,
        validate_s,
        totals_s,
        agree_s: started.elapsed().as_secs_f64(),
        draws: DRAWS,
    })
}
