use crate::Tidy;
use howship_stats::Interval;
use serde::Serialize;

/// How far the design carries P(repair).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Rates and classes follow from the data.
    Identified,
    /// Readings of one film share its artefacts, which the design cannot tell from repair: P(repair) is too high
    /// where there are any. The range over what is believed of artefacts is given.
    UpperBound,
    /// Too few readings: priors decide between noise and repair.
    PriorBounded,
}

/// What a rate's posterior rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The data moved or narrowed what was believed.
    Data,
    /// The posterior repeats the prior: not learnt from these data.
    Prior,
    /// Fixed beforehand.
    Assumed,
}

impl Basis {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Prior => "prior: not learnt from these data",
            Self::Assumed => "assumed",
        }
    }
}

/// A joint's probabilities over the span.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JointProbability {
    /// Subject.
    pub subject: String,
    /// Site and feature, as in `L.MCP2 erosion`.
    pub item: String,
    /// Into [`crate::ScoreTable::subjects`].
    pub subject_number: u32,
    /// Into [`crate::ScoreTable::items`].
    pub item_number: u32,
    /// Readings with a change over the span or a part of it.
    pub readings: usize,
    /// Readings whose last score lies below their first.
    pub better: usize,
    /// Readings whose last score lies above their first.
    pub worse: usize,
    /// P(the joint is less damaged at the last visit than at the first).
    pub repair: f64,
    /// P(no change).
    pub no_change: f64,
    /// P(more damaged).
    pub progression: f64,
    /// P(repair) with many artefacts and with none, where artefacts are not identified.
    pub repair_range: Option<Interval>,
}

/// A patient's probabilities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatientProbability {
    /// Subject.
    pub subject: String,
    /// Joints with a change.
    pub joints: usize,
    /// P(at least one joint repaired).
    pub repair: f64,
    /// P(at least one joint progressed).
    pub progression: f64,
    /// Expected number of repaired joints.
    pub expected_repaired: f64,
    /// Expected number of progressed joints.
    pub expected_progressed: f64,
}

/// What calling every joint (or patient) above a threshold repaired costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Called {
    /// P(repair) from which on it is called.
    pub threshold: f64,
    /// Called.
    pub called: usize,
    /// Expected share of wrong calls among them (Bayesian false discovery rate).
    pub false_discovery: Option<f64>,
}

/// A number of joints with its interval: of the posterior, widened by 2.5 % of the number for what the model leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct ExpectedCount {
    /// Posterior mean.
    pub mean: f64,
    /// Interval.
    pub interval: Interval,
}

/// A rate of the model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Name.
    pub name: String,
    /// Reader, or number of the population; none for a rate that all share.
    pub of: Option<String>,
    /// Posterior mean.
    pub mean: f64,
    /// Posterior SD.
    pub sd: f64,
    /// Posterior interval.
    pub interval: Interval,
    /// Mean of the prior.
    pub prior_mean: f64,
    /// SD of the prior.
    pub prior_sd: f64,
    /// Whether the data say anything of this rate: where the posterior is as wide as the prior (SD above 0.8 of its)
    /// and less than half its SD from its mean, they do not.
    pub basis: Basis,
    /// Potential scale reduction over chains (Gelman, Rubin 1992); near 1 where the chains agree.
    pub scale_reduction: Option<f64>,
}

/// Repair and progression of every joint, as the latent-change model has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LatentReport {
    /// Name of the first visit.
    pub from: String,
    /// Name of the last visit.
    pub to: String,
    /// Names of the visits used.
    pub visits: Vec<String>,
    /// Feature; none for all.
    pub feature: Option<String>,
    /// How far the design carries P(repair).
    pub standing: Standing,
    /// Why, and what would carry further.
    pub identification: Vec<String>,
    /// Sensitivity that was assumed, where it was.
    pub assumed_sensitivity: Option<f64>,
    /// Joints.
    pub joints: Vec<JointProbability>,
    /// Patients.
    pub patients: Vec<PatientProbability>,
    /// Repaired joints.
    pub repaired: ExpectedCount,
    /// Progressed joints.
    pub progressed: ExpectedCount,
    /// Joints called repaired.
    pub joints_called: Vec<Called>,
    /// Patients called repaired.
    pub patients_called: Vec<Called>,
    /// Rates.
    pub parameters: Vec<Parameter>,
    /// What the reader of these numbers must know.
    pub notes: Vec<String>,
}

impl LatentReport {
    /// A row per joint.
    #[must_use]
    pub fn tidy(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "subject",
            "item",
            "readings",
            "better",
            "worse",
            "p_repair",
            "p_no_change",
            "p_progression",
            "p_repair_lower",
            "p_repair_upper",
        ]);
        for j in &self.joints {
            table.push(vec![
                j.subject.as_str().into(),
                j.item.as_str().into(),
                j.readings.into(),
                j.better.into(),
                j.worse.into(),
                j.repair.into(),
                j.no_change.into(),
                j.progression.into(),
                j.repair_range.map(|r| r.lower).into(),
                j.repair_range.map(|r| r.upper).into(),
            ]);
        }
        table
    }

    /// A row per patient.
    #[must_use]
    pub fn tidy_patients(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "subject",
            "joints",
            "p_repair",
            "p_progression",
            "expected_repaired",
            "expected_progressed",
        ]);
        for p in &self.patients {
            table.push(vec![
                p.subject.as_str().into(),
                p.joints.into(),
                p.repair.into(),
                p.progression.into(),
                p.expected_repaired.into(),
                p.expected_progressed.into(),
            ]);
        }
        table
    }

    /// A row per threshold, of joints and of patients.
    #[must_use]
    pub fn tidy_called(&self) -> Tidy {
        let mut table = Tidy::new(&["unit", "threshold", "called", "false_discovery_rate"]);
        for (unit, list) in [
            ("joint", &self.joints_called),
            ("patient", &self.patients_called),
        ] {
            for c in list {
                table.push(vec![
                    unit.into(),
                    c.threshold.into(),
                    c.called.into(),
                    c.false_discovery.into(),
                ]);
            }
        }
        table
    }

    /// A row per rate.
    #[must_use]
    pub fn tidy_parameters(&self) -> Tidy {
        let mut table = Tidy::new(&[
            "parameter",
            "of",
            "mean",
            "sd",
            "lower",
            "upper",
            "prior_mean",
            "prior_sd",
            "basis",
            "scale_reduction",
        ]);
        for p in &self.parameters {
            table.push(vec![
                p.name.as_str().into(),
                p.of.as_deref().unwrap_or("").into(),
                p.mean.into(),
                p.sd.into(),
                p.interval.lower.into(),
                p.interval.upper.into(),
                p.prior_mean.into(),
                p.prior_sd.into(),
                p.basis.words().into(),
                p.scale_reduction.into(),
            ]);
        }
        table
    }
}
