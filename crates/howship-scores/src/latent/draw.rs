//! One sweep's draws of rates: of readers, of films, of patients.

use super::kernel::{Class, EVENTS, Event};
use super::model::{Model, SEEN};
use super::options::{Artefact, BetaPrior};
use super::patient_counts::KINDS;
use super::random::{beta, rate, split};
use super::rates::Rates;
use super::sampler::{Room, State, row};
use howship_stats::ln_gamma;
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;

impl Model<'_> {
    /// What lies behind each class, how readings came about, and the rates that follow.
    pub(crate) fn draw_rates(&self, state: &mut State, room: &mut Room, rng: &mut ChaCha8Rng) {
        let films = self.draw_states(state, room, rng);
        let events = self.draw_ways(room, rng);
        let priors = &self.options.priors;
        for (rates, counts) in state.rates.iter_mut().zip(&events) {
            *rates = Rates::draw(rng, priors, counts, self.options.assumed_sensitivity);
        }
        let sum = |event: Event| events.iter().map(|e| e[event as usize]).sum::<f64>();
        state.taken = rate(rng, SEEN, sum(Event::Taken), sum(Event::NotTaken));
        if self.artefact == Artefact::Shared {
            state.artefact = self.draw_artefact(&films, rng);
        }
        for (weights, counts) in state.intervals.iter_mut().zip(&films.intervals) {
            draw_intervals(rng, weights, counts);
        }
    }

    /// Rate of shared artefacts; 0 where there are none at all.
    fn draw_artefact(&self, films: &Films, rng: &mut ChaCha8Rng) -> f64 {
        let (prior, absent) = (self.options.priors.artefact, self.absent());
        let clean = (films.all - films.shown).max(0.0);
        if films.shown < 0.5 && absent > 0.0 {
            let present = (1.0 - absent) * none_of(prior, clean);
            if rng.random::<f64>() * (absent + present) < absent {
                return 0.0;
            }
        }
        rate(rng, prior, films.shown, clean).min(0.9 / self.films as f64)
    }

    /// Hidden states of all joints given their classes.
    fn draw_states(&self, state: &State, room: &mut Room, rng: &mut ChaCha8Rng) -> Films {
        for counts in &mut room.form_counts {
            counts.fill(0);
        }
        let mut films = Films {
            shown: 0.0,
            all: 0.0,
            intervals: [0, 1].map(|i| vec![0.0; state.intervals[i].len()]),
        };
        let slots = self.slots.len();
        let Room {
            class_counts,
            form_counts,
            weights,
            shared,
            rows,
            ..
        } = room;
        for (pattern, counts) in class_counts.iter().enumerate() {
            for (class, &n) in counts.iter().enumerate().filter(|c| *c.1 > 0) {
                let range = self.slots.class(class);
                shared.clear();
                shared.extend_from_slice(&weights[range.clone()]);
                for &reading in &self.readings[pattern] {
                    let row = &row(rows, slots, reading)[range.clone()];
                    for (out, p) in shared.iter_mut().zip(row) {
                        *out *= p;
                    }
                }
                split(rng, n, shared, |i, k| {
                    let slot = range.start + i;
                    self.count(&mut films, slot, f64::from(k));
                    for &(reader, observation) in &self.data.patterns[pattern].readings {
                        let form = self.emission.form(observation, slot);
                        form_counts[reader as usize][form] += k;
                    }
                });
            }
        }
        films
    }

    fn count(&self, films: &mut Films, slot: usize, n: f64) {
        let Some(h) = self.slots.get(slot) else {
            return;
        };
        if h.intervals > 0 {
            films.intervals[usize::from(h.class != Class::Healing)][h.intervals] += n;
        }
        if h.artefact.iter().any(|&a| a != 0) {
            films.shown += n;
        }
        films.all += n * self.films as f64 * if h.damaged { 1.0 } else { 0.5 };
    }

    /// How often each event happened to each reader.
    fn draw_ways(&self, room: &Room, rng: &mut ChaCha8Rng) -> Vec<[f64; EVENTS]> {
        let mut events = vec![[0.0; EVENTS]; room.form_counts.len()];
        let mut shares = Vec::new();
        for ((counts, of), events) in
            (room.form_counts.iter().zip(&room.of_reader)).zip(&mut events)
        {
            for (form, &n) in counts.iter().enumerate().filter(|c| *c.1 > 0) {
                self.emission.shares(of, form, &mut shares);
                split(rng, n, &shares, |way, k| {
                    for &event in self.emission.events(form, way) {
                        events[event as usize] += f64::from(k);
                    }
                });
            }
        }
        events
    }

    /// Populations with their patients integrated out, then the patients.
    pub(crate) fn draw_patients(
        &self,
        state: &mut State,
        room: &mut Room,
        rng: &mut ChaCha8Rng,
        tune: bool,
    ) {
        let p = &self.options.priors;
        let precisions = self.precisions();
        for (group, populations) in state.populations.iter_mut().enumerate() {
            for (kind, prior) in self.kinds().into_iter().enumerate() {
                room.tally.clear();
                for (counts, patient) in state.counts.iter().zip(&self.data.patients) {
                    if patient.1 as usize == group {
                        let (happened, trials) = counts.of(kind);
                        room.tally.add(happened, trials);
                    }
                }
                room.tally.close();
                let precision = (precisions[kind], p.precision_spread);
                populations[kind].walk(rng, &room.tally, prior, precision, tune);
            }
        }
        let patients = state.patients.iter_mut().zip(&state.counts);
        for ((rates, counts), &(_, group)) in patients.zip(&self.data.patients) {
            let populations = &state.populations[group as usize];
            for kind in 0..KINDS {
                let (happened, trials) = counts.of(kind);
                rates[kind] = populations[kind].patient(rng, happened, trials);
            }
        }
    }
}

/// What the films of all joints show.
struct Films {
    /// With an artefact.
    shown: f64,
    /// That could have one; half of those of an intact joint, which cannot look better than it is.
    all: f64,
    /// Joints that changed in each set of intervals: healed, progressed.
    intervals: [Vec<f64>; 2],
}

/// P(it never happens in so many trials), whatever its rate.
fn none_of(prior: BetaPrior, trials: f64) -> f64 {
    let all = prior.a + prior.b;
    (ln_gamma(prior.b + trials) - ln_gamma(all + trials) + ln_gamma(all) - ln_gamma(prior.b)).exp()
}

/// Dirichlet over sets of intervals: a change in one interval is as likely in each, in several half as likely.
fn draw_intervals(rng: &mut impl Rng, weights: &mut [f64], counts: &[f64]) {
    let mut left = 1.0;
    let shape = |set: usize| {
        let prior = if set.is_power_of_two() { 1.0 } else { 0.5 };
        prior + counts[set]
    };
    for set in 1..weights.len() {
        let rest: f64 = (set + 1..weights.len()).map(shape).sum();
        let share = if rest > 0.0 {
            beta(rng, shape(set), rest)
        } else {
            1.0
        };
        weights[set] = left * share;
        left *= 1.0 - share;
    }
}
