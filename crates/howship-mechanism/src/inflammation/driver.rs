use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Gamma, StandardNormal};

/// How inflammation starts, ends and differs between patients and joints.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InflammationParameters {
    /// Mean driver before therapy, 0..1 (0.75: active disease; assumption), and the pseudo-count of its beta
    /// distribution over patients (20; assumption).
    pub before: f64,
    /// Spread of `before`.
    pub before_count: f64,
    /// Mean driver that therapy at its usual dose leaves (0.08, range 0.03-0.35; fitted), pseudo-count 6.
    pub residual: f64,
    /// Spread of `residual`.
    pub residual_count: f64,
    /// SD of joints about their patient on the logit scale (0.5, range 0.3-1.2; assumption).
    pub joint_sd: f64,
    /// Flares per joint and year (0.5; assumption). Baker's model does not flare at its published values.
    pub flares_per_year: f64,
    /// Mean length of a flare, days (30; assumption).
    pub flare_days: f64,
    /// Least driver during a flare (0.8; assumption).
    pub flare_level: f64,
    /// Half-life of the driver's fall under a biologic, days (7; assumption).
    pub biologic_half_life: f64,
    /// Half-life under a conventional drug, days (43.4: 6.2 weeks; Wojciechowski 2015, DAS28).
    pub csdmard_half_life: f64,
}

impl Default for InflammationParameters {
    fn default() -> Self {
        Self {
            before: 0.75,
            before_count: 20.0,
            residual: 0.08,
            residual_count: 6.0,
            joint_sd: 0.5,
            flares_per_year: 0.5,
            flare_days: 30.0,
            flare_level: 0.8,
            biologic_half_life: 7.0,
            csdmard_half_life: 43.4,
        }
    }
}

/// How the clinical score follows the patient's driver.
///
/// The coupling is loose on purpose: in the anakinra MRI cohort (Ann Rheum Dis 2005;64:1503) DAS28 fell while
/// erosions grew. A joint's own driver differs from the patient's by [`InflammationParameters::joint_sd`], feet are
/// not among the 28 joints, and the score has its own error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClinicalCoupling {
    /// DAS28 of a patient without inflammation (1.9; assumption).
    pub floor: f64,
    /// DAS28 gained from driver 0 to 1 (5.4; assumption: 6.0 at 0.75).
    pub gain: f64,
    /// SD of one DAS28 about its patient's level (0.65: half-width 1.8 of random change over 1.96·√2).
    pub error_sd: f64,
    /// SD of a patient's logit of the driver behind the score about that behind the joints (0.8; assumption).
    pub patient_sd: f64,
}

impl Default for ClinicalCoupling {
    fn default() -> Self {
        Self {
            floor: 1.9,
            gain: 5.4,
            error_sd: 0.65,
            patient_sd: 0.8,
        }
    }
}

impl ClinicalCoupling {
    /// Expected DAS28 at a driver.
    #[must_use]
    pub fn das28(&self, driver: f64) -> f64 {
        self.floor + self.gain * driver
    }

    /// Driver at which this DAS28 is expected, kept inside 0.03..0.97.
    #[must_use]
    pub fn driver(&self, das28: f64) -> f64 {
        ((das28 - self.floor) / self.gain).clamp(0.03, 0.97)
    }
}

/// A beta draw by its mean and pseudo-count.
pub fn beta_draw(rng: &mut ChaCha8Rng, mean: f64, count: f64) -> f64 {
    let gamma = |rng: &mut ChaCha8Rng, shape: f64| {
        Gamma::new(shape.max(1e-6), 1.0).map_or(0.0, |g| g.sample(rng))
    };
    let a = gamma(rng, mean * count);
    let b = gamma(rng, (1.0 - mean) * count);
    let share = if a + b > 0.0 { a / (a + b) } else { mean };
    share.clamp(1e-3, 0.999)
}

/// One joint's inflammation: where it starts, where full suppression leaves it, and its flares.
#[derive(Debug, Clone, PartialEq)]
pub struct JointDriver {
    /// Before therapy.
    pub before: f64,
    /// Under full suppression.
    pub residual: f64,
    /// Days at which flares start and end, rising.
    pub flares: Vec<[f64; 2]>,
    /// Least driver during a flare.
    pub flare_level: f64,
}

pub(crate) fn logit(p: f64) -> f64 {
    (p / (1.0 - p)).ln()
}

pub(crate) fn expit(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl JointDriver {
    /// A joint of a patient whose own driver is `before` and, under therapy, `residual`.
    pub fn draw(
        rng: &mut ChaCha8Rng,
        parameters: &InflammationParameters,
        patient: [f64; 2],
        horizon: f64,
    ) -> Self {
        let z: f64 = StandardNormal.sample(rng);
        let effect = parameters.joint_sd * z;
        let mut flares = Vec::new();
        let exponential =
            |rng: &mut ChaCha8Rng, mean: f64| -mean * (1.0 - rng.random::<f64>()).ln();
        if parameters.flares_per_year > 0.0 {
            let wait = 365.0 / parameters.flares_per_year;
            let mut t = exponential(rng, wait);
            while t < horizon {
                let length = exponential(rng, parameters.flare_days);
                flares.push([t, t + length]);
                t += length + exponential(rng, wait);
            }
        }
        Self {
            before: expit(logit(patient[0]) + effect),
            residual: expit(logit(patient[1]) + effect),
            flares,
            flare_level: parameters.flare_level,
        }
    }

    /// Driver where the unsuppressed share of what therapy can suppress is `left`, at day `t`, `next` counting the
    /// flares that are over; days are asked for in rising order.
    #[inline]
    #[must_use]
    pub fn at(&self, t: f64, left: f64, next: &mut usize) -> f64 {
        let quiet = self.residual + (self.before - self.residual) * left;
        while self.flares.get(*next).is_some_and(|f| f[1] <= t) {
            *next += 1;
        }
        match self.flares.get(*next) {
            Some(f) if f[0] <= t => quiet.max(self.flare_level),
            _ => quiet,
        }
    }
}
