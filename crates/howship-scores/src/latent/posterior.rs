//! Chains summed up: means, intervals, whether chains agree, what was learnt.

use super::collapse::Collapsed;
use super::model::{Model, Named};
use super::options::{Artefact, LatentOptions};
use super::report::{Basis, ExpectedCount, Parameter};
use super::sampler::Chain;
use crate::ScoreTable;
use howship_stats::{Interval, normal_quantile};
use rayon::prelude::*;

/// All chains of one run.
pub(crate) struct Fit<'a> {
    data: &'a Collapsed,
    names: Vec<Named>,
    chains: Vec<Chain>,
}

impl<'a> Fit<'a> {
    pub(crate) fn new(data: &'a Collapsed, options: &'a LatentOptions, artefact: Artefact) -> Self {
        let model = Model::new(data, options, artefact);
        let chains = (0..options.chains.max(1) as u64).into_par_iter();
        Self {
            data,
            names: model.names(),
            chains: chains.map(|chain| model.run(chain)).collect(),
        }
    }

    pub(crate) fn mean(&self, of: impl Fn(&Chain) -> f64) -> f64 {
        self.chains.iter().map(of).sum::<f64>() / self.chains.len() as f64
    }

    pub(crate) fn bundle(&self, bundle: usize) -> (f64, f64) {
        (
            self.mean(|c| c.bundles[bundle].0),
            self.mean(|c| c.bundles[bundle].1),
        )
    }

    pub(crate) fn count(&self, of: impl Fn(&(f64, f64)) -> f64, confidence: f64) -> ExpectedCount {
        let draws: Vec<f64> = self
            .chains
            .iter()
            .flat_map(|c| c.totals.iter().map(&of))
            .collect();
        let mean = mean(&draws);
        ExpectedCount {
            mean,
            interval: with_model_error(mean, interval(draws, confidence), confidence),
        }
    }

    pub(crate) fn parameters(&self, table: &ScoreTable, confidence: f64) -> Vec<Parameter> {
        let readers = self.data.readers.len();
        let several = self.names.iter().filter(|n| n.name == "repair").count() > 1;
        let one = |(i, named): (usize, &Named)| {
            let chains: Vec<Vec<f64>> = (self.chains.iter())
                .map(|c| c.draws.iter().map(|d| d[i]).collect())
                .collect();
            let all: Vec<f64> = chains.iter().flatten().copied().collect();
            let of_reader = i < readers * super::rates::Rates::NAMES.len();
            let of = (named.of.filter(|_| of_reader || several)).map(|n| match of_reader {
                true => table.readers.name(self.data.readers[n]).to_owned(),
                false => (table.arms.iter().nth(n)).map_or(n.to_string(), str::to_owned),
            });
            let (mean, sd) = (mean(&all), variance(&all).sqrt());
            Parameter {
                name: named.name.to_owned(),
                of,
                mean,
                sd,
                interval: interval(all, confidence),
                prior_mean: named.prior.0,
                prior_sd: named.prior.1,
                basis: Basis::of(named.prior, mean, sd),
                scale_reduction: scale_reduction(&chains),
            }
        };
        self.names.iter().enumerate().map(one).collect()
    }
}

/// Relative standard deviation of an expected count beyond what the model itself allows for: in simulated studies whose
/// readers err as this model does not know (uneven levels, gaps), counts were off by 2 to 5 %, which large studies would
/// show as precise (example `repair_calibration`).
const MODEL_ERROR: f64 = 0.025;

fn with_model_error(mean: f64, posterior: Interval, confidence: f64) -> Interval {
    let z = normal_quantile(0.5 + 0.5 * confidence).unwrap_or(0.0);
    let beyond = z * MODEL_ERROR * mean;
    let ends = Interval::new(
        mean - (mean - posterior.lower).hypot(beyond),
        mean + (posterior.upper - mean).hypot(beyond),
    );
    Interval::new(ends.lower.max(0.0), ends.upper)
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len().max(1) as f64
}

fn variance(x: &[f64]) -> f64 {
    let m = mean(x);
    x.iter().map(|v| (v - m).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0).max(1.0)
}

fn interval(mut draws: Vec<f64>, confidence: f64) -> Interval {
    draws.sort_unstable_by(f64::total_cmp);
    let at = |p: f64| {
        let i = (p * (draws.len() as f64 - 1.0)).round() as usize;
        draws.get(i).copied().unwrap_or(f64::NAN)
    };
    let tail = 0.5 - 0.5 * confidence;
    Interval::new(at(tail), at(1.0 - tail))
}

/// Gelman and Rubin's √R̂; none for one chain or draws that do not move.
fn scale_reduction(chains: &[Vec<f64>]) -> Option<f64> {
    let n = chains.first()?.len() as f64;
    let within = mean(&chains.iter().map(|c| variance(c)).collect::<Vec<_>>());
    if chains.len() < 2 || !(within > 1e-18) {
        return None;
    }
    let between = variance(&chains.iter().map(|c| mean(c)).collect::<Vec<_>>());
    Some((((n - 1.0) / n * within + between) / within).sqrt())
}

/// What the draws themselves cast doubt on.
pub(crate) fn doubts(parameters: &[Parameter], artefact: Artefact) -> Vec<String> {
    let title = |p: &Parameter| match &p.of {
        Some(of) => format!("{} of {of}", p.name),
        None => p.name.clone(),
    };
    let mut notes = Vec::new();
    let apart: Vec<String> = parameters
        .iter()
        .filter(|p| p.scale_reduction.is_some_and(|r| r > 1.1))
        .map(title)
        .collect();
    if !apart.is_empty() {
        notes.push(format!(
            "chains have not come together for {}: run longer chains, and trust these rates less",
            apart.join(", ")
        ));
    }
    let unseen: Vec<String> = parameters
        .iter()
        .filter(|p| {
            p.name == "sensitivity" || (p.name == "artefact_rate" && artefact == Artefact::Shared)
        })
        .filter(|p| p.basis == Basis::Prior)
        .map(title)
        .collect();
    if !unseen.is_empty() {
        notes.push(format!(
            "not learnt from these data but believed beforehand: {}",
            unseen.join(", ")
        ));
    }
    notes
}

impl Basis {
    /// A posterior as wide as its prior, at the same place, has learnt nothing.
    fn of((prior_mean, prior_sd): (f64, f64), mean: f64, sd: f64) -> Self {
        if sd < 1e-9 {
            return Self::Assumed;
        }
        let moved = (mean - prior_mean).abs() > 0.5 * prior_sd;
        if moved || sd < 0.8 * prior_sd {
            Self::Data
        } else {
            Self::Prior
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors add in squares; never below zero.
    #[test]
    fn counts_carry_the_error_of_the_model() {
        let found = with_model_error(1000.0, Interval::new(970.0, 1010.0), 0.95);
        let beyond = 1.959_963_984_540_054 * 25.0;
        assert!((found.lower - (1000.0 - 30f64.hypot(beyond))).abs() < 1e-9);
        assert!((found.upper - (1000.0 + 10f64.hypot(beyond))).abs() < 1e-9);
        let none = with_model_error(0.4, Interval::new(0.0, 2.0), 0.95);
        assert_eq!(none.lower, 0.0);
    }
}
