//! `howship scores agree`: how far readers agree.

use super::agree_page::page;
use super::agree_words::{detectable, drift_words, quantity, raters};
use super::answer::{Answer, folder, terminal};
use super::numbers::{interval, number};
use super::origin::Origin;
use super::shown_interval::{of_icc, of_size};
use super::source::{self, Scores};
use crate::args_scores::{AgreeArgs, ShownInterval};
use crate::failure::{ExitStatus, Failure};
use crate::printer::Printer;
use howship_scores::agree::{AgreeOptions, AgreeReport, CustomWeights, Quantity, agree};
use howship_scores::{Tidy, TidyCell};
use howship_stats::{Ends, IccForm, ReaderScope};
use std::path::Path;

pub(crate) fn run(args: &AgreeArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = folder(&args.out)?;
    let mut source = source::scores(&args.table)?;
    let weights = args.weights.as_deref();
    let weights = weights.map(|path| custom_weights(path, &mut source.origin));
    let weights = weights.transpose()?;
    let (sums, _) = source.sums(&args.sums)?;
    let mut features = args.feature.clone();
    // One score and its sum are the same number.
    if features.is_empty() && sums.features.len() == 2 {
        features.push(source.primary.clone());
    }
    let options = AgreeOptions {
        confidence: args.drawn.intervals.confidence,
        levels: args.levels.clone(),
        draws: args.drawn.draws,
        seed: args.drawn.seed,
        features,
        readers: args.readers.clone(),
        joints: !args.sums_only,
        weights,
    };
    let report = agree(&source.table, &sums, &options)?;
    let order = Order::of(&source);
    let (patients, joints) = (
        patients(&report, &order, args.interval),
        joints(&report, &order),
    );
    let mut text = terminal(&patients, &[], 40, printer);
    if !joints.rows.is_empty() {
        text.push_str(&format!("\n{}", terminal(&joints, &[], 40, printer)));
    }
    text.push_str(&besides(&report));
    let answer = Answer {
        question: "agree",
        text,
        notes: report.notes.clone(),
        result: &report,
        tables: vec![("agreement", report.tidy())],
        page: page(
            &report,
            &source,
            &sums,
            ([&patients, &joints], args.interval),
        ),
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

/// What stands first: changes before statuses (repair is judged by them), the scheme's main sum before its parts, the
/// whole of the study before its pieces, the last visit before earlier ones.
struct Order {
    primary: String,
    visits: Vec<String>,
}

impl Order {
    fn of(source: &Scores) -> Self {
        Self {
            primary: source.primary.clone(),
            visits: source.table.visits.iter().map(|v| v.name.clone()).collect(),
        }
    }

    fn place(&self, quantity: &Quantity, feature: &str) -> (bool, bool, usize, usize) {
        let visit = |name: &String| self.visits.iter().position(|v| v == name).unwrap_or(0);
        let end = self.visits.len();
        let (status, span, late) = match quantity {
            Quantity::Change { from, to } => {
                (false, visit(to) - visit(from).min(visit(to)), visit(to))
            }
            Quantity::Status { visit: name } => (true, 0, visit(name)),
        };
        (status, feature != self.primary, end - span, end - late)
    }
}

/// The numbers to see first, a row per quantity, feature and raters.
fn patients(report: &AgreeReport, order: &Order, kind: ShownInterval) -> Tidy {
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
    let mut shown: Vec<_> = report.patients.iter().collect();
    shown.sort_by_key(|p| order.place(&p.quantity, &p.feature));
    for p in shown {
        // What the mean of k readers is, for a k that is said.
        let k = p.icc.as_ref().map(|t| number(t.mean_of));
        let of_mean = |cell: TidyCell| match (cell, &k) {
            (TidyCell::Text(text), Some(k)) => format!("{text}, k = {k}").into(),
            (cell, _) => cell,
        };
        let cell = |form| {
            let value = p.icc.as_ref().and_then(|t| t.get(form));
            value.map_or(TidyCell::Empty, |icc| match of_icc(p, form, kind) {
                Some((bound, Ends::Lower)) if icc.value.is_finite() => {
                    format!("{} [≥ {}]", number(icc.value), number(bound.lower)).into()
                }
                found => bounded(icc.value, found.map(|(b, _)| (b.lower, b.upper))),
            })
        };
        let size = |scope| {
            detectable(p, scope).map_or(TidyCell::Empty, |d| {
                let interval = of_size(p, d, kind);
                bounded(d.size.value, interval.map(|i| (i.lower, i.upper)))
            })
        };
        tidy.push(vec![
            quantity(&p.quantity).into(),
            p.feature.as_str().into(),
            raters(&p.raters).into(),
            p.patients.into(),
            cell(IccForm::Agreement),
            cell(IccForm::Consistency),
            of_mean(cell(IccForm::AgreementMean)),
            detectable(p, ReaderScope::Fixed).map_or(TidyCell::Empty, |d| d.readers.into()),
            size(ReaderScope::Fixed),
            size(ReaderScope::Any),
        ]);
    }
    tidy
}

/// Readings to look at, and readers who drift: a line each.
fn besides(report: &AgreeReport) -> String {
    let mut text = String::new();
    for drift in report.drift.iter().filter(|d| d.p < 0.05) {
        text.push_str(&format!("\n{}\n", drift_words(drift)));
    }
    let named: Vec<String> = report
        .patients
        .iter()
        .filter(|p| p.quantity.is_change())
        .flat_map(|p| p.outlying.iter().map(move |o| (p, o)))
        .take(5)
        .map(|(p, o)| {
            format!(
                "{} by {}: {} {} where the others make it {}",
                o.subject,
                o.reader,
                p.feature,
                number(o.value),
                number(o.expected)
            )
        })
        .collect();
    if !named.is_empty() {
        text.push_str(&format!(
            "\nReadings to look at again: {}\n",
            named.join("; ")
        ));
    }
    text
}

fn joints(report: &AgreeReport, order: &Order) -> Tidy {
    let mut tidy = Tidy::new(&[
        "quantity",
        "feature",
        "raters",
        "first",
        "second",
        "joints",
        "exact_%",
        "within_1_%",
        "kappa_quadratic",
        "AC1",
        "agree_negative",
        "agree_positive",
        "alpha",
    ]);
    let mut shown: Vec<_> = report.joints.iter().collect();
    shown.sort_by_key(|j| order.place(&j.quantity, &j.feature));
    for j in shown {
        let quadratic = j.kappas.iter().find(|k| k.weights == "quadratic");
        let kappa = quadratic.map_or(TidyCell::Empty, |k| match k.interval() {
            Some(bounds) => bounded(k.kappa.value, Some((bounds.lower, bounds.upper))),
            None => format!("{}, no interval", number(k.kappa.value)).into(),
        });
        let percent = |b: Option<&howship_scores::agree::BootstrapInterval>| {
            b.map_or(TidyCell::Empty, |b| {
                let bounds = b.percentile.map(|p| (100.0 * p.lower, 100.0 * p.upper));
                bounded(100.0 * b.value, bounds)
            })
        };
        let share = |b: Option<&howship_scores::agree::BootstrapInterval>| {
            b.map_or(TidyCell::Empty, |b| {
                bounded(b.value, b.percentile.map(|p| (p.lower, p.upper)))
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
            percent(j.exact.as_ref()),
            percent(j.within_one.as_ref()),
            kappa,
            share(j.gwet.iter().find(|g| g.statistic == "gwet-ac1")),
            share(j.sign.as_ref().and_then(|s| s.negative.as_ref())),
            share(j.sign.as_ref().and_then(|s| s.positive.as_ref())),
            alpha.map_or(TidyCell::Empty, |a| {
                bounded(a.value, a.interval.map(|i| (i.lower, i.upper)))
            }),
        ]);
    }
    tidy
}
