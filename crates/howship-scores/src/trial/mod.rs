//! Arms of a trial: tables in the shape of published ones, group repair, comparisons that missing films survive.
//!
//! One number per patient and visit: each reader's change against the same reader's baseline, averaged over
//! readers, adjudicated where a third reader settles disagreement. All analyses compare arms in a reference arm's
//! terms; negative differences favour the compared arm where more is worse.

mod ancova;
mod arm_table;
mod cumulative;
mod missing;
mod options;
mod patients;
mod published;
mod random_coefficients;
mod report;
mod tidy;

pub use options::{Adjudication, FinalScore, TrialOptions};
pub use published::{PublishedGroup, Spread};
pub use report::{
    AdjudicationCount, AdjustedMean, ArmRow, Comparison, Cumulative, CumulativePoint,
    DefinitionShare, FeatureSdc, Handling, Method, MissingCount, RandomCoefficients, TrialReport,
};

use crate::change::{MatchedSites, Matches, differing_notes, sequence_note};
use crate::{Error, NONE, ScoreTable, Totals};
use patients::{FeatureData, Patient};

/// Analyses the arms of a trial.
///
/// # Method
/// Arm tables, shares and cumulative plots at every visit after baseline; ANCOVA on change, on ranks and on van
/// der Waerden's normal scores, and Wilcoxon's test, against the reference arm; a random-coefficient model over all
/// visits (Landewé and others, RMD Open 2023;9:e002543). Patients whose film is missing are handled three ways side
/// by side: left out, extrapolated in a line (change · T/t), last observation carried forward; each count is
/// reported. What a design cannot give is a note, not a number.
///
/// # Limits
/// Missing films must be missing at random for the random-coefficient model and completely at random for observed
/// cases; extrapolation keeps the mean but inflates the SD, carrying forward shrinks changes.
///
/// # Errors
/// Scores of which it is not known whether they are any; fewer than two visits, no such feature, arm or adjudicator, a confidence outside (0, 1), no change of any
/// patient.
pub fn trial(
    table: &ScoreTable,
    totals: &Totals,
    options: &TrialOptions,
) -> Result<TrialReport, Error> {
    table.settled("a trial's arms")?;
    let setting = options::Setting::of(table, totals, options)?;
    let mut report = TrialReport::new(&setting);
    report.notes.extend(sequence_note(table.sequence_known));
    report.notes.extend(arm_notes(table, &setting));
    let matches: Vec<Matches> = (setting.visits.iter())
        .map(|&visit| Matches::of(table, totals, (setting.baseline, visit)))
        .collect();
    for feature in &setting.features {
        let data = FeatureData::of(table, totals, feature, (&setting, &matches))?;
        if data.is_empty() {
            report.notes.push(format!(
                "`{feature}`: no reading of any patient has this sum at baseline and at a later visit"
            ));
            continue;
        }
        (report.notes).extend(without_baseline(table, &data, &setting));
        (report.notes).extend(unread(&data));
        report
            .adjudication
            .extend(data.adjudication.iter().cloned());
        report.missing.extend(missing::count(&data, &setting));
        report.sdc.extend(data.sdc.iter().cloned());
        arm_table::fill(&mut report, &data, &setting)?;
        let notes = differing(&data, &report, &setting);
        report.notes.extend(notes);
        cumulative::fill(&mut report, &data, &setting);
        ancova::fill(&mut report, &data, &setting)?;
        random_coefficients::fill(&mut report, &data, &setting)?;
    }
    if report.tables.is_empty() {
        return Err(Error::NotIdentified {
            question: "a trial's arms",
            reason: (
                "no patient has a change from baseline",
                "every reading needs a baseline and a later visit",
            )
                .into(),
        });
    }
    report.notes.extend(adjudication_notes(&report));
    Ok(report)
}

/// How many changes to the last visit are of other sites than at baseline, and how many verdicts are withheld for it.
fn differing(
    data: &FeatureData,
    report: &TrialReport,
    setting: &options::Setting<'_>,
) -> Vec<String> {
    let Some(name) = setting.visit_names.last() else {
        return Vec::new();
    };
    let last = |p: &Patient| p.matched.last().copied().flatten();
    let matched: Vec<MatchedSites> = data.patients.iter().filter_map(last).collect();
    let differing = matched.iter().filter(|m| m.differ).count();
    let rows = report.observed(&data.feature, name);
    let withheld = rows.flat_map(|r| &r.shares).map(|s| s.withheld).sum();
    differing_notes(differing, matched.len(), withheld)
        .into_iter()
        .map(|note| format!("`{}`, {name}: {note}", data.feature))
        .collect()
}

/// Readings that enter no change, and why a visit has no smallest detectable change.
fn unread(data: &FeatureData) -> Vec<String> {
    let unpaired = data
        .sdc
        .iter()
        .zip(&data.unpaired)
        .filter_map(|(sdc, note)| {
            let note = note.as_ref()?;
            Some(format!("`{}`, {}: {note}", sdc.feature, sdc.visit))
        });
    let without = data.sdc.iter().filter(|s| s.detectable.sdc.is_none());
    let without = without.map(|s| {
        let (feature, visit, why) = (&s.feature, &s.visit, &s.detectable.source);
        format!("`{feature}`, {visit}: changes beyond the SDC are not judged: {why} (`--sdc`)")
    });
    unpaired.chain(without).collect()
}

/// Patients of the arms without a baseline: no way of handling missing films brings them back, and arms may lose unequally.
fn without_baseline(
    table: &ScoreTable,
    data: &FeatureData,
    setting: &options::Setting<'_>,
) -> Option<String> {
    let has = |subject: u32| {
        let name = table.subjects.name(subject);
        data.patients.iter().any(|p| p.subject == name)
    };
    let of_arms = table.rows.iter().filter_map(|r| {
        let arm = setting.arm(r.arm, table)?;
        Some((r.subject, arm))
    });
    let subjects: std::collections::BTreeMap<u32, usize> = of_arms.collect();
    let mut lost = std::collections::BTreeMap::<usize, usize>::new();
    for (_, arm) in subjects.iter().filter(|(subject, _)| !has(**subject)) {
        *lost.entry(*arm).or_default() += 1;
    }
    let all: usize = lost.values().sum();
    (all > 0).then(|| {
        let arm = |(arm, n): (&usize, &usize)| format!("{n} of `{}`", setting.arms[*arm]);
        let arms: Vec<String> = lost.iter().map(arm).collect();
        format!(
            "`{}`: {all} of {} patients have no sum at baseline and are left out of everything, films filled in included: {}",
            data.feature,
            subjects.len(),
            arms.join(", ")
        )
    })
}

fn arm_notes(table: &ScoreTable, setting: &options::Setting<'_>) -> Vec<String> {
    let mut notes = Vec::new();
    if table.arms.is_empty() {
        notes.push(
            "the table has no arms: everybody is one group and nothing is compared".to_owned(),
        );
    } else if table.rows.iter().any(|r| r.arm == NONE) {
        notes.push("patients without an arm are left out".to_owned());
    }
    if setting.options.reference_arm.is_none()
        && let Some(reference) = setting.reference_name()
    {
        notes.push(format!(
            "no reference arm was named; `{reference}`, the first by name, is taken (`--reference`)"
        ));
    }
    notes
}

/// Share of adjudicated scores from which regulators have asked for an explanation (Navarro-Compán, EULAR 2014).
const MUCH_ADJUDICATION: f64 = 0.2;

fn adjudication_notes(report: &TrialReport) -> Vec<String> {
    let mut notes = Vec::new();
    for count in &report.adjudication {
        let place = format!("`{}`, {}", count.feature, count.visit);
        if count.share >= MUCH_ADJUDICATION {
            notes.push(format!(
                "{place}: readers differ beyond the threshold in {} of {} patients ({:.0} %), which is 20 % or more",
                count.beyond,
                count.read_twice,
                100.0 * count.share
            ));
        }
        if count.unsettled > 0 {
            notes.push(format!(
                "{place}: {} patients needed adjudication but have no change by the adjudicator; the readers' mean \
                 stands",
                count.unsettled
            ));
        }
    }
    notes
}
