//! Which interval of a sum's statistic is shown first.

use crate::args_scores::ShownInterval;
use howship_scores::agree::{BootstrapInterval, DetectableSize, PatientAgreement};
use howship_stats::{Ends, IccForm, Interval, ReaderScope};

fn resampled<'a>(of: &'a PatientAgreement, statistic: &str) -> Option<&'a BootstrapInterval> {
    of.bootstrap.iter().find(|b| b.statistic == statistic)
}

fn best(found: &BootstrapInterval) -> Option<Interval> {
    found.bca.or(found.percentile)
}

/// The interval of an intraclass correlation, and which of its ends are known.
pub(super) fn of_icc(
    of: &PatientAgreement,
    form: IccForm,
    kind: ShownInterval,
) -> Option<(Interval, Ends)> {
    let table = of.icc.as_ref()?;
    let icc = table.get(form)?;
    match kind {
        ShownInterval::Adjusted => Some((icc.interval?, table.ends)),
        ShownInterval::Normal => Some((icc.normal?, Ends::Both)),
        ShownInterval::Bootstrap => {
            let single = match form {
                IccForm::OneWay | IccForm::OneWayMean => IccForm::OneWay,
                IccForm::Agreement | IccForm::AgreementMean => IccForm::Agreement,
                IccForm::Consistency | IccForm::ConsistencyMean => IccForm::Consistency,
            };
            let found = best(resampled(of, single.name())?)?;
            if single == form {
                return Some((found, Ends::Both));
            }
            // The mean of k readers, by Spearman and Brown.
            let k = table.mean_of;
            let mean = |r: f64| k * r / (1.0 + (k - 1.0) * r);
            Some((
                Interval::new(mean(found.lower), mean(found.upper)),
                Ends::Both,
            ))
        }
    }
}

/// The interval of a detectable size.
pub(super) fn of_size(
    of: &PatientAgreement,
    size: &DetectableSize,
    kind: ShownInterval,
) -> Option<Interval> {
    match kind {
        ShownInterval::Adjusted => Some(size.size.interval),
        ShownInterval::Normal => Some(size.normal),
        ShownInterval::Bootstrap => {
            let statistic = match size.scope {
                ReaderScope::Fixed => "sem-fixed",
                ReaderScope::Any => "sem-any",
            };
            let found = resampled(of, statistic)?;
            let interval = best(found)?;
            // A detectable size is a multiple of the error of measurement.
            let factor = size.size.value / found.value;
            factor
                .is_finite()
                .then(|| Interval::new(factor * interval.lower, factor * interval.upper))
        }
    }
}
