use super::options::Setting;
use super::patients::{FeatureData, Patient};
use super::report::{Handling, MissingCount};

/// The change at a visit, and whether it was observed there.
pub(super) fn change(
    patient: &Patient,
    visit: usize,
    handling: Handling,
    nominal: &[f64],
) -> Option<(f64, bool)> {
    if let Some(change) = patient.changes[visit] {
        return Some((change, true));
    }
    let earlier = (0..visit).rev().find(|&v| patient.changes[v].is_some());
    let filled = match handling {
        Handling::Observed => None,
        Handling::LastObservationCarried => patient.changes[earlier?],
        Handling::LinearExtrapolation => {
            let later =
                || (visit + 1..patient.changes.len()).find(|&v| patient.changes[v].is_some());
            let from = earlier.or_else(later)?;
            // The film that is missing has no day of its own.
            let target = nominal[visit];
            let base = patient.days[from];
            let scale = target / base;
            let usable = base > 0.0 && scale.is_finite() && scale > 0.0;
            patient.changes[from].filter(|_| usable).map(|c| c * scale)
        }
    };
    filled.map(|c| (c, false))
}

/// What was there and what was put in its place, by arm and visit.
pub(super) fn count(data: &FeatureData, setting: &Setting<'_>) -> Vec<MissingCount> {
    let mut out = Vec::new();
    for (v, visit) in setting.visit_names.iter().enumerate() {
        for (a, arm) in setting.arms.iter().enumerate() {
            let members: Vec<&Patient> = data.patients.iter().filter(|p| p.arm == a).collect();
            let filled = |handling| {
                let all = members.iter();
                all.filter_map(|p| change(p, v, handling, &setting.nominal_days))
                    .filter(|(_, observed)| !observed)
                    .count()
            };
            let lacking = members
                .iter()
                .filter(|p| p.changes.iter().all(Option::is_none));
            out.push(MissingCount {
                feature: data.feature.clone(),
                visit: visit.clone(),
                arm: arm.clone(),
                patients: members.len(),
                observed: members.iter().filter(|p| p.changes[v].is_some()).count(),
                extrapolated: filled(Handling::LinearExtrapolation),
                carried: filled(Handling::LastObservationCarried),
                without_follow_up: lacking.count(),
                intermittent: members
                    .iter()
                    .filter(|p| {
                        p.changes[v].is_none() && p.changes[v + 1..].iter().any(Option::is_some)
                    })
                    .count(),
            });
        }
    }
    out
}
