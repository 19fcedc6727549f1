//! What a patient's films are like, whoever reads them: dates, visits that took place, artefacts, replaced joints.

use super::spec::ReadersSpec;
use rand::{Rng, RngExt as _};
use rand_distr::{Distribution as _, StandardNormal};

/// Days in a month.
const MONTH: f64 = 30.4375;

/// Number of the joint that each site belongs to: erosion and joint space of one joint are replaced together.
pub(super) fn joints(spec: &ReadersSpec) -> Vec<usize> {
    let key = |i: usize| {
        let s = &spec.sites[i];
        (&s.side, &s.region, &s.site)
    };
    let mut joints: Vec<usize> = Vec::with_capacity(spec.sites.len());
    for i in 0..spec.sites.len() {
        let first = (0..i).find(|&j| key(j) == key(i));
        joints.push(first.unwrap_or(i));
    }
    joints
}

/// Dates of the visits that took place.
pub(super) fn visit_days(
    spec: &ReadersSpec,
    mean_steps: f64,
    rng: &mut impl Rng,
) -> Vec<Option<i32>> {
    let lost = &spec.missing;
    let skipped = (lost.visit + lost.visit_per_step * mean_steps).min(1.0);
    let mut gone = false;
    let visits = spec.visits.iter().enumerate();
    visits
        .map(|(v, visit)| {
            let shift: f64 = StandardNormal.sample(rng);
            let (stays_away, misses): (f64, f64) = (rng.random(), rng.random());
            if v == 0 {
                return Some(0);
            }
            gone |= stays_away < lost.dropout;
            let days = visit.months * MONTH + shift * spec.reading.days_sd;
            // Films of later visits are never dated before those of earlier ones by more than the SD asks for.
            (!gone && misses >= skipped).then_some(days.round().max(1.0) as i32)
        })
        .collect()
}

/// A joint's feature on a film.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen {
    /// Shift that everybody may see, steps.
    pub(super) artefact: i32,
    pub(super) not_scorable: bool,
}

/// Site by site, visits fastest.
pub(super) fn film_faults(spec: &ReadersSpec, joints: &[usize], rng: &mut impl Rng) -> Vec<Seen> {
    let visits = spec.visits.len();
    let mut films = vec![Seen::default(); joints.len() * visits];
    for (site, &joint) in joints.iter().enumerate() {
        for visit in 0..visits {
            let (there, better): (f64, f64) = (rng.random(), rng.random());
            let unreadable = rng.random::<f64>() < spec.missing.not_scorable;
            let on_film = there < spec.artefact.rate && (visit > 0 || spec.artefact.on_baseline);
            let steps = i32::try_from(spec.artefact.steps).unwrap_or(i32::MAX);
            let sign = if better < spec.artefact.better { -1 } else { 1 };
            let not_scorable = if joint == site {
                unreadable
            } else {
                films[joint * visits + visit].not_scorable
            };
            films[site * visits + visit] = Seen {
                artefact: if on_film { sign * steps } else { 0 },
                not_scorable,
            };
        }
    }
    films
}

/// Visit from which each site's joint is replaced; `u16::MAX` for never.
pub(super) fn replacements(
    spec: &ReadersSpec,
    joints: &[usize],
    steps: &[u16],
    rng: &mut impl Rng,
) -> Vec<u16> {
    let visits = spec.visits.len();
    let mut replaced = vec![u16::MAX; joints.len()];
    for joint in 0..joints.len() {
        if joints[joint] != joint {
            replaced[joint] = replaced[joints[joint]];
            continue;
        }
        for visit in 1..visits {
            let damaged = (joint..joints.len())
                .filter(|&s| joints[s] == joint)
                .any(|s| steps[s * visits + visit - 1] > 0);
            let happens = rng.random::<f64>() < spec.missing.replaced;
            if damaged && happens && replaced[joint] == u16::MAX {
                replaced[joint] = u16::try_from(visit).unwrap_or(u16::MAX);
            }
        }
    }
    replaced
}
