//! What reading gives: values with their grid, or the header's facts alone.

use crate::error::{Fault, Problem};
use crate::header::Header;
use crate::{Error, Source};
use howship_image::{Calibration, DensityUnit, Geometry};
use std::path::{Path, PathBuf};

/// What decoding gives, for scans and for labels.
pub(crate) struct Loaded<V> {
    pub(crate) geometry: howship_image::Geometry,
    pub(crate) values: Vec<V>,
    pub(crate) unit: howship_image::DensityUnit,
    pub(crate) calibration: Option<howship_image::Calibration>,
    pub(crate) source: Source,
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Info {
    /// The grid.
    pub geometry: Geometry,
    /// The unit that [`crate::open`] would give the values.
    pub unit: DensityUnit,
    /// The calibration, where there is one.
    pub calibration: Option<Calibration>,
    /// Header, provenance and warnings. `blake3` is empty where only the header was read.
    pub source: Source,
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

/// What the header says of where its values came from.
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
