//! Gibbs sampler over classes, what films show, how readings came about, and all rates: the chain and its likelihoods.

use super::emission::Likelihoods;
use super::kernel::{CLASSES, Class};
use super::model::{Model, SEEN};
use super::options::Artefact;
use super::patient_counts::{Counts, KINDS, few};
use super::population::{Population, Tally};
use super::random::beta;
use super::rates::Rates;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

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
pub(crate) struct State {
    pub(crate) rates: Vec<Rates>,
    pub(crate) taken: f64,
    pub(crate) artefact: f64,
    /// Weight of each set of changed intervals, for healing and for progression.
    pub(crate) intervals: [Vec<f64>; 2],
    pub(crate) populations: Vec<[Population; KINDS]>,
    pub(crate) patients: Vec<[f64; KINDS]>,
    pub(crate) counts: Vec<Counts>,
    /// Class of each joint that is drawn by itself.
    pub(crate) joints: Vec<u8>,
}

/// Room that is used again in every sweep.
pub(crate) struct Room {
    /// By reader.
    pub(crate) of_reader: Vec<Likelihoods>,
    /// Probability of each used reading in every slot.
    pub(crate) rows: Vec<f64>,
    pub(crate) weights: Vec<f64>,
    /// Weight × probability of all readings of a pattern but the last.
    pub(crate) shared: Vec<f64>,
    /// Likelihood of each pattern in each class, and how many of its joints are in it.
    pub(crate) classes: Vec<[f64; CLASSES]>,
    pub(crate) class_counts: Vec<[u32; CLASSES]>,
    /// How often each form occurred, by reader.
    pub(crate) form_counts: Vec<Vec<u32>>,
    pub(crate) tally: Tally,
}

impl Model<'_> {
    pub(crate) fn run(&self, chain: u64) -> Chain {
        let mut rng = ChaCha8Rng::seed_from_u64(self.options.seed);
        rng.set_stream(chain);
        let mut state = self.start(&mut rng);
        let mut room = self.room();
        let sweeps = self.options.sweeps.max(1);
        let mut out = Chain {
            bundles: vec![(0.0, 0.0); self.data.bundles.len()],
            patients: vec![[0.0; 4]; self.data.patients.len()],
            totals: Vec::with_capacity(sweeps),
            draws: Vec::with_capacity(sweeps),
        };
        for sweep in 0..self.options.warm_up + sweeps {
            let keep = sweep >= self.options.warm_up;
            self.likelihoods(&state, &mut room);
            self.draw_classes(&mut state, &mut room, &mut rng, keep.then_some(&mut out));
            self.draw_rates(&mut state, &mut room, &mut rng);
            self.draw_patients(&mut state, &mut room, &mut rng, !keep);
            if keep {
                out.draws.push(draws(&state));
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

    fn start(&self, rng: &mut impl Rng) -> State {
        let p = &self.options.priors;
        let sets = 1usize << (self.films - 1);
        let even: Vec<f64> = (0..sets)
            .map(|s| f64::from(u8::from(s > 0)) / sets as f64)
            .collect();
        // Chains start apart, so that their agreement afterwards says something.
        let mut apart = |mean: f64| beta(rng, 20.0 * mean, 20.0 * (1.0 - mean)).clamp(0.002, 0.998);
        let mut population = |mean: f64| Population::new(apart(mean), p.precision);
        let populations: Vec<[Population; KINDS]> = (0..self.populations)
            .map(|_| [0.5, 0.05, 0.05, 0.05].map(&mut population))
            .collect();
        let patients = (self.data.patients.iter())
            .map(|&(_, group)| populations[group as usize].map(|p| p.mean))
            .collect();
        State {
            rates: vec![Rates::start(p, self.options.assumed_sensitivity); self.data.readers.len()],
            taken: SEEN.mean(),
            artefact: match self.artefact {
                Artefact::None => 0.0,
                Artefact::Fixed(rate) => rate,
                Artefact::Shared => p.artefact.mean(),
            },
            intervals: [even.clone(), even],
            populations,
            counts: vec![Counts::default(); self.data.patients.len()],
            joints: vec![Class::IntactStable as u8; few(&self.data.bundles)],
            patients,
        }
    }

    pub(crate) fn room(&self) -> Room {
        let (readers, patterns) = (self.data.readers.len(), self.data.patterns.len());
        Room {
            of_reader: vec![Likelihoods::default(); readers],
            rows: vec![0.0; self.used.len() * self.slots.len()],
            weights: Vec::new(),
            shared: Vec::new(),
            classes: vec![[0.0; CLASSES]; patterns],
            class_counts: vec![[0; CLASSES]; patterns],
            form_counts: vec![vec![0; self.emission.forms()]; readers],
            tally: Tally::default(),
        }
    }

    /// Likelihood of every pattern in each class.
    pub(crate) fn likelihoods(&self, state: &State, room: &mut Room) {
        for (rates, of) in state.rates.iter().zip(&mut room.of_reader) {
            self.emission.work_out(&rates.events(state.taken), of);
        }
        let slots = self.slots.len();
        for (&(reader, observation), row) in self.used.iter().zip(room.rows.chunks_exact_mut(slots))
        {
            (self.emission).row(&room.of_reader[reader as usize], observation, row);
        }
        room.weights = (self.slots).weights(self.films, state.artefact, &state.intervals);
        let mut before: Option<&[u32]> = None;
        for &pattern in &self.order {
            let Some((last, shared)) = self.readings[pattern as usize].split_last() else {
                continue;
            };
            if before != Some(shared) {
                before = Some(shared);
                room.shared.clear();
                room.shared.extend_from_slice(&room.weights);
                for &reading in shared {
                    let row = row(&room.rows, slots, reading);
                    for (out, p) in room.shared.iter_mut().zip(row) {
                        *out *= p;
                    }
                }
            }
            let row = row(&room.rows, slots, *last);
            let sums = self.slots.sums(&room.shared, row);
            room.classes[pattern as usize] = self.possible(pattern as usize, sums);
        }
    }

    /// Classes that a pattern cannot be in have no likelihood.
    fn possible(&self, pattern: usize, mut sums: [f64; CLASSES]) -> [f64; CLASSES] {
        let data = &self.data.patterns[pattern];
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
        sums
    }
}

/// One reading's probability in every slot.
pub(crate) fn row(rows: &[f64], slots: usize, reading: u32) -> &[f64] {
    let start = reading as usize * slots;
    &rows[start..start + slots]
}

fn draws(state: &State) -> Vec<f64> {
    let mut draws: Vec<f64> = state.rates.iter().flat_map(Rates::values).collect();
    draws.extend([state.artefact, state.taken]);
    draws.extend(state.populations.iter().flatten().map(|p| p.mean));
    draws
}
