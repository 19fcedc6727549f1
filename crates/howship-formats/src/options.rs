use crate::Format;
use howship_image::{Calibration, DensityUnit};

/// How a file is opened.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenOptions {
    /// What the stored numbers are, for files that do not say. A file that says otherwise is an error.
    pub unit: Option<DensityUnit>,
    /// How native counts become density, for files that do not say. Alone, it says of a file without
    /// unit that its numbers are native counts; a file that carries another calibration is an error.
    pub calibration: Option<Calibration>,
    /// The unit to convert to; an error where no calibration leads there. Default: mgHA/cm³ for native
    /// counts with a calibration, else the unit the file is in.
    pub to: Option<DensityUnit>,
    /// Millimetres along x, y, z, for files that do not say (TIFF), and for those whose own sources
    /// disagree: it settles which is right. Where the file says, this is ignored with a warning.
    pub spacing_mm: Option<[f64; 3]>,
    /// The most bytes that one reading may take: all its files and the decoded volume (4 per voxel)
    /// together. Default 16 GiB.
    pub max_bytes: u64,
    /// Leave out slices that are damaged, and take files whose checksum does not fit; what was left
    /// out is said in the warnings. Default: damage is an error.
    pub skip_damaged: bool,
    /// Series Instance UID to read where a folder holds several.
    pub series_uid: Option<String>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            unit: None,
            calibration: None,
            to: None,
            spacing_mm: None,
            max_bytes: 16 << 30,
            skip_damaged: false,
            series_uid: None,
        }
    }
}

/// The type of the samples written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Samples {
    /// 32-bit floating point: what the volume holds.
    #[default]
    Float32,
    /// The smallest integer type that holds every value exactly; floating point where none does.
    SmallestExact,
}

/// How a file is written.
#[derive(Debug, Clone, PartialEq)]
pub struct WriteOptions {
    /// The format; `None` takes it from the extension.
    pub format: Option<Format>,
    /// The type of the samples.
    pub samples: Samples,
    /// Replace a file that exists.
    pub overwrite: bool,
    /// Compression from 0 (none) to 9. Default 3: on noisy density data higher levels cost several
    /// times the time for 1 to 3 % of the size.
    pub level: u32,
    /// What is kept in the header beside the values, a key (letters, digits, `_`) and a text each: what labels mean,
    /// say. NIfTI (a comment extension), MetaImage and NRRD hold it, AIM does not.
    pub notes: Vec<(String, String)>,
    /// AIM only: write version 030 (64-bit sizes, spacing in nanometres) instead of 020.
    pub aim_030: bool,
}

impl Default for WriteOptions {
    fn default() -> Self {
        Self {
            format: None,
            samples: Samples::Float32,
            overwrite: false,
            level: 3,
            notes: Vec::new(),
            aim_030: false,
        }
    }
}
