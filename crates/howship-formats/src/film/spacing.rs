//! How long a pixel of a DICOM film is, and from where that is known (PS3.3 10.7, C.8.1.2, C.8.11.4).

use crate::dicom::elements::{Elements, keyword};
use crate::error::{Fault, Parsed, Problem};
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use howship_image::{FilmScale, Magnification, ScaleSource, SpacingCalibration};

/// Two spacings are one where they differ by less than their rounding.
const SAME: f64 = 2e-4;
/// Two magnifications are one where they differ by less than this: distances are written in mm.
const SAME_MAGNIFICATION: f64 = 0.01;
/// Magnifications that a hand or foot on its detector can have; beyond lies magnification radiography.
const MAGNIFICATION: std::ops::RangeInclusive<f64> = 0.995..=2.5;
/// A reader may correct a spacing at the detector to the bone: that much smaller, not more.
const READERS_CORRECTION: std::ops::RangeInclusive<f64> = 0.8..=1.0005;

/// The scale from what the file says and what the reader states.
pub(super) fn scale(
    get: &Elements<'_>,
    stated: Option<[f64; 2]>,
    warnings: &mut Vec<String>,
) -> Parsed<FilmScale> {
    let of_file = match of_file(get, warnings) {
        Ok(scale) => scale,
        // What the file says cannot be used: the reader's word can.
        Err(fault) => match stated {
            Some(_) => {
                warnings.push(format!("the file's spacing is not used: {}", fault.reason));
                FilmScale::Unknown
            }
            None => return Err(fault),
        },
    };
    let Some(stated) = stated else {
        return Ok(of_file);
    };
    let by_reader = FilmScale::known(stated, ScaleSource::Stated);
    let Some(file) = of_file.mm_per_pixel() else {
        return Ok(by_reader);
    };
    let ratios = [stated[0] / file[0], stated[1] / file[1]];
    let raw = matches!(
        of_file.source(),
        Some(ScaleSource::AtDetector | ScaleSource::PlaneUnstated)
    );
    if ratios.iter().all(|r| (r - 1.0).abs() < SAME) {
        return Ok(of_file);
    }
    if raw && ratios.iter().all(|r| READERS_CORRECTION.contains(r)) {
        warnings.push(format!(
            "{} x {} mm per pixel of the file ({}) replaced by the reader's {} x {}",
            file[0],
            file[1],
            of_file.in_words(),
            stated[0],
            stated[1]
        ));
        return Ok(by_reader);
    }
    Err(Fault::new(
        Problem::SpacingUnknown,
        format!(
            "the file says {} x {} mm per pixel ({}), the spacing stated is {} x {}",
            file[0],
            file[1],
            of_file.in_words(),
            stated[0],
            stated[1]
        ),
        "leave `--film-spacing` out to use the file's, or correct the file",
    ))
}

fn of_file(get: &Elements<'_>, warnings: &mut Vec<String>) -> Parsed<FilmScale> {
    let patient = lengths(get, tags::PIXEL_SPACING, warnings)?;
    let detector = match lengths(get, tags::IMAGER_PIXEL_SPACING, warnings)? {
        Some(spacing) => Some(spacing),
        // Digitised film: the spacing is that of the film, which lay where the detector does.
        None => lengths(get, tags::NOMINAL_SCANNED_PIXEL_SPACING, warnings)?,
    };
    let calibration = match get.text(tags::PIXEL_SPACING_CALIBRATION_TYPE).as_str() {
        "GEOMETRY" => Some(SpacingCalibration::Geometry),
        "FIDUCIAL" => Some(SpacingCalibration::Fiducial),
        "" => None,
        other => {
            warnings.push(format!(
                "PixelSpacingCalibrationType `{other:.30}` is none that DICOM knows"
            ));
            None
        }
    };
    let magnification = magnification(get, warnings)?;
    match (patient, detector) {
        (None, None) => Ok(FilmScale::Unknown),
        (Some(spacing), None) => {
            let source = calibration.map_or(ScaleSource::PlaneUnstated, ScaleSource::Calibrated);
            Ok(FilmScale::known(spacing, source))
        }
        (None, Some(spacing)) => Ok(from_detector(spacing, magnification)),
        (Some(patient), Some(detector)) => {
            both(patient, detector, calibration, magnification, warnings)
        }
    }
}

/// Both spacings: where they are one, nothing was corrected, whatever its type says.
fn both(
    patient: [f64; 2],
    detector: [f64; 2],
    calibration: Option<SpacingCalibration>,
    magnification: Option<Magnification>,
    warnings: &mut Vec<String>,
) -> Parsed<FilmScale> {
    let implied = [detector[0] / patient[0], detector[1] / patient[1]];
    if implied.iter().all(|m| (m - 1.0).abs() < SAME) {
        if calibration.is_some() {
            warnings.push(
                "PixelSpacing is called calibrated and equals ImagerPixelSpacing: taken as at the detector"
                    .to_owned(),
            );
        }
        return Ok(from_detector(detector, magnification));
    }
    let contradiction = |reason: String| {
        Fault::new(
            Problem::SpacingUnknown,
            reason,
            "find out which is right and state it (`--film-spacing MM`)",
        )
    };
    if (implied[0] / implied[1] - 1.0).abs() > SAME_MAGNIFICATION
        || !implied.iter().all(|m| MAGNIFICATION.contains(m))
    {
        return Err(contradiction(format!(
            "PixelSpacing {} x {} mm and ImagerPixelSpacing {} x {} mm contradict each other: a magnification of {:.3} x {:.3}",
            patient[0], patient[1], detector[0], detector[1], implied[0], implied[1]
        )));
    }
    if let Some(stated) = magnification
        && (implied[0] / stated.factor() - 1.0).abs() > SAME_MAGNIFICATION
    {
        return Err(contradiction(format!(
            "PixelSpacing and ImagerPixelSpacing differ by a factor of {:.4}, the file's magnification is {:.4}",
            implied[0],
            stated.factor()
        )));
    }
    let source = ScaleSource::Calibrated(calibration.unwrap_or(SpacingCalibration::Unstated));
    Ok(FilmScale::known(patient, source))
}

fn from_detector(spacing: [f64; 2], magnification: Option<Magnification>) -> FilmScale {
    match magnification {
        Some(m) => FilmScale::known(spacing.map(|s| s / m.factor()), ScaleSource::Demagnified(m)),
        None => FilmScale::known(spacing, ScaleSource::AtDetector),
    }
}

/// The factor by which shadows are larger than bones, where the file says it in one way or in two that agree.
fn magnification(get: &Elements<'_>, warnings: &mut Vec<String>) -> Parsed<Option<Magnification>> {
    let estimated = get
        .number(tags::ESTIMATED_RADIOGRAPHIC_MAGNIFICATION_FACTOR)?
        .filter(|v| *v > 0.0);
    let source_detector = get
        .number(tags::DISTANCE_SOURCE_TO_DETECTOR)?
        .filter(|v| *v > 0.0);
    let source_patient = get
        .number(tags::DISTANCE_SOURCE_TO_PATIENT)?
        .filter(|v| *v > 0.0);
    let distances = source_detector.zip(source_patient).map(|(d, p)| d / p);
    if let (Some(e), Some(d)) = (estimated, distances)
        && (e / d - 1.0).abs() > SAME_MAGNIFICATION
    {
        return Err(Fault::new(
            Problem::SpacingUnknown,
            format!(
                "EstimatedRadiographicMagnificationFactor is {e}, the distances of source, patient and detector give {d:.4}"
            ),
            "find out which is right and state the spacing (`--film-spacing MM`)",
        ));
    }
    let found = estimated
        .map(Magnification::Estimated)
        .or(distances.map(Magnification::Distances));
    match found {
        Some(m) if !MAGNIFICATION.contains(&m.factor()) => {
            warnings.push(format!(
                "a magnification of {:.4} is none of a hand or foot: not used",
                m.factor()
            ));
            Ok(None)
        }
        found => Ok(found),
    }
}

/// Two lengths, between columns (x) first; DICOM writes the one between rows first.
fn lengths(get: &Elements<'_>, tag: Tag, warnings: &mut Vec<String>) -> Parsed<Option<[f64; 2]>> {
    let unusable = |fault: Fault| {
        Fault::new(
            Problem::SpacingUnknown,
            fault.reason,
            "state the spacing (`--film-spacing MM`)",
        )
    };
    let Some([y, x]) = get.pair(tag).map_err(unusable)? else {
        return Ok(None);
    };
    if x > 0.0 && y > 0.0 {
        return Ok(Some([x, y]));
    }
    if (x, y) == (0.0, 0.0) {
        warnings.push(format!("{} is 0: taken as not known", keyword(tag)));
        return Ok(None);
    }
    Err(unusable(Fault::corrupt(format!(
        "{} is {y} x {x} mm",
        keyword(tag)
    ))))
}
