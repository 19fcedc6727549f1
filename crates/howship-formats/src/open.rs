//! Opening: bytes, format, header, samples.

use crate::budget::Budget;
use crate::error::{Fault, Problem};
use crate::format::{by_extension, detect, parse};
use crate::grid::{agree, shown};
use crate::header::{Header, Packing, Place, Skip, check_grid};
use crate::loaded::{Loaded, source};
use crate::packed::is_gzip;
use crate::sample::{LARGEST_DENSITY, LARGEST_VALUE, SampleType, Voxel, mark_not_numbers};
use crate::slices::{self, Origin};
use crate::{Error, Format, OpenOptions, Opened, Source};
use crate::{dicom, tiff};
use howship_image::{DensityUnit, Labels, Scan, Volume};
use std::path::Path;

/// Opens a volume: a file of any format read here, or a folder with a DICOM series or TIFF slices.
/// The format is found by content; the extension only decides where the content does not.
///
/// Scanco files with a density calibration are converted to mgHA/cm³, CT in DICOM is in HU, files
/// that state no unit are in the unit of the options or arbitrary.
///
/// # Errors
/// See [`Error`]; a bad input names the file, the reason and what to do.
pub fn open(path: &Path, options: &OpenOptions) -> Result<Opened, Error> {
    opened(load::<f32>(path, options)?, path)
}

/// Counts and marks what is no number, and puts the scan together.
fn opened(mut loaded: Loaded<f32>, path: &Path) -> Result<Opened, Error> {
    let largest = match loaded.unit {
        DensityUnit::Hounsfield | DensityUnit::MgHaPerCm3 => LARGEST_DENSITY,
        _ => LARGEST_VALUE,
    };
    let not_numbers = mark_not_numbers(&mut loaded.values, largest);
    if let Some(found) = not_numbers {
        let [x, y, z] = loaded.geometry.voxel(found.first);
        loaded.source.warnings.push(format!(
            "{} of {} voxels are no numbers (NaN, infinite or beyond {largest:e}); the first is voxel {x}, {y}, {z}",
            found.count,
            loaded.geometry.voxels()
        ));
    }
    loaded.source.not_numbers = not_numbers;
    let volume =
        Volume::new(loaded.geometry, loaded.values).map_err(|e| Fault::geometry(&e).at(path))?;
    let scan = Scan {
        volume,
        unit: loaded.unit,
        known: loaded.known,
        calibration: loaded.calibration,
    };
    Ok(Opened {
        scan,
        source: loaded.source,
    })
}

/// Opens a mask or a label image: whole numbers, exactly as stored (no density conversion).
///
/// # Errors
/// As [`open`], and where a value is no whole number from 0 to 2^32 - 1.
pub fn open_labels(path: &Path) -> Result<(Labels, Source), Error> {
    open_labels_with(path, &OpenOptions::default())
}

/// As [`open_labels`], with options (a TIFF stack needs its spacing).
///
/// # Errors
/// As [`open_labels`].
pub fn open_labels_with(path: &Path, options: &OpenOptions) -> Result<(Labels, Source), Error> {
    let loaded = load::<u32>(path, options)?;
    let labels =
        Volume::new(loaded.geometry, loaded.values).map_err(|e| Fault::geometry(&e).at(path))?;
    Ok((labels, loaded.source))
}

/// Opens a volume from the bytes of one file; formats whose data lies in other files are refused.
///
/// # Errors
/// As [`open`]; the path in messages is `(bytes)`.
pub fn open_bytes(bytes: &[u8], format: Format, options: &OpenOptions) -> Result<Opened, Error> {
    let path = Path::new("(bytes)");
    let budget = Budget::of(options.max_bytes);
    budget
        .take(bytes.len() as u64, "the file")
        .map_err(|f| f.at(path))?;
    let loaded = decode::<f32>(path, bytes, Some(format), None, options, &budget)?;
    opened(loaded, path)
}

fn load<V: Voxel>(path: &Path, options: &OpenOptions) -> Result<Loaded<V>, Error> {
    let meta = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
    let budget = Budget::of(options.max_bytes);
    if meta.is_dir() {
        return crate::folder::load(path, options, &budget);
    }
    let bytes = budget.read(path)?;
    let beside = |name: &str| neighbour(path, name, &budget);
    match decode(path, &bytes, None, Some(&beside), options, &budget) {
        // A scaling that makes fractions of a mask's whole numbers is not theirs.
        Err(error) if V::LABELS && error.problem() == Some(Problem::NotLabels) => {
            decode_unscaled(path, &bytes, &beside, options, error)
        }
        other => other,
    }
}

/// Labels without the scaling of their header, where there is one and the stored numbers are whole.
fn decode_unscaled<V: Voxel>(
    path: &Path,
    bytes: &[u8],
    beside: Neighbour<'_>,
    options: &OpenOptions,
    error: Error,
) -> Result<Loaded<V>, Error> {
    let budget = Budget::of(options.max_bytes);
    let at = |fault: Fault| fault.at(path);
    let format = detect(bytes, path).map_err(at)?;
    if matches!(format, Format::Dicom | Format::Tiff) {
        return Err(error);
    }
    let mut header = parse(format, bytes, path, options.spacing_mm).map_err(at)?;
    let whole = !matches!(header.sampling.kind, SampleType::F32 | SampleType::F64);
    if header.sampling.is_identity() || !whole {
        return Err(error);
    }
    header.warnings.push(format!(
        "the scaling {} and {} makes no labels: the stored whole numbers were taken",
        header.sampling.slope, header.sampling.intercept
    ));
    header.sampling.slope = 1.0;
    header.sampling.intercept = 0.0;
    finish(header, path, bytes, Some(beside), options, &budget)
}

/// A file that a header names, in the header's folder.
fn neighbour(header: &Path, name: &str, budget: &Budget) -> Result<Vec<u8>, Error> {
    use std::path::Component;
    let relative = Path::new(name);
    let inside = relative
        .components()
        .all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
    let named = relative
        .components()
        .any(|c| matches!(c, Component::Normal(_)));
    if !inside || !named {
        return Err(Fault::new(
            Problem::Unsupported,
            format!("the header points outside its folder (`{name:.200}`)"),
            "put header and data into one folder and correct the name in the header",
        )
        .at(header));
    }
    let folder = header.parent().unwrap_or(Path::new(""));
    let path = folder.join(relative);
    let packed = folder.join(format!("{name}.gz"));
    let path = if !path.exists() && packed.exists() {
        packed
    } else {
        path
    };
    budget.read(&path)
}

type Neighbour<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, Error>;

fn decode<V: Voxel>(
    path: &Path,
    bytes: &[u8],
    format: Option<Format>,
    neighbour: Option<Neighbour<'_>>,
    options: &OpenOptions,
    budget: &Budget,
) -> Result<Loaded<V>, Error> {
    let at = |fault: Fault| fault.at(path);
    let format = match format {
        Some(format) => format,
        None => detect(bytes, path).map_err(at)?,
    };
    match format {
        Format::Dicom => return dicom::load_file(path, bytes, options, budget),
        Format::Tiff => return tiff::load_file(path, bytes, options, budget),
        _ => {}
    }
    let header = parse(format, bytes, path, options.spacing_mm).map_err(at)?;
    finish(header, path, bytes, neighbour, options, budget)
}

/// From a header to the values.
fn finish<V: Voxel>(
    mut header: Header,
    path: &Path,
    bytes: &[u8],
    neighbour: Option<Neighbour<'_>>,
    options: &OpenOptions,
    budget: &Budget,
) -> Result<Loaded<V>, Error> {
    let at = |fault: Fault| fault.at(path);
    check_grid(&header.geometry, options.max_bytes).map_err(at)?;
    budget
        .take(header.geometry.voxels() as u64 * 4, "the volume")
        .map_err(at)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    let outside = outside_data(&mut header, neighbour, path, &mut hasher)?;
    match header.check_seal(bytes, outside.as_deref()) {
        Err(fault) if options.skip_damaged => {
            header
                .warnings
                .push(format!("{}: read as it is", fault.reason));
        }
        other => other.map_err(at)?,
    }
    let settled = header.settle(options, V::LABELS).map_err(at)?;
    let (values, mut odd) = header
        .decode(outside.as_deref().unwrap_or(bytes), &settled.sampling)
        .map_err(at)?;
    header.warnings.append(&mut odd);
    let zero = V::of_f64(settled.sampling.intercept).unwrap_or_default();
    let zeros = vec![zero; header.geometry.size()[2]];
    let name = |z: usize| format!("slice {}", z + 1);
    let (geometry, values) = slices::check(
        header.geometry.clone(),
        values,
        &zeros,
        Origin::OneFile,
        name,
        options,
        &mut header.warnings,
    )
    .map_err(at)?;
    header.geometry = geometry;
    let mut source = source(&header, path, &hasher, &settled);
    extension_warning(path, header.format, &mut source.warnings);
    if let Some(stated) = options.spacing_mm
        && !agree(stated, header.geometry.spacing())
    {
        source.warnings.push(format!(
            "the spacing that was stated ({} mm) is not used: the file has its own",
            shown(stated)
        ));
    }
    Ok(Loaded::new(header.geometry, values, settled, source))
}

/// The bytes of detached data; several files are joined.
fn outside_data(
    header: &mut Header,
    neighbour: Option<Neighbour<'_>>,
    path: &Path,
    hasher: &mut blake3::Hasher,
) -> Result<Option<Vec<u8>>, Error> {
    let Place::Files(names, skip) = header.place.clone() else {
        return Ok(None);
    };
    let Some(read) = neighbour else {
        return Err(
            Fault::unsupported("its data is in another file", "give a single file").at(path),
        );
    };
    if let [name] = &names[..] {
        let bytes = read(name)?;
        hasher.update(&bytes);
        if header.format == Format::Nifti && is_gzip(&bytes) {
            header.packing = Packing::GzipFile;
        }
        return Ok(Some(bytes));
    }
    each_once(&names, header.geometry.size()[2]).map_err(|f| f.at(path))?;
    let size = header.sampling.kind.bytes();
    let share = (header.geometry.voxels() * size)
        .checked_div(names.len())
        .unwrap_or(0);
    let mut joined = Vec::new();
    for name in &names {
        let bytes = read(name)?;
        hasher.update(&bytes);
        let from = skip.before(&bytes, share);
        let part = bytes.get(from..from.saturating_add(share)).ok_or_else(|| {
            let fault = Fault::truncated("a slice", from.saturating_add(share), bytes.len());
            fault.at(&path.with_file_name(name))
        })?;
        joined
            .try_reserve(part.len())
            .map_err(|_| Fault::no_memory(part.len()).at(path))?;
        joined.extend_from_slice(part);
    }
    header.place = Place::Files(names, Skip::Bytes(0));
    Ok(Some(joined))
}

/// Refuses a list in which a file stands twice, or whose files cannot share the slices.
fn each_once(names: &[String], slices: usize) -> Result<(), Fault> {
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(Fault::new(
            Problem::DuplicateSlices,
            format!("the data file `{twice:.200}` is named twice"),
            "correct the list of data files in the header",
        ));
    }
    if !names.is_empty() && !slices.is_multiple_of(names.len()) {
        return Err(Fault::new(
            Problem::MissingSlices,
            format!("{} data files for {slices} slices", names.len()),
            "correct the list of data files in the header",
        ));
    }
    Ok(())
}

fn extension_warning(path: &Path, format: Format, warnings: &mut Vec<String>) {
    if let Some(promised) = by_extension(path)
        && promised != format
    {
        warnings.push(format!(
            "the name says {promised}, the content is {format}; it was read as {format}"
        ));
    }
}
