//! Probabilities of joints and patients, and what calling them costs.

use super::collapse::Collapsed;
use super::posterior::Fit;
use super::report::{Called, JointProbability, PatientProbability};
use crate::change::series::Series;
use crate::{NONE, ScoreTable};
use howship_stats::{Interval, expected_false_discovery};

pub(crate) fn joints(
    table: &ScoreTable,
    series: &Series,
    data: &Collapsed,
    fits: &[Fit<'_>],
) -> Vec<JointProbability> {
    let (first, last) = (data.visits[0], data.visits[data.visits.len() - 1]);
    let bundles: Vec<Vec<(f64, f64)>> = fits
        .iter()
        .map(|f| (0..data.bundles.len()).map(|b| f.bundle(b)).collect())
        .collect();
    let titles: Vec<String> = table.items.iter().map(crate::Item::title).collect();
    let of_unit = |(i, unit): (usize, &crate::change::series::Unit)| {
        let bundle = *data.bundle_of.get(i)?;
        if bundle == NONE {
            return None;
        }
        let item = unit.item?;
        let changes: Vec<f64> = (0..series.columns.len())
            .map(|c| series.value(i, c, last) - series.value(i, c, first))
            .collect();
        let (repair, progression) = bundles[0][bundle as usize];
        let range = bundles.get(1).zip(bundles.get(2)).map(|(none, many)| {
            let (a, b) = (none[bundle as usize].0, many[bundle as usize].0);
            Interval::new(a.min(b).min(repair), a.max(b).max(repair))
        });
        Some(JointProbability {
            subject: table.subjects.name(unit.subject).to_owned(),
            item: titles.get(item as usize)?.clone(),
            subject_number: unit.subject,
            item_number: item,
            readings: data.patterns[data.bundles[bundle as usize].pattern as usize]
                .readings
                .len(),
            better: changes.iter().filter(|c| **c < 0.0).count(),
            worse: changes.iter().filter(|c| **c > 0.0).count(),
            repair,
            no_change: (1.0 - repair - progression).max(0.0),
            progression,
            repair_range: range,
        })
    };
    series
        .units
        .iter()
        .enumerate()
        .filter_map(of_unit)
        .collect()
}

pub(crate) fn patients(
    table: &ScoreTable,
    data: &Collapsed,
    fit: &Fit<'_>,
) -> Vec<PatientProbability> {
    let mut joints = vec![0usize; data.patients.len()];
    for bundle in &data.bundles {
        joints[bundle.patient as usize] += bundle.count as usize;
    }
    (data.patients.iter().enumerate())
        .map(|(i, &(subject, _))| {
            let value = |k: usize| fit.mean(|c| c.patients[i][k]);
            PatientProbability {
                subject: table.subjects.name(subject).to_owned(),
                joints: joints[i],
                repair: value(0),
                progression: value(1),
                expected_repaired: value(2),
                expected_progressed: value(3),
            }
        })
        .collect()
}

pub(crate) fn called(threshold: f64, probabilities: &[f64]) -> Called {
    let certain: Vec<f64> = probabilities
        .iter()
        .copied()
        .filter(|&p| p >= threshold)
        .collect();
    Called {
        threshold,
        called: certain.len(),
        false_discovery: expected_false_discovery(&certain),
    }
}
