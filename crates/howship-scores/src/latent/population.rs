//! How patients' rates spread: beta distributions whose mean and precision are drawn with the patients integrated
//! out.

use super::options::BetaPrior;
use super::random::beta;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use std::ops::Range;

/// A beta distribution of patients' rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Population {
    pub(crate) mean: f64,
    pub(crate) precision: f64,
    /// Step of the random walk; tuned while warming up.
    step: f64,
    accepted: f64,
}

/// How many patients have more than i successes, failures, trials: all that the marginal likelihood needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    successes: Steps,
    failures: Steps,
    trials: Steps,
}

#[derive(Debug, Clone, Default)]
struct Steps {
    counts: Vec<u32>,
    /// Counts that are the same from one number to below the next.
    runs: Vec<(u32, Range<u32>)>,
}

impl Tally {
    pub(crate) fn clear(&mut self) {
        self.successes.clear();
        self.failures.clear();
        self.trials.clear();
    }

    /// Adds a patient.
    pub(crate) fn add(&mut self, happened: u32, trials: u32) {
        self.successes.add(happened);
        self.failures.add(trials - happened);
        self.trials.add(trials);
    }

    /// Turns "exactly n" into "more than i" for i below n.
    pub(crate) fn close(&mut self) {
        for steps in [&mut self.successes, &mut self.failures, &mut self.trials] {
            steps.close();
        }
    }

    fn log_likelihood(&self, a: f64, b: f64) -> f64 {
        self.successes.rising(a) + self.failures.rising(b) - self.trials.rising(a + b)
    }
}

impl Steps {
    fn clear(&mut self) {
        self.counts.clear();
    }

    fn add(&mut self, n: u32) {
        let n = n as usize;
        if n == 0 {
            return;
        }
        if self.counts.len() < n {
            self.counts.resize(n, 0);
        }
        self.counts[n - 1] += 1;
    }

    fn close(&mut self) {
        for i in (1..self.counts.len()).rev() {
            self.counts[i - 1] += self.counts[i];
        }
        self.runs.clear();
        let mut start = 0;
        for run in self.counts.chunk_by(|a, b| a == b) {
            let end = start + run.len() as u32;
            self.runs.push((run[0], start..end));
            start = end;
        }
    }

    /// `Σ c_i ln(x + i)`: logarithms of rising factorials, summed over patients. Equal counts share a logarithm of
    /// their product, of few enough factors that it neither overflows nor loses digits.
    fn rising(&self, x: f64) -> f64 {
        const FACTORS: usize = 16;
        let mut sum = 0.0;
        for (count, run) in &self.runs {
            for from in run.clone().step_by(FACTORS) {
                let to = (from + FACTORS as u32).min(run.end);
                let product: f64 = (from..to).map(|i| x + f64::from(i)).product();
                sum += f64::from(*count) * product.ln();
            }
        }
        sum
    }
}

impl Population {
    pub(crate) fn new(mean: f64, precision: f64) -> Self {
        Self {
            mean,
            precision,
            step: 0.5,
            accepted: 0.3,
        }
    }

    /// A few random-walk Metropolis steps of (logit mean, log precision).
    pub(crate) fn walk(
        &mut self,
        rng: &mut impl Rng,
        tally: &Tally,
        prior: BetaPrior,
        (centre, spread): (f64, f64),
        tune: bool,
    ) {
        let log_posterior = |mean: f64, precision: f64| {
            let z = (precision.ln() - centre.ln()) / spread;
            // The Jacobian of the logit turns the beta's exponents a − 1 and b − 1 into a and b.
            tally.log_likelihood(mean * precision, (1.0 - mean) * precision)
                + prior.a * mean.ln()
                + prior.b * (1.0 - mean).ln()
                - 0.5 * z * z
        };
        let mut now = log_posterior(self.mean, self.precision);
        for _ in 0..4 {
            let (x, y): (f64, f64) = (StandardNormal.sample(rng), StandardNormal.sample(rng));
            let logit = (self.mean / (1.0 - self.mean)).ln() + self.step * x;
            let mean = (1.0 / (1.0 + (-logit).exp())).clamp(1e-9, 1.0 - 1e-9);
            let precision = (self.precision * (self.step * y).exp()).clamp(1e-3, 1e6);
            let then = log_posterior(mean, precision);
            let take = rng.random::<f64>().ln() < then - now;
            if take {
                (self.mean, self.precision, now) = (mean, precision, then);
            }
            if tune {
                self.accepted += 0.05 * (f64::from(u8::from(take)) - self.accepted);
                self.step *= (0.05 * (self.accepted - 0.3)).exp();
            }
        }
    }

    /// First shape, and the sum of both.
    pub(crate) fn shapes(&self) -> (f64, f64) {
        (self.mean * self.precision, self.precision)
    }

    /// A patient's rate given how often it happened.
    pub(crate) fn patient(&self, rng: &mut impl Rng, happened: u32, trials: u32) -> f64 {
        let (a, both) = self.shapes();
        let failed = f64::from(trials - happened);
        beta(rng, a + f64::from(happened), both - a + failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Beta-binomial by hand: one patient with 2 of 3, a = 1, b = 2: B(3, 3)/B(1, 2) = (1·2·2)/(3·4·5).
    #[test]
    fn marginal_likelihood_of_one_patient() {
        let mut tally = Tally::default();
        tally.add(2, 3);
        tally.close();
        assert!((tally.log_likelihood(1.0, 2.0) - (4.0f64 / 60.0).ln()).abs() < 1e-12);
    }

    #[test]
    fn patients_add_up() {
        let (mut both, mut one, mut other) = (Tally::default(), Tally::default(), Tally::default());
        for (k, n) in [(2, 3), (0, 5)] {
            both.add(k, n);
        }
        one.add(2, 3);
        other.add(0, 5);
        both.close();
        one.close();
        other.close();
        let at = |t: &Tally| t.log_likelihood(0.3, 4.0);
        assert!((at(&both) - at(&one) - at(&other)).abs() < 1e-12);
    }
}
