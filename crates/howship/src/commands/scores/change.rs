//! `howship scores change`: the field's definitions of progression and repair, side by side.

use super::answer::{Answer, folder, page_table, terminal, without_constant};
use super::numbers::{counted, estimated, interval, number, percent, percent_end};
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
use howship_scores::change::{
    Bounds, ChangeOptions, ChangeReport, DefinitionResult, Kind, PatientChange, Share, changes,
};
use howship_scores::{Tidy, TidyCell};

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
        terminal(&side_by_side(report), &[], 60, printer) + &unjudged(report),
        terminal(&report.tidy_groups(), &[], 40, printer)
    )
}

/// Definitions that this design cannot judge, a line each.
fn unjudged(report: &ChangeReport) -> String {
    let reasons = report.definitions.iter().filter_map(|d| {
        let reason = d.not_identified.as_ref()?;
        Some(format!("{} is not judged: {reason}\n", d.name))
    });
    reasons.collect()
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
                    caption: "Every patient’s change (completed sums) against its cumulative percentage. Counts beyond ±SDC are \
                              of the patients who are judged."
                        .to_owned(),
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

/// Who got better and who got worse by more than readers err, in a sentence.
fn answer(report: &ChangeReport) -> String {
    let patients = plural(report.patients.len(), "patient");
    let read = format!("{patients} read at {} and {}", report.from, report.to);
    let Some(sdc) = report.detectable.sdc else {
        let better = report.patients.iter().filter(|p| p.mean < 0.0).count();
        let worse = report.patients.iter().filter(|p| p.mean > 0.0).count();
        return format!(
            "Of {read}, {better} improved and {worse} worsened by some amount; whether by more than readers err cannot \
             be told from this table."
        );
    };
    let beyond = |holds: &dyn Fn(f64) -> bool| {
        let by_sums = report.patients.iter().filter(|p| holds(p.mean)).count();
        let given =
            |p: &&PatientChange| p.matched.verdict(p.mean, |c| Some(holds(c))) == Some(true);
        let given = report.patients.iter().filter(given).count();
        (given, by_sums - given)
    };
    let (better, worse) = (beyond(&|c| c < -sdc), beyond(&|c| c > sdc));
    let withheld = match better.1 + worse.1 {
        0 => String::new(),
        n => format!(
            " {n} more did so by sums over different sites, but not by the sites scored at both visits, and {} not \
             counted.",
            if n == 1 { "is" } else { "are" }
        ),
    };
    format!(
        "Of {read}, {} improved and {} worsened by more than readers err (smallest detectable change {} {}).{withheld}",
        better.0,
        worse.0,
        number(sdc),
        if sdc == 1.0 { "point" } else { "points" }
    )
}

/// The two definitions by the smallest detectable change come first: they are what the headline says.
fn cards(report: &ChangeReport) -> Vec<Card> {
    let by_error = |d: &&DefinitionResult| d.name.ends_with("SDC");
    let first = report.definitions.iter().filter(by_error);
    let rest = report.definitions.iter().filter(|d| !by_error(d));
    let mut cards: Vec<Card> = first.chain(rest).filter_map(card).collect();
    cards.truncate(6);
    cards
}

fn card(d: &DefinitionResult) -> Option<Card> {
    let share = d.patients.as_ref()?;
    let of = format!(
        "of {}, {}",
        plural(share.of, "patient"),
        percent(share.share)
    );
    Some(Card {
        number: share.count.to_string(),
        word: d.name.clone(),
        note: match &d.bounds {
            None => of,
            Some(bounds) => format!("{of}; {}", withheld(d.withheld, *bounds)),
        },
        tone: match d.kind {
            Kind::Progression => Tone::Progression,
            Kind::Repair => Tone::Repair,
        },
    })
}

/// What a share would be with all withheld patients counted either way.
fn withheld(count: usize, bounds: Bounds) -> String {
    format!(
        "{count} withheld ({} to {} with them)",
        percent(bounds.none.share),
        percent(bounds.all.share)
    )
}

fn cumulative(report: &ChangeReport, quantity: &str) -> String {
    let mut arms: Vec<Arm> = Vec::new();
    for patient in &report.patients {
        let name = patient
            .arm
            .clone()
            .unwrap_or_else(|| "all patients".to_owned());
        let at = arms.iter().position(|a| a.name == name);
        let at = at.unwrap_or_else(|| {
            let judged = judged(report, patient.arm.as_deref());
            arms.push(Arm {
                name,
                judged,
                ..Arm::default()
            });
            arms.len() - 1
        });
        arms[at].changes.push(patient.mean);
        arms[at].patients.push(patient.subject.clone());
    }
    arms.sort_by(|a, b| a.name.cmp(&b.name));
    cumulative_plot(&CumulativePlot {
        title: "Cumulative probability of change".to_owned(),
        quantity: quantity.to_owned(),
        arms,
        sdc: report.detectable.sdc,
    })
}

/// Patients of an arm (or all) beyond the smallest detectable change, as the definitions count them.
fn judged(report: &ChangeReport, arm: Option<&str>) -> Option<[(usize, usize); 2]> {
    let of = |kind: Kind| {
        let mut by_error = report.definitions.iter();
        let d = by_error.find(|d| d.kind == kind && d.name.ends_with("SDC"))?;
        let share = match arm {
            Some(arm) => match d.arms.iter().find(|a| a.arm == arm) {
                Some(found) => found.share.as_ref(),
                None => d.patients.as_ref(),
            },
            None => d.patients.as_ref(),
        };
        Some(share.map_or((0, 0), |s| (s.count, s.of)))
    };
    Some([of(Kind::Repair)?, of(Kind::Progression)?])
}

/// A row per definition and arm, counts and shares in words.
fn side_by_side(report: &ChangeReport) -> Tidy {
    let mut table = Tidy::new(&[
        "definition",
        "of",
        "arm",
        "who meets it",
        "95 % interval",
        "withheld",
        "share with none or all of them",
    ]);
    if report.confidence != 0.95 {
        table.columns[4] = format!("{} % interval", number(100.0 * report.confidence));
    }
    for d in &report.definitions {
        let mut row =
            |of: &str, arm: &str, share: Option<&Share>, held: usize, bounds: Option<Bounds>| {
                let interval =
                    share.map(|s| format!("{} to {}", percent_end(s.lower), percent_end(s.upper)));
                let either = bounds
                    .map(|b| format!("{} to {}", percent(b.none.share), percent(b.all.share)));
                let text = |t: Option<String>| t.map_or(TidyCell::Empty, TidyCell::from);
                table.push(vec![
                    d.name.as_str().into(),
                    of.into(),
                    arm.into(),
                    text(share.map(|s| counted(s.count, s.of))),
                    text(interval),
                    held.into(),
                    text(either),
                ]);
            };
        if let Some(share) = &d.joints {
            row("joints", "all", Some(share), 0, None);
        }
        if let Some(share) = &d.patients {
            row("patients", "all", Some(share), d.withheld, d.bounds);
        }
        for a in &d.arms {
            row("patients", &a.arm, a.share.as_ref(), a.withheld, a.bounds);
        }
    }
    let none_held = report.definitions.iter().all(|d| d.withheld == 0);
    let shown = without_constant(table, &["of", "arm"]);
    match none_held {
        true => without_constant(shown, &["withheld"]),
        false => shown,
    }
}

fn definitions(report: &ChangeReport) -> Section {
    let unjudged = report.definitions.iter().filter_map(|d| {
        let reason = d.not_identified.as_ref()?;
        Some(format!("{}: {reason}", d.name))
    });
    let mut rules = Tidy::new(&["definition", "asks for"]);
    for d in &report.definitions {
        rules.push(vec![d.name.as_str().into(), d.rule.as_str().into()]);
    }
    let mut section = Section {
        heading: "Definitions side by side".to_owned(),
        notes: unjudged.collect(),
        tables: vec![
            page_table(
                "Who meets which definition (exact intervals)",
                &side_by_side(report),
            ),
            page_table("What each definition asks for", &rules),
            page_table("Progression against repair", &report.tidy_cross()),
        ],
        ..Section::default()
    };
    let mixed = mixed(report);
    if !mixed.rows.is_empty() {
        section.tables.push(page_table(
            "Patients with worse and better joints at once",
            &mixed,
        ));
    }
    section
}

/// A row per reader, a column per pattern.
fn mixed(report: &ChangeReport) -> Tidy {
    let mut table = Tidy::new(&["reader", "mixed", "worse only", "better only", "unchanged"]);
    for m in &report.mixed {
        let kinds = [&m.mixed, &m.worse_only, &m.better_only, &m.unchanged];
        let cells = kinds.map(|s| TidyCell::from(counted(s.count, s.of)));
        table.push(
            std::iter::once(m.reader.as_str().into())
                .chain(cells)
                .collect(),
        );
    }
    table
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
            estimated(g.mean, Some((g.lower, g.upper)))
        )
    });
    let mut section = Section {
        heading: "Groups".to_owned(),
        paragraphs: words.collect(),
        tables: vec![page_table(
            "Mean changes",
            &without_constant(report.tidy_groups(), &["feature"]),
        )],
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
            names: (report.patients.iter().filter(|p| pair(p).is_some()))
                .map(|p| p.subject.clone())
                .collect(),
        }),
        caption: "Repair that both readers see lies in the lower left quarter.".to_owned(),
    });
    section
}
