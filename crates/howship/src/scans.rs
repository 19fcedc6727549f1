//! Serial volumes as the user names them: opened, in one unit, with visits.

use crate::args::OpenArgs;
use crate::failure::{ExitStatus, Failure};
use crate::{identity, stop};
use howship_bone::{BoneOptions, Observer, fill_outside};
use howship_change::{InputFile, Visit};
use howship_formats::{OpenOptions, Opened, Source, open};
use howship_image::{DensityUnit, Geometry, Scan};
use std::path::{Path, PathBuf};

/// Volumes of one joint, one per visit.
pub(crate) struct Series {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) scans: Vec<Scan>,
    pub(crate) sources: Vec<Source>,
    pub(crate) visits: Vec<Visit>,
    pub(crate) warnings: Vec<String>,
}

/// Opens every file, names the visits and looks for what does not belong together.
pub(crate) fn load(
    paths: &[PathBuf],
    names: &[String],
    args: &OpenArgs,
    observer: &dyn Observer,
) -> anyhow::Result<Series> {
    if !names.is_empty() && names.len() != paths.len() {
        let message = format!("{} visits named for {} images", names.len(), paths.len());
        return Err(Failure::usage(message)
            .hint("name one visit per image, as in `--visits M0,M6`")
            .into());
    }
    // Names are checked before minutes are spent on reading.
    let named = named_visits(names)?;
    let (mut scans, mut sources) = (Vec::new(), Vec::new());
    for (i, path) in paths.iter().enumerate() {
        observer.progress("reading", i as f64 / paths.len() as f64);
        stop::check()?;
        let opened = open_scan(path, args)?;
        scans.push(opened.scan);
        sources.push(opened.source);
    }
    room_to_measure(&scans)?;
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
    warnings.extend(uncalibrated(&visits, &scans));
    Ok(Series {
        paths: paths.to_vec(),
        scans,
        sources,
        visits,
        warnings,
    })
}

/// What measuring takes beside the scans themselves, bytes per voxel of the largest: a pair of 30 million voxels
/// peaked at 1.9 GB, 0.24 GB of it the scans.
const BYTES_PER_VOXEL: usize = 55;

/// Tries the memory that measuring will need, so that a machine without it says so now and not in the middle.
fn room_to_measure(scans: &[Scan]) -> Result<(), Failure> {
    let largest = scans
        .iter()
        .map(|s| s.volume.geometry().voxels())
        .max()
        .unwrap_or(0);
    let bytes = largest.saturating_mul(BYTES_PER_VOXEL);
    let mut trial: Vec<u8> = Vec::new();
    trial.try_reserve_exact(bytes).map_err(|_| {
        let message = format!(
            "no memory: measuring {largest} voxels takes about {} MiB more",
            bytes >> 20
        );
        Failure::new(ExitStatus::TryAgain, message)
            .hint("close other programs, or crop the volumes to the joint")
    })
}

/// 300 mgHA/cm³ on an XtremeCT II ((300 + 391.209) / 1603.519 / 0.2409 · 1000 − 1000), HU.
const HRPQCT_BONE_HU: f64 = 789.0;
/// Voxels of HR-pQCT are smaller than this, those of clinical CT larger, mm.
const HRPQCT_VOXEL_MM: f64 = 0.2;

fn is_uncalibrated_hu(scan: &Scan) -> bool {
    scan.unit == DensityUnit::Hounsfield && scan.calibration.is_none()
}

/// Hounsfield units depend on the scanner's energy: without its calibration they are another measurement.
fn uncalibrated(visits: &[Visit], scans: &[Scan]) -> Option<String> {
    let names: Vec<&str> = visits
        .iter()
        .zip(scans)
        .filter(|(_, scan)| is_uncalibrated_hu(scan))
        .map(|(visit, _)| visit.name.as_str())
        .collect();
    (!names.is_empty()).then(|| {
        format!(
            "{}: Hounsfield units without the scanner's calibration: densities are not in mgHA/cm³, and the same \
             threshold in HU is another bone at another energy (350 HU is about 130 mgHA/cm³ on an XtremeCT II, about \
             250 on a clinical scanner); state the calibration (`--calibration`) to measure density",
            names.join(", ")
        )
    })
}

/// One scan to measure: in mgHA/cm³ where a calibration, its own or the stated one, leads there, and with a number in
/// every voxel.
pub(crate) fn open_scan(path: &Path, args: &OpenArgs) -> anyhow::Result<Opened> {
    let mut opened = open(path, &options(args))?;
    check_grid(path, opened.scan.volume.geometry())?;
    let physical = matches!(
        opened.scan.unit,
        DensityUnit::Native | DensityUnit::Hounsfield
    );
    if opened.scan.calibration.is_some() && physical {
        let from = opened.scan.unit;
        opened.scan = opened
            .scan
            .into_unit(DensityUnit::MgHaPerCm3)
            .map_err(|e| Failure::bad_input(path, e).hint("correct the calibration"))?;
        let note = format!("; converted from {from} to mgHA/cm³ by the calibration");
        opened.source.unit_known.push_str(&note);
    }
    numbers_everywhere(path, &mut opened)?;
    Ok(opened)
}

/// Voxels that are no numbers are outside the field where they lie far from bone, and refused where they do not.
fn numbers_everywhere(path: &Path, opened: &mut Opened) -> Result<(), Failure> {
    if opened.source.not_numbers.is_none() {
        return Ok(());
    }
    let threshold = BoneOptions::default().threshold_for(opened.scan.unit);
    // Without a unit every value counts: nothing tells bone from air.
    let threshold = threshold.unwrap_or(f64::NEG_INFINITY);
    let filled = fill_outside(&mut opened.scan, threshold).map_err(|e| {
        Failure::bad_input(path, e).hint(
            "export the volume again, or crop it so that these voxels lie outside; `howship info --voxels` counts them",
        )
    })?;
    opened.source.warnings.push(format!(
        "{filled} voxels that are no numbers lie far from bone: they were taken as outside the field"
    ));
    Ok(())
}

/// Refuses a grid that leads nowhere: a comparison with NaN is easily passed further down.
pub(crate) fn check_grid(path: &Path, geometry: &Geometry) -> Result<(), Failure> {
    let d = geometry.direction();
    if d.iter().flatten().all(|v| v.is_finite()) {
        return Ok(());
    }
    let reason = format!("its direction {d:?} is not finite");
    Err(Failure::bad_input(path, reason).hint("export the volume again with a sound header"))
}

pub(crate) fn options(args: &OpenArgs) -> OpenOptions {
    OpenOptions {
        unit: args.unit,
        calibration: args.calibration,
        spacing_mm: args.spacing,
        series_uid: args.series.clone(),
        skip_damaged: args.skip_damaged,
        ..OpenOptions::default()
    }
}

/// The last part of a path; folders are nobody's business in a result that is passed on.
pub(crate) fn file_name(path: &Path) -> String {
    let name = path
        .canonicalize()
        .ok()
        .and_then(|p| Some(p.file_name()?.to_string_lossy().into_owned()));
    let given = path.file_name().map(|n| n.to_string_lossy().into_owned());
    given.or(name).unwrap_or_else(|| "(unnamed)".to_owned())
}

/// What provenance says of a file.
pub(crate) fn input_file(source: &Source) -> InputFile {
    InputFile {
        name: file_name(&source.path),
        format: source.format.to_string(),
        blake3: source.blake3.clone(),
        spacing_known: source.spacing_known.clone(),
        unit_known: source.unit_known.clone(),
        warnings: source.warnings.clone(),
    }
}

fn named_visits(names: &[String]) -> Result<Option<Vec<Visit>>, Failure> {
    if names.is_empty() {
        return Ok(None);
    }
    for (i, name) in names.iter().enumerate() {
        if names[..i].contains(name) {
            return Err(Failure::usage(format!("visit `{name}` is named twice"))
                .hint("names tell the visits apart"));
        }
    }
    let parsed: Result<Vec<Visit>, _> = names.iter().map(|n| Visit::parse(n.trim())).collect();
    parsed
        .map(Some)
        .map_err(|e| Failure::usage(e.to_string()).hint("as in `--visits M0,M6,M12`"))
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

/// Refuses a threshold in another unit than the values.
pub(crate) fn threshold(
    series: &Series,
    threshold: Option<crate::threshold::Threshold>,
) -> Result<Option<f64>, Failure> {
    let Some(threshold) = threshold else {
        // The default in HU shall mean the bone that the default in mgHA/cm³ means, where the energy is known.
        let fine = |s: &Scan| s.volume.geometry().max_spacing() < HRPQCT_VOXEL_MM;
        let scan = series.scans.first();
        return Ok(scan
            .filter(|s| is_uncalibrated_hu(s) && fine(s))
            .map(|_| HRPQCT_BONE_HU));
    };
    for (path, scan) in series.paths.iter().zip(&series.scans) {
        if let Err((reason, hint)) = threshold.for_scan(scan) {
            return Err(Failure::bad_input(path, reason).hint(hint));
        }
    }
    let value = series.scans.first().map(|_| threshold.value);
    Ok(value)
}

/// Names the file where an error of the analysis names a visit only.
pub(crate) fn name_the_file(series: &Series, error: howship_bone::Error) -> anyhow::Error {
    let text = error.to_string();
    let visit = series
        .visits
        .iter()
        .position(|v| text.starts_with(&format!("visit `{}`", v.name)));
    let unknown = matches!(error, howship_bone::Error::UnitUnknown { .. });
    let mut failure = Failure::classify(&anyhow::Error::from(error));
    let native = |i: usize| series.scans[i].unit == DensityUnit::Native;
    if unknown && visit.is_some_and(native) {
        failure.message = "its values are native counts of the scanner: no threshold in mgHA/cm³ or HU holds for them"
            .to_owned();
        failure.hint = Some(
            "state the scanner's calibration alone (`--calibration MU_SCALING,MU_WATER,SLOPE,INTERCEPT`, from the \
             scanner's log), or give the bones with `--mask`"
                .to_owned(),
        );
    }
    match visit {
        Some(i) if failure.status == ExitStatus::BadInput => {
            let reason = failure.message.clone();
            let mut named = Failure::bad_input(&series.paths[i], reason);
            named.hint = failure.hint;
            named.into()
        }
        _ => failure.into(),
    }
}
