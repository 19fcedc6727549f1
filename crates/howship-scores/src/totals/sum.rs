//! One reading of one visit after the other.

use super::{Fill, Imputation, ImputationRule, Proportion, TotalsOptions};
use crate::{NONE, ScoreRow, ScoreTable, Status, Total, TotalRow};
use std::collections::HashMap;

/// What a feature's sum needs to know of the scheme.
pub(super) struct FeatureRule {
    code: String,
    /// Positions of the items that are asked for, ascending.
    pub(super) items: Vec<u32>,
    /// Weighted largest sum over them; none where an item has no positive, finite largest grade.
    largest: Option<f64>,
    /// Factor of the normalisation.
    pub(super) stretch: f64,
}

pub(super) struct Sums<'a> {
    pub(super) table: &'a ScoreTable,
    options: &'a TotalsOptions,
    pub(super) features: Vec<FeatureRule>,
    carries: bool,
}

/// An item of one reading.
#[derive(Clone, Copy)]
pub(super) enum Cell {
    Scored(f64),
    /// Replaced, or its last score carried on.
    Filled(f64),
    /// The largest grade in place of a score that nobody gave.
    Assumed(f64),
    Open,
}

impl Cell {
    /// What a change may rest on.
    pub(super) fn seen(self) -> Option<f64> {
        match self {
            Self::Scored(value) | Self::Filled(value) => Some(value),
            Self::Assumed(_) | Self::Open => None,
        }
    }
}

/// Last scores by item of one reader's reading, for carrying on; keys are campaign, reader, reading.
type Earlier = HashMap<(u32, u32, u32), Vec<f64>>;

/// A running sum of a feature.
struct Partial {
    sum: f64,
    largest: f64,
    scored: u32,
    filled: u32,
}

impl<'a> Sums<'a> {
    pub(super) fn new(table: &'a ScoreTable, options: &'a TotalsOptions, asked: &[bool]) -> Self {
        let mut features: Vec<FeatureRule> = Vec::new();
        // Items of scheme `custom` may have as many features as rows: look them up.
        let mut known: HashMap<&str, usize> = HashMap::new();
        for (i, item) in table.items.iter().enumerate() {
            let at = *known.entry(item.feature.as_str()).or_insert_with(|| {
                features.push(FeatureRule {
                    code: item.feature.clone(),
                    items: Vec::new(),
                    largest: Some(0.0),
                    stretch: match options.normalise {
                        true => table.sums.stretch(&item.feature),
                        false => 1.0,
                    },
                });
                features.len() - 1
            });
            if asked.get(i).copied().unwrap_or(false) {
                let bounded = item.max.is_finite() && item.max > 0.0;
                let rule = &mut features[at];
                rule.items.push(i as u32);
                rule.largest = rule
                    .largest
                    .filter(|_| bounded)
                    .map(|sum| sum + item.weight * item.max);
            }
        }
        Self {
            table,
            options,
            features,
            carries: carries(table, options),
        }
    }

    pub(super) fn features(&self) -> Vec<String> {
        self.features.iter().map(|f| f.code.clone()).collect()
    }

    /// Whether a sum over all features stands beside them: not where a feature is the table's own total.
    pub(super) fn adds_all(&self) -> bool {
        self.features.iter().all(|f| f.code != "total")
    }

    /// Largest sums as they are reported, that of all features last.
    pub(super) fn maxima(&self) -> Vec<Option<f64>> {
        let asked = |f: &&FeatureRule| !f.items.is_empty();
        let largest = |f: &FeatureRule| f.largest.map(|sum| sum * f.stretch);
        let of_feature = |f: &FeatureRule| Some(f).filter(asked).and_then(largest);
        let mut maxima: Vec<Option<f64>> = self.features.iter().map(of_feature).collect();
        let all: Option<f64> = self.features.iter().filter(asked).map(largest).sum();
        if self.adds_all() {
            maxima.push(all.filter(|_| self.table.sums.total));
        }
        maxima
    }

    pub(super) fn of_subjects(&self, subjects: &[&[ScoreRow]]) -> (Vec<TotalRow>, Vec<Imputation>) {
        let mut rows = Vec::new();
        let mut imputations = Vec::new();
        for subject in subjects {
            self.walk(subject, &mut imputations, |first, cells, imputations| {
                rows.push(self.add_up(first, cells, imputations));
            });
        }
        (rows, imputations)
    }

    /// Places one subject's readings, one after the other, and hands over each with its first row.
    pub(super) fn walk(
        &self,
        subject: &[ScoreRow],
        imputations: &mut Vec<Imputation>,
        mut at: impl FnMut(&ScoreRow, &[Cell], &mut Vec<Imputation>),
    ) {
        let mut cells = vec![Cell::Open; self.table.items.len()];
        let mut earlier = Earlier::new();
        for reading in subject.chunk_by(|a, b| reading_of(a) == reading_of(b)) {
            let mut before = None;
            if self.carries {
                let key = (reading[0].campaign, reading[0].reader, reading[0].reading);
                let unseen = || vec![f64::NAN; self.table.items.len()];
                before = Some(earlier.entry(key).or_insert_with(unseen));
            }
            let last = before.as_deref().map_or(&[][..], Vec::as_slice);
            self.place(reading, last, &mut cells, imputations);
            at(&reading[0], &cells, imputations);
            if let Some(last) = before {
                remember(reading, last);
            }
            clear(reading, &mut cells, self.options.missing);
        }
    }

    /// Puts a reading's rows in their places and fills those that a rule fills.
    fn place(
        &self,
        reading: &[ScoreRow],
        last: &[f64],
        cells: &mut [Cell],
        imputations: &mut Vec<Imputation>,
    ) {
        let mut fill = |item: u32, (rule, replaced): (Fill, bool), cells: &mut [Cell]| {
            if let Some((value, rule)) = self.filling(item, rule, last) {
                let seen = replaced || rule == ImputationRule::Carried;
                cells[item as usize] = match seen {
                    true => Cell::Filled(value),
                    false => Cell::Assumed(value),
                };
                imputations.push(self.item_filled(&reading[0], item, value, rule));
            }
        };
        for row in reading {
            match row.status {
                Status::Ok => cells[row.item as usize] = Cell::Scored(row.score),
                Status::Missing => {}
                Status::Replaced => fill(row.item, (self.options.replaced, true), cells),
                Status::NotScorable => fill(row.item, (self.options.not_scorable, false), cells),
            }
        }
        if self.options.missing == Fill::Missing {
            return;
        }
        let spoken_for = |item: u32| {
            let at = reading.binary_search_by_key(&item, |r| r.item);
            at.is_ok_and(|i| reading[i].status != Status::Missing)
        };
        for item in self.features.iter().flat_map(|f| f.items.iter().copied()) {
            if !spoken_for(item) {
                fill(item, (self.options.missing, false), cells);
            }
        }
    }

    fn filling(&self, item: u32, rule: Fill, last: &[f64]) -> Option<(f64, ImputationRule)> {
        match rule {
            Fill::Missing => None,
            Fill::Carry => {
                let score = last.get(item as usize).copied().filter(|s| !s.is_nan())?;
                Some((score, ImputationRule::Carried))
            }
            Fill::Maximum => {
                let maximum = self.table.items.get(item as usize)?.max;
                Some((maximum, ImputationRule::Maximum))
            }
        }
    }

    fn add_up(
        &self,
        first: &ScoreRow,
        cells: &[Cell],
        imputations: &mut Vec<Imputation>,
    ) -> TotalRow {
        let mut values = Vec::with_capacity(self.features.len() + 1);
        let mut all = Total {
            value: self.table.sums.total.then_some(0.0),
            items: 0,
            scored: 0,
        };
        for (number, rule) in self.features.iter().enumerate() {
            let part = self.partial(rule, cells);
            let value = self.complete(first, number as u32, rule, &part, imputations);
            let value = value.map(|v| v * rule.stretch);
            let asked = rule.items.len() as u32;
            // A feature of which nothing is asked (none of its sites occurs in the table) is no part of the total.
            if asked > 0 {
                all.value = all.value.zip(value).map(|(sum, v)| sum + v);
            }
            all.items += asked;
            all.scored += part.scored;
            values.push(Total {
                value,
                items: asked,
                scored: part.scored,
            });
        }
        all.value = all.value.filter(|_| all.items > 0);
        if self.adds_all() {
            values.push(all);
        }
        TotalRow {
            subject: first.subject,
            arm: first.arm,
            visit: first.visit,
            reader: first.reader,
            campaign: first.campaign,
            reading: first.reading,
            days: f64::from(first.days),
            values,
        }
    }

    fn partial(&self, rule: &FeatureRule, cells: &[Cell]) -> Partial {
        let mut part = Partial {
            sum: 0.0,
            largest: 0.0,
            scored: 0,
            filled: 0,
        };
        for &i in &rule.items {
            let item = &self.table.items[i as usize];
            let value = match cells[i as usize] {
                Cell::Open => continue,
                Cell::Scored(value) => {
                    part.scored += 1;
                    value
                }
                Cell::Filled(value) | Cell::Assumed(value) => {
                    part.filled += 1;
                    value
                }
            };
            part.sum += item.weight * value;
            part.largest += item.weight * item.max;
        }
        part
    }

    /// The sum over all sites asked for: as it is, in proportion, or none.
    fn complete(
        &self,
        first: &ScoreRow,
        feature: u32,
        rule: &FeatureRule,
        part: &Partial,
        imputations: &mut Vec<Imputation>,
    ) -> Option<f64> {
        let asked = rule.items.len() as u32;
        let known = part.scored + part.filled;
        if known == asked {
            return (asked > 0).then_some(part.sum);
        }
        if known == 0 {
            return None;
        }
        let imputed = self
            .completing(rule, known, part.largest)
            .map(|f| part.sum * f);
        imputations.push(Imputation {
            feature,
            item: NONE,
            observed: Some(part.sum),
            scored: part.scored,
            filled: part.filled,
            asked,
            imputed,
            rule: match imputed {
                Some(_) => ImputationRule::Proportional,
                None => ImputationRule::Refused,
            },
            ..of_reading(first)
        });
        imputed
    }

    /// Factor that brings a sum over some of a feature's sites up to all of them; none where these are too few.
    pub(super) fn completing(&self, rule: &FeatureRule, known: u32, largest: f64) -> Option<f64> {
        let asked = rule.items.len() as u32;
        if known == asked {
            return (asked > 0).then_some(1.0);
        }
        let enough = known > 0 && f64::from(known) >= self.options.share * f64::from(asked);
        let factor = match (self.options.proportion, rule.largest) {
            (Proportion::Never, _) => None,
            (Proportion::Maxima, Some(of_all)) => Some(of_all / largest),
            _ => Some(f64::from(asked) / f64::from(known)),
        };
        factor.filter(|_| enough)
    }

    fn item_filled(
        &self,
        first: &ScoreRow,
        item: u32,
        value: f64,
        rule: ImputationRule,
    ) -> Imputation {
        let code = self.table.items.get(item as usize).map(|i| &i.feature);
        let feature = self.features.iter().position(|f| Some(&f.code) == code);
        Imputation {
            feature: feature.map_or(NONE, |f| f as u32),
            item,
            imputed: Some(value),
            rule,
            ..of_reading(first)
        }
    }
}

/// Whether a score may be carried on. A subject's memory is as long as the list of items: it is kept only where a row
/// can use it.
fn carries(table: &ScoreTable, options: &TotalsOptions) -> bool {
    let by_status = |status| table.rows.iter().any(|r| r.status == status);
    options.missing == Fill::Carry
        || options.replaced == Fill::Carry && by_status(Status::Replaced)
        || options.not_scorable == Fill::Carry && by_status(Status::NotScorable)
}

fn reading_of(row: &ScoreRow) -> (u32, u32, u32, u32) {
    (row.visit, row.campaign, row.reader, row.reading)
}

fn of_reading(row: &ScoreRow) -> Imputation {
    Imputation {
        subject: row.subject,
        visit: row.visit,
        campaign: row.campaign,
        reader: row.reader,
        reading: row.reading,
        feature: NONE,
        item: NONE,
        observed: None,
        scored: 0,
        filled: 0,
        asked: 1,
        imputed: None,
        rule: ImputationRule::Refused,
    }
}

fn remember(reading: &[ScoreRow], last: &mut [f64]) {
    for row in reading.iter().filter(|r| r.status == Status::Ok) {
        last[row.item as usize] = row.score;
    }
}

/// Empties the cells for the next reading; only those that a row touched, unless every open one may be filled.
fn clear(reading: &[ScoreRow], cells: &mut [Cell], missing: Fill) {
    if missing != Fill::Missing {
        cells.fill(Cell::Open);
        return;
    }
    for row in reading {
        cells[row.item as usize] = Cell::Open;
    }
}
