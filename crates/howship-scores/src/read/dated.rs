//! Visits that are told by dates or days alone.

use super::calendar::{Date, DateReader, MONTH_ERROR, NoDate};
use super::field::Field;
use super::problems::Problems;
use super::timing::Timing;
use crate::{Reason, ScoreRow, ScoreVisit};

/// How many of a kind a warning names.
const SHOWN: usize = 4;

/// Dates by code, where visits are named by dates; none where they are names of another kind.
pub(super) fn of_names(
    timing: &Timing<'_>,
    names: &[String],
    used: &[bool],
    problems: &mut Problems,
) -> Option<Vec<Option<Date>>> {
    let words = timing.layout.words(Field::Visit)?;
    let mapping = timing.layout.mapping.as_ref().as_ref();
    let (numbers, order) = mapping.map_or((None, None), |m| (m.date_numbers, m.date_order));
    let in_use = || names.iter().zip(used).filter(|(_, used)| **used);
    let reader = DateReader::new(numbers, order, in_use().map(|(n, _)| n.as_str()));
    let read: Vec<Result<Date, NoDate>> = names.iter().map(|n| reader.read(n)).collect();
    let of_used = || {
        read.iter()
            .zip(used)
            .filter(|(_, used)| **used)
            .map(|(r, _)| r)
    };
    let named = of_used().any(|r| matches!(r, Err(NoDate::Other | NoDate::Year)));
    if named || of_used().next().is_none() {
        return None;
    }
    for (code, found) in read.iter().enumerate().filter(|(code, _)| used[*code]) {
        if let Err(no) = found {
            let row = words.first_row(code as u32);
            problems.push(
                timing
                    .layout
                    .cell(row, &words.column, &names[code], no.reason()),
            );
        }
    }
    Some(read.into_iter().map(Result::ok).collect())
}

/// Rows that name no visit: by dates or, where there are none, by days; else all are of one visit.
pub(super) fn without_names(
    timing: &Timing<'_>,
    mut rows: Vec<ScoreRow>,
    dates: &[Option<Date>],
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) -> (Vec<ScoreRow>, Vec<ScoreVisit>) {
    let by_dates = !dates.is_empty();
    if by_dates {
        let undated = dates.iter().position(Option::is_none);
        if let Some(at) = undated {
            // Dates that are no dates were told where they stand.
            if problems.is_empty() {
                let column = column(timing);
                let reason = (
                    "has no date, and dates are all that tells visits here",
                    "fill it, or name the visits in a column `visit`",
                );
                problems.push(cell(timing, &rows[at], column, reason));
            }
            return (rows, one_visit());
        }
        months(timing, &rows, dates, problems, warnings);
        count_from_first(&mut rows, dates);
    }
    let told = rows.iter().any(|r| !r.days.is_nan());
    let varied = rows.windows(2).any(|p| p[0].days != p[1].days);
    if !by_dates && !(told && (varied || !timing.windows.is_empty())) {
        rows.iter_mut().for_each(|r| r.visit = 0);
        return (rows, one_visit());
    }
    if let Some(row) = rows.iter().find(|r| r.days.is_nan()) {
        let reason = (
            "has no days, and days are all that tells visits here",
            "fill it, or name the visits in a column `visit`",
        );
        problems.push(cell(timing, row, column(timing), reason));
        return (rows, one_visit());
    }
    if timing.windows.is_empty() {
        within_subjects(rows, by_dates, warnings)
    } else {
        by_windows(timing, rows, warnings)
    }
}

fn one_visit() -> Vec<ScoreVisit> {
    vec![ScoreVisit {
        name: "visit 1".into(),
        days: None,
    }]
}

fn column<'a>(timing: &'a Timing<'_>) -> &'a str {
    let fields = [Field::Date, Field::Visit, Field::Days];
    let mut words = fields.iter().filter_map(|f| timing.layout.words(*f));
    words.next().map_or("date", |w| w.column.as_str())
}

fn cell(
    timing: &Timing<'_>,
    row: &ScoreRow,
    column: &str,
    reason: impl Into<Reason>,
) -> crate::Error {
    crate::Error::Cell {
        path: timing.layout.table.path().to_owned(),
        line: u64::from(row.line),
        column: column.to_owned(),
        value: String::new(),
        reason: reason.into(),
    }
}

/// Dates without a day: told, and refused where a subject has another date in the same month.
fn months(
    timing: &Timing<'_>,
    rows: &[ScoreRow],
    dates: &[Option<Date>],
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) {
    let mut vague: Vec<(u32, Date, u32)> = Vec::new();
    for (row, date) in rows.iter().zip(dates) {
        if let Some(date) = date.filter(|d| d.month_only) {
            vague.push((row.subject, date, row.line));
        }
    }
    if vague.is_empty() {
        return;
    }
    vague.sort_unstable();
    vague.dedup_by_key(|v| (v.0, v.1));
    warnings.push(format!(
        "{} visits have a month and no day (as `{}`): the 15th was taken, right to {MONTH_ERROR} days",
        vague.len(),
        vague[0].1
    ));
    for (row, date) in rows.iter().zip(dates) {
        let Some(date) = date.filter(|d| !d.month_only) else {
            continue;
        };
        let first = vague.partition_point(|v| v.0 < row.subject);
        let own = vague[first..].iter().take_while(|v| v.0 == row.subject);
        let mut clashes = own.filter(|v| date.to_string().starts_with(&v.1.to_string()));
        if let Some(clash) = clashes.next() {
            let reason = format!(
                "and `{}` (line {}) are dates of one subject in one month: which came first, or whether they are one, \
                 cannot be told; complete the date",
                clash.1, clash.2
            );
            let mut error = cell(timing, row, column(timing), reason);
            if let crate::Error::Cell { value, .. } = &mut error {
                *value = date.to_string();
            }
            problems.push(error);
            return;
        }
    }
}

/// First date of each subject that occurs, by its number.
fn first_dates(rows: &[ScoreRow], dates: &[Option<Date>]) -> Vec<Option<Date>> {
    let subjects = rows
        .iter()
        .map(|r| r.subject as usize + 1)
        .max()
        .unwrap_or(0);
    let mut first: Vec<Option<Date>> = vec![None; subjects];
    for (row, date) in rows.iter().zip(dates) {
        let known = &mut first[row.subject as usize];
        if let Some(date) = date
            && known.is_none_or(|k| date.day < k.day)
        {
            *known = Some(*date);
        }
    }
    first
}

/// Days count from a subject's first date.
fn count_from_first(rows: &mut [ScoreRow], dates: &[Option<Date>]) {
    let first = first_dates(rows, dates);
    for (row, date) in rows.iter_mut().zip(dates) {
        if let (Some(date), Some(start)) = (date, first[row.subject as usize]) {
            row.days = (date.day - start.day) as f32;
        }
    }
}

/// Each subject's days become its visit 1, 2, ….
fn within_subjects(
    mut rows: Vec<ScoreRow>,
    by_dates: bool,
    warnings: &mut Vec<String>,
) -> (Vec<ScoreRow>, Vec<ScoreVisit>) {
    let mut pairs: Vec<(u32, i64)> = rows
        .iter()
        .map(|r| (r.subject, r.days.round() as i64))
        .collect();
    pairs.sort_unstable();
    pairs.dedup();
    let first_of = |subject: u32| pairs.partition_point(|p| p.0 < subject);
    let mut days: Vec<Vec<f32>> = Vec::new();
    for (i, &(subject, day)) in pairs.iter().enumerate() {
        let at = i - first_of(subject);
        if days.len() <= at {
            days.push(Vec::new());
        }
        days[at].push(day as f32);
    }
    for row in rows.iter_mut() {
        let at = pairs.partition_point(|p| *p < (row.subject, row.days.round() as i64));
        row.visit = (at - first_of(row.subject)) as u32;
    }
    let by = if by_dates { "dates" } else { "days" };
    let spread: Vec<String> = days
        .iter()
        .enumerate()
        .skip(1)
        .map(|(i, days)| {
            let low = days.iter().copied().fold(f32::INFINITY, f32::min);
            let high = days.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            format!("`visit {}` is day {low:.0} to {high:.0}", i + 1)
        })
        .take(SHOWN)
        .collect();
    warnings.push(format!(
        "visits are told by {by} alone: each subject's {by} were numbered{}; a subject that missed a visit has its \
         later ones under the wrong number: say which days are which visit with `--window`, as in `--window M0=60 \
         --window M12=90`, or name the visits in a column `visit`",
        match spread.is_empty() {
            true => String::new(),
            false => format!(" ({})", spread.join(", ")),
        }
    ));
    let visit = |(i, days): (usize, Vec<f32>)| ScoreVisit {
        name: format!("visit {}", i + 1),
        days: howship_stats::median(days.into_iter().map(f64::from).collect()),
    };
    let visits = days.into_iter().enumerate().map(visit).collect();
    (rows, visits)
}

/// Each day belongs to the window that it lies in; of several days of a subject in one window, one counts.
fn by_windows(
    timing: &Timing<'_>,
    mut rows: Vec<ScoreRow>,
    warnings: &mut Vec<String>,
) -> (Vec<ScoreRow>, Vec<ScoreVisit>) {
    let windows = timing.windows;
    warnings.push(windows.words());
    let mut days: Vec<(u32, usize, i64)> = Vec::new();
    let mut outside: Vec<(u32, i64)> = Vec::new();
    for row in &rows {
        let day = row.days.round() as i64;
        match windows.at(day as f64) {
            Some(window) => days.push((row.subject, window, day)),
            None => outside.push((row.subject, day)),
        }
    }
    days.sort_unstable();
    days.dedup();
    outside.sort_unstable();
    outside.dedup();
    let mut chosen: Vec<(u32, usize, i64)> = Vec::new();
    for group in days.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let all: Vec<f64> = group.iter().map(|d| d.2 as f64).collect();
        if let Some(day) = windows.chosen(group[0].1, &all) {
            chosen.push((group[0].0, group[0].1, day as i64));
        }
    }
    let others = days.len() - chosen.len();
    if !outside.is_empty() {
        let shown: Vec<String> = outside
            .iter()
            .take(SHOWN)
            .map(|o| format!("day {}", o.1))
            .collect();
        warnings.push(format!(
            "{} in no window and {} left out ({}{})",
            match outside.len() {
                1 => "1 date of a subject lies".to_owned(),
                n => format!("{n} dates of subjects lie"),
            },
            if outside.len() == 1 { "was" } else { "were" },
            shown.join(", "),
            if outside.len() > SHOWN { ", …" } else { "" }
        ));
    }
    if others > 0 {
        warnings.push(match others {
            1 => "1 further date of a subject lies in a window of which another date counts, and was left out".to_owned(),
            n => format!(
                "{n} further dates of subjects lie in a window of which another date counts, and were left out"
            ),
        });
    }
    let used: Vec<usize> = {
        let mut used: Vec<usize> = chosen.iter().map(|c| c.1).collect();
        used.sort_unstable();
        used.dedup();
        used
    };
    rows.retain_mut(|row| {
        let day = row.days.round() as i64;
        let window = windows.at(day as f64);
        let counts = window.filter(|&w| chosen.binary_search(&(row.subject, w, day)).is_ok());
        if let Some(place) = counts.and_then(|w| used.binary_search(&w).ok()) {
            row.visit = place as u32;
            return true;
        }
        false
    });
    let visit = |&window: &usize| {
        let stated = &windows.list()[window];
        ScoreVisit {
            name: stated.visit.clone(),
            days: Some(stated.day),
        }
    };
    let visits: Vec<ScoreVisit> = used.iter().map(visit).collect();
    let unused = windows.list().len() - visits.len();
    if unused > 0 {
        warnings.push(format!(
            "no date lies in {unused} of {} windows",
            windows.list().len()
        ));
    }
    (rows, visits)
}

/// Days from dates beside named visits: from a subject's first date, which is day 0 or the day that its visit's name
/// tells. Days that a row has stay, and are told where dates say otherwise.
pub(super) fn days_of_dates(
    rows: &mut [ScoreRow],
    dates: &[Option<Date>],
    named: &[Option<f64>],
    warnings: &mut Vec<String>,
) {
    /// Days that two sources may differ by and still say the same: study days have no day 0.
    const SAME: f64 = 3.0;
    let first = first_dates(rows, dates);
    let mut start: Vec<Option<(f64, f64)>> = vec![None; first.len()];
    for (row, date) in rows.iter().zip(dates) {
        let subject = row.subject as usize;
        let is_first = date.is_some() && date.map(|d| d.day) == first[subject].map(|d| d.day);
        if is_first && start[subject].is_none() {
            let nominal = named.get(row.visit as usize).copied().flatten();
            start[subject] = Some((nominal.unwrap_or(0.0), f64::from(row.days)));
        }
    }
    let (mut differing, mut example) = (0_usize, None);
    for (row, date) in rows.iter_mut().zip(dates) {
        let subject = row.subject as usize;
        let (Some(date), Some(zero), Some((nominal, own))) = (date, first[subject], start[subject])
        else {
            continue;
        };
        let since = f64::from(date.day - zero.day);
        if row.days.is_nan() {
            row.days = (nominal + since) as f32;
        } else if own.is_finite() {
            let tolerance = if date.month_only || zero.month_only {
                f64::from(2 * MONTH_ERROR)
            } else {
                SAME
            };
            let said = f64::from(row.days) - own;
            if (said - since).abs() > tolerance {
                differing += 1;
                example = example.or(Some((row.line, said, since)));
            }
        }
    }
    if let Some((line, said, since)) = example {
        warnings.push(format!(
            "days and dates disagree in {differing} rows (line {line}: {said} days since the subject's first film by \
             `days`, {since} by dates); the days are used"
        ));
    }
}
