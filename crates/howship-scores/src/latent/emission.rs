//! How probable each reading is under each hidden state, laid out for the inner loop.
//!
//! Many pairs of reading and state come about in the same ways. Ways and their sums (forms) are numbered once, and a
//! sweep works each out once per reader.

use super::collapse::Observation;
use super::kernel::{CLASSES, Class, EVENTS, Event, Hidden, Way, hidden_states, ways};
use std::collections::BTreeMap;
use std::ops::Range;

/// Sums run over so many lanes side by side.
const LANES: usize = 4;

/// Hidden states in the order of their classes, each class filled up to whole lanes with states that are not there.
pub(crate) struct Slots {
    states: Vec<Option<Hidden>>,
    starts: [usize; CLASSES + 1],
}

impl Slots {
    pub(crate) fn new(films: usize, artefacts: bool) -> Self {
        let mut states: Vec<Option<Hidden>> = Vec::new();
        let mut starts = [0; CLASSES + 1];
        let mut class = 0;
        for hidden in hidden_states(films, artefacts) {
            while class < hidden.class as usize {
                states.resize(states.len().next_multiple_of(LANES), None);
                class += 1;
                starts[class] = states.len();
            }
            states.push(Some(hidden));
        }
        states.resize(states.len().next_multiple_of(LANES), None);
        starts[CLASSES] = states.len();
        Self { states, starts }
    }

    pub(crate) fn len(&self) -> usize {
        self.states.len()
    }

    pub(crate) fn get(&self, slot: usize) -> Option<&Hidden> {
        self.states.get(slot)?.as_ref()
    }

    pub(crate) fn class(&self, class: usize) -> Range<usize> {
        self.starts[class]..self.starts[class + 1]
    }

    /// Prior weight of each state within its class: films with a rate of artefacts, and when a change came.
    pub(crate) fn weights(&self, films: usize, artefact: f64, when: &[Vec<f64>; 2]) -> Vec<f64> {
        let films = films as f64;
        let weight = |h: &Hidden| {
            let film = if h.artefact.iter().any(|&a| a != 0) {
                0.5 * artefact
            } else {
                let ways = if h.damaged { films } else { 0.5 * films };
                (1.0 - ways * artefact).max(0.0)
            };
            film * match h.class {
                Class::IntactStable | Class::Stable => 1.0,
                Class::Healing => when[0][h.intervals],
                Class::IntactProgressing | Class::Progressing => when[1][h.intervals],
            }
        };
        (self.states.iter())
            .map(|h| h.as_ref().map_or(0.0, weight))
            .collect()
    }

    /// `Σ a·b` of each class.
    pub(crate) fn sums(&self, a: &[f64], b: &[f64]) -> [f64; CLASSES] {
        std::array::from_fn(|class| {
            let (a, b) = (&a[self.class(class)], &b[self.class(class)]);
            let mut lanes = [0.0; LANES];
            for (a, b) in a.chunks_exact(LANES).zip(b.chunks_exact(LANES)) {
                for lane in 0..LANES {
                    lanes[lane] += a[lane] * b[lane];
                }
            }
            lanes.iter().sum()
        })
    }
}

/// Lists laid end to end.
struct Lists<T> {
    items: Vec<T>,
    ends: Vec<u32>,
}

impl<T> Lists<T> {
    fn new() -> Self {
        Self {
            items: Vec::new(),
            ends: Vec::new(),
        }
    }

    fn push(&mut self, list: impl IntoIterator<Item = T>) {
        self.items.extend(list);
        self.ends.push(self.items.len() as u32);
    }

    fn get(&self, i: usize) -> &[T] {
        let start = i.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..self.ends[i] as usize]
    }

    fn iter(&self) -> impl Iterator<Item = &[T]> {
        (0..self.ends.len()).map(|i| self.get(i))
    }
}

/// Every observation's probability in every state, as sums of products of rates.
pub(crate) struct Emission {
    /// Events of each way, sorted.
    ways: Lists<Event>,
    /// Ways of each form; the first form has none and is impossible.
    forms: Lists<u32>,
    /// Form of each observation and slot.
    of: Vec<u32>,
    slots: usize,
}

/// A reader's probabilities of ways and forms in one sweep.
#[derive(Debug, Clone, Default)]
pub(crate) struct Likelihoods {
    ways: Vec<f64>,
    forms: Vec<f64>,
}

impl Emission {
    pub(crate) fn new(observations: &[Observation], slots: &Slots, films: usize) -> Self {
        let mut known_ways: BTreeMap<Way, u32> = BTreeMap::new();
        let mut known_forms: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        let mut emission = Self {
            ways: Lists::new(),
            forms: Lists::new(),
            of: Vec::with_capacity(observations.len() * slots.len()),
            slots: slots.len(),
        };
        emission.forms.push([]);
        known_forms.insert(Vec::new(), 0);
        for seen in observations {
            for slot in 0..slots.len() {
                let all = slots.get(slot).map(|h| ways(h, seen, films > 2));
                let mut form: Vec<u32> = Vec::new();
                for mut way in all.unwrap_or_default() {
                    way.sort_unstable();
                    let next = known_ways.len() as u32;
                    form.push(*known_ways.entry(way).or_insert_with_key(|way| {
                        emission.ways.push(way.iter().copied());
                        next
                    }));
                }
                form.sort_unstable();
                let next = known_forms.len() as u32;
                emission
                    .of
                    .push(*known_forms.entry(form).or_insert_with_key(|form| {
                        emission.forms.push(form.iter().copied());
                        next
                    }));
            }
        }
        emission
    }

    pub(crate) fn forms(&self) -> usize {
        self.forms.ends.len()
    }

    pub(crate) fn form(&self, observation: u32, slot: usize) -> usize {
        self.of[observation as usize * self.slots + slot] as usize
    }

    pub(crate) fn work_out(&self, rates: &[f64; EVENTS], out: &mut Likelihoods) {
        out.ways.clear();
        let product = |way: &[Event]| {
            way.iter()
                .map(|&event| rates[event as usize])
                .product::<f64>()
        };
        out.ways.extend(self.ways.iter().map(product));
        out.forms.clear();
        let sum = |form: &[u32]| form.iter().map(|&way| out.ways[way as usize]).sum::<f64>();
        out.forms.extend(self.forms.iter().map(sum));
    }

    /// Probability of an observation in every slot.
    pub(crate) fn row(&self, of: &Likelihoods, observation: u32, out: &mut [f64]) {
        let start = observation as usize * self.slots;
        for (out, &form) in out.iter_mut().zip(&self.of[start..start + self.slots]) {
            *out = of.forms[form as usize];
        }
    }

    /// Probabilities of the ways of a form.
    pub(crate) fn shares(&self, of: &Likelihoods, form: usize, out: &mut Vec<f64>) {
        out.clear();
        out.extend(
            self.forms
                .get(form)
                .iter()
                .map(|&way| of.ways[way as usize]),
        );
    }

    /// Events of one of the ways of a form.
    pub(crate) fn events(&self, form: usize, way: usize) -> &[Event] {
        (self.forms.get(form).get(way)).map_or(&[], |&way| self.ways.get(way as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::super::collapse::Look;
    use super::super::options::LatentPriors;
    use super::super::rates::Rates;
    use super::*;

    /// What the numbered forms give is what the ways themselves give.
    #[test]
    fn forms_are_the_sums_of_their_ways() {
        let seen: Vec<Observation> = [-1, 0, 1]
            .into_iter()
            .flat_map(|a| [(a, -1, true), (a, 0, false), (a, 1, true)])
            .map(|(a, b, floor)| Observation {
                looks: vec![Look::First, Look::Then(a), Look::Then(b)],
                floor: vec![floor && a > 0, false, floor && b < 0],
                ceiling: vec![false; 3],
            })
            .collect();
        let slots = Slots::new(3, true);
        let emission = Emission::new(&seen, &slots, 3);
        let rates = Rates::start(&LatentPriors::default(), None).events(0.9);
        let mut of = Likelihoods::default();
        emission.work_out(&rates, &mut of);
        let mut row = vec![0.0; slots.len()];
        let mut possible = 0;
        for (i, o) in seen.iter().enumerate() {
            emission.row(&of, i as u32, &mut row);
            for (slot, p) in row.iter().enumerate() {
                let all = slots.get(slot).map_or(Vec::new(), |h| ways(h, o, true));
                let product = |way: &Way| way.iter().map(|&e| rates[e as usize]).product::<f64>();
                let sum: f64 = all.iter().map(product).sum();
                assert!((sum - p).abs() < 1e-14, "{o:?} {:?}", slots.get(slot));
                possible += usize::from(sum > 0.0);
            }
        }
        assert!(possible > 100 && emission.forms() < possible, "{possible}");
    }

    /// Over all that can be written, a state's probabilities add up to 1.
    #[test]
    fn a_states_readings_add_up() {
        let slots = Slots::new(2, true);
        let floors = [[false, false], [true, false], [false, true], [true, true]];
        let seen: Vec<Observation> = floors
            .into_iter()
            .flat_map(|floor| [-1, 0, 1].map(|then| (floor, then)))
            .filter(|&(floor, then)| match floor {
                [true, false] => then > 0,
                [true, true] => then == 0,
                [false, true] => then < 0,
                [false, false] => true,
            })
            .map(|(floor, then)| Observation {
                looks: vec![Look::First, Look::Then(then)],
                floor: floor.to_vec(),
                ceiling: vec![false; 2],
            })
            .collect();
        let emission = Emission::new(&seen, &slots, 2);
        let rates = Rates::start(&LatentPriors::default(), None).events(0.9);
        let mut of = Likelihoods::default();
        emission.work_out(&rates, &mut of);
        let mut row = vec![0.0; slots.len()];
        let (mut at_floor, mut above) = (0.0, 0.0);
        let stable = slots.class(Class::Stable as usize).start;
        for (i, o) in seen.iter().enumerate() {
            emission.row(&of, i as u32, &mut row);
            // A fall may end at 0 or above; which, no rate says.
            if o.floor[1] && !o.floor[0] {
                continue;
            }
            if o.floor[0] {
                at_floor += row[stable];
            } else {
                above += row[stable];
            }
        }
        assert!((at_floor + above - 1.0).abs() < 1e-12, "{at_floor} {above}");
    }
}
