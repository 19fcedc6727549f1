//! `howship bench`: accuracy and speed, measured here.

use crate::args::{BenchArgs, BenchKind};
use crate::commands::{bench_films, bench_scores};
use crate::failure::ExitStatus;
use crate::printer::{Printer, done};
use crate::progress::Progress;
use crate::stop;
use crate::table::Table;
use howship_bone::{BoneOptions, JointInput, JointResult, VisitScan, measure_joint};
use howship_change::{Verdict, VerdictFile, Visit};
use howship_image::Scan;
use howship_phantom::{JointSpec, render_visit};
use howship_report::{TruthRow, truth_table};
use serde::Serialize;
use std::time::Instant;

pub(crate) fn run(args: &BenchArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    match args.what {
        BenchKind::Accuracy => accuracy(args.repeats, printer)?,
        BenchKind::Speed => speed(args.repeats, printer)?,
        BenchKind::Films => bench_films::run(args.repeats, printer)?,
        BenchKind::Scores => bench_scores::run(args.repeats, printer)?,
    }
    done()
}

/// A lesion of a bench, truth beside measurement.
#[derive(Serialize)]
struct AccuracyRow {
    seed: u64,
    lesion: Option<u32>,
    found: bool,
    true_volume_mm3: Option<f64>,
    volume_mm3: Option<f64>,
    true_change_mm3: Option<f64>,
    change_mm3: Option<f64>,
    interval_holds_truth: Option<bool>,
    true_verdict: Option<Verdict>,
    verdict: Option<Verdict>,
}

fn accuracy(repeats: u64, printer: &Printer) -> anyhow::Result<()> {
    let mut rows = Vec::new();
    for seed in 1..=repeats {
        printer.note(&format!("phantom {seed} of {repeats}"));
        let mut spec = JointSpec::demo();
        spec.seed = seed;
        // Baseline and the last visit are enough for a change.
        spec = pair(spec);
        let (scans, _) = render(&spec, printer)?;
        let (joint, _) = measured(&spec, &scans, printer)?;
        let known = spec.truth_file()?;
        // The measured values in place of the true ones; what surrounds them plays no part here.
        let found = VerdictFile {
            visits: joint.visits,
            bones: joint.bones,
            lesions: joint.lesions,
            ..known.clone()
        };
        let table = truth_table(&found, &known);
        rows.extend(table.rows.iter().map(|r| accuracy_row(seed, r)));
    }
    if printer.wants_json() {
        return printer.json(&rows);
    }
    printer.answer(&accuracy_text(&rows, printer))
}

fn accuracy_row(seed: u64, row: &TruthRow) -> AccuracyRow {
    AccuracyRow {
        seed,
        lesion: row.truth,
        found: row.found.is_some(),
        true_volume_mm3: row.true_volume,
        volume_mm3: row.volume.map(|v| v.0),
        true_change_mm3: row.true_change,
        change_mm3: row.change.as_ref().map(|c| c.value),
        interval_holds_truth: row.covered,
        true_verdict: row.true_verdict,
        verdict: row.verdict,
    }
}

fn accuracy_text(rows: &[AccuracyRow], printer: &Printer) -> String {
    let mut table = Table::new([
        "seed",
        "lesion",
        "true mm³",
        "mm³",
        "error",
        "true change",
        "change",
        "error mm³",
        "in interval",
        "true verdict",
        "verdict",
    ]);
    let (mut volumes, mut changes) = (Vec::new(), Vec::new());
    // What rounds to zero has no sign.
    let rounded = |v: f64| if v.abs() < 0.005 { 0.0 } else { v };
    let number =
        |v: Option<f64>| v.map_or_else(|| "–".to_owned(), |v| format!("{:.2}", rounded(v)));
    for row in rows {
        let volume = row.volume_mm3.zip(row.true_volume_mm3);
        let relative = volume
            .map(|(v, t)| 100.0 * (v - t) / t)
            .filter(|r| r.is_finite());
        let change = row.change_mm3.zip(row.true_change_mm3).map(|(c, t)| c - t);
        volumes.extend(relative.map(f64::abs));
        changes.extend(change.map(f64::abs));
        let word = |v: Option<Verdict>| v.map_or_else(|| "–".to_owned(), |v| v.to_string());
        table.row(
            vec![
                row.seed.to_string(),
                row.lesion
                    .map_or_else(|| "extra".to_owned(), |l| l.to_string()),
                number(row.true_volume_mm3),
                number(row.volume_mm3),
                relative.map_or_else(|| "–".to_owned(), |r| format!("{r:+.1} %")),
                number(row.true_change_mm3),
                number(row.change_mm3),
                change.map_or_else(|| "–".to_owned(), |c| format!("{c:+.3}")),
                row.interval_holds_truth
                    .map_or("–", |h| if h { "yes" } else { "no" })
                    .to_owned(),
                word(row.true_verdict),
                word(row.verdict),
            ],
            row.verdict,
        );
    }
    let real = rows.iter().filter(|r| r.lesion.is_some()).count();
    let found = rows
        .iter()
        .filter(|r| r.lesion.is_some() && r.found)
        .count();
    format!(
        "{}\n{found} of {real} lesions found; median absolute error of volume {}, of change {}\n",
        table.print(printer),
        howship_stats::median(volumes).map_or_else(|| "–".to_owned(), |m| format!("{m:.1} %")),
        howship_stats::median(changes).map_or_else(|| "–".to_owned(), |m| format!("{m:.3} mm³")),
    )
}

/// Seconds of one stage in one repeat.
#[derive(Serialize)]
struct SpeedRow {
    repeat: u64,
    stage: String,
    seconds: f64,
}

#[derive(Serialize)]
struct Speed {
    voxels_per_visit: usize,
    visits: usize,
    threads: usize,
    peak_memory_mib: Option<f64>,
    stages: Vec<SpeedRow>,
}

fn speed(repeats: u64, printer: &Printer) -> anyhow::Result<()> {
    let spec = pair(JointSpec::demo());
    printer.note("rendering the pair");
    let (scans, _) = render(&spec, printer)?;
    reset_peak();
    let mut stages = Vec::new();
    for repeat in 1..=repeats {
        printer.note(&format!("measuring, {repeat} of {repeats}"));
        let started = Instant::now();
        let (_, seconds) = measured(&spec, &scans, printer)?;
        let total = started.elapsed().as_secs_f64();
        let all = seconds.into_iter().chain([("all".to_owned(), total)]);
        stages.extend(all.map(|(stage, seconds)| SpeedRow {
            repeat,
            stage,
            seconds,
        }));
    }
    let result = Speed {
        voxels_per_visit: scans[0].volume.geometry().voxels(),
        visits: scans.len(),
        threads: rayon::current_num_threads(),
        peak_memory_mib: peak_mib(),
        stages,
    };
    if printer.wants_json() {
        return printer.json(&result);
    }
    let mut table = Table::new(["repeat", "stage", "seconds"]);
    for row in &result.stages {
        let cells = vec![
            row.repeat.to_string(),
            row.stage.clone(),
            format!("{:.2}", row.seconds),
        ];
        table.row(cells, None);
    }
    let memory = result
        .peak_memory_mib
        .map_or_else(|| "unknown".to_owned(), |m| format!("{m:.0} MiB"));
    printer.answer(&format!(
        "{}\n{} visits of {:.1} million voxels, {} threads; peak memory {memory} (both volumes held)\n",
        table.print(printer),
        result.visits,
        result.voxels_per_visit as f64 / 1e6,
        result.threads
    ))
}

/// First and last visit of a specification.
fn pair(mut spec: JointSpec) -> JointSpec {
    let last = spec.visits.len().saturating_sub(1);
    let ends = |list: &mut Vec<f64>| {
        if list.len() > 2 {
            *list = vec![list[0], list[last]];
        }
    };
    for erosion in &mut spec.erosions {
        ends(&mut erosion.depth_course);
        ends(&mut erosion.width_course);
        ends(&mut erosion.recortication);
    }
    if last > 1 {
        spec.visits.drain(1..last);
    }
    spec
}

fn render(spec: &JointSpec, printer: &Printer) -> anyhow::Result<(Vec<Scan>, f64)> {
    let progress = Progress::new(printer);
    let started = Instant::now();
    let mut scans = Vec::new();
    for visit in 0..spec.visits.len() {
        progress.step("phantom", visit, spec.visits.len());
        stop::check()?;
        scans.push(render_visit(spec, visit)?.scan);
    }
    Ok((scans, started.elapsed().as_secs_f64()))
}

fn measured(
    spec: &JointSpec,
    scans: &[Scan],
    printer: &Printer,
) -> anyhow::Result<(JointResult, Vec<(String, f64)>)> {
    let progress = Progress::new(printer);
    let visits: Result<Vec<Visit>, _> = spec.visits.iter().map(|v| Visit::parse(&v.name)).collect();
    let input = JointInput {
        visits: VisitScan::pairs(visits?, scans),
        lesions: None,
    };
    let joint = measure_joint(&input, &BoneOptions::default(), &progress)?;
    Ok((joint, progress.stage_seconds()))
}

/// Forgets the rendering's memory, where the system can.
fn reset_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Most memory held at once, where the system says.
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
}
