//! What a file says of itself, without its voxels.

use crate::deflate::is_gzip;
use crate::error::Parsed;
use crate::format::{by_extension, detect, parse};
use crate::header::check_grid;
use crate::loaded::{Info, read_file, source};
use crate::unit::settle;
use crate::{Error, Format, OpenOptions};

use std::io::Read;
use std::path::Path;

/// Header facts. Of NIfTI, MetaImage, NRRD and Scanco files only the first mebibyte is read; of a
/// DICOM folder all but the pixels; TIFF stacks are read whole.
///
/// # Errors
/// As [`crate::open`], except for what only the voxels show.
pub fn inspect(path: &Path, options: &OpenOptions) -> Result<Info, Error> {
    let meta = std::fs::metadata(path).map_err(|e| Error::reading(path, e))?;
    if meta.is_dir() {
        return crate::folder::inspect(path, options);
    }
    let start = head_of(path)?;
    let format = detect(&start, path).map_err(|f| f.at(path))?;
    match format {
        Format::Dicom => {
            let bytes = read_file(path, options.max_bytes)?;
            return crate::dicom::inspect_file(path, &bytes, options);
        }
        Format::Tiff => {
            let opened = crate::open(path, options)?;
            return Ok(Info {
                geometry: opened.scan.volume.geometry().clone(),
                unit: opened.scan.unit,
                calibration: opened.scan.calibration,
                source: opened.source,
            });
        }
        _ => {}
    }
    from_head(format, &start, path, options).map_err(|f| f.at(path))
}

fn from_head(format: Format, start: &[u8], path: &Path, options: &OpenOptions) -> Parsed<Info> {
    let header = parse(format, start, path)?;
    check_grid(&header.geometry, options.max_bytes)?;
    let settled = settle(&header, options)?;
    let mut source = source(&header, path, &blake3::Hasher::new(), settled.known);
    source.blake3.clear();
    if by_extension(path).is_some_and(|promised| promised != format) {
        source
            .warnings
            .push(format!("the content is {format}, whatever the name says"));
    }
    if is_gzip(start) {
        source
            .header
            .push(("compression".to_owned(), "gzip".to_owned()));
    }
    Ok(Info {
        geometry: header.geometry,
        unit: settled.unit,
        calibration: header.calibration,
        source,
    })
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
