//! Writing: the smallest sample type, one temporary file per target, then a rename.

use crate::commit::{commit, folder_of};
use crate::part::{Image, Stem, bytes_of, encode, smallest_exact};
use crate::sample::SampleType;
use crate::{Error, Format, Samples, WriteOptions, metaimage, nifti, tags};
use howship_image::{Geometry, Labels, Mask, Scan};
use rayon::prelude::*;
use std::path::Path;

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
        notes: &options.notes,
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
        notes: &options.notes,
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
