use super::missing::{Standing, standing};
use super::options::Setting;
use super::patients::FeatureData;
use super::report::{ArmRow, DefinitionShare, Handling, TrialReport};
use crate::Error;
use crate::change::{GroupChange, Kind, MatchedSites, Share};

pub(super) fn fill(
    report: &mut TrialReport,
    data: &FeatureData,
    setting: &Setting<'_>,
) -> Result<(), Error> {
    for visit in 0..setting.visits.len() {
        for handling in Handling::ALL {
            for arm in 0..setting.arms.len() {
                let row = arm_row(data, setting, visit, handling, arm)?;
                if handling == Handling::Observed && row.patients < 2 {
                    report.note(format!(
                        "`{}`, {}: arm `{}` is without mean and interval; they need two patients with a change, it has {}",
                        row.feature, row.visit, row.arm, row.patients
                    ));
                }
                report.tables.push(row);
            }
        }
    }
    Ok(())
}

fn arm_row(
    data: &FeatureData,
    setting: &Setting<'_>,
    visit: usize,
    handling: Handling,
    arm: usize,
) -> Result<ArmRow, Error> {
    let (mut baselines, mut all) = (Vec::new(), Vec::new());
    for patient in data.patients.iter().filter(|p| p.arm == arm) {
        if let Some(standing) = standing(patient, visit, handling, &setting.nominal_days) {
            baselines.push(patient.baseline);
            all.push(standing);
        }
    }
    let mut changes: Vec<f64> = all.iter().map(|s| s.change).collect();
    let confidence = setting.options.confidence;
    let name = &setting.arms[arm];
    let enough = changes.len() >= 2;
    let both: Vec<(f64, MatchedSites)> = all.iter().map(|s| (s.change, s.matched)).collect();
    let group = enough
        .then(|| GroupChange::from_matched(name, &data.feature, &both, confidence))
        .transpose()?;
    let baseline = moments(&baselines).filter(|_| enough);
    let shares = shares(data, setting, visit, &all)?;
    changes.sort_by(f64::total_cmp);
    let at = |p| quantile(&changes, p).filter(|_| enough);
    Ok(ArmRow {
        feature: data.feature.clone(),
        visit: setting.visit_names[visit].clone(),
        handling,
        arm: name.clone(),
        patients: changes.len(),
        imputed: all.iter().filter(|s| !s.observed).count(),
        baseline_mean: baseline.map(|b| b.0),
        baseline_sd: baseline.map(|b| b.1),
        group,
        median: at(0.5),
        quartiles: at(0.25).zip(at(0.75)),
        shares,
    })
}

fn shares(
    data: &FeatureData,
    setting: &Setting<'_>,
    visit: usize,
    changes: &[Standing],
) -> Result<Vec<DefinitionShare>, Error> {
    let sdc = data.sdc[visit].detectable.sdc;
    let options = setting.options;
    let share = |name: String, kind: Kind, holds: &dyn Fn(f64) -> Option<bool>| {
        let judged = changes.iter().filter(|s| holds(s.change).is_some()).count();
        let seen = |s: &Standing| s.matched.verdict(s.change, holds);
        let verdicts: Vec<bool> = changes.iter().filter_map(seen).collect();
        let share = (!verdicts.is_empty()).then(|| Share::count(&verdicts, options.confidence));
        Ok::<_, Error>(DefinitionShare {
            name,
            kind,
            share: share.transpose()?,
            withheld: judged - verdicts.len(),
        })
    };
    let mut out = Vec::new();
    for rule in &options.progression {
        let holds = |c| rule.holds(c, sdc);
        out.push(share(rule.name(), Kind::Progression, &holds)?);
    }
    for rule in &options.repair {
        let holds = |c| rule.holds(c, sdc);
        out.push(share(rule.name(), Kind::Repair, &holds)?);
    }
    Ok(out)
}

/// Mean and SD; none of nothing.
fn moments(values: &[f64]) -> Option<(f64, f64)> {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    mean.is_finite()
        .then(|| (mean, (squares / (n - 1.0).max(1.0)).sqrt()))
}

/// Linear interpolation of sorted values (Hyndman, Fan, Am Stat 1996, type 7).
pub(super) fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let at = p * (sorted.len().checked_sub(1)? as f64);
    let low = at.floor() as usize;
    let next = sorted.get(low + 1).unwrap_or(&sorted[low]);
    Some(sorted[low] + (at - low as f64) * (next - sorted[low]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_by_hand() {
        let v = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile(&v, 0.25), Some(1.75));
        assert_eq!(quantile(&v, 0.5), Some(3.0));
        assert_eq!(quantile(&v, 1.0), Some(8.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(moments(&[1.0, 3.0]), Some((2.0, 2.0f64.sqrt())));
    }
}
