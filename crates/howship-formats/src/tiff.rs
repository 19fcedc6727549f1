use crate::error::Fault;
use crate::open::Loaded;
use crate::sample::Voxel;
use crate::{Error, OpenOptions};
use std::path::Path;
pub(crate) fn is_tiff(start: &[u8]) -> bool {
    start.starts_with(b"II*\0") || start.starts_with(b"MM\0*")
}
pub(crate) fn load_file<V: Voxel>(
    path: &Path,
    _bytes: &[u8],
    _options: &OpenOptions,
) -> Result<Loaded<V>, Error> {
    Err(Fault::unsupported("TIFF is not read yet", "convert it to NIfTI").at(path))
}
