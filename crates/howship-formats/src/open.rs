//! Opening: bytes, format, header, samples.

use crate::deflate::is_gzip;
use crate::error::{Fault, Problem};
use crate::format::{by_extension, detect, parse};
use crate::header::{Header, Packing, Place, check_grid};
use crate::loaded::{Loaded, read_file, source};
use crate::sample::Voxel;
use crate::unit::settle;
use crate::{Error, Format, OpenOptions, Opened, Source};
use crate::{dicom, tiff};
use howship_image::{Labels, Scan, Volume};
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
    let loaded = load::<f32>(path, options)?;
    let volume =
        Volume::new(loaded.geometry, loaded.values).map_err(|e| Fault::geometry(&e).at(path))?;
    let scan = Scan {
        volume,
        unit: loaded.unit,
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
    let loaded = decode::<f32>(path, bytes, Some(format), None, options)?;
    let volume =
        Volume::new(loaded.geometry, loaded.values).map_err(|e| Fault::geometry(&e).at(path))?;
    let scan = Scan {
        volume,
        unit: loaded.unit,
        calibration: loaded.calibration,
    };
    Ok(Opened {
        scan,
        source: loaded.source,
    })
}

fn load<V: Voxel>(path: &Path, options: &OpenOptions) -> Result<Loaded<V>, Error> {
    let meta = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
    if meta.is_dir() {
        return crate::folder::load(path, options);
    }
    let bytes = read_file(path, options.max_bytes)?;
    decode(
        path,
        &bytes,
        None,
        Some(&|name| neighbour(path, name, options)),
        options,
    )
}

/// A file that a header names, in the header's folder.
fn neighbour(header: &Path, name: &str, options: &OpenOptions) -> Result<Vec<u8>, Error> {
    let relative = Path::new(name);
    let inside = relative
        .components()
        .all(|c| matches!(c, std::path::Component::Normal(_)));
    if !inside || name.is_empty() {
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
    read_file(&path, options.max_bytes)
}

type Neighbour<'a> = &'a dyn Fn(&str) -> Result<Vec<u8>, Error>;

pub(crate) fn decode<V: Voxel>(
    path: &Path,
    bytes: &[u8],
    format: Option<Format>,
    neighbour: Option<Neighbour<'_>>,
    options: &OpenOptions,
) -> Result<Loaded<V>, Error> {
    let at = |fault: Fault| fault.at(path);
    let format = match format {
        Some(format) => format,
        None => detect(bytes, path).map_err(at)?,
    };
    match format {
        Format::Dicom => return dicom::load_file(path, bytes, options),
        Format::Tiff => return tiff::load_file(path, bytes, options),
        _ => {}
    }
    let mut header = parse(format, bytes, path).map_err(at)?;
    check_grid(&header.geometry, options.max_bytes).map_err(at)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    let outside = outside_data(&mut header, neighbour, path, &mut hasher)?;
    let settled = settle(&header, options).map_err(at)?;
    // Labels stay as stored: a density calibration is not theirs.
    let sampling = if V::LABELS {
        header.sampling
    } else {
        settled.sampling
    };
    let values = header
        .decode(outside.as_deref().unwrap_or(bytes), &sampling)
        .map_err(at)?;
    let mut source = source(&header, path, &hasher, settled.known);
    extension_warning(path, format, &mut source.warnings);
    if options.spacing_mm.is_some() {
        source
            .warnings
            .push("the spacing that was stated is not used: the file has its own".into());
    }
    Ok(Loaded {
        geometry: header.geometry,
        values,
        unit: settled.unit,
        calibration: header.calibration,
        source,
    })
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
    let size = header.sampling.kind.bytes();
    let share = (header.geometry.voxels() * size)
        .checked_div(names.len())
        .unwrap_or(0);
    let mut joined = Vec::new();
    for name in &names {
        let bytes = read(name)?;
        hasher.update(&bytes);
        let from = skip.unwrap_or(bytes.len().saturating_sub(share));
        let part = bytes.get(from..from.saturating_add(share)).ok_or_else(|| {
            let fault = Fault::truncated("a slice", from.saturating_add(share), bytes.len());
            fault.at(&path.with_file_name(name))
        })?;
        joined.extend_from_slice(part);
    }
    header.place = Place::Files(names, Some(0));
    Ok(Some(joined))
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
