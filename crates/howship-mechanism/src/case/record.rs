use super::activity::activity;
use super::imaging::{DEEPEST_MM, imaging, no_change_twice, observation};
use super::site::{LesionSite, site};
use super::subject::subject;
use super::therapy::{check_overlaps, therapy};
use super::{ActivityRecord, ImagingRecord, Observation, Section, SubjectRecord, TherapyRecord};
use crate::Error;
use crate::chain::Parameters;
use crate::drug::nearest;
use toml::{Table, Value};

/// A lesion at baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct LesionRecord {
    /// Where.
    pub site: LesionSite,
    /// mm.
    pub depth_mm: Option<f64>,
    /// mm.
    pub width_mm: Option<f64>,
    /// Whether films show it in profile; none: by chance.
    pub in_profile: Option<bool>,
    /// Its id in a result of `compare`.
    pub observed_id: Option<u32>,
}

/// How a record is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RunOptions {
    /// Months (24).
    pub months: f64,
    /// Virtual patients behind the bands (2000).
    pub patients: u64,
    /// Lesions per patient where none is stated (5).
    pub lesions: usize,
    /// Seed (1).
    pub seed: u64,
    /// Share of lesions in profile (0.2, range 0.05-0.6; assumption).
    pub profile_share: f64,
    /// Whether constants are drawn from their ranges (no; a forecast does).
    pub vary_constants: bool,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            months: 24.0,
            patients: 2000,
            lesions: 5,
            seed: 1,
            profile_share: 0.2,
            vary_constants: false,
        }
    }
}

/// A patient's record.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Who.
    pub subject: SubjectRecord,
    /// Drugs.
    pub therapy: Vec<TherapyRecord>,
    /// Activity, in order of time.
    pub activity: Vec<ActivityRecord>,
    /// Lesions.
    pub lesions: Vec<LesionRecord>,
    /// Images, in order of time.
    pub imaging: Vec<ImagingRecord>,
    /// Measured changes.
    pub observations: Vec<Observation>,
    /// Constants, the record's own where it states any.
    pub parameters: Parameters,
    /// Names of the constants that the record states.
    pub stated: Vec<String>,
    /// How it is run.
    pub run: RunOptions,
    /// What is odd about it.
    pub warnings: Vec<String>,
}

const TABLES: [&str; 8] = [
    "subject",
    "therapy",
    "activity",
    "lesion",
    "imaging",
    "observation",
    "model",
    "run",
];

/// The repeated tables of a kind, with their paths.
fn repeated<'a>(root: &'a Table, kind: &str) -> Result<Vec<Section<'a>>, Error> {
    let Some(value) = root.get(kind) else {
        return Ok(Vec::new());
    };
    let Value::Array(list) = value else {
        return Err(Error::value(
            kind,
            "a single table",
            format!("it may be there several times: write `[[{kind}]]`"),
        ));
    };
    let sections = list.iter().enumerate();
    sections
        .map(|(i, value)| Section::of_record(kind, format!("{kind}[{i}]"), value))
        .collect()
}

impl Case {
    /// Reads a record.
    ///
    /// # Errors
    /// The first key that cannot be used, by name.
    pub fn read(text: &str) -> Result<Self, Error> {
        let root: Table = text.parse().map_err(|e: toml::de::Error| Error::Toml {
            reason: e.to_string().trim().replace('\n', " "),
        })?;
        // A file that is empty says nothing of a patient: what would come out is the model's own.
        if root.is_empty() {
            return Err(Error::Missing {
                key: "therapy".to_owned(),
                hint:
                    "the record is empty; `howship simulate --print-case` prints one to start from"
                        .to_owned(),
            });
        }
        Self::of_table(&root)
    }

    /// Reads a record that is a table already.
    pub(crate) fn of_table(root: &Table) -> Result<Self, Error> {
        if let Some(key) = root.keys().find(|k| !TABLES.contains(&k.as_str())) {
            let hint = match nearest(key, TABLES) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("a record has {}", TABLES.join(", ")),
            };
            return Err(Error::UnknownKey {
                key: key.clone(),
                hint,
            });
        }
        let empty = Value::Table(Table::new());
        let single = |kind: &str| {
            Section::of_record(kind, kind.to_owned(), root.get(kind).unwrap_or(&empty))
        };
        let subject = subject(&single("subject")?)?;
        let therapies = repeated(root, "therapy")?;
        let therapies: Vec<TherapyRecord> = therapies
            .iter()
            .map(|s| therapy(s, &subject))
            .collect::<Result<_, _>>()?;
        check_overlaps(&therapies)?;
        let activities = repeated(root, "activity")?;
        let mut activities: Vec<ActivityRecord> = activities
            .iter()
            .map(|s| activity(s, &subject))
            .collect::<Result<_, _>>()?;
        activities.sort_by(|a, b| a.visit.days.total_cmp(&b.visit.days));
        let lesions = repeated(root, "lesion")?;
        let lesions: Vec<LesionRecord> = lesions.iter().map(lesion).collect::<Result<_, _>>()?;
        let images = repeated(root, "imaging")?;
        let mut images: Vec<ImagingRecord> = images
            .iter()
            .map(|s| imaging(s, &subject))
            .collect::<Result<_, _>>()?;
        images.sort_by(|a, b| a.visit.days.total_cmp(&b.visit.days));
        let observations = repeated(root, "observation")?;
        let observations: Vec<Observation> = observations
            .iter()
            .map(|s| observation(s, &subject, lesions.len()))
            .collect::<Result<_, _>>()?;
        no_change_twice(&observations, observations.len())?;
        let (parameters, stated) = model(root)?;
        let run = run(&single("run")?)?;
        let mut warnings: Vec<String> =
            activities.iter().flat_map(|a| a.warnings.clone()).collect();
        warnings.extend(together(&therapies));
        warnings.extend(at_one_site(&lesions)?);
        Ok(Self {
            subject,
            therapy: therapies,
            activity: activities,
            lesions,
            imaging: images,
            observations,
            parameters,
            stated,
            run,
            warnings,
        })
    }
}

fn lesion(section: &Section<'_>) -> Result<LesionRecord, Error> {
    Ok(LesionRecord {
        site: site(section)?,
        depth_mm: section.number("depth_mm", [0.1, DEEPEST_MM])?,
        width_mm: section.number("width_mm", [0.1, 20.0])?,
        in_profile: section.flag("in_profile")?,
        observed_id: section
            .count("observed_id", [0, u64::from(u32::MAX)])?
            .map(|n| n as u32),
    })
}

fn model(root: &Table) -> Result<(Parameters, Vec<String>), Error> {
    let mut parameters = Parameters::default();
    let mut stated = Vec::new();
    let Some(value) = root.get("model") else {
        return Ok((parameters, stated));
    };
    let Value::Table(table) = value else {
        return Err(Error::value(
            "model",
            value,
            "it is a table: write `[model]`",
        ));
    };
    let known: Vec<&str> = Parameters::constants().map(|(name, _, _)| name).collect();
    let section = Section::new("model".into(), table, &known)?;
    for name in table.keys() {
        if let Some(value) = section.number(name, [f64::NEG_INFINITY, f64::INFINITY])? {
            parameters.set(name, value)?;
            stated.push(name.clone());
        }
    }
    if parameters.inflammation.residual > parameters.inflammation.before {
        return Err(Error::Contradiction {
            first: "model.driver_residual".into(),
            second: "model.driver_before".into(),
            reason: "therapy would leave more inflammation than there was".into(),
            hint: "make the residual the smaller one".into(),
        });
    }
    Ok((parameters, stated))
}

fn run(section: &Section<'_>) -> Result<RunOptions, Error> {
    let d = RunOptions::default();
    Ok(RunOptions {
        months: section.number("months", [1.0, 120.0])?.unwrap_or(d.months),
        patients: section
            .count("patients", [1, 10_000_000])?
            .unwrap_or(d.patients),
        lesions: section
            .count("lesions", [1, 50])?
            .map_or(d.lesions, |n| n as usize),
        seed: section
            .count("seed", [0, i64::MAX as u64])?
            .unwrap_or(d.seed),
        profile_share: section
            .number("profile_share", [0.0, 1.0])?
            .unwrap_or(d.profile_share),
        vary_constants: section.flag("vary_constants")?.unwrap_or(d.vary_constants),
    })
}

/// Targeted drugs given together.
fn together(therapies: &[TherapyRecord]) -> Vec<String> {
    let mut found = Vec::new();
    for (i, a) in therapies.iter().enumerate() {
        for (j, b) in therapies.iter().enumerate().skip(i + 1) {
            let end = |t: &TherapyRecord| t.course.stop.unwrap_or(f64::INFINITY);
            let together = a.course.start < end(b) && b.course.start < end(a);
            if a.info.targeted && b.info.targeted && together {
                found.push(format!(
                    "therapy[{i}] and therapy[{j}]: {} and {} at once; labels warn against it",
                    a.info.name, b.info.name
                ));
            }
        }
    }
    found
}

/// Lesions of one place, which may be one lesion twice.
///
/// # Errors
/// Two lesions that are the same one of a result.
fn at_one_site(lesions: &[LesionRecord]) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    for (j, b) in lesions.iter().enumerate() {
        for (i, a) in lesions[..j].iter().enumerate() {
            if a.observed_id.is_some() && a.observed_id == b.observed_id {
                return Err(Error::Contradiction {
                    first: format!("lesion[{i}].observed_id"),
                    second: format!("lesion[{j}].observed_id"),
                    reason: "both are one lesion of the result".into(),
                    hint: "leave one of the two out, or correct its `observed_id`".into(),
                });
            }
            if a.site == b.site && a.observed_id.is_none() && b.observed_id.is_none() {
                found.push(format!(
                    "lesion[{i}] and lesion[{j}] are both at `{}` and taken as two: where they are one, leave one out",
                    a.site.name
                ));
            }
        }
    }
    Ok(found)
}
