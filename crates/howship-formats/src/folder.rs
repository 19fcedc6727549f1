use crate::error::Fault;
use crate::inspect::Info;
use crate::open::Loaded;
use crate::sample::Voxel;
use crate::{Error, OpenOptions};
use std::path::Path;
pub(crate) fn load<V: Voxel>(path: &Path, _options: &OpenOptions) -> Result<Loaded<V>, Error> {
    Err(Fault::unsupported("folders are not read yet", "give a file").at(path))
}
pub(crate) fn inspect(path: &Path, _options: &OpenOptions) -> Result<Info, Error> {
    Err(Fault::unsupported("folders are not read yet", "give a file").at(path))
}
