use crate::Threshold;
use howship_bone::BoneOptions;
use howship_change::PatientDirection;
use howship_formats::OpenOptions;
use howship_image::{Calibration, DensityUnit};
use std::path::PathBuf;

/// What the user knows of files that do not say it themselves.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Density unit of files that carry none.
    pub unit: Option<DensityUnit>,
    /// Density calibration of files that carry none.
    pub calibration: Option<Calibration>,
    /// Voxel size of files that carry none, mm.
    pub spacing_mm: Option<[f64; 3]>,
    /// Series Instance UID, for DICOM folders that hold several series.
    pub series_uid: Option<String>,
    /// Leave out damaged slices at the ends of a series and take files whose checksum does not fit, and say so.
    pub skip_damaged: bool,
}

impl ScanOptions {
    /// How a file is opened.
    #[must_use]
    pub fn open_options(&self) -> OpenOptions {
        OpenOptions {
            unit: self.unit,
            calibration: self.calibration,
            spacing_mm: self.spacing_mm,
            series_uid: self.series_uid.clone(),
            skip_damaged: self.skip_damaged,
            ..OpenOptions::default()
        }
    }
}

/// How a joint is measured, and what is kept of how it was asked for.
#[derive(Debug, Clone, Default)]
pub struct StudyOptions {
    /// How its files are opened.
    pub scan: ScanOptions,
    /// Bones given as masks or label images, one per visit or one for the first; empty where they are to be found.
    pub masks: Vec<PathBuf>,
    /// Lesions given as a label image of the first visit, or as seeds (CSV, TSV or JSON, LPS mm).
    pub lesions: Option<PathBuf>,
    /// Names of the bones, lowest z first, as in `R.PP2`.
    pub sites: Vec<String>,
    /// Where the palm, of a foot the sole, faces in the patient's axes of the first image.
    pub palm: Option<PatientDirection>,
    /// Who this is.
    pub subject: Option<String>,
    /// Value above which tissue is bone; the unit's default where absent.
    pub threshold: Option<Threshold>,
    /// The analysis' own options.
    pub bone: BoneOptions,
    /// The command line, for provenance: nothing that differs between machines or folders.
    pub command: Vec<String>,
    /// Seeds of what was drawn before, for provenance.
    pub seeds: Vec<u64>,
}
