//! Estimator 5: a patient's true change given the observed one.

use super::evidence::{Changes, Evidence, unanswered};
use crate::ScoreTable;
use howship_stats::normal_cdf;
use serde::Serialize;

/// Patients' changes drawn towards the mean by what readers disagree.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Shrinkage {
    /// Mean change.
    pub mean: f64,
    /// Variance of true changes; 0 where readers' disagreement explains all spread.
    pub true_variance: f64,
    /// Variance of one reader's error.
    pub noise_variance: f64,
    /// Patients.
    pub patients: Vec<ShrunkChange>,
    /// P(T < 0) of a patient whose mean change is −SDC, read by as many as most patients: not automatically 0.975.
    pub at_minus_sdc: Option<f64>,
}

/// One patient's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ShrunkChange {
    /// Subject.
    pub subject: String,
    /// Readers.
    pub readers: usize,
    /// Observed mean change.
    pub observed: f64,
    /// Reliability of that mean.
    pub reliability: f64,
    /// E(T | observed).
    pub expected: f64,
    /// P(T < 0 | observed).
    pub repair: f64,
}

/// With two, the spread of changes has one degree of freedom.
const LEAST_PATIENTS: usize = 3;

const ASSUMPTIONS: [&str; 3] = [
    "true changes and errors are normal, errors alike in all patients; in trials most patients do not change at all, so \
     that probabilities are too high: of simulated patients said to have repaired with 0.88 only 38 % had, with 0.99 \
     86 %; read P(repair) of the model instead",
    "errors of readers are independent",
    "a patient is judged as one of these patients: the same change means less where repair is rare",
];

pub(crate) fn shrinkage(table: &ScoreTable, changes: &Changes) -> Evidence<Shrinkage> {
    let found = shrink(table, changes);
    let known = changes.means().into_iter().flatten().count();
    let missing = match changes.error_variance() {
        Some(_) if known >= LEAST_PATIENTS => {
            "readers' disagreement explains all of the spread of changes: no patient's true change differs from the \
             mean as far as this table tells"
        }
        _ => unanswered(&[changes]),
    };
    Evidence::new(found, missing, &ASSUMPTIONS)
}

fn shrink(table: &ScoreTable, changes: &Changes) -> Option<Shrinkage> {
    let noise = changes.error_variance()?;
    let means = changes.means();
    let known: Vec<(f64, usize)> = means.iter().flatten().copied().collect();
    let n = known.len() as f64;
    if known.len() < LEAST_PATIENTS {
        return None;
    }
    let mean = known.iter().map(|m| m.0).sum::<f64>() / n;
    let spread = known.iter().map(|m| (m.0 - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let per_reader = known.iter().map(|m| 1.0 / m.1 as f64).sum::<f64>() / n;
    let truth = spread - noise * per_reader;
    if !(truth > 0.0) {
        return None;
    }
    let of = |observed: f64, readers: f64| {
        let reliability = truth / (truth + noise / readers);
        let expected = mean + reliability * (observed - mean);
        let sd = (truth * (1.0 - reliability)).sqrt();
        let repair = match sd > 0.0 {
            true => normal_cdf(-expected / sd),
            false => f64::from(u8::from(expected < 0.0)),
        };
        (reliability, expected, repair)
    };
    let patients = changes.patients.iter().filter_map(|(subject, range)| {
        let (observed, readers) = *means.get(range.start)?.as_ref()?;
        let (reliability, expected, repair) = of(observed, readers as f64);
        Some(ShrunkChange {
            subject: table.subjects.name(*subject).to_owned(),
            readers,
            observed,
            reliability,
            expected,
            repair,
        })
    });
    let readers = (1.0 / per_reader).round();
    let sdc = 1.96 * (noise / readers).sqrt();
    Some(Shrinkage {
        mean,
        true_variance: truth,
        noise_variance: noise,
        patients: patients.collect(),
        at_minus_sdc: (noise > 0.0).then(|| of(-sdc, readers).2),
    })
}
