//! Estimator 1: what two readers' changes share is true change.

use super::RepairOptions;
use super::evidence::{Changes, Estimated, Evidence, Level, Pairing, unanswered};
use howship_stats::{BootstrapOptions, ClusterSums, cluster_bootstrap};
use serde::Serialize;

/// Covariance of two readings' changes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SharedChange {
    /// Patients or joints.
    pub level: Level,
    /// Two readers or two readings of one.
    pub pairing: Pairing,
    /// First reading.
    pub a: String,
    /// Second reading.
    pub b: String,
    /// Units with both.
    pub units: usize,
    /// Cov(Δ_A, Δ_B): the variance of true change.
    pub true_variance: Estimated,
    /// ½·Var(Δ_A − Δ_B): the variance of one reading's error.
    pub noise_variance: Estimated,
    /// Share of one reading's variance that is true change.
    pub reliability: Estimated,
    /// The same of the mean of these two.
    pub reliability_of_mean: f64,
}

const ASSUMPTIONS: [&str; 3] = [
    "errors of two readings are independent; what a film shows wrongly to both, and what a reader repeats, counts \
     as true change",
    "no shape of the distribution is assumed",
    "true change means spread of true changes, progression as well as repair: by itself no proof of repair",
];

pub(crate) fn shared_change(
    changes: &[&Changes],
    options: &RepairOptions,
) -> Evidence<Vec<SharedChange>> {
    let mut found = Vec::new();
    for changes in changes {
        for &pair in &changes.pairs {
            found.extend(of_pair(changes, pair, options));
        }
    }
    Evidence::new(
        (!found.is_empty()).then_some(found),
        unanswered(changes),
        &ASSUMPTIONS,
    )
}

fn of_pair(
    changes: &Changes,
    (a, b): (usize, usize),
    options: &RepairOptions,
) -> Option<SharedChange> {
    let mut sums = ClusterSums::new(6);
    let mut units = 0;
    for (_, range) in &changes.patients {
        let mut s = [0.0; 6];
        for (x, y) in changes.both(range.clone(), (a, b)) {
            units += 1;
            for (sum, v) in s.iter_mut().zip([1.0, x, y, x * x, y * y, x * y]) {
                *sum += v;
            }
        }
        if s[0] > 0.0 {
            sums.push(&s);
        }
    }
    if units < 3 {
        return None;
    }
    let bootstrap = BootstrapOptions {
        draws: options.draws,
        seed: options.seed,
    };
    let drawn = cluster_bootstrap(&sums, 3, variances, &bootstrap).ok()?;
    let estimated = |output: usize| Estimated {
        value: drawn.estimate(output),
        interval: drawn.percentile(output, options.confidence).ok(),
    };
    let single = drawn.estimate(2);
    Some(SharedChange {
        level: changes.level,
        pairing: changes.pairing,
        a: changes.names[a].clone(),
        b: changes.names[b].clone(),
        units,
        true_variance: estimated(0),
        noise_variance: estimated(1),
        reliability: estimated(2),
        // Spearman and Brown, two readings.
        reliability_of_mean: 2.0 * single / (1.0 + single),
    })
    .filter(|s| s.true_variance.value.is_finite())
}

fn variances(s: &[f64], out: &mut [f64]) {
    let n = s[0];
    if n < 2.0 {
        return;
    }
    let covariance = (s[5] - s[1] * s[2] / n) / (n - 1.0);
    let of = |square: f64, sum: f64| (square - sum * sum / n) / (n - 1.0);
    let noise = 0.5 * (of(s[3], s[1]) + of(s[4], s[2]) - 2.0 * covariance);
    out[0] = covariance;
    out[1] = noise.max(0.0);
    if covariance + noise > 0.0 {
        out[2] = covariance / (covariance + noise);
    }
}
