//! Estimator 2: select by one reading, measure by another.

use super::RepairOptions;
use super::evidence::{Changes, Estimated, Evidence, Level, Pairing, unanswered};
use howship_stats::{BootstrapOptions, ClusterSums, cluster_bootstrap};
use serde::Serialize;

/// Mean change by one reading of what another calls improved.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SelectedChange {
    /// Patients or joints.
    pub level: Level,
    /// Two readers or two readings of one.
    pub pairing: Pairing,
    /// Reading that selects.
    pub by: String,
    /// Reading that measures.
    pub measured: String,
    /// The first reading's change lies below this.
    pub below: f64,
    /// Units selected.
    pub selected: usize,
    /// Patients that they belong to.
    pub patients: usize,
    /// Mean change of the first reading: with its noise.
    pub mean_by: f64,
    /// Mean change of the second reading: free of the first one's noise.
    pub mean_measured: Estimated,
    /// Mean change of the second reading in all units, selected or not.
    pub mean_all: f64,
    /// The interval lies wholly below 0: there is repair among the selected.
    pub repair: bool,
}

const ASSUMPTIONS: [&str; 3] = [
    "errors of two readings are independent; an artefact that both see makes the measured change as negative as \
     repair does",
    "no regression to the mean: the reading that measures took no part in selecting",
    "intervals resample patients; with fewer than 10 of them selected they are rough",
];

pub(crate) fn selected_change(
    changes: &[&Changes],
    options: &RepairOptions,
) -> Evidence<Vec<SelectedChange>> {
    let mut found = Vec::new();
    for changes in changes {
        let error = changes.error_variance().map_or(0.0, f64::sqrt);
        for &(a, b) in &changes.pairs {
            for (by, measured) in [(a, b), (b, a)] {
                found.extend(of_pair(changes, (by, measured), 0.0, options));
                if error > 0.0 {
                    let bound = -1.96 * error;
                    found.extend(of_pair(changes, (by, measured), bound, options));
                }
            }
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
    (by, measured): (usize, usize),
    below: f64,
    options: &RepairOptions,
) -> Option<SelectedChange> {
    let mut sums = ClusterSums::new(5);
    let mut patients = 0;
    for (_, range) in &changes.patients {
        let mut s = [0.0; 5];
        for (x, y) in changes.both(range.clone(), (by, measured)) {
            s[3] += 1.0;
            s[4] += y;
            if x < below {
                s[0] += 1.0;
                s[1] += x;
                s[2] += y;
            }
        }
        patients += usize::from(s[0] > 0.0);
        if s[3] > 0.0 {
            sums.push(&s);
        }
    }
    let total = sums.total();
    if total[3] == 0.0 {
        return None;
    }
    let bootstrap = BootstrapOptions {
        draws: options.draws,
        seed: options.seed,
    };
    let mean = |s: &[f64], out: &mut [f64]| {
        if s[0] > 0.0 {
            out[0] = s[2] / s[0];
        }
    };
    let drawn = cluster_bootstrap(&sums, 1, mean, &bootstrap).ok()?;
    let interval = drawn
        .percentile(0, options.confidence)
        .ok()
        .filter(|_| patients > 1);
    Some(SelectedChange {
        level: changes.level,
        pairing: changes.pairing,
        by: changes.names[by].clone(),
        measured: changes.names[measured].clone(),
        below,
        selected: total[0] as usize,
        patients,
        mean_by: total[1] / total[0],
        repair: interval.is_some_and(|i| i.upper < 0.0),
        mean_measured: Estimated {
            value: drawn.estimate(0),
            interval,
        },
        mean_all: total[4] / total[3],
    })
}
