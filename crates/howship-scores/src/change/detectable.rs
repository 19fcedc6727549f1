use super::series::{ReaderGroup, Series};
use serde::Serialize;

/// The smallest detectable change that the definitions were judged by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Detectable {
    /// `1.96·σ/√k`, σ² = half the variance of the difference of two readers' changes; none where it cannot be had.
    pub sdc: Option<f64>,
    /// Where it comes from, or why there is none.
    pub source: String,
    /// Readers (or readings of one reader) whose changes are averaged; the harmonic mean over patients.
    pub averaged: Option<f64>,
    /// Degrees of freedom of σ².
    pub degrees_of_freedom: usize,
}

/// SD of one reader's error of change: half the variance of differences between readers, pooled over pairs.
fn error_of_change(
    series: &Series,
    groups: &[ReaderGroup],
    (from, to): (usize, usize),
) -> Option<(f64, usize)> {
    let (mut squares, mut freedom) = (0.0, 0usize);
    for (i, a) in groups.iter().enumerate() {
        for b in &groups[i + 1..] {
            let differences: Vec<f64> = (0..series.units.len())
                .filter_map(|u| {
                    Some(series.change(u, a, from, to)? - series.change(u, b, from, to)?)
                })
                .collect();
            if differences.len() < 2 {
                continue;
            }
            let mean = differences.iter().sum::<f64>() / differences.len() as f64;
            squares += differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>();
            freedom += differences.len() - 1;
        }
    }
    (freedom > 0).then(|| ((squares / (2.0 * freedom as f64)).sqrt(), freedom))
}

/// Bruynesteyn, Boers, Kostense, van der Linden, van der Heijde, Ann Rheum Dis 2005;64:179, for k readers.
pub(crate) fn detectable(series: &Series, span: (usize, usize), given: Option<f64>) -> Detectable {
    if let Some(sdc) = given {
        return Detectable {
            sdc: Some(sdc),
            source: "given".into(),
            averaged: None,
            degrees_of_freedom: 0,
        };
    }
    let by_reader = series.groups(false);
    let by_reading = series.groups(true);
    let tries = [
        (&by_reader, "differences between readers' changes"),
        (
            &by_reading,
            "differences between one reader's readings: errors that this reader repeats are not in it, so it is \
             too small",
        ),
    ];
    for (groups, source) in tries {
        let Some((error, freedom)) = error_of_change(series, groups, span) else {
            continue;
        };
        let (mut inverse, mut patients) = (0.0, 0.0);
        for unit in 0..series.units.len() {
            let k = groups
                .iter()
                .filter(|g| series.change(unit, g, span.0, span.1).is_some())
                .count();
            if k > 0 {
                inverse += 1.0 / k as f64;
                patients += 1.0;
            }
        }
        let averaged = patients / inverse;
        return Detectable {
            sdc: Some(1.96 * error / averaged.sqrt()),
            source: source.into(),
            averaged: Some(averaged),
            degrees_of_freedom: freedom,
        };
    }
    Detectable {
        sdc: None,
        source: "no patient has two readings of the change: the smallest detectable change cannot be had from \
                 this table; give one"
            .into(),
        averaged: None,
        degrees_of_freedom: 0,
    }
}
