//! What of a change of sums was seen at the same sites.

use super::MatchedSites;
use super::asked;
use super::sum::{Cell, Sums};
use crate::{ScoreRow, ScoreTable, Totals};
use rayon::prelude::*;
use std::collections::HashMap;

/// One reading of one subject at two visits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MatchedReading {
    pub(crate) subject: u32,
    pub(crate) reader: u32,
    pub(crate) campaign: u32,
    pub(crate) reading: u32,
    /// One for each of the totals' features, then that of all.
    pub(crate) totals: Vec<MatchedSites>,
}

impl MatchedReading {
    /// What readings are sorted by.
    pub(crate) fn key(&self) -> (u32, u32, u32, u32) {
        (self.subject, self.reader, self.campaign, self.reading)
    }
}

/// Changes of every reading that has both visits, sorted by [`MatchedReading::key`].
pub(crate) fn matched_changes(
    table: &ScoreTable,
    totals: &Totals,
    span: (usize, usize),
) -> Vec<MatchedReading> {
    let asked = asked(table, &totals.rules);
    let sums = Sums::new(table, &totals.rules, &asked);
    let subjects: Vec<&[ScoreRow]> = table.rows.chunk_by(|a, b| a.subject == b.subject).collect();
    let mut found: Vec<MatchedReading> = subjects
        .par_iter()
        .flat_map_iter(|subject| of_subject(&sums, subject, span))
        .collect();
    found.sort_unstable_by_key(MatchedReading::key);
    found
}

fn of_subject(sums: &Sums<'_>, subject: &[ScoreRow], span: (usize, usize)) -> Vec<MatchedReading> {
    let mut first: HashMap<(u32, u32, u32), Vec<Cell>> = HashMap::new();
    let mut found = Vec::new();
    sums.walk(subject, &mut Vec::new(), |row, cells, _| {
        let key = (row.campaign, row.reader, row.reading);
        if row.visit as usize == span.0 {
            first.insert(key, cells.to_vec());
        } else if row.visit as usize == span.1
            && let Some(before) = first.get(&key)
        {
            found.push(MatchedReading {
                subject: row.subject,
                reader: row.reader,
                campaign: row.campaign,
                reading: row.reading,
                totals: compare(sums, before, cells),
            });
        }
    });
    found
}

fn compare(sums: &Sums<'_>, before: &[Cell], after: &[Cell]) -> Vec<MatchedSites> {
    let mut changes = Vec::with_capacity(sums.features.len() + 1);
    let mut all = MatchedSites {
        change: Some(0.0),
        differ: false,
    };
    for rule in &sums.features {
        let (mut change, mut largest, mut known, mut differ) = (0.0, 0.0, 0, false);
        for &i in &rule.items {
            let item = &sums.table.items[i as usize];
            let cells = (before[i as usize].seen(), after[i as usize].seen());
            if let (Some(before), Some(after)) = cells {
                change += item.weight * (after - before);
                largest += item.weight * item.max;
                known += 1;
            } else {
                let open = |cells: &[Cell]| matches!(cells[i as usize], Cell::Open);
                differ |= !(open(before) && open(after));
            }
        }
        let completed = sums.completing(rule, known, largest);
        let one = MatchedSites {
            change: completed.map(|f| change * f * rule.stretch),
            differ,
        };
        // As in the totals: what is not asked for is no part of them.
        if !rule.items.is_empty() {
            all.change = all.change.zip(one.change).map(|(sum, x)| sum + x);
            all.differ |= differ;
        }
        changes.push(one);
    }
    if sums.adds_all() {
        changes.push(all);
    }
    changes
}
