//! Whether a reader reads otherwise later than earlier.

use crate::{Error, ScoreTable, Totals};
use howship_stats::{Estimate, line_of_points};
use serde::Serialize;
use std::collections::BTreeMap;

/// What a slope is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DriftOver {
    /// A hundred readings, by the column `read_order`.
    HundredReadings,
    /// A year, by the column `read_date`.
    Year,
}

impl DriftOver {
    /// Name of the number in tidy tables.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::HundredReadings => "drift-per-100-readings",
            Self::Year => "drift-per-year",
        }
    }
}

/// How a reader's sums move against those of the other readers while reading goes on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReaderDrift {
    /// Feature, or `total`.
    pub feature: String,
    /// Reader.
    pub reader: String,
    /// What the slope is over.
    pub over: DriftOver,
    /// Points by which the reader's sums rise against the mean of the others, with a heteroscedasticity-consistent
    /// interval.
    pub slope: Estimate,
    /// Two-sided probability of such a slope where there is none.
    pub p: f64,
    /// Sums compared.
    pub sums: usize,
}

/// Fewer sums than this tell no slope.
const FEWEST: usize = 10;

const DAYS_A_YEAR: f64 = 365.25;

/// Least squares of a reader's sums less the mean of the other readers', on when the reader read them. A drift of all
/// readers alike cannot be seen.
pub(super) fn of_readers(
    table: &ScoreTable,
    totals: &Totals,
    features: &[String],
    confidence: f64,
) -> Result<Vec<ReaderDrift>, Error> {
    if table.read_at.is_empty() {
        return Ok(Vec::new());
    }
    let (over, unit) = match table.read_on_dates {
        true => (DriftOver::Year, DAYS_A_YEAR),
        false => (DriftOver::HundredReadings, 100.0),
    };
    let times = times(table);
    let mut found = Vec::new();
    for feature in features {
        let Some(position) = totals.position(feature) else {
            continue;
        };
        for reader in 0..table.readers.len() as u32 {
            let points = points(totals, position, reader, &times, unit);
            let varied = points.windows(2).any(|p| p[0].0 != p[1].0);
            if points.len() < FEWEST || !varied {
                continue;
            }
            let line = line_of_points(&points, confidence)?;
            found.push(ReaderDrift {
                feature: feature.clone(),
                reader: table.readers.name(reader).to_owned(),
                over,
                slope: line.slope,
                p: line.p,
                sums: points.len(),
            });
        }
    }
    Ok(found)
}

/// Subject, visit, campaign, reader, reading.
type Key = (u32, u32, u32, u32, u32);

/// When each reading of a film was made: the mean over its scores.
fn times(table: &ScoreTable) -> BTreeMap<Key, f64> {
    let mut sums: BTreeMap<Key, (f64, f64)> = BTreeMap::new();
    for row in &table.rows {
        if let Ok(at) = table
            .read_at
            .binary_search_by_key(&row.line, |(line, _)| *line)
        {
            let key = (
                row.subject,
                row.visit,
                row.campaign,
                row.reader,
                row.reading,
            );
            let sum = sums.entry(key).or_default();
            sum.0 += table.read_at[at].1;
            sum.1 += 1.0;
        }
    }
    sums.into_iter()
        .map(|(key, (sum, n))| (key, sum / n))
        .collect()
}

fn points(
    totals: &Totals,
    position: usize,
    reader: u32,
    times: &BTreeMap<Key, f64>,
    unit: f64,
) -> Vec<(f64, f64)> {
    let value = |r: &crate::TotalRow| r.values.get(position).and_then(|v| v.value);
    let films = totals
        .rows
        .chunk_by(|a, b| (a.subject, a.visit) == (b.subject, b.visit));
    let mut points = Vec::new();
    for film in films {
        let others = film.iter().filter(|r| r.reader != reader).filter_map(value);
        let (sum, n) = others.fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
        for row in film.iter().filter(|r| r.reader == reader && n > 0.0) {
            let key = (
                row.subject,
                row.visit,
                row.campaign,
                row.reader,
                row.reading,
            );
            if let (Some(own), Some(at)) = (value(row), times.get(&key)) {
                points.push((at / unit, own - sum / n));
            }
        }
    }
    points
}
