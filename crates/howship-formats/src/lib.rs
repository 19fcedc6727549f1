//! Reading and writing volumes: NIfTI, MetaImage, NRRD, Scanco AIM and ISQ, DICOM series, TIFF stacks.
//!
//! [`open`] takes a file or a folder and gives a [`howship_image::Scan`] (values, LPS grid, density
//! unit, calibration) with a [`Source`]: hash, header, how millimetres and density were known,
//! warnings. [`open_labels`] gives exact whole numbers, [`inspect`] the header alone.
//! [`write()`](write()) and [`write_labels`] write so that unit and calibration come back.
//!
//! | format | read | written | variants | refused |
//! |---|---|---|---|---|
//! | NIfTI | yes | yes | 1 and 2, both byte orders, integers and floats, slope, sform, qform, pairs, gzip | series of volumes, complex, colour, sheared axes |
//! | MetaImage | yes | yes | `LOCAL`, detached, `LIST`, pattern, zlib, both byte orders, text | several values per voxel |
//! | NRRD | yes | yes | raw, gzip, text, detached, both byte orders, LPS, RAS, LAS | bzip2, hex, 4 and more axes |
//! | Scanco AIM | yes | yes | 020, 030; char, short, int, float, run lengths, bits | 010, 011, vectors |
//! | Scanco ISQ | yes | no | with and without calibration | radiographs, raw projections |
//! | DICOM | yes | no | series and enhanced multi-frame; native, float, deflated, RLE, JPEG, JPEG-LS, JPEG 2000 | gaps, duplicates, tilt, mixtures, 32-bit, colour |
//! | TIFF | yes | no | multi-page or folder, grey, integers and floats, deflate, LZW, PackBits | colour, channels, spacing not stated |
//!
//! Scanco files with a calibration are converted to mgHA/cm³, CT in DICOM is in HU; a unit that the
//! caller states must not contradict the file. `FORMATS.md` beside this crate says it all for users.
//!
//! # Bad input
//! Every failure is an [`Error`] that names the file, the reason and what to do; [`Error::kind`] maps
//! it to what the caller can do. No size is believed before the file can hold it: deflate expands at
//! most 1032 times, so that a small file which claims gigabytes fails before memory is taken, and one
//! budget counts all that a reading takes. DICOM is walked for depth and lengths before a parser that
//! recurses sees it. Packed streams are read to their end and their checksums verified; what Howship
//! writes without a container that has one carries a checksum of its own.
//!
//! # Sources
//! NIfTI-1: Cox et al. 2004 and `nifti1.h`; NIfTI-2: Hinds 2011. MetaImage: the MetaIO
//! documentation of ITK. NRRD: Kindlmann, `nrrd` format definition. AIM and ISQ: the layouts that
//! AimIO (Numerics88) and ITKIOScanco read. DICOM: PS3.3 C.7.6, PS3.5 Annexes A and G.

mod aim;
mod aim_pack;
mod budget;
mod bytes;
mod commit;
mod compress;
mod dicom;
mod error;
mod film;
mod folder;
mod format;
mod grid;
mod header;
mod inspect;
mod isq;
mod lengths;
mod loaded;
mod metaimage;
mod nifti;
mod nrrd;
mod open;
mod options;
mod output;
mod packed;
mod part;
mod printable;
mod sample;
mod scanco;
mod seal;
mod slice_order;
mod slices;
mod source;
mod tags;
mod text;
mod tiff;
mod unit;

pub use error::{Error, ErrorKind, Problem};
pub use film::fence::{decode_in_process, serve_decoder};
pub use film::{
    FilmFormat, FilmSource, ImageKind, OpenFilmOptions, OpenedFilm, StoredPixels, image_kind,
    open_film, open_film_bytes, stored_pixels, write_film,
};
pub use inspect::inspect;
pub use loaded::Info;
pub use open::{open, open_bytes, open_labels, open_labels_with};
pub use options::{OpenOptions, Samples, WriteOptions};
pub use output::{write, write_labels, write_labels_with, write_mask, write_mask_with};
pub use sample::{LARGEST_DENSITY, LARGEST_VALUE, NotNumbers};
pub use source::{Format, Identity, Opened, Source};
