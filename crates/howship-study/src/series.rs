//! Serial volumes as the user names them: opened, in one unit, with visits.

use crate::contents;
use crate::dated::Dated;
use crate::file::file_name;
use crate::identity;
use crate::order::{in_order, said_by_date, said_by_name, same_kind};
use crate::{Error, Observer, ScanOptions, Threshold};
use howship_bone::{BoneOptions, fill_outside};
use howship_change::Visit;
use howship_formats::{Opened, Source, open};
use howship_image::{DensityUnit, Geometry, KeptScan, Scan};
use std::path::{Path, PathBuf};

/// Volumes of one joint, one per visit.
#[derive(Debug)]
pub struct Series {
    /// The files or folders, as they were named.
    pub paths: Vec<PathBuf>,
    /// Their images, all in one unit where a calibration leads there.
    pub scans: Vec<KeptScan>,
    /// Where each came from.
    pub sources: Vec<Source>,
    /// BLAKE3 of each image's size and values: alike for one image in two files.
    pub contents: Vec<String>,
    /// Names and days, the days counted from the first visit.
    pub visits: Vec<Visit>,
    /// What was odd, and what does not seem to belong together.
    pub warnings: Vec<String>,
}

impl Series {
    /// Refuses a series of two sides, of one image twice, or of two patients unless `subject` says whose scans they are
    /// (then it is warned of): a change between two people's joints, or a scan and its copy, is none.
    ///
    /// # Errors
    /// Names the files and what each says.
    pub fn of_one_joint(&self, subject: Option<&str>) -> Result<(), Error> {
        match identity::no_series(&self.visits, &self.sources, &self.contents, subject) {
            None => Ok(()),
            Some((reason, advice)) => Err(Error::NoSeries { reason, advice }),
        }
    }
}

/// Opens every file, names the visits and looks for what does not belong together.
///
/// `names` are those of the visits; where there are none, the files' names and the scans' dates are asked.
///
/// # Errors
/// Names that fit neither images nor a visit's form; a file that cannot be opened; images that are not in the order of
/// time by their visits, their dates or their names; a stop wanted by the observer.
pub fn load(
    paths: &[PathBuf],
    names: &[String],
    options: &ScanOptions,
    observer: &dyn Observer,
) -> Result<Series, Error> {
    let mut series = load_unordered(paths, names, options, observer)?;
    let images = paths.iter().zip(&series.visits).zip(&series.sources);
    let images: Vec<Dated<'_>> = images
        .map(|((path, visit), source)| Dated {
            path,
            visit,
            date: source.identity.date.as_deref(),
        })
        .collect();
    let warnings = in_order(&images, !names.is_empty())?;
    series.warnings.extend(warnings);
    Ok(series)
}

/// Like [`load`], of images that have no order, as rescans of one visit.
///
/// # Errors
/// As for [`load`], but for the order.
pub(crate) fn load_unordered(
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
    let (mut scans, mut sources, mut contents) = (Vec::new(), Vec::new(), Vec::new());
    for (i, path) in paths.iter().enumerate() {
        observer.progress("reading", i as f64 / paths.len() as f64);
        crate::check(observer)?;
        let opened = open_scan(path, options)?;
        let volume = &opened.scan.volume;
        contents.push(contents::of_values(&volume.size(), volume.data()));
        scans.push(keep(opened.scan, i, paths.len()));
        sources.push(opened.source);
    }
    room_to_measure(&scans)?;
    let visits = match named {
        Some(visits) => visits,
        None => {
            let dates = sources.iter().map(|s| s.identity.date.as_deref());
            let dates: Vec<Option<&str>> = dates.collect();
            visits_of(paths, &dates)
        }
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
    warnings.extend(identity::oddities(&visits, &sources, &contents));
    warnings.extend(uncalibrated(&visits, &scans));
    Ok(Series {
        paths: paths.to_vec(),
        scans,
        sources,
        contents,
        visits,
        warnings,
    })
}

/// Voxels from which scans of a longer series wait in files: two scans beside what measuring takes fit into a gibibyte.
const LARGE_VOXELS: usize = 8 << 20;

fn in_files(grid: &Geometry, visits: usize) -> bool {
    visits > 2 && grid.voxels() >= LARGE_VOXELS
}

/// Large scans after the first of more than two wait in temporary files without a name, so that memory does not grow
/// with the visits by whole scans. Where there is no room for files they stay in memory.
fn keep(scan: Scan, visit: usize, visits: usize) -> KeptScan {
    if visit > 0
        && in_files(scan.volume.geometry(), visits)
        && let Ok(file) = tempfile::tempfile()
    {
        return KeptScan::in_file(scan, file);
    }
    KeptScan::in_memory(scan)
}

/// What measuring takes beside the scans themselves.
///
/// Measured as peaks of resident memory less the scans that wait in memory, at 30.4 million voxels of 60.7 µm (float and
/// 16-bit input alike): one visit 0.31 GB, a pair 0.51, three visits 0.72, four 0.78, eight 1.03; a pair of 2.4 million
/// voxels of 0.12 mm 0.22 GB.
struct Room {
    /// The program, pictures, surfaces, and what is cut out about lesions, bytes.
    always: usize,
    /// Labels of bones and lesions, remodelling, and the bone that is being registered, bytes per voxel.
    per_voxel: f64,
    /// Outlines and smoothed pieces of each visit, bytes per voxel.
    per_visit: f64,
    /// The scan that is read from its file, where scans wait in files, bytes per voxel.
    per_read: f64,
    /// Image and smoothed image of each visit on the grid on which bones are found, bytes per voxel of that grid.
    per_working: f64,
    /// Edge of the blocks whose means that grid holds, mm.
    working_mm: f64,
}

const ROOM: Room = Room {
    always: 160 << 20,
    per_voxel: 9.0,
    per_visit: 1.2,
    per_read: 4.0,
    per_working: 8.0,
    working_mm: 0.13,
};

impl Room {
    /// Bytes for so many visits on a grid like this.
    fn bytes(&self, grid: &Geometry, visits: usize) -> usize {
        let blocks = grid
            .spacing()
            .map(|s| (self.working_mm / s).floor().max(1.0));
        let working = self.per_working / blocks.iter().product::<f64>();
        let read = if in_files(grid, visits) {
            self.per_read
        } else {
            0.0
        };
        let per_voxel = self.per_voxel + read + visits as f64 * (self.per_visit + working);
        self.always
            .saturating_add((per_voxel * grid.voxels() as f64) as usize)
    }
}

/// Tries the memory that measuring will need, so that a machine without it says so now and not in the middle.
fn room_to_measure(scans: &[KeptScan]) -> Result<(), Error> {
    let grids = scans.iter().map(KeptScan::geometry);
    let Some(largest) = grids.max_by_key(|g| g.voxels()) else {
        return Ok(());
    };
    let bytes = ROOM.bytes(largest, scans.len());
    let mut trial: Vec<u8> = Vec::new();
    trial.try_reserve_exact(bytes).map_err(|_| Error::Memory {
        voxels: largest.voxels(),
        mebibytes: bytes >> 20,
    })
}

/// 300 mgHA/cm³ on an XtremeCT II ((300 + 391.209) / 1603.519 / 0.2409 · 1000 − 1000), HU.
const HRPQCT_BONE_HU: f64 = 789.0;
/// Voxels of HR-pQCT are smaller than this, those of clinical CT larger, mm.
const HRPQCT_VOXEL_MM: f64 = 0.2;

fn is_uncalibrated_hu(scan: &KeptScan) -> bool {
    scan.unit == DensityUnit::Hounsfield && scan.calibration.is_none()
}

/// Hounsfield units depend on the scanner's energy: without its calibration they are another measurement.
fn uncalibrated(visits: &[Visit], scans: &[KeptScan]) -> Option<String> {
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
///
/// # Errors
/// A file that cannot be opened, a grid that leads nowhere, a calibration that leads to no density, voxels near bone
/// that are no numbers.
pub fn open_scan(path: &Path, options: &ScanOptions) -> Result<Opened, Error> {
    let mut opened = open(path, &options.open_options())?;
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
            .map_err(|source| Error::Calibration {
                path: path.to_owned(),
                source,
            })?;
        let note = format!("; converted from {from} to mgHA/cm³ by the calibration");
        opened.source.unit_known.push_str(&note);
    }
    numbers_everywhere(path, &mut opened)?;
    Ok(opened)
}

/// Voxels that are no numbers are outside the field where they lie far from bone, and refused where they do not.
fn numbers_everywhere(path: &Path, opened: &mut Opened) -> Result<(), Error> {
    if opened.source.not_numbers.is_none() {
        return Ok(());
    }
    let threshold = BoneOptions::default().threshold_for(opened.scan.unit);
    // Without a unit every value counts: nothing tells bone from air.
    let threshold = threshold.unwrap_or(f64::NEG_INFINITY);
    let filled = fill_outside(&mut opened.scan, threshold).map_err(|source| Error::NotNumbers {
        path: path.to_owned(),
        source,
    })?;
    opened.source.warnings.push(format!(
        "{filled} voxels that are no numbers lie far from bone: they were taken as outside the field"
    ));
    Ok(())
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
    let visits = parsed.map_err(Error::VisitName)?;
    if !same_kind(&visits) {
        return Err(Error::VisitKinds);
    }
    Ok(Some(visits))
}

/// From names of files or folders (`M6.nii.gz`, `P7_M6_left.nii.gz`, `M6/left.nii.gz`), else from the dates of the scans,
/// else a number each.
fn visits_of(paths: &[PathBuf], dates: &[Option<&str>]) -> Vec<Visit> {
    let dates = dates.iter().map(|date| said_by_date(*date));
    distinct(paths.iter().map(|p| said_by_name(p)))
        .or_else(|| distinct(dates))
        .unwrap_or_else(|| Visit::unnamed(paths.len()))
}

/// Visits that all say when they are, in one way, and each another time.
fn distinct(visits: impl Iterator<Item = Option<Visit>>) -> Option<Vec<Visit>> {
    let visits: Option<Vec<Visit>> = visits.collect();
    visits.filter(|v| same_kind(v)).filter(|all| {
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
        // The default in HU shall mean the bone that the default in mgHA/cm³ means, where the energy is known.
        let fine = |s: &KeptScan| s.geometry().max_spacing() < HRPQCT_VOXEL_MM;
        let scan = series.scans.first();
        return Ok(scan
            .filter(|s| is_uncalibrated_hu(s) && fine(s))
            .map(|_| HRPQCT_BONE_HU));
    };
    for (path, scan) in series.paths.iter().zip(&series.scans) {
        check_unit(threshold, path, scan)?;
    }
    if let Some([least, most]) = threshold.outside_of_tissues() {
        return Err(Error::ThresholdOutside {
            threshold,
            least,
            most,
        });
    }
    Ok(series.scans.first().map(|_| threshold.value))
}

/// A threshold in one unit on data in another is never guessed at; where the scan's calibration says how, the error
/// holds the equivalent.
fn check_unit(threshold: Threshold, path: &Path, scan: &KeptScan) -> Result<(), Error> {
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

/// Names the file, image or mask, of the visit that an error of the analysis is about.
pub(crate) fn name_the_file(
    series: &Series,
    (masks, lesions): (&[PathBuf], Option<&Path>),
    source: howship_bone::Error,
) -> Error {
    if source.about_lesions() {
        return Error::Bone {
            path: lesions.map(Path::to_owned),
            unit: None,
            source,
        };
    }
    let about = source.visit();
    let visit = about.and_then(|name| series.visits.iter().position(|v| v.name == name));
    let files = if source.about_mask() {
        masks
    } else {
        &series.paths
    };
    Error::Bone {
        path: visit.and_then(|i| files.get(i).cloned()),
        unit: visit.and_then(|i| series.scans.get(i)).map(|s| s.unit),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_are_read_out_of_names_of_files_and_folders() {
        for (paths, names) in [
            (["M0.nii.gz", "M6.nii.gz"], ["M0", "M6"]),
            (["P7_M0_left.nii.gz", "P7_M6_left.nii.gz"], ["M0", "M6"]),
            (["M0/left.mha", "M12/left.mha"], ["M0", "M12"]),
            // One visit, two kinds of visits, no visit: a number each.
            (["M6/a.nii", "M6/b.nii"], ["visit 1", "visit 2"]),
            (["M0.nii", "2024-01-01.nii"], ["visit 1", "visit 2"]),
            (["left.nii", "right.nii"], ["visit 1", "visit 2"]),
        ] {
            let visits = visits_of(&paths.map(PathBuf::from), &[None; 2]);
            let found: Vec<&str> = visits.iter().map(|v| v.name.as_str()).collect();
            assert_eq!(found, names, "{paths:?}");
        }
    }

    /// What was measured is within what is reserved, which is not far above it.
    #[test]
    fn the_room_that_is_tried_is_that_which_was_taken() {
        let fine = Geometry::aligned([399, 399, 191], [0.0607; 3]).unwrap();
        let coarse = Geometry::aligned([167, 167, 85], [0.12; 3]).unwrap();
        for (grid, visits, taken, most) in [
            (&fine, 1, 0.31e9, 1.7),
            (&fine, 2, 0.51e9, 1.15),
            (&fine, 3, 0.72e9, 1.15),
            (&fine, 4, 0.78e9, 1.15),
            (&fine, 8, 1.03e9, 1.15),
            (&coarse, 2, 0.22e9, 1.1),
        ] {
            let ratio = ROOM.bytes(grid, visits) as f64 / taken;
            assert!(ratio > 1.0 && ratio < most, "{visits}: {ratio}");
        }
    }
}
