use super::options::{FinalScore, Setting};
use super::report::{AdjudicationCount, FeatureSdc};
use crate::change::series::{ReaderGroup, Series};
use crate::change::{PairedSites, detectable};
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
    /// What of these was seen, where sums were imputed; of all readers, an adjudicator too.
    pub(super) paired: Vec<PairedSites>,
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
}

impl FeatureData {
    pub(super) fn of(
        table: &ScoreTable,
        totals: &Totals,
        feature: &str,
        setting: &Setting<'_>,
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
            sdc: (setting.visits.iter().zip(&setting.visit_names))
                .map(|(&v, name)| FeatureSdc {
                    feature: feature.to_owned(),
                    visit: name.clone(),
                    detectable: detectable(&primary, (setting.baseline, v), setting.sdc(feature)),
                })
                .collect(),
        };
        let joints = Series::joints(table, |_| true)?;
        let paired: Vec<Vec<PairedSites>> = (setting.visits.iter())
            .map(|&v| {
                let span = (setting.baseline, v);
                PairedSites::of_subjects(table, (totals, position), &joints, span)
            })
            .collect();
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
                paired: (paired.iter())
                    .map(|of_visit| of_visit[unit.subject as usize])
                    .collect(),
                days: Vec::new(),
            };
            for (&visit, tally) in setting.visits.iter().zip(&mut tallies) {
                let changes: Vec<f64> = (readers.iter())
                    .filter_map(|g| primary.change(u, g, setting.baseline, visit))
                    .collect();
                let settled = || {
                    let (group, unit) = (third.first()?, also?);
                    all.change(unit, group, setting.baseline, visit)
                };
                patient
                    .changes
                    .push(settle(&changes, settled, setting, tally));
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
        features: totals.features.clone(),
        rows: kept.cloned().collect(),
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

/// The change that stands.
fn settle(
    changes: &[f64],
    third: impl FnOnce() -> Option<f64>,
    setting: &Setting<'_>,
    tally: &mut Tally,
) -> Option<f64> {
    let mean = changes.iter().sum::<f64>() / changes.len() as f64;
    let Some(rule) = &setting.options.adjudication else {
        return mean.is_finite().then_some(mean);
    };
    if changes.len() >= 2 {
        tally.read_twice += 1;
        let low = changes.iter().copied().fold(f64::INFINITY, f64::min);
        let high = changes.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if high - low > rule.threshold {
            tally.beyond += 1;
            match third() {
                Some(change) => return Some(final_score(changes, change, rule.final_score)),
                None => tally.unsettled += 1,
            }
        }
    }
    mean.is_finite().then_some(mean)
}

fn final_score(changes: &[f64], third: f64, rule: FinalScore) -> f64 {
    let mut all: Vec<f64> = changes.iter().copied().chain([third]).collect();
    all.sort_by(f64::total_cmp);
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    match rule {
        FinalScore::AllReaders => mean,
        FinalScore::Adjudicator => third,
        FinalScore::TwoClosest => {
            let gap = |pair: &[f64]| pair[1] - pair[0];
            let closest = all.windows(2).map(gap).fold(f64::INFINITY, f64::min);
            let tie = 1e-9 * (1.0 + closest.abs());
            let pairs: Vec<&[f64]> = all.windows(2).filter(|p| gap(p) <= closest + tie).collect();
            match pairs.as_slice() {
                [one] => 0.5 * (one[0] + one[1]),
                _ => mean,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_final_score_by_each_rule() {
        let score = |rule| final_score(&[0.0, 10.0], 8.0, rule);
        assert_eq!(score(FinalScore::TwoClosest), 9.0);
        assert_eq!(score(FinalScore::AllReaders), 6.0);
        assert_eq!(score(FinalScore::Adjudicator), 8.0);
        assert_eq!(final_score(&[0.0, 10.0], 5.0, FinalScore::TwoClosest), 5.0);
    }
}
