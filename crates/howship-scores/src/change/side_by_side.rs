use super::definition::{JointRepair, PatientRepair, Progression};
use super::detectable::detectable;
use super::group::GroupChange;
use super::joint::{Unjudged, judge};
use super::pattern::{MixedPattern, mixed};
use super::report::{ChangeReport, CrossTable, DefinitionResult, JointChange, Kind, PatientChange};
use super::sequence_note;
use super::series::{ReaderGroup, Series, span};
use super::share::Share;
use crate::{Error, NONE, ScoreTable, Totals};

/// What [`changes`] shall judge.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeOptions {
    /// First visit, by its position; none for the first of the table.
    pub from: Option<u32>,
    /// Last visit; none for the last of the table.
    pub to: Option<u32>,
    /// Which total the patients' changes are of.
    pub feature: String,
    /// Definitions of progression, of patients.
    pub progression: Vec<Progression>,
    /// Definitions of repair, of patients.
    pub patient_repair: Vec<PatientRepair>,
    /// Definitions of repair, of joints.
    pub joint_repair: Vec<JointRepair>,
    /// The smallest detectable change; none to compute it from readers' differences.
    pub sdc: Option<f64>,
    /// Confidence of intervals.
    pub confidence: f64,
    /// Count each reading of a reader as a reader of its own in definitions of joints (as Lukas, Ann Rheum Dis 2009
    /// does with 2 readers × 2 readings).
    pub readings_as_readers: bool,
}

impl Default for ChangeOptions {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            feature: "total".into(),
            progression: vec![
                Progression::Above(0.0),
                Progression::Above(0.5),
                Progression::AboveSdc,
                Progression::AtLeast(5.0),
            ],
            patient_repair: vec![PatientRepair::BelowSdc, PatientRepair::AtMost(0.5)],
            joint_repair: vec![
                JointRepair::leiden(),
                JointRepair::best("erosion"),
                JointRepair::best("jsn"),
            ],
            sdc: None,
            confidence: 0.95,
            readings_as_readers: false,
        }
    }
}

/// A definition's verdict on each subject of the table, none where it cannot judge.
struct Verdicts {
    name: String,
    kind: Kind,
    subjects: Vec<Option<bool>>,
}

/// Changes from one visit to another, and how many patients and joints each definition calls progressed or repaired.
///
/// # Errors
/// Fewer than two visits, no such total, a confidence outside (0, 1), no change of any patient or joint.
pub fn changes(
    table: &ScoreTable,
    totals: &Totals,
    options: &ChangeOptions,
) -> Result<ChangeReport, Error> {
    let span = span(table, options.from, options.to)?;
    let position = totals
        .position(&options.feature)
        .ok_or_else(|| Error::NotIdentified {
            question: "change",
            reason: format!(
                "there is no total of `{}`; there are: {}",
                options.feature,
                totals.features.join(", ")
            ),
        })?;
    let patients = Series::patients(table, totals, position)?;
    let joints = Series::joints(table, |_| true)?;
    let groups = patients.groups(false);
    let detectable = detectable(&patients, span, options.sdc);
    let mut notes: Vec<String> = sequence_note(table.sequence_known).into_iter().collect();
    let patient_changes = patient_changes(table, &patients, &groups, span);
    if patient_changes.is_empty() {
        return Err(Error::NotIdentified {
            question: "change",
            reason: format!(
                "no reading has `{}` at both `{}` and `{}`",
                options.feature, table.visits[span.0].name, table.visits[span.1].name
            ),
        });
    }
    let without = table.subjects.len() - patient_changes.len();
    if without > 0 {
        notes.push(format!(
            "{without} of {} patients have no reading with both visits and are left out, not counted as unchanged",
            table.subjects.len()
        ));
    }
    let mut definitions = Vec::new();
    let mut verdicts = Vec::new();
    for &rule in &options.progression {
        let name = rule.name();
        let holds = |change| rule.holds(change, detectable.sdc);
        let found = by_patient(
            table,
            &patients,
            &groups,
            span,
            name,
            Kind::Progression,
            holds,
        );
        definitions.push(counted(table, &found, None, options, &detectable.source)?);
        verdicts.push(found);
    }
    for &rule in &options.patient_repair {
        let name = rule.name();
        let holds = |change| rule.holds(change, detectable.sdc);
        let found = by_patient(table, &patients, &groups, span, name, Kind::Repair, holds);
        definitions.push(counted(table, &found, None, options, &detectable.source)?);
        verdicts.push(found);
    }
    let joint_groups = joints.groups(options.readings_as_readers);
    let mut joint_names: Vec<Vec<String>> = vec![Vec::new(); joints.units.len()];
    for rule in &options.joint_repair {
        let judged = judge_joints(table, &joints, &joint_groups, span, rule, &mut joint_names);
        let mut result = counted(
            table,
            &judged.verdicts,
            Some(&judged.joints),
            options,
            &judged.reason,
        )?;
        result.rule = rule.rule();
        definitions.push(result);
        verdicts.push(judged.verdicts);
    }
    if definitions.iter().any(|d| d.joints.is_some()) {
        notes.push(
            "joints of one patient are not independent: intervals of shares of joints are too narrow, those of \
             patients hold"
                .into(),
        );
    }
    let readers: Vec<String> = groups
        .iter()
        .map(|g| table.readers.name(g.reader).to_owned())
        .collect();
    let joint_readers = joints.groups(false);
    let (joint_changes, joints_scored) =
        joint_changes(table, &joints, &joint_readers, &groups, span, joint_names);
    Ok(ChangeReport {
        from: table.visits[span.0].name.clone(),
        to: table.visits[span.1].name.clone(),
        feature: options.feature.clone(),
        confidence: options.confidence,
        mixed: mixed_patterns(table, &joints, &joint_readers, span, options.confidence)?,
        groups: group_changes(&patient_changes, options)?,
        cross: cross(&verdicts),
        detectable,
        readers,
        patients: patient_changes,
        joints: joint_changes,
        joints_scored,
        definitions,
        notes,
    })
}

fn mean_change(
    series: &Series,
    unit: usize,
    groups: &[ReaderGroup],
    (from, to): (usize, usize),
) -> (Vec<Option<f64>>, Option<f64>) {
    let readers: Vec<Option<f64>> = groups
        .iter()
        .map(|g| series.change(unit, g, from, to))
        .collect();
    let (sum, count) = readers
        .iter()
        .flatten()
        .fold((0.0, 0usize), |(s, n), c| (s + c, n + 1));
    (readers, (count > 0).then(|| sum / count as f64))
}

fn arm_name(table: &ScoreTable, arm: u32) -> Option<String> {
    (arm != NONE).then(|| table.arms.name(arm).to_owned())
}

fn patient_changes(
    table: &ScoreTable,
    series: &Series,
    groups: &[ReaderGroup],
    span: (usize, usize),
) -> Vec<PatientChange> {
    series
        .units
        .iter()
        .enumerate()
        .filter_map(|(i, unit)| {
            let (readers, mean) = mean_change(series, i, groups, span);
            let days = series.days(unit.subject, span.1) - series.days(unit.subject, span.0);
            Some(PatientChange {
                subject: table.subjects.name(unit.subject).to_owned(),
                arm: arm_name(table, unit.arm),
                days: days.is_finite().then_some(days),
                readers,
                mean: mean?,
            })
        })
        .collect()
}

/// Changed joints in the order of the readers of the totals, and how many joints were scored at both visits.
fn joint_changes(
    table: &ScoreTable,
    series: &Series,
    own: &[ReaderGroup],
    shown: &[ReaderGroup],
    span: (usize, usize),
    names: Vec<Vec<String>>,
) -> (Vec<JointChange>, usize) {
    let mut scored = 0;
    let mut changed = Vec::new();
    for (i, repair) in names.into_iter().enumerate() {
        let (readers, Some(mean)) = mean_change(series, i, own, span) else {
            continue;
        };
        scored += 1;
        if repair.is_empty() && readers.iter().flatten().all(|&c| c == 0.0) {
            continue;
        }
        let of_reader = |reader| own.iter().position(|g| g.reader == reader);
        let unit = series.units[i];
        let item = unit.item.and_then(|item| table.items.get(item as usize));
        changed.push(JointChange {
            subject: table.subjects.name(unit.subject).to_owned(),
            item: item.map(crate::Item::title).unwrap_or_default(),
            readers: shown
                .iter()
                .map(|g| of_reader(g.reader).and_then(|at| readers[at]))
                .collect(),
            mean,
            repair,
        });
    }
    (changed, scored)
}

fn by_patient(
    table: &ScoreTable,
    series: &Series,
    groups: &[ReaderGroup],
    span: (usize, usize),
    name: String,
    kind: Kind,
    holds: impl Fn(f64) -> Option<bool>,
) -> Verdicts {
    let mut subjects = vec![None; table.subjects.len()];
    for (i, unit) in series.units.iter().enumerate() {
        if let (_, Some(mean)) = mean_change(series, i, groups, span) {
            subjects[unit.subject as usize] = holds(mean);
        }
    }
    Verdicts {
        name,
        kind,
        subjects,
    }
}

struct JudgedJoints {
    verdicts: Verdicts,
    joints: Vec<bool>,
    reason: String,
}

fn judge_joints(
    table: &ScoreTable,
    series: &Series,
    groups: &[ReaderGroup],
    span: (usize, usize),
    rule: &JointRepair,
    names: &mut [Vec<String>],
) -> JudgedJoints {
    let mut subjects = vec![None; table.subjects.len()];
    let mut joints = Vec::new();
    let mut unjudged = Vec::new();
    for (i, unit) in series.units.iter().enumerate() {
        let item = unit.item.and_then(|item| table.items.get(item as usize));
        let asked = rule.feature.as_ref();
        if asked.is_some_and(|f| item.is_none_or(|item| item.feature != *f)) {
            continue;
        }
        match judge(series, i, groups, span, rule) {
            Ok(repaired) => {
                let subject: &mut Option<bool> = &mut subjects[unit.subject as usize];
                *subject = Some(subject.unwrap_or(false) || repaired);
                joints.push(repaired);
                if repaired {
                    names[i].push(rule.name.clone());
                }
            }
            Err(reason) => unjudged.push(reason),
        }
    }
    JudgedJoints {
        reason: why_unjudged(&unjudged, rule),
        verdicts: Verdicts {
            name: rule.name.clone(),
            kind: Kind::Repair,
            subjects,
        },
        joints,
    }
}

fn why_unjudged(unjudged: &[Unjudged], rule: &JointRepair) -> String {
    if unjudged.is_empty() {
        let feature = rule.feature.as_deref().unwrap_or("any feature");
        return format!("the table has no scores of `{feature}`");
    }
    let persistence = unjudged.contains(&Unjudged::Persistence);
    if persistence {
        return format!(
            "whether a decrease lasts {} visits and {} days cannot be seen: there are too few follow-up visits, or \
             they lie too near each other",
            rule.visits, rule.days
        );
    }
    if unjudged.contains(&Unjudged::Days) {
        return "days between visits are not known: give the column `days`, or visits named as `M12`".into();
    }
    let most = unjudged.iter().filter_map(|u| match u {
        Unjudged::Readers(n) => Some(*n),
        _ => None,
    });
    format!(
        "the definition is for {} readers of each joint, here at most {} scored two visits; another k of n can be \
         asked for",
        rule.of,
        most.max().unwrap_or(0)
    )
}

fn counted(
    table: &ScoreTable,
    verdicts: &Verdicts,
    joints: Option<&[bool]>,
    options: &ChangeOptions,
    reason: &str,
) -> Result<DefinitionResult, Error> {
    let known: Vec<bool> = verdicts.subjects.iter().flatten().copied().collect();
    let mut result = DefinitionResult {
        name: verdicts.name.clone(),
        kind: verdicts.kind,
        rule: "change of the total, mean of readers".into(),
        joints: None,
        patients: None,
        arms: Vec::new(),
        not_identified: None,
    };
    if known.is_empty() {
        result.not_identified = Some(reason.to_owned());
        return Ok(result);
    }
    result.patients = Some(Share::count(&known, options.confidence)?);
    if let Some(joints) = joints.filter(|j| !j.is_empty()) {
        result.joints = Some(Share::count(joints, options.confidence)?);
    }
    let arms = arms_of_subjects(table);
    for (arm, name) in table.arms.iter().enumerate() {
        let in_arm: Vec<bool> = (verdicts.subjects.iter().zip(&arms))
            .filter(|(_, a)| **a == arm as u32)
            .filter_map(|(v, _)| *v)
            .collect();
        if !in_arm.is_empty() {
            let share = Share::count(&in_arm, options.confidence)?;
            result.arms.push((name.to_owned(), share));
        }
    }
    Ok(result)
}

/// Each subject's arm, as its first row has it.
fn arms_of_subjects(table: &ScoreTable) -> Vec<u32> {
    let mut arms = vec![NONE; table.subjects.len()];
    for row in table.rows.iter().rev() {
        arms[row.subject as usize] = row.arm;
    }
    arms
}

fn group_changes(
    patients: &[PatientChange],
    options: &ChangeOptions,
) -> Result<Vec<GroupChange>, Error> {
    let mut arms: Vec<&str> = patients.iter().filter_map(|p| p.arm.as_deref()).collect();
    arms.sort_unstable();
    arms.dedup();
    let all: Vec<f64> = patients.iter().map(|p| p.mean).collect();
    let mut groups = Vec::new();
    let of_arm = |arm: &str| -> Vec<f64> {
        let inside = patients.iter().filter(|p| p.arm.as_deref() == Some(arm));
        inside.map(|p| p.mean).collect()
    };
    let named = arms.iter().map(|&arm| (arm, of_arm(arm)));
    for (arm, changes) in std::iter::once(("all", all)).chain(named) {
        // One patient has no interval; the patients' table shows it.
        if changes.len() >= 2 {
            let group =
                GroupChange::from_changes(arm, &options.feature, &changes, options.confidence)?;
            groups.push(group);
        }
    }
    Ok(groups)
}

fn mixed_patterns(
    table: &ScoreTable,
    joints: &Series,
    groups: &[ReaderGroup],
    span: (usize, usize),
    confidence: f64,
) -> Result<Vec<MixedPattern>, Error> {
    let mut found = Vec::new();
    for group in groups {
        let name = table.readers.name(group.reader);
        found.extend(mixed(
            joints,
            std::slice::from_ref(group),
            name,
            span,
            confidence,
        )?);
    }
    found.extend(mixed(joints, groups, "mean", span, confidence)?);
    Ok(found)
}

fn cross(verdicts: &[Verdicts]) -> Vec<CrossTable> {
    let of = |kind| verdicts.iter().filter(move |v| v.kind == kind);
    let mut tables = Vec::new();
    for progression in of(Kind::Progression) {
        for repair in of(Kind::Repair) {
            let mut counts = [0usize; 4];
            let pairs = progression.subjects.iter().zip(&repair.subjects);
            for (p, r) in pairs.filter_map(|(p, r)| Some(((*p)?, (*r)?))) {
                counts[usize::from(p) + 2 * usize::from(r)] += 1;
            }
            if counts.iter().sum::<usize>() > 0 {
                tables.push(CrossTable {
                    progression: progression.name.clone(),
                    repair: repair.name.clone(),
                    both: counts[3],
                    progression_only: counts[1],
                    repair_only: counts[2],
                    neither: counts[0],
                });
            }
        }
    }
    tables
}
