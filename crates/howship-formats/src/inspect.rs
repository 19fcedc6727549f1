//! What a file says of itself, without its voxels.

use crate::budget::Budget;
use crate::error::Parsed;
use crate::format::{by_extension, detect, parse};
use crate::header::check_grid;
use crate::loaded::{Info, info_of};
use crate::packed::is_gzip;
use crate::{Error, Format, OpenOptions};
use std::io::Read;
use std::path::Path;

/// Header facts. Of NIfTI, MetaImage, NRRD and Scanco files only the first mebibyte is read; of DICOM
/// what lies before the pixels; of TIFF the directories.
///
/// # Errors
/// As [`crate::open`], except for what only the voxels show.
pub fn inspect(path: &Path, options: &OpenOptions) -> Result<Info, Error> {
    let meta = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
    let budget = Budget::of(options.max_bytes);
    if meta.is_dir() {
        return crate::folder::inspect(path, options, &budget);
    }
    let start = head_of(path)?;
    let format = detect(&start, path).map_err(|f| f.at(path))?;
    match format {
        Format::Dicom => crate::dicom::inspect_file(path, options, &budget),
        Format::Tiff => crate::tiff::inspect_file(path, options),
        _ => from_head(format, &start, path, options).map_err(|f| f.at(path)),
    }
}

fn from_head(format: Format, start: &[u8], path: &Path, options: &OpenOptions) -> Parsed<Info> {
    let header = parse(format, start, path, options.spacing_mm)?;
    check_grid(&header.geometry, options.max_bytes)?;
    let mut info = info_of(header, path, options)?;
    if by_extension(path).is_some_and(|promised| promised != format) {
        info.source
            .warnings
            .push(format!("the content is {format}, whatever the name says"));
    }
    if is_gzip(start) {
        info.source
            .header
            .push(("compression".to_owned(), "gzip".to_owned()));
    }
    Ok(info)
}

/// The first mebibyte of a file, or all of a smaller one.
fn head_of(path: &Path) -> Result<Vec<u8>, Error> {
    let file = std::fs::File::open(path).map_err(|e| Error::reading(path, e))?;
    let mut out = Vec::new();
    file.take(1 << 20)
        .read_to_end(&mut out)
        .map_err(|e| Error::reading(path, e))?;
    Ok(out)
}
