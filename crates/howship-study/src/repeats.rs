//! A group's own rescans: what the numbers of lesions differ by that did not change.

use crate::beside_table::BesideTable;
use crate::identity;
use crate::measure::analyse;
use crate::order::several_visits;
use crate::outputs::json;
use crate::series::load_unordered;
use crate::{Error, Observer, OutputFolder, StudyOptions};
use howship_bone::{Bounded, Precision, Repeat};
use howship_change::{Quantity, Visit};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Repeats of one joint's lesions, and the precision error that follows.
#[derive(Debug, Clone)]
pub struct RepeatOutcome {
    /// One row for each lesion, number and scan.
    pub repeats: Vec<Repeat>,
    /// By quantity.
    pub precision: Precision,
    /// Lesions measured in at least two scans.
    pub lesions: usize,
    /// Scans.
    pub scans: usize,
    /// What was odd.
    pub warnings: Vec<String>,
}

/// Measures rescans of one unchanged joint, in the frame of the first, as visits are compared.
///
/// # Errors
/// As for a series; no lesion that two scans show.
pub fn measure_repeats(
    images: &[PathBuf],
    study: &StudyOptions,
    observer: &dyn Observer,
) -> Result<RepeatOutcome, Error> {
    let mut series = load_unordered(images, &[], &study.scan, observer)?;
    if let Some(reason) = identity::no_rescans(&series.sources, &series.contents) {
        return Err(Error::NoRescans { reason });
    }
    let dates: Vec<Option<&str>> = series
        .sources
        .iter()
        .map(|s| s.identity.date.as_deref())
        .collect();
    let several = several_visits(images, &dates);
    series.warnings.extend(several);
    // Rescans have no course: neither dates nor file names order them.
    series.visits = Visit::unnamed(images.len());
    let file = analyse(&series, study, observer)?.file;
    let subject = study.subject.as_deref().unwrap_or("joint");
    let mut repeats = Vec::new();
    let mut lesions = 0;
    for lesion in &file.lesions {
        let before = repeats.len();
        for visit in &lesion.visits {
            for (&quantity, m) in &visit.measurements {
                repeats.push(Repeat {
                    thing: format!("{subject}, {}, lesion {}", lesion.bone, lesion.id),
                    quantity,
                    value: m.value,
                });
            }
        }
        let measured = lesion.visits.iter().filter(|v| !v.measurements.is_empty());
        lesions += usize::from(repeats.len() > before && measured.count() > 1);
    }
    let precision = Precision::from_repeats(&repeats).map_err(|source| Error::Bone {
        path: None,
        unit: None,
        source,
    })?;
    if let Some((quantity, _)) = copied(&precision, &repeats).next() {
        return Err(Error::NoRescans {
            reason: format!(
                "the values of `{}` do not differ from scan to scan: these are copies of one scan, rounded, cropped or \
                 scaled",
                quantity.key()
            ),
        });
    }
    Ok(RepeatOutcome {
        repeats,
        precision,
        lesions,
        scans: images.len(),
        warnings: file.warnings,
    })
}

/// Name of the table that `--precision` takes.
pub const REPEATS_CSV: &str = "repeats.csv";
/// Name and version of `precision.json`.
const SCHEMA: &str = "howship-precision/1";

/// What `precision.json` holds.
#[derive(Debug, Serialize)]
pub struct PrecisionFile {
    schema: &'static str,
    method: &'static str,
    scans: usize,
    lesions: usize,
    quantities: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    quantity: &'static str,
    unit: &'static str,
    things: usize,
    degrees_of_freedom: f64,
    rms_sd: Interval,
    #[serde(skip_serializing_if = "Option::is_none")]
    rms_cv_percent: Option<Interval>,
    lsc: Interval,
}

#[derive(Debug, Serialize)]
struct Interval {
    value: f64,
    low: f64,
    high: f64,
}

impl From<Bounded> for Interval {
    fn from(b: Bounded) -> Self {
        Self {
            value: b.value,
            low: b.low,
            high: b.high,
        }
    }
}

/// Writes the repeats as a table that `--precision` takes, and the precision errors as JSON.
///
/// # Errors
/// A file that cannot be written.
pub fn write_repeats(folder: &OutputFolder, outcome: &RepeatOutcome) -> Result<(), Error> {
    let mut table = String::from("thing,quantity,value\n");
    for r in &outcome.repeats {
        let thing = r.thing.replace('"', "'");
        table += &format!("\"{thing}\",{},{}\n", r.quantity.key(), r.value);
    }
    folder.write(REPEATS_CSV, table.as_bytes())?;
    folder.write("precision.json", &json(&outcome.file())?)
}

impl RepeatOutcome {
    /// The precision errors as a file holds them.
    #[must_use]
    pub fn file(&self) -> PrecisionFile {
        let rows = self.precision.of.iter().map(|(quantity, error)| Row {
            quantity: quantity.key(),
            unit: quantity.unit(),
            things: error.things,
            degrees_of_freedom: error.freedom,
            rms_sd: error.rms_sd.into(),
            rms_cv_percent: error.rms_cv.map(Interval::from),
            lsc: error.lsc.into(),
        });
        PrecisionFile {
            schema: SCHEMA,
            method: "variances of repeats pooled over lesions; 95 % intervals from chi-square; LSC = 1.96 √2 RMS-SD (Glüer, Osteoporos Int 1995)",
            scans: self.scans,
            lesions: self.lesions,
            quantities: rows.collect(),
        }
    }
}

const EXPECTED: &str = "give columns `thing` (what was repeated: a lesion of a joint), `quantity` (as in `volume`) and `value`, one repeat per row, as `howship measure --repeat` writes them; tables of several joints may be put one below the other";

/// The precision that a table of the group's own repeats gives.
///
/// # Errors
/// It cannot be read, a column or number is missing, nothing was repeated.
pub fn read_repeats(path: &Path) -> Result<Precision, Error> {
    let table = BesideTable::read(path, EXPECTED)?;
    let [thing, quantity, value] = table.columns(["thing", "quantity", "value"])?;
    let mut repeats = Vec::new();
    let mut lines = Vec::new();
    let mut part = 1;
    for row in &table.rows {
        if row.cell(value).eq_ignore_ascii_case("value") {
            // The header of a table that was put below another: numbers of lesions begin anew, whatever the joint's name.
            part += 1;
            continue;
        }
        let name = row.cell(quantity);
        let known = Quantity::ALL
            .into_iter()
            .find(|q| q.key().eq_ignore_ascii_case(name));
        let quantity =
            known.ok_or_else(|| table.bad(format!("line {}: quantity `{name}`", row.line)))?;
        let number = table.number(row, value)?;
        let [low, high] = possible(quantity);
        if !(low..=high).contains(&number) {
            let (line, unit) = (row.line, quantity.unit());
            return Err(table.bad(format!(
                "line {line}: {name} {number} {unit} is no value of a lesion of hand or foot (between {low} and {high})"
            )));
        }
        repeats.push(Repeat {
            quantity,
            value: number,
            thing: format!("{part}: {}", row.cell(thing)),
        });
        lines.push(row.line);
    }
    let precision = Precision::from_repeats(&repeats).map_err(|e| table.bad(e))?;
    if let Some((quantity, of)) = copied(&precision, &repeats).next() {
        let at: Vec<String> = of.iter().take(4).map(|&i| lines[i].to_string()).collect();
        let more = if of.len() > 4 { " and more" } else { "" };
        return Err(table.bad(format!(
            "lines {}{more}: the values of `{}` do not differ from repeat to repeat (precision error {:.1e} {}): these are copies of one measurement, and every change would be beyond error",
            at.join(", "),
            quantity.key(),
            precision.of[&quantity].rms_sd.value,
            quantity.unit()
        )));
    }
    Ok(precision)
}

/// Quantities whose repeats are copies, and which repeats those are.
fn copied(
    precision: &Precision,
    repeats: &[Repeat],
) -> impl Iterator<Item = (Quantity, Vec<usize>)> {
    precision.of.iter().filter_map(|(&quantity, error)| {
        let of = (0..repeats.len()).filter(|&i| repeats[i].quantity == quantity);
        let of: Vec<usize> = of.collect();
        let sizes = of.iter().map(|&i| repeats[i].value.abs());
        let size = sizes.fold(0.0, f64::max);
        (error.rms_sd.value <= LEAST_SHARE * size).then_some((quantity, of))
    })
}

/// Share of the largest value below which a precision error is none: HR-pQCT repeats volumes to some per cent and
/// densities to some tenths of a per cent (Burghardt, Bone 2010), so that a hundredth of a per cent is a copy.
const LEAST_SHARE: f64 = 1e-4;

/// What a lesion of hand or foot can measure, in the quantity's unit: a whole metatarsal holds about 10 cm³, and
/// enamel has about 3,000 mgHA/cm³; ten times as much leaves room for any lesion and any unit of density in use.
fn possible(quantity: Quantity) -> [f64; 2] {
    match quantity.unit() {
        "mm³" => [0.0, 1e5],
        "mm²" => [0.0, 1e4],
        "mm" => [0.0, 200.0],
        _ => [-3e4, 3e4],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Precision, Error> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_repeats(file.path())
    }

    #[test]
    fn tables_of_two_joints_one_below_the_other_are_one() {
        let found = read(
            "thing,quantity,value\n\"A, bone 1, lesion 1\",volume,1.0\n\"A, bone 1, lesion 1\",volume,1.2\n\
             thing,quantity,value\n\"B, bone 1, lesion 1\",volume,2.0\n\"B, bone 1, lesion 1\",volume,2.0\n",
        )
        .unwrap();
        let error = &found.of[&Quantity::Volume];
        assert!((error.rms_sd.value - 0.1).abs() < 1e-12 && error.things == 2);
        // Whoever gave both joints one name.
        let same = read(
            "thing,quantity,value\n\"joint, lesion 1\",volume,1.0\n\"joint, lesion 1\",volume,1.2\n\
             thing,quantity,value\n\"joint, lesion 1\",volume,2.0\n\"joint, lesion 1\",volume,2.0\n",
        );
        assert_eq!(same.unwrap().of[&Quantity::Volume], *error);
        assert!(
            found
                .in_words()
                .contains("volume 0.100 mm³ (RMS-SD of 2 repeated")
        );
    }

    #[test]
    fn semicolons_and_tabs_separate_as_well() {
        let text = "thing,quantity,value\na,volume,1.0\na,volume,1.2\n";
        let expected = read(text).unwrap();
        for mark in [";", "\t"] {
            assert_eq!(read(&text.replace(',', mark)).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_no_table_of_repeats_is_named() {
        for (text, word) in [
            ("thing,value\na,1\n", "quantity"),
            ("thing,quantity,value\na,volume,x\n", "line 2"),
            ("thing,quantity,value\na,joint_space,1\n", "joint_space"),
            ("thing,quantity,value\na,volume,1\n", "twice"),
            ("thing,quantity,value\na,volume,1\na,volume,-1\n", "line 3"),
            (
                "thing,quantity,value\na,volume,1e9\na,volume,2e9\n",
                "line 2",
            ),
            (
                "thing,quantity,value\na,width,1.1\na,width,1.2\na,volume,1\na,volume,1\n",
                "lines 4, 5",
            ),
        ] {
            let failure = read(text).unwrap_err();
            assert!(failure.to_string().contains(word), "{failure}");
        }
    }
}
