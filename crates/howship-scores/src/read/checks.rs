//! What only the whole table shows.

use super::layout::{Field, Layout};
use super::problems::Problems;
use super::regions;
use super::schemes::Chosen;
use crate::{Asked, HigherIs, Measures, NONE, ScoreRow, ScoreTable, Status};

/// How many of a kind a warning names.
const SHOWN: usize = 6;

/// Contradictions between rows. The rows are sorted.
pub(super) fn problems(scores: &ScoreTable, layout: &Layout, problems: &mut Problems) {
    for pair in scores.rows.windows(2).filter(|p| p[0].key() == p[1].key()) {
        problems.push(scores.scored_twice(pair));
    }
    let column = |field: Field| {
        layout
            .words(field)
            .map_or(field.name(), |w| w.column.as_str())
    };
    for subject in scores.rows.chunk_by(|a, b| a.subject == b.subject) {
        arms_of(scores, subject, column(Field::Arm), problems);
        days_of(scores, subject, column(Field::Days), problems);
    }
}

/// A subject is in one arm.
fn arms_of(scores: &ScoreTable, subject: &[ScoreRow], column: &str, problems: &mut Problems) {
    // By line, so that the message does not depend on the order of the visits.
    let Some(first) = subject.iter().min_by_key(|r| r.line) else {
        return;
    };
    let others = subject.iter().filter(|r| r.arm != first.arm);
    if let Some(other) = others.min_by_key(|r| r.line) {
        let arm = |row: &ScoreRow| match row.arm {
            NONE => "(empty)".to_owned(),
            id => scores.arms.name(id).to_owned(),
        };
        let reason = format!(
            "is a second arm of subject `{}`, which is in arm `{}` on line {}; a subject has one arm",
            scores.subjects.name(first.subject),
            arm(first),
            first.line
        );
        problems.push(scores.cell(other.line, column, arm(other), reason));
    }
}

/// Days grow with the visits.
fn days_of(scores: &ScoreTable, subject: &[ScoreRow], column: &str, problems: &mut Problems) {
    let mut latest: Option<&ScoreRow> = None;
    for visit in subject.chunk_by(|a, b| a.visit == b.visit) {
        let known = || visit.iter().filter(|r| !r.days.is_nan());
        let by_days =
            |a: &&ScoreRow, b: &&ScoreRow| a.days.total_cmp(&b.days).then(a.line.cmp(&b.line));
        let (Some(first), Some(last)) = (known().min_by(by_days), known().max_by(by_days)) else {
            continue;
        };
        if let Some(before) = latest.filter(|before| before.days > first.days) {
            let name = |row: &ScoreRow| {
                let visit = scores.visits.get(row.visit as usize);
                visit.map_or("", |v| v.name.as_str())
            };
            let reason = format!(
                "puts visit `{}` of subject `{}` before visit `{}` (day {}, line {}); mend the days or the visits",
                name(first),
                scores.subjects.name(first.subject),
                name(before),
                before.days,
                before.line
            );
            problems.push(scores.cell(first.line, column, first.days, reason));
        }
        if latest.is_none_or(|before| before.days < last.days) {
            latest = Some(last);
        }
    }
}

/// What is allowed but odd.
pub(super) fn warnings(scores: &ScoreTable, chosen: &Chosen, warnings: &mut Vec<String>) {
    if scores.visits.len() == 1 {
        warnings.push("there is one visit only: no change can be told".into());
    }
    direction(chosen, warnings);
    lonely_readers(scores, warnings);
    constant_scores(scores, warnings);
    absent_items(scores, chosen, warnings);
    days_differ(scores, warnings);
}

/// Rules of progression and repair take a difference, and its fall for the good.
fn direction(chosen: &Chosen, warnings: &mut Vec<String>) {
    let Some(scheme) = chosen.rules() else { return };
    if scheme.higher_is == HigherIs::Better {
        warnings.push(format!(
            "higher is better in scheme `{}`: a positive change is improvement, where other schemes' is damage",
            scheme.id
        ));
    }
    if scheme.measures == Measures::Change {
        warnings.push(format!(
            "scores of scheme `{}` are changes already: their difference between visits is no change",
            scheme.id
        ));
    }
}

fn lonely_readers(scores: &ScoreTable, warnings: &mut Vec<String>) {
    let mut seen: Vec<(u32, bool)> = vec![(NONE, false); scores.readers.len()];
    for row in &scores.rows {
        if let Some((first, more)) = seen.get_mut(row.reader as usize) {
            *more |= *first != NONE && *first != row.subject;
            *first = row.subject;
        }
    }
    if scores.subjects.len() < 2 {
        warnings.push("there is one subject only: agreement and errors cannot be told".into());
        return;
    }
    let lonely = || seen.iter().enumerate().filter(|(_, (_, more))| !more);
    for (reader, (subject, _)) in lonely().take(SHOWN) {
        warnings.push(format!(
            "reader `{}` read one subject only (`{}`): agreement with this reader cannot be told",
            scores.readers.name(reader as u32),
            scores.subjects.name(*subject)
        ));
    }
    let more = lonely().count().saturating_sub(SHOWN);
    if more > 0 {
        warnings.push(format!("{more} further readers read one subject only"));
    }
    if scores.readers.len() == 1 && scores.rows.iter().all(|r| r.reading == 1) {
        warnings
            .push("one reader read everything once: agreement and errors cannot be told".into());
    }
}

fn constant_scores(scores: &ScoreTable, warnings: &mut Vec<String>) {
    let features: Vec<&str> = scores.items.iter().map(|i| i.feature.as_str()).collect();
    let mut ranges: Vec<(&str, f32, f32, u64)> = Vec::new();
    let mut slots = vec![0_usize; features.len()];
    // Items of one feature are neighbours.
    for (slot, feature) in slots.iter_mut().zip(&features) {
        if ranges.last().is_none_or(|r| r.0 != *feature) {
            ranges.push((feature, f32::INFINITY, f32::NEG_INFINITY, 0));
        }
        *slot = ranges.len() - 1;
    }
    for row in scores.rows.iter().filter(|r| r.status == Status::Ok) {
        let range = &mut ranges[slots[row.item as usize]];
        *range = (
            range.0,
            range.1.min(row.score),
            range.2.max(row.score),
            range.3 + 1,
        );
    }
    let constant = || ranges.iter().filter(|r| r.3 > 1 && r.1 == r.2);
    for (feature, low, _, count) in constant().take(SHOWN) {
        warnings.push(format!(
            "all {count} scores of `{feature}` are {low}: nothing tells subjects apart, so an ICC of it is undefined"
        ));
    }
    let more = constant().count().saturating_sub(SHOWN);
    if more > 0 {
        warnings.push(format!("{more} further features have one score throughout"));
    }
}

/// Items of the scheme that no row names: perhaps another variant was read.
fn absent_items(scores: &ScoreTable, chosen: &Chosen, warnings: &mut Vec<String>) {
    let Some(scheme) = chosen.rules() else { return };
    if scheme.asked == Asked::Table {
        return;
    }
    let mut seen = vec![false; scores.items.len()];
    scores
        .rows
        .iter()
        .for_each(|r| seen[r.item as usize] = true);
    let unread = |i: u32| scores.sums.unread.iter().any(|r| r.items.contains(&i));
    let absent: Vec<String> = seen
        .iter()
        .zip(&scores.items)
        .zip(0_u32..)
        .filter(|((seen, _), i)| !**seen && !unread(*i))
        .map(|((_, item), _)| item.title())
        .collect();
    regions::warn(scores, scheme, warnings);
    if absent.is_empty() {
        return;
    }
    let more = if absent.len() > SHOWN { ", …" } else { "" };
    warnings.push(format!(
        "{} of the {} items of scheme `{}` never occur ({}{more}): sums of the whole scheme count them as missing, \
         those of what the table holds (`--asked table`) do not",
        absent.len(),
        scores.items.len(),
        scheme.id,
        absent[..absent.len().min(SHOWN)].join(", "),
    ));
}

fn days_differ(scores: &ScoreTable, warnings: &mut Vec<String>) {
    let visits = scores
        .rows
        .chunk_by(|a, b| a.subject == b.subject && a.visit == b.visit);
    let differ = visits.filter(|visit| {
        let known = || visit.iter().map(|r| r.days).filter(|d| !d.is_nan());
        known().fold(f32::INFINITY, f32::min) < known().fold(f32::NEG_INFINITY, f32::max)
    });
    let count = differ.count();
    if count > 0 {
        warnings.push(format!(
            "{count} visits of single subjects have rows with different days"
        ));
    }
}
