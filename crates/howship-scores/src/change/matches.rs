use super::series::{ReaderGroup, Series};
use crate::totals::{MatchedReading, MatchedSites, matched_changes};
use crate::{ScoreTable, Totals};

/// Matched changes of all readings between two visits.
pub(crate) struct Matches {
    readings: Vec<MatchedReading>,
    span: (usize, usize),
}

impl Matches {
    pub(crate) fn of(table: &ScoreTable, totals: &Totals, span: (usize, usize)) -> Self {
        Self {
            readings: matched_changes(table, totals, span),
            span,
        }
    }

    /// Subjects of whom a reading's sum is of other sites at one visit than at the other.
    pub(crate) fn differing(&self, position: usize) -> usize {
        let differ = |r: &&MatchedReading| r.totals.get(position).is_some_and(|t| t.differ);
        let mut subjects: Vec<u32> = (self.readings.iter().filter(differ))
            .map(|r| r.subject)
            .collect();
        subjects.dedup();
        subjects.len()
    }

    /// As [`Series::change`]: mean of the readings of one reader that have this total at both visits.
    pub(crate) fn of_reader(
        &self,
        series: &Series,
        unit: usize,
        group: &ReaderGroup,
        position: usize,
    ) -> Option<MatchedSites> {
        let (from, to) = self.span;
        let counts = |&&column: &&usize| {
            let change = series.value(unit, column, to) - series.value(unit, column, from);
            change.is_finite()
        };
        let readings: Vec<MatchedSites> = (group.columns.iter().filter(counts))
            .map(|&column| self.of_reading(series, unit, column, position))
            .collect();
        (!readings.is_empty()).then(|| MatchedSites::mean(&readings))
    }

    /// Mean of the readers who have a change.
    pub(crate) fn of_readers(
        &self,
        series: &Series,
        unit: usize,
        groups: &[ReaderGroup],
        position: usize,
    ) -> MatchedSites {
        let readers = groups.iter();
        let readers: Vec<MatchedSites> = readers
            .filter_map(|g| self.of_reader(series, unit, g, position))
            .collect();
        MatchedSites::mean(&readers)
    }

    fn of_reading(
        &self,
        series: &Series,
        unit: usize,
        column: usize,
        position: usize,
    ) -> MatchedSites {
        let column = series.columns[column];
        let key = (
            series.units[unit].subject,
            column.reader,
            column.campaign,
            column.reading,
        );
        let found = self
            .readings
            .binary_search_by_key(&key, MatchedReading::key);
        let total = found
            .ok()
            .and_then(|i| self.readings[i].totals.get(position));
        total.copied().unwrap_or(MatchedSites {
            differ: true,
            change: None,
        })
    }
}

/// What must be known of changes of sums over different sites: how many there are, and how many verdicts are withheld
/// for it.
pub(crate) fn differing_notes(differing: usize, patients: usize, withheld: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if differing > 0 {
        notes.push(format!(
            "sums of {differing} of {patients} patients are of other sites at one visit than at the other; each visit's \
             are completed from its own, so that a change comes out that nobody saw, or hides one (`--missing carry` \
             holds on to the last score, `--proportion never` leaves such sums out)"
        ));
    }
    if withheld > 0 {
        notes.push(format!(
            "{withheld} verdicts, of all definitions, are not given: sums and the sites scored at both visits say \
             different things (`withheld`)"
        ));
    }
    notes
}
