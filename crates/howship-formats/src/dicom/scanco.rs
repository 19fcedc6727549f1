//! Scanco's private block (0029,xx00-xx06): the calibration of the scan that was exported.

use super::elements::Elements;
use super::frames::Frame;
use crate::error::{Fault, Parsed, Problem};
use crate::scanco::is_mg_ha;
use crate::unit::Says;
use dicom_core::Tag;
use dicom_object::InMemDicomObject;
use howship_image::{Calibration, DensityUnit};

/// Shares of a slope, or counts of an intercept, by which a rescale may miss its formula: headers round.
const SLOPE_TOLERANCE: f64 = 1e-3;
const INTERCEPT_TOLERANCE: f64 = 0.5;

/// Where a block of the creator `SCANCO MEDICAL` begins, by PS3.5, 7.8.1.
fn block(object: &InMemDicomObject) -> Option<u16> {
    let get = Elements(object);
    (0x10..=0xff_u16).find(|&number| {
        get.text(Tag(0x0029, number))
            .to_ascii_uppercase()
            .starts_with("SCANCO")
    })
}

/// The calibration, where it is whole.
///
/// # Errors
/// A number that is none, half of a calibration, another unit than mg HA/ccm.
pub(super) fn calibration(object: &InMemDicomObject) -> Parsed<Option<Calibration>> {
    let Some(block) = block(object) else {
        return Ok(None);
    };
    let get = Elements(object);
    let tag = |element: u16| Tag(0x0029, (block << 8) | element);
    let mut commas = Vec::new();
    let mut number = |element: u16| -> Parsed<Option<f64>> {
        Ok(get.numbers::<1>(tag(element), &mut commas)?.map(|[v]| v))
    };
    let numbers = [number(0)?, number(6)?, number(4)?, number(5)?];
    if numbers[2].is_none() && numbers[3].is_none() {
        return Ok(None);
    }
    let wrong = |reason: String| {
        Fault::new(
            Problem::Unit,
            reason,
            "export the series again, or state the scanner's calibration with a file that has none",
        )
    };
    let unit = get.text(tag(3));
    if !is_mg_ha(&unit) {
        return Err(wrong(format!(
            "Scanco's density unit {} is `{unit:.30}`, not mg HA/ccm",
            tag(3)
        )));
    }
    let [
        Some(mu_scaling),
        Some(mu_water),
        Some(density_slope),
        Some(density_intercept),
    ] = numbers
    else {
        return Err(wrong(format!(
            "Scanco's calibration {} to {} is not complete",
            tag(0),
            tag(6)
        )));
    };
    let calibration = Calibration {
        mu_scaling,
        mu_water,
        density_slope,
        density_intercept,
    };
    calibration
        .linear(DensityUnit::Native, DensityUnit::MgHaPerCm3)
        .map_err(|e| wrong(format!("Scanco's {e}")))?;
    Ok(Some(calibration))
}

/// What a Scanco scanner's rescaled values are: the unit whose formula the rescale is, and no other.
pub(super) fn says(
    frame: &Frame,
    calibration: Option<&Calibration>,
    word: Option<DensityUnit>,
) -> Says {
    let native = frame.slope == 1.0 && frame.intercept == 0.0;
    let Some(calibration) = calibration else {
        return match word {
            Some(unit) if !native => {
                Says::Unit(unit, format!("DICOM Rescale Type `{}`", frame.rescale_type))
            }
            _ if native => Says::Unit(
                DensityUnit::Native,
                "native counts of a Scanco scanner, without a calibration".to_owned(),
            ),
            _ => Says::Nothing,
        };
    };
    let fits = |unit: DensityUnit| {
        calibration
            .linear(DensityUnit::Native, unit)
            .is_ok_and(|(slope, intercept)| {
                (frame.slope - slope).abs() <= SLOPE_TOLERANCE * slope.abs()
                    && (frame.intercept - intercept).abs() <= INTERCEPT_TOLERANCE
            })
    };
    let by_formula = [DensityUnit::Hounsfield, DensityUnit::MgHaPerCm3]
        .into_iter()
        .find(|&unit| fits(unit));
    match (by_formula, word) {
        (Some(unit), Some(word)) if unit != word => Says::Unclear(format!(
            "RescaleType says {word}, the rescale is that of {unit} by Scanco's calibration"
        )),
        (Some(unit), _) => Says::Unit(
            unit,
            format!("the rescale is that of {unit} by Scanco's calibration (0029,xx00-xx06)"),
        ),
        (None, Some(word)) if native => Says::Unclear(format!(
            "RescaleType says {word}, and the rescale 1 and 0 leaves Scanco's native counts"
        )),
        (None, None) if native => Says::Unit(
            DensityUnit::Native,
            "native counts of a Scanco scanner (rescale 1 and 0)".to_owned(),
        ),
        (None, _) => Says::Unclear(format!(
            "the rescale {} and {} is that of no unit by Scanco's calibration",
            frame.slope, frame.intercept
        )),
    }
}
