//! How patients' rates spread: beta distributions whose mean and precision are drawn with the patients integrated
//! out.

use super::options::BetaPrior;
use super::random::beta;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

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
    successes: Vec<f64>,
    failures: Vec<f64>,
    trials: Vec<f64>,
}

impl Tally {
    pub(crate) fn clear(&mut self) {
        self.successes.clear();
        self.failures.clear();
        self.trials.clear();
    }

    /// Adds a patient.
    pub(crate) fn add(&mut self, happened: u32, trials: u32) {
        count(&mut self.successes, happened);
        count(&mut self.failures, trials - happened);
        count(&mut self.trials, trials);
    }

    /// Turns "exactly n" into "more than i" for i below n.
    pub(crate) fn close(&mut self) {
        for list in [&mut self.successes, &mut self.failures, &mut self.trials] {
            for i in (1..list.len()).rev() {
                list[i - 1] += list[i];
            }
        }
    }

    fn log_likelihood(&self, a: f64, b: f64) -> f64 {
        rising(&self.successes, a) + rising(&self.failures, b) - rising(&self.trials, a + b)
    }
}

fn count(list: &mut Vec<f64>, n: u32) {
    let n = n as usize;
    if n == 0 {
        return;
    }
    if list.len() < n {
        list.resize(n, 0.0);
    }
    list[n - 1] += 1.0;
}

/// `Σ c_i ln(x + i)`: logarithms of rising factorials, summed over patients.
fn rising(counts: &[f64], x: f64) -> f64 {
    counts
        .iter()
        .enumerate()
        .map(|(i, c)| c * (x + i as f64).ln())
        .sum()
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

    /// A patient's rate given how often it happened.
    pub(crate) fn patient(&self, rng: &mut impl Rng, happened: u32, trials: u32) -> f64 {
        let (a, b) = (
            self.mean * self.precision,
            (1.0 - self.mean) * self.precision,
        );
        beta(
            rng,
            a + f64::from(happened),
            b + f64::from(trials - happened),
        )
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
