//! `howship scores change`: the field's definitions of progression and repair, side by side.

use super::answer::{Answer, folder, interval, number, page_table, terminal};
use super::source::{self, Scores};
use crate::args_scores::ChangeArgs;
use crate::failure::ExitStatus;
use crate::printer::Printer;
use crate::table::plural;
use howship_report::paper::{Card, Figure, Page, Section, Tone};
use howship_report::scores::{
    Arm, CumulativePlot, Estimate, ForestPlot, ForestRow, ReaderScatter, cumulative_plot,
    forest_plot, reader_scatter,
};
use howship_scores::change::{ChangeOptions, ChangeReport, Kind, PatientChange, changes};

pub(crate) fn run(args: &ChangeArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = folder(&args.out)?;
    let mut source = source::scores(&args.table)?;
    source.check_span(&args.span)?;
    let mut joint_repair = ChangeOptions::default().joint_repair;
    for rule in &args.repair_rule {
        if let Some(feature) = &rule.feature {
            source.check_feature(feature)?;
        }
        if !joint_repair.contains(rule) {
            joint_repair.push(rule.clone());
        }
    }
    let options = ChangeOptions {
        joint_repair,
        from: source.visit(args.span.from.as_ref())?,
        to: source.visit(args.span.to.as_ref())?,
        feature: source.feature(args.span.feature.as_ref()),
        sdc: args.sdc,
        confidence: args.intervals.confidence,
        readings_as_readers: args.readings_as_readers,
        ..ChangeOptions::default()
    };
    let (sums, _) = source.sums(&args.sums)?;
    let report = changes(&source.table, &sums, &options)?;
    let answer = Answer {
        question: "change",
        text: text(&report, printer),
        notes: report.notes.clone(),
        result: &report,
        tables: vec![
            ("change", report.tidy()),
            ("groups", report.tidy_groups()),
            ("patients", report.tidy_patients()),
            ("joints", report.tidy_joints()),
            ("cross", report.tidy_cross()),
            ("mixed", report.tidy_mixed()),
        ],
        page: page(&report, &source),
    };
    answer.hand_out(&source.origin, out, printer)
}

fn text(report: &ChangeReport, printer: &Printer) -> String {
    let sdc = match report.detectable.sdc {
        Some(sdc) => format!(
            "SDC {} ({})",
            interval(sdc, report.detectable.interval.map(|i| (i.lower, i.upper))),
            report.detectable.source
        ),
        None => report.detectable.source.clone(),
    };
    format!(
        "Change of {} from {} to {}, {}; {sdc}\n\n{}\n{}",
        report.feature,
        report.from,
        report.to,
        plural(report.patients.len(), "patient"),
        terminal(
            &report.tidy(),
            &[
                "definition",
                "kind",
                "unit",
                "arm",
                "count",
                "of",
                "share",
                "lower",
                "upper",
                "withheld",
                "share_if_none",
                "share_if_all",
                "not_identified"
            ],
            60,
            printer
        ),
        terminal(&report.tidy_groups(), &[], 40, printer)
    )
}

fn page(report: &ChangeReport, source: &Scores) -> Page {
    let quantity = format!(
        "Change of {} from {} to {}",
        report.feature, report.from, report.to
    );
    Page {
        title: quantity.clone(),
        subtitle: source.subtitle(),
        answer: answer(report),
        cards: cards(report),
        sections: vec![
            Section {
                heading: "Every patient".to_owned(),
                figures: vec![Figure {
                    svg: cumulative(report, &quantity),
                    caption: "Every patient’s change against its cumulative percentage.".to_owned(),
                }],
                ..Section::default()
            },
            definitions(report),
            groups(report, &quantity),
            readers(report),
        ],
        ..Page::default()
    }
}

/// Patients below minus the smallest detectable change, in a sentence.
fn answer(report: &ChangeReport) -> String {
    let negative = report.patients.iter().filter(|p| p.mean < 0.0).count();
    let Some(sdc) = report.detectable.sdc else {
        return format!(
            "Negative changes: {negative} of {}; how many beyond error cannot be told from this table.",
            plural(report.patients.len(), "patient")
        );
    };
    let beyond = |change: f64| Some(change < -sdc);
    let patients = || report.patients.iter();
    let by_sums = patients().filter(|p| p.mean < -sdc).count();
    let given = |p: &&PatientChange| p.matched.verdict(p.mean, beyond) == Some(true);
    let shown = patients().filter(given).count();
    let withheld = match by_sums - shown {
        0 => String::new(),
        n => format!(
            " {n} more exceed it by sums of different sites, not by the sites scored at both visits."
        ),
    };
    format!(
        "{shown} of {} exceed the smallest detectable change of {} points ({}).{withheld}",
        plural(negative, "negative change"),
        number(sdc),
        plural(report.patients.len(), "patient")
    )
}

fn cards(report: &ChangeReport) -> Vec<Card> {
    let mut cards = Vec::new();
    for d in &report.definitions {
        let Some(share) = d.patients.as_ref() else {
            continue;
        };
        cards.push(Card {
            number: share.count.to_string(),
            word: d.name.clone(),
            note: match &d.bounds {
                None => format!(
                    "of {}, {} %",
                    plural(share.of, "patient"),
                    number(100.0 * share.share)
                ),
                Some(bounds) => format!(
                    "of {}, {} %; with {} withheld {} to {} %",
                    plural(share.of, "patient"),
                    number(100.0 * share.share),
                    d.withheld,
                    number(100.0 * bounds.none.share),
                    number(100.0 * bounds.all.share)
                ),
            },
            tone: match d.kind {
                Kind::Progression => Tone::Progression,
                Kind::Repair => Tone::Repair,
            },
        });
    }
    cards.truncate(6);
    cards
}

fn cumulative(report: &ChangeReport, quantity: &str) -> String {
    let mut arms: Vec<Arm> = Vec::new();
    for patient in &report.patients {
        let name = patient
            .arm
            .clone()
            .unwrap_or_else(|| "all patients".to_owned());
        match arms.iter_mut().find(|a| a.name == name) {
            Some(arm) => arm.changes.push(patient.mean),
            None => arms.push(Arm {
                name,
                changes: vec![patient.mean],
            }),
        }
    }
    arms.sort_by(|a, b| a.name.cmp(&b.name));
    cumulative_plot(&CumulativePlot {
        title: "Cumulative probability of change".to_owned(),
        quantity: quantity.to_owned(),
        arms,
        sdc: report.detectable.sdc,
    })
}

fn definitions(report: &ChangeReport) -> Section {
    let unjudged = report.definitions.iter().filter_map(|d| {
        let reason = d.not_identified.as_ref()?;
        Some(format!("{}: {reason}", d.name))
    });
    let rules = report
        .definitions
        .iter()
        .map(|d| format!("{}: {}.", d.name, d.rule));
    Section {
        heading: "Definitions side by side".to_owned(),
        paragraphs: rules.collect(),
        notes: unjudged.collect(),
        tables: vec![
            page_table(
                "Who meets which definition (exact intervals; with withheld patients the shares if none and if all of \
                 them did)",
                &report.tidy(),
            ),
            page_table("Progression against repair", &report.tidy_cross()),
            page_table(
                "Patients with worse and better joints at once",
                &report.tidy_mixed(),
            ),
        ],
        ..Section::default()
    }
}

fn groups(report: &ChangeReport, quantity: &str) -> Section {
    let row = |g: &howship_scores::change::GroupChange| ForestRow {
        name: format!("{} {}", g.arm, g.feature).trim().to_owned(),
        n: Some(g.patients),
        change: Estimate {
            value: g.mean,
            interval: Some([g.lower, g.upper]),
        },
    };
    let plot = ForestPlot {
        title: "Mean change by group".to_owned(),
        quantity: quantity.to_owned(),
        rows: report.groups.iter().map(row).collect(),
        sdc: None,
    };
    let words = report.groups.iter().map(|g| {
        let said = match g.repair_word() {
            "yes" => "repair as a group",
            "withheld" => "withheld: the sites scored at both visits do not say the same",
            "no spread" => "no spread, so that no error can be told",
            _ => "no repair as a group",
        };
        format!(
            "{} {}: {} points, {said}.",
            g.arm,
            g.feature,
            interval(g.mean, Some((g.lower, g.upper)))
        )
    });
    let mut section = Section {
        heading: "Groups".to_owned(),
        paragraphs: words.collect(),
        tables: vec![page_table("Mean changes", &report.tidy_groups())],
        ..Section::default()
    };
    if !report.groups.is_empty() {
        section.figures.push(Figure {
            svg: forest_plot(&plot),
            caption: "A group repairs where its whole interval lies below 0.".to_owned(),
        });
    }
    section
}

fn readers(report: &ChangeReport) -> Section {
    let mut section = Section {
        heading: "Readers".to_owned(),
        paragraphs: vec![format!(
            "Smallest detectable change: {}.",
            report.detectable.source
        )],
        ..Section::default()
    };
    let [first, second, ..] = report.readers.as_slice() else {
        return section;
    };
    let pair = |p: &PatientChange| Some([(*p.readers.first()?)?, (*p.readers.get(1)?)?]);
    section.figures.push(Figure {
        svg: reader_scatter(&ReaderScatter {
            title: "Two readers’ changes".to_owned(),
            first: format!("change by {first}"),
            second: format!("change by {second}"),
            pairs: report.patients.iter().filter_map(pair).collect(),
        }),
        caption: "Repair that both readers see lies in the lower left quarter.".to_owned(),
    });
    section
}
