//! Concordance of two readers over all visits at once.

use super::options::AgreeOptions;
use super::report::VisitsConcordance;
use crate::change::series::Series;
use crate::{Error, ScoreTable, Totals};
use howship_stats::{BootstrapOptions, repeated_concordance};

/// Of every pair of readers and every sum, over patients whom both read at every visit. None where there is one visit.
pub(super) fn concordance(
    table: &ScoreTable,
    totals: &Totals,
    features: &[String],
    options: &AgreeOptions,
) -> Result<Vec<VisitsConcordance>, Error> {
    let mut found = Vec::new();
    if table.visits.len() < 2 {
        return Ok(found);
    }
    let bootstrap = BootstrapOptions {
        draws: options.draws,
        seed: options.seed,
    };
    for feature in features {
        let Some(position) = totals.position(feature) else {
            continue;
        };
        let series = Series::patients(table, totals, position)?;
        let readers = series.groups(false);
        let mean = |unit: usize, columns: &[usize], visit: usize| -> f64 {
            let values = columns
                .iter()
                .map(|&c| series.value(unit, c, visit))
                .filter(|v| !v.is_nan());
            let (sum, n) = values.fold((0.0, 0.0), |(s, n), v| (s + v, n + 1.0));
            sum / n
        };
        for (i, first) in readers.iter().enumerate() {
            for second in &readers[i + 1..] {
                let subjects: Vec<Vec<(f64, f64)>> = (0..series.units.len())
                    .map(|unit| {
                        (0..series.visits)
                            .map(|v| {
                                (
                                    mean(unit, &first.columns, v),
                                    mean(unit, &second.columns, v),
                                )
                            })
                            .collect()
                    })
                    .collect();
                let of_pair = repeated_concordance(&subjects, options.confidence, &bootstrap);
                // Too few subjects with all visits: nothing to say.
                if let Ok(concordance) = of_pair {
                    found.push(VisitsConcordance {
                        feature: feature.clone(),
                        first: table.readers.name(first.reader).to_owned(),
                        second: table.readers.name(second.reader).to_owned(),
                        concordance,
                    });
                }
            }
        }
    }
    Ok(found)
}
