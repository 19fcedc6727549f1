use super::report::Kind;
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
    /// Weighted sum of the changes of sites that one reading scored at both visits, mean of readers; none where there
    /// are none. Not normalised.
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
        let imputed = imputed_subjects(table, (totals, position), span);
        let unseen = imputed.into_iter().map(|imputed| Self {
            imputed,
            change: None,
        });
        let mut found: Vec<Self> = unseen.collect();
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
                    let item = joints.units[unit]
                        .item
                        .and_then(|i| table.items.get(i as usize));
                    let change = joints.change(unit, group, span.0, span.1)?;
                    Some(change * item.map_or(1.0, |i| i.weight))
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

    /// Whether a change in this direction was seen, and not only imputed.
    #[must_use]
    pub fn shows(&self, kind: Kind) -> bool {
        !self.imputed
            || self.change.is_some_and(|change| match kind {
                Kind::Progression => change > 0.0,
                Kind::Repair => change < 0.0,
            })
    }
}

/// Subjects of whom a sum at either visit was imputed in proportion.
pub(crate) fn imputed_subjects(
    table: &ScoreTable,
    (totals, position): (&Totals, usize),
    span: (usize, usize),
) -> Vec<bool> {
    let mut found = vec![false; table.subjects.len()];
    for row in &totals.rows {
        let inside = [span.0, span.1].contains(&(row.visit as usize));
        found[row.subject as usize] |=
            inside && row.values.get(position).is_some_and(|v| v.proportional);
    }
    found
}

/// How many of the patients who are judged have an imputed sum; none where nobody has.
pub(crate) fn imputed_note(imputed: usize, patients: usize) -> Option<String> {
    (imputed > 0).then(|| {
        format!(
            "changes of {imputed} of {patients} patients rest on sums that were imputed from the sites scored at each \
             visit: where these sites differ, a change comes out that nobody saw"
        )
    })
}
