use super::options::Setting;
use super::patients::{FeatureData, Patient};
use super::report::{Handling, MissingCount};
use crate::change::MatchedSites;

/// The change that stands at a visit.
pub(super) struct Standing {
    pub(super) change: f64,
    /// Whether it was observed there; else it was filled in.
    pub(super) observed: bool,
    /// What of it was seen at the same sites.
    pub(super) matched: MatchedSites,
}

pub(super) fn standing(
    patient: &Patient,
    visit: usize,
    handling: Handling,
    nominal: &[f64],
) -> Option<Standing> {
    let of = |from: usize, scale: f64| {
        Some(Standing {
            change: patient.changes[from]? * scale,
            observed: from == visit,
            matched: patient.matched[from]?.scaled(scale),
        })
    };
    if patient.changes[visit].is_some() {
        return of(visit, 1.0);
    }
    let earlier = (0..visit).rev().find(|&v| patient.changes[v].is_some());
    match handling {
        Handling::Observed => None,
        Handling::LastObservationCarried => of(earlier?, 1.0),
        Handling::LinearExtrapolation => {
            let later =
                || (visit + 1..patient.changes.len()).find(|&v| patient.changes[v].is_some());
            let from = earlier.or_else(later)?;
            // The film that is missing has no day of its own.
            let base = patient.days[from];
            let scale = nominal[visit] / base;
            let usable = base > 0.0 && scale.is_finite() && scale > 0.0;
            usable.then(|| of(from, scale))?
        }
    }
}

/// What was there and what was put in its place, by arm and visit.
pub(super) fn count(data: &FeatureData, setting: &Setting<'_>) -> Vec<MissingCount> {
    let mut out = Vec::new();
    for (v, visit) in setting.visit_names.iter().enumerate() {
        for (a, arm) in setting.arms.iter().enumerate() {
            let members: Vec<&Patient> = data.patients.iter().filter(|p| p.arm == a).collect();
            let filled = |handling| {
                let all = members.iter();
                all.filter_map(|p| standing(p, v, handling, &setting.nominal_days))
                    .filter(|s| !s.observed)
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
