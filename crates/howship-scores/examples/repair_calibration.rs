//! Is P(repair) calibrated? Thousands of simulated studies per cell, truth beside probability.
//!
//! ```text
//! cargo run --release -p howship-scores --example repair_calibration -- [STUDIES] [WORDS OF CELLS]
//! ```
//! Studies come from `howship_phantom::readers`, which shares no code with the analysis. Of each cell the table
//! gives the expected calibration error over ten bins of P(repair), of all joints (most of which nothing happens
//! to) and of those at 0.1 or more; the bin in which P(repair) lies furthest above and furthest below the truth, of
//! bins with 200 joints or more; the same error for P(a patient has a repaired joint); how often the 95 % interval of
//! the number of repaired joints holds the truth; and the mean error of that number in percent.
//!
//! Chains are short, so that thousands of studies can be run: enough for probabilities, but the ends of that interval
//! come out too near. `SWEEPS=1000` runs four chains of so many sweeps, as the command does.

use howship_phantom::readers::{
    ArmSpec, ArtefactSpec, BaselineSpec, MissingSpec, ReadStatus, ReadVisitSpec, ReaderData,
    ReaderSpec, ReadersSpec, ReadingSpec, TrueClass, svdh_sites,
};
use howship_scores::latent::{Artefact, LatentOptions, LatentReport, latent_changes};
use howship_scores::{Item, Record, ScoreTable, ScoreVisit, Side, Status};
use rayon::prelude::*;
use std::io::Write as _;

const BINS: usize = 10;

struct Cell {
    name: String,
    spec: ReadersSpec,
    options: LatentOptions,
}

/// Sums over studies.
#[derive(Clone, Default)]
struct Sums {
    /// Sum of probabilities, number of events, number of joints; by bin.
    joints: [(f64, f64, f64); BINS],
    patients: [(f64, f64, f64); BINS],
    held: usize,
    /// Repaired joints, as estimated and in truth.
    counted: f64,
    happened: f64,
    studies: usize,
    failed: usize,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let studies: usize = arguments.next().map_or(Ok(200), |s| s.parse())?;
    let words: Vec<String> = arguments.collect();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "| cell | studies | ECE | ECE P ≥ 0.1 | most above truth | most below truth | patients' ECE | count held | count off | s/study |"
    )?;
    writeln!(out, "|---|---|---|---|---|---|---|---|---|---|")?;
    for cell in cells() {
        if !words.iter().all(|w| cell.name.contains(w.as_str())) {
            continue;
        }
        let started = std::time::Instant::now();
        let sums = (0..studies as u64)
            .into_par_iter()
            .map(|study| one(&cell, study))
            .reduce(Sums::default, add);
        let seconds = started.elapsed().as_secs_f64() / studies as f64;
        let (above, below) = furthest(&sums.joints);
        writeln!(
            out,
            "| {} | {} | {:.4} | {:.4} | {} | {} | {:.4} | {:.3} | {:+.1} % | {:.3} |",
            cell.name,
            sums.studies,
            calibration_error(&sums.joints, 0.0),
            calibration_error(&sums.joints[..], 0.05),
            above,
            below,
            calibration_error(&sums.patients, 0.0),
            sums.held as f64 / sums.studies.max(1) as f64,
            100.0 * (sums.counted / sums.happened.max(1.0) - 1.0),
            seconds,
        )?;
        if std::env::var_os("DIAGRAM").is_some() {
            for (p, hit, n) in sums.joints {
                let (p, hit) = (p / n, hit / n);
                writeln!(out, "    predicted {p:.4} observed {hit:.4} of {n}")?;
            }
        }
        if sums.failed > 0 {
            writeln!(out, "    {} studies could not be analysed", sums.failed)?;
        }
    }
    Ok(())
}

fn cells() -> Vec<Cell> {
    let mut cells = Vec::new();
    for patients in [20, 100, 500] {
        for balanced in [true, false] {
            // Independent readers, without and with the term; shared artefacts with it.
            cells.push(cell(patients, 2, balanced, 0.0, Artefact::None));
            cells.push(cell(patients, 3, balanced, 0.0, Artefact::None));
            cells.push(cell(patients, 3, balanced, 0.0, Artefact::Shared));
            cells.push(cell(patients, 3, balanced, 0.01, Artefact::Shared));
        }
    }
    // What lies outside the claim: more artefacts, more visits, and two visits, which do not identify them.
    cells.push(cell(100, 3, true, 0.03, Artefact::Shared));
    cells.push(cell(100, 4, false, 0.01, Artefact::Shared));
    cells.push(cell(20, 3, true, 0.003, Artefact::Shared));
    cells.push(cell(20, 3, true, 0.03, Artefact::Shared));
    cells.push(cell(100, 3, true, 0.003, Artefact::Shared));
    cells.push(cell(100, 2, true, 0.003, Artefact::Shared));
    cells.push(cell(100, 2, true, 0.01, Artefact::Shared));
    cells.push(cell(100, 2, true, 0.03, Artefact::Shared));
    cells.push(cell(100, 2, true, 0.01, Artefact::None));
    cells
}

fn cell(patients: usize, visits: usize, balanced: bool, rate: f64, artefact: Artefact) -> Cell {
    let term = if artefact == Artefact::None {
        "off"
    } else {
        "on"
    };
    let design = if balanced { "balanced" } else { "unbalanced" };
    // Large studies leave little to average over: their rates are known.
    let asked = std::env::var("SWEEPS").ok().and_then(|s| s.parse().ok());
    let (chains, warm_up, sweeps) = match (asked, patients) {
        (Some(sweeps), _) => (4, sweeps / 2, sweeps),
        (None, 0..50) => (1, 100, 200),
        (None, 50..200) => (1, 80, 150),
        (None, _) => (1, 60, 80),
    };
    Cell {
        name: format!(
            "{patients} patients, {visits} visits, {design}, artefacts {rate}, term {term}"
        ),
        spec: spec(patients, visits, balanced, rate),
        options: LatentOptions {
            artefact,
            chains,
            warm_up,
            sweeps,
            ..LatentOptions::default()
        },
    }
}

/// Three readers who all read everything; or four of whom two or three read a patient, with gaps.
fn spec(patients: usize, visits: usize, balanced: bool, rate: f64) -> ReadersSpec {
    let reader = |name: &str, sensitivity, false_worse, false_better| ReaderSpec {
        name: name.into(),
        sensitivity,
        false_worse,
        false_better,
        ..ReaderSpec::default()
    };
    let mut readers = vec![
        reader("A", 0.8, 0.008, 0.02),
        reader("B", 0.7, 0.012, 0.02),
        reader("C", 0.6, 0.006, 0.03),
    ];
    let mut missing = MissingSpec::default();
    if !balanced {
        readers.push(reader("D", 0.75, 0.01, 0.03));
        for r in &mut readers {
            r.level_noise = 0.1;
            r.level_noise_per_step = 0.1;
            r.share = 0.9;
        }
        missing = MissingSpec {
            score: 0.01,
            visit: 0.05,
            film: 0.02,
            not_scorable: 0.01,
            ..missing
        };
    }
    let sites = svdh_sites();
    ReadersSpec {
        baseline: BaselineSpec {
            damaged: 0.3,
            concentration: Some(4.0),
            more: 0.4,
        },
        reading: ReadingSpec {
            readers_per_subject: (!balanced).then_some(3),
            ..ReadingSpec::default()
        },
        artefact: ArtefactSpec {
            rate,
            ..ArtefactSpec::default()
        },
        missing,
        visits: (0..visits)
            .map(|v| ReadVisitSpec {
                name: format!("M{}", 12 * v),
                months: 12.0 * v as f64,
            })
            .collect(),
        arms: vec![ArmSpec {
            subjects: patients,
            healing: 0.04,
            progressing: 0.03,
            concentration: Some(5.0),
            ..ArmSpec::default()
        }],
        readers,
        sites: sites
            .into_iter()
            .filter(|s| s.feature == "erosion")
            .collect(),
        ..ReadersSpec::default()
    }
}

fn one(cell: &Cell, study: u64) -> Sums {
    let mut spec = cell.spec.clone();
    spec.seed = 10_000 + study;
    let failed = Sums {
        failed: 1,
        ..Sums::default()
    };
    let Ok(data) = spec.generate() else {
        return failed;
    };
    let Ok(scores) = table(&data) else {
        return failed;
    };
    let mut options = cell.options.clone();
    options.seed = study;
    latent_changes(&scores, &options).map_or(failed, |report| score(&data, &scores, &report))
}

fn score(data: &ReaderData, table: &ScoreTable, report: &LatentReport) -> Sums {
    let truth = &data.truth;
    let last = truth.spec.visits.len() - 1;
    // Subjects of the table are numbered as they first came, which is the order of the truth's.
    let number = |name: &str| (0..truth.subjects.len()).find(|&s| truth.subject_name(s) == name);
    let subjects: Vec<Option<usize>> = table.subjects.iter().map(number).collect();
    let mut sums = Sums {
        studies: 1,
        ..Sums::default()
    };
    let mut repaired = vec![0usize; table.subjects.len()];
    for joint in &report.joints {
        let subject = joint.subject_number as usize;
        let Some(of_truth) = subjects[subject] else {
            continue;
        };
        let class = truth.class(of_truth, joint.item_number as usize, 0, last);
        let healed = class == Some(TrueClass::Healing);
        repaired[subject] += usize::from(healed);
        put(&mut sums.joints, joint.repair, healed);
    }
    for patient in &report.patients {
        if let Some(subject) = table.subjects.id(&patient.subject) {
            put(
                &mut sums.patients,
                patient.repair,
                repaired[subject as usize] > 0,
            );
        }
    }
    let all = repaired.iter().sum::<usize>() as f64;
    sums.held = usize::from(report.repaired.interval.contains(all));
    (sums.counted, sums.happened) = (report.repaired.mean, all);
    sums
}

fn put(bins: &mut [(f64, f64, f64); BINS], p: f64, happened: bool) {
    let bin = &mut bins[((p * BINS as f64) as usize).min(BINS - 1)];
    bin.0 += p;
    bin.1 += f64::from(u8::from(happened));
    bin.2 += 1.0;
}

fn add(mut a: Sums, b: Sums) -> Sums {
    for (list, other) in [(&mut a.joints, &b.joints), (&mut a.patients, &b.patients)] {
        for (x, y) in list.iter_mut().zip(other) {
            *x = (x.0 + y.0, x.1 + y.1, x.2 + y.2);
        }
    }
    a.held += b.held;
    a.counted += b.counted;
    a.happened += b.happened;
    a.studies += b.studies;
    a.failed += b.failed;
    a
}

/// Mean distance of predicted and observed over bins, weighted by joints; of bins that begin above `from`, where
/// that is not 0.
fn calibration_error(bins: &[(f64, f64, f64)], from: f64) -> f64 {
    let kept = bins
        .iter()
        .enumerate()
        .filter(|(i, b)| b.2 > 0.0 && (*i > 0 || from == 0.0));
    let (error, n) = kept.fold((0.0, 0.0), |(e, n), (_, b)| {
        (e + (b.0 - b.1).abs(), n + b.2)
    });
    error / f64::max(n, 1.0)
}

/// The bins furthest above and below the truth, in words.
fn furthest(bins: &[(f64, f64, f64)]) -> (String, String) {
    let mut apart: Vec<(f64, f64)> = bins
        .iter()
        .filter(|b| b.2 >= 200.0)
        .map(|b| ((b.0 - b.1) / b.2, b.0 / b.2))
        .collect();
    apart.sort_by(|a, b| a.0.total_cmp(&b.0));
    let word = |x: Option<&(f64, f64)>| x.map_or("-".into(), |(d, p)| format!("{d:+.3} at {p:.2}"));
    (word(apart.last()), word(apart.first()))
}

/// The table of a simulated study, without a file between; items are numbered as the truth's sites.
fn table(data: &ReaderData) -> Result<ScoreTable, howship_scores::Error> {
    let truth = &data.truth;
    let items = truth.sites().iter().map(|s| Item {
        side: match s.side.as_str() {
            "L" => Some(Side::L),
            "R" => Some(Side::R),
            _ => None,
        },
        site: s.site.clone(),
        feature: s.feature.clone(),
        min: 0.0,
        max: s.max,
        step: s.step,
        weight: 1.0,
    });
    let visits = truth.spec.visits.iter().map(|v| ScoreVisit {
        name: v.name.clone(),
        days: Some(30.4375 * v.months),
    });
    let subjects: Vec<String> = (0..truth.subjects.len())
        .map(|s| truth.subject_name(s))
        .collect();
    let records = data.rows.iter().map(|r| Record {
        subject: subjects[r.subject as usize].clone(),
        arm: None,
        visit: r.visit,
        days: r.days as f32,
        reader: truth.spec.readers[r.reader as usize].name.clone(),
        campaign: None,
        reading: r.reading,
        item: r.site,
        score: r.score,
        status: match r.status {
            ReadStatus::Ok => Status::Ok,
            ReadStatus::Missing => Status::Missing,
            ReadStatus::Replaced => Status::Replaced,
            ReadStatus::NotScorable => Status::NotScorable,
        },
        line: 0,
    });
    ScoreTable::from_records(
        "simulated",
        "svdh",
        items.collect(),
        visits.collect(),
        records,
    )
}
