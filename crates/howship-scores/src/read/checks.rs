//! What only the whole table shows.

use super::ReadOptions;
use super::field::Field;
use super::identity;
use super::layout::Layout;
use super::problems::Problems;
use super::regions;
use super::same_time;
use super::schemes::Chosen;
use crate::{Asked, Doubt, Error, HigherIs, Measures, NONE, ScoreRow, ScoreTable, Status};

/// How many of a kind a warning names.
const SHOWN: usize = 6;

/// Contradictions between rows. The rows are sorted.
pub(super) fn problems(scores: &ScoreTable, layout: &Layout, problems: &mut Problems) {
    for pair in scores.rows.windows(2).filter(|p| p[0].key() == p[1].key()) {
        let mut error = scores.scored_twice(pair);
        if let (Error::Cell { reason, .. }, Some(time)) = (&mut error, layout.unread_time()) {
            let advice = reason.advice.get_or_insert_default();
            advice.push_str(&format!(
                "; column `{time}` is not read: if it tells the visits, rename it to `visit` or `date`"
            ));
        }
        problems.push(error);
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
        let reason = (
            format!(
                "is a second arm of subject `{}`, which is in arm `{}` on line {}",
                scores.subjects.name(first.subject),
                arm(first),
                first.line
            ),
            "a subject has one arm",
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
            let reason = (
                format!(
                    "puts visit `{}` of subject `{}` before visit `{}` (day {}, line {})",
                    name(first),
                    scores.subjects.name(first.subject),
                    name(before),
                    before.days,
                    before.line
                ),
                "mend the days or the visits",
            );
            problems.push(scores.cell(first.line, column, first.days, reason));
        }
        if latest.is_none_or(|before| before.days < last.days) {
            latest = Some(last);
        }
    }
}

/// What is allowed but odd.
pub(super) fn warnings(
    scores: &ScoreTable,
    chosen: &Chosen,
    options: &ReadOptions,
    warnings: &mut Vec<String>,
) {
    if scores.visits.len() == 1 {
        warnings.push("there is one visit only: no change can be told".into());
    }
    direction(chosen, warnings);
    spellings(scores, warnings);
    warnings.extend(visits_in_two_spellings(scores));
    warnings.extend(same_time::notes(scores));
    reasons(scores, warnings);
    days_apart(scores, options, warnings);
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

/// Names that differ in spelling only: one subject under two names has no change, and counts twice.
fn spellings(scores: &ScoreTable, warnings: &mut Vec<String>) {
    let subjects = identity::alike(scores.subjects.iter());
    if !subjects.is_empty() {
        warnings.push(format!(
            "subjects whose names differ in spelling only are taken as {} different ones: {}; if they are the same, \
             `--same-subjects` takes them as one",
            subjects.iter().map(Vec::len).sum::<usize>(),
            identity::words(&subjects)
        ));
    }
    let shortened: Vec<String> = scores
        .subjects
        .iter()
        .filter(|name| identity::is_shortened(name))
        .map(|name| format!("`{name}`"))
        .collect();
    if !shortened.is_empty() {
        warnings.push(format!(
            "subjects named as spreadsheets shorten long numbers, so that two may have become one: {}{}; take the names \
             from the original, as text",
            shortened[..shortened.len().min(SHOWN)].join(", "),
            if shortened.len() > SHOWN { ", …" } else { "" }
        ));
    }
    for (kind, field, names) in [
        ("readers", "reader", &scores.readers),
        ("arms", "arm", &scores.arms),
        ("campaigns", "campaign", &scores.campaigns),
    ] {
        let groups = identity::alike(names.iter());
        if !groups.is_empty() {
            warnings.push(format!(
                "{kind} whose names differ in spelling only are taken as different ones: {}; if they are the same, say \
                 so in a mapping (`[values.{field}]`)",
                identity::words(&groups)
            ));
        }
    }
}

/// Visits under two spellings that days or a column of order told apart: no score of the one meets one of the other.
pub(crate) fn visits_in_two_spellings(scores: &ScoreTable) -> Option<String> {
    let groups = identity::alike_visits(scores.visits.iter().map(|v| v.name.as_str()));
    (!groups.is_empty()).then(|| {
        format!(
            "visits whose names differ in spelling only are taken as different ones, so that scores of the one meet none \
             of the other: {}; if they are the same, say so in a mapping (`[values.visit]`)",
            identity::words(&groups)
        )
    })
}

/// Words that stand for a score, how often and as what.
fn reasons(scores: &ScoreTable, warnings: &mut Vec<String>) {
    let told: Vec<String> = reason_counts(scores)
        .iter()
        .map(|(word, status, count)| format!("`{word}` {count} ({})", status.word()))
        .collect();
    if told.is_empty() {
        return;
    }
    let more = if told.len() > 2 * SHOWN { ", …" } else { "" };
    warnings.push(format!(
        "scores that are words: {}{more}",
        told[..told.len().min(2 * SHOWN)].join(", ")
    ));
}

/// Words for scores that are not there, what they stand for and how often, most frequent first.
pub(super) fn reason_counts(scores: &ScoreTable) -> Vec<(&str, Status, usize)> {
    let mut counts: std::collections::BTreeMap<(u16, Status), usize> =
        std::collections::BTreeMap::new();
    for row in scores.rows.iter().filter(|r| r.reason != u16::MAX) {
        *counts.entry((row.reason, row.status)).or_default() += 1;
    }
    let mut list: Vec<(&str, Status, usize)> = counts
        .into_iter()
        .map(|((reason, status), n)| (scores.reasons.name(u32::from(reason)), status, n))
        .collect();
    list.sort_by(|a, b| b.2.cmp(&a.2).then(a.0.cmp(b.0)));
    list
}

/// Numbers that studies use for a score that is not there.
const CODES: [f64; 25] = [
    -1.0, -9.0, -99.0, -999.0, 9.0, 99.0, 999.0, 9999.0, 88.0, 888.0, -7.0, -8.0, -77.0, -88.0,
    -777.0, -888.0, -9999.0, 77.0, 97.0, 98.0, 777.0, 998.0, 7777.0, 8888.0, 99999.0,
];

/// A code must lie this many times as far outside the other scores as they range.
const FAR_OUTSIDE: f64 = 0.5;

/// Where any number is allowed, a code for missing is read as a score: those that lie apart from all others.
pub(super) fn codes(scores: &ScoreTable) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    let values = || {
        scores
            .rows
            .iter()
            .filter(|r| r.status == Status::Ok)
            .map(|r| r.score)
    };
    let mut counts = [0_usize; CODES.len()];
    for value in values() {
        if let Some(at) = CODES.iter().position(|c| *c == value) {
            counts[at] += 1;
        }
    }
    for (code, count) in CODES.into_iter().zip(counts).filter(|(_, n)| *n > 0) {
        let others = values().filter(|v| !CODES.contains(v) || (*v == 9.0 && code != 9.0));
        let (low, high) = others.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
            (l.min(v), h.max(v))
        });
        let room = FAR_OUTSIDE * (high - low);
        // Minus one is a grade of many changes; beside scores that never fall below 0 it is none.
        let below = code < 0.0 && low >= 0.0;
        if low < high && (code > high + room || code < low - room || below) {
            doubts.push(Doubt::Code {
                value: code,
                count,
                others: [low, high],
            });
        }
    }
    doubts
}

/// Single subjects whose day is far from their visit's.
fn days_apart(scores: &ScoreTable, options: &ReadOptions, warnings: &mut Vec<String>) {
    let mut apart: Vec<(&ScoreRow, f64)> = Vec::new();
    let visits = scores
        .rows
        .chunk_by(|a, b| a.subject == b.subject && a.visit == b.visit);
    for rows in visits {
        let stated = scores.visits.get(rows[0].visit as usize);
        let Some((visit, nominal)) = stated.and_then(|v| Some((v, v.days?))) else {
            continue;
        };
        let outside = |day: f64| match options.windows.of(&visit.name) {
            Some(w) => day < w.day - w.before || day > w.day + w.after,
            None => (day - nominal).abs() > options.label_tolerance.at(nominal),
        };
        let far = rows
            .iter()
            .find(|r| !r.days.is_nan() && outside(f64::from(r.days)));
        apart.extend(far.map(|r| (r, nominal)));
    }
    if apart.is_empty() {
        return;
    }
    let shown: Vec<String> = apart
        .iter()
        .take(SHOWN)
        .map(|(row, nominal)| {
            format!(
                "`{}` {} on day {} (line {}), not {nominal:.0}",
                scores.subjects.name(row.subject),
                scores.visits[row.visit as usize].name,
                row.days,
                row.line
            )
        })
        .collect();
    warnings.push(format!(
        "{} far from {} day: {}{}; models use the days of the rows",
        match apart.len() {
            1 => "a visit of a single subject lies".to_owned(),
            n => format!("{n} visits of single subjects lie"),
        },
        if apart.len() == 1 { "its" } else { "their" },
        shown.join(", "),
        if apart.len() > SHOWN { ", …" } else { "" }
    ));
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
    let mut ranges: Vec<(&str, f64, f64, u64)> = Vec::new();
    let mut slots = vec![0_usize; features.len()];
    // Items of one feature are neighbours.
    for (slot, feature) in slots.iter_mut().zip(&features) {
        if ranges.last().is_none_or(|r| r.0 != *feature) {
            ranges.push((feature, f64::INFINITY, f64::NEG_INFINITY, 0));
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
            "{} rows with different days",
            match count {
                1 => "a visit of a single subject has".to_owned(),
                n => format!("{n} visits of single subjects have"),
            }
        ));
    }
}
