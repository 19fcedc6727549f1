//! Which unit the values are in, and how that is known.

use crate::OpenOptions;
use crate::error::{Fault, Parsed, Problem};
use crate::header::Header;
use crate::sample::Sampling;
use howship_image::{Calibration, DensityUnit};

/// Unit, how it is known, and how stored samples become values in it.
pub(crate) struct Settled {
    pub(crate) unit: DensityUnit,
    pub(crate) known: String,
    pub(crate) sampling: Sampling,
}

/// Weighs what the file says against what the caller says. Values whose file and caller disagree
/// are converted where a calibration says how, and refused otherwise; nothing is guessed.
pub(crate) fn settle(header: &Header, options: &OpenOptions) -> Parsed<Settled> {
    // Scanco's files store native counts whatever unit they are presented in.
    let native = matches!(header.format, crate::Format::Aim | crate::Format::Isq);
    let (file_unit, known) = match &header.unit {
        Some((unit, known)) => (Some(*unit), known.clone()),
        None => (None, String::new()),
    };
    let stored = if native && header.calibration.is_some() {
        Some(DensityUnit::Arbitrary)
    } else {
        file_unit
    };
    let (unit, known) = match (file_unit, options.unit) {
        (Some(unit), None) => (unit, known),
        (Some(unit), Some(asked)) if unit == asked => (unit, known),
        (Some(unit), Some(asked)) if header.calibration.is_some() => {
            (asked, format!("{known}; converted from {unit} as asked"))
        }
        (Some(unit), Some(asked)) => return Err(contradiction(unit, asked, &known)),
        (None, Some(asked)) => (
            asked,
            "stated by the caller; the file does not say".to_owned(),
        ),
        (None, None) => (DensityUnit::Arbitrary, "the file does not say".to_owned()),
    };
    let sampling = converted(&header.sampling, header.calibration, stored, unit)?;
    Ok(Settled {
        unit,
        known,
        sampling,
    })
}

fn contradiction(unit: DensityUnit, asked: DensityUnit, known: &str) -> Fault {
    Fault::new(
        Problem::Unit,
        format!(
            "the values are in {unit} ({known}), {asked} was stated, and no calibration leads from one to the other"
        ),
        "leave the unit out, or correct the header",
    )
}

fn converted(
    sampling: &Sampling,
    calibration: Option<Calibration>,
    from: Option<DensityUnit>,
    to: DensityUnit,
) -> Parsed<Sampling> {
    match (calibration, from) {
        (Some(calibration), Some(from)) if from != to => {
            let (slope, offset) = calibration
                .linear(from, to)
                .map_err(|e| Fault::new(Problem::Unit, e.to_string(), "correct the header"))?;
            Ok(Sampling {
                slope: sampling.slope * slope,
                intercept: sampling.intercept * slope + offset,
                ..*sampling
            })
        }
        _ => Ok(*sampling),
    }
}
