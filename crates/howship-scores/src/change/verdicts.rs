//! What each definition says of every patient and joint, and how often definitions agree.

use super::definition::JointRepair;
use super::joint::{Unjudged, judge};
use super::options::ChangeOptions;
use super::report::{ArmShare, Bounds, CrossTable, DefinitionResult, Kind};
use super::series::{ReaderGroup, Series, mean_change};
use super::share::Share;
use crate::totals::MatchedSites;
use crate::{Error, NONE, ScoreTable};

/// A definition's verdict on each subject of the table, none where it cannot judge.
pub(super) struct Verdicts {
    name: String,
    kind: Kind,
    subjects: Vec<Option<bool>>,
    /// Subjects of whom sums and matched sites say different things; they are not judged.
    withheld: Vec<u32>,
}

/// The changes of patients' totals that definitions judge.
pub(super) struct PatientTotals<'a> {
    pub(super) table: &'a ScoreTable,
    pub(super) series: &'a Series,
    pub(super) groups: &'a [ReaderGroup],
    pub(super) span: (usize, usize),
    /// By unit of the series.
    pub(super) matched: &'a [MatchedSites],
}

impl PatientTotals<'_> {
    pub(super) fn verdicts(
        &self,
        name: String,
        kind: Kind,
        holds: impl Fn(f64) -> Option<bool>,
    ) -> Verdicts {
        let mut subjects = vec![None; self.table.subjects.len()];
        let mut withheld = Vec::new();
        for (i, unit) in self.series.units.iter().enumerate() {
            let subject = unit.subject as usize;
            let (_, Some(mean)) = mean_change(self.series, i, self.groups, self.span) else {
                continue;
            };
            subjects[subject] = self.matched[i].verdict(mean, &holds);
            if holds(mean).is_some() && subjects[subject].is_none() {
                withheld.push(unit.subject);
            }
        }
        Verdicts {
            name,
            kind,
            subjects,
            withheld,
        }
    }
}

/// A definition's verdicts on joints, and on the subjects who have them.
pub(super) struct JudgedJoints {
    pub(super) verdicts: Verdicts,
    /// Each joint that it could judge.
    pub(super) joints: Vec<bool>,
    /// Why it judged none, where it did not.
    pub(super) reason: String,
}

pub(super) fn judge_joints(
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
            withheld: Vec::new(),
        },
        joints,
    }
}

fn why_unjudged(unjudged: &[Unjudged], rule: &JointRepair) -> String {
    if unjudged.is_empty() {
        let feature = rule.feature.as_deref().unwrap_or("any feature");
        return format!("the table has no scores of `{feature}`");
    }
    if unjudged.contains(&Unjudged::Apart) && !unjudged.contains(&Unjudged::Persistence) {
        return format!(
            "no {} readers scored the same two visits of a joint",
            rule.readers
        );
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
    let counts = unjudged.iter().filter_map(|u| match u {
        Unjudged::Readers(n) => Some(*n).filter(|n| *n > 0),
        _ => None,
    });
    let (least, most) = counts.fold((usize::MAX, 0), |(a, b), n| (a.min(n), b.max(n)));
    let here = match least < most {
        true => format!("{least} to {most}"),
        false => most.to_string(),
    };
    format!(
        "the definition is for just {} readers of each joint, here {here} scored two visits",
        rule.of
    )
}

pub(super) fn counted(
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
        withheld: verdicts.withheld.len(),
        bounds: None,
        not_identified: None,
    };
    let held = known.iter().filter(|&&v| v).count();
    result.bounds = Bounds::new((held, known.len()), result.withheld, options.confidence)?;
    if known.is_empty() {
        let reason = match verdicts.withheld.len() {
            0 => reason,
            _ => "sums and the sites scored at both visits say different things of every patient",
        };
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
        let of_arm = |s: &&u32| arms.get(**s as usize) == Some(&(arm as u32));
        let withheld = verdicts.withheld.iter().filter(of_arm).count();
        if !in_arm.is_empty() || withheld > 0 {
            let share = (!in_arm.is_empty()).then(|| Share::count(&in_arm, options.confidence));
            result.arms.push(ArmShare {
                arm: name.to_owned(),
                share: share.transpose()?,
                withheld,
                bounds: Bounds::new(
                    (in_arm.iter().filter(|&&v| v).count(), in_arm.len()),
                    withheld,
                    options.confidence,
                )?,
            });
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

/// Each definition of progression against each of repair.
pub(super) fn cross(verdicts: &[Verdicts]) -> Vec<CrossTable> {
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
