//! Whether intervals cover and probabilities come true.

use crate::{Error, normal_quantile};

/// How often intervals held the truth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Coverage {
    /// Share of intervals that hold the truth.
    pub share: f64,
    /// Wilson 95 % interval of that share.
    pub interval: (f64, f64),
    /// Number of intervals.
    pub count: usize,
}

/// Share of `|estimate − truth| ≤ half_width` over (estimate, truth, half width) triples.
///
/// # Errors
/// No triples.
pub fn coverage(triples: &[(f64, f64, f64)]) -> Result<Coverage, Error> {
    if triples.is_empty() {
        return Err(Error::TooFew {
            statistic: "coverage",
            needed: 1,
            found: 0,
        });
    }
    let n = triples.len() as f64;
    let held = triples
        .iter()
        .filter(|(e, t, h)| (e - t).abs() <= *h)
        .count() as f64;
    let (p, z) = (held / n, normal_quantile(0.975)?);
    let middle = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    Ok(Coverage {
        share: p,
        interval: (middle - half, middle + half),
        count: triples.len(),
    })
}

/// One bin of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// Mean predicted probability.
    pub predicted: f64,
    /// Share in which the event happened.
    pub observed: f64,
    /// Number of predictions.
    pub count: usize,
}

/// Reliability diagram over equal-width bins and the expected calibration error.
///
/// # Errors
/// No predictions, no bins.
pub fn reliability(
    predictions: &[(f64, bool)],
    bins: usize,
) -> Result<(Vec<ReliabilityBin>, f64), Error> {
    if predictions.is_empty() || bins == 0 {
        return Err(Error::TooFew {
            statistic: "reliability",
            needed: 1,
            found: 0,
        });
    }
    let mut sums = vec![(0.0, 0.0, 0usize); bins];
    for &(p, happened) in predictions {
        let bin = ((p * bins as f64) as usize).min(bins - 1);
        sums[bin].0 += p;
        sums[bin].1 += f64::from(u8::from(happened));
        sums[bin].2 += 1;
    }
    let diagram: Vec<ReliabilityBin> = sums
        .iter()
        .filter(|(_, _, n)| *n > 0)
        .map(|&(p, o, n)| ReliabilityBin {
            predicted: p / n as f64,
            observed: o / n as f64,
            count: n,
        })
        .collect();
    let error = diagram
        .iter()
        .map(|b| (b.predicted - b.observed).abs() * b.count as f64 / predictions.len() as f64)
        .sum();
    Ok((diagram, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wilson's interval of 8 of 10 is 0.490 to 0.943 (Newcombe, Stat Med 1998, method 3).
    #[test]
    fn wilson_as_published() {
        let triples: Vec<_> = (0..10)
            .map(|i| (0.0, 0.0, if i < 8 { 1.0 } else { -1.0 }))
            .collect();
        let c = coverage(&triples).unwrap();
        assert!((c.interval.0 - 0.4902).abs() < 1e-3 && (c.interval.1 - 0.9433).abs() < 1e-3);
    }

    #[test]
    fn perfect_predictions_have_no_calibration_error() {
        let p = [(0.0, false), (1.0, true), (0.5, true), (0.5, false)];
        assert!(reliability(&p, 10).unwrap().1 < 1e-12);
        assert!((reliability(&[(0.9, false)], 10).unwrap().1 - 0.9).abs() < 1e-12);
    }
}
