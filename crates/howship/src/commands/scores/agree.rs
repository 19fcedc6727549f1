//! `howship scores agree`: how far readers agree.

use super::answer::{Answer, folder, interval, number, page_table, terminal};
use super::reader_bias::biases;
use super::source::{self, Scores};
use crate::args_scores::AgreeArgs;
use crate::failure::{ExitStatus, Failure};
use crate::printer::Printer;
use howship_report::scores::{
    BlandAltman, Card, Estimate, Figure, LimitsPoint, ReaderBiasPlot, ScoresPage, SdcCurve,
    SdcPoint, Section, bland_altman, reader_bias_plot, sdc_curve,
};
use howship_scores::agree::{
    AgreeOptions, AgreeReport, CustomWeights, DetectableSize, PairLimits, PatientAgreement,
    Quantity, Raters, agree,
};
use howship_scores::{Tidy, TidyCell, Totals};
use howship_stats::{Ends, IccForm, ReaderScope};

pub(crate) fn run(args: &AgreeArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = folder(&args.out)?;
    let mut source = source::scores(&args.table)?;
    let weights =
        match args.weights.as_deref() {
            Some(path) => {
                let text = source::text(path, &mut source.origin)?;
                let read: Result<CustomWeights, _> = toml::from_str(&text);
                let wrong = |e: toml::de::Error| {
                    Failure::bad_input(path, e.to_string().trim_end().replace('\n', " "))
                };
                Some(read.map_err(|e| {
                    wrong(e).hint("see `howship scores agree --help` for an example")
                })?)
            }
            None => None,
        };
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

fn quantity(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Status { visit } => format!("status {visit}"),
        Quantity::Change { from, to } => format!("change {from} to {to}"),
    }
}

fn raters(raters: &Raters) -> String {
    match raters {
        Raters::Between { readers } => format!("between {}", readers.join(", ")),
        Raters::Within { reader, .. } => format!("within {reader}"),
        Raters::Pooled { readers } => format!("within, pooled over {}", readers.join(", ")),
    }
}

/// The detectable size of the mean of as many raters as read a patient (of the most asked for where that was not), at
/// the highest level asked for.
fn detectable(of: &PatientAgreement, scope: ReaderScope) -> Option<&DetectableSize> {
    let as_read = |d: &DetectableSize| d.readers == of.averaged;
    let here = of.detectable.iter().filter(|d| d.scope == scope);
    here.max_by(|a, b| {
        let readers = a.readers.total_cmp(&b.readers);
        as_read(a)
            .cmp(&as_read(b))
            .then(readers)
            .then(a.level.total_cmp(&b.level))
    })
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

/// What the page shows in figures: the main sum between readers, of the longest change and the last status.
fn shown<'a>(
    report: &'a AgreeReport,
    source: &Scores,
    change: bool,
) -> Option<&'a PatientAgreement> {
    let first = source.table.visits.first().map(|v| v.name.as_str());
    let last = source.table.visits.last().map(|v| v.name.as_str());
    let whole = |p: &PatientAgreement| match &p.quantity {
        Quantity::Change { from, to } => Some(from.as_str()) == first && Some(to.as_str()) == last,
        Quantity::Status { visit } => Some(visit.as_str()) == last,
    };
    let worth = |p: &PatientAgreement| {
        let between = matches!(p.raters, Raters::Between { .. });
        (p.feature == source.primary, between, whole(p))
    };
    let mut best: Option<&PatientAgreement> = None;
    for p in report
        .patients
        .iter()
        .filter(|p| p.quantity.is_change() == change)
    {
        if best.is_none_or(|b| worth(p) > worth(b)) {
            best = Some(p);
        }
    }
    best
}

fn page(
    report: &AgreeReport,
    source: &Scores,
    sums: &Totals,
    [patients, joints]: [&Tidy; 2],
) -> ScoresPage {
    let change = shown(report, source, true);
    let status = shown(report, source, false);
    let mut sections = Vec::new();
    sections.extend(change.map(|p| section("Change", p)));
    sections.extend(status.map(|p| section("Status", p)));
    sections.push(bias(report, source, sums));
    sections.push(Section {
        heading: "Patients".to_owned(),
        paragraphs: vec![
            "`detectable` is the smallest detectable change (of changes) or difference (of statuses) of the mean of \
             the readers averaged (those by whom a patient was read, the harmonic mean), at the highest level asked \
             for, for these readers; `detectable_any_readers` counts their bias as error."
                .to_owned(),
            "Intervals are kurtosis-adjusted: their degrees of freedom come from how much the patients' own \
             contributions spread. Of fewer than 100 patients those of ICC are lower bounds (≥). Those of normal scores (F, chi-square, generalized) and of the patient bootstrap \
             are in agreement.csv, each by its name; both hold less often than they say where a few patients carry \
             most change."
                .to_owned(),
        ],
        tables: vec![page_table("Sums of patients", patients)],
        ..Section::default()
    });
    if !joints.rows.is_empty() {
        sections.push(Section {
            heading: "Joints".to_owned(),
            paragraphs: vec![
                "Intervals resample patients, since joints of one patient are not independent."
                    .to_owned(),
            ],
            tables: vec![page_table("Joints", joints)],
            ..Section::default()
        });
    }
    ScoresPage {
        title: "Agreement of readers".to_owned(),
        subtitle: source.subtitle(),
        answer: change.and_then(answer).unwrap_or_default(),
        cards: change.into_iter().chain(status).flat_map(cards).collect(),
        sections,
        ..ScoresPage::default()
    }
}

fn answer(p: &PatientAgreement) -> Option<String> {
    let size = detectable(p, ReaderScope::Fixed)?;
    Some(format!(
        "A change of {} by the mean of {} is beyond error from {} points on ({} to {}).",
        p.feature,
        match size.readers {
            1.0 => "one reading".to_owned(),
            n => format!("{} readings", number(n)),
        },
        number(size.size.value),
        number(size.size.interval.lower),
        number(size.size.interval.upper)
    ))
}

fn cards(p: &PatientAgreement) -> Vec<Card> {
    let what = quantity(&p.quantity);
    let mut cards = Vec::new();
    let agreement = p.icc.as_ref();
    let agreement = agreement.and_then(|t| Some((t.get(IccForm::Agreement)?, t.ends)));
    if let Some((icc, ends)) = agreement.filter(|(icc, _)| icc.value.is_finite()) {
        cards.push(Card {
            number: number(icc.value),
            word: format!("ICC(A,1), {what}"),
            note: icc.interval.map_or_else(String::new, |i| match ends {
                Ends::Both => format!("{} to {}", number(i.lower), number(i.upper)),
                Ends::Lower => format!("at least {}", number(i.lower)),
            }),
            ..Card::default()
        });
    }
    if let Some(size) = detectable(p, ReaderScope::Fixed) {
        let word = if p.quantity.is_change() {
            "smallest detectable change"
        } else {
            "smallest detectable difference"
        };
        cards.push(Card {
            number: number(size.size.value),
            word: format!("{word}, {what}"),
            note: format!(
                "{} to {}",
                number(size.size.interval.lower),
                number(size.size.interval.upper)
            ),
            ..Card::default()
        });
    }
    cards
}

fn section(heading: &str, p: &PatientAgreement) -> Section {
    let mut section = Section {
        heading: format!("{heading}: {}, {}", p.feature, raters(&p.raters)),
        ..Section::default()
    };
    if let Some(limits) = p.limits.first() {
        section.figures.push(Figure {
            svg: limits_figure(p, limits),
            caption: "Differences against their mean, with bias, limits of agreement and their exact intervals."
                .to_owned(),
        });
    }
    if let Some(svg) = curve(p) {
        section.figures.push(Figure {
            svg,
            caption: "The smallest detectable change grows with the size of change.".to_owned(),
        });
    }
    section
}

fn limits_figure(p: &PatientAgreement, pair: &PairLimits) -> String {
    let limit = |l: &howship_stats::Limit| Estimate {
        value: l.value,
        interval: Some([l.exact.lower, l.exact.upper]),
    };
    let curves = pair.by_size.as_ref().map(|by_size| {
        let (low, high) = by_size.range;
        let at = |i: usize| low + (high - low) * i as f64 / 20.0;
        let point = |i| {
            let (lower, upper) = by_size.at(at(i))?;
            Some(LimitsPoint {
                mean: at(i),
                lower,
                upper,
            })
        };
        // Lines of |mean| cannot be drawn over means of both signs.
        let one_sided = pair.points.iter().all(|(mean, _)| *mean >= 0.0);
        if one_sided {
            (0..=20).filter_map(point).collect()
        } else {
            Vec::new()
        }
    });
    let bias = &pair.limits.bias;
    bland_altman(&BlandAltman {
        title: "Limits of agreement".to_owned(),
        mean_label: format!(
            "mean {} of {} and {} ({})",
            p.feature,
            pair.first,
            pair.second,
            quantity(&p.quantity)
        ),
        difference_label: format!("{} − {}", pair.first, pair.second),
        pairs: pair.points.iter().map(|(m, d)| [*m, *d]).collect(),
        bias: Some(Estimate {
            value: bias.value,
            interval: Some([bias.interval.lower, bias.interval.upper]),
        }),
        lower: Some(limit(&pair.limits.lower)),
        upper: Some(limit(&pair.limits.upper)),
        curves: curves.unwrap_or_default(),
    })
}

/// The smallest detectable change by the size of change, where readers' differences tell it.
fn curve(p: &PatientAgreement) -> Option<String> {
    let by_size = p.by_size.as_ref()?;
    let overall = detectable(p, ReaderScope::Fixed)?;
    let (low, high) = by_size.range;
    let point = |i: usize| {
        let size = low + (high - low) * i as f64 / 20.0;
        let value = by_size.at(size, overall.readers, overall.level).ok()??;
        Some(SdcPoint {
            size,
            sdc: Estimate {
                value,
                interval: None,
            },
        })
    };
    Some(sdc_curve(&SdcCurve {
        title: "Smallest detectable change by size of change".to_owned(),
        size_label: "size of change (mean of readers)".to_owned(),
        points: (0..=20).filter_map(point).collect(),
        overall: Some(overall.size.value),
    }))
}

fn bias(report: &AgreeReport, source: &Scores, sums: &Totals) -> Section {
    let biases = biases(&source.table, sums, &source.primary, report.confidence);
    let mut section = Section {
        heading: "Readers".to_owned(),
        ..Section::default()
    };
    if biases.is_empty() {
        section
            .paragraphs
            .push("No visit was scored by all readers in any patient.".to_owned());
        return section;
    }
    section.figures.push(Figure {
        svg: reader_bias_plot(&ReaderBiasPlot {
            title: "Readers’ bias".to_owned(),
            quantity: "mean difference from the mean of readers (points)".to_owned(),
            biases,
        }),
        caption: "Each reader’s mean difference from the mean of the readers, by visit.".to_owned(),
    });
    section
}
