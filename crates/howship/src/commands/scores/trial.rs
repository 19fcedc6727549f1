//! `howship scores trial`: arms against each other.

use super::answer::{Answer, folder, page_table, page_table_as_named, terminal, terminal_as_named};
use super::numbers::estimated;
use super::origin::Origin;
use super::source::{self, Scores};
use super::trial_arms::{beside, published};
use super::trial_compare::{against, comparisons, differs};
use crate::args_scores::TrialArgs;
use crate::failure::{ExitStatus, Failure};
use crate::printer::Printer;
use crate::table::plural;
use howship_report::paper::{Card, Figure, Page, Section, Tone};
use howship_report::scores::{
    Arm, CumulativePlot, Estimate, ForestPlot, ForestRow, cumulative_plot, forest_plot,
};
use howship_scores::ScoreTable;
use howship_scores::change::Kind;
use howship_scores::trial::{Adjudication, Handling, TrialOptions, TrialReport, trial};
use howship_tables::OpenOptions;
use std::collections::BTreeMap;
use std::path::Path;

pub(crate) fn run(args: &TrialArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = folder(&args.out)?;
    let mut source = source::scores(&args.table)?;
    let strata = args
        .strata
        .as_deref()
        .map(|path| strata(path, &source.table, &mut source.origin))
        .transpose()?;
    let (sums, _) = source.sums(&args.sums)?;
    if let Some((unknown, _)) = args.sdc.iter().find(|(f, _)| sums.position(f).is_none()) {
        let message = format!("there is no sum `{unknown}` to set a smallest detectable change of");
        return Err(Failure::new(ExitStatus::BadInput, message)
            .hint(format!("there are {}", sums.features.join(", ")))
            .into());
    }
    let mut options = options(args, &source, strata.unwrap_or_default())?;
    // One score and its sum are the same number.
    if options.features.is_empty() && sums.features.len() == 2 {
        options.features.push(source.primary.clone());
    }
    let report = trial(&source.table, &sums, &options)?;
    let feature = shown_feature(&report, &source);
    let answer = Answer {
        question: "trial",
        text: text(&report, &feature, printer),
        notes: report.notes.clone(),
        result: &report,
        tables: vec![
            ("arms", report.tidy()),
            ("comparisons", report.tidy_comparisons()),
            ("adjusted_means", report.tidy_adjusted_means()),
            ("random_coefficients", report.tidy_random_coefficients()),
            ("cumulative", report.tidy_cumulative()),
            ("missing", report.tidy_missing()),
            ("adjudication", report.tidy_adjudication()),
        ],
        page: page(&report, &source, &feature),
    };
    answer.hand_out(&source.origin, out, printer)
}

fn options(
    args: &TrialArgs,
    source: &Scores,
    strata: BTreeMap<String, String>,
) -> anyhow::Result<TrialOptions> {
    let adjudication =
        args.adjudicator
            .clone()
            .zip(args.threshold)
            .map(|(adjudicator, threshold)| Adjudication {
                adjudicator,
                threshold,
                final_score: args.final_score.into(),
            });
    Ok(TrialOptions {
        features: args.feature.clone(),
        reference_arm: args.reference.clone(),
        baseline: source.visit(args.baseline.as_ref())?,
        strata,
        adjudication,
        sdc: args.sdc.iter().cloned().collect(),
        confidence: args.intervals.confidence,
        degrees_of_freedom: args.freedom.into(),
        ..TrialOptions::default()
    })
}

/// Stratum of each subject.
fn strata(
    path: &Path,
    scores: &ScoreTable,
    origin: &mut Origin,
) -> anyhow::Result<BTreeMap<String, String>> {
    let bytes = source::bytes(path, origin)?;
    let table = howship_tables::read(path, bytes, &OpenOptions::default())?;
    let column = |name: &str| {
        table.column(name).ok_or_else(|| {
            Failure::bad_input(path, format!("it has no column `{name}`"))
                .hint("give columns `subject` and `stratum`")
        })
    };
    let (subjects, values) = (column("subject")?, column("stratum")?);
    let mut strata = BTreeMap::new();
    for row in 0..table.rows() {
        let (subject, stratum) = (
            subjects.text(row).into_owned(),
            values.text(row).into_owned(),
        );
        if let Some(before) = strata.insert(subject.clone(), stratum.clone())
            && before != stratum
        {
            let reason = format!(
                "line {}: subject `{subject}` is in stratum `{stratum}`, and in `{before}` before",
                table.line(row)
            );
            return Err(Failure::bad_input(path, reason)
                .hint("give each subject one stratum")
                .into());
        }
    }
    let listed = scores.subjects.iter().filter(|s| strata.contains_key(*s));
    let listed = listed.count();
    if listed == 0 {
        let reason = "none of its subjects is in the table of scores";
        return Err(Failure::bad_input(path, reason)
            .hint("write subjects as the table does")
            .into());
    }
    let (without, strangers) = (scores.subjects.len() - listed, strata.len() - listed);
    if without > 0 {
        origin.notes.push(format!(
            "strata: {without} of {} are not listed and make a stratum of their own",
            plural(scores.subjects.len(), "subject")
        ));
    }
    if strangers > 0 {
        origin.notes.push(format!(
            "strata: {} listed that the table does not have",
            plural(strangers, "subject")
        ));
    }
    Ok(strata)
}

/// What the report shows first: the scheme's main sum, where it was analysed.
fn shown_feature(report: &TrialReport, source: &Scores) -> String {
    let analysed = |f: &str| report.tables.iter().any(|r| r.feature == f);
    let last = || {
        report
            .tables
            .last()
            .map_or_else(String::new, |r| r.feature.clone())
    };
    if analysed(&source.primary) {
        source.primary.clone()
    } else {
        last()
    }
}

fn last_visit<'a>(report: &'a TrialReport, feature: &str) -> &'a str {
    let here = report
        .cumulative
        .iter()
        .rev()
        .find(|c| c.feature == feature);
    here.map_or_else(
        || report.visits.last().map_or("", String::as_str),
        |c| c.visit.as_str(),
    )
}

fn text(report: &TrialReport, feature: &str, printer: &Printer) -> String {
    let visit = last_visit(report, feature);
    let mut text = String::new();
    for handling in Handling::ALL {
        if !differs(report, feature, visit, handling) {
            continue;
        }
        let arms = published(report, feature, visit, handling);
        text.push_str(&format!(
            "Change of {feature} at {visit}, {}\n\n{}\n",
            handling.name(),
            terminal_as_named(&arms, printer)
        ));
    }
    let reference = report.reference_arm.as_deref().unwrap_or("-");
    for (observed, films) in [
        (true, "films that were read"),
        (false, "missing films filled in"),
    ] {
        let table = against(report, feature, visit, observed);
        if !table.rows.is_empty() {
            text.push_str(&format!(
                "Arms against {reference}, {films}\n\n{}\n",
                terminal(&table, &[], 40, printer)
            ));
        }
    }
    text
}

fn page(report: &TrialReport, source: &Scores, feature: &str) -> Page {
    let visit = last_visit(report, feature).to_owned();
    Page {
        title: "Arms of the trial".to_owned(),
        subtitle: source.subtitle(),
        answer: answer(report, feature, &visit),
        cards: cards(report, feature, &visit),
        sections: vec![
            curves(report, feature, &visit),
            arms(report, feature, &visit),
            comparisons(report, feature, &visit),
            missing(report),
        ],
        ..Page::default()
    }
}

fn answer(report: &TrialReport, feature: &str, visit: &str) -> String {
    let repaired = |handling: Handling| -> Vec<&str> {
        let rows = report.handled(feature, visit, handling);
        let groups = rows.filter_map(|r| r.group.as_ref());
        groups
            .filter(|g| g.repair)
            .map(|g| g.arm.as_str())
            .collect()
    };
    let observed = repaired(Handling::Observed);
    let withheld: Vec<&str> = (report.observed(feature, visit))
        .filter_map(|r| r.group.as_ref().filter(|g| g.withheld))
        .map(|g| g.arm.as_str())
        .collect();
    let mut answer = match observed.as_slice() {
        [] => format!(
            "No arm repaired as a group by {visit}: no interval of an arm’s mean change of {feature} lies wholly below 0, \
             on the films that were read."
        ),
        some => format!(
            "Repair as a group in {} by {visit}: the interval of the mean change of {feature} lies wholly below 0, on \
             the films that were read.",
            some.join(", ")
        ),
    };
    if !withheld.is_empty() {
        answer.push_str(&format!(
            " Nothing is said of {}: its sums claim a change that the sites scored at both visits do not show.",
            withheld.join(", ")
        ));
    }
    for handling in [
        Handling::LinearExtrapolation,
        Handling::LastObservationCarried,
    ] {
        let filled = repaired(handling);
        if filled != observed {
            let who = match filled.as_slice() {
                [] => "none".to_owned(),
                some => some.join(", "),
            };
            answer.push_str(&format!(
                " With {} for missing films: {who}.",
                handling.name()
            ));
        }
    }
    answer
}

fn cards(report: &TrialReport, feature: &str, visit: &str) -> Vec<Card> {
    let rows = report
        .observed(feature, visit)
        .filter_map(|r| r.group.as_ref());
    let card = |g: &howship_scores::change::GroupChange| {
        // `value (ends)`, with one number of decimals.
        let words = estimated(g.mean, Some((g.lower, g.upper)));
        let (value, ends) = words.split_once(" (").unwrap_or((&words, ""));
        Card {
            number: value.to_owned(),
            word: format!("mean change, {}", g.arm),
            note: format!(
                "{}, {}",
                ends.trim_end_matches(')'),
                plural(g.patients, "patient")
            ),
            tone: match (g.repair, g.progression) {
                (true, _) => Tone::Repair,
                (_, true) => Tone::Progression,
                _ => Tone::Uncertain,
            },
        }
    };
    rows.map(card).collect()
}

fn curves(report: &TrialReport, feature: &str, visit: &str) -> Section {
    let mut section = Section {
        heading: "Every patient".to_owned(),
        ..Section::default()
    };
    let here = |c: &&howship_scores::trial::Cumulative| c.feature == feature && c.visit == visit;
    let sdc = report
        .sdc
        .iter()
        .find(|s| s.feature == feature && s.visit == visit);
    let arms = report.cumulative.iter().filter(here).map(|c| Arm {
        name: c.arm.clone(),
        changes: c.points.iter().map(|p| p.change).collect(),
        patients: c.points.iter().map(|p| p.subject.clone()).collect(),
        judged: judged(report, feature, visit, &c.arm),
    });
    let plot = CumulativePlot {
        title: "Cumulative probability of change".to_owned(),
        quantity: format!("Change of {feature} at {visit}"),
        arms: arms.collect(),
        sdc: sdc.and_then(|s| s.detectable.sdc),
    };
    if let Some(sdc) = sdc {
        section.paragraphs.push(format!(
            "Smallest detectable change: {}.",
            sdc.detectable.source
        ));
    }
    section.figures.push(Figure {
        svg: cumulative_plot(&plot),
        caption: "Every patient’s change (completed sums) against its cumulative percentage, an arm per curve. Counts \
                  beyond ±SDC are of the patients who are judged."
            .to_owned(),
    });
    section
}

/// Patients of an arm beyond the smallest detectable change, as its table counts them.
fn judged(
    report: &TrialReport,
    feature: &str,
    visit: &str,
    arm: &str,
) -> Option<[(usize, usize); 2]> {
    let row = report.observed(feature, visit).find(|r| r.arm == arm)?;
    let of = |kind: Kind| {
        let mut shares = row.shares.iter();
        let found = shares.find(|s| s.kind == kind && s.name.ends_with("SDC"))?;
        Some(found.share.map_or((0, 0), |s| (s.count, s.of)))
    };
    Some([of(Kind::Repair)?, of(Kind::Progression)?])
}

fn arms(report: &TrialReport, feature: &str, visit: &str) -> Section {
    let rows = report
        .observed(feature, visit)
        .filter_map(|r| r.group.as_ref());
    let row = |g: &howship_scores::change::GroupChange| ForestRow {
        name: g.arm.clone(),
        n: Some(g.patients),
        change: Estimate {
            value: g.mean,
            interval: Some([g.lower, g.upper]),
        },
    };
    let plot = ForestPlot {
        title: "Mean change by arm".to_owned(),
        quantity: format!("mean change of {feature} at {visit}"),
        rows: rows.map(row).collect(),
        sdc: None,
    };
    let mut section = Section {
        heading: "Arms".to_owned(),
        paragraphs: vec!["All sums and visits are in arms.csv, a number per column.".to_owned()],
        ..Section::default()
    };
    for handling in Handling::ALL {
        if !differs(report, feature, visit, handling) {
            section.paragraphs.push(format!(
                "No missing film could be filled in by {}.",
                handling.name()
            ));
            continue;
        }
        let caption = format!("Change of {feature} at {visit}, {}", handling.name());
        let table = published(report, feature, visit, handling);
        for part in beside(&table) {
            section.tables.push(page_table_as_named(&caption, &part));
        }
    }
    if !plot.rows.is_empty() {
        section.figures.push(Figure {
            svg: forest_plot(&plot),
            caption: "An arm repairs as a group where its whole interval lies below 0.".to_owned(),
        });
    }
    section
}

fn missing(report: &TrialReport) -> Section {
    let mut tables = vec![page_table("Missing changes", &report.tidy_missing())];
    if !report.adjudication.is_empty() {
        tables.push(page_table("Adjudication", &report.tidy_adjudication()));
    }
    Section {
        heading: "Missing films and adjudication".to_owned(),
        tables,
        ..Section::default()
    }
}
