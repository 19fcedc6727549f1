use crate::change::{PatientRepair, Progression};
use crate::{Error, NONE, Reason, ScoreTable, Totals};
use howship_stats::DegreesOfFreedom;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whose score stands once a third reader has read. Rules differ between trials (from memory, not confirmed).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FinalScore {
    /// Mean of the two changes that lie closest together; of all where two pairs are equally close.
    #[default]
    TwoClosest,
    /// Mean of all readers with the adjudicator.
    AllReaders,
    /// The adjudicator's alone.
    Adjudicator,
}

/// When and how a third reader settles disagreement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Adjudication {
    /// Name of the reader who adjudicates; all others are primary readers.
    pub adjudicator: String,
    /// Primary readers' changes further apart than this are adjudicated.
    pub threshold: f64,
    /// Whose score stands then.
    pub final_score: FinalScore,
}

/// What [`super::trial`] shall do.
#[derive(Debug, Clone, PartialEq)]
pub struct TrialOptions {
    /// Features to analyse; empty for all and their total.
    pub features: Vec<String>,
    /// Arm that the others are compared with; none for the first of the table.
    pub reference_arm: Option<String>,
    /// Position of the baseline visit; none for the first.
    pub baseline: Option<u32>,
    /// Stratum of each subject by name, a factor in analyses of covariance; subjects that are not named form a
    /// stratum of their own.
    pub strata: BTreeMap<String, String>,
    /// A third reader's part; none where all readers count alike.
    pub adjudication: Option<Adjudication>,
    /// Definitions of progression.
    pub progression: Vec<Progression>,
    /// Definitions of repair.
    pub repair: Vec<PatientRepair>,
    /// Smallest detectable change by feature; computed from readers' differences where not given.
    pub sdc: BTreeMap<String, f64>,
    /// Confidence of intervals.
    pub confidence: f64,
    /// How degrees of freedom of the random-coefficient model are approximated.
    pub degrees_of_freedom: DegreesOfFreedom,
}

impl Default for TrialOptions {
    fn default() -> Self {
        Self {
            features: Vec::new(),
            reference_arm: None,
            baseline: None,
            strata: BTreeMap::new(),
            adjudication: None,
            progression: vec![
                Progression::Above(0.0),
                Progression::Above(0.5),
                Progression::AboveSdc,
                Progression::AtLeast(5.0),
            ],
            repair: vec![PatientRepair::BelowSdc, PatientRepair::AtMost(0.5)],
            sdc: BTreeMap::new(),
            confidence: 0.95,
            degrees_of_freedom: DegreesOfFreedom::KenwardRoger,
        }
    }
}

/// Options checked against the table.
pub(super) struct Setting<'a> {
    pub(super) options: &'a TrialOptions,
    pub(super) features: Vec<String>,
    /// Arms in the order of the table; one nameless arm where the table has none.
    pub(super) arms: Vec<String>,
    /// Position in `arms`; none where there is nothing to compare.
    pub(super) reference: Option<usize>,
    pub(super) baseline: usize,
    /// Positions of the visits after baseline.
    pub(super) visits: Vec<usize>,
    pub(super) visit_names: Vec<String>,
    /// Nominal days from baseline of those visits; NaN where unknown.
    pub(super) nominal_days: Vec<f64>,
    pub(super) adjudicator: Option<u32>,
    /// Stratum of each subject; empty where there are none.
    pub(super) strata: Vec<usize>,
    pub(super) strata_names: Vec<String>,
}

impl<'a> Setting<'a> {
    pub(super) fn of(
        table: &ScoreTable,
        totals: &Totals,
        options: &'a TrialOptions,
    ) -> Result<Self, Error> {
        check_confidence(options.confidence)?;
        let baseline = options.baseline.unwrap_or(0) as usize;
        if baseline + 1 >= table.visits.len() {
            return Err(refused((
                format!(
                    "the table has no visit after baseline, of {} in all",
                    table.visits.len()
                ),
                "a change needs two",
            )));
        }
        let visits: Vec<usize> = (baseline + 1..table.visits.len()).collect();
        let start = table.visits[baseline].days.unwrap_or(0.0);
        let days = |v: &usize| table.visits[*v].days.map_or(f64::NAN, |d| d - start);
        let (strata, strata_names) = strata(table, options);
        Ok(Self {
            features: features(totals, options)?,
            reference: reference(table, options)?,
            arms: if table.arms.is_empty() {
                vec!["all".to_owned()]
            } else {
                table.arms.iter().map(str::to_owned).collect()
            },
            baseline,
            visit_names: visits
                .iter()
                .map(|&v| table.visits[v].name.clone())
                .collect(),
            nominal_days: visits.iter().map(days).collect(),
            visits,
            adjudicator: adjudicator(table, options)?,
            strata,
            strata_names,
            options,
        })
    }

    /// Position of a patient's arm; none where the table has arms and does not say which.
    pub(super) fn arm(&self, arm: u32, table: &ScoreTable) -> Option<usize> {
        match (table.arms.is_empty(), arm) {
            (true, _) => Some(0),
            (false, NONE) => None,
            (false, arm) => Some(arm as usize),
        }
    }

    pub(super) fn reference_name(&self) -> Option<&str> {
        self.arms.get(self.reference?).map(String::as_str)
    }

    pub(super) fn sdc(&self, feature: &str) -> Option<f64> {
        self.options.sdc.get(feature).copied()
    }
}

pub(super) fn refused(reason: impl Into<Reason>) -> Error {
    Error::NotIdentified {
        question: "a trial's arms",
        reason: reason.into(),
    }
}

pub(super) fn check_confidence(confidence: f64) -> Result<(), Error> {
    if confidence > 0.0 && confidence < 1.0 {
        return Ok(());
    }
    Err(Error::Statistic(howship_stats::Error::Domain {
        name: "confidence",
        value: confidence,
        allowed: "0 < confidence < 1",
    }))
}

fn features(totals: &Totals, options: &TrialOptions) -> Result<Vec<String>, Error> {
    if options.features.is_empty() {
        return Ok(totals.features.clone());
    }
    let unknown = options
        .features
        .iter()
        .find(|f| totals.position(f).is_none());
    match unknown {
        Some(feature) => Err(refused((
            format!("there is no sum of `{feature}`"),
            format!("there are: {}", totals.features.join(", ")),
        ))),
        None => Ok(options.features.clone()),
    }
}

fn reference(table: &ScoreTable, options: &TrialOptions) -> Result<Option<usize>, Error> {
    match &options.reference_arm {
        Some(name) => match table.arms.id(name) {
            Some(id) => Ok(Some(id as usize)),
            None if table.arms.is_empty() => Err(refused((
                format!("there is no arm `{name}`: no subject of the table is in any arm"),
                "add a column `arm`, or give a table of arms that names the subjects as the scores do (`--subjects`)",
            ))),
            None => {
                let arms: Vec<&str> = table.arms.iter().collect();
                Err(refused((
                    format!("there is no arm `{name}`"),
                    format!("there are: {}", arms.join(", ")),
                )))
            }
        },
        None => Ok((table.arms.len() > 1).then_some(0)),
    }
}

fn adjudicator(table: &ScoreTable, options: &TrialOptions) -> Result<Option<u32>, Error> {
    let Some(rule) = &options.adjudication else {
        return Ok(None);
    };
    if !(rule.threshold >= 0.0) {
        return Err(refused((
            format!("the threshold of adjudication is {}", rule.threshold),
            "it must be 0 or more",
        )));
    }
    let found = table.readers.id(&rule.adjudicator);
    if found.is_none() {
        let readers: Vec<&str> = table.readers.iter().collect();
        return Err(refused((
            format!("there is no reader `{}` to adjudicate", rule.adjudicator),
            format!("there are: {}", readers.join(", ")),
        )));
    }
    Ok(found)
}

fn strata(table: &ScoreTable, options: &TrialOptions) -> (Vec<usize>, Vec<String>) {
    if options.strata.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let of = |subject: &str| options.strata.get(subject).cloned().unwrap_or_default();
    let mut names: Vec<String> = table.subjects.iter().map(of).collect();
    names.sort_unstable();
    names.dedup();
    let number = |subject: &str| names.binary_search(&of(subject)).unwrap_or(0);
    let strata = table.subjects.iter().map(number).collect();
    (strata, names)
}
