use super::options::Setting;
use super::patients::FeatureData;
use super::report::{Cumulative, CumulativePoint, TrialReport};

/// Each arm's observed changes against (rank − 0.5)/n; ties stand in the order of subjects.
pub(super) fn fill(report: &mut TrialReport, data: &FeatureData, setting: &Setting<'_>) {
    for (v, visit) in setting.visit_names.iter().enumerate() {
        for (a, arm) in setting.arms.iter().enumerate() {
            let members = data.patients.iter().filter(|p| p.arm == a);
            let mut changes: Vec<(f64, &str)> = members
                .filter_map(|p| Some((p.changes[v]?, p.subject.as_str())))
                .collect();
            changes.sort_by(|x, y| x.0.total_cmp(&y.0));
            let n = changes.len() as f64;
            let points =
                changes
                    .iter()
                    .enumerate()
                    .map(|(i, &(change, subject))| CumulativePoint {
                        subject: subject.to_owned(),
                        probability: (i as f64 + 0.5) / n,
                        change,
                    });
            report.cumulative.push(Cumulative {
                feature: data.feature.clone(),
                visit: visit.clone(),
                arm: arm.clone(),
                points: points.collect(),
            });
        }
    }
}
