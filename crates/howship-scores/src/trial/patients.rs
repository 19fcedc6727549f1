use super::options::{FinalScore, Setting};
use super::report::{AdjudicationCount, FeatureSdc};
use crate::change::series::{ReaderGroup, Series};
use crate::change::{MatchedSites, Matches, detectable, unpaired};
use crate::{Error, ScoreTable, Totals};

/// One patient of an arm.
#[derive(Debug, Clone)]
pub(super) struct Patient {
    pub(super) subject: String,
    pub(super) arm: usize,
    pub(super) stratum: Option<usize>,
    /// Mean over primary readers.
    pub(super) baseline: f64,
    /// By visit after baseline.
    pub(super) changes: Vec<Option<f64>>,
    /// What of these was seen at the same sites, by the readers whose change stands.
    pub(super) matched: Vec<Option<MatchedSites>>,
    /// Days from baseline by visit; NaN where unknown.
    pub(super) days: Vec<f64>,
}

/// One feature's changes, adjudicated.
#[derive(Debug, Clone)]
pub(super) struct FeatureData {
    pub(super) feature: String,
    pub(super) patients: Vec<Patient>,
    pub(super) adjudication: Vec<AdjudicationCount>,
    /// By visit.
    pub(super) sdc: Vec<FeatureSdc>,
    /// By visit: readings that enter no change.
    pub(super) unpaired: Vec<Option<String>>,
}

impl FeatureData {
    pub(super) fn of(
        table: &ScoreTable,
        totals: &Totals,
        feature: &str,
        (setting, matches): (&Setting<'_>, &[Matches]),
    ) -> Result<Self, Error> {
        let position = totals.position(feature).unwrap_or(usize::MAX);
        // The adjudicator sees disagreements only: pairs with them would make every reader look worse.
        let primary = Series::patients(table, &without(totals, setting.adjudicator), position)?;
        let all = Series::patients(table, totals, position)?;
        let readers = primary.groups(false);
        let third: Vec<ReaderGroup> = (all.groups(false).into_iter())
            .filter(|g| Some(g.reader) == setting.adjudicator)
            .collect();
        let mut out = Self {
            feature: feature.to_owned(),
            patients: Vec::new(),
            adjudication: Vec::new(),
            unpaired: (setting.visits.iter())
                .map(|&v| unpaired(table, &primary, &readers, (setting.baseline, v)))
                .collect(),
            sdc: (setting.visits.iter().zip(&setting.visit_names))
                .map(|(&v, name)| FeatureSdc {
                    feature: feature.to_owned(),
                    visit: name.clone(),
                    detectable: detectable(&primary, (setting.baseline, v), setting.sdc(feature)),
                })
                .collect(),
        };
        let mut tallies = vec![Tally::default(); setting.visits.len()];
        for (u, unit) in primary.units.iter().enumerate() {
            let Some(arm) = setting.arm(unit.arm, table) else {
                continue;
            };
            let Some(baseline) = baseline(&primary, u, &readers, setting.baseline) else {
                continue;
            };
            let also = all
                .units
                .binary_search_by_key(&unit.subject, |a| a.subject)
                .ok();
            let start = primary.days(unit.subject, setting.baseline);
            let start = if start.is_finite() { start } else { 0.0 };
            let mut patient = Patient {
                subject: table.subjects.name(unit.subject).to_owned(),
                arm,
                stratum: setting.strata.get(unit.subject as usize).copied(),
                baseline,
                changes: Vec::new(),
                matched: Vec::new(),
                days: Vec::new(),
            };
            for ((&visit, tally), matches) in setting.visits.iter().zip(&mut tallies).zip(matches) {
                let read = |series: &Series, unit: usize, group: &ReaderGroup| {
                    Some(Read {
                        change: series.change(unit, group, setting.baseline, visit)?,
                        matched: matches.of_reader(series, unit, group, position)?,
                    })
                };
                let changes: Vec<Read> = (readers.iter())
                    .filter_map(|g| read(&primary, u, g))
                    .collect();
                let settled = || read(&all, also?, third.first()?);
                let standing = settle(&changes, settled, setting, tally);
                patient.changes.push(standing.map(|s| s.change));
                patient.matched.push(standing.map(|s| s.matched));
                patient.days.push(primary.days(unit.subject, visit) - start);
            }
            out.patients.push(patient);
        }
        if setting.adjudicator.is_some() {
            let named = tallies.iter().zip(&setting.visit_names);
            out.adjudication = named.map(|(t, name)| t.count(feature, name)).collect();
        }
        Ok(out)
    }

    pub(super) fn is_empty(&self) -> bool {
        let mut changes = self.patients.iter().flat_map(|p| &p.changes);
        changes.all(Option::is_none)
    }
}

fn without(totals: &Totals, reader: Option<u32>) -> Totals {
    let kept = totals.rows.iter().filter(|r| Some(r.reader) != reader);
    Totals {
        rows: kept.cloned().collect(),
        features: totals.features.clone(),
        rules: totals.rules.clone(),
    }
}

/// Mean over readers of each reader's mean over readings.
fn baseline(series: &Series, unit: usize, readers: &[ReaderGroup], visit: usize) -> Option<f64> {
    let mean = |values: &[f64]| {
        let n = values.len();
        (n > 0).then(|| values.iter().sum::<f64>() / n as f64)
    };
    let each: Vec<f64> = (readers.iter())
        .filter_map(|g| {
            let values = g.columns.iter().map(|&c| series.value(unit, c, visit));
            mean(&values.filter(|v| v.is_finite()).collect::<Vec<_>>())
        })
        .collect();
    mean(&each)
}

#[derive(Debug, Clone, Default)]
struct Tally {
    read_twice: usize,
    beyond: usize,
    unsettled: usize,
}

impl Tally {
    fn count(&self, feature: &str, visit: &str) -> AdjudicationCount {
        AdjudicationCount {
            feature: feature.to_owned(),
            visit: visit.to_owned(),
            read_twice: self.read_twice,
            beyond: self.beyond,
            unsettled: self.unsettled,
            share: self.beyond as f64 / self.read_twice.max(1) as f64,
        }
    }
}

/// One reader's change.
#[derive(Debug, Clone, Copy)]
struct Read {
    change: f64,
    matched: MatchedSites,
}

impl Read {
    fn weighted(reads: &[Self], weights: &[f64]) -> Self {
        let both = || reads.iter().zip(weights).filter(|(_, w)| **w > 0.0);
        Self {
            change: both().map(|(r, w)| w * r.change).sum(),
            matched: MatchedSites::weighted(both().map(|(r, w)| (*w, r.matched))),
        }
    }
}

/// The change that stands.
fn settle(
    reads: &[Read],
    third: impl FnOnce() -> Option<Read>,
    setting: &Setting<'_>,
    tally: &mut Tally,
) -> Option<Read> {
    let n = reads.len();
    let mean = (n > 0).then(|| Read::weighted(reads, &vec![1.0 / n as f64; n]));
    let Some(rule) = &setting.options.adjudication else {
        return mean;
    };
    if n >= 2 {
        tally.read_twice += 1;
        let changes = || reads.iter().map(|r| r.change);
        let low = changes().fold(f64::INFINITY, f64::min);
        let high = changes().fold(f64::NEG_INFINITY, f64::max);
        if high - low > rule.threshold {
            tally.beyond += 1;
            match third() {
                Some(third) => {
                    let all: Vec<Read> = reads.iter().copied().chain([third]).collect();
                    let changes: Vec<f64> = all.iter().map(|r| r.change).collect();
                    return Some(Read::weighted(&all, &weights(&changes, rule.final_score)));
                }
                None => tally.unsettled += 1,
            }
        }
    }
    mean
}

/// How much of the final score is whose: the primary readers', then the adjudicator's.
fn weights(changes: &[f64], rule: FinalScore) -> Vec<f64> {
    let n = changes.len();
    let mean = || vec![1.0 / n as f64; n];
    let of = |chosen: &[usize]| {
        let mut weights = vec![0.0; n];
        for &i in chosen {
            weights[i] = 1.0 / chosen.len() as f64;
        }
        weights
    };
    match rule {
        FinalScore::AllReaders => mean(),
        FinalScore::Adjudicator => of(&[n - 1]),
        FinalScore::TwoClosest => {
            let mut order: Vec<usize> = (0..n).collect();
            order.sort_by(|&a, &b| changes[a].total_cmp(&changes[b]));
            let gap = |pair: &[usize]| changes[pair[1]] - changes[pair[0]];
            let closest = order.windows(2).map(gap).fold(f64::INFINITY, f64::min);
            let tie = 1e-9 * (1.0 + closest.abs());
            let mut pairs = order.windows(2).filter(|p| gap(p) <= closest + tie);
            match (pairs.next(), pairs.next()) {
                (Some(one), None) => of(one),
                _ => mean(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_final_score_by_each_rule() {
        let score = |third: f64, rule| -> f64 {
            let changes = [0.0, 10.0, third];
            let weights = weights(&changes, rule);
            changes.iter().zip(weights).map(|(c, w)| c * w).sum()
        };
        assert_eq!(score(8.0, FinalScore::TwoClosest), 9.0);
        assert!((score(8.0, FinalScore::AllReaders) - 6.0).abs() < 1e-12);
        assert_eq!(score(8.0, FinalScore::Adjudicator), 8.0);
        assert!((score(5.0, FinalScore::TwoClosest) - 5.0).abs() < 1e-12);
    }
}
