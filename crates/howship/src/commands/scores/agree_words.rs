//! What was compared, by whom, and the detectable size, in words.

use super::numbers::{estimated, p_value};
use howship_scores::agree::{
    DetectableSize, DriftOver, PatientAgreement, Quantity, Raters, ReaderDrift,
};
use howship_stats::ReaderScope;

pub(super) fn quantity(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Status { visit } => format!("status {visit}"),
        Quantity::Change { from, to } => format!("change {from} to {to}"),
    }
}

pub(super) fn raters(raters: &Raters) -> String {
    match raters {
        Raters::Between { readers } => format!("between {}", readers.join(", ")),
        Raters::Within { reader, .. } => format!("within {reader}"),
        Raters::Pooled { readers } => format!("within, pooled over {}", readers.join(", ")),
    }
}

/// The detectable size of the mean of as many raters as read a patient (of the most asked for where that was not), at
/// the highest level asked for.
pub(super) fn detectable(of: &PatientAgreement, scope: ReaderScope) -> Option<&DetectableSize> {
    let as_read = |d: &DetectableSize| d.readers == of.averaged;
    let here = of.detectable.iter().filter(|d| d.scope == scope);
    here.max_by(|a, b| {
        let readers = a.readers.total_cmp(&b.readers);
        as_read(a)
            .cmp(&as_read(b))
            .then(readers)
            .then(a.level.total_cmp(&b.level))
    })
}

pub(super) fn drift_words(drift: &ReaderDrift) -> String {
    let over = match drift.over {
        DriftOver::HundredReadings => "100 readings",
        DriftOver::Year => "year",
    };
    let slope = drift.slope;
    format!(
        "{} of reader {}: {} points per {over} against the other readers (p {}, {} sums)",
        drift.feature,
        drift.reader,
        estimated(
            slope.value,
            Some((slope.interval.lower, slope.interval.upper))
        ),
        p_value(drift.p),
        drift.sums
    )
}
