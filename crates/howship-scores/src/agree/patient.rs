use super::layout::Panel;
use super::options::AgreeOptions;
use super::report::{
    BootstrapInterval, DetectableSize, OutlyingReading, PairLimits, PatientAgreement, Quantity,
    Raters,
};
use crate::change::reader_table::{ReaderTable, harmonic_mean, reader_error};
use crate::{Error, ScoreTable};
use howship_stats::{
    AgreementBootstrap, BlandAltmanOptions, BootstrapDraws, Ends, FEW_TARGETS, Generalisability,
    IccOptions, IccTable, MeasurementError, MeasurementErrorOptions, OutlyingOptions,
    RatingStatistic, Ratings, RatingsPart, ReaderScope, bland_altman, concordance,
    detectable_change_by_size, generalisability, heteroscedastic_limits, icc, outlying_ratings,
    replicate_limits,
};
use rayon::prelude::*;

/// Puts every panel into the bootstrap.
pub(super) fn parts(
    panels: &[Panel],
    bootstrap: &mut AgreementBootstrap,
) -> Result<Vec<RatingsPart>, Error> {
    let mut parts = Vec::with_capacity(panels.len());
    for panel in panels {
        parts.push(bootstrap.ratings(&panel.table.ratings, &panel.table.subjects)?);
    }
    Ok(parts)
}

pub(super) fn analyse(
    table: &ScoreTable,
    panels: &[Panel],
    parts: &[RatingsPart],
    draws: Option<&BootstrapDraws>,
    options: &AgreeOptions,
    notes: &mut Vec<String>,
) -> Vec<PatientAgreement> {
    let results: Vec<(PatientAgreement, Vec<String>)> = (panels.par_iter().zip(parts))
        .map(|(panel, part)| one(table, panel, *part, draws, options))
        .collect();
    let mut agreements = Vec::with_capacity(results.len());
    for (agreement, said) in results {
        agreements.push(agreement);
        notes.extend(said);
    }
    agreements.extend(pooled(panels, options));
    agreements
}

fn settings(options: &AgreeOptions) -> MeasurementErrorOptions {
    MeasurementErrorOptions {
        confidence: options.confidence,
        seed: options.seed,
        ..MeasurementErrorOptions::default()
    }
}

/// Readings of one reader are not drawn from a population of readers.
fn scopes(raters: &Raters) -> &'static [ReaderScope] {
    match raters {
        Raters::Between { .. } => &[ReaderScope::Fixed, ReaderScope::Any],
        Raters::Within { .. } | Raters::Pooled { .. } => &[ReaderScope::Fixed],
    }
}

fn one(
    table: &ScoreTable,
    panel: &Panel,
    part: RatingsPart,
    draws: Option<&BootstrapDraws>,
    options: &AgreeOptions,
) -> (PatientAgreement, Vec<String>) {
    let mut notes = Vec::new();
    let mut say = |error: howship_stats::Error| notes.push(format!("{}: {error}", panel.title()));
    let ratings = &panel.table.ratings;
    let as_read = panel.table.averaged();
    let icc = icc_table(ratings, as_read, options).map_err(&mut say).ok();
    let error = reader_error(&[&panel.table], &settings(options))
        .map_err(&mut say)
        .ok();
    let averaged = options.averaged(ratings.raters());
    let general: Vec<Generalisability> = if icc.is_some() && error.is_some() {
        generalisability(ratings, &averaged, &settings(options))
            .map_err(&mut say)
            .unwrap_or_default()
    } else {
        Vec::new()
    };
    let by_size = if panel.quantity.is_change() && error.is_some() {
        detectable_change_by_size(ratings, options.confidence)
            .map_err(&mut say)
            .ok()
    } else {
        None
    };
    let few = match (&panel.raters, ratings.raters()) {
        (Raters::Between { .. }, 2) => Some(
            "two readers leave one degree of freedom for the variance between readers: intervals of ICC(A,·), Φ and \
             of errors for any reader are wide by nature"
                .to_owned(),
        ),
        _ => None,
    };
    notes.extend(few);
    notes.extend(icc.iter().flat_map(|icc| tails(icc, &panel.raters)));
    let agreement = PatientAgreement {
        quantity: panel.quantity.clone(),
        feature: panel.feature.clone(),
        raters: panel.raters.clone(),
        patients: ratings.targets(),
        complete: panel.complete(),
        averaged: as_read,
        detectable: (error.as_ref())
            .map(|e| {
                let averaged = options.with_as_read(&averaged, as_read);
                detectable(e, &panel.quantity, &panel.raters, &averaged, options)
            })
            .unwrap_or_default(),
        limits: limits(table, panel, options),
        outlying: outlying(table, panel),
        bootstrap: draws
            .map(|d| bootstrapped(d, part, options))
            .unwrap_or_default(),
        generalisability: general,
        icc,
        error,
        by_size,
    };
    (agreement, notes)
}

/// Variance of a mean square over that of normal scores from which a few patients carry it.
const HEAVY: f64 = 1.5;

/// Says where a few patients carry the scores or the readers' disagreement, as sums of grades do where patients differ
/// in damage, and where there are too few patients to know.
fn tails(icc: &IccTable, raters: &Raters) -> Vec<String> {
    let mut notes = Vec::new();
    if !matches!(raters, Raters::Between { .. }) {
        return notes;
    }
    let few = icc.ends == Ends::Lower;
    if few {
        notes.push(format!(
            "fewer than {FEW_TARGETS} patients cannot show whether a few others carry most change, so that nobody can \
             say from them how good agreement may be at best: intervals of ICC, G and Φ are lower bounds"
        ));
    }
    if icc.tails.ratio > HEAVY || icc.tails.residual > HEAVY {
        notes.push(
            "a few patients carry most of the scores or of the readers' disagreement: intervals are \
             kurtosis-adjusted for that, and those of normal scores (F, chi-square) hold less often than they say; \
             see detectable change by its size too"
                .to_owned(),
        );
        if few {
            notes.push(
                "of 20 patients of whom few change, 95 % intervals of detectable change held the truth in about 90 % \
                 of simulations"
                    .to_owned(),
            );
        }
    }
    notes
}

/// Of the forms for the mean of k raters, k is the most that was asked for, else the number by whom patients were read.
fn icc_table(
    ratings: &Ratings,
    as_read: f64,
    options: &AgreeOptions,
) -> Result<IccTable, howship_stats::Error> {
    let asked = options.readers.iter().max().map(|&k| k as f64);
    let settings = IccOptions {
        mean_of: Some(asked.unwrap_or(as_read)),
        confidence: options.confidence,
        seed: options.seed,
        ..IccOptions::default()
    };
    icc(ratings, &settings)
}

fn detectable(
    error: &MeasurementError,
    quantity: &Quantity,
    raters: &Raters,
    averaged: &[f64],
    options: &AgreeOptions,
) -> Vec<DetectableSize> {
    let normal = error.with_normal_intervals();
    let mut sizes = Vec::new();
    for &scope in scopes(raters) {
        for &readers in averaged {
            for &level in &options.levels {
                let of = |error: &MeasurementError| {
                    if quantity.is_change() {
                        error.smallest_detectable_change(scope, readers, level)
                    } else {
                        error.smallest_detectable_difference(scope, readers, level)
                    }
                };
                // Levels were checked with the options.
                if let (Ok(Some(size)), Ok(Some(normal))) = (of(error), of(&normal)) {
                    sizes.push(DetectableSize {
                        scope,
                        readers,
                        level,
                        size,
                        normal: normal.interval,
                    });
                }
            }
        }
    }
    sizes
}

/// Readings that are far from those of the other readers, by name.
fn outlying(table: &ScoreTable, panel: &Panel) -> Vec<OutlyingReading> {
    if !matches!(panel.raters, Raters::Between { .. }) {
        return Vec::new();
    }
    let found = outlying_ratings(&panel.table.ratings, &OutlyingOptions::default());
    let named = found.into_iter().map(|o| OutlyingReading {
        subject: table
            .subjects
            .name(panel.table.subjects[o.target] as u32)
            .to_owned(),
        reader: panel.names[o.rater].clone(),
        value: o.value,
        expected: o.expected,
        deviations: o.deviations,
    });
    named.collect()
}

fn limits(table: &ScoreTable, panel: &Panel, options: &AgreeOptions) -> Vec<PairLimits> {
    let settings = BlandAltmanOptions {
        confidence: options.confidence,
        ..BlandAltmanOptions::default()
    };
    let mut limits = Vec::new();
    for a in 0..panel.names.len() {
        for b in a + 1..panel.names.len() {
            let rows: Vec<usize> = (0..panel.table.ratings.targets())
                .filter(|&i| {
                    let row = panel.table.ratings.row(i);
                    !row[a].is_nan() && !row[b].is_nan()
                })
                .collect();
            let pairs: Vec<(f64, f64)> = (rows.iter())
                .map(|&i| panel.table.ratings.row(i))
                .map(|row| (row[a], row[b]))
                .collect();
            let single = panel.replicates.as_ref().and_then(|all| {
                let of = |rater: usize| -> Vec<Vec<f64>> {
                    rows.iter().map(|&i| all[rater][i].clone()).collect()
                };
                replicate_limits(&of(a), &of(b), &settings).ok()
            });
            // Pairs without spread are named in the panel's own notes.
            let Ok(found) = bland_altman(&pairs, &settings) else {
                continue;
            };
            limits.push(PairLimits {
                first: panel.names[a].clone(),
                second: panel.names[b].clone(),
                limits: found,
                by_size: heteroscedastic_limits(&pairs, &settings).ok(),
                single,
                concordance: concordance(&pairs, options.confidence).ok(),
                subjects: (rows.iter())
                    .map(|&i| {
                        table
                            .subjects
                            .name(panel.table.subjects[i] as u32)
                            .to_owned()
                    })
                    .collect(),
                points: (pairs.iter())
                    .map(|(x, y)| (0.5 * (x + y), x - y))
                    .collect(),
            });
        }
    }
    limits
}

fn bootstrapped(
    draws: &BootstrapDraws,
    part: RatingsPart,
    options: &AgreeOptions,
) -> Vec<BootstrapInterval> {
    let names = [
        (RatingStatistic::OneWay, "ICC(1,1)"),
        (RatingStatistic::Agreement, "ICC(A,1)"),
        (RatingStatistic::Consistency, "ICC(C,1)"),
        (RatingStatistic::FixedError, "sem-fixed"),
        (RatingStatistic::AnyError, "sem-any"),
    ];
    names
        .into_iter()
        .filter_map(|(statistic, name)| interval(draws, part.output(statistic), name, options))
        .collect()
}

/// Intervals of one output; none where too few draws define it.
pub(super) fn interval(
    draws: &BootstrapDraws,
    output: usize,
    name: &str,
    options: &AgreeOptions,
) -> Option<BootstrapInterval> {
    let spread = |interval: &howship_stats::Interval| interval.lower < interval.upper;
    let percentile = draws.percentile(output, options.confidence).ok()?;
    let bca = draws.bca(output, options.confidence).ok();
    Some(BootstrapInterval {
        statistic: name.to_owned(),
        value: draws.estimate(output),
        standard_error: draws.standard_error(output).ok()?,
        percentile: Some(percentile).filter(spread),
        bca: bca.filter(spread),
        undefined: draws.undefined(output),
    })
}

/// Errors within readers pooled, for every feature and quantity that two readers repeated.
fn pooled(panels: &[Panel], options: &AgreeOptions) -> Vec<PatientAgreement> {
    let mut pooled = Vec::new();
    let mut done: Vec<(&str, &Quantity)> = Vec::new();
    for panel in panels {
        let key = (panel.feature.as_str(), &panel.quantity);
        if !matches!(panel.raters, Raters::Within { .. }) || done.contains(&key) {
            continue;
        }
        done.push(key);
        let alike: Vec<&Panel> = panels
            .iter()
            .filter(|p| {
                matches!(p.raters, Raters::Within { .. })
                    && (p.feature.as_str(), &p.quantity) == key
            })
            .collect();
        if alike.len() < 2 {
            continue;
        }
        let tables: Vec<&ReaderTable> = alike.iter().map(|p| &p.table).collect();
        // A reader without error is named in that reader's own notes.
        let Ok(error) = reader_error(&tables, &settings(options)) else {
            continue;
        };
        let as_read = harmonic_mean(&tables);
        let raters = Raters::Pooled {
            readers: (alike.iter())
                .filter_map(|p| match &p.raters {
                    Raters::Within { reader, .. } => Some(reader.clone()),
                    _ => None,
                })
                .collect(),
        };
        let averaged = options.with_as_read(&options.averaged(2), as_read);
        pooled.push(PatientAgreement {
            quantity: panel.quantity.clone(),
            feature: panel.feature.clone(),
            patients: error.targets,
            complete: alike.iter().map(|p| p.complete()).sum(),
            averaged: as_read,
            icc: None,
            detectable: detectable(&error, &panel.quantity, &raters, &averaged, options),
            raters,
            error: Some(error),
            generalisability: Vec::new(),
            by_size: None,
            limits: Vec::new(),
            outlying: Vec::new(),
            bootstrap: Vec::new(),
        });
    }
    pooled
}
