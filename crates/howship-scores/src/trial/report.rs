use super::options::Setting;
use crate::change::{Detectable, GroupChange, Kind, Share};
use howship_stats::{Contrast, DegreesOfFreedom, ResidualDiagnostics};
use serde::Serialize;

/// What stands for a change that was not observed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handling {
    /// Nothing: the patient is left out at that visit.
    Observed,
    /// The last earlier change (else the first later one) scaled by time: `Δ_t · T/t`.
    LinearExtrapolation,
    /// The last earlier change as it is.
    LastObservationCarried,
}

impl Handling {
    /// In the order of reports.
    pub const ALL: [Self; 3] = [
        Self::Observed,
        Self::LinearExtrapolation,
        Self::LastObservationCarried,
    ];

    /// As tables name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Observed => "observed",
            Self::LinearExtrapolation => "linear extrapolation",
            Self::LastObservationCarried => "last observation carried forward",
        }
    }
}

/// How arms are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Analysis of covariance on change: baseline, arm, stratum.
    Ancova,
    /// The same on ranks of change, with ranks of baseline (Conover, Iman, Biometrics 1982).
    AncovaRanks,
    /// The same on van der Waerden's normal scores of change, with those of baseline.
    AncovaNormalScores,
    /// Wilcoxon's rank-sum test of the two arms alone.
    RankSum,
    /// Random-coefficient model: difference at the last visit.
    RandomCoefficientLast,
    /// Random-coefficient model: difference of slopes, per year.
    RandomCoefficientSlope,
}

impl Method {
    /// As tables name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ancova => "ANCOVA on change",
            Self::AncovaRanks => "ANCOVA on ranks",
            Self::AncovaNormalScores => "ANCOVA on van der Waerden scores",
            Self::RankSum => "Wilcoxon rank-sum",
            Self::RandomCoefficientLast => "random coefficients, last visit",
            Self::RandomCoefficientSlope => "random coefficients, slope per year",
        }
    }
}

/// How many of an arm's patients meet a definition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DefinitionShare {
    /// Name of the definition.
    pub name: String,
    /// Progression or repair.
    pub kind: Kind,
    /// The share; none where the definition needs a smallest detectable change and there is none, or where all verdicts
    /// are withheld.
    pub share: Option<Share>,
    /// Patients of whom sums and the sites scored at both visits say different things
    /// ([`MatchedSites`](crate::change::MatchedSites)); they are not judged.
    pub withheld: usize,
}

/// One arm at one visit, as published tables have it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ArmRow {
    /// Feature or total.
    pub feature: String,
    /// Visit.
    pub visit: String,
    /// What stands for missing changes.
    pub handling: Handling,
    /// Arm.
    pub arm: String,
    /// Patients with a change.
    pub patients: usize,
    /// Of these, how many changes were filled in.
    pub imputed: usize,
    /// Mean score at baseline of these patients.
    pub baseline_mean: Option<f64>,
    /// Its SD.
    pub baseline_sd: Option<f64>,
    /// Mean change with Student's interval, and the group rule of repair; none with fewer than two patients.
    pub group: Option<GroupChange>,
    /// Median change.
    pub median: Option<f64>,
    /// First and third quartile (linear interpolation of order statistics, type 7).
    pub quartiles: Option<(f64, f64)>,
    /// Shares of patients by each definition.
    pub shares: Vec<DefinitionShare>,
}

/// One arm against the reference arm.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Feature or total.
    pub feature: String,
    /// Visit.
    pub visit: String,
    /// What stands for missing changes.
    pub handling: Handling,
    /// How.
    pub method: Method,
    /// Arm.
    pub arm: String,
    /// Reference arm.
    pub reference: String,
    /// Patients of all arms in the analysis.
    pub patients: usize,
    /// Arm less reference, in the method's units (ranks and scores have their own); none for the rank-sum test.
    pub difference: Option<Contrast>,
    /// Two-sided; none where the method gives none here (see notes).
    pub p: Option<f64>,
    /// Probability that a change in the arm exceeds one in the reference arm, ties half; rank-sum test only.
    pub superiority: Option<f64>,
}

/// An arm's mean change at the mean baseline.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdjustedMean {
    /// Feature or total.
    pub feature: String,
    /// Visit.
    pub visit: String,
    /// What stands for missing changes.
    pub handling: Handling,
    /// How.
    pub method: Method,
    /// Arm.
    pub arm: String,
    /// The mean with its interval.
    pub mean: Contrast,
}

/// The random-coefficient model of one feature.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RandomCoefficients {
    /// Feature or total.
    pub feature: String,
    /// Patients.
    pub patients: usize,
    /// Changes of these patients.
    pub changes: usize,
    /// Random effects by patient; time is in years.
    pub random: Vec<String>,
    /// Their covariance.
    pub random_covariance: Vec<Vec<f64>>,
    /// Residual variance.
    pub residual_variance: f64,
    /// Restricted log likelihood.
    pub log_likelihood: f64,
    /// How degrees of freedom were approximated.
    pub degrees_of_freedom: DegreesOfFreedom,
    /// Fixed effects; baseline is centred, arms are against the reference arm.
    pub fixed: Vec<(String, Contrast)>,
    /// A variance at zero or a correlation at ±1.
    pub singular: bool,
    /// What residuals say of the assumptions.
    pub residuals: ResidualDiagnostics,
}

/// A patient in a cumulative probability plot.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CumulativePoint {
    /// Subject.
    pub subject: String,
    /// (rank − 0.5)/n of the change in its arm.
    pub probability: f64,
    /// Change.
    pub change: f64,
}

/// One arm's curve in a cumulative probability plot (van der Heijde and others, Arthritis Rheum 2005;52:49).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cumulative {
    /// Feature or total.
    pub feature: String,
    /// Visit.
    pub visit: String,
    /// Arm.
    pub arm: String,
    /// Observed changes, from the smallest.
    pub points: Vec<CumulativePoint>,
}

/// What was there and what was put in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MissingCount {
    /// Feature or total.
    pub feature: String,
    /// Visit.
    pub visit: String,
    /// Arm.
    pub arm: String,
    /// Patients with a baseline.
    pub patients: usize,
    /// With a change at this visit.
    pub observed: usize,
    /// Given one by linear extrapolation.
    pub extrapolated: usize,
    /// Given one by carrying the last forward.
    pub carried: usize,
    /// Without a change at any visit: no method gives them one.
    pub without_follow_up: usize,
    /// Missing here but observed later: not a dropout.
    pub intermittent: usize,
}

/// How often readers differed beyond the threshold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AdjudicationCount {
    /// Feature or total.
    pub feature: String,
    /// Visit.
    pub visit: String,
    /// Patients whose change was read by at least two primary readers.
    pub read_twice: usize,
    /// Of these, beyond the threshold.
    pub beyond: usize,
    /// Of these, without a change by the adjudicator.
    pub unsettled: usize,
    /// Share beyond the threshold.
    pub share: f64,
}

/// The smallest detectable change that definitions were judged by.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeatureSdc {
    /// Feature or total.
    pub feature: String,
    /// Visit.
    pub visit: String,
    /// The number and where it comes from.
    pub detectable: Detectable,
}

/// Everything about a trial's arms.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrialReport {
    /// Arms, in the order of the table.
    pub arms: Vec<String>,
    /// Arm that the others are compared with.
    pub reference_arm: Option<String>,
    /// Visits after baseline.
    pub visits: Vec<String>,
    /// Confidence of all intervals.
    pub confidence: f64,
    /// Arms by feature, visit and handling of missing changes.
    pub tables: Vec<ArmRow>,
    /// Arms against the reference arm.
    pub comparisons: Vec<Comparison>,
    /// Arms' means at the mean baseline.
    pub adjusted_means: Vec<AdjustedMean>,
    /// Random-coefficient models by feature.
    pub random_coefficients: Vec<RandomCoefficients>,
    /// Curves by feature, visit and arm.
    pub cumulative: Vec<Cumulative>,
    /// Missing changes by feature, visit and arm.
    pub missing: Vec<MissingCount>,
    /// Adjudication by feature and visit; empty where no reader adjudicates.
    pub adjudication: Vec<AdjudicationCount>,
    /// Smallest detectable changes.
    pub sdc: Vec<FeatureSdc>,
    /// What a reader of the numbers must know.
    pub notes: Vec<String>,
}

impl TrialReport {
    pub(super) fn new(setting: &Setting<'_>) -> Self {
        Self {
            arms: setting.arms.clone(),
            reference_arm: setting.reference_name().map(str::to_owned),
            visits: setting.visit_names.clone(),
            confidence: setting.options.confidence,
            tables: Vec::new(),
            comparisons: Vec::new(),
            adjusted_means: Vec::new(),
            random_coefficients: Vec::new(),
            cumulative: Vec::new(),
            missing: Vec::new(),
            adjudication: Vec::new(),
            sdc: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a note once.
    pub(super) fn note(&mut self, note: String) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}
