//! What a specification may say.

use super::course::MAX_READERS;
use super::sites::{SiteSpec, svdh_sites};
use super::spec::{ArmSpec, ReaderSpec, ReadersSpec};
use crate::Error;
use crate::error::Check;

/// More would not fit in memory.
const MAX_ROWS: usize = 200_000_000;

/// 0.9 and 0.1 add up to 1, whatever floating point makes of it.
const SLACK: f64 = 1e-12;

impl SiteSpec {
    /// Grades above 0.
    pub(super) fn max_steps(&self) -> u16 {
        (self.max / self.step).round() as u16
    }
}

impl ReadersSpec {
    /// Checked, with the built-in sites written out.
    pub(super) fn completed(&self) -> Result<Self, Error> {
        let mut spec = self.clone();
        if spec.sites.is_empty() {
            if spec.scheme != "svdh" {
                let what =
                    "without `sites` it must be `svdh`, whose sites are built in; give `sites`";
                return Err(text("scheme", &spec.scheme, what));
            }
            spec.sites = svdh_sites();
        }
        spec.validate()?;
        Ok(spec)
    }

    /// Checks every number and name.
    ///
    /// # Errors
    /// The first field that cannot be, with what is allowed.
    pub fn validate(&self) -> Result<(), Error> {
        self.check_visits()?;
        self.check_arms()?;
        self.check_readers()?;
        for (i, site) in self.sites.iter().enumerate() {
            check_site(i, site)?;
            let twin = self.sites[..i].iter().position(|s| {
                (&s.side, &s.region, &s.site, &s.feature)
                    == (&site.side, &site.region, &site.site, &site.feature)
            });
            if twin.is_some() {
                let what = "this side, region, site and feature come twice; remove one";
                return Err(text(format!("sites[{i}].site"), &site.site, what));
            }
        }
        self.check_numbers()?;
        self.check_size()
    }

    fn check_visits(&self) -> Result<(), Error> {
        if self.visits.is_empty() {
            return Err(Error::NoVisits);
        }
        for (i, visit) in self.visits.iter().enumerate() {
            name(format!("visits[{i}].name"), &visit.name)?;
            if self.visits[..i].iter().any(|v| v.name == visit.name) {
                return Err(Error::VisitName {
                    visit: i,
                    name: visit.name.clone(),
                });
            }
            let after = i.checked_sub(1).map_or(0.0, |b| self.visits[b].months);
            let fits = visit.months <= 1200.0
                && if i == 0 {
                    visit.months == 0.0
                } else {
                    visit.months > after
                };
            if !fits {
                return Err(Error::Value {
                    field: format!("visits[{i}].months"),
                    value: visit.months,
                    expected: "the first is 0, each other later than the one before, up to 1200",
                });
            }
        }
        let intervals = self.visits.len() - 1;
        for (field, course) in [
            ("course.healing_course", &self.course.healing_course),
            ("course.progressing_course", &self.course.progressing_course),
        ] {
            if !course.is_empty() && course.len() != intervals {
                let found = course.len();
                let what = format!("{found} factors");
                return Err(text(
                    field,
                    &what,
                    "give one per interval between visits, or none",
                ));
            }
            for (i, &factor) in course.iter().enumerate() {
                Check::share(format!("{field}[{i}]"), factor)?;
            }
        }
        Ok(())
    }

    fn check_arms(&self) -> Result<(), Error> {
        if self.arms.iter().all(|a| a.subjects == 0) {
            return Err(text("arms", "no patients", "give an arm with `subjects`"));
        }
        for (i, arm) in self.arms.iter().enumerate() {
            let ArmSpec {
                healing,
                progressing,
                ..
            } = arm;
            name(format!("arms[{i}].name"), &arm.name)?;
            if self.arms[..i].iter().any(|a| a.name == arm.name) {
                return Err(text(
                    format!("arms[{i}].name"),
                    &arm.name,
                    "it is used twice",
                ));
            }
            Check::share(format!("arms[{i}].healing"), *healing)?;
            Check::share(format!("arms[{i}].progressing"), *progressing)?;
            if let Some(concentration) = arm.concentration {
                Check::positive(format!("arms[{i}].concentration"), concentration)?;
            }
            let sum = "healing and progressing together are at most 1";
            Check::within(
                format!("arms[{i}].progressing"),
                *progressing,
                0.0..=1.0 - healing + SLACK,
                sum,
            )?;
        }
        Ok(())
    }

    fn check_readers(&self) -> Result<(), Error> {
        let count = self.readers.len();
        if count == 0 || count > MAX_READERS {
            return Err(text("readers", &count.to_string(), "1 to 1000 readers"));
        }
        for (i, reader) in self.readers.iter().enumerate() {
            check_reader(&format!("readers[{i}]"), reader)?;
            if self.readers[..i].iter().any(|r| r.name == reader.name) {
                return Err(text(
                    format!("readers[{i}].name"),
                    &reader.name,
                    "it is used twice",
                ));
            }
        }
        if let Some(wanted) = self.reading.readers_per_subject
            && !(1..=count).contains(&wanted)
        {
            let what = "between 1 and the number of readers";
            return Err(text(
                "reading.readers_per_subject",
                &wanted.to_string(),
                what,
            ));
        }
        if !(1..=100).contains(&self.reading.readings) {
            let readings = self.reading.readings.to_string();
            return Err(text("reading.readings", &readings, "between 1 and 100"));
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Error> {
        let (a, m) = (&self.artefact, &self.missing);
        for (field, value) in [
            ("baseline.damaged", self.baseline.damaged),
            ("baseline.more", self.baseline.more),
            ("course.more", self.course.more),
            ("reading.suppression", self.reading.suppression),
            ("artefact.rate", a.rate),
            ("artefact.better", a.better),
            ("artefact.seen", a.seen),
            ("missing.score", m.score),
            ("missing.score_per_step", m.score_per_step),
            ("missing.visit", m.visit),
            ("missing.visit_per_step", m.visit_per_step),
            ("missing.dropout", m.dropout),
            ("missing.film", m.film),
            ("missing.replaced", m.replaced),
            ("missing.not_scorable", m.not_scorable),
        ] {
            Check::share(field, value)?;
        }
        let days = "days, from 0 to 365";
        Check::within("reading.days_sd", self.reading.days_sd, 0.0..=365.0, days)?;
        Check::within(
            "artefact.steps",
            f64::from(a.steps),
            1.0..=1000.0,
            "steps, from 1 to 1000",
        )?;
        if let Some(concentration) = self.baseline.concentration {
            Check::positive("baseline.concentration", concentration)?;
        }
        if !self.reading.campaign.is_empty() {
            name("reading.campaign", &self.reading.campaign)?;
        }
        name("scheme", &self.scheme)
    }

    fn check_size(&self) -> Result<(), Error> {
        let subjects: usize = self
            .arms
            .iter()
            .fold(0, |n, a| n.saturating_add(a.subjects));
        let films = self.visits.len() * self.readers.len() * self.reading.readings;
        let rows = subjects
            .saturating_mul(films)
            .saturating_mul(self.sites.len().max(1));
        if rows > MAX_ROWS {
            let what =
                "at most 200 million rows; ask for fewer patients, visits, readers or readings";
            return Err(text("arms", &format!("{rows} rows"), what));
        }
        Ok(())
    }
}

fn check_reader(field: &str, reader: &ReaderSpec) -> Result<(), Error> {
    name(format!("{field}.name"), &reader.name)?;
    for (part, value) in [
        ("sensitivity", reader.sensitivity),
        ("opposite", reader.opposite),
        ("false_worse", reader.false_worse),
        ("false_better", reader.false_better),
        ("share", reader.share),
    ] {
        Check::share(format!("{field}.{part}"), value)?;
    }
    let sum = "with sensitivity at most 1";
    let rest = 0.0..=1.0 - reader.sensitivity + SLACK;
    Check::within(format!("{field}.opposite"), reader.opposite, rest, sum)?;
    let sum = "with false_worse at most 1";
    let rest = 0.0..=1.0 - reader.false_worse + SLACK;
    Check::within(
        format!("{field}.false_better"),
        reader.false_better,
        rest,
        sum,
    )?;
    let steps = "steps, from 0 to 100";
    for (part, value) in [
        ("level_noise", reader.level_noise),
        ("level_noise_per_step", reader.level_noise_per_step),
        ("reading_noise", reader.reading_noise),
        ("film_noise", reader.film_noise),
        ("film_noise_per_step", reader.film_noise_per_step),
    ] {
        Check::within(format!("{field}.{part}"), value, 0.0..=100.0, steps)?;
    }
    let bias = "steps, from -100 to 100";
    Check::within(format!("{field}.bias"), reader.bias, -100.0..=100.0, bias)
}

fn check_site(i: usize, site: &SiteSpec) -> Result<(), Error> {
    let field = |part: &str| format!("sites[{i}].{part}");
    if !["", "L", "R"].contains(&site.side.as_str()) {
        return Err(text(field("side"), &site.side, "`L`, `R` or empty"));
    }
    name(field("site"), &site.site)?;
    name(field("feature"), &site.feature)?;
    if !site.region.is_empty() {
        name(field("region"), &site.region)?;
    }
    Check::positive(field("step"), site.step)?;
    Check::positive(field("max"), site.max)?;
    let steps = site.max / site.step;
    let whole = (steps - steps.round()).abs() < 1e-9 && (1.0..=10_000.0).contains(&steps);
    if whole {
        return Ok(());
    }
    Err(Error::Value {
        field: field("max"),
        value: site.max,
        expected: "it must be a whole number of steps, 1 to 10000",
    })
}

/// Names go into a table as they are.
fn name(field: impl Into<String>, name: &str) -> Result<(), Error> {
    let fits = |c: char| !c.is_control() && !",;\"'".contains(c);
    if !name.trim().is_empty() && name.trim() == name && name.chars().all(fits) {
        return Ok(());
    }
    let what = "a name without commas, semicolons, quotes and blanks at its ends, and not empty";
    Err(text(field, name, what))
}

fn text(field: impl Into<String>, value: &str, expected: &'static str) -> Error {
    Error::Text {
        field: field.into(),
        value: value.to_owned(),
        expected,
    }
}
