//! How long a film's pixel is, and what is believed of it.

use crate::Error;
use serde::{Deserialize, Serialize};

/// Shortest and longest pixel that a radiograph is believed to have, mm: microfocal detectors have 0.005,
/// thumbnails of whole hands about 1.
const PIXEL_MM: std::ops::RangeInclusive<f64> = 1e-3..=5.0;

/// How a calibrated pixel spacing was found (DICOM PS3.3 10.7, Pixel Spacing Calibration Type).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpacingCalibration {
    /// From assumed or known distances of source, patient and detector.
    Geometry,
    /// From an object of known size in the picture.
    Fiducial,
    /// The file does not say.
    Unstated,
}

/// Which magnification took a spacing from the detector to the patient.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Magnification {
    /// Estimated Radiographic Magnification Factor of the file.
    Estimated(f64),
    /// Distance source to detector over distance source to patient, both of the file.
    Distances(f64),
}

impl Magnification {
    /// The factor: how much larger the shadow is than the bone.
    #[must_use]
    pub fn factor(self) -> f64 {
        match self {
            Self::Estimated(factor) | Self::Distances(factor) => factor,
        }
    }
}

/// From where the length of a pixel is known.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScaleSource {
    /// The file's Pixel Spacing, corrected to the patient.
    Calibrated(SpacingCalibration),
    /// The detector's pixels, divided by a magnification.
    Demagnified(Magnification),
    /// The detector's pixels: shadows are 0.5 to 5 % larger than bones.
    AtDetector,
    /// The file's Pixel Spacing, of which nothing says whether it is at the detector or the patient.
    PlaneUnstated,
    /// Stated by the reader.
    Stated,
    /// Made up with the film, of a phantom.
    Phantom,
}

/// The unit that lengths on a film are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum LengthUnit {
    /// Millimetres of the bone.
    #[serde(rename = "mm")]
    Millimetre,
    /// Millimetres of the shadow on the detector.
    #[serde(rename = "mm at the detector")]
    MillimetreAtDetector,
    /// Pixels: nothing says how long one is.
    #[serde(rename = "px")]
    Pixel,
}

impl LengthUnit {
    /// Its sign: `mm` for both kinds of millimetres, else `px`.
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Millimetre | Self::MillimetreAtDetector => "mm",
            Self::Pixel => "px",
        }
    }
}

impl std::fmt::Display for LengthUnit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Millimetre => "mm",
            Self::MillimetreAtDetector => "mm at the detector",
            Self::Pixel => "px",
        })
    }
}

/// How long a pixel is: known with its source, or not at all. A length is never in millimetres without one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FilmScale {
    /// Nothing says: lengths are in pixels.
    Unknown,
    /// Known.
    Known {
        /// Between columns (x), between rows (y).
        mm_per_pixel: [f64; 2],
        /// From where.
        source: ScaleSource,
    },
}

impl FilmScale {
    /// A known scale: millimetres between columns (x) and between rows (y).
    #[must_use]
    pub fn known(mm_per_pixel: [f64; 2], source: ScaleSource) -> Self {
        Self::Known {
            mm_per_pixel,
            source,
        }
    }

    /// Millimetres between columns (x) and between rows (y), wherever they are taken.
    #[must_use]
    pub fn mm_per_pixel(&self) -> Option<[f64; 2]> {
        match self {
            Self::Unknown => None,
            Self::Known { mm_per_pixel, .. } => Some(*mm_per_pixel),
        }
    }

    /// From where it is known.
    #[must_use]
    pub fn source(&self) -> Option<ScaleSource> {
        match self {
            Self::Unknown => None,
            Self::Known { source, .. } => Some(*source),
        }
    }

    /// The unit of lengths.
    #[must_use]
    pub fn length_unit(&self) -> LengthUnit {
        match self.source() {
            None => LengthUnit::Pixel,
            Some(ScaleSource::AtDetector) => LengthUnit::MillimetreAtDetector,
            Some(_) => LengthUnit::Millimetre,
        }
    }

    /// Whether both axes have pixels of one length, to a thousandth.
    #[must_use]
    pub fn is_square(&self) -> bool {
        self.mm_per_pixel()
            .is_none_or(|[x, y]| (x / y - 1.0).abs() < 1e-3)
    }

    /// Where it is known from, in words for a report.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Some(source) = self.source() else {
            return "unknown: lengths are in pixels".to_owned();
        };
        match source {
            ScaleSource::Calibrated(SpacingCalibration::Geometry) => {
                "PixelSpacing, calibrated by the geometry of the exposure".to_owned()
            }
            ScaleSource::Calibrated(SpacingCalibration::Fiducial) => {
                "PixelSpacing, calibrated by an object of known size".to_owned()
            }
            ScaleSource::Calibrated(SpacingCalibration::Unstated) => {
                "PixelSpacing, which differs from the detector's: calibrated, how is not said"
                    .to_owned()
            }
            ScaleSource::Demagnified(Magnification::Estimated(factor)) => {
                format!("ImagerPixelSpacing over the file's magnification factor {factor:.4}")
            }
            ScaleSource::Demagnified(Magnification::Distances(factor)) => {
                format!(
                    "ImagerPixelSpacing over source-detector by source-patient distance {factor:.4}"
                )
            }
            ScaleSource::AtDetector => {
                "at the detector: shadows are 0.5 to 5 % larger than bones".to_owned()
            }
            ScaleSource::PlaneUnstated => {
                "PixelSpacing; whether at the detector or at the patient is not said".to_owned()
            }
            ScaleSource::Stated => "stated by the reader".to_owned(),
            ScaleSource::Phantom => "made up with the film".to_owned(),
        }
    }

    /// The scale of a film turned by a quarter of a circle.
    pub(crate) fn swapped(&self) -> Self {
        match *self {
            Self::Unknown => Self::Unknown,
            Self::Known {
                mm_per_pixel: [x, y],
                source,
            } => Self::known([y, x], source),
        }
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.mm_per_pixel() {
            Some(mm) if mm.iter().any(|v| !PIXEL_MM.contains(v)) => {
                Err(Error::FilmScale { mm_per_pixel: mm })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_source_makes_millimetres_and_the_detector_is_named() {
        let unit = |source| FilmScale::known([0.1; 2], source).length_unit();
        assert_eq!(FilmScale::Unknown.length_unit(), LengthUnit::Pixel);
        assert_eq!(
            unit(ScaleSource::AtDetector),
            LengthUnit::MillimetreAtDetector
        );
        assert_eq!(unit(ScaleSource::Stated), LengthUnit::Millimetre);
        let scale = FilmScale::known(
            [0.1, 0.2],
            ScaleSource::Demagnified(Magnification::Estimated(1.02)),
        );
        assert!(scale.in_words().contains("1.0200"), "{}", scale.in_words());
        assert!(!scale.is_square());
    }
}
