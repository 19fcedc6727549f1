//! Whether P(repair) is what it says: simulated studies whose every joint is known.

use crate::printer::Printer;
use crate::stop;
use howship_phantom::readers::{
    ArmSpec, ArtefactSpec, BaselineSpec, ReadVisitSpec, ReaderData, ReaderSpec, ReadersSpec,
    TrueClass, svdh_sites,
};
use howship_scores::latent::{Artefact, LatentOptions, latent_changes};
use howship_scores::{ReadOptions, ScoreTable, read_scores};
use howship_stats::reliability;
use howship_tables::OpenOptions;
use rayon::prelude::*;
use serde::Serialize;

/// Each has thousands of joints, so fewer are needed than for coverage.
const STUDIES_PER_REPEAT: usize = 25;
/// Below this P(repair) nobody calls a joint repaired; most joints are there.
const DOUBTFUL: f64 = 0.1;
/// A bin with fewer joints says little.
const LEAST_IN_BIN: usize = 200;

/// Calibration in one design.
#[derive(Serialize)]
pub(super) struct CalibrationRow {
    pub(super) design: String,
    pub(super) studies: usize,
    pub(super) joints: usize,
    pub(super) repaired: usize,
    /// Of all joints, over ten bins.
    pub(super) calibration_error: f64,
    /// Of joints with P(repair) of 0.1 or more.
    pub(super) calibration_error_doubtful: f64,
    /// Predicted less observed, in the bin where that is largest.
    pub(super) most_above_truth: f64,
    /// Share of joints with P(repair) ≥ 0.95 that did not repair, and how many were called.
    pub(super) wrong_of_called: f64,
    pub(super) called: usize,
    /// Share of repaired joints that were called.
    pub(super) found: f64,
}

pub(super) fn rows(repeats: u64, printer: &Printer) -> anyhow::Result<Vec<CalibrationRow>> {
    let studies = repeats as usize * STUDIES_PER_REPEAT;
    let mut rows = Vec::new();
    for (visits, rate, artefact) in [
        (2, 0.0, Artefact::None),
        (3, 0.0, Artefact::Shared),
        (3, 0.01, Artefact::Shared),
        (3, 0.01, Artefact::None),
    ] {
        let term = if artefact == Artefact::None {
            "off"
        } else {
            "on"
        };
        let design = format!(
            "{visits} visits, artefacts on {} % of films, term {term}",
            100.0 * rate
        );
        printer.note(&format!("calibration: {design}"));
        let options = LatentOptions {
            artefact,
            chains: 1,
            warm_up: 150,
            sweeps: 300,
            ..LatentOptions::default()
        };
        let found: Vec<Vec<(f64, bool)>> = (1..=studies as u64)
            .into_par_iter()
            .map(|seed| {
                stop::check()?;
                study(&spec(visits, rate, seed), &options)
            })
            .collect::<anyhow::Result<_>>()?;
        rows.push(row(design, studies, &found.concat())?);
    }
    Ok(rows)
}

fn row(design: String, studies: usize, joints: &[(f64, bool)]) -> anyhow::Result<CalibrationRow> {
    let (bins, error) = reliability(joints, 10)?;
    let above = bins.iter().filter(|b| b.count >= LEAST_IN_BIN);
    let above = above.map(|b| b.predicted - b.observed);
    let part = |least: f64| -> Vec<(f64, bool)> {
        joints.iter().copied().filter(|j| j.0 >= least).collect()
    };
    let doubtful = part(DOUBTFUL);
    let called = part(0.95);
    let repaired = |list: &[(f64, bool)]| list.iter().filter(|j| j.1).count();
    Ok(CalibrationRow {
        design,
        studies,
        joints: joints.len(),
        repaired: repaired(joints),
        calibration_error: error,
        calibration_error_doubtful: if doubtful.is_empty() {
            f64::NAN
        } else {
            reliability(&doubtful, 10)?.1
        },
        most_above_truth: above.fold(f64::NEG_INFINITY, f64::max),
        wrong_of_called: 1.0 - repaired(&called) as f64 / called.len() as f64,
        called: called.len(),
        found: repaired(&called) as f64 / repaired(joints) as f64,
    })
}

/// Three readers of unequal skill, 100 patients, erosions of hands and feet.
fn spec(visits: u32, rate: f64, seed: u64) -> ReadersSpec {
    let reader = |name: &str, [sensitivity, false_worse, false_better]: [f64; 3]| ReaderSpec {
        name: name.into(),
        sensitivity,
        false_worse,
        false_better,
        ..ReaderSpec::default()
    };
    let sites = svdh_sites();
    ReadersSpec {
        seed,
        baseline: BaselineSpec {
            concentration: Some(4.0),
            ..BaselineSpec::default()
        },
        artefact: ArtefactSpec {
            rate,
            ..ArtefactSpec::default()
        },
        visits: (0..visits)
            .map(|v| ReadVisitSpec {
                name: format!("M{}", 12 * v),
                months: 12.0 * f64::from(v),
            })
            .collect(),
        arms: vec![ArmSpec {
            healing: 0.04,
            progressing: 0.03,
            concentration: Some(5.0),
            ..ArmSpec::default()
        }],
        readers: vec![
            reader("A", [0.8, 0.008, 0.02]),
            reader("B", [0.7, 0.012, 0.02]),
            reader("C", [0.6, 0.006, 0.03]),
        ],
        sites: sites
            .into_iter()
            .filter(|s| s.feature == "erosion")
            .collect(),
        ..ReadersSpec::default()
    }
}

fn study(spec: &ReadersSpec, options: &LatentOptions) -> anyhow::Result<Vec<(f64, bool)>> {
    let data = spec.generate()?;
    let table = score_table(&data)?;
    let options = LatentOptions {
        seed: spec.seed,
        ..options.clone()
    };
    let report = latent_changes(&table, &options)?;
    let last = spec.visits.len() - 1;
    let numbers: Vec<Option<usize>> = table
        .subjects
        .iter()
        .map(|name| (0..data.truth.subjects.len()).find(|&s| data.truth.subject_name(s) == name))
        .collect();
    let joints = report.joints.iter();
    Ok(joints
        .filter_map(|joint| {
            let subject = numbers.get(joint.subject_number as usize).copied()??;
            let item = table.items.get(joint.item_number as usize)?;
            let side = item.side.map_or(String::new(), |s| format!("{s:?}"));
            let site = data.truth.site(&side, &item.site, &item.feature)?;
            let class = data.truth.class(subject, site, 0, last)?;
            Some((joint.repair, class == TrueClass::Healing))
        })
        .collect())
}

/// The phantom's scores by the way that a file takes.
pub(super) fn score_table(data: &ReaderData) -> anyhow::Result<ScoreTable> {
    let mut csv = Vec::new();
    data.write_scores(&mut csv)?;
    let table = howship_tables::read("simulated".as_ref(), csv, &OpenOptions::default())?;
    Ok(read_scores(&table, &ReadOptions::default())?)
}
