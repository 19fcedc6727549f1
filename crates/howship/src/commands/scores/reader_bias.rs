//! How far each reader's sums lie from the mean of the readers.

use howship_report::scores::{Estimate, ReaderBias};
use howship_scores::{ScoreTable, Totals};
use howship_stats::student_t_quantile;

/// Each reader's mean difference from the mean of the readers, per visit, over patients whom all readers of the
/// table scored at that visit; intervals by Student's t over patients.
pub(crate) fn biases(
    table: &ScoreTable,
    totals: &Totals,
    feature: &str,
    confidence: f64,
) -> Vec<ReaderBias> {
    let (Some(place), readers) = (totals.position(feature), table.readers.len()) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (v, visit) in table.visits.iter().enumerate() {
        let differences = differences(table, totals, place, v);
        for (r, reader) in table.readers.iter().enumerate() {
            let of_reader: Vec<f64> = differences.iter().map(|row| row[r]).collect();
            if readers > 1 && !of_reader.is_empty() {
                found.push(ReaderBias {
                    group: format!("{} {feature}", visit.name),
                    reader: reader.to_owned(),
                    difference: mean(&of_reader, confidence),
                });
            }
        }
    }
    found
}

/// A row per patient with a sum by every reader: each reader's mean over readings, less the mean of the readers.
fn differences(table: &ScoreTable, totals: &Totals, place: usize, visit: usize) -> Vec<Vec<f64>> {
    let readers = table.readers.len();
    let mut rows = Vec::new();
    for subject in totals.rows.chunk_by(|a, b| a.subject == b.subject) {
        let mut sums = vec![(0.0, 0_u32); readers];
        for row in subject.iter().filter(|row| row.visit as usize == visit) {
            let value = row.values.get(place).and_then(|t| t.value);
            if let (Some(sum), Some(value)) = (sums.get_mut(row.reader as usize), value) {
                *sum = (sum.0 + value, sum.1 + 1);
            }
        }
        if sums.iter().all(|(_, n)| *n > 0) {
            let means: Vec<f64> = sums.iter().map(|(sum, n)| sum / f64::from(*n)).collect();
            let middle = means.iter().sum::<f64>() / readers as f64;
            rows.push(means.iter().map(|m| m - middle).collect());
        }
    }
    rows
}

fn mean(values: &[f64], confidence: f64) -> Estimate {
    let n = values.len() as f64;
    let value = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|x| (x - value).powi(2)).sum();
    let error = (squares / (n - 1.0) / n).sqrt();
    let t = student_t_quantile(0.5 + 0.5 * confidence, n - 1.0).ok();
    Estimate {
        value,
        interval: t
            .filter(|_| values.len() > 1)
            .map(|t| [value - t * error, value + t * error]),
    }
}
