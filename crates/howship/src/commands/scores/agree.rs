//! `howship scores agree`: how far readers agree.

use super::agree_page::page;
use super::agree_words::{detectable, quantity, raters};
use super::answer::{Answer, folder, interval, number, terminal};
use super::origin::Origin;
use super::source;
use crate::args_scores::AgreeArgs;
use crate::failure::{ExitStatus, Failure};
use crate::printer::Printer;
use howship_scores::agree::{AgreeOptions, AgreeReport, CustomWeights, agree};
use howship_scores::{Tidy, TidyCell};
use howship_stats::{Ends, IccForm, ReaderScope};
use std::path::Path;

pub(crate) fn run(args: &AgreeArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = folder(&args.out)?;
    let mut source = source::scores(&args.table)?;
    let weights = args.weights.as_deref();
    let weights = weights.map(|path| custom_weights(path, &mut source.origin));
    let weights = weights.transpose()?;
    let options = AgreeOptions {
        confidence: args.drawn.intervals.confidence,
        levels: args.levels.clone(),
        draws: args.drawn.draws,
        seed: args.drawn.seed,
        features: args.feature.clone(),
        readers: args.readers.clone(),
        joints: !args.sums_only,
        weights,
    };
    let (sums, _) = source.sums(&args.sums)?;
    let report = agree(&source.table, &sums, &options)?;
    let (patients, joints) = (patients(&report), joints(&report));
    let mut text = terminal(&patients, &[], 40, printer);
    if !joints.rows.is_empty() {
        text.push_str(&format!("\n{}", terminal(&joints, &[], 40, printer)));
    }
    let answer = Answer {
        question: "agree",
        text,
        notes: report.notes.clone(),
        result: &report,
        tables: vec![("agreement", report.tidy())],
        page: page(&report, &source, &sums, [&patients, &joints]),
    };
    answer.hand_out(&source.origin, out, printer)
}

fn custom_weights(path: &Path, origin: &mut Origin) -> anyhow::Result<CustomWeights> {
    let wrong = |reason: String| {
        Failure::bad_input(path, reason).hint("see `howship scores agree --help` for an example")
    };
    let text = source::text(path, origin)?;
    let weights: CustomWeights =
        toml::from_str(&text).map_err(|e| wrong(e.to_string().trim_end().replace('\n', " ")))?;
    match weights.fault() {
        Some(fault) => Err(wrong(fault).into()),
        None => Ok(weights),
    }
}

fn bounded(value: f64, bounds: Option<(f64, f64)>) -> TidyCell {
    if value.is_finite() {
        interval(value, bounds).into()
    } else {
        TidyCell::Empty
    }
}

/// The numbers to see first, a row per quantity, feature and raters.
fn patients(report: &AgreeReport) -> Tidy {
    let mut tidy = Tidy::new(&[
        "quantity",
        "feature",
        "raters",
        "patients",
        "ICC(A,1)",
        "ICC(C,1)",
        "ICC(A,k)",
        "averaged",
        "detectable",
        "detectable_any_readers",
    ]);
    // Change first: it is what repair is judged by.
    let order = |changes| {
        report
            .patients
            .iter()
            .filter(move |p| p.quantity.is_change() == changes)
    };
    for p in order(true).chain(order(false)) {
        let cell = |form| {
            let table = p.icc.as_ref();
            let found = table.and_then(|t| Some((t.get(form)?, t.ends)));
            found.map_or(TidyCell::Empty, |(icc, ends)| match (icc.interval, ends) {
                (Some(bound), Ends::Lower) if icc.value.is_finite() => {
                    format!("{} [≥ {}]", number(icc.value), number(bound.lower)).into()
                }
                (interval, _) => bounded(icc.value, interval.map(|b| (b.lower, b.upper))),
            })
        };
        let size = |scope| {
            detectable(p, scope).map_or(TidyCell::Empty, |d| {
                bounded(
                    d.size.value,
                    Some((d.size.interval.lower, d.size.interval.upper)),
                )
            })
        };
        tidy.push(vec![
            quantity(&p.quantity).into(),
            p.feature.as_str().into(),
            raters(&p.raters).into(),
            p.patients.into(),
            cell(IccForm::Agreement),
            cell(IccForm::Consistency),
            cell(IccForm::AgreementMean),
            detectable(p, ReaderScope::Fixed).map_or(TidyCell::Empty, |d| d.readers.into()),
            size(ReaderScope::Fixed),
            size(ReaderScope::Any),
        ]);
    }
    tidy
}

fn joints(report: &AgreeReport) -> Tidy {
    let mut tidy = Tidy::new(&[
        "quantity",
        "feature",
        "raters",
        "first",
        "second",
        "joints",
        "kappa_quadratic",
        "agree_negative",
        "agree_positive",
        "alpha",
    ]);
    let order = |changes| {
        report
            .joints
            .iter()
            .filter(move |j| j.quantity.is_change() == changes)
    };
    for j in order(true).chain(order(false)) {
        let quadratic = j.kappas.iter().find(|k| k.weights == "quadratic");
        let kappa = quadratic.map_or(TidyCell::Empty, |k| {
            let resampled = k.bootstrap.as_ref().map(|b| b.bca.unwrap_or(b.percentile));
            let bounds = resampled.unwrap_or(k.kappa.interval);
            bounded(k.kappa.value, Some((bounds.lower, bounds.upper)))
        });
        let share = |b: Option<&howship_scores::agree::BootstrapInterval>| {
            b.map_or(TidyCell::Empty, |b| {
                bounded(b.value, Some((b.percentile.lower, b.percentile.upper)))
            })
        };
        let alpha = j.all.as_ref().and_then(|a| a.krippendorff.as_ref());
        tidy.push(vec![
            quantity(&j.quantity).into(),
            j.feature.as_str().into(),
            raters(&j.raters).into(),
            j.first.as_str().into(),
            j.second.as_str().into(),
            j.joints.into(),
            kappa,
            share(j.sign.as_ref().and_then(|s| s.negative.as_ref())),
            share(j.sign.as_ref().and_then(|s| s.positive.as_ref())),
            alpha.map_or(TidyCell::Empty, |a| {
                bounded(a.value, a.interval.map(|i| (i.lower, i.upper)))
            }),
        ]);
    }
    tidy
}
