use super::Section;
use super::when::days_of_date;
use crate::Error;
use toml::Value;

/// Who it is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SubjectRecord {
    /// Name in tables.
    pub id: String,
    /// Date of M0, days since 1970.
    pub baseline_day: Option<f64>,
    /// Years.
    pub age: Option<f64>,
    /// `female` or `male`.
    pub sex: Option<String>,
    /// kg.
    pub weight_kg: Option<f64>,
    /// mL/min.
    pub creatinine_clearance: Option<f64>,
    /// In words.
    pub diagnosis: Option<String>,
    /// Years since the diagnosis.
    pub duration_years: Option<f64>,
    /// Whether rheumatoid factor is positive.
    pub rheumatoid_factor: Option<bool>,
    /// Whether antibodies to citrullinated peptides are positive.
    pub acpa: Option<bool>,
    /// Anything else in words.
    pub note: Option<String>,
}

pub(super) fn subject(section: &Section<'_>) -> Result<SubjectRecord, Error> {
    let baseline = match section.get("baseline") {
        None => None,
        Some(Value::String(text)) => Some(text.clone()),
        Some(Value::Datetime(date)) => Some(date.to_string()),
        Some(other) => {
            return Err(Error::value(
                section.key("baseline"),
                other,
                "it is a date, as in `\"2001-03-15\"`",
            ));
        }
    };
    let text = |name: &str| Ok::<_, Error>(section.text(name)?.map(str::to_owned));
    let age = section.number("age", [0.0, 120.0])?;
    Ok(SubjectRecord {
        id: text("id")?.unwrap_or_else(|| "patient".into()),
        baseline_day: baseline
            .map(|b| days_of_date(&section.key("baseline"), &b))
            .transpose()?,
        age,
        sex: section
            .word("sex", &[("female", "female"), ("male", "male")])?
            .map(str::to_owned),
        weight_kg: weight(section, age)?,
        creatinine_clearance: section.number("creatinine_clearance_ml_min", [0.0, 250.0])?,
        diagnosis: text("diagnosis")?,
        duration_years: section.number("duration_years", [0.0, 100.0])?,
        rheumatoid_factor: section.flag("rheumatoid_factor")?,
        acpa: section.flag("acpa")?,
        note: text("note")?,
    })
}

/// Lightest that a grown patient is taken to be, kg: a body mass index of 10 at 1.58 m (general knowledge; no table was read).
const LIGHTEST_KG: f64 = 25.0;
/// Years from which on.
const GROWN: f64 = 18.0;
/// Lightest newborn, kg; between the two the limit grows evenly: about two thirds of the third percentile and less (from
/// memory).
const NEWBORN_KG: f64 = 2.0;

/// Body weight: of one who is grown, or of whom no age is said, an adult's.
fn weight(section: &Section<'_>, age: Option<f64>) -> Result<Option<f64>, Error> {
    let Some(kg) = section.number("weight_kg", [NEWBORN_KG, 400.0])? else {
        return Ok(None);
    };
    let grown = age.unwrap_or(GROWN).min(GROWN) / GROWN;
    let least = NEWBORN_KG + grown * (LIGHTEST_KG - NEWBORN_KG);
    if kg >= least {
        return Ok(Some(kg));
    }
    let who = match age {
        Some(age) => format!("at the age of {age}"),
        None => "of an adult (a child's `age` is stated)".to_owned(),
    };
    Err(Error::value(
        section.key("weight_kg"),
        kg,
        format!("it is {least:.0} kg or more {who}: look at the decimal point"),
    ))
}
