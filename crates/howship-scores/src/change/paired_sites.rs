use super::series::{ReaderGroup, Series};
use crate::{ScoreTable, Totals};
use serde::Serialize;

/// What of a patient's change was seen, where sums were imputed.
///
/// Each visit's sum is completed from its own sites. Where these differ between visits, a change comes out although no
/// site may have changed: such a change is no finding.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct PairedSites {
    /// Whether a sum at either visit was brought up to all sites in proportion.
    pub imputed: bool,
    /// Sum of the changes of sites that one reading scored at both visits, weighted and on the scale of the scheme's
    /// sums, mean of readers; none where there are none.
    pub change: Option<f64>,
}

impl PairedSites {
    /// Of every subject of the table, by its number.
    pub(crate) fn of_subjects(
        table: &ScoreTable,
        (totals, position): (&Totals, usize),
        joints: &Series,
        span: (usize, usize),
    ) -> Vec<Self> {
        let mut found = vec![Self::default(); table.subjects.len()];
        for row in &totals.rows {
            let inside = [span.0, span.1].contains(&(row.visit as usize));
            found[row.subject as usize].imputed |=
                inside && row.values.get(position).is_some_and(|v| v.proportional);
        }
        // The last of the totals is over all features.
        let feature = totals.features.get(position);
        let feature = feature.filter(|_| position + 1 < totals.features.len());
        let groups = joints.groups(false);
        for (subject, units) in joints.subjects() {
            let of_feature = |&unit: &usize| {
                let item = joints.units[unit].item;
                let item = item.and_then(|i| table.items.get(i as usize));
                feature.is_none_or(|f| item.is_some_and(|i| i.feature == *f))
            };
            let units: Vec<usize> = units.filter(of_feature).collect();
            let seen = |group: &ReaderGroup| {
                let changes = units.iter().filter_map(|&unit| {
                    let item = table.items.get(joints.units[unit].item? as usize)?;
                    let change = joints.change(unit, group, span.0, span.1)?;
                    Some(change * item.weight * table.sums.stretch(&item.feature))
                });
                changes.fold(None, |sum, c| Some(sum.unwrap_or(0.0) + c))
            };
            let readers: Vec<f64> = groups.iter().filter_map(seen).collect();
            if !readers.is_empty() {
                let mean = readers.iter().sum::<f64>() / readers.len() as f64;
                found[subject as usize].change = Some(mean);
            }
        }
        found
    }

    pub(crate) fn scaled(self, by: f64) -> Self {
        Self {
            change: self.change.map(|c| c * by),
            ..self
        }
    }

    /// What is said of a change, where it is said of what was seen as well; none where imputed sums alone would have it.
    pub fn seen(&self, change: f64, holds: impl Fn(f64) -> Option<bool>) -> Option<bool> {
        let verdict = holds(change)?;
        let sure = !verdict || !self.imputed || self.change.and_then(holds) == Some(true);
        sure.then_some(verdict)
    }
}

/// What must be known of changes of imputed sums: how many there are, and how many verdicts (`withheld`) rest on them
/// alone.
pub(crate) fn imputed_notes(imputed: usize, patients: usize, withheld: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if imputed > 0 {
        notes.push(format!(
            "changes of {imputed} of {patients} patients rest on sums that were imputed from the sites scored at each \
             visit: where these sites differ, a change comes out that nobody saw (`--missing carry` holds on to the \
             last score, `--proportion never` leaves such sums out)"
        ));
    }
    if withheld > 0 {
        notes.push(format!(
            "{withheld} verdicts, of all definitions, would rest on imputed sums alone and not on the sites scored at \
             both visits: they are not given (`imputed_only`)"
        ));
    }
    notes
}
