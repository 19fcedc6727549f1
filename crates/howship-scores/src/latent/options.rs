/// What is believed of a rate before the data: `Beta(a, b)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BetaPrior {
    /// First shape.
    pub a: f64,
    /// Second shape.
    pub b: f64,
}

impl BetaPrior {
    /// With these shapes.
    #[must_use]
    pub const fn new(a: f64, b: f64) -> Self {
        Self { a, b }
    }

    pub(crate) fn mean(self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// The same rate over several intervals: it adds up, and patients differ as much as over one.
    pub(crate) fn over(self, intervals: f64) -> Self {
        let mean = (self.mean() * intervals).min(0.5);
        Self::new(self.a, self.a * (1.0 - mean) / mean)
    }

    pub(crate) fn sd(self) -> f64 {
        let sum = self.a + self.b;
        (self.a * self.b / (sum + 1.0)).sqrt() / sum
    }
}

/// The false change that a film shows to all its readers.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Artefact {
    /// None: readings of one film are taken as independent, and P(repair) is an upper bound.
    None,
    /// With a rate per film that is estimated (three visits or more) or believed (two).
    Shared,
    /// With a known rate per film.
    Fixed(f64),
}

/// Patients with different rates of repair and progression.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Grouping {
    /// All patients are draws from one population.
    None,
    /// Each arm is a population of its own.
    Arm,
    /// A number for each subject of the table.
    Given(Vec<u32>),
}

/// Priors of the latent-change model. All are weak against a study of some hundred joints, and decide where the
/// design does not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LatentPriors {
    /// P(reader sees a change that the film shows).
    pub sensitivity: BetaPrior,
    /// P(reader sees the opposite of what the film shows, having missed it).
    pub opposite: BetaPrior,
    /// P(false change), of either sign, in a joint without damage.
    pub false_intact: BetaPrior,
    /// P(false increase) in a damaged joint.
    pub false_increase: BetaPrior,
    /// P(false decrease) in a damaged joint.
    pub false_decrease: BetaPrior,
    /// P(false decrease) where the reader scored damage that is not there.
    pub correction: BetaPrior,
    /// P(reader scores damage at baseline where the film shows it).
    pub baseline_seen: BetaPrior,
    /// P(reader scores damage at baseline where the film shows none).
    pub baseline_false: BetaPrior,
    /// P(one of a reader's scores of a series is off and comes back), three visits or more.
    pub slip: BetaPrior,
    /// P(no film shows an artefact to all its readers): where positions and exposures are well kept. Three visits or
    /// more.
    pub artefact_absent: f64,
    /// Rate of shared artefacts per film, where there are any.
    pub artefact: BetaPrior,
    /// Mean share of damaged joints that repair over an interval between two visits.
    pub repair: BetaPrior,
    /// Mean share of joints that progress over an interval.
    pub progression: BetaPrior,
    /// Mean share of joints that are damaged at baseline.
    pub damaged: BetaPrior,
    /// Median of the precision of patients' rates around the mean: of damage at baseline, and of change over an
    /// interval (a span of several has so many times less).
    pub precision: f64,
    /// SD of the logarithm of that precision.
    pub precision_spread: f64,
}

impl Default for LatentPriors {
    fn default() -> Self {
        Self {
            sensitivity: BetaPrior::new(4.0, 2.0),
            opposite: BetaPrior::new(1.0, 49.0),
            false_intact: BetaPrior::new(1.0, 49.0),
            false_increase: BetaPrior::new(1.0, 24.0),
            false_decrease: BetaPrior::new(1.0, 24.0),
            correction: BetaPrior::new(1.0, 9.0),
            baseline_seen: BetaPrior::new(9.0, 1.0),
            baseline_false: BetaPrior::new(1.0, 24.0),
            slip: BetaPrior::new(1.0, 24.0),
            artefact_absent: 0.5,
            artefact: BetaPrior::new(0.5, 24.5),
            repair: BetaPrior::new(0.5, 9.5),
            progression: BetaPrior::new(0.5, 9.5),
            damaged: BetaPrior::new(1.0, 1.0),
            // Patients differ much: repair and progression come in few of them.
            precision: 5.0,
            precision_spread: 1.2,
        }
    }
}

/// How [`super::latent_changes`] fits.
#[derive(Debug, Clone, PartialEq)]
pub struct LatentOptions {
    /// First visit; none for the first of the table.
    pub from: Option<u32>,
    /// Last visit; none for the last of the table.
    pub to: Option<u32>,
    /// Which feature; none for all items together.
    pub feature: Option<String>,
    /// The shared artefact.
    pub artefact: Artefact,
    /// Sensitivity of every reader, where it is assumed rather than estimated.
    pub assumed_sensitivity: Option<f64>,
    /// Populations of patients.
    pub groups: Grouping,
    /// Priors.
    pub priors: LatentPriors,
    /// At most so many visits of the span are used: the first, the last, and those spread most evenly between.
    pub most_visits: usize,
    /// Independent chains.
    pub chains: usize,
    /// Sweeps of each chain that are thrown away.
    pub warm_up: usize,
    /// Sweeps of each chain that are kept.
    pub sweeps: usize,
    /// Seed.
    pub seed: u64,
    /// P(repair) at which joints are called, for the false discovery rate.
    pub thresholds: Vec<f64>,
    /// Confidence of intervals of parameters.
    pub confidence: f64,
}

impl Default for LatentOptions {
    fn default() -> Self {
        Self {
            from: None,
            to: None,
            feature: None,
            artefact: Artefact::Shared,
            assumed_sensitivity: None,
            groups: Grouping::None,
            priors: LatentPriors::default(),
            most_visits: 4,
            chains: 4,
            warm_up: 500,
            sweeps: 1000,
            seed: 2009,
            thresholds: vec![0.5, 0.8, 0.9, 0.95, 0.99],
            confidence: 0.95,
        }
    }
}
