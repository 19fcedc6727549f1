use crate::sample::NotNumbers;
use howship_image::{Scan, UnitKnown};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum Format {
    /// NIfTI-1 or NIfTI-2: `.nii`, `.nii.gz`, `.hdr` + `.img`.
    #[serde(rename = "NIfTI")]
    Nifti,
    /// MetaImage: `.mha`, `.mhd` + data.
    MetaImage,
    /// NRRD: `.nrrd`, `.nhdr` + data.
    #[serde(rename = "NRRD")]
    Nrrd,
    /// Scanco AIM: `.aim`.
    #[serde(rename = "Scanco AIM")]
    Aim,
    /// Scanco ISQ: `.isq`.
    #[serde(rename = "Scanco ISQ")]
    Isq,
    /// DICOM: a folder with one series, or one multi-frame file.
    #[serde(rename = "DICOM")]
    Dicom,
    /// TIFF: a multi-page file, or a folder of slices.
    #[serde(rename = "TIFF")]
    Tiff,
}

impl Format {
    /// All formats, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Nifti,
        Self::MetaImage,
        Self::Nrrd,
        Self::Aim,
        Self::Isq,
        Self::Dicom,
        Self::Tiff,
    ];
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nifti => "NIfTI",
            Self::MetaImage => "MetaImage",
            Self::Nrrd => "NRRD",
            Self::Aim => "Scanco AIM",
            Self::Isq => "Scanco ISQ",
            Self::Dicom => "DICOM",
            Self::Tiff => "TIFF",
        })
    }
}

/// Whose image this is and when it was taken, as far as the file says: only what is needed to warn
/// that two patients, sides or sites are mixed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Patient identifier (DICOM Patient ID, Scanco patient index).
    pub patient_id: Option<String>,
    /// Body part (DICOM Body Part Examined, Scanco site code).
    pub site: Option<String>,
    /// `L` or `R`.
    pub laterality: Option<String>,
    /// Date of the scan: `YYYY-MM-DD`, or the file's own words.
    pub date: Option<String>,
    /// DICOM Frame of Reference UID.
    pub frame_of_reference: Option<String>,
    /// DICOM Series Instance UID.
    pub series_uid: Option<String>,
    /// DICOM modality, or the scanner.
    pub modality: Option<String>,
}

/// Where a volume came from and how its millimetres and its density were known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Source {
    /// File or folder.
    #[serde(serialize_with = "in_text")]
    pub path: PathBuf,
    /// Its format.
    pub format: Format,
    /// BLAKE3 of the file's bytes (header and data file one after the other where there are two);
    /// of a folder: of the sorted hashes of the files used.
    pub blake3: String,
    /// How the spacing was known.
    pub spacing_known: String,
    /// How the density unit was known.
    pub unit_known: String,
    /// The same in one word.
    pub known: UnitKnown,
    /// Values that are no numbers; `None` where there are none, or where only the header was read.
    pub not_numbers: Option<NotNumbers>,
    /// The type of the stored samples.
    pub stored: String,
    /// Whose image, and when.
    pub identity: Identity,
    /// Header entries in the file's order.
    pub header: Vec<(String, String)>,
    /// What was odd and how it was read.
    pub warnings: Vec<String>,
}

/// A scan and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// The values with their grid and unit.
    pub scan: Scan,
    /// Where they came from.
    pub source: Source,
}

/// A path as text, with a sign in the place of what is none: a name need not be UTF-8.
fn in_text<S: serde::Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}
