use super::series::{ReaderGroup, Series};
use howship_stats::{
    Error, MeasurementError, MeasurementErrorOptions, Ratings, measurement_error,
    pooled_measurement_error,
};

/// One quantity of all units (patients' sums or joints) by the readers, or readings, that are compared.
///
/// Whatever asks for readers' errors asks this table, so that all answers are about the same scores: units that at
/// least one of them scored, readers who scored at least two patients, holes left as holes.
#[derive(Debug, Clone)]
pub(crate) struct ReaderTable {
    pub(crate) ratings: Ratings,
    /// Subject of each row.
    pub(crate) subjects: Vec<usize>,
    /// Which of the groups are columns.
    pub(crate) kept: Vec<usize>,
    /// Unit of each row, in the series.
    pub(crate) units: Vec<usize>,
}

impl ReaderTable {
    /// None where fewer than two readers have two patients; the readers with one are named either way.
    pub(crate) fn new(
        series: &Series,
        groups: &[ReaderGroup],
        value: impl Fn(usize, &ReaderGroup) -> Option<f64>,
    ) -> (Option<Self>, Vec<usize>) {
        let units = 0..series.units.len();
        let all: Vec<Vec<f64>> = (groups.iter())
            .map(|g| {
                let scores = units.clone().map(|u| value(u, g).unwrap_or(f64::NAN));
                scores.collect()
            })
            .collect();
        let (mut kept, mut alone) = (Vec::new(), Vec::new());
        for (at, values) in all.iter().enumerate() {
            match subjects_of(series, values) {
                0 => {}
                1 => alone.push(at),
                _ => kept.push(at),
            }
        }
        if kept.len() < 2 {
            return (None, alone);
        }
        let (mut values, mut subjects, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for unit in units {
            if kept.iter().any(|&at| !all[at][unit].is_nan()) {
                values.extend(kept.iter().map(|&at| all[at][unit]));
                subjects.push(series.units[unit].subject as usize);
                rows.push(unit);
            }
        }
        let table = Ratings::new(subjects.len(), kept.len(), values).ok();
        let table = table.map(|ratings| Self {
            ratings,
            subjects,
            kept,
            units: rows,
        });
        (table, alone)
    }

    /// Readers who scored a unit: the harmonic mean over units, since an error's variance goes with the inverse.
    pub(crate) fn averaged(&self) -> f64 {
        harmonic_mean(&[self])
    }
}

/// Readers (readings) who scored a unit, over the units of several tables.
pub(crate) fn harmonic_mean(tables: &[&ReaderTable]) -> f64 {
    let (mut inverse, mut rows) = (0.0, 0.0);
    for table in tables {
        let readers = table.ratings.raters();
        for row in table.ratings.values().chunks_exact(readers) {
            inverse += 1.0 / row.iter().filter(|v| !v.is_nan()).count() as f64;
            rows += 1.0;
        }
    }
    // A table that all readers filled gives their number, not what rounding leaves of it.
    let mean = rows / inverse;
    if (mean - mean.round()).abs() < 1e-9 {
        mean.round()
    } else {
        mean
    }
}

/// How many subjects have a value; units of a subject lie side by side.
fn subjects_of(series: &Series, values: &[f64]) -> usize {
    let mut subjects: Vec<u32> = (series.units.iter().zip(values))
        .filter(|(_, v)| !v.is_nan())
        .map(|(u, _)| u.subject)
        .collect();
    subjects.dedup();
    subjects.len()
}

/// One reader's error (variance of interaction and residual), from tables of readers, or of readings of each reader.
/// The one place where scores become an error of measurement.
///
/// # Errors
/// Nothing to compare, or no error to see; the statistic's own words.
pub(crate) fn reader_error(
    tables: &[&ReaderTable],
    options: &MeasurementErrorOptions,
) -> Result<MeasurementError, Error> {
    if let [table] = tables {
        return measurement_error(&table.ratings, options);
    }
    let pooled: Vec<(&Ratings, &[usize])> = (tables.iter())
        .map(|t| (&t.ratings, t.subjects.as_slice()))
        .collect();
    pooled_measurement_error(&pooled, options)
}
