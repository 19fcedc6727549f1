//! DICOM: a folder with one series of slices, or one multi-frame file.
//!
//! Slices are ordered by where they lie (Image Position along the normal of the orientation), never
//! by instance number. What would make a wrong grid is refused and named: gaps, duplicates, tilt,
//! slices of several sizes or orientations, several series, several patients.

mod attributes;
pub(crate) mod data_set;
pub(crate) mod elements;
pub(crate) mod fragments;
mod frames;
pub(crate) mod guard;
pub(crate) mod identity;
mod padding;
mod pixels;
pub(crate) mod rle;
mod scanco;
mod series;
mod stack;

pub(crate) use attributes::Object;
pub(crate) use series::{inspect_files, load_files};

use crate::budget::Budget;
use crate::loaded::{Info, Loaded};
use crate::sample::Voxel;
use crate::{Error, OpenOptions};
use std::io::Read;
use std::path::Path;

/// Whether the bytes begin as a DICOM file does: with a preamble, or with file meta information.
pub(crate) fn is_dicom(start: &[u8]) -> bool {
    start.get(128..132) == Some(b"DICM")
        || start.starts_with(b"DICM")
        || start.starts_with(&[2, 0, 0, 0, b'U', b'L'])
}

/// One file: a volume if it has several frames.
pub(crate) fn load_file<V: Voxel>(
    path: &Path,
    bytes: &[u8],
    options: &OpenOptions,
    budget: &Budget,
) -> Result<Loaded<V>, Error> {
    let object = Object::parse(path, bytes.to_vec()).map_err(|f| f.at(path))?;
    load_files(path, vec![object], Vec::new(), options, budget)
}

/// As [`load_file`], without the pixels.
pub(crate) fn inspect_file(
    path: &Path,
    options: &OpenOptions,
    budget: &Budget,
) -> Result<Info, Error> {
    let object = read_head(path, budget)?;
    inspect_files(path, vec![object], Vec::new(), options)
}

/// The attributes of an image lie before its pixels, mostly in this many bytes.
const HEAD_BYTES: u64 = 1 << 17;

/// As [`read_object`], from the start of the file where that is enough.
pub(crate) fn read_head(path: &Path, budget: &Budget) -> Result<Object, Error> {
    let file = std::fs::File::open(path).map_err(|e| Error::reading(path, e))?;
    let total = file.metadata().map_err(|e| Error::reading(path, e))?.len();
    let mut start = Vec::new();
    if total > HEAD_BYTES {
        file.take(HEAD_BYTES)
            .read_to_end(&mut start)
            .map_err(|e| Error::reading(path, e))?;
        let total = usize::try_from(total).unwrap_or(usize::MAX);
        if let Ok(object) = Object::parse_start(path, start, total) {
            return Ok(object);
        }
    }
    read_object(path, budget)
}

/// Reads the attributes of one file; the pixels stay packed.
pub(crate) fn read_object(path: &Path, budget: &Budget) -> Result<Object, Error> {
    let bytes = budget.read(path)?;
    Object::parse(path, bytes).map_err(|f| f.at(path))
}
