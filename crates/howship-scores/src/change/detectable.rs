use super::reader_table::{ReaderTable, harmonic_mean, reader_error};
use super::series::{ReaderGroup, Series};
use howship_stats::{Interval, MeasurementErrorOptions, ReaderScope};
use serde::Serialize;

/// The level of smallest detectable changes that definitions are judged by.
const LEVEL: f64 = 0.95;

/// The smallest detectable change that the definitions were judged by.
///
/// For these readers (`ReaderScope::Fixed`: a shift of all of a reader's changes is no error) and for the mean of as
/// many of them as read a patient. A reader's repeated readings are averaged first, so that the error is that of such
/// means. It is the number that [`agree`](crate::agree::agree) gives for the same change between readers, with
/// `readers` as many as were averaged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detectable {
    /// `1.96·σ/√k`, σ² the variance of interaction and error of one reader's change (half the variance of the
    /// differences between two readers); none where it cannot be had.
    pub sdc: Option<f64>,
    /// Its 95 % interval, kurtosis-adjusted; none where the number was given.
    pub interval: Option<Interval>,
    /// Where it comes from, or why there is none.
    pub source: String,
    /// Readers (or readings of one reader) whose changes are averaged; the harmonic mean over patients.
    pub averaged: Option<f64>,
    /// Degrees of freedom of σ².
    pub degrees_of_freedom: usize,
}

impl Detectable {
    fn none(source: String) -> Self {
        Self {
            sdc: None,
            interval: None,
            source,
            averaged: None,
            degrees_of_freedom: 0,
        }
    }
}

/// Bruynesteyn, Boers, Kostense, van der Linden, van der Heijde, Ann Rheum Dis 2005;64:179, for k readers; with holes
/// from the REML residual variance, as in [`howship_stats::measurement_error`].
pub(crate) fn detectable(series: &Series, span: (usize, usize), given: Option<f64>) -> Detectable {
    if let Some(sdc) = given {
        return Detectable {
            sdc: Some(sdc),
            ..Detectable::none("given".into())
        };
    }
    let table = |groups: &[ReaderGroup]| {
        let change = |u: usize, g: &ReaderGroup| series.change(u, g, span.0, span.1);
        ReaderTable::new(series, groups, change).0
    };
    let readers = series.groups(false);
    let between: Vec<ReaderTable> = table(&readers).into_iter().collect();
    let within: Vec<ReaderTable> = (readers.iter())
        .filter_map(|reader| table(&readings(reader)))
        .collect();
    let mut reason = None;
    for (tables, source) in [
        (&between, "differences between readers' changes"),
        (
            &within,
            "differences between one reader's readings: errors that this reader repeats are not in it, so it is \
             too small",
        ),
    ] {
        let tables: Vec<&ReaderTable> = tables.iter().collect();
        if tables.is_empty() {
            continue;
        }
        let averaged = harmonic_mean(&tables);
        let found = reader_error(&tables, &MeasurementErrorOptions::default()).and_then(|error| {
            let size = error.smallest_detectable_change(ReaderScope::Fixed, averaged, LEVEL)?;
            Ok((size, error.freedom))
        });
        match found {
            Ok((Some(size), freedom)) => {
                return Detectable {
                    sdc: Some(size.value),
                    interval: Some(size.interval),
                    source: source.into(),
                    averaged: Some(averaged),
                    degrees_of_freedom: freedom.round() as usize,
                };
            }
            Ok((None, _)) => {}
            Err(error) => reason = reason.or(Some(error.to_string())),
        }
    }
    Detectable::none(match reason {
        Some(reason) => format!("no smallest detectable change from this table: {reason}; give one"),
        None => "no two readers and no two readings of one reader share two patients' changes: the smallest \
                 detectable change cannot be had from this table; give one"
            .into(),
    })
}

/// Each of a reader's readings for itself.
pub(crate) fn readings(reader: &ReaderGroup) -> Vec<ReaderGroup> {
    let one = |&column: &usize| ReaderGroup {
        reader: reader.reader,
        columns: vec![column],
    };
    reader.columns.iter().map(one).collect()
}
