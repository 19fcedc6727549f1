use super::units::{WrittenDose, dose, span};
use super::when::when;
use super::{Section, SubjectRecord, When};
use crate::Error;
use crate::drug::{Course, DRUGS, DrugInfo, Route, find, nearest_drug, set_named};
use toml::Value;

/// One course of one drug.
#[derive(Debug, Clone, PartialEq)]
pub struct TherapyRecord {
    /// The drug.
    pub info: &'static DrugInfo,
    /// Its doses.
    pub course: Course,
    /// The dose as written.
    pub written: String,
    /// Anything else in words.
    pub note: Option<String>,
}

pub(super) fn therapy(
    section: &Section<'_>,
    subject: &SubjectRecord,
) -> Result<TherapyRecord, Error> {
    let info = drug(section)?;
    let written = needed_text(section, "dose")?;
    let key = section.key("dose");
    let amount = match dose(&key, &written)? {
        WrittenDose::Milligrams(mg) => mg,
        WrittenDose::MilligramsPerKilogram(per_kg) => {
            let weight = subject.weight_kg.ok_or_else(|| Error::Missing {
                key: "subject.weight_kg".into(),
                hint: format!("`{key}` is per kg"),
            })?;
            per_kg * weight
        }
    };
    plausible(info, &key, &written, amount)?;
    let interval = span(&section.key("interval"), &needed_text(section, "interval")?)?;
    if !(info.shortest_interval..=info.longest_interval).contains(&interval) {
        let expected = format!(
            "{} is given every {} to {} days: check the interval and its unit",
            info.name, info.shortest_interval, info.longest_interval
        );
        return Err(Error::value(
            section.key("interval"),
            format!("{interval} d"),
            expected,
        ));
    }
    let occasion =
        |name: &str, value: &Value| when(&section.key(name), value, subject.baseline_day);
    let start = occasion("start", section.needed("start")?)?;
    let stop = section
        .get("stop")
        .map(|v| occasion("stop", v))
        .transpose()?;
    if let Some(stop) = stop
        && stop <= start
    {
        return Err(Error::value(
            section.key("stop"),
            stop.name(),
            format!("a stop has to come after the start, {}", start.name()),
        ));
    }
    let set = section
        .text("parameters")?
        .map(|name| set_named(&section.key("parameters"), info.name, name))
        .transpose()?
        .map(|s| s.name);
    Ok(TherapyRecord {
        info,
        course: Course {
            drug: info.name,
            dose: amount,
            route: route(section, info)?,
            interval,
            start: start.days,
            stop: stop.map(|s| s.days),
            loading: loading(section)?,
            missed: section.number("missed", [0.0, 1.0])?.unwrap_or(0.0),
            pauses: pauses(section, subject)?,
            set,
        },
        written,
        note: section.text("note")?.map(str::to_owned),
    })
}

/// A dose that nobody gives: a wrong number or unit.
fn plausible(info: &DrugInfo, key: &str, written: &str, amount: f64) -> Result<(), Error> {
    let [least, most] = info.doses;
    if (least..=most).contains(&amount) {
        return Ok(());
    }
    let size = if amount > most {
        "too much"
    } else {
        "too little"
    };
    let expected = format!(
        "{amount} mg of {} at once is {size} to be right (plausible: {least} to {most} mg): check the number and its unit",
        info.name
    );
    Err(Error::value(key, format!("`{written}`"), expected))
}

/// The stated route where the drug is given by it, else its usual one.
fn route(section: &Section<'_>, info: &DrugInfo) -> Result<Route, Error> {
    const ALL: [Route; 4] = [
        Route::Subcutaneous,
        Route::Intravenous,
        Route::Intramuscular,
        Route::Oral,
    ];
    let words = ALL.map(|r| (r.short(), r));
    let Some(stated) = section.word("route", &words)? else {
        return Ok(info.routes.first().copied().unwrap_or(Route::Oral));
    };
    if info.routes.contains(&stated) {
        return Ok(stated);
    }
    let given: Vec<&str> = info.routes.iter().map(|r| r.short()).collect();
    Err(Error::value(
        section.key("route"),
        format!("`{}`", stated.short()),
        format!("{} is given {}", info.name, given.join(" or ")),
    ))
}

fn needed_text(section: &Section<'_>, name: &str) -> Result<String, Error> {
    section.needed(name)?;
    Ok(section.text(name)?.unwrap_or_default().to_owned())
}

fn drug(section: &Section<'_>) -> Result<&'static DrugInfo, Error> {
    let name = needed_text(section, "drug")?;
    find(&name).ok_or_else(|| {
        let expected = match nearest_drug(&name) {
            Some(near) => format!("unknown drug: did you mean `{near}`?"),
            None => {
                let names: Vec<&str> = DRUGS.iter().map(|d| d.name).collect();
                format!("unknown drug: there are {}", names.join(", "))
            }
        };
        Error::value(section.key("drug"), format!("`{name}`"), expected)
    })
}

fn loading(section: &Section<'_>) -> Result<Vec<f64>, Error> {
    let key = section.key("loading");
    let Some(value) = section.get("loading") else {
        return Ok(Vec::new());
    };
    let list = value
        .as_array()
        .ok_or_else(|| Error::value(&key, value, "it is a list, as in `[\"2 wk\", \"6 wk\"]`"))?;
    let mut days = Vec::new();
    for item in list {
        let text = item
            .as_str()
            .ok_or_else(|| Error::value(&key, item, "each is text, as in `\"2 wk\"`"))?;
        let day = span(&key, text)?;
        if days.last().is_some_and(|last| day <= *last) {
            return Err(Error::value(&key, value, "the times rise"));
        }
        days.push(day);
    }
    Ok(days)
}

fn pauses(section: &Section<'_>, subject: &SubjectRecord) -> Result<Vec<[f64; 2]>, Error> {
    let key = section.key("pauses");
    let Some(value) = section.get("pauses") else {
        return Ok(Vec::new());
    };
    let bad = || {
        Error::value(
            &key,
            value,
            "it is a list of pairs, as in `[[\"M6\", \"M7\"]]`, each with its end after its start",
        )
    };
    let mut spans = Vec::new();
    for pair in value.as_array().ok_or_else(bad)? {
        let pair = pair.as_array().filter(|p| p.len() == 2).ok_or_else(bad)?;
        let [from, to]: [When; 2] = [
            when(&key, &pair[0], subject.baseline_day)?,
            when(&key, &pair[1], subject.baseline_day)?,
        ];
        if to <= from {
            return Err(bad());
        }
        spans.push([from.days, to.days]);
    }
    Ok(spans)
}

/// Courses of one drug that overlap.
pub(super) fn check_overlaps(therapies: &[TherapyRecord]) -> Result<(), Error> {
    for (i, a) in therapies.iter().enumerate() {
        for (j, b) in therapies.iter().enumerate().skip(i + 1) {
            let end = |t: &TherapyRecord| t.course.stop.unwrap_or(f64::INFINITY);
            let together = a.course.start < end(b) && b.course.start < end(a);
            if a.info.name == b.info.name && together {
                return Err(Error::Contradiction {
                    first: format!("therapy[{i}]"),
                    second: format!("therapy[{j}]"),
                    reason: format!("both are courses of {} and overlap", a.info.name),
                    hint: "give the first one a `stop`, or join the two".into(),
                });
            }
        }
    }
    Ok(())
}
