//! Visits in order of time.

use super::dated;
use super::layout::{Field, Layout};
use super::order::natural;
use super::problems::Problems;
use super::words::{Word, meanings};
use crate::scheme::normal;
use crate::{ScoreRow, ScoreVisit};
use howship_change::Visit;
use std::collections::HashMap;

const DAYS_PER_MONTH: f64 = 30.4375;

/// What is known of a visit's time.
struct Known {
    code: usize,
    name: String,
    /// From the name.
    named: Option<f64>,
    /// From the column of order.
    order: Option<f64>,
    /// Median of the rows' days.
    median: Option<f64>,
}

/// The visits that occur, in order of time: by name where all names tell, else by the column of order, else by days,
/// else by number. The rows' codes become positions.
pub(super) fn put_in_order(
    layout: &Layout,
    rows: &mut [ScoreRow],
    problems: &mut Problems,
    warnings: &mut Vec<String>,
) -> Vec<ScoreVisit> {
    let Some(words) = layout.words(Field::Visit) else {
        rows.iter_mut().for_each(|r| r.visit = 0);
        return vec![ScoreVisit {
            name: "visit 1".into(),
            days: None,
        }];
    };
    let names = meanings(layout, Field::Visit, str::to_owned).unwrap_or_default();
    let used = used(names.len(), rows);
    let dates: Vec<Option<f64>> = names.iter().map(|n| dated::date(n)).collect();
    if !rows.is_empty() && used.iter().zip(&dates).all(|(&u, d)| !u || d.is_some()) {
        return dated::within_subjects(&dates, rows, warnings);
    }
    let medians = medians(names.len(), rows);
    let orders = orders(layout, names.len(), rows);
    let mut known: Vec<Known> = Vec::new();
    // Two words may be translated to one name.
    let mut by_name: HashMap<&str, usize> = HashMap::new();
    let mut of_code = vec![0_usize; names.len()];
    for code in (0..names.len()).filter(|&c| used[c]) {
        of_code[code] = *by_name.entry(&names[code]).or_insert_with(|| {
            known.push(Known {
                code,
                named: days_of_name(&names[code]),
                order: orders[code],
                median: medians[code],
                name: names[code].clone(),
            });
            known.len() - 1
        });
    }
    let order = match sorted(&known) {
        Ok(order) => order,
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
        days: known[at].named.or(known[at].median),
    };
    order.iter().map(visit).collect()
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

fn medians(count: usize, rows: &[ScoreRow]) -> Vec<Option<f64>> {
    let mut days: Vec<Vec<f32>> = vec![Vec::new(); count];
    for row in rows.iter().filter(|r| !r.days.is_nan()) {
        if let Some(list) = days.get_mut(row.visit as usize) {
            list.push(row.days);
        }
    }
    days.into_iter().map(median).collect()
}

pub(super) fn median(mut days: Vec<f32>) -> Option<f64> {
    days.sort_unstable_by(f32::total_cmp);
    let middle = days.len() / 2;
    let upper = f64::from(*days.get(middle)?);
    if days.len() % 2 == 1 {
        return Some(upper);
    }
    Some(f64::midpoint(f64::from(days[middle - 1]), upper))
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
fn sorted(known: &[Known]) -> Result<Vec<usize>, (usize, String)> {
    let mut order: Vec<usize> = (0..known.len()).collect();
    if known.len() < 2 {
        return Ok(order);
    }
    let keys: [fn(&Known) -> Option<f64>; 4] = [|k| k.named, |k| k.order, |k| k.median, number];
    let Some(key) = keys
        .iter()
        .find(|key| known.iter().all(|k| key(k).is_some()))
    else {
        let at = known.iter().position(|k| k.named.is_none()).unwrap_or(0);
        let reason = "has no place in time: name visits as in `M0`, `M6`, `W24` or by date, or fill a column `days` \
                      (or `visit_order`)";
        return Err((at, reason.into()));
    };
    let time = |i: usize| key(&known[i]).unwrap_or(f64::NAN);
    order.sort_by(|&a, &b| {
        let by_time = time(a).total_cmp(&time(b));
        by_time.then_with(|| natural(&known[a].name, &known[b].name))
    });
    match order.windows(2).find(|pair| time(pair[0]) == time(pair[1])) {
        Some(pair) => {
            let other = &known[pair[0]].name;
            Err((
                pair[1],
                format!("is at the same time as visit `{other}`; give both one name"),
            ))
        }
        None => Ok(order),
    }
}

/// Days since baseline that a visit's name tells: `M6`, `Month 6`, `W24`, `Week 24`, `D0`, `Year 2`, `Baseline`.
///
/// Weeks of 7 days, months of 30.4375, years of 12 months.
pub(super) fn days_of_name(name: &str) -> Option<f64> {
    if let Some(days) = Visit::parse(name).ok().and_then(|v| v.days) {
        return dated::date(name).is_none().then_some(days);
    }
    let word = normal_number(name);
    if matches!(word.as_str(), "BL" | "BASELINE" | "SCREENING" | "BASE") {
        return Some(0.0);
    }
    let start = word.find(|c: char| c.is_ascii_digit())?;
    let number: f64 = word[start..].parse().ok()?;
    let unit = match &word[..start] {
        "D" | "DAY" | "DAYS" => 1.0,
        "W" | "WK" | "WEEK" | "WEEKS" => 7.0,
        "M" | "MO" | "MONTH" | "MONTHS" => DAYS_PER_MONTH,
        "Y" | "YR" | "YEAR" | "YEARS" => 12.0 * DAYS_PER_MONTH,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number * unit)
}

/// As [`normal`], but a decimal point stays.
fn normal_number(name: &str) -> String {
    let parts: Vec<String> = name.split('.').map(normal).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_days() {
        for (name, days) in [
            ("M6", Some(182.625)),
            ("Month 6", Some(182.625)),
            ("W24", Some(168.0)),
            ("week 24", Some(168.0)),
            ("Week 2.5", Some(17.5)),
            ("Year 1", Some(365.25)),
            ("Baseline", Some(0.0)),
            ("D1", Some(1.0)),
            ("Visit 2", None),
            ("2024-03-01", None),
            ("W", None),
            ("", None),
            ("24", None),
        ] {
            assert_eq!(days_of_name(name), days, "{name}");
        }
    }

    #[test]
    fn medians_of_days() {
        assert_eq!(median(vec![]), None);
        assert_eq!(median(vec![3.0, 1.0]), Some(2.0));
        assert_eq!(median(vec![3.0, 1.0, 9.0]), Some(3.0));
    }
}
