//! Joints that were read alike, counted once: what the sampler sees.

use crate::change::series::Series;
use crate::{NONE, ScoreTable};

/// What one reading says of a film, against the film that it had before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Look {
    /// Not scored.
    Absent,
    /// The first score of the series.
    First,
    /// Better, same or worse than on the film before.
    Then(i8),
}

/// One reading of one joint on all films.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Observation {
    pub(crate) looks: Vec<Look>,
    /// The score cannot fall from here.
    pub(crate) floor: Vec<bool>,
    /// The score cannot rise from here.
    pub(crate) ceiling: Vec<bool>,
}

/// Joints that were read alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pattern {
    /// Reader and observation, sorted.
    pub(crate) readings: Vec<(u16, u32)>,
    /// A reading scored damage at its first film: without damage nothing heals.
    pub(crate) can_repair: bool,
    /// A reading stayed below the maximum at its first film.
    pub(crate) can_progress: bool,
    /// The scale has no zero: all joints count as damaged.
    pub(crate) unbounded: bool,
}

/// So many joints of a patient with a pattern.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Bundle {
    pub(crate) patient: u32,
    pub(crate) pattern: u32,
    pub(crate) count: u32,
}

/// The table as the sampler sees it.
#[derive(Debug, Clone)]
pub(crate) struct Collapsed {
    /// Positions of the visits used, in the table.
    pub(crate) visits: Vec<usize>,
    /// Readers, by their number in the table.
    pub(crate) readers: Vec<u32>,
    pub(crate) observations: Vec<Observation>,
    pub(crate) patterns: Vec<Pattern>,
    /// Sorted by patient.
    pub(crate) bundles: Vec<Bundle>,
    /// Subjects of the patients, by their number in the table, and their population.
    pub(crate) patients: Vec<(u32, u32)>,
    /// Each unit's bundle; `NONE` for a unit without a change.
    pub(crate) bundle_of: Vec<u32>,
}

/// The first and the last visit of the span, and those most evenly between.
pub(crate) fn spread(span: (usize, usize), most: usize) -> Vec<usize> {
    let all = span.1 - span.0 + 1;
    let most = most.clamp(2, all);
    (0..most)
        .map(|i| span.0 + (2 * i * (all - 1) + most - 1) / (2 * (most - 1)))
        .collect()
}

impl Collapsed {
    pub(crate) fn new(
        table: &ScoreTable,
        series: &Series,
        visits: Vec<usize>,
        population: impl Fn(u32, u32) -> u32,
    ) -> Self {
        let mut readers: Vec<u32> = series.columns.iter().map(|c| c.reader).collect();
        readers.sort_unstable();
        readers.dedup();
        let reader_of: Vec<u16> = (series.columns.iter())
            .map(|c| readers.binary_search(&c.reader).unwrap_or(0) as u16)
            .collect();
        let mut seen = Interned::default();
        let mut patterns: Interned<Pattern, Pattern> = Interned::default();
        let mut bundle_of = vec![NONE; series.units.len()];
        let mut bundles: Vec<Bundle> = Vec::new();
        let mut patients = Vec::new();
        for (subject, units) in series.subjects() {
            let patient = patients.len() as u32;
            let mut of_units: Vec<(u32, usize)> = Vec::new();
            for unit in units {
                let pattern = pattern(table, series, unit, &visits, &reader_of, &mut seen);
                if let Some(pattern) = pattern {
                    let known = patterns.index.get(&pattern).copied();
                    let number =
                        known.unwrap_or_else(|| patterns.number(pattern.clone(), || pattern));
                    of_units.push((number, unit));
                }
            }
            if of_units.is_empty() {
                continue;
            }
            let arm = series.units[of_units[0].1].arm;
            patients.push((subject, population(subject, arm)));
            of_units.sort_unstable();
            for same in of_units.chunk_by(|a, b| a.0 == b.0) {
                let number = bundles.len() as u32;
                bundles.push(Bundle {
                    patient,
                    pattern: same[0].0,
                    count: same.len() as u32,
                });
                for &(_, unit) in same {
                    bundle_of[unit] = number;
                }
            }
        }
        Self {
            visits,
            readers,
            observations: seen.list,
            patterns: patterns.list,
            bundles,
            patients,
            bundle_of,
        }
    }
}

fn pattern(
    table: &ScoreTable,
    series: &Series,
    unit: usize,
    visits: &[usize],
    reader_of: &[u16],
    seen: &mut Interned<u64, Observation>,
) -> Option<Pattern> {
    let item = series.units[unit].item?;
    let item = table.items.get(item as usize)?;
    let (mut readings, mut can_repair, mut can_progress) = (Vec::new(), false, false);
    for (column, &reader) in reader_of.iter().enumerate() {
        let scores = visits.iter().map(|&v| series.value(unit, column, v));
        let (code, first) = observe(scores, (item.min, item.max));
        if !changes(code) {
            continue;
        }
        can_repair |= first > item.min;
        can_progress |= first < item.max;
        let number = seen.number(code, || Observation::of(code, visits.len()));
        readings.push((reader, number));
    }
    readings.sort_unstable();
    (!readings.is_empty()).then_some(Pattern {
        readings,
        can_repair,
        can_progress,
        unbounded: item.min == f64::NEG_INFINITY,
    })
}

/// Bits that a film takes in the code of a reading: the look, at the floor, at the ceiling.
const FILM: u32 = 5;
const LOOKS: [Look; 5] = [
    Look::Absent,
    Look::First,
    Look::Then(-1),
    Look::Then(0),
    Look::Then(1),
];

/// Code of a reading's scores, film by film, and the first of them.
fn observe(scores: impl Iterator<Item = f64>, (min, max): (f64, f64)) -> (u64, f64) {
    let (mut before, mut first): (Option<f64>, f64) = (None, f64::NAN);
    let mut code = 0;
    for (film, score) in scores.enumerate() {
        let look = match before {
            _ if score.is_nan() => 0,
            None => {
                first = score;
                1
            }
            Some(b) => 3 + u64::from(score > b) - u64::from(score < b),
        };
        let at = look | u64::from(score <= min) << 3 | u64::from(score >= max) << 4;
        code |= at << (FILM * film as u32);
        if !score.is_nan() {
            before = Some(score);
        }
    }
    (code, first)
}

/// Whether a reading has two scores or more.
fn changes(code: u64) -> bool {
    let films = (0..u64::BITS / FILM).map(|film| (code >> (FILM * film)) & 7);
    films.max() > Some(1)
}

impl Observation {
    fn of(code: u64, films: usize) -> Self {
        let at = |film: usize| code >> (FILM * film as u32);
        let flags = |bit: u32| (0..films).map(|f| (at(f) >> bit) & 1 == 1).collect();
        let look = |film| LOOKS.get((at(film) & 7) as usize).copied();
        Self {
            looks: (0..films)
                .map(|film| look(film).unwrap_or(Look::Absent))
                .collect(),
            floor: flags(3),
            ceiling: flags(4),
        }
    }
}

/// Things numbered in the order in which their keys first came.
struct Interned<K, T> {
    list: Vec<T>,
    index: std::collections::BTreeMap<K, u32>,
}

impl<K, T> Default for Interned<K, T> {
    fn default() -> Self {
        Self {
            list: Vec::new(),
            index: std::collections::BTreeMap::new(),
        }
    }
}

impl<K: Ord, T> Interned<K, T> {
    fn number(&mut self, key: K, thing: impl FnOnce() -> T) -> u32 {
        let next = self.list.len() as u32;
        *self.index.entry(key).or_insert_with(|| {
            self.list.push(thing());
            next
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_are_spread_over_the_span() {
        assert_eq!(spread((0, 1), 4), [0, 1]);
        assert_eq!(spread((0, 2), 4), [0, 1, 2]);
        assert_eq!(spread((0, 8), 4), [0, 3, 5, 8]);
        assert_eq!(spread((2, 9), 2), [2, 9]);
    }

    #[test]
    fn a_reading_is_seen_film_by_film() {
        let (code, first) = observe([1.0, f64::NAN, 0.0, 5.0].into_iter(), (0.0, 5.0));
        assert!(changes(code));
        let o = Observation::of(code, 4);
        assert_eq!(
            o.looks,
            [Look::First, Look::Absent, Look::Then(-1), Look::Then(1)]
        );
        assert_eq!(o.floor, [false, false, true, false]);
        assert_eq!(o.ceiling, [false, false, false, true]);
        assert_eq!(first, 1.0);
        let (code, _) = observe([f64::NAN, 2.0, f64::NAN].into_iter(), (0.0, 5.0));
        assert!(!changes(code));
    }
}
