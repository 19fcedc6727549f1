//! What does not change while sampling.

use super::collapse::Collapsed;
use super::emission::{Emission, Slots};
use super::kernel::CLASSES;
use super::options::{Artefact, BetaPrior, LatentOptions};
use super::patient_counts::{Can, Counts, KINDS};
use super::rates::Rates;

/// P(a reading takes over what the film wrongly shows): nearly all do.
pub(crate) const SEEN: BetaPrior = BetaPrior::new(19.0, 1.0);

/// Data, what may lie behind them, and the order in which patterns are gone through.
pub(crate) struct Model<'a> {
    pub(crate) data: &'a Collapsed,
    pub(crate) options: &'a LatentOptions,
    pub(crate) artefact: Artefact,
    pub(crate) slots: Slots,
    pub(crate) emission: Emission,
    /// Reader and observation that occur together.
    pub(crate) used: Vec<(u16, u32)>,
    /// Each pattern's readings as positions in `used`.
    pub(crate) readings: Vec<Vec<u32>>,
    /// What each pattern's joints can do.
    pub(crate) can: Vec<Can>,
    /// What one of them adds to a patient's counts, by class.
    pub(crate) units: Vec<[Counts; CLASSES]>,
    /// Patterns sorted by their readings: what neighbours share is worked out once.
    pub(crate) order: Vec<u32>,
    pub(crate) populations: usize,
    pub(crate) films: usize,
}

/// A parameter's name, reader or population, and mean and SD of its prior.
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) of: Option<usize>,
    pub(crate) prior: (f64, f64),
}

impl<'a> Model<'a> {
    pub(crate) fn new(data: &'a Collapsed, options: &'a LatentOptions, artefact: Artefact) -> Self {
        let films = data.visits.len();
        let slots = Slots::new(films, artefact != Artefact::None);
        let mut used: Vec<(u16, u32)> = (data.patterns.iter())
            .flat_map(|p| p.readings.iter().copied())
            .collect();
        used.sort_unstable();
        used.dedup();
        let position = |r: &(u16, u32)| used.binary_search(r).unwrap_or(0) as u32;
        let readings: Vec<Vec<u32>> = (data.patterns.iter())
            .map(|p| p.readings.iter().map(position).collect())
            .collect();
        let mut order: Vec<u32> = (0..readings.len() as u32).collect();
        order.sort_by(|&a, &b| readings[a as usize].cmp(&readings[b as usize]));
        let can: Vec<Can> = data.patterns.iter().map(Can::of).collect();
        let populations = data.patients.iter().map(|p| p.1 as usize + 1).max();
        Self {
            emission: Emission::new(&data.observations, &slots, films),
            populations: populations.unwrap_or(1),
            units: can.iter().map(|&can| Counts::units(can)).collect(),
            can,
            data,
            options,
            artefact,
            slots,
            used,
            readings,
            order,
            films,
        }
    }

    /// The parameters, in the order in which draws are kept.
    pub(crate) fn names(&self) -> Vec<Named> {
        let p = &self.options.priors;
        let mut names = Vec::new();
        let mut add = |name, of, prior: BetaPrior| {
            let prior = (prior.mean(), prior.sd());
            names.push(Named { name, of, prior });
        };
        for reader in 0..self.data.readers.len() {
            for (name, prior) in Rates::NAMES.into_iter().zip(Rates::priors(p)) {
                add(name, Some(reader), prior);
            }
        }
        add("artefact_rate", None, p.artefact);
        add("artefact_seen", None, SEEN);
        let kinds = [
            "damaged",
            "repair",
            "progression_intact",
            "progression_damaged",
        ];
        for population in 0..self.populations {
            for (name, prior) in kinds.into_iter().zip(self.kinds()) {
                add(name, Some(population), prior);
            }
        }
        for named in names.iter_mut().filter(|n| n.name == "artefact_rate") {
            let ((mean, sd), present) = (named.prior, 1.0 - self.absent());
            let second = present * (sd * sd + mean * mean);
            named.prior = (present * mean, (second - (present * mean).powi(2)).sqrt());
        }
        names
    }

    /// P(no film shows an artefact) before the data. Two visits cannot tell; what is believed of the rate stays.
    pub(crate) fn absent(&self) -> f64 {
        match self.artefact {
            Artefact::Shared if self.films > 2 => self.options.priors.artefact_absent,
            _ => 0.0,
        }
    }

    pub(crate) fn kinds(&self) -> [BetaPrior; KINDS] {
        let p = &self.options.priors;
        let intervals = self.intervals();
        let progression = p.progression.over(intervals);
        [
            p.damaged,
            p.repair.over(intervals),
            progression,
            progression,
        ]
    }

    /// Centre of the precision of patients' rates, by kind.
    pub(crate) fn precisions(&self) -> [f64; KINDS] {
        let at_baseline = self.options.priors.precision;
        let over_span = at_baseline / self.intervals();
        [at_baseline, over_span, over_span, over_span]
    }

    fn intervals(&self) -> f64 {
        (self.films as f64 - 1.0).max(1.0)
    }
}
