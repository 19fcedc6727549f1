//! Reading and writing volumes: NIfTI, MetaImage, NRRD, Scanco AIM and ISQ, DICOM series, TIFF stacks.

mod aim;
mod aim_pack;
mod bytes;
mod compress;
mod deflate;
mod dicom;
mod error;
mod folder;
mod header;
mod inspect;
mod isq;
mod metaimage;
mod nifti;
mod nrrd;
mod open;
mod options;
mod output;
mod sample;
mod scanco;
mod source;
mod tags;
mod text;
mod tiff;
mod unit;

pub use error::{Error, ErrorKind, Problem};
pub use inspect::{Info, inspect};
pub use open::{open, open_bytes, open_labels, open_labels_with};
pub use options::{OpenOptions, Samples, WriteOptions};
pub use output::{write, write_labels, write_labels_with, write_mask, write_mask_with};
pub use source::{Format, Identity, Opened, Source};
