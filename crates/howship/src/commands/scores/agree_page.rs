//! The report of `howship scores agree`.

use super::agree_words::{detectable, drift_words, quantity, raters};
use super::answer::{page_table, without};
use super::numbers::number;
use super::reader_bias::biases;
use super::source::Scores;
use crate::args_scores::ShownInterval;
use howship_report::paper::{Card, Figure, Page, Section, Table};
use howship_report::scores::{
    BlandAltman, Estimate, LimitsPoint, ReaderBiasPlot, SdcCurve, SdcPoint, bland_altman,
    reader_bias_plot, sdc_curve,
};
use howship_scores::agree::{AgreeReport, PairLimits, PatientAgreement, Quantity, Raters};
use howship_scores::{Tidy, TidyCell, Totals};
use howship_stats::{Ends, IccForm, ReaderScope};

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

/// With more readers the pairs' figures would hide the rest.
const MOST_PAIRS: usize = 6;

pub(super) fn page(
    report: &AgreeReport,
    source: &Scores,
    sums: &Totals,
    ([patients, joints], kind): ([&Tidy; 2], ShownInterval),
) -> Page {
    let change = shown(report, source, true);
    let status = shown(report, source, false);
    let mut sections = Vec::new();
    sections.extend(change.map(|p| section("Change", p)));
    sections.extend(status.map(|p| section("Status", p)));
    sections.push(bias(report, source, sums));
    sections.extend(readings(report));
    sections.push(Section {
        heading: "Patients".to_owned(),
        paragraphs: vec![
            "`detectable` is the smallest detectable change (of changes) or difference (of statuses) of the mean of \
             the readers averaged (those by whom a patient was read, the harmonic mean), at the highest level asked \
             for, for these readers; `detectable_any_readers` counts their bias as error."
                .to_owned(),
            match kind {
                ShownInterval::Adjusted => format!(
                    "Intervals are at {} %, and kurtosis-adjusted: their degrees of freedom come from how much the \
                     patients' own contributions spread. Of fewer than 100 patients those of ICC are lower bounds (≥). \
                     Those of normal scores and of the patient bootstrap are in agreement.csv, each by its name, and \
                     shown here with `--interval`; both hold less often than they say where a few patients carry most \
                     change.",
                    number(100.0 * report.confidence)
                ),
                ShownInterval::Normal => format!(
                    "Intervals are at {} % and those of normal scores (F, chi-square, generalized), as was asked for; \
                     they hold less often than they say where a few patients carry most change.",
                    number(100.0 * report.confidence)
                ),
                ShownInterval::Bootstrap => format!(
                    "Intervals are at {} % and those of resampled patients (BCa, else percentile), as was asked for; \
                     they hold less often than they say of few patients.",
                    number(100.0 * report.confidence)
                ),
            },
        ],
        tables: by_raters("Sums of patients", patients, &["ICC(A,k)"]),
        ..Section::default()
    });
    if !joints.rows.is_empty() {
        sections.push(Section {
            heading: "Joints".to_owned(),
            paragraphs: vec![
                "Intervals resample patients, since joints of one patient are not independent."
                    .to_owned(),
            ],
            tables: by_raters("Joints", joints, &[]),
            ..Section::default()
        });
    }
    Page {
        title: "Agreement of readers".to_owned(),
        subtitle: source.subtitle(),
        answer: (change.and_then(|p| answer(p, report.confidence))).unwrap_or_default(),
        cards: (change.into_iter().chain(status))
            .flat_map(|p| cards(p, report.confidence))
            .collect(),
        sections,
        ..Page::default()
    }
}

/// A table for each group of raters, without some columns: what is left fits a page.
fn by_raters(caption: &str, tidy: &Tidy, left_out: &[&str]) -> Vec<Table> {
    const RATERS: &str = "raters";
    let Some(at) = tidy.columns.iter().position(|c| c == RATERS) else {
        return vec![page_table(caption, tidy)];
    };
    let shown = without(tidy.clone(), &[&[RATERS], left_out].concat());
    let mut groups: Vec<(&TidyCell, Tidy)> = Vec::new();
    for (row, cells) in tidy.rows.iter().zip(shown.rows) {
        match groups.iter_mut().find(|(raters, _)| **raters == row[at]) {
            Some((_, group)) => group.rows.push(cells),
            None => {
                let columns = shown.columns.clone();
                let rows = vec![cells];
                groups.push((&row[at], Tidy { columns, rows }));
            }
        }
    }
    let table = |(raters, group): &(&TidyCell, Tidy)| match raters {
        TidyCell::Text(raters) => page_table(&format!("{caption}, {raters}"), group),
        _ => page_table(caption, group),
    };
    groups.iter().map(table).collect()
}

fn answer(p: &PatientAgreement, confidence: f64) -> Option<String> {
    let size = detectable(p, ReaderScope::Fixed)?;
    let read = match size.readers {
        1.0 => "one reading".to_owned(),
        n if n.fract() == 0.0 => format!("the mean of {} readings", number(n)),
        n => format!("the mean of {n:.1} readings on average"),
    };
    let ends = size.size.interval;
    Some(format!(
        "One patient’s {}, {read}, must change by more than {} points before this is more than readers err ({} % interval \
         {} to {}).",
        p.feature,
        number(size.size.value),
        number(100.0 * confidence),
        number(ends.lower),
        number(ends.upper)
    ))
}

fn cards(p: &PatientAgreement, confidence: f64) -> Vec<Card> {
    let sure = format!("({} %)", number(100.0 * confidence));
    let what = quantity(&p.quantity);
    let mut cards = Vec::new();
    let agreement = p.icc.as_ref();
    let agreement = agreement.and_then(|t| Some((t.get(IccForm::Agreement)?, t.ends)));
    if let Some((icc, ends)) = agreement.filter(|(icc, _)| icc.value.is_finite()) {
        cards.push(Card {
            number: number(icc.value),
            word: format!("ICC(A,1), {what}"),
            note: icc.interval.map_or_else(String::new, |i| match ends {
                Ends::Both => format!("{} to {} {sure}", number(i.lower), number(i.upper)),
                Ends::Lower => format!("at least {} {sure}", number(i.lower)),
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
                "{} to {} {sure}",
                number(size.size.interval.lower),
                number(size.size.interval.upper)
            ),
            ..Card::default()
        });
    }
    cards
}

/// Readings to look at again, readers who drift, and concordance over all visits; none where there is none of these.
fn readings(report: &AgreeReport) -> Option<Section> {
    let mut outlying = Tidy::new(&[
        "subject",
        "reader",
        "of",
        "value",
        "others_make_it",
        "deviations",
    ]);
    let mut farthest: Vec<_> = report
        .patients
        .iter()
        .flat_map(|p| p.outlying.iter().map(move |o| (p, o)))
        .collect();
    farthest.sort_by(|(_, a), (_, b)| b.deviations.abs().total_cmp(&a.deviations.abs()));
    for (p, o) in farthest {
        outlying.push(vec![
            o.subject.as_str().into(),
            o.reader.as_str().into(),
            format!("{}, {}", p.feature, quantity(&p.quantity)).into(),
            o.value.into(),
            o.expected.into(),
            o.deviations.into(),
        ]);
    }
    let mut visits = Tidy::new(&[
        "feature",
        "first",
        "second",
        "subjects",
        "concordance",
        "lower",
        "upper",
    ]);
    for v in &report.over_visits {
        let bounds = v.concordance.interval;
        visits.push(vec![
            v.feature.as_str().into(),
            v.first.as_str().into(),
            v.second.as_str().into(),
            v.concordance.subjects.into(),
            v.concordance.value.into(),
            bounds.map(|b| b.lower).into(),
            bounds.map(|b| b.upper).into(),
        ]);
    }
    let mut section = Section {
        heading: "Readings to look at".to_owned(),
        paragraphs: report.drift.iter().map(drift_words).collect(),
        ..Section::default()
    };
    if !outlying.rows.is_empty() {
        section.tables.push(page_table(
            "Readings farther from the others than five scaled median deviations; of two readers it cannot be told \
             which is wrong",
            &outlying,
        ));
    }
    if !visits.rows.is_empty() {
        section.tables.push(page_table(
            "Concordance over all visits (King, Chinchilli, Carrasco)",
            &visits,
        ));
    }
    let empty = section.paragraphs.is_empty() && section.tables.is_empty();
    (!empty).then_some(section)
}

fn section(heading: &str, p: &PatientAgreement) -> Section {
    let mut section = Section {
        heading: format!("{heading}: {}, {}", p.feature, raters(&p.raters)),
        ..Section::default()
    };
    for limits in p.limits.iter().take(MOST_PAIRS) {
        section.figures.push(Figure {
            svg: limits_figure(p, limits),
            caption: format!(
                "{} and {}: differences against their mean, with bias, limits of agreement{} and their exact \
                 intervals.{}",
                limits.first,
                limits.second,
                if limits.single.is_some() { " of each reader's means" } else { "" },
                limits.single.as_ref().map_or_else(String::new, |s| format!(
                    " Single readings differ more: from {} to {}.",
                    number(s.lower.value),
                    number(s.upper.value)
                ))
            ),
        });
    }
    if p.limits.len() > MOST_PAIRS {
        section.notes.push(format!(
            "{MOST_PAIRS} of {} pairs are drawn; all are in agreement.csv.",
            p.limits.len()
        ));
    }
    if let Some((svg, slope)) = curve(p).zip(p.by_size.as_ref().map(|b| &b.sd.slope)) {
        section.figures.push(Figure {
            svg,
            caption: match (slope.interval.lower > 0.0, slope.interval.upper < 0.0) {
                (true, _) => {
                    "The smallest detectable change grows with the size of change: the line with its band, and \
                     patients of about one size (points)."
                }
                (_, true) => {
                    "The smallest detectable change falls with the size of change: the line with its band, and \
                     patients of about one size (points)."
                }
                _ => {
                    "The smallest detectable change against the size of change, the line with its band, and patients \
                     of about one size (points): these patients do not tell whether it grows or falls."
                }
            }
            .to_owned(),
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
        names: pair.subjects.clone(),
    })
}

/// The smallest detectable change by the size of change, where readers' differences tell it.
fn curve(p: &PatientAgreement) -> Option<String> {
    let by_size = p.by_size.as_ref()?;
    let overall = detectable(p, ReaderScope::Fixed)?;
    // A line is drawn where patients are: a single one far out would make all others one point.
    let (low, high) = by_size.range;
    let usual = by_size.groups.iter().map(|g| g.size).fold(low, f64::max);
    let high = if usual > low {
        high.min(2.0 * usual)
    } else {
        high
    };
    let point = |i: usize| {
        let size = low + (high - low) * i as f64 / 20.0;
        let value = by_size.at(size, overall.readers, overall.level).ok()??;
        let band = by_size
            .interval_at(size, overall.readers, overall.level)
            .ok()??;
        Some(SdcPoint {
            size,
            sdc: Estimate {
                value,
                interval: Some([band.lower, band.upper]),
            },
        })
    };
    // Of a detectable change and the SD of one reader's change at the same size the ratio is the same everywhere.
    let middle = 0.5 * (low + high);
    let factor = by_size.at(middle, overall.readers, overall.level).ok()??;
    let factor = factor / by_size.sd.at(middle);
    let groups = by_size.groups.iter().map(|g| SdcPoint {
        size: g.size,
        sdc: Estimate {
            value: factor * g.sd,
            interval: None,
        },
    });
    Some(sdc_curve(&SdcCurve {
        title: "Smallest detectable change by size of change".to_owned(),
        size_label: "size of change (mean of readers)".to_owned(),
        points: (0..=20).filter_map(point).collect(),
        overall: Some(overall.size.value),
        groups: groups.collect(),
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
