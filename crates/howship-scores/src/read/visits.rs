//! Visits in order of time.

use super::dated;
use super::field::Field;
use super::field_words::Words;
use super::identity;
use super::label_days::Labels;
use super::layout::{Layout, meanings};
use super::order::natural;
use super::problems::Problems;
use super::rows::ReadRows;
use super::timing::{Known, Timing};
use super::visit_names::days_of_name;
use super::windows::VisitWindows;
use super::words::Word;
use crate::{Reason, ScoreRow, ScoreVisit};
use std::collections::HashMap;

/// The visits that occur, in order of time: days before what names say, names before the column of order, else by
/// number. The rows' codes become positions; rows that belong to no visit are removed. The rows' subjects are numbered
/// already.
pub(super) fn put_in_order(
    timing: &Timing<'_>,
    read: ReadRows,
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) -> (Vec<ScoreRow>, Vec<ScoreVisit>) {
    let ReadRows {
        mut rows,
        mut dates,
    } = read;
    let Some(words) = timing.layout.words(Field::Visit) else {
        return dated::without_names(timing, rows, &dates, problems, warnings);
    };
    let names = meanings(timing.layout, Field::Visit, str::to_owned).unwrap_or_default();
    let used = used(names.len(), &rows);
    if let Some(read) = dated::of_names(timing, &names, &used, problems) {
        let own = !dates.is_empty();
        dates = rows
            .iter()
            .map(|row| read.get(row.visit as usize).copied().flatten())
            .collect();
        if own {
            warnings.push(
                "visits are named by dates: the column of dates beside them was not read".into(),
            );
        }
        return dated::without_names(timing, rows, &dates, problems, warnings);
    }
    let named: Vec<Option<f64>> = names.iter().map(|n| day_of(n, timing.windows)).collect();
    if !dates.is_empty() {
        dated::days_of_dates(&mut rows, &dates, &named, warnings);
    }
    let visits = place(
        timing,
        words,
        (&names, &named, &used),
        &mut rows,
        problems,
        warnings,
    );
    (rows, visits)
}

/// The day that a visit's window or its name tells.
fn day_of(name: &str, windows: &VisitWindows) -> Option<f64> {
    windows
        .of(name)
        .map(|w| w.day)
        .or_else(|| days_of_name(name))
}

fn place(
    timing: &Timing<'_>,
    words: &Words<'_>,
    (names, named, used): (&[String], &[Option<f64>], &[bool]),
    rows: &mut [ScoreRow],
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) -> Vec<ScoreVisit> {
    let layout = timing.layout;
    let medians = medians(names, rows);
    let orders = orders(layout, names.len(), rows);
    let mut known: Vec<Known> = Vec::new();
    // Two words may be translated to one name.
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    let mut of_code = vec![0_usize; names.len()];
    for code in (0..names.len()).filter(|&c| used[c]) {
        of_code[code] = *by_name.entry(&names[code]).or_insert_with(|| {
            known.push(Known {
                code,
                named: named[code],
                order: orders[code],
                median: medians.get(names[code].as_str()).copied().flatten(),
                name: names[code].clone(),
            });
            known.len() - 1
        });
    }
    let days_column = layout
        .words(Field::Days)
        .or_else(|| layout.words(Field::Date));
    let days_column = days_column.map_or("days", |w| w.column.as_str());
    let labels = Labels::of(&known, timing, days_column);
    if let Some(reason) = &labels.refusal {
        problems.push(layout.error(reason.clone()));
    }
    warnings.extend(labels.told.iter().cloned());
    let mut times: Vec<Option<f64>> = (known.iter().zip(&labels.believed))
        .map(|(k, believed)| k.named.filter(|_| *believed).or(k.median).or(k.named))
        .collect();
    // Names of one time, as `Screening` and `Baseline`, are told apart by days.
    let mut at: HashMap<u64, u32> = HashMap::new();
    for time in times.iter().flatten() {
        *at.entry(time.to_bits()).or_default() += 1;
    }
    for (time, k) in times.iter_mut().zip(&known) {
        if time.is_some_and(|t| at.get(&t.to_bits()).is_some_and(|n| *n > 1)) {
            *time = k.median.or(*time);
        }
    }
    let order = match sorted(&known, &times, labels.days_win()) {
        Ok(order) => {
            warnings.extend(other_order(&known, &order));
            order
        }
        Err((at, reason)) => {
            let code = known[at].code as u32;
            let (row, value) = (words.first_row(code), words.names.name(code));
            problems.push(layout.cell(row, &words.column, value, reason));
            (0..known.len()).collect()
        }
    };
    let mut position = vec![0_u32; known.len()];
    for (place, &at) in order.iter().enumerate() {
        position[at] = place as u32;
    }
    for row in rows {
        let at = of_code.get(row.visit as usize).copied().unwrap_or(0);
        row.visit = position.get(at).copied().unwrap_or(0);
    }
    let visit = |&at: &usize| ScoreVisit {
        name: known[at].name.clone(),
        days: times[at],
    };
    order.iter().map(visit).collect()
}

/// Where the column of order puts visits otherwise than time does.
fn other_order(known: &[Known], order: &[usize]) -> Option<String> {
    let places = order.windows(2).filter_map(|pair| {
        let [a, b] = [&known[pair[0]], &known[pair[1]]];
        (a.order? > b.order?).then(|| format!("`{}` before `{}`", a.name, b.name))
    });
    let differing: Vec<String> = places.collect();
    (!differing.is_empty()).then(|| {
        format!(
            "the column of visits' order says otherwise than their time, by which they are put in order: {}",
            differing.join(", ")
        )
    })
}

fn used(count: usize, rows: &[ScoreRow]) -> Vec<bool> {
    let mut used = vec![false; count];
    for row in rows {
        if let Some(here) = used.get_mut(row.visit as usize) {
            *here = true;
        }
    }
    used
}

/// Median day of the rows by a visit's name: each subject's day counts once, however many scores it has.
fn medians<'t>(names: &'t [String], rows: &[ScoreRow]) -> HashMap<&'t str, Option<f64>> {
    let mut of_code: Vec<Vec<(u32, u32)>> = vec![Vec::new(); names.len()];
    for row in rows.iter().filter(|r| !r.days.is_nan()) {
        if let Some(list) = of_code.get_mut(row.visit as usize) {
            let here = (row.subject, row.days.to_bits());
            if list.last() != Some(&here) {
                list.push(here);
            }
        }
    }
    let mut days: HashMap<&str, Vec<(u32, u32)>> = HashMap::new();
    for (name, list) in names.iter().zip(of_code) {
        days.entry(name).or_default().extend(list);
    }
    let medians = days.into_iter().map(|(name, mut list)| {
        list.sort_unstable();
        list.dedup();
        let days = list
            .into_iter()
            .map(|(_, bits)| f64::from(f32::from_bits(bits)));
        (name, howship_stats::median(days.collect()))
    });
    medians.collect()
}

/// The number that the column of order has where a visit first occurs in the rows.
fn orders(layout: &Layout, count: usize, rows: &[ScoreRow]) -> Vec<Option<f64>> {
    let mut orders = vec![None; count];
    let (Some(words), Some(visits)) = (layout.words(Field::VisitOrder), layout.words(Field::Visit))
    else {
        return orders;
    };
    let numbers = meanings(layout, Field::VisitOrder, |w| {
        Word::read(w, |w| w.parse::<f64>().ok().filter(|x| x.is_finite()))
    });
    let numbers = numbers.unwrap_or_default();
    if rows.is_empty() {
        return orders;
    }
    for row in 0..layout.table.rows() {
        let number = numbers.get(words.code(row, 0) as usize);
        if let (Some(order), Some(Word::Known(number))) =
            (orders.get_mut(visits.code(row, 0) as usize), number)
        {
            // The smallest, so that the order of the rows does not matter.
            *order = Some(order.map_or(*number, |o: f64| o.min(*number)));
        }
    }
    orders
}

fn number(visit: &Known) -> Option<f64> {
    visit.name.parse::<f64>().ok().filter(|x| x.is_finite())
}

/// Positions in order of time; or a visit that has no place, and why.
fn sorted(
    known: &[Known],
    times: &[Option<f64>],
    days_win: bool,
) -> Result<Vec<usize>, (usize, Reason)> {
    let mut order: Vec<usize> = (0..known.len()).collect();
    if known.len() < 2 {
        return Ok(order);
    }
    type Key<'k> = Box<dyn Fn(usize) -> Option<f64> + 'k>;
    let time: Key = Box::new(|i| times[i]);
    let stated: Key = Box::new(|i| known[i].order);
    let median: Key = Box::new(|i| known[i].median);
    let counted: Key = Box::new(|i| number(&known[i]));
    // Where all names tell, or days do not bear them out, time is what `times` has; else days alone.
    let first = match days_win || known.iter().all(|k| k.named.is_some()) {
        true => time,
        false => median,
    };
    let keys = [first, stated, counted];
    let everywhere = |key: &Key| (0..known.len()).all(|i| key(i).is_some());
    let usable: Vec<&Key> = keys.iter().filter(|key| everywhere(key)).collect();
    let Some(leading) = usable.first() else {
        let at = known.iter().position(|k| k.named.is_none()).unwrap_or(0);
        let reason = "has no place in time: name visits as in `M0`, `M6`, `W24` or by date, or fill a column `days` \
                      (or `visit_order`)";
        return Err((at, reason.into()));
    };
    let mut tied = None;
    for key in usable.iter().take(2) {
        let at = |i: usize| key(i).unwrap_or(f64::NAN);
        order.sort_by(|&a, &b| {
            let by_time = at(a).total_cmp(&at(b));
            by_time.then_with(|| natural(&known[a].name, &known[b].name))
        });
        let pair = order.windows(2).find(|pair| at(pair[0]) == at(pair[1]));
        let Some(pair) = pair else {
            return Ok(order);
        };
        tied = tied.or(Some((pair[0], pair[1])));
    }
    let (first, second) = tied.unwrap_or((0, 1));
    let when = leading(first).map_or_else(String::new, |d| format!(" (day {d:.0})"));
    let (one, other) = (known[first].name.as_str(), known[second].name.as_str());
    let what = format!("is at the same time as visit `{one}`{when}");
    // Told apart by an order, rows of one visit would stand beside one another as two, and be left out of both.
    if identity::alike_visits([one, other].into_iter()).is_empty() {
        let advice = "give both one name, or say which comes first in a column `visit_order`";
        return Err((second, (what, advice).into()));
    }
    let what = format!("{what}, and the names differ in spelling only");
    let advice = format!(
        "write `{other}` and `{one}` alike in the table, or say in a mapping (`[values.visit]`, `{other:?} = {one:?}`) \
         that they are one visit"
    );
    Err((second, (what, advice).into()))
}
