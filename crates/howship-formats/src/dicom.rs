use crate::error::Fault;
use crate::inspect::Info;
use crate::open::Loaded;
use crate::sample::Voxel;
use crate::{Error, OpenOptions};
use std::path::Path;
pub(crate) fn is_dicom(start: &[u8]) -> bool {
    start.get(128..132) == Some(b"DICM")
}
pub(crate) fn load_file<V: Voxel>(
    path: &Path,
    _bytes: &[u8],
    _options: &OpenOptions,
) -> Result<Loaded<V>, Error> {
    Err(Fault::unsupported("DICOM is not read yet", "convert it to NIfTI").at(path))
}
pub(crate) fn inspect_file(
    path: &Path,
    _bytes: &[u8],
    _options: &OpenOptions,
) -> Result<Info, Error> {
    Err(Fault::unsupported("DICOM is not read yet", "convert it to NIfTI").at(path))
}
