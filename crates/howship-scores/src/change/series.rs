use crate::{Error, Item, Reason, ScoreTable, Status, Totals};
use std::ops::Range;

/// One reading: who read, in which campaign, for which time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Column {
    pub(crate) reader: u32,
    pub(crate) campaign: u32,
    pub(crate) reading: u32,
}

/// What changes: a joint's item in a subject, or a subject's total.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Unit {
    pub(crate) subject: u32,
    pub(crate) arm: u32,
    pub(crate) item: Option<u32>,
}

/// Scores laid out as unit × reading × visit, NaN where there is none.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) columns: Vec<Column>,
    pub(crate) units: Vec<Unit>,
    pub(crate) visits: usize,
    values: Vec<f64>,
    /// Days by subject and visit; NaN where unknown.
    days: Vec<f64>,
}

/// Readings that count as one reader's; changes are averaged within.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReaderGroup {
    pub(crate) reader: u32,
    pub(crate) columns: Vec<usize>,
}

/// A dense layout of more cells than this does not fit beside the table that it comes from.
const MOST_CELLS: usize = 1 << 29;

struct Cell {
    unit: Unit,
    column: Column,
    visit: u32,
    days: f64,
    value: f64,
}

impl Series {
    /// Every item that is kept, a unit per subject and item.
    pub(crate) fn joints(table: &ScoreTable, keep: impl Fn(&Item) -> bool) -> Result<Self, Error> {
        let kept: Vec<bool> = table.items.iter().map(keep).collect();
        let cells = table
            .rows
            .iter()
            .filter(|r| r.status == Status::Ok && kept.get(r.item as usize) == Some(&true))
            .map(|r| Cell {
                unit: Unit {
                    subject: r.subject,
                    arm: r.arm,
                    item: Some(r.item),
                },
                column: Column {
                    reader: r.reader,
                    campaign: r.campaign,
                    reading: r.reading,
                },
                visit: r.visit,
                days: f64::from(r.days),
                value: r.score,
            });
        Self::build(table, cells.collect())
    }

    /// One of the totals, a unit per subject.
    pub(crate) fn patients(
        table: &ScoreTable,
        totals: &Totals,
        position: usize,
    ) -> Result<Self, Error> {
        let cells = totals.rows.iter().filter_map(|r| {
            Some(Cell {
                unit: Unit {
                    subject: r.subject,
                    arm: r.arm,
                    item: None,
                },
                column: Column {
                    reader: r.reader,
                    campaign: r.campaign,
                    reading: r.reading,
                },
                visit: r.visit,
                days: r.days,
                value: r.values.get(position)?.value?,
            })
        });
        Self::build(table, cells.collect())
    }

    fn build(table: &ScoreTable, cells: Vec<Cell>) -> Result<Self, Error> {
        let key = |unit: &Unit| (unit.subject, unit.item);
        let mut units: Vec<Unit> = cells.iter().map(|c| c.unit).collect();
        units.sort_unstable_by_key(|u| (key(u), u.arm));
        units.dedup_by_key(|u| key(u));
        let mut columns: Vec<Column> = cells.iter().map(|c| c.column).collect();
        columns.sort_unstable();
        columns.dedup();
        let visits = table.visits.len();
        let size = units
            .len()
            .checked_mul(columns.len())
            .and_then(|n| n.checked_mul(visits))
            .filter(|&n| n <= MOST_CELLS);
        let Some(size) = size else {
            return Err(Error::NotIdentified {
                question: "changes",
                reason: (
                    format!(
                        "{} units × {} readings × {visits} visits do not fit in memory",
                        units.len(),
                        columns.len()
                    ),
                    "split the table by campaign",
                )
                    .into(),
            });
        };
        let mut series = Self {
            days: days(table, &cells),
            values: vec![f64::NAN; size],
            columns,
            units,
            visits,
        };
        for cell in &cells {
            let unit = series.units.binary_search_by_key(&key(&cell.unit), key);
            let column = series.columns.binary_search(&cell.column);
            if let (Ok(unit), Ok(column)) = (unit, column) {
                let at = series.at(unit, column, cell.visit as usize);
                series.values[at] = cell.value;
            }
        }
        Ok(series)
    }

    fn at(&self, unit: usize, column: usize, visit: usize) -> usize {
        (unit * self.columns.len() + column) * self.visits + visit
    }

    /// The score; NaN where there is none.
    pub(crate) fn value(&self, unit: usize, column: usize, visit: usize) -> f64 {
        self.values[self.at(unit, column, visit)]
    }

    /// Days since the subject's baseline; NaN where unknown.
    pub(crate) fn days(&self, subject: u32, visit: usize) -> f64 {
        self.days[subject as usize * self.visits + visit]
    }

    /// Change within the same readings, averaged over those of one reader.
    pub(crate) fn change(
        &self,
        unit: usize,
        group: &ReaderGroup,
        from: usize,
        to: usize,
    ) -> Option<f64> {
        let (mut sum, mut count) = (0.0, 0usize);
        for &column in &group.columns {
            let change = self.value(unit, column, to) - self.value(unit, column, from);
            if change.is_finite() {
                sum += change;
                count += 1;
            }
        }
        (count > 0).then(|| sum / count as f64)
    }

    /// Each reader with the readings that are averaged; or each reading for itself.
    pub(crate) fn groups(&self, readings_apart: bool) -> Vec<ReaderGroup> {
        let mut groups: Vec<ReaderGroup> = Vec::new();
        for (i, column) in self.columns.iter().enumerate() {
            match groups.last_mut() {
                Some(last) if !readings_apart && last.reader == column.reader => {
                    last.columns.push(i);
                }
                _ => groups.push(ReaderGroup {
                    reader: column.reader,
                    columns: vec![i],
                }),
            }
        }
        groups
    }

    /// Units of one subject lie side by side: their ranges, with the subject.
    pub(crate) fn subjects(&self) -> Vec<(u32, Range<usize>)> {
        let mut found: Vec<(u32, Range<usize>)> = Vec::new();
        for (i, unit) in self.units.iter().enumerate() {
            match found.last_mut() {
                Some((subject, range)) if *subject == unit.subject => range.end = i + 1,
                _ => found.push((unit.subject, i..i + 1)),
            }
        }
        found
    }
}

/// A subject's own days at a visit (the mean where readings disagree), else the visit's nominal days.
fn days(table: &ScoreTable, cells: &[Cell]) -> Vec<f64> {
    let visits = table.visits.len();
    let mut sums = vec![(0.0, 0usize); table.subjects.len() * visits];
    for cell in cells.iter().filter(|c| c.days.is_finite()) {
        let at = cell.unit.subject as usize * visits + cell.visit as usize;
        if let Some(sum) = sums.get_mut(at) {
            sum.0 += cell.days;
            sum.1 += 1;
        }
    }
    sums.iter()
        .enumerate()
        .map(|(i, &(sum, n))| match n {
            0 => table.visits[i % visits].days.unwrap_or(f64::NAN),
            _ => sum / n as f64,
        })
        .collect()
}

/// Each reader's change of a unit, and the mean over readers who have one.
pub(crate) fn mean_change(
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

/// The visits that a change lies between: those asked for, else the first and the last.
pub(crate) fn span(
    table: &ScoreTable,
    from: Option<u32>,
    to: Option<u32>,
) -> Result<(usize, usize), Error> {
    let last = table.visits.len().saturating_sub(1);
    let from = from.map_or(0, |v| v as usize);
    let to = to.map_or(last, |v| v as usize);
    if from >= to || to > last {
        let reason: Reason = match table.visits.len() {
            0 | 1 => ("it holds one visit only", "a change needs two").into(),
            n => (
                format!("visits {from} and {to} of {n} were asked for"),
                "the first must come before the second",
            )
                .into(),
        };
        return Err(Error::NotIdentified {
            question: "change",
            reason,
        });
    }
    Ok((from, to))
}
