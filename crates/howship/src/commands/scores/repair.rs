//! `howship scores repair`: which negative changes are repair, and which are error.

use super::answer::{Answer, folder, page_table, terminal};
use super::joints_shown::{expected, expected_ends, some};
use super::numbers::{estimated, p_value, percent};
use super::repair_map::{maps, wanted};
use super::repair_shown::{probabilities, probability, rates};
use super::source::{self, Scores};
use crate::args_scores::RepairArgs;
use crate::failure::ExitStatus;
use crate::printer::Printer;
use crate::table::plural;
use howship_report::paper::{Card, Page, Section, Tone};
use howship_scores::latent::{
    LatentOptions, LatentReport, PatientProbability, Standing, latent_changes,
};
use howship_scores::repair::{RepairOptions, RepairReport, repair_beyond_error};
use howship_scores::{Tidy, TidyCell, totals};
use serde::Serialize;

/// The model of every joint, and estimators that do not lean on it.
#[derive(Serialize)]
struct Result<'a> {
    model: &'a LatentReport,
    excess: &'a RepairReport,
}

pub(crate) fn run(args: &RepairArgs, printer: &Printer) -> anyhow::Result<ExitStatus> {
    let out = folder(&args.out)?;
    let source = source::scores(&args.table)?;
    source.check_span(&args.span)?;
    let patients = wanted(&source.table, &args.map_patient)?;
    let options = LatentOptions {
        from: source.visit(args.span.from.as_ref())?,
        to: source.visit(args.span.to.as_ref())?,
        feature: args.span.feature.clone(),
        artefact: args.artefact.into(),
        assumed_sensitivity: args.sensitivity,
        groups: args.groups.into(),
        chains: args.chains,
        warm_up: args.warm_up,
        sweeps: args.sweeps,
        seed: args.drawn.seed,
        thresholds: args.thresholds.clone(),
        confidence: args.drawn.intervals.confidence,
        ..LatentOptions::default()
    };
    let (sums, _) = totals(&source.table, &args.sums.options())?;
    let of_excess = RepairOptions {
        from: options.from,
        to: options.to,
        feature: source.feature(args.span.feature.as_ref()),
        draws: args.drawn.draws,
        seed: args.drawn.seed,
        confidence: args.drawn.intervals.confidence,
        ..RepairOptions::default()
    };
    let excess = repair_beyond_error(&source.table, &sums, &of_excess)?;
    let report = latent_changes(&source.table, &options)?;
    let mut notes = report.identification.clone();
    for note in excess.no_change_note().iter().chain(&report.notes) {
        if !notes.contains(note) {
            notes.push(note.clone());
        }
    }
    let page = page(&report, &excess, &source, &patients);
    let answer = Answer {
        question: "repair",
        text: text(&report, &excess, printer),
        notes,
        result: &Result {
            model: &report,
            excess: &excess,
        },
        tables: vec![
            ("excess", excess.tidy()),
            ("shrunk", excess.tidy_patients()),
            ("no_change", excess.no_change.tidy()),
            ("joints", report.tidy()),
            ("patients", report.tidy_patients()),
            ("called", report.tidy_called()),
            ("parameters", report.tidy_parameters()),
        ],
        page,
    };
    answer.hand_out(&source.origin, out, printer)
}

/// Joints that somebody saw improve, those most probably repaired first.
fn negative(report: &LatentReport) -> howship_scores::Tidy {
    some(report, |joint| joint.better > 0)
}

fn text(report: &LatentReport, excess: &RepairReport, printer: &Printer) -> String {
    let columns = [
        "subject",
        "item",
        "readings",
        "better",
        "worse",
        "p_repair",
        "p_no_change",
        "p_progression",
    ];
    let of_rates = [
        "parameter",
        "of",
        "mean",
        "lower",
        "upper",
        "basis",
        "scale_reduction",
    ];
    [
        sentence(report) + "\n",
        terminal(&probabilities(negative(report)), &columns, 15, printer),
        terminal(&report.tidy_called(), &[], 20, printer),
        terminal(&rates(report), &of_rates, 40, printer),
        terminal(&estimates(excess), &[], 40, printer),
    ]
    .join("\n")
}

/// Five estimators that need no model, each with what it rests on.
fn beyond(excess: &RepairReport) -> Section {
    let estimators = [
        (
            "shared change",
            &excess.shared.assumptions,
            &excess.shared.not_identified,
        ),
        (
            "selected change",
            &excess.selected.assumptions,
            &excess.selected.not_identified,
        ),
        (
            "tail comparison",
            &excess.tail.assumptions,
            &excess.tail.not_identified,
        ),
        (
            "image shuffle",
            &excess.shuffle.assumptions,
            &excess.shuffle.not_identified,
        ),
        (
            "shrinkage",
            &excess.shrinkage.assumptions,
            &excess.shrinkage.not_identified,
        ),
    ];
    let mut rests = Tidy::new(&["estimator", "rests on"]);
    for (name, assumptions, _) in estimators {
        if !assumptions.is_empty() {
            rests.push(vec![name.into(), assumptions.join("; ").into()]);
        }
    }
    let alone = &excess.no_change;
    let left_out = (!alone.alone.is_empty())
        .then(|| page_table("Readings that enter no change", &alone.tidy()));
    let missing = estimators
        .into_iter()
        .filter_map(|(name, _, reason)| Some(format!("{name}: {}", reason.as_ref()?)));
    Section {
        heading: format!("More repair than noise makes? {}", excess.feature),
        notes: missing.chain(excess.notes.iter().cloned()).collect(),
        tables: vec![
            page_table("Five estimators side by side", &estimates(excess)),
            page_table("What each estimator rests on", &rests),
        ]
        .into_iter()
        .chain(left_out)
        .collect(),
        ..Section::default()
    }
}

/// Estimators in words: quantities of all kinds stand in one column, so that each has decimals of its own.
fn estimates(excess: &RepairReport) -> Tidy {
    let all = excess.tidy();
    let mut table = Tidy::new(&["estimator", "level", "of", "quantity", "value"]);
    let number = |cell: Option<&TidyCell>| match cell {
        Some(TidyCell::Number(x)) => Some(*x),
        _ => None,
    };
    for row in &all.rows {
        let Some(value) = number(row.get(4)) else {
            continue;
        };
        let ends = number(row.get(5)).zip(number(row.get(6)));
        let mut cells: Vec<TidyCell> = row.iter().take(4).cloned().collect();
        let probability =
            matches!(cells.get(3), Some(TidyCell::Text(t)) if t.starts_with("p of") || t == "p");
        cells.push(
            if probability {
                p_value(value)
            } else {
                estimated(value, ends)
            }
            .into(),
        );
        table.push(cells);
    }
    table
}

/// What the rows are: joints, or patients where the table holds one score of each as a whole (`patient total`).
fn unit<'a>(mut items: impl Iterator<Item = &'a str>) -> &'static str {
    match items.all(|item| item.starts_with("patient ")) {
        true => "patient",
        false => "joint",
    }
}

/// Which negative changes are repair and which are error, in expectation.
fn sentence(report: &LatentReport) -> String {
    if let [patient] = report.patients.as_slice() {
        return of_one(report, patient);
    }
    let lower: Vec<f64> = report
        .joints
        .iter()
        .filter(|j| j.better > 0)
        .map(|j| j.repair)
        .collect();
    let repaired: f64 = lower.iter().sum();
    let how = match report.standing {
        Standing::Identified => "",
        Standing::UpperBound => " at most (readings of one film share its artefacts)",
        Standing::PriorBounded => " as far as priors tell (too few readings)",
    };
    let all = &report.repaired;
    let unit = unit(report.joints.iter().map(|j| j.item.as_str()));
    format!(
        "Of {} that some reading scored lower from {} to {}, {} are expected to be repair{how} and {} error; of all {}, \
         {} ({}) are repaired.",
        plural(lower.len(), unit),
        report.from,
        report.to,
        expected(repaired),
        expected(lower.len() as f64 - repaired),
        plural(report.joints.len(), unit),
        expected(all.mean),
        expected_ends(all)
    )
}

/// One patient: the probability that anything is repaired. How often joints repair at all is hardly learnt from one
/// patient, so that an expected count would look more certain than it is.
fn of_one(report: &LatentReport, patient: &PatientProbability) -> String {
    let lower = report.joints.iter().filter(|j| j.better > 0).count();
    format!(
        "{}: the probability that at least one of {} is repaired from {} to {} is {}; some reading scored {} lower. One \
         patient alone teaches little of readers’ errors: this leans on what is believed beforehand.",
        patient.subject,
        plural(patient.joints, "joint"),
        report.from,
        report.to,
        probability(patient.repair),
        plural(lower, "joint"),
    )
}

fn page(report: &LatentReport, excess: &RepairReport, source: &Scores, patients: &[u32]) -> Page {
    let mut sections = maps(report, &source.table, patients);
    sections.extend([
        called(report),
        beyond(excess),
        joints(report),
        parameters(report),
    ]);
    Page {
        title: format!("Repair beyond error, {} to {}", report.from, report.to),
        subtitle: source.subtitle(),
        answer: sentence(report),
        cards: cards(report),
        sections,
        ..Page::default()
    }
}

fn cards(report: &LatentReport) -> Vec<Card> {
    let count = |c: &howship_scores::latent::ExpectedCount, word: &str, tone| Card {
        number: expected(c.mean),
        word: word.to_owned(),
        note: expected_ends(c),
        tone,
    };
    if let [patient] = report.patients.as_slice() {
        let card = |p: f64, word: &str, count: f64, tone| Card {
            number: probability(p),
            word: format!("P(at least one joint {word})"),
            note: format!("{} expected", expected(count)),
            tone,
        };
        return vec![
            card(
                patient.repair,
                "repaired",
                patient.expected_repaired,
                Tone::Repair,
            ),
            card(
                patient.progression,
                "progressed",
                patient.expected_progressed,
                Tone::Progression,
            ),
        ];
    }
    let unit = unit(report.joints.iter().map(|j| j.item.as_str()));
    let mut cards = vec![
        count(
            &report.repaired,
            &format!("{unit}s repaired (expected)"),
            Tone::Repair,
        ),
        count(
            &report.progressed,
            &format!("{unit}s progressed (expected)"),
            Tone::Progression,
        ),
    ];
    let strict = report
        .joints_called
        .iter()
        .filter(|c| c.called > 0)
        .max_by(|a, b| a.threshold.total_cmp(&b.threshold));
    cards.extend(strict.map(|c| Card {
        number: c.called.to_string(),
        word: format!("{unit}s with P(repair) ≥ {}", c.threshold),
        note: c.false_discovery.map_or_else(String::new, |f| {
            format!("expected share of wrong calls {}", percent(f))
        }),
        tone: Tone::Repair,
    }));
    cards
}

fn called(report: &LatentReport) -> Section {
    Section {
        heading: "How many, and how many of them wrongly".to_owned(),
        paragraphs: vec![
            "Calling every joint (or patient) repaired whose P(repair) reaches the threshold, with the expected share \
             of wrong calls (Bayesian false discovery rate)."
                .to_owned(),
        ],
        notes: match report.standing {
            Standing::Identified => Vec::new(),
            _ => report.identification.clone(),
        },
        tables: vec![page_table("Called repaired", &report.tidy_called())],
        ..Section::default()
    }
}

/// Patients, those most probably repaired first; equal ones stay in the order of their names.
fn patients_by_repair(report: &LatentReport) -> howship_scores::Tidy {
    let mut order: Vec<usize> = (0..report.patients.len()).collect();
    let repair = |i: usize| report.patients[i].repair;
    order.sort_by(|&a, &b| repair(b).total_cmp(&repair(a)).then(a.cmp(&b)));
    let mut table = report.tidy_patients();
    table.rows = order
        .iter()
        .filter_map(|&i| table.rows.get(i).cloned())
        .collect();
    table
}

fn joints(report: &LatentReport) -> Section {
    Section {
        heading: "Joints and patients".to_owned(),
        tables: vec![
            page_table(
                "Joints that some reading scored lower, most probable repair first",
                &negative(report),
            ),
            page_table(
                "Patients, most probable repair first",
                &patients_by_repair(report),
            ),
        ],
        ..Section::default()
    }
}

fn parameters(report: &LatentReport) -> Section {
    Section {
        heading: "Readers".to_owned(),
        paragraphs: vec![
            "Posterior of each rate, and what it rests on. Where it only repeats what was believed beforehand (its SD \
             within a fifth of the prior's, its mean within half of that SD) no number is given: it was not learnt \
             from these data. A scale reduction above 1.05 asks for more sweeps."
                .to_owned(),
        ],
        tables: vec![page_table("Rates of the model", &rates(report))],
        ..Section::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Totals of 113 patients were "113 joints".
    #[test]
    fn totals_of_patients_are_no_joints() {
        assert_eq!(unit(["patient total"].into_iter()), "patient");
        assert_eq!(
            unit(["patient total", "L.MCP2 erosion"].into_iter()),
            "joint"
        );
        assert_eq!(unit(["L.MCP2 erosion"].into_iter()), "joint");
    }
}
