//! Serial volumes as the user names them: opened, in one unit, with visits.

use crate::file::file_name;
use crate::identity;
use crate::{Error, Observer, ScanOptions, Threshold};
use howship_change::Visit;
use howship_formats::{Opened, Source, open};
use howship_image::{DensityUnit, Geometry, Scan};
use std::path::{Path, PathBuf};

/// Volumes of one joint, one per visit.
#[derive(Debug)]
pub struct Series {
    /// The files or folders, as they were named.
    pub paths: Vec<PathBuf>,
    /// Their images, all in one unit where a calibration leads there.
    pub scans: Vec<Scan>,
    /// Where each came from.
    pub sources: Vec<Source>,
    /// Names and days, the days counted from the first visit.
    pub visits: Vec<Visit>,
    /// What was odd, and what does not seem to belong together.
    pub warnings: Vec<String>,
}

/// Opens every file, names the visits and looks for what does not belong together.
///
/// `names` are those of the visits; where there are none, the files' names and the scans' dates are asked.
///
/// # Errors
/// Names that fit neither images nor a visit's form; a file that cannot be opened; a stop wanted by the observer.
pub fn load(
    paths: &[PathBuf],
    names: &[String],
    options: &ScanOptions,
    observer: &dyn Observer,
) -> Result<Series, Error> {
    if !names.is_empty() && names.len() != paths.len() {
        return Err(Error::VisitCount {
            named: names.len(),
            images: paths.len(),
        });
    }
    // Names are checked before minutes are spent on reading.
    let named = named_visits(names)?;
    let (mut scans, mut sources) = (Vec::new(), Vec::new());
    for (i, path) in paths.iter().enumerate() {
        observer.progress("reading", i as f64 / paths.len() as f64);
        crate::check(observer)?;
        let opened = open_scan(path, options)?;
        scans.push(opened.scan);
        sources.push(opened.source);
    }
    let visits = match named {
        Some(visits) => visits,
        None => visits_of(paths, &sources),
    };
    let visits = since_baseline(visits);
    let mut warnings = Vec::new();
    for (visit, source) in visits.iter().zip(&sources) {
        let of = file_name(&source.path);
        warnings.extend(
            source
                .warnings
                .iter()
                .map(|w| format!("{} (`{of}`): {w}", visit.name)),
        );
    }
    warnings.extend(identity::oddities(&visits, &sources));
    Ok(Series {
        paths: paths.to_vec(),
        scans,
        sources,
        visits,
        warnings,
    })
}

/// One scan; in mgHA/cm³ where a calibration, its own or the stated one, leads there.
///
/// # Errors
/// A file that cannot be opened, a grid that leads nowhere, a calibration that leads to no density.
pub fn open_scan(path: &Path, options: &ScanOptions) -> Result<Opened, Error> {
    let mut opened = open(path, &options.open_options())?;
    check_grid(path, opened.scan.volume.geometry())?;
    if let (None, Some(stated)) = (opened.scan.calibration, options.calibration) {
        opened.scan.calibration = Some(stated);
        opened
            .source
            .unit_known
            .push_str("; calibration stated by the caller");
    }
    if opened.scan.calibration.is_some() && opened.scan.unit != DensityUnit::MgHaPerCm3 {
        let from = opened.scan.unit;
        opened.scan = opened
            .scan
            .into_unit(DensityUnit::MgHaPerCm3)
            .map_err(|source| Error::Calibration {
                path: path.to_owned(),
                source,
            })?;
        let note = format!("; converted from {from} to mgHA/cm³ by the calibration");
        opened.source.unit_known.push_str(&note);
    }
    Ok(opened)
}

/// Refuses a grid that leads nowhere: a comparison with NaN is easily passed further down.
///
/// # Errors
/// A direction that is not finite.
pub fn check_grid(path: &Path, geometry: &Geometry) -> Result<(), Error> {
    let direction = geometry.direction();
    if direction.iter().flatten().all(|v| v.is_finite()) {
        return Ok(());
    }
    Err(Error::Direction {
        path: path.to_owned(),
        direction,
    })
}

fn named_visits(names: &[String]) -> Result<Option<Vec<Visit>>, Error> {
    if names.is_empty() {
        return Ok(None);
    }
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            return Err(Error::VisitTwice { name: name.clone() });
        }
    }
    let parsed: Result<Vec<Visit>, _> = names.iter().map(|n| Visit::parse(n.trim())).collect();
    parsed.map(Some).map_err(Error::VisitName)
}

/// Names from the files' names, else from the dates of the scans, else numbers.
fn visits_of(paths: &[PathBuf], sources: &[Source]) -> Vec<Visit> {
    let stems = paths.iter().map(|p| {
        let name = file_name(p);
        name.split('.').next().map(str::to_owned)
    });
    // Anonymised files carry dates like 0001-01-01.
    let plausible = |date: &String| date.starts_with("19") || date.starts_with("20");
    let dates = sources
        .iter()
        .map(|s| s.identity.date.clone().filter(plausible));
    distinct(stems)
        .or_else(|| distinct(dates))
        .unwrap_or_else(|| Visit::unnamed(paths.len()))
}

fn distinct(names: impl Iterator<Item = Option<String>>) -> Option<Vec<Visit>> {
    let visits: Option<Vec<Visit>> = names.map(|n| Visit::parse(&n?).ok()).collect();
    visits.filter(|all| {
        let twice = |(i, v): (usize, &Visit)| all[..i].iter().any(|w| w.name == v.name);
        !all.iter().enumerate().any(twice)
    })
}

/// Days count from the first visit.
fn since_baseline(mut visits: Vec<Visit>) -> Vec<Visit> {
    let first = visits.first().and_then(|v| v.days);
    for visit in &mut visits {
        visit.days = visit.days.zip(first).map(|(day, baseline)| day - baseline);
    }
    visits
}

/// A threshold for the series' values.
pub(crate) fn threshold(
    series: &Series,
    threshold: Option<Threshold>,
) -> Result<Option<f64>, Error> {
    let Some(threshold) = threshold else {
        return Ok(None);
    };
    for (path, scan) in series.paths.iter().zip(&series.scans) {
        check_unit(threshold, path, scan)?;
    }
    Ok(series.scans.first().map(|_| threshold.value))
}

/// A threshold in one unit on data in another is never guessed at; where the scan's calibration says how, the error
/// holds the equivalent.
fn check_unit(threshold: Threshold, path: &Path, scan: &Scan) -> Result<(), Error> {
    if threshold.unit == scan.unit {
        return Ok(());
    }
    let equivalent = scan
        .calibration
        .and_then(|c| c.convert(threshold.value, threshold.unit, scan.unit).ok());
    Err(Error::ThresholdUnit {
        path: path.to_owned(),
        threshold,
        values: scan.unit,
        equivalent,
    })
}

/// Names the file of the visit that an error of the analysis is about.
pub(crate) fn name_the_file(series: &Series, source: howship_bone::Error) -> Error {
    let about = source.visit();
    let visit = about.and_then(|name| series.visits.iter().position(|v| v.name == name));
    Error::Bone {
        path: visit.and_then(|i| series.paths.get(i).cloned()),
        source,
    }
}
