//! Gibbs sampler over classes, what films show, how readings came about, and all rates.

use super::collapse::Collapsed;
use super::kernel::{CLASSES, Class, EVENTS, Event, Hidden, Way, hidden_states, ways};
use super::options::{Artefact, BetaPrior, LatentOptions};
use super::population::{Population, Tally};
use super::random::{beta, rate, split};
use super::rates::Rates;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Kinds of patients' rates: damaged at baseline, repair of what is damaged, progression of the intact, of the
/// damaged.
pub(crate) const KINDS: usize = 4;

/// What does not change while sampling.
pub(crate) struct Model<'a> {
    data: &'a Collapsed,
    options: &'a LatentOptions,
    hidden: Vec<Hidden>,
    /// First hidden state of each class, and one past the last.
    starts: [usize; CLASSES + 1],
    /// Reader and observation that occur together.
    used: Vec<(u16, u32)>,
    /// Each pattern's readings as positions in `used`.
    readings: Vec<Vec<u32>>,
    /// Ways by observation.
    ways: Vec<Ways>,
    populations: usize,
    /// Artefacts can be told from changes that last.
    films: usize,
}

/// What a chain leaves.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    /// Mean P(repair) and P(progression) of each bundle's joints.
    pub(crate) bundles: Vec<(f64, f64)>,
    /// Share of sweeps with at least one repaired, one progressing joint; mean numbers of both; by patient.
    pub(crate) patients: Vec<[f64; 4]>,
    /// Repaired and progressing joints, by sweep.
    pub(crate) totals: Vec<(f64, f64)>,
    /// Parameters by sweep, in the order of [`Model::names`].
    pub(crate) draws: Vec<Vec<f64>>,
}

/// What changes from sweep to sweep.
struct State {
    rates: Vec<Rates>,
    taken: f64,
    artefact: f64,
    /// Weight of each set of changed intervals, for healing and for progression.
    intervals: [Vec<f64>; 2],
    populations: Vec<[Population; KINDS]>,
    patients: Vec<[f64; KINDS]>,
    /// Trials and successes of each patient and kind.
    counts: Vec<[(u32, u32); KINDS]>,
}

/// Room that is used again in every sweep.
struct Room {
    likelihood: Vec<Vec<f64>>,
    weighed: Vec<f64>,
    classes: Vec<[f64; CLASSES]>,
    class_counts: Vec<[u32; CLASSES]>,
    reading_counts: Vec<Vec<u32>>,
    tally: Tally,
}

impl<'a> Model<'a> {
    pub(crate) fn new(data: &'a Collapsed, options: &'a LatentOptions, artefact: Artefact) -> Self {
        let films = data.visits.len();
        let hidden = hidden_states(films, artefact != Artefact::None);
        let mut starts = [hidden.len(); CLASSES + 1];
        for (i, h) in hidden.iter().enumerate().rev() {
            starts[h.class as usize] = i;
        }
        let mut used: Vec<(u16, u32)> = (data.patterns.iter())
            .flat_map(|p| p.readings.iter().copied())
            .collect();
        used.sort_unstable();
        used.dedup();
        let position = |r: &(u16, u32)| used.binary_search(r).unwrap_or(0) as u32;
        let readings = (data.patterns.iter())
            .map(|p| p.readings.iter().map(position).collect())
            .collect();
        let ways = (data.observations.iter())
            .map(|o| Ways::new(hidden.iter().map(|h| ways(h, o, films > 2))))
            .collect();
        let populations = data.patients.iter().map(|p| p.1 as usize + 1).max();
        Self {
            data,
            options,
            starts,
            readings,
            ways,
            used,
            populations: populations.unwrap_or(1),
            films,
            hidden,
        }
    }

    /// Names of the parameters, with reader or population and the SD of the prior.
    pub(crate) fn names(&self) -> Vec<(&'static str, Option<usize>, f64)> {
        let p = &self.options.priors;
        let mut names = Vec::new();
        for reader in 0..self.data.readers.len() {
            for (name, sd) in Rates::NAMES.iter().zip(Rates::prior_sds(p)) {
                names.push((*name, Some(reader), sd));
            }
        }
        names.push(("artefact_rate", None, p.artefact.sd()));
        names.push(("artefact_seen", None, SEEN.sd()));
        for population in 0..self.populations {
            let priors = self.kinds();
            let kinds = [
                "damaged",
                "repair",
                "progression_intact",
                "progression_damaged",
            ];
            for (name, prior) in kinds.into_iter().zip(priors) {
                names.push((name, Some(population), prior.sd()));
            }
        }
        names
    }

    fn kinds(&self) -> [BetaPrior; KINDS] {
        let p = &self.options.priors;
        [p.damaged, p.repair, p.progression, p.progression]
    }

    fn draws(&self, state: &State) -> Vec<f64> {
        let mut draws: Vec<f64> = state.rates.iter().flat_map(Rates::values).collect();
        draws.extend([state.artefact, state.taken]);
        draws.extend(state.populations.iter().flatten().map(|p| p.mean));
        draws
    }

    pub(crate) fn run(&self, artefact: Artefact, chain: u64) -> Chain {
        let mut rng = ChaCha8Rng::seed_from_u64(self.options.seed);
        rng.set_stream(chain);
        let mut state = self.start(artefact, &mut rng);
        let mut room = self.room();
        let mut out = Chain {
            bundles: vec![(0.0, 0.0); self.data.bundles.len()],
            patients: vec![[0.0; 4]; self.data.patients.len()],
            totals: Vec::with_capacity(self.options.sweeps),
            draws: Vec::with_capacity(self.options.sweeps),
        };
        let sweeps = self.options.sweeps.max(1);
        for sweep in 0..self.options.warm_up + sweeps {
            let keep = sweep >= self.options.warm_up;
            self.likelihoods(&state, &mut room);
            self.draw_classes(&mut state, &mut room, &mut rng, keep.then_some(&mut out));
            self.draw_rates(&mut state, &mut room, artefact, &mut rng);
            self.draw_patients(&mut state, &mut room, &mut rng, !keep);
            if keep {
                out.draws.push(self.draws(&state));
            }
        }
        let share = 1.0 / sweeps as f64;
        for b in &mut out.bundles {
            *b = (b.0 * share, b.1 * share);
        }
        for p in &mut out.patients {
            *p = p.map(|x| x * share);
        }
        out
    }

    fn start(&self, artefact: Artefact, rng: &mut impl Rng) -> State {
        let p = &self.options.priors;
        let sets = 1usize << (self.films - 1);
        let even: Vec<f64> = (0..sets)
            .map(|s| f64::from(u8::from(s > 0)) / sets as f64)
            .collect();
        // Chains start apart, so that their agreement afterwards says something.
        let mut apart = |mean: f64| beta(rng, 20.0 * mean, 20.0 * (1.0 - mean)).clamp(0.002, 0.998);
        let mut population = |mean: f64| Population::new(apart(mean), p.precision);
        let populations: Vec<[Population; KINDS]> = (0..self.populations)
            .map(|_| {
                [
                    population(0.5),
                    population(0.05),
                    population(0.05),
                    population(0.05),
                ]
            })
            .collect();
        let patients = (self.data.patients.iter())
            .map(|&(_, group)| populations[group as usize].map(|p| p.mean))
            .collect();
        State {
            rates: vec![Rates::start(p, self.options.assumed_sensitivity); self.data.readers.len()],
            taken: SEEN.mean(),
            artefact: match artefact {
                Artefact::None => 0.0,
                Artefact::Fixed(rate) => rate,
                Artefact::Shared => p.artefact.mean(),
            },
            intervals: [even.clone(), even],
            populations,
            counts: vec![[(0, 0); KINDS]; self.data.patients.len()],
            patients,
        }
    }

    fn room(&self) -> Room {
        Room {
            likelihood: vec![vec![0.0; self.hidden.len()]; self.used.len()],
            weighed: vec![0.0; self.data.patterns.len() * self.hidden.len()],
            classes: vec![[0.0; CLASSES]; self.data.patterns.len()],
            class_counts: vec![[0; CLASSES]; self.data.patterns.len()],
            reading_counts: vec![vec![0; self.hidden.len()]; self.used.len()],
            tally: Tally::default(),
        }
    }

    /// Of every pattern: weight × likelihood of each hidden state, and its sum within each class.
    fn likelihoods(&self, state: &State, room: &mut Room) {
        let events: Vec<[f64; EVENTS]> =
            state.rates.iter().map(|r| r.events(state.taken)).collect();
        for (&(reader, observation), row) in self.used.iter().zip(&mut room.likelihood) {
            let p = &events[reader as usize];
            self.ways[observation as usize].likelihoods(p, row);
        }
        let weights = self.weights(state);
        let states = self.hidden.len();
        for (pattern, readings) in self.readings.iter().enumerate() {
            let row = &mut room.weighed[pattern * states..(pattern + 1) * states];
            row.copy_from_slice(&weights);
            for &reading in readings {
                for (out, l) in row.iter_mut().zip(&room.likelihood[reading as usize]) {
                    *out *= l;
                }
            }
            for class in 0..CLASSES {
                room.classes[pattern][class] =
                    row[self.starts[class]..self.starts[class + 1]].iter().sum();
            }
            let data = &self.data.patterns[pattern];
            let sums = &mut room.classes[pattern];
            if data.unbounded {
                sums[Class::IntactStable as usize] = 0.0;
                sums[Class::IntactProgressing as usize] = 0.0;
            }
            if !data.can_repair {
                sums[Class::Healing as usize] = 0.0;
            }
            if !data.can_progress {
                sums[Class::IntactProgressing as usize] = 0.0;
                sums[Class::Progressing as usize] = 0.0;
            }
        }
    }

    /// Prior weight of each hidden state within its class.
    fn weights(&self, state: &State) -> Vec<f64> {
        let films = self.films as f64;
        (self.hidden.iter())
            .map(|h| {
                let shown = h.artefact.iter().any(|&a| a != 0);
                let ways = if h.damaged { films } else { 0.5 * films };
                let film = match shown {
                    true => 0.5 * state.artefact,
                    false => (1.0 - ways * state.artefact).max(0.0),
                };
                let when = match h.class {
                    Class::IntactStable | Class::Stable => 1.0,
                    Class::Healing => state.intervals[0][h.intervals],
                    _ => state.intervals[1][h.intervals],
                };
                film * when
            })
            .collect()
    }

    fn draw_classes(
        &self,
        state: &mut State,
        room: &mut Room,
        rng: &mut ChaCha8Rng,
        mut keep: Option<&mut Chain>,
    ) {
        room.class_counts.fill([0; CLASSES]);
        state.counts.fill([(0, 0); KINDS]);
        let mut totals = (0.0, 0.0);
        let mut sums = [0u32; 2];
        let mut patient = 0;
        let mut close = |keep: &mut Option<&mut Chain>, patient: usize, sums: &mut [u32; 2]| {
            if let Some(out) = keep {
                let p = &mut out.patients[patient];
                for (i, &n) in sums.iter().enumerate() {
                    p[i] += f64::from(u8::from(n > 0));
                    p[i + 2] += f64::from(n);
                }
                totals.0 += f64::from(sums[0]);
                totals.1 += f64::from(sums[1]);
            }
            *sums = [0; 2];
        };
        for (i, bundle) in self.data.bundles.iter().enumerate() {
            if bundle.patient as usize != patient {
                close(&mut keep, patient, &mut sums);
                patient = bundle.patient as usize;
            }
            let pattern = bundle.pattern as usize;
            let data = &self.data.patterns[pattern];
            let weights = class_weights(
                &state.patients[patient],
                &room.classes[pattern],
                (data.can_repair, data.can_progress),
            );
            if let Some(out) = &mut keep {
                let sum: f64 = weights.iter().sum();
                let worse = weights[Class::IntactProgressing as usize]
                    + weights[Class::Progressing as usize];
                if sum > 0.0 {
                    out.bundles[i].0 += weights[Class::Healing as usize] / sum;
                    out.bundles[i].1 += worse / sum;
                }
            }
            let mut n = [0u32; CLASSES];
            split(rng, bundle.count, &weights, |class, k| n[class] += k);
            for class in 0..CLASSES {
                room.class_counts[pattern][class] += n[class];
            }
            let [intact, intact_worse, better, stable, worse] = n;
            sums[0] += better;
            sums[1] += intact_worse + worse;
            let damaged = better + stable + worse;
            let counts = &mut state.counts[patient];
            let mut add = |kind: usize, happened: u32, trials: u32| {
                counts[kind].0 += happened;
                counts[kind].1 += trials;
            };
            if !data.unbounded {
                add(0, damaged, bundle.count);
            }
            if data.can_repair {
                add(1, better, damaged);
            }
            if data.can_progress {
                add(2, intact_worse, intact + intact_worse);
                add(3, worse, stable + worse);
            }
        }
        close(&mut keep, patient, &mut sums);
        if let Some(out) = keep {
            out.totals.push(totals);
        }
    }

    fn draw_rates(
        &self,
        state: &mut State,
        room: &mut Room,
        artefact: Artefact,
        rng: &mut ChaCha8Rng,
    ) {
        let states = self.hidden.len();
        for row in &mut room.reading_counts {
            row.fill(0);
        }
        let mut interval_counts = [
            vec![0.0; state.intervals[0].len()],
            vec![0.0; state.intervals[0].len()],
        ];
        let (mut shown, mut films) = (0.0, 0.0);
        for (pattern, counts) in room.class_counts.iter().enumerate() {
            for class in 0..CLASSES {
                if counts[class] == 0 {
                    continue;
                }
                let range = self.starts[class]..self.starts[class + 1];
                let row = &room.weighed[pattern * states..(pattern + 1) * states][range.clone()];
                split(rng, counts[class], row, |i, k| {
                    let h = &self.hidden[range.start + i];
                    let n = f64::from(k);
                    if h.intervals > 0 {
                        interval_counts[usize::from(h.class != Class::Healing)][h.intervals] += n;
                    }
                    let any = h.artefact.iter().any(|&a| a != 0);
                    shown += n * f64::from(u8::from(any));
                    films += n * self.films as f64 * if h.damaged { 1.0 } else { 0.5 };
                    for &reading in &self.readings[pattern] {
                        room.reading_counts[reading as usize][range.start + i] += k;
                    }
                });
            }
        }
        let mut events = vec![[0.0; EVENTS]; state.rates.len()];
        let rates: Vec<[f64; EVENTS]> = state.rates.iter().map(|r| r.events(state.taken)).collect();
        let mut shares = Vec::new();
        for (&(reader, observation), counts) in self.used.iter().zip(&room.reading_counts) {
            for (h, &n) in counts.iter().enumerate() {
                if n == 0 {
                    continue;
                }
                let ways = &self.ways[observation as usize];
                let p = &rates[reader as usize];
                shares.clear();
                shares.extend(ways.of(h).map(|way| product(p, way)));
                let events = &mut events[reader as usize];
                split(rng, n, &shares, |way, k| {
                    for &event in ways.of(h).nth(way).into_iter().flatten() {
                        events[event as usize] += f64::from(k);
                    }
                });
            }
        }
        let priors = &self.options.priors;
        for (rates, counts) in state.rates.iter_mut().zip(&events) {
            *rates = Rates::draw(rng, priors, counts, self.options.assumed_sensitivity);
        }
        let sum = |event: Event| events.iter().map(|e| e[event as usize]).sum::<f64>();
        state.taken = rate(rng, SEEN, sum(Event::Taken), sum(Event::NotTaken));
        if artefact == Artefact::Shared {
            state.artefact = rate(rng, priors.artefact, shown, (films - shown).max(0.0))
                .min(0.9 / self.films as f64);
        }
        for (weights, counts) in state.intervals.iter_mut().zip(&interval_counts) {
            draw_intervals(rng, weights, counts);
        }
    }

    fn draw_patients(&self, state: &mut State, room: &mut Room, rng: &mut ChaCha8Rng, tune: bool) {
        let p = &self.options.priors;
        let precision = (p.precision, p.precision_spread);
        for (group, populations) in state.populations.iter_mut().enumerate() {
            for (kind, prior) in self.kinds().into_iter().enumerate() {
                room.tally.clear();
                for (counts, patient) in state.counts.iter().zip(&self.data.patients) {
                    if patient.1 as usize == group {
                        room.tally.add(counts[kind].0, counts[kind].1);
                    }
                }
                room.tally.close();
                populations[kind].walk(rng, &room.tally, prior, precision, tune);
            }
        }
        let patients = state
            .patients
            .iter_mut()
            .zip(&state.counts)
            .zip(&self.data.patients);
        for ((rates, counts), &(_, group)) in patients {
            let populations = &state.populations[group as usize];
            for kind in 0..KINDS {
                rates[kind] = populations[kind].patient(rng, counts[kind].0, counts[kind].1);
            }
        }
    }
}

/// P(a reading takes over what the film wrongly shows): nearly all do.
const SEEN: BetaPrior = BetaPrior::new(19.0, 1.0);

fn product(rates: &[f64; EVENTS], way: &[Event]) -> f64 {
    way.iter().map(|&event| rates[event as usize]).product()
}

/// All ways to one observation, laid end to end: they are gone through in every sweep.
struct Ways {
    events: Vec<Event>,
    /// End of each way in `events`.
    ends: Vec<u32>,
    /// First way of each hidden state, and one past the last.
    states: Vec<u32>,
}

impl Ways {
    fn new(states: impl Iterator<Item = Vec<Way>>) -> Self {
        let mut all = Self {
            events: Vec::new(),
            ends: Vec::new(),
            states: vec![0],
        };
        for ways in states {
            for way in ways {
                all.events.extend(way);
                all.ends.push(all.events.len() as u32);
            }
            all.states.push(all.ends.len() as u32);
        }
        all
    }

    fn of(&self, state: usize) -> impl Iterator<Item = &[Event]> {
        let (first, last) = (self.states[state] as usize, self.states[state + 1] as usize);
        (first..last).map(|way| {
            let start = way.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.events[start as usize..self.ends[way] as usize]
        })
    }

    fn likelihoods(&self, rates: &[f64; EVENTS], out: &mut [f64]) {
        for (state, out) in out.iter_mut().enumerate() {
            *out = self.of(state).map(|way| product(rates, way)).sum();
        }
    }
}

/// Prior × likelihood of each class for one patient.
fn class_weights(
    [damaged, repair, worse_intact, worse_damaged]: &[f64; KINDS],
    likelihood: &[f64; CLASSES],
    (can_repair, can_progress): (bool, bool),
) -> [f64; CLASSES] {
    let repair = if can_repair { *repair } else { 0.0 };
    let worse = |rate: f64| if can_progress { rate } else { 0.0 };
    let (worse_intact, worse_damaged) = (worse(*worse_intact), worse(*worse_damaged));
    let kept = damaged * (1.0 - repair);
    let prior = [
        (1.0 - damaged) * (1.0 - worse_intact),
        (1.0 - damaged) * worse_intact,
        damaged * repair,
        kept * (1.0 - worse_damaged),
        kept * worse_damaged,
    ];
    let mut out = [0.0; CLASSES];
    for class in 0..CLASSES {
        out[class] = prior[class] * likelihood[class];
    }
    out
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
