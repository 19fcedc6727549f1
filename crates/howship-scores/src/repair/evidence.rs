use crate::change::series::{ReaderGroup, Series};
use crate::{Error, ScoreTable};
use howship_stats::Interval;
use serde::Serialize;

/// A number with its interval; no interval where the bootstrap leaves it undefined.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Estimated {
    /// The number.
    pub value: f64,
    /// Percentile interval of the bootstrap over patients.
    pub interval: Option<Interval>,
}

/// An estimator's answer with what it rests on; no answer where the design cannot give one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evidence<T> {
    /// The answer.
    pub found: Option<T>,
    /// Why there is none.
    pub not_identified: Option<String>,
    /// What the answer rests on.
    pub assumptions: Vec<String>,
}

impl<T> Evidence<T> {
    pub(crate) fn new(found: Option<T>, missing: &str, assumptions: &[&str]) -> Self {
        Self {
            not_identified: found.is_none().then(|| missing.to_owned()),
            found,
            assumptions: assumptions.iter().map(|&a| a.to_owned()).collect(),
        }
    }
}

/// Whose changes are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Totals of patients.
    Patient,
    /// Single items of joints.
    Joint,
}

/// Two readings of the same changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pairing {
    /// Two readers, each the mean of his readings.
    Readers,
    /// Two readings by one reader: errors that he repeats count as true.
    Replicates,
}

/// Changes of units (patients or joints) by reading, with each unit's patient.
pub(crate) struct Changes {
    pub(crate) level: Level,
    pub(crate) pairing: Pairing,
    /// Names of the readings.
    pub(crate) names: Vec<String>,
    /// Range of units of each patient.
    pub(crate) patients: Vec<(u32, std::ops::Range<usize>)>,
    /// By unit, then reading; NaN for none.
    pub(crate) values: Vec<Vec<f64>>,
    /// Columns that may be paired.
    pub(crate) pairs: Vec<(usize, usize)>,
}

impl Changes {
    pub(crate) fn new(
        table: &ScoreTable,
        series: &Series,
        level: Level,
        pairing: Pairing,
        change: impl Fn(usize, &ReaderGroup) -> Option<f64>,
    ) -> Self {
        let apart = pairing == Pairing::Replicates;
        let groups: Vec<ReaderGroup> = series.groups(apart);
        let names = groups.iter().map(|g| {
            let reader = table.readers.name(g.reader);
            match (
                apart,
                g.columns.first().and_then(|&c| series.columns.get(c)),
            ) {
                (true, Some(column)) => format!("{reader} reading {}", column.reading),
                _ => reader.to_owned(),
            }
        });
        let mut pairs = Vec::new();
        for (i, a) in groups.iter().enumerate() {
            for (j, b) in groups.iter().enumerate().skip(i + 1) {
                if (a.reader == b.reader) == apart {
                    pairs.push((i, j));
                }
            }
        }
        let changes = |unit: usize| {
            let of = |g: &ReaderGroup| change(unit, g).unwrap_or(f64::NAN);
            groups.iter().map(of).collect()
        };
        Self {
            level,
            pairing,
            names: names.collect(),
            patients: series.subjects(),
            values: (0..series.units.len()).map(changes).collect(),
            pairs,
        }
    }

    /// Mean over readings of each unit, and how many there are; none where there are none.
    pub(crate) fn means(&self) -> Vec<Option<(f64, usize)>> {
        let mean = |row: &Vec<f64>| {
            let known: Vec<f64> = row.iter().copied().filter(|v| v.is_finite()).collect();
            let n = known.len();
            (n > 0).then(|| (known.iter().sum::<f64>() / n as f64, n))
        };
        self.values.iter().map(mean).collect()
    }

    /// Changes of some units by both readings of a pair, where both have one.
    pub(crate) fn both(
        &self,
        units: std::ops::Range<usize>,
        (a, b): (usize, usize),
    ) -> impl Iterator<Item = (f64, f64)> {
        let rows = self.values[units].iter().map(move |row| (row[a], row[b]));
        rows.filter(|(x, y)| x.is_finite() && y.is_finite())
    }

    /// Differences of a pair's changes, and their mean.
    pub(crate) fn differences(&self, pair: (usize, usize)) -> (Vec<f64>, f64) {
        let both = self.both(0..self.values.len(), pair);
        let d: Vec<f64> = both.map(|(x, y)| x - y).collect();
        let mean = d.iter().sum::<f64>() / d.len().max(1) as f64;
        (d, mean)
    }

    /// σ² of one reading's error: half the variance of differences, pooled over pairs.
    pub(crate) fn error_variance(&self) -> Option<f64> {
        let (mut squares, mut freedom) = (0.0, 0.0);
        for &pair in &self.pairs {
            let (d, mean) = self.differences(pair);
            if d.len() > 1 {
                squares += d.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
                freedom += d.len() as f64 - 1.0;
            }
        }
        (freedom > 0.0).then(|| squares / (2.0 * freedom))
    }
}

/// Why the changes leave an estimator without an answer.
pub(crate) fn unanswered(changes: &[&Changes]) -> &'static str {
    let paired = |c: &Changes| {
        let of_patient = |units: &std::ops::Range<usize>| {
            (c.pairs.iter()).any(|&pair| c.both(units.clone(), pair).next().is_some())
        };
        (c.patients.iter())
            .filter(|(_, units)| of_patient(units))
            .count()
    };
    match changes.iter().map(|c| paired(c)).max().unwrap_or(0) {
        0 => {
            "no change was read twice by readings that can be paired: with one reading per joint, noise and repair \
             cannot be told apart"
        }
        1 | 2 => {
            "changes of fewer than three patients were read twice: that is too few for an estimate over patients"
        }
        _ => {
            "changes were read twice, but too few of them differ from none, or readings from each other"
        }
    }
}

/// Fails on numbers that no estimator can use.
pub(crate) fn check_draws(draws: usize, confidence: f64) -> Result<(), Error> {
    let (name, value, allowed) = if draws < 100 {
        ("draws", draws as f64, ">= 100")
    } else if !(confidence > 0.0 && confidence < 1.0) {
        ("confidence", confidence, "0 < confidence < 1")
    } else {
        return Ok(());
    };
    Err(Error::Statistic(howship_stats::Error::Domain {
        name,
        value,
        allowed,
    }))
}
