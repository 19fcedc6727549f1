//! A folder: one DICOM series or one stack of TIFF slices.

use crate::dicom::{self, Object};
use crate::error::{Fault, Problem};
use crate::loaded::{Info, Loaded};
use crate::sample::Voxel;
use crate::text::few;
use crate::{Error, OpenOptions, tiff};
use rayon::prelude::*;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The files of a folder, by what they hold.
struct Listing {
    dicom: Vec<PathBuf>,
    tiff: Vec<PathBuf>,
    others: Vec<String>,
    folders: Vec<String>,
}

pub(crate) fn load<V: Voxel>(path: &Path, options: &OpenOptions) -> Result<Loaded<V>, Error> {
    let listing = list(path)?;
    if listing.dicom.is_empty() && !listing.tiff.is_empty() {
        return tiff::load_folder(path, listing.tiff, skipped(&listing.others), options);
    }
    let (objects, warnings) = objects(path, listing, options)?;
    dicom::load_files(path, objects, warnings, options)
}

pub(crate) fn inspect(path: &Path, options: &OpenOptions) -> Result<Info, Error> {
    let listing = list(path)?;
    if listing.dicom.is_empty() && !listing.tiff.is_empty() {
        let loaded: Loaded<f32> =
            tiff::load_folder(path, listing.tiff, skipped(&listing.others), options)?;
        return Ok(Info {
            geometry: loaded.geometry,
            unit: loaded.unit,
            calibration: loaded.calibration,
            source: loaded.source,
        });
    }
    let (objects, warnings) = objects(path, listing, options)?;
    dicom::inspect_files(path, objects, warnings, options)
}

fn list(path: &Path) -> Result<Listing, Error> {
    let mut out = Listing {
        dicom: Vec::new(),
        tiff: Vec::new(),
        others: Vec::new(),
        folders: Vec::new(),
    };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|e| Error::reading(path, e))? {
        names.push(entry.map_err(|e| Error::reading(path, e))?.path());
    }
    names.sort();
    for file in names {
        let name = file
            .file_name()
            .map(|n| n.to_string_lossy().into_owned())
            .unwrap_or_default();
        if name.starts_with('.') {
            continue;
        }
        if file.is_dir() {
            out.folders.push(name);
            continue;
        }
        let start = start_of(&file)?;
        if dicom::is_dicom(&start) && name != "DICOMDIR" {
            out.dicom.push(file);
        } else if tiff::is_tiff(&start) {
            out.tiff.push(file);
        } else {
            out.others.push(name);
        }
    }
    Ok(out)
}

fn start_of(file: &Path) -> Result<Vec<u8>, Error> {
    let mut start = Vec::new();
    std::fs::File::open(file)
        .and_then(|f| f.take(256).read_to_end(&mut start))
        .map_err(|e| Error::reading(file, e))?;
    Ok(start)
}

fn skipped(others: &[String]) -> Vec<String> {
    if others.is_empty() {
        return Vec::new();
    }
    vec![format!(
        "{} file(s) that are no slices skipped: {}",
        others.len(),
        few(others)
    )]
}

fn objects(
    path: &Path,
    listing: Listing,
    options: &OpenOptions,
) -> Result<(Vec<Object>, Vec<String>), Error> {
    if listing.dicom.is_empty() {
        let reason = if !listing.folders.is_empty() {
            format!(
                "a folder without images (it holds the folders {})",
                few(&listing.folders)
            )
        } else if listing.others.is_empty() {
            "an empty folder".to_owned()
        } else {
            format!(
                "a folder without DICOM or TIFF (it holds {})",
                few(&listing.others)
            )
        };
        let advice = "give the folder that holds the slices, or the volume's file itself";
        return Err(Fault::new(Problem::NotAnImage, reason, advice).at(path));
    }
    let mut warnings = skipped(&listing.others);
    if !listing.tiff.is_empty() {
        warnings.push(format!(
            "{} TIFF file(s) beside DICOM skipped",
            listing.tiff.len()
        ));
    }
    let objects: Vec<Object> = listing
        .dicom
        .par_iter()
        .map(|file| dicom::read_object(file, options.max_bytes))
        .collect::<Result<_, _>>()?;
    Ok((objects, warnings))
}
