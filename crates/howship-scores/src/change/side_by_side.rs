use super::apart;
use super::detectable::detectable;
use super::group::GroupChange;
use super::matches::{Matches, differing_notes};
use super::options::ChangeOptions;
use super::pattern::{MixedPattern, mixed};
use super::report::{ChangeReport, JointChange, Kind, PatientChange};
use super::sequence_note;
use super::series::{ReaderGroup, Series, mean_change, span};
use super::unpaired::unpaired;
use super::verdicts::{PatientTotals, counted, cross, judge_joints};
use crate::totals::MatchedSites;
use crate::{Error, NONE, Reason, ScoreTable, Totals};

/// Changes from one visit to another, and how many patients and joints each definition calls progressed or repaired.
///
/// # Errors
/// Fewer than two visits, no such total, a confidence outside (0, 1), no change of any patient or joint.
pub fn changes(
    table: &ScoreTable,
    totals: &Totals,
    options: &ChangeOptions,
) -> Result<ChangeReport, Error> {
    table.settled("change")?;
    let span = span(table, options.from, options.to)?;
    let position = totals
        .position(&options.feature)
        .ok_or_else(|| Error::NotIdentified {
            question: "change",
            reason: (
                format!("there is no total of `{}`", options.feature),
                format!("there are: {}", totals.features.join(", ")),
            )
                .into(),
        })?;
    let patients = Series::patients(table, totals, position)?;
    let joints = Series::joints(table, |_| true)?;
    let groups = patients.groups(false);
    if options.sdc.is_none()
        && let Some(reason) = apart::nobody_in_common(table, &patients)
    {
        return Err(Error::NotIdentified {
            question: "change beyond error",
            reason: Reason {
                advice: reason
                    .advice
                    .map(|a| a + ", or give the smallest detectable change (`--sdc`)"),
                ..reason
            },
        });
    }
    let detectable = detectable(&patients, span, options.sdc);
    let mut notes: Vec<String> = sequence_note(table.sequence_known).into_iter().collect();
    let matches = Matches::of(table, totals, span);
    let matched: Vec<MatchedSites> = (0..patients.units.len())
        .map(|unit| matches.of_readers(&patients, unit, &groups, position))
        .collect();
    let judged = PatientTotals {
        table,
        series: &patients,
        groups: &groups,
        span,
        matched: &matched,
    };
    let patient_changes = patient_changes(&judged);
    if patient_changes.is_empty() {
        return Err(Error::NotIdentified {
            question: "change",
            reason: Reason {
                what: format!(
                    "no reading has `{}` at both `{}` and `{}`",
                    options.feature, table.visits[span.0].name, table.visits[span.1].name
                ),
                advice: other_feature(totals, &options.feature),
            },
        });
    }
    let without = table.subjects.len() - patient_changes.len();
    if without > 0 {
        notes.push(format!(
            "{without} of {} patients have no reading with both visits and are left out, not counted as unchanged",
            table.subjects.len()
        ));
    }
    notes.extend(unpaired(table, &patients, &groups, span));
    let differing = patient_changes.iter().filter(|p| p.matched.differ).count();
    let mut definitions = Vec::new();
    let mut verdicts = Vec::new();
    for &rule in &options.progression {
        let name = rule.name();
        let holds = |change| rule.holds(change, detectable.sdc);
        let found = judged.verdicts(name, Kind::Progression, holds);
        definitions.push(counted(table, &found, None, options, &detectable.source)?);
        verdicts.push(found);
    }
    for &rule in &options.patient_repair {
        let name = rule.name();
        let holds = |change| rule.holds(change, detectable.sdc);
        let found = judged.verdicts(name, Kind::Repair, holds);
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
    let withheld = definitions.iter().map(|d| d.withheld).sum();
    notes.extend(differing_notes(differing, patient_changes.len(), withheld));
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

/// A sum that readings have, where the one asked for is in none.
fn other_feature(totals: &Totals, asked: &str) -> Option<String> {
    let has = |position: usize| {
        let mut rows = totals.rows.iter();
        rows.any(|r| r.values.get(position).is_some_and(|v| v.value.is_some()))
    };
    let mut others = totals.features.iter().enumerate();
    let other = others.find(|(at, name)| *name != asked && has(*at));
    other.map(|(_, name)| format!("there are sums of `{name}` (`--feature {name}`)"))
}

fn arm_name(table: &ScoreTable, arm: u32) -> Option<String> {
    (arm != NONE).then(|| table.arms.name(arm).to_owned())
}

fn patient_changes(judged: &PatientTotals<'_>) -> Vec<PatientChange> {
    let (table, series, span) = (judged.table, judged.series, judged.span);
    series
        .units
        .iter()
        .enumerate()
        .filter_map(|(i, unit)| {
            let (readers, mean) = mean_change(series, i, judged.groups, span);
            let days = series.days(unit.subject, span.1) - series.days(unit.subject, span.0);
            Some(PatientChange {
                subject: table.subjects.name(unit.subject).to_owned(),
                arm: arm_name(table, unit.arm),
                days: days.is_finite().then_some(days),
                readers,
                mean: mean?,
                matched: judged.matched[i],
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

fn group_changes(
    patients: &[PatientChange],
    options: &ChangeOptions,
) -> Result<Vec<GroupChange>, Error> {
    let mut arms: Vec<&str> = patients.iter().filter_map(|p| p.arm.as_deref()).collect();
    arms.sort_unstable();
    arms.dedup();
    let change = |p: &PatientChange| (p.mean, p.matched);
    let all: Vec<(f64, MatchedSites)> = patients.iter().map(change).collect();
    let mut groups = Vec::new();
    let of_arm = |arm: &str| -> Vec<(f64, MatchedSites)> {
        let inside = patients.iter().filter(|p| p.arm.as_deref() == Some(arm));
        inside.map(change).collect()
    };
    let named = arms.iter().map(|&arm| (arm, of_arm(arm)));
    for (arm, changes) in std::iter::once(("all", all)).chain(named) {
        // One patient has no interval; the patients' table shows it.
        if changes.len() >= 2 {
            let group =
                GroupChange::from_matched(arm, &options.feature, &changes, options.confidence)?;
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
