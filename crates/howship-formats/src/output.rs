//! Writing: the smallest sample type, one temporary file per target, then a rename.

use crate::sample::SampleType;
use crate::{Error, Format, Samples, WriteOptions, metaimage, nifti, tags};
use howship_image::{Geometry, Labels, Mask, Scan};
use rayon::prelude::*;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What a format's writer gets.
pub(crate) struct Image<'a> {
    pub(crate) geometry: &'a Geometry,
    pub(crate) kind: SampleType,
    /// Samples, little endian.
    pub(crate) stored: Vec<u8>,
    pub(crate) tags: Vec<(&'static str, String)>,
    pub(crate) level: u32,
}

/// The target's name, apart.
pub(crate) struct Stem {
    pub(crate) name: String,
    /// Lower case, `nii.gz` in one.
    pub(crate) extension: String,
}

/// One file to write: pieces of bytes that follow each other.
pub(crate) struct Part {
    /// `None`: the target itself.
    name: Option<String>,
    pieces: Vec<Vec<u8>>,
}

impl Part {
    pub(crate) fn target(pieces: Vec<Vec<u8>>) -> Self {
        Self { name: None, pieces }
    }

    pub(crate) fn beside(name: String, pieces: Vec<Vec<u8>>) -> Self {
        Self {
            name: Some(name),
            pieces,
        }
    }
}

/// Writes a scan; unit and calibration go with it (see the crate's documentation for where).
///
/// # Errors
/// The target exists (unless overwriting is allowed), the folder cannot be written, or the format
/// cannot hold the scan. Nothing is left behind.
pub fn write(path: &Path, scan: &Scan, options: &WriteOptions) -> Result<(), Error> {
    let (format, stem) = target(path, options)?;
    check_target(path, options)?;
    if format == Format::Aim {
        let part = crate::aim::write_scan(scan, options).map_err(|e| e.at(path))?;
        return commit(path, vec![part], options);
    }
    let values = scan.volume.data();
    let kind = match options.samples {
        Samples::Float32 => SampleType::F32,
        Samples::SmallestExact => smallest_exact(values),
    };
    let image = Image {
        geometry: scan.volume.geometry(),
        kind,
        stored: encode(values, kind),
        tags: tags::of_scan(scan),
        level: options.level,
    };
    emit(path, format, image, &stem, options)
}

/// Writes labels as the smallest unsigned integers that hold them, with the default options.
///
/// # Errors
/// As [`write()`].
pub fn write_labels(path: &Path, labels: &Labels) -> Result<(), Error> {
    write_labels_with(path, labels, &WriteOptions::default())
}

/// As [`write_labels`], with options (`samples` is not used).
///
/// # Errors
/// As [`write()`].
pub fn write_labels_with(
    path: &Path,
    labels: &Labels,
    options: &WriteOptions,
) -> Result<(), Error> {
    let values = labels.data();
    let largest = values.par_iter().copied().max().unwrap_or(0);
    let kind = match largest {
        0..=255 => SampleType::U8,
        256..=65535 => SampleType::U16,
        _ => SampleType::U32,
    };
    let stored = match kind {
        SampleType::U8 => values.par_iter().map(|&v| v as u8).collect(),
        SampleType::U16 => bytes_of(values, |v| (v as u16).to_le_bytes()),
        _ => bytes_of(values, u32::to_le_bytes),
    };
    write_integers(path, labels.geometry(), kind, stored, options)
}

/// Writes a mask as bytes, with the default options.
///
/// # Errors
/// As [`write()`].
pub fn write_mask(path: &Path, mask: &Mask) -> Result<(), Error> {
    write_mask_with(path, mask, &WriteOptions::default())
}

/// As [`write_mask`], with options (`samples` is not used).
///
/// # Errors
/// As [`write()`].
pub fn write_mask_with(path: &Path, mask: &Mask, options: &WriteOptions) -> Result<(), Error> {
    write_integers(
        path,
        mask.geometry(),
        SampleType::U8,
        mask.data().to_vec(),
        options,
    )
}

fn write_integers(
    path: &Path,
    geometry: &Geometry,
    kind: SampleType,
    stored: Vec<u8>,
    options: &WriteOptions,
) -> Result<(), Error> {
    let (format, stem) = target(path, options)?;
    check_target(path, options)?;
    let image = Image {
        geometry,
        kind,
        stored,
        tags: Vec::new(),
        level: options.level,
    };
    emit(path, format, image, &stem, options)
}

fn emit(
    path: &Path,
    format: Format,
    image: Image<'_>,
    stem: &Stem,
    options: &WriteOptions,
) -> Result<(), Error> {
    let parts = match format {
        Format::Nifti => nifti::write(image, stem),
        Format::MetaImage => metaimage::write(image, stem),
        Format::Nrrd => crate::nrrd::write(image, stem),
        Format::Aim => {
            let part = crate::aim::write_labels(image, options).map_err(|e| e.at(path))?;
            Ok(vec![part])
        }
        Format::Isq | Format::Dicom | Format::Tiff => {
            return Err(unwritable(path, format!("{format} is read, not written")));
        }
    };
    let parts = parts.map_err(|e| Error::writing(path, e))?;
    commit(path, parts, options)
}

fn unwritable(path: &Path, reason: String) -> Error {
    Error::Unwritable {
        path: path.to_owned(),
        reason,
        advice: "use `.nii.gz`, `.nii`, `.mha`, `.mhd`, `.nrrd`, `.nhdr` or `.aim`".into(),
    }
}

/// Format and name from the path.
fn target(path: &Path, options: &WriteOptions) -> Result<(Format, Stem), Error> {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let lower = name.to_ascii_lowercase();
    const KNOWN: [(&str, Format); 9] = [
        ("nii.gz", Format::Nifti),
        ("nii", Format::Nifti),
        ("mha", Format::MetaImage),
        ("mhd", Format::MetaImage),
        ("nrrd", Format::Nrrd),
        ("nhdr", Format::Nrrd),
        ("aim", Format::Aim),
        ("isq", Format::Isq),
        ("tif", Format::Tiff),
    ];
    let known = KNOWN.iter().find(|(extension, _)| {
        lower
            .strip_suffix(extension)
            .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
    });
    match (known, options.format) {
        (Some(&(extension, format)), asked) => {
            let name = name[..name.len() - extension.len() - 1].to_owned();
            let stem = Stem {
                name,
                extension: extension.to_owned(),
            };
            Ok((asked.unwrap_or(format), stem))
        }
        (None, Some(format)) => Ok((
            format,
            Stem {
                name,
                extension: String::new(),
            },
        )),
        (None, None) => Err(unwritable(
            path,
            "its extension names no volume format".into(),
        )),
    }
}

/// The errors that are known before the work of encoding.
fn check_target(path: &Path, options: &WriteOptions) -> Result<(), Error> {
    if !options.overwrite && path.symlink_metadata().is_ok() {
        return Err(Error::Exists {
            path: path.to_owned(),
        });
    }
    let folder = folder_of(path);
    match std::fs::metadata(folder) {
        Ok(meta) if meta.is_dir() => Ok(()),
        Ok(_) => Err(Error::NoFolder {
            path: path.to_owned(),
        }),
        Err(e) => Err(Error::writing(path, e)),
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes every part to a temporary file in the target's folder; renames when all are whole.
fn commit(path: &Path, parts: Vec<Part>, options: &WriteOptions) -> Result<(), Error> {
    let folder = folder_of(path);
    let mut ready = Vec::new();
    for part in parts {
        let target: PathBuf = match &part.name {
            Some(name) => folder.join(name),
            None => path.to_owned(),
        };
        if !options.overwrite && target.symlink_metadata().is_ok() {
            return Err(Error::Exists { path: target });
        }
        let file = temporary(folder, &part.pieces).map_err(|e| Error::writing(&target, e))?;
        ready.push((target, file));
    }
    for (target, file) in ready {
        let moved = if options.overwrite {
            file.persist(&target)
        } else {
            file.persist_noclobber(&target)
        };
        moved.map_err(|e| Error::writing(&target, e.error))?;
    }
    Ok(())
}

fn temporary(folder: &Path, pieces: &[Vec<u8>]) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".howship-").suffix(".part");
    // A temporary file is private by default; a result has the permissions of any new file.
    #[cfg(unix)]
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    let mut file = builder.tempfile_in(folder)?;
    for piece in pieces {
        file.write_all(piece)?;
    }
    // A full disk may be reported only now.
    file.as_file().sync_all()?;
    Ok(file)
}

/// The smallest integer type that holds every value exactly, or `F32`.
pub(crate) fn smallest_exact(values: &[f32]) -> SampleType {
    let range = values
        .par_chunks(1 << 16)
        .map(|chunk| {
            let mut range = Some((0.0f32, 0.0f32));
            for &v in chunk {
                range = match range {
                    Some((low, high)) if v.fract() == 0.0 && (v != 0.0 || v.is_sign_positive()) => {
                        Some((low.min(v), high.max(v)))
                    }
                    // Not whole, not finite, or the negative zero, which integers lack.
                    _ => return None,
                };
            }
            range
        })
        .reduce(
            || Some((0.0, 0.0)),
            |a, b| Some((a?.0.min(b?.0), a?.1.max(b?.1))),
        );
    let Some((low, high)) = range else {
        return SampleType::F32;
    };
    let fits = |from: f64, to: f64| f64::from(low) >= from && f64::from(high) <= to;
    if fits(0.0, 255.0) {
        SampleType::U8
    } else if fits(-32768.0, 32767.0) {
        SampleType::I16
    } else if fits(0.0, 65535.0) {
        SampleType::U16
    } else if fits(-2_147_483_648.0, 2_147_483_647.0) {
        SampleType::I32
    } else {
        SampleType::F32
    }
}

/// Samples of the type, little endian; the values must fit it.
pub(crate) fn encode(values: &[f32], kind: SampleType) -> Vec<u8> {
    match kind {
        SampleType::U8 => values.par_iter().map(|&v| v as u8).collect(),
        SampleType::I8 => values.par_iter().map(|&v| v as i8 as u8).collect(),
        SampleType::I16 => bytes_of(values, |v| (v as i16).to_le_bytes()),
        SampleType::U16 => bytes_of(values, |v| (v as u16).to_le_bytes()),
        SampleType::I32 => bytes_of(values, |v| (v as i32).to_le_bytes()),
        SampleType::U32 => bytes_of(values, |v| (v as u32).to_le_bytes()),
        SampleType::I64 => bytes_of(values, |v| (v as i64).to_le_bytes()),
        SampleType::U64 => bytes_of(values, |v| (v as u64).to_le_bytes()),
        SampleType::F64 => bytes_of(values, |v| f64::from(v).to_le_bytes()),
        SampleType::F32 => bytes_of(values, f32::to_le_bytes),
    }
}

fn bytes_of<T: Copy + Sync, const N: usize>(
    values: &[T],
    bytes: impl Fn(T) -> [u8; N] + Sync,
) -> Vec<u8> {
    const STEP: usize = 1 << 16;
    let mut out = vec![0u8; values.len() * N];
    out.par_chunks_mut(STEP * N)
        .zip(values.par_chunks(STEP))
        .for_each(|(to, from)| {
            let (to, _) = to.as_chunks_mut::<N>();
            for (to, &value) in to.iter_mut().zip(from) {
                *to = bytes(value);
            }
        });
    out
}
