//! Agreement of readers: of status at each visit and, above all, of change between visits.
//!
//! Patient level (sums of a feature or the total): intraclass correlations, error of measurement, smallest detectable
//! difference and change, generalisability, limits of agreement. Joint level: kappas and specific agreement of
//! grades and of the sign of change. All intervals that rest on joints resample patients, since joints of one patient
//! are not independent. A reader's repeated readings are averaged where readers are compared, and compared with each
//! other where the reader is asked to agree with himself.
//!
//! Of the intervals of ICC, G, Φ and detectable sizes the kurtosis-adjusted comes first, in every output: it holds the
//! truth in normal scores and in sums of grades alike (example `agreement_intervals`). With fewer than
//! [`FEW_TARGETS`](howship_stats::FEW_TARGETS) patients those of ICC, G and Φ are one-sided lower bounds, and notes say
//! so. By name beside it: the intervals of normal scores (F, chi-square, generalized) and of the patient bootstrap
//! (percentile, BCa), which hold less often there.
//!
//! The smallest detectable change of [`PatientAgreement::averaged`] readers is the number that
//! [`changes`](crate::change::changes) and [`trial`](crate::trial::trial) judge patients by: both come from one
//! function and the same scores.

mod drift;
mod joint;
mod layout;
mod options;
mod patient;
mod report;
mod tidy;
mod visits;

pub use drift::{DriftOver, ReaderDrift};
pub use options::{AgreeOptions, CustomWeights};
pub use report::{
    AgreeReport, BootstrapInterval, DetectableSize, JointAgreement, KappaResult, MultiRater,
    OutlyingReading, PairLimits, PatientAgreement, Quantity, Raters, SignAgreement,
    VisitsConcordance,
};

use crate::change::apart::nobody_in_common;
use crate::change::series::Series;
use crate::change::{Matches, sequence_note};
use crate::read::visits_in_two_spellings;
use crate::{Error, Reason, ScoreTable, Totals};
use howship_stats::{AgreementBootstrap, BootstrapDraws, BootstrapOptions};

/// Agreement of status and change, on patients and on joints.
///
/// # Errors
/// Nobody and nothing is read twice (one reader, one reading): agreement is not identified. Features that the table
/// does not have. What only part of the design cannot tell is in the report's notes.
pub fn agree(
    table: &ScoreTable,
    totals: &Totals,
    options: &AgreeOptions,
) -> Result<AgreeReport, Error> {
    let features = options.chosen(totals)?;
    for position in features.iter().filter_map(|f| totals.position(f)) {
        let series = Series::patients(table, totals, position)?;
        if series.units.is_empty() {
            continue;
        }
        if let Some(reason) = nobody_in_common(table, &series) {
            return Err(Error::NotIdentified {
                question: "agreement",
                reason,
            });
        }
        break;
    }
    let mut notes = sequence_note(table.sequence_known).into_iter().collect();
    let patients = layout::patients(table, totals, &features, &mut notes)?;
    if patients.is_empty() {
        return Err(Error::NotIdentified {
            question: "agreement",
            reason: no_repeats(table, &notes),
        });
    }
    let joints = if options.joints {
        layout::joints(table, &features, &mut notes)?
    } else {
        Vec::new()
    };
    let mut bootstrap = AgreementBootstrap::new(table.subjects.len());
    let patient_parts = patient::parts(&patients, &mut bootstrap)?;
    let joint_parts = joint::parts(&joints, options, &mut bootstrap, &mut notes)?;
    let draws = run(&bootstrap, options, &mut notes);
    notes.extend(other_sites(table, totals));
    let over_visits = visits::concordance(table, totals, &features, options)?;
    let drift = drift::of_readers(table, totals, &features, options.confidence)?;
    Ok(AgreeReport {
        scheme: table.scheme.clone(),
        confidence: options.confidence,
        draws: options.draws,
        seed: options.seed,
        over_visits,
        drift,
        patients: patient::analyse(
            table,
            &patients,
            &patient_parts,
            draws.as_ref(),
            options,
            &mut notes,
        ),
        joints: joint::analyse(&joints, &joint_parts, draws.as_ref(), options, &mut notes),
        notes: distinct(notes),
    })
}

/// Sums that are completed from other sites at one visit than at the other disagree by that alone.
fn other_sites(table: &ScoreTable, totals: &Totals) -> Option<String> {
    let last = table.visits.len().checked_sub(1).filter(|&last| last > 0)?;
    let total = totals.features.len().checked_sub(1)?;
    let differing = Matches::of(table, totals, (0, last)).differing(total);
    (differing > 0).then(|| {
        format!(
            "sums of {differing} of {} subjects are of other sites at {} than at {}, each completed from its own: what \
             readers disagree by for that counts as their error",
            table.subjects.len(),
            table.visits[last].name,
            table.visits[0].name
        )
    })
}

fn run(
    bootstrap: &AgreementBootstrap,
    options: &AgreeOptions,
    notes: &mut Vec<String>,
) -> Option<BootstrapDraws> {
    let settings = BootstrapOptions {
        draws: options.draws,
        seed: options.seed,
    };
    match bootstrap.run(&settings) {
        Ok(draws) => Some(draws),
        Err(error) => {
            notes.push(format!("no bootstrap intervals: {error}"));
            None
        }
    }
}

/// Why nothing can be compared, and what to bring.
fn no_repeats(table: &ScoreTable, notes: &[String]) -> Reason {
    let what = format!(
        "no two readers, and no two readings of one reader, share two subjects ({} readers, {} subjects)",
        table.readers.len(),
        table.subjects.len()
    );
    // What one reader's visits are called by another: the same films.
    if let Some(spelt) = visits_in_two_spellings(table) {
        return (what, spelt).into();
    }
    let mut advice = "let a second reader, or the same reader again (column `reading`), read at least a sample of the \
                      films"
        .to_owned();
    for note in notes.iter().take(3) {
        advice.push_str("; ");
        advice.push_str(note);
    }
    (what, advice).into()
}

fn distinct(notes: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for note in notes {
        if !kept.contains(&note) {
            kept.push(note);
        }
    }
    kept
}
