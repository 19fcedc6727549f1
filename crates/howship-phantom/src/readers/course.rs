//! What truly happens: a patient's probabilities, joints' severity at every visit.

use super::spec::ReadersSpec;
use super::truth::SubjectTruth;
use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Gamma};

/// Streams of one patient. The truth has its own, so that it stays when readers change.
#[derive(Clone, Copy)]
pub(super) enum Stream {
    Truth,
    Films,
    Visits,
    Allocation,
    Reader(usize),
}

/// More readers would run into the next patient's streams.
pub(super) const MAX_READERS: usize = 1000;

pub(super) fn stream(seed: u64, subject: usize, stream: Stream) -> ChaCha8Rng {
    let offset = match stream {
        Stream::Truth => 0,
        Stream::Films => 1,
        Stream::Visits => 2,
        Stream::Allocation => 3,
        Stream::Reader(reader) => 8 + reader as u64,
    };
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(subject as u64 * (MAX_READERS as u64 + 24) + offset);
    rng
}

/// One patient's probabilities and steps, site by site, visits fastest.
pub(super) fn subject_course(
    spec: &ReadersSpec,
    arm: usize,
    rng: &mut impl Rng,
) -> (SubjectTruth, Vec<u16>) {
    let rates = &spec.arms[arm];
    let base = &spec.baseline;
    let [damaged, _] = shares([base.damaged, 1.0 - base.damaged], base.concentration, rng);
    let stable = 1.0 - rates.healing - rates.progressing;
    let [healing, progressing, _] = shares(
        [rates.healing, rates.progressing, stable],
        rates.concentration,
        rng,
    );
    let subject = SubjectTruth {
        arm,
        damaged,
        healing,
        progressing,
    };
    let mut steps = Vec::with_capacity(spec.sites.len() * spec.visits.len());
    for site in &spec.sites {
        let max = site.max_steps();
        let mut now = if rng.random::<f64>() < damaged {
            run(base.more, max, rng)
        } else {
            0
        };
        steps.push(now);
        for interval in 0..spec.visits.len() - 1 {
            now = next(spec, &subject, interval, (now, max), rng);
            steps.push(now);
        }
    }
    (subject, steps)
}

fn next(
    spec: &ReadersSpec,
    subject: &SubjectTruth,
    interval: usize,
    (now, max): (u16, u16),
    rng: &mut impl Rng,
) -> u16 {
    let factor = |course: &[f64]| course.get(interval).copied().unwrap_or(1.0);
    let heals = subject.healing * factor(&spec.course.healing_course);
    let progresses = subject.progressing * factor(&spec.course.progressing_course);
    let u: f64 = rng.random();
    if u < heals {
        now - run(spec.course.more, now, rng)
    } else if u < heals + progresses {
        now + run(spec.course.more, max - now, rng)
    } else {
        now
    }
}

/// 1 + geometric, cut at `most`.
fn run(more: f64, most: u16, rng: &mut impl Rng) -> u16 {
    let mut steps = 1.min(most);
    while steps < most && rng.random::<f64>() < more {
        steps += 1;
    }
    steps
}

/// Dirichlet with the given mean; the mean itself without a concentration.
fn shares<const N: usize>(
    mean: [f64; N],
    concentration: Option<f64>,
    rng: &mut impl Rng,
) -> [f64; N] {
    let Some(concentration) = concentration else {
        return mean;
    };
    let parts = mean.map(|m| {
        // A share of 0 has no gamma distribution and stays 0; the specification's check leaves no other failure.
        Gamma::new(m * concentration, 1.0).map_or(0.0, |gamma| gamma.sample(rng))
    });
    let sum: f64 = parts.iter().sum();
    if sum > 0.0 {
        return parts.map(|p| p / sum);
    }
    // So small a concentration that every part vanished in floating point: the limit, one share takes all.
    let mut left: f64 = rng.random();
    mean.map(|m| {
        let taken = (0.0..m).contains(&left);
        left -= m;
        if taken { 1.0 } else { 0.0 }
    })
}
