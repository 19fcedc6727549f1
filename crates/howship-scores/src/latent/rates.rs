//! A reader's rates, and how they are drawn given what happened.

use super::kernel::{EVENTS, Event};
use super::options::{BetaPrior, LatentPriors};
use super::random::rate;
use rand::Rng;

/// One reader's rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Rates {
    pub(crate) sensitivity: f64,
    pub(crate) opposite: f64,
    pub(crate) up_intact: f64,
    pub(crate) down_intact: f64,
    pub(crate) up_damaged: f64,
    pub(crate) down_damaged: f64,
    pub(crate) first: f64,
    pub(crate) scored: f64,
    pub(crate) imagined: f64,
}

impl Rates {
    pub(crate) const NAMES: [&'static str; 9] = [
        "sensitivity",
        "opposite_sign",
        "false_increase_intact",
        "false_decrease_intact",
        "false_increase_damaged",
        "false_decrease_damaged",
        "first_film_error",
        "baseline_damage_seen",
        "baseline_damage_imagined",
    ];

    pub(crate) fn values(&self) -> [f64; 9] {
        [
            self.sensitivity,
            self.opposite,
            self.up_intact,
            self.down_intact,
            self.up_damaged,
            self.down_damaged,
            self.first,
            self.scored,
            self.imagined,
        ]
    }

    pub(crate) fn priors(p: &LatentPriors) -> [BetaPrior; 9] {
        [
            p.sensitivity,
            p.opposite,
            p.false_intact,
            p.correction,
            p.false_increase,
            p.false_decrease,
            p.slip,
            p.baseline_seen,
            p.baseline_false,
        ]
    }

    pub(crate) fn start(p: &LatentPriors, sensitivity: Option<f64>) -> Self {
        Self {
            sensitivity: sensitivity.unwrap_or(p.sensitivity.mean()),
            opposite: p.opposite.mean(),
            up_intact: p.false_intact.mean(),
            down_intact: p.correction.mean(),
            up_damaged: p.false_increase.mean(),
            down_damaged: p.false_decrease.mean(),
            first: p.slip.mean(),
            scored: p.baseline_seen.mean(),
            imagined: p.baseline_false.mean(),
        }
    }

    /// Probability of each event; the artefact's come from outside.
    pub(crate) fn events(&self, taken: f64) -> [f64; EVENTS] {
        let mut p = [0.0; EVENTS];
        let missed = 1.0 - self.sensitivity;
        let mut set = |event: Event, value: f64| p[event as usize] = value;
        set(Event::See, self.sensitivity);
        set(Event::Opposite, missed * self.opposite);
        set(Event::Miss, missed * (1.0 - self.opposite));
        let (up, down) = (self.up_intact, (1.0 - self.up_intact) * self.down_intact);
        set(Event::UpIntact, up);
        set(Event::DownIntact, down);
        set(Event::StayIntact, 1.0 - up - down);
        set(Event::NotUpIntact, 1.0 - up);
        let (up, down) = (self.up_damaged, (1.0 - self.up_damaged) * self.down_damaged);
        set(Event::UpDamaged, up);
        set(Event::DownDamaged, down);
        set(Event::StayDamaged, 1.0 - up - down);
        set(Event::NotUpDamaged, 1.0 - up);
        set(Event::NotDown, 1.0 - down);
        set(Event::FirstUp, 0.5 * self.first);
        set(Event::FirstDown, 0.5 * self.first);
        set(Event::FirstStay, 1.0 - self.first);
        set(Event::Scored, self.scored);
        set(Event::Overlooked, 1.0 - self.scored);
        set(Event::Imagined, self.imagined);
        set(Event::Clear, 1.0 - self.imagined);
        set(Event::Taken, taken);
        set(Event::NotTaken, 1.0 - taken);
        p
    }

    /// New rates given how often each event happened.
    pub(crate) fn draw(
        rng: &mut impl Rng,
        p: &LatentPriors,
        counts: &[f64; EVENTS],
        assumed: Option<f64>,
    ) -> Self {
        let n = |event: Event| counts[event as usize];
        let (see, other, miss) = (n(Event::See), n(Event::Opposite), n(Event::Miss));
        let (up0, down0) = (n(Event::UpIntact), n(Event::DownIntact));
        let (up1, down1) = (n(Event::UpDamaged), n(Event::DownDamaged));
        let stay0 = n(Event::StayIntact);
        let stay1 = n(Event::StayDamaged);
        let errors = n(Event::FirstUp) + n(Event::FirstDown);
        let mut new = Self {
            sensitivity: 0.0,
            opposite: rate(rng, p.opposite, other, miss),
            up_intact: rate(
                rng,
                p.false_intact,
                up0,
                down0 + stay0 + n(Event::NotUpIntact),
            ),
            down_intact: rate(rng, p.correction, down0, stay0),
            up_damaged: rate(
                rng,
                p.false_increase,
                up1,
                down1 + stay1 + n(Event::NotUpDamaged),
            ),
            down_damaged: rate(rng, p.false_decrease, down1, stay1 + n(Event::NotDown)),
            first: rate(rng, p.slip, errors, n(Event::FirstStay)),
            scored: rate(rng, p.baseline_seen, n(Event::Scored), n(Event::Overlooked)),
            imagined: rate(rng, p.baseline_false, n(Event::Imagined), n(Event::Clear)),
        };
        let largest = new.up_intact.max(new.up_damaged).max(new.down_damaged);
        new.sensitivity = assumed.unwrap_or_else(|| {
            let mut s = rate(rng, p.sensitivity, see, other + miss);
            // False changes are rarer than true ones are seen: otherwise the classes could swap names.
            for _ in 0..16 {
                if s > largest {
                    break;
                }
                s = rate(rng, p.sensitivity, see, other + miss);
            }
            s.max(largest)
        });
        new
    }
}
