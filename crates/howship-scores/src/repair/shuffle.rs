//! Estimator 4: films in random order.

use super::RepairOptions;
use super::evidence::{Changes, Evidence, unanswered};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use serde::Serialize;

/// Joints on whose direction all their readers agree, against the same with films in random order.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ShuffleNull {
    /// Readers that have to agree: all of a joint's, two at least.
    pub joints: usize,
    /// Joints that all readers call better.
    pub better: usize,
    /// Mean of that number with random order.
    pub better_by_chance: f64,
    /// Share of random orders with as many.
    pub better_p: f64,
    /// Joints that all readers call better, or all worse.
    pub agreed: usize,
    /// Mean of that number with random order.
    pub agreed_by_chance: f64,
    /// Share of random orders with as many.
    pub agreed_p: f64,
}

const ASSUMPTIONS: [&str; 3] = [
    "the null: a reader's change could as well be its reverse, whole patient by patient, whatever other readers saw",
    "it keeps how many joints change, in whom, and together with which; it takes away that readers agree on the \
     direction",
    "true progression, turned round, adds to what chance calls better: where most joints progress the test of \
     better joints is too strict; artefacts that all readers see count as agreement",
];

pub(crate) fn shuffle_null(changes: &Changes, options: &RepairOptions) -> Evidence<ShuffleNull> {
    Evidence::new(
        shuffle(changes, options),
        unanswered(&[changes]),
        &ASSUMPTIONS,
    )
}

/// Signs of one joint, by reader; 0 where unchanged, none where not read.
type Signs = Vec<(usize, i8)>;

fn shuffle(changes: &Changes, options: &RepairOptions) -> Option<ShuffleNull> {
    let mut joints = 0;
    let mut patients: Vec<Vec<Signs>> = Vec::new();
    for (_, range) in &changes.patients {
        let mut kept = Vec::new();
        for row in &changes.values[range.clone()] {
            let known = row.iter().enumerate().filter(|(_, v)| v.is_finite());
            let signs: Signs = known
                .map(|(reader, v)| (reader, i8::from(*v > 0.0) - i8::from(*v < 0.0)))
                .collect();
            if signs.len() < 2 {
                continue;
            }
            joints += 1;
            // A reader who sees no change agrees with no direction, however the films are turned.
            if signs.iter().all(|s| s.1 != 0) {
                kept.push(signs);
            }
        }
        patients.push(kept);
    }
    if joints == 0 {
        return None;
    }
    let readers = changes.names.len();
    let count = |flips: &mut dyn FnMut() -> Vec<bool>| {
        let (mut better, mut agreed) = (0usize, 0usize);
        for joints in patients.iter().filter(|j| !j.is_empty()) {
            let flip = flips();
            for signs in joints {
                let sign = |&(reader, s): &(usize, i8)| if flip[reader] { -s } else { s };
                let down = signs.iter().all(|s| sign(s) < 0);
                better += usize::from(down);
                agreed += usize::from(down || signs.iter().all(|s| sign(s) > 0));
            }
        }
        (better, agreed)
    };
    let (better, agreed) = count(&mut || vec![false; readers]);
    let drawn: Vec<(usize, usize)> = (0..options.draws as u64)
        .into_par_iter()
        .map(|draw| {
            let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
            rng.set_stream(draw);
            count(&mut || (0..readers).map(|_| rng.random::<bool>()).collect())
        })
        .collect();
    let n = drawn.len() as f64;
    let share = |hits: usize| (hits as f64 + 1.0) / (n + 1.0);
    Some(ShuffleNull {
        joints,
        better,
        better_by_chance: drawn.iter().map(|d| d.0 as f64).sum::<f64>() / n,
        better_p: share(drawn.iter().filter(|d| d.0 >= better).count()),
        agreed,
        agreed_by_chance: drawn.iter().map(|d| d.1 as f64).sum::<f64>() / n,
        agreed_p: share(drawn.iter().filter(|d| d.1 >= agreed).count()),
    })
}
