use super::drift::ReaderDrift;
use howship_stats::{
    BlandAltman, Concordance, DetectableChangeBySize, Estimate, FleissKappa, Generalisability,
    GwetAgreement, HeteroscedasticLimits, IccTable, Interval, Kappa, KrippendorffAlpha,
    MeasurementError, ReaderScope, RepeatedConcordance, ReplicateLimits,
};
use serde::Serialize;

/// What readers agree on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "quantity", rename_all = "kebab-case")]
pub enum Quantity {
    /// The score at a visit.
    Status {
        /// Visit.
        visit: String,
    },
    /// The later visit's score less the earlier one's, within one reading.
    Change {
        /// Earlier visit.
        from: String,
        /// Later visit.
        to: String,
    },
}

impl Quantity {
    /// Whether it is a change.
    #[must_use]
    pub fn is_change(&self) -> bool {
        matches!(self, Self::Change { .. })
    }
}

/// Who is compared with whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "raters", rename_all = "kebab-case")]
pub enum Raters {
    /// Readers with each other; a reader's repeated readings are averaged.
    Between {
        /// Readers.
        readers: Vec<String>,
    },
    /// One reader's repeated readings with each other.
    Within {
        /// Reader.
        reader: String,
        /// Readings compared.
        readings: usize,
    },
    /// Repeated readings of several readers, their errors pooled.
    Pooled {
        /// Readers.
        readers: Vec<String>,
    },
}

/// A number with its patient-cluster bootstrap intervals.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BootstrapInterval {
    /// As in `ICC(A,1)`, `sem-fixed`, `kappa-linear`.
    pub statistic: String,
    /// Estimate; on tables with holes from moments, not REML.
    pub value: f64,
    /// Standard deviation over draws.
    pub standard_error: f64,
    /// Percentile interval; none where every draw gave the same number: no error was seen, which is no proof of none.
    pub percentile: Option<Interval>,
    /// Bias-corrected and accelerated interval; none where all draws lie on one side.
    pub bca: Option<Interval>,
    /// Draws that left the statistic undefined.
    pub undefined: usize,
}

/// A smallest detectable size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct DetectableSize {
    /// Same readers, or any.
    pub scope: ReaderScope,
    /// Readers (readings) averaged; no whole number where it is [`PatientAgreement::averaged`] of a table with holes.
    pub readers: f64,
    /// Level, as in 0.95.
    pub level: f64,
    /// From statuses the smallest detectable difference, from changes the smallest detectable change;
    /// kurtosis-adjusted interval.
    pub size: Estimate,
    /// Interval if scores were normal.
    pub normal: Interval,
}

/// Limits of agreement of two raters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairLimits {
    /// Minuend.
    pub first: String,
    /// Subtrahend.
    pub second: String,
    /// Constant limits.
    pub limits: BlandAltman,
    /// Limits whose bias and width grow with the size; none where they cannot be fitted.
    pub by_size: Option<HeteroscedasticLimits>,
    /// Limits of single readings, where both repeated theirs; `limits` are then those of each rater's means.
    pub single: Option<ReplicateLimits>,
    /// Lin's concordance.
    pub concordance: Option<Concordance>,
    /// Mean and difference of each subject, for the plot.
    pub points: Vec<(f64, f64)>,
    /// The subject of each point.
    pub subjects: Vec<String>,
}

/// A patient's sum by one reader that is far from what the others make of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutlyingReading {
    /// Subject.
    pub subject: String,
    /// Reader.
    pub reader: String,
    /// The sum or its change.
    pub value: f64,
    /// What the other readers make of it, shifted by this reader's own level.
    pub expected: f64,
    /// How far apart these are, in scaled median absolute deviations of all readings.
    pub deviations: f64,
}

/// Concordance of two readers over all visits at once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct VisitsConcordance {
    /// Feature, or `total`.
    pub feature: String,
    /// One reader.
    pub first: String,
    /// The other.
    pub second: String,
    /// The coefficient.
    pub concordance: RepeatedConcordance,
}

/// Agreement on sums of patients.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatientAgreement {
    /// Of what.
    #[serde(flatten)]
    pub quantity: Quantity,
    /// Feature, or `total`.
    pub feature: String,
    /// By whom.
    #[serde(flatten)]
    pub raters: Raters,
    /// Patients with at least one value.
    pub patients: usize,
    /// Patients with a value of every rater.
    pub complete: usize,
    /// Raters by whom a patient was read: the harmonic mean. The detectable change of so many readers is the one that
    /// [`changes`](crate::change::changes) judges these patients by.
    pub averaged: f64,
    /// Intraclass correlations; none where undefined (see notes), or pooled. Of each, `interval` is kurtosis-adjusted
    /// and `normal` that of normal scores.
    pub icc: Option<IccTable>,
    /// Error of measurement.
    pub error: Option<MeasurementError>,
    /// Smallest detectable difference (status) or change (change).
    pub detectable: Vec<DetectableSize>,
    /// Generalisability by number of readers.
    pub generalisability: Vec<Generalisability>,
    /// Detectable change by size of change; changes only.
    pub by_size: Option<DetectableChangeBySize>,
    /// Each pair of raters.
    pub limits: Vec<PairLimits>,
    /// Readings far from those of the others, farthest first; between readers only.
    pub outlying: Vec<OutlyingReading>,
    /// Patient bootstrap.
    pub bootstrap: Vec<BootstrapInterval>,
}

/// A kappa with its large-sample and its patient-cluster interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KappaResult {
    /// `unweighted`, `linear`, `quadratic` or `custom`.
    pub weights: &'static str,
    /// Large-sample; its interval takes joints as independent and is too narrow where they are not.
    pub kappa: Kappa,
    /// Patients resampled; the one to report.
    pub bootstrap: Option<BootstrapInterval>,
}

impl KappaResult {
    /// The interval to report: over patients, else large-sample; none where neither sees any spread.
    #[must_use]
    pub fn interval(&self) -> Option<Interval> {
        let resampled = self.bootstrap.as_ref().and_then(|b| b.bca.or(b.percentile));
        let large = (self.kappa.standard_error > 0.0).then_some(self.kappa.interval);
        match &self.bootstrap {
            // Patients resampled without a change in kappa: the large-sample interval knows no more.
            Some(b) if b.percentile.is_none() => None,
            Some(_) => resampled,
            None => large,
        }
    }
}

/// Agreement on the sign of joints' change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SignAgreement {
    /// Joints by sign (−, 0, +) of the first rater (rows) and the second.
    pub counts: [[u64; 3]; 3],
    /// Kappas of the sign.
    pub kappas: Vec<KappaResult>,
    /// Specific agreement on a negative change.
    pub negative: Option<BootstrapInterval>,
    /// Specific agreement on no change.
    pub unchanged: Option<BootstrapInterval>,
    /// Specific agreement on a positive change.
    pub positive: Option<BootstrapInterval>,
}

/// Agreement of three raters or more at once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MultiRater {
    /// Of joints that all raters scored; none where they are fewer than two or undefined.
    pub fleiss: Option<FleissKappa>,
    /// On the grades' order; interval by patients.
    pub krippendorff: Option<KrippendorffAlpha>,
    /// The same of grades as names and as numbers.
    pub other_scales: Vec<KrippendorffAlpha>,
    /// Gwet's AC1; interval over joints as independent.
    pub gwet: Option<GwetAgreement>,
}

/// Agreement on joints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JointAgreement {
    /// Of what.
    #[serde(flatten)]
    pub quantity: Quantity,
    /// Feature.
    pub feature: String,
    /// By whom.
    #[serde(flatten)]
    pub raters: Raters,
    /// First of a pair of raters; empty where all raters are judged at once.
    pub first: String,
    /// Second.
    pub second: String,
    /// Joints scored by both (by at least two).
    pub joints: usize,
    /// Patients with such joints.
    pub patients: usize,
    /// Share of joints on which both agree exactly; none for all raters at once.
    pub exact: Option<BootstrapInterval>,
    /// Share of joints on which they are at most 1 apart.
    pub within_one: Option<BootstrapInterval>,
    /// Kappas of grades (of status, or of change in grades).
    pub kappas: Vec<KappaResult>,
    /// Gwet's AC1 (unweighted) and AC2, with the weights of the kappas.
    pub gwet: Vec<BootstrapInterval>,
    /// Sign of change; changes only.
    pub sign: Option<SignAgreement>,
    /// All raters at once; none for pairs of more than two.
    pub all: Option<MultiRater>,
}

/// What is known of readers' agreement.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AgreeReport {
    /// Scheme.
    pub scheme: String,
    /// Confidence level of all intervals.
    pub confidence: f64,
    /// Bootstrap draws.
    pub draws: usize,
    /// Their seed.
    pub seed: u64,
    /// Sums of patients.
    pub patients: Vec<PatientAgreement>,
    /// Joints.
    pub joints: Vec<JointAgreement>,
    /// Concordance of pairs of readers over all visits, of patients' sums.
    pub over_visits: Vec<VisitsConcordance>,
    /// Whether readers read otherwise later than earlier, where the table says when they read.
    pub drift: Vec<ReaderDrift>,
    /// What the design cannot tell, and what else a reader of the numbers must know.
    pub notes: Vec<String>,
}
