use super::sites::SiteSpec;
use serde::{Deserialize, Serialize};

/// A study of readers' scores. See the module's description of the model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadersSpec {
    /// Seed of all that is random.
    pub seed: u64,
    /// Written into the column `scheme`.
    pub scheme: String,
    /// Joints' severity at baseline.
    pub baseline: BaselineSpec,
    /// How joints change.
    pub course: CourseSpec,
    /// How films are read.
    pub reading: ReadingSpec,
    /// What a film shows wrongly to everybody.
    pub artefact: ArtefactSpec,
    /// What is not in the table.
    pub missing: MissingSpec,
    /// Occasions in order of time.
    pub visits: Vec<ReadVisitSpec>,
    /// Arms of the trial.
    pub arms: Vec<ArmSpec>,
    /// Readers.
    pub readers: Vec<ReaderSpec>,
    /// What is scored; none for the built-in Sharp/van der Heijde list.
    pub sites: Vec<SiteSpec>,
}

/// An occasion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadVisitSpec {
    /// Name in the table, as in `M12`.
    pub name: String,
    /// Months (30.4375 days) since baseline.
    pub months: f64,
}

/// An arm, with what its treatment does to joints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArmSpec {
    /// Name in the table.
    pub name: String,
    /// How many patients.
    pub subjects: usize,
    /// Mean probability that a damaged joint heals by a step or more over one interval.
    pub healing: f64,
    /// Mean probability that a joint below its maximum progresses by a step or more over one interval.
    pub progressing: f64,
    /// Patients' probabilities (healing, stable, progressing) are Dirichlet with this concentration around the
    /// arm's: the smaller, the more patients differ. None: all patients of the arm are alike.
    pub concentration: Option<f64>,
}

/// Severity at the first visit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BaselineSpec {
    /// Mean probability that a joint is damaged.
    pub damaged: f64,
    /// Patients' probabilities are Beta(damaged·c, (1−damaged)·c): the smaller c, the more patients differ.
    /// None: all patients are alike.
    pub concentration: Option<f64>,
    /// Probability that a damaged joint has another step, and another ...
    pub more: f64,
}

/// Change over time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CourseSpec {
    /// Probability that a change has another step, and another ...
    pub more: f64,
    /// Factor of the healing probability in each interval, 0 to 1; none for 1 in all. Repair that shows late has 0 first.
    pub healing_course: Vec<f64>,
    /// Factor of the progression probability in each interval, 0 to 1; none for 1 in all.
    pub progressing_course: Vec<f64>,
}

/// How films are read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReadingSpec {
    /// Written into the column `campaign`; no such column where empty.
    pub campaign: String,
    /// Times that each reader reads all films.
    pub readings: usize,
    /// Whether readers do not know the order of the films.
    pub sequence_blinded: bool,
    /// Probability that a reader who knows the order takes back a decrease.
    pub suppression: f64,
    /// How many of the readers, drawn for each patient, read the films; none for all.
    pub readers_per_subject: Option<usize>,
    /// SD of a visit's date about its nominal one, days; the first visit is day 0.
    pub days_sd: f64,
}

/// What shifts a joint on one film for everybody who reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ArtefactSpec {
    /// Probability for each joint on each film and feature.
    pub rate: f64,
    /// Size, steps.
    pub steps: u32,
    /// Share of artefacts that make a joint look better.
    pub better: f64,
    /// Probability that a reading of the film shows it.
    pub seen: f64,
    /// Whether first films have them too.
    pub on_baseline: bool,
}

/// What is absent and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MissingSpec {
    /// Probability that a single score is missing, completely at random; its row says `missing`.
    pub score: f64,
    /// Added to it per step of the joint's severity at baseline: missing at random given baseline.
    pub score_per_step: f64,
    /// Probability that a follow-up visit did not take place; it has no rows.
    pub visit: f64,
    /// Added to it per step of the patient's mean severity at baseline.
    pub visit_per_step: f64,
    /// Probability, before each follow-up visit, that a patient never comes again.
    pub dropout: f64,
    /// Probability that a reader passes over a film in a reading; it has no rows.
    pub film: f64,
    /// Probability, over each interval, that a damaged joint is replaced, for good.
    pub replaced: f64,
    /// Probability that a joint cannot be scored on a film, by anybody.
    pub not_scorable: f64,
}

/// A reader. Noises and bias are in steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReaderSpec {
    /// Name in the table.
    pub name: String,
    /// Mean shift of every score against the truth.
    pub bias: f64,
    /// Probability of seeing a true change.
    pub sensitivity: f64,
    /// Probability of taking a true change for one step of the opposite.
    pub opposite: f64,
    /// Probability of one step too many on a follow-up film where nothing changed.
    pub false_worse: f64,
    /// Probability of one step too few on a follow-up film where nothing changed.
    pub false_better: f64,
    /// SD of this reader's own view of a joint, kept over films and readings.
    pub level_noise: f64,
    /// Added to it per step of severity.
    pub level_noise_per_step: f64,
    /// SD of a joint's level between two readings by this reader, kept over the films of a reading.
    pub reading_noise: f64,
    /// SD of each single score.
    pub film_noise: f64,
    /// Added to it per step of severity.
    pub film_noise_per_step: f64,
    /// Probability that this reader reads a patient's films, of those drawn to.
    pub share: f64,
}

impl Default for ReadersSpec {
    /// Two visits, two equal readers, one arm of 100 patients alike; no artefacts, nothing missing.
    fn default() -> Self {
        Self {
            seed: 1,
            scheme: "svdh".into(),
            baseline: BaselineSpec::default(),
            course: CourseSpec::default(),
            reading: ReadingSpec::default(),
            artefact: ArtefactSpec::default(),
            missing: MissingSpec::default(),
            visits: [("M0", 0.0), ("M12", 12.0)].map(ReadVisitSpec::new).into(),
            arms: vec![ArmSpec::default()],
            readers: ["R1", "R2"].map(ReaderSpec::named).into(),
            sites: Vec::new(),
        }
    }
}

impl ReadVisitSpec {
    pub(super) fn new((name, months): (&str, f64)) -> Self {
        Self {
            name: name.into(),
            months,
        }
    }
}

impl ReaderSpec {
    pub(super) fn named(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }
}

impl Default for ArmSpec {
    fn default() -> Self {
        Self {
            name: "all".into(),
            subjects: 100,
            healing: 0.02,
            progressing: 0.02,
            concentration: None,
        }
    }
}

impl Default for BaselineSpec {
    fn default() -> Self {
        Self {
            damaged: 0.3,
            concentration: None,
            more: 0.4,
        }
    }
}

impl Default for CourseSpec {
    fn default() -> Self {
        Self {
            more: 0.1,
            healing_course: Vec::new(),
            progressing_course: Vec::new(),
        }
    }
}

impl Default for ReadingSpec {
    fn default() -> Self {
        Self {
            campaign: String::new(),
            readings: 1,
            sequence_blinded: true,
            suppression: 0.8,
            readers_per_subject: None,
            days_sd: 0.0,
        }
    }
}

impl Default for ArtefactSpec {
    fn default() -> Self {
        Self {
            rate: 0.0,
            steps: 1,
            better: 0.5,
            seen: 1.0,
            on_baseline: true,
        }
    }
}

impl Default for MissingSpec {
    fn default() -> Self {
        Self {
            score: 0.0,
            score_per_step: 0.0,
            visit: 0.0,
            visit_per_step: 0.0,
            dropout: 0.0,
            film: 0.0,
            replaced: 0.0,
            not_scorable: 0.0,
        }
    }
}

impl Default for ReaderSpec {
    fn default() -> Self {
        Self {
            name: String::new(),
            bias: 0.0,
            sensitivity: 0.7,
            opposite: 0.01,
            false_worse: 0.012,
            false_better: 0.012,
            level_noise: 0.0,
            level_noise_per_step: 0.0,
            reading_noise: 0.0,
            film_noise: 0.0,
            film_noise_per_step: 0.0,
            share: 1.0,
        }
    }
}
