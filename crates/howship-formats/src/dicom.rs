//! DICOM: a folder with one series of slices, or one multi-frame file.
//!
//! Slices are ordered by where they lie (Image Position along the normal of the orientation), never
//! by instance number. What would make a wrong grid is refused and named: gaps, duplicates, tilt,
//! slices of several sizes or orientations, several series, several patients.

pub(crate) mod attributes;
pub(crate) mod guard;
mod pixels;
pub(crate) mod rle;
mod series;
mod stack;

pub(crate) use series::{inspect_files, load_files};

use crate::loaded::{Info, Loaded};
use crate::sample::Voxel;
use crate::{Error, OpenOptions};
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
) -> Result<Loaded<V>, Error> {
    let object = attributes::Object::parse(path, bytes.to_vec()).map_err(|f| f.at(path))?;
    load_files(path, vec![object], Vec::new(), options)
}

/// As [`load_file`], without the pixels.
pub(crate) fn inspect_file(
    path: &Path,
    bytes: &[u8],
    options: &OpenOptions,
) -> Result<Info, Error> {
    let object = attributes::Object::parse(path, bytes.to_vec()).map_err(|f| f.at(path))?;
    inspect_files(path, vec![object], Vec::new(), options)
}

/// Reads the attributes of one file; the pixels stay packed.
pub(crate) fn read_object(path: &Path, max_bytes: u64) -> Result<Object, Error> {
    let bytes = crate::loaded::read_file(path, max_bytes)?;
    Object::parse(path, bytes).map_err(|f| f.at(path))
}

pub(crate) use attributes::Object;
