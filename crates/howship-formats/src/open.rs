//! Opening: bytes, format, header, samples.

use crate::deflate::{head, is_gzip};
use crate::error::{Fault, Parsed, Problem};
use crate::header::{Header, Packing, Place, check_grid};
use crate::sample::Voxel;
use crate::unit::settle;
use crate::{Error, Format, OpenOptions, Opened, Source};
use crate::{aim, dicom, isq, metaimage, nifti, nrrd, tiff};
use howship_image::{Labels, Scan, Volume};
use std::path::{Path, PathBuf};

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

/// What decoding gives, for scans and for labels.
pub(crate) struct Loaded<V> {
    pub(crate) geometry: howship_image::Geometry,
    pub(crate) values: Vec<V>,
    pub(crate) unit: howship_image::DensityUnit,
    pub(crate) calibration: Option<howship_image::Calibration>,
    pub(crate) source: Source,
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

/// The bytes of a file, refused beyond the limit before they are read.
pub(crate) fn read_file(path: &Path, max_bytes: u64) -> Result<Vec<u8>, Error> {
    let meta = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
    if meta.len() > max_bytes {
        return Err(Fault::new(
            Problem::TooLarge,
            format!(
                "the file has {} bytes, the limit is {max_bytes}",
                meta.len()
            ),
            "raise the limit or crop the volume",
        )
        .at(path));
    }
    if !meta.is_file() {
        return Err(Fault::new(
            Problem::NotAnImage,
            "neither a file nor a folder",
            "give a file or a folder",
        )
        .at(path));
    }
    std::fs::read(path).map_err(|e| Error::reading(path, e))
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

pub(crate) fn parse(format: Format, bytes: &[u8], path: &Path) -> Parsed<Header> {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    match format {
        Format::Nifti => nifti::parse(bytes, &name),
        Format::MetaImage => metaimage::parse(bytes),
        Format::Nrrd => nrrd::parse(bytes),
        Format::Aim => aim::parse(bytes),
        Format::Isq => isq::parse(bytes),
        Format::Dicom | Format::Tiff => Err(Fault::unsupported(
            format!("{format} has no single header"),
            "open it as a volume",
        )),
    }
}

/// The format, by content first.
pub(crate) fn detect(bytes: &[u8], path: &Path) -> Parsed<Format> {
    if bytes.is_empty() {
        return Err(Fault::new(
            Problem::Empty,
            "the file is empty",
            "copy or export it again",
        ));
    }
    let gzipped = is_gzip(bytes);
    let start = head(bytes, 4096).unwrap_or_default();
    let found = if nifti::is_nifti(&start) {
        Some(Format::Nifti)
    } else if gzipped {
        None
    } else if aim::is_aim(&start) {
        Some(Format::Aim)
    } else if isq::is_isq(&start) {
        Some(Format::Isq)
    } else if nrrd::is_nrrd(&start) {
        Some(Format::Nrrd)
    } else if metaimage::is_metaimage(&start) {
        Some(Format::MetaImage)
    } else if dicom::is_dicom(&start) {
        // Before TIFF: a DICOM preamble may hold a TIFF header.
        Some(Format::Dicom)
    } else if tiff::is_tiff(&start) {
        Some(Format::Tiff)
    } else {
        None
    };
    match found.or_else(|| by_extension(path).filter(|_| !gzipped || is_nifti_name(path))) {
        Some(format) => Ok(format),
        None if gzipped => Err(Fault::new(
            Problem::NotAnImage,
            "gzip around something that is not NIfTI",
            "decompress the file and open what is inside",
        )),
        None => Err(Fault::new(
            Problem::NotAnImage,
            format!(
                "not an image of a known format (it begins with `{}`)",
                printable(&start)
            ),
            "give NIfTI, MetaImage, NRRD, Scanco AIM or ISQ, DICOM or TIFF",
        )),
    }
}

fn printable(start: &[u8]) -> String {
    start
        .iter()
        .take(16)
        .map(|&b| {
            if b.is_ascii_graphic() || b == b' ' {
                char::from(b)
            } else {
                '.'
            }
        })
        .collect()
}

fn is_nifti_name(path: &Path) -> bool {
    by_extension(path) == Some(Format::Nifti)
}

/// The format that the extension promises.
pub(crate) fn by_extension(path: &Path) -> Option<Format> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let name = name.split(';').next().unwrap_or_default();
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let (_, extension) = name.rsplit_once('.')?;
    Some(match extension {
        "nii" | "hdr" => Format::Nifti,
        "mha" | "mhd" => Format::MetaImage,
        "nrrd" | "nhdr" => Format::Nrrd,
        "aim" => Format::Aim,
        "isq" | "rsq" => Format::Isq,
        "dcm" | "dicom" | "ima" => Format::Dicom,
        "tif" | "tiff" => Format::Tiff,
        _ => return None,
    })
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

pub(crate) fn source(
    header: &Header,
    path: &Path,
    hasher: &blake3::Hasher,
    unit_known: String,
) -> Source {
    Source {
        path: PathBuf::from(path),
        format: header.format,
        blake3: hasher.finalize().to_hex().to_string(),
        spacing_known: header.spacing_known.clone(),
        unit_known,
        stored: header.sampling.kind.name().to_owned(),
        identity: header.identity.clone(),
        header: header.entries.clone(),
        warnings: header.warnings.clone(),
    }
}
