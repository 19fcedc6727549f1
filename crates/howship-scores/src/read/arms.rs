//! Arms from a table of subjects, as SDTM DM or ADaM ADSL.

use super::field::Field;
use super::identity;
use super::layout::{Layout, shortened};
use super::problems::Problems;
use super::{Mapping, ReadOptions};
use crate::{Error, NONE, ScoreRow};
use howship_tables::{Column, Names, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Columns that may name subjects; of those that are there the one that knows most of the scores' subjects counts.
const SUBJECT: [&str; 8] = [
    "subject",
    "usubjid",
    "subjid",
    "patient",
    "patient_id",
    "subject_id",
    "subjectid",
    "id",
];

/// Columns that may name arms: as planned (for the intention to treat) before as treated.
const ARM: [&str; 9] = [
    "arm",
    "trt01p",
    "trtp",
    "actarm",
    "trt01a",
    "trta",
    "treatment",
    "group",
    "trt",
];

/// How many of a kind a warning names.
const SHOWN: usize = 6;

/// Gives every row its subject's arm. The rows' subjects and arms are numbered already.
pub(super) fn join(
    layout: &Layout,
    options: &ReadOptions,
    (rows, subjects, arms): (&mut [ScoreRow], &Names, &mut Names),
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) {
    let Some(table) = &options.subjects else {
        return;
    };
    let found = columns(table, layout.mapping.as_ref().as_ref(), subjects)
        .and_then(|found| arms_of(table, &found, (options, subjects)).map(|arms| (found, arms)));
    let (found, known) = match found {
        Ok(found) => found,
        Err(error) => {
            problems.push(error);
            return;
        }
    };
    let file = table.path().display().to_string();
    let mut of_subject: Vec<Option<&str>> = Vec::with_capacity(subjects.len());
    let mut absent: Vec<&str> = Vec::new();
    for subject in subjects.iter() {
        let arm = known.get(subject).map(|(arm, _)| arm.as_str());
        if arm.is_none() {
            absent.push(subject);
        }
        of_subject.push(arm.filter(|a| !a.is_empty()));
    }
    contradictions(layout, rows, (&of_subject, arms, &file), problems);
    // Arms are numbered in the order of their names, those of the scores' own table among them.
    let mut names: Vec<String> = arms.iter().map(str::to_owned).collect();
    names.extend(of_subject.iter().flatten().map(|a| (*a).to_owned()));
    names.sort_by(|a, b| super::order::natural(a, b));
    names.dedup();
    let mut all = Names::new();
    for name in &names {
        all.intern(name);
    }
    for row in rows.iter_mut() {
        let own = (row.arm != NONE).then(|| arms.name(row.arm));
        let joined = of_subject.get(row.subject as usize).copied().flatten();
        row.arm = own.or(joined).and_then(|a| all.id(a)).unwrap_or(NONE);
    }
    *arms = all;
    warnings.push(format!(
        "arms are those of `{file}`, column `{}`, by its column `{}`: {} of {} subjects",
        found.arm.name,
        found.subject.name,
        of_subject.iter().flatten().count(),
        subjects.len()
    ));
    if !absent.is_empty() {
        let shown: Vec<String> = absent
            .iter()
            .take(SHOWN)
            .map(|s| format!("`{s}`"))
            .collect();
        warnings.push(format!(
            "{} subjects are not in `{file}` ({}{}): they have no arm, and comparisons of arms leave them out",
            absent.len(),
            shown.join(", "),
            if absent.len() > SHOWN { ", …" } else { "" }
        ));
        let both = absent
            .iter()
            .copied()
            .chain(known.keys().map(String::as_str));
        let alike = identity::alike(both);
        if !alike.is_empty() {
            warnings.push(format!(
                "subjects of both tables differ in spelling only: {}; `--same-subjects` takes them as one",
                identity::words(&alike)
            ));
        }
    }
    if let Some(other) = found.other {
        let differ = known
            .values()
            .filter(|(a, b)| !b.is_empty() && a != b)
            .count();
        if differ > 0 {
            warnings.push(format!(
                "`{}` and `{other}` of `{file}` differ in {differ} subjects: `{}` is used",
                found.arm.name, found.arm.name
            ));
        }
    }
}

struct Found<'a> {
    subject: &'a Column,
    arm: &'a Column,
    /// Another column of arms, as treated beside as planned.
    other: Option<&'a str>,
}

fn columns<'a>(
    table: &'a Table,
    mapping: Option<&Mapping>,
    subjects: &Names,
) -> Result<Found<'a>, Error> {
    let error = |what: &str, looked: &[&str]| Error::Layout {
        path: table.path().to_owned(),
        reason: (
            format!("no column names {what} (looked for: {})", looked.join(", ")),
            "say with a mapping which does (`[subjects]`: `subject`, `arm`)",
        )
            .into(),
    };
    let named = |which: usize, usual: &'static [&'static str]| -> Vec<&str> {
        let own = mapping.map_or(&[][..], |m| &m.subject_columns[which]);
        if own.is_empty() {
            usual.to_vec()
        } else {
            own.iter().map(String::as_str).collect()
        }
    };
    let (subject_names, arm_names) = (named(0, &SUBJECT), named(1, &ARM));
    let there = |names: &[&str]| -> Vec<&'a Column> {
        names.iter().filter_map(|n| table.column(n)).collect()
    };
    let matching = |column: &Column| {
        let rows = 0..table.rows();
        rows.filter(|&r| subjects.id(column.text(r).trim()).is_some())
            .count()
    };
    // Of equally good ones the first: `max_by_key` would take the last.
    let candidates = there(&subject_names);
    let subject = candidates.iter().rev().max_by_key(|c| matching(c));
    let subject = *subject.ok_or_else(|| error("subjects", &subject_names))?;
    let arms = there(&arm_names);
    let arm = *arms.first().ok_or_else(|| error("arms", &arm_names))?;
    Ok(Found {
        subject,
        arm,
        other: arms.get(1).map(|c| c.name.as_str()),
    })
}

/// Each subject's arm, and what the other column of arms says.
fn arms_of(
    table: &Table,
    found: &Found<'_>,
    (options, subjects): (&ReadOptions, &Names),
) -> Result<BTreeMap<String, (String, String)>, Error> {
    let mut arms: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut spelled: BTreeMap<String, String> = BTreeMap::new();
    if options.same_subjects {
        let own: Vec<String> = (0..table.rows())
            .map(|row| found.subject.text(row).trim().to_owned())
            .collect();
        let own = own.iter().map(String::as_str);
        for group in identity::alike(
            subjects
                .iter()
                .chain(own)
                .collect::<BTreeSet<_>>()
                .into_iter(),
        ) {
            let standing = group.iter().find(|n| subjects.id(n).is_some());
            for other in &group {
                if let Some(standing) = standing {
                    spelled.insert((*other).to_owned(), (*standing).to_owned());
                }
            }
        }
    }
    let other = found.other.and_then(|name| table.column(name));
    for row in 0..table.rows() {
        let name = found.subject.text(row);
        let name = options
            .subject_names
            .get(name.trim())
            .map_or(name.trim(), String::as_str);
        let name = spelled.get(name).map_or(name, String::as_str);
        if name.is_empty() {
            continue;
        }
        let arm = found.arm.text(row).trim().to_owned();
        let also = other.map_or_else(String::new, |c| c.text(row).trim().to_owned());
        match arms.get(name) {
            Some((before, _)) if *before != arm => {
                return Err(Error::Cell {
                    path: table.path().to_owned(),
                    line: table.line(row),
                    column: found.arm.name.clone(),
                    value: shortened(&arm),
                    reason: (
                        format!(
                            "is a second arm of subject `{name}`, which is in arm `{before}` before"
                        ),
                        "a subject has one arm",
                    )
                        .into(),
                });
            }
            Some(_) => {}
            None => {
                arms.insert(name.to_owned(), (arm, also));
            }
        }
    }
    Ok(arms)
}

/// Arms of the scores' own table that the table of subjects does not bear out.
fn contradictions(
    layout: &Layout,
    rows: &[ScoreRow],
    (joined, arms, file): (&[Option<&str>], &Names, &str),
    problems: &mut Problems,
) {
    let mut told = vec![false; joined.len()];
    let column = layout
        .words(Field::Arm)
        .map_or("arm", |w| w.column.as_str());
    for row in rows.iter().filter(|r| r.arm != NONE) {
        let own = arms.name(row.arm);
        let subject = row.subject as usize;
        if let Some(other) = joined.get(subject).copied().flatten()
            && other != own
            && !std::mem::replace(&mut told[subject], true)
        {
            problems.push(Error::Cell {
                path: layout.table.path().to_owned(),
                line: u64::from(row.line),
                column: column.to_owned(),
                value: shortened(own),
                reason: (
                    format!("is another arm than `{other}`, which `{file}` gives this subject"),
                    "mend one, or leave `--subjects` out",
                )
                    .into(),
            });
        }
    }
}
