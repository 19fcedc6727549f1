//! Whether 95 % intervals hold the truth: simulated studies whose ICC and SDC are known.

use crate::printer::Printer;
use crate::stop;
use howship_phantom::readers::{ArmSpec, GaussianScore, GaussianSpec, ReadersSpec};
use howship_stats::{
    AgreementBootstrap, BootstrapOptions, Icc, IccForm, IccOptions, Interval, MeasurementError,
    MeasurementErrorOptions, RatingStatistic, Ratings, ReaderScope, coverage, icc,
    measurement_error, normal_quantile,
};
use rayon::prelude::*;
use serde::Serialize;

/// Two repeats, the default, are the 2,000 studies that coverage is stated for.
pub(super) const STUDIES_PER_REPEAT: usize = 1000;

/// One statistic of one design.
#[derive(Serialize)]
pub(super) struct CoverageRow {
    pub(super) design: &'static str,
    pub(super) subjects: usize,
    pub(super) statistic: &'static str,
    pub(super) truth: Option<f64>,
    /// Mean of the estimates.
    pub(super) mean: f64,
    pub(super) coverage: f64,
    /// Wilson's.
    pub(super) coverage_interval: (f64, f64),
    /// Share of intervals wholly above the truth.
    pub(super) interval_too_high: f64,
    /// Share of intervals wholly below the truth.
    pub(super) interval_too_low: f64,
    /// Studies that gave an interval.
    pub(super) studies: usize,
}

/// A statistic of one study: estimate, interval, truth.
struct Held {
    statistic: &'static str,
    value: f64,
    interval: Interval,
    truth: f64,
}

type Study = Box<dyn Fn(u64) -> anyhow::Result<Vec<Held>> + Sync>;

pub(super) fn rows(studies: usize, printer: &Printer) -> anyhow::Result<Vec<CoverageRow>> {
    let mut rows = Vec::new();
    for (design, subjects, study) in designs() {
        printer.note(&format!("coverage: {design}, {subjects} patients"));
        let held: Vec<Vec<Held>> = (1..=studies as u64)
            .into_par_iter()
            .map(|seed| {
                stop::check()?;
                study(seed)
            })
            .collect::<anyhow::Result<_>>()?;
        let names: Vec<&str> = held
            .iter()
            .max_by_key(|h| h.len())
            .map_or_else(Vec::new, |first| {
                first.iter().map(|h| h.statistic).collect()
            });
        for name in names {
            let of: Vec<&Held> = held
                .iter()
                .flatten()
                .filter(|h| h.statistic == name)
                .collect();
            rows.push(row(design, subjects, &of)?);
        }
    }
    Ok(rows)
}

fn row(design: &'static str, subjects: usize, held: &[&Held]) -> anyhow::Result<CoverageRow> {
    let share = |f: &dyn Fn(&Held) -> bool| {
        held.iter().filter(|h| f(h)).count() as f64 / held.len().max(1) as f64
    };
    let too_high = share(&|h| h.interval.lower > h.truth);
    let too_low = share(&|h| h.interval.upper < h.truth);
    let triples: Vec<(f64, f64, f64)> = held
        .iter()
        .map(|h| {
            let held = h.interval.lower <= h.truth && h.truth <= h.interval.upper;
            (0.0, 0.0, if held { 1.0 } else { -1.0 })
        })
        .collect();
    let found = coverage(&triples)?;
    Ok(CoverageRow {
        design,
        subjects,
        statistic: held.first().map_or("", |h| h.statistic),
        truth: held.first().map(|h| h.truth),
        mean: held.iter().map(|h| h.value).sum::<f64>() / held.len().max(1) as f64,
        coverage: found.share,
        coverage_interval: found.interval,
        interval_too_high: too_high,
        interval_too_low: too_low,
        studies: held.len(),
    })
}

fn designs() -> Vec<(&'static str, usize, Study)> {
    let mut designs: Vec<(&'static str, usize, Study)> = Vec::new();
    for (name, readers, each, missing) in [
        ("2 readers, complete", 2, None, 0.0),
        ("4 readers, complete", 4, None, 0.0),
        ("2 of 4 readers each, 5 % missing", 4, Some(2), 0.05),
    ] {
        for subjects in [20, 50, 100, 200, 500] {
            let spec = GaussianSpec {
                subjects,
                readers,
                readers_per_subject: each,
                missing,
                sd_reader_visit: 0.5,
                ..GaussianSpec::default()
            };
            designs.push((name, subjects, Box::new(move |seed| gaussian(&spec, seed))));
        }
    }
    for (name, arms) in [
        ("grades by joint, patients alike", [0.02, 0.02, 0.0]),
        ("grades by joint, patients differ", [0.02, 0.02, 5.0]),
        // TEMPO's methotrexate arm: few patients carry nearly all change.
        ("grades by joint, few change", [0.004, 0.0393, 0.325]),
    ] {
        for subjects in [20, 100, 500] {
            let spec = joints(arms, subjects);
            designs.push((name, subjects, Box::new(move |seed| graded(&spec, seed))));
        }
    }
    designs
}

fn gaussian(spec: &GaussianSpec, seed: u64) -> anyhow::Result<Vec<Held>> {
    let spec = GaussianSpec {
        seed,
        ..spec.clone()
    };
    let truth = spec.truth();
    let mut values = vec![[f64::NAN; 2]; spec.subjects * spec.readers];
    for GaussianScore {
        subject,
        visit,
        reader,
        value,
        ..
    } in spec.generate()?
    {
        values[subject as usize * spec.readers + reader as usize][visit as usize] = value;
    }
    let status = Ratings::new(
        spec.subjects,
        spec.readers,
        values.iter().map(|v| v[0]).collect(),
    )?;
    let change = Ratings::new(
        spec.subjects,
        spec.readers,
        values.iter().map(|v| v[1] - v[0]).collect(),
    )?;
    let mut held = Vec::new();
    let table = icc(&status, &IccOptions::default())?;
    for (names, form, truth) in [
        (
            ["ICC(A,1) of status", "ICC(A,1) of status, normal theory"],
            IccForm::Agreement,
            truth.icc_agreement,
        ),
        (
            ["ICC(C,1) of status", "ICC(C,1) of status, normal theory"],
            IccForm::Consistency,
            truth.icc_consistency,
        ),
    ] {
        push(&mut held, names, table.get(form), truth);
    }
    let table = icc(&change, &IccOptions::default())?;
    for (names, form, truth) in [
        (
            ["ICC(A,1) of change", "ICC(A,1) of change, normal theory"],
            IccForm::Agreement,
            truth.icc_change_agreement,
        ),
        (
            ["ICC(C,1) of change", "ICC(C,1) of change, normal theory"],
            IccForm::Consistency,
            truth.icc_change_consistency,
        ),
    ] {
        push(&mut held, names, table.get(form), truth);
    }
    let error = measurement_error(&change, &MeasurementErrorOptions::default())?;
    for (names, scope, truth) in [
        (
            [
                "SDC, mean of 2 fixed readers",
                "SDC, mean of 2 fixed readers, normal theory",
            ],
            ReaderScope::Fixed,
            truth.sdc95(2),
        ),
        (
            [
                "SDC, mean of any 2 readers",
                "SDC, mean of any 2 readers, normal theory",
            ],
            ReaderScope::Any,
            truth.sdc95_any(2),
        ),
    ] {
        push_sdc(&mut held, names, &error, scope, truth)?;
    }
    Ok(held)
}

/// The kurtosis-adjusted interval, then that of normal scores.
fn push(held: &mut Vec<Held>, names: [&'static str; 2], found: Option<&Icc>, truth: f64) {
    let Some(icc) = found else { return };
    for (statistic, interval) in names.into_iter().zip([icc.interval, icc.normal]) {
        let Some(interval) = interval else { continue };
        held.push(Held {
            statistic,
            value: icc.value,
            interval,
            truth,
        });
    }
}

fn push_sdc(
    held: &mut Vec<Held>,
    names: [&'static str; 2],
    error: &MeasurementError,
    scope: ReaderScope,
    truth: f64,
) -> anyhow::Result<()> {
    for (statistic, error) in names
        .into_iter()
        .zip([error, &error.with_normal_intervals()])
    {
        if let Some(sdc) = error.smallest_detectable_change(scope, 2.0, 0.95)? {
            held.push(Held {
                statistic,
                value: sdc.value,
                interval: sdc.interval,
                truth,
            });
        }
    }
    Ok(())
}

/// Sums of whole grades that joints lose and gain: skewed, heavy-tailed, nothing like a normal distribution.
fn joints([healing, progressing, concentration]: [f64; 3], subjects: usize) -> ReadersSpec {
    let mut spec = ReadersSpec {
        arms: vec![ArmSpec {
            subjects,
            healing,
            progressing,
            concentration: (concentration > 0.0).then_some(concentration),
            ..ArmSpec::default()
        }],
        ..ReadersSpec::default()
    };
    if concentration > 0.0 {
        spec.baseline.concentration = Some(3.0);
    }
    spec
}

fn graded(spec: &ReadersSpec, seed: u64) -> anyhow::Result<Vec<Held>> {
    let spec = ReadersSpec {
        seed,
        ..spec.clone()
    };
    let implied = spec.implied()?;
    let arm = implied.arms.last();
    let truths = arm.and_then(|a| Some((a.icc_change?, a.sdc95?)));
    let Some((true_icc, true_sdc)) = truths else {
        return Ok(Vec::new());
    };
    let data = spec.generate()?;
    let (subjects, readers) = (data.truth.subjects.len(), spec.readers.len());
    let mut change = vec![0.0; subjects * readers];
    for row in &data.rows {
        let sign = if row.visit == 0 { -1.0 } else { 1.0 };
        change[row.subject as usize * readers + row.reader as usize] += sign * row.score;
    }
    let ratings = Ratings::new(subjects, readers, change)?;
    let mut held = Vec::new();
    let table = icc(&ratings, &IccOptions::default())?;
    push(
        &mut held,
        ["ICC(C,1) of change", "ICC(C,1) of change, normal theory"],
        table.get(IccForm::Consistency),
        true_icc,
    );
    let error = measurement_error(&ratings, &MeasurementErrorOptions::default())?;
    let names = [
        "SDC of 2 fixed readers",
        "SDC of 2 fixed readers, normal theory",
    ];
    push_sdc(&mut held, names, &error, ReaderScope::Fixed, true_sdc)?;
    // Of two readers' mean, from one reader's error.
    let z = normal_quantile(0.975)? / std::f64::consts::SQRT_2;
    // Sums of grades are no normal numbers: what resampling patients makes of them.
    let mut bootstrap = AgreementBootstrap::new(subjects);
    let patients: Vec<usize> = (0..subjects).collect();
    let part = bootstrap.ratings(&ratings, &patients)?;
    let draws = bootstrap.run(&BootstrapOptions::default())?;
    for (names, statistic, scale, truth) in [
        (
            ["ICC(C,1) of change, bootstrap", "ICC(C,1) of change, BCa"],
            RatingStatistic::Consistency,
            1.0,
            true_icc,
        ),
        (
            [
                "SDC of 2 fixed readers, bootstrap",
                "SDC of 2 fixed readers, BCa",
            ],
            RatingStatistic::FixedError,
            z,
            true_sdc,
        ),
    ] {
        let output = part.output(statistic);
        let intervals = [draws.percentile(output, 0.95), draws.bca(output, 0.95)];
        for (statistic, interval) in names.into_iter().zip(intervals) {
            // Where all draws lie on one side there is no such interval.
            let Ok(interval) = interval else { continue };
            held.push(Held {
                statistic,
                value: scale * draws.estimate(output),
                interval: interval.map(|x| scale * x),
                truth,
            });
        }
    }
    Ok(held)
}
