//! What the numbers mean: what the file says, what the caller says, and how that is settled.
//!
//! `unit` says what the stored numbers *are*; `calibration` says how native counts become density;
//! `to` says what is wanted. A word never turns counts into a density, and two statements that
//! disagree are an error whose advice leads to a right answer.

use crate::OpenOptions;
use crate::error::{Fault, Parsed, Problem};
use crate::sample::Sampling;
use howship_image::{Calibration, DensityUnit, UnitKnown};

/// What a file says of its numbers (after the scaling that the file itself states).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Says {
    /// Nothing.
    Nothing,
    /// This unit, and in which words.
    Unit(DensityUnit, String),
    /// That they are no density, and why.
    NoDensity(String),
    /// Either counts or density, and why that cannot be told: the caller must say.
    Unclear(String),
}

/// Unit, how it is known, and how stored samples become values in it.
#[derive(Debug)]
pub(crate) struct Settled {
    pub(crate) unit: DensityUnit,
    pub(crate) known: UnitKnown,
    pub(crate) words: String,
    pub(crate) calibration: Option<Calibration>,
    pub(crate) sampling: Sampling,
}

impl Settled {
    /// Of labels: whole numbers without any unit.
    pub(crate) fn labels(sampling: Sampling) -> Self {
        Self {
            unit: DensityUnit::Arbitrary,
            known: UnitKnown::Written,
            words: "labels".to_owned(),
            calibration: None,
            sampling,
        }
    }

    /// Of numbers that are counts or density, as stored.
    pub(crate) fn unclear(
        why: String,
        calibration: Option<Calibration>,
        sampling: Sampling,
    ) -> Self {
        Self {
            unit: DensityUnit::Arbitrary,
            known: UnitKnown::Unknown,
            words: why,
            calibration,
            sampling,
        }
    }
}

const STATE_CALIBRATION: &str = "state the scanner's calibration alone \
     (`--calibration MU_SCALING,MU_WATER,SLOPE,INTERCEPT`, from the scanner's log), or export the volume with it";

/// What a file says, all of it.
pub(crate) struct Statement<'a> {
    pub(crate) says: &'a Says,
    /// The unit that calibrated counts are presented in, where the file says so.
    pub(crate) present: Option<DensityUnit>,
    pub(crate) calibration: Option<Calibration>,
    /// How the file scales its samples.
    pub(crate) sampling: Sampling,
}

/// Weighs what the file says against what the caller says.
pub(crate) fn settle(header: &Statement<'_>, options: &OpenOptions) -> Parsed<Settled> {
    let calibration = one_calibration(header.calibration, options.calibration)?;
    let (stored, known, mut words) = stored_unit(header, options, calibration)?;
    if options.calibration.is_some() && header.calibration.is_none() && calibration.is_some() {
        words.push_str("; calibration stated by the caller");
    }
    let counts = stored == DensityUnit::Native && calibration.is_some();
    let presented = match (options.to, header.present) {
        (Some(to), _) => to,
        (None, Some(present)) if counts => present,
        (None, _) if counts => DensityUnit::MgHaPerCm3,
        (None, _) => stored,
    };
    let sampling = converted(&header.sampling, calibration, stored, presented)?;
    let known = if presented == stored {
        known
    } else {
        words.push_str(&format!(
            "; converted from {stored} to {presented} by the calibration"
        ));
        UnitKnown::Calibrated
    };
    Ok(Settled {
        unit: presented,
        known,
        words,
        calibration,
        sampling,
    })
}

fn one_calibration(
    file: Option<Calibration>,
    stated: Option<Calibration>,
) -> Parsed<Option<Calibration>> {
    let (Some(a), Some(b)) = (file, stated) else {
        return Ok(file.or(stated));
    };
    let numbers = |c: &Calibration| {
        [
            c.mu_scaling,
            c.mu_water,
            c.density_slope,
            c.density_intercept,
        ]
    };
    // Logs print seven digits.
    let alike = numbers(&a)
        .iter()
        .zip(numbers(&b))
        .all(|(x, y)| (x - y).abs() <= 1e-5 * x.abs().max(y.abs()));
    if alike {
        return Ok(Some(a));
    }
    Err(Fault::new(
        Problem::Unit,
        format!(
            "the file's calibration is {:?}, the one stated is {:?}",
            numbers(&a),
            numbers(&b)
        ),
        "leave `--calibration` out: the file has its own",
    ))
}

/// The unit of the stored numbers, how it is known, and the words for it.
fn stored_unit(
    header: &Statement<'_>,
    options: &OpenOptions,
    calibration: Option<Calibration>,
) -> Parsed<(DensityUnit, UnitKnown, String)> {
    match (header.says, options.unit) {
        (Says::Unit(unit, words), None) => Ok((*unit, UnitKnown::Written, words.clone())),
        (Says::Unit(unit, words), Some(asked)) if *unit == asked => {
            Ok((*unit, UnitKnown::Written, words.clone()))
        }
        // The unit that the file is presented in anyway contradicts nothing.
        (Says::Unit(DensityUnit::Native, words), Some(asked))
            if calibration.is_some()
                && asked == header.present.unwrap_or(DensityUnit::MgHaPerCm3) =>
        {
            Ok((DensityUnit::Native, UnitKnown::Written, words.clone()))
        }
        (Says::Unit(unit, words), Some(asked)) => {
            Err(contradiction(*unit, asked, words, calibration.is_some()))
        }
        (Says::NoDensity(why), None | Some(DensityUnit::Arbitrary)) => {
            Ok((DensityUnit::Arbitrary, UnitKnown::Written, why.clone()))
        }
        (Says::NoDensity(why), Some(asked)) => Err(Fault::new(
            Problem::Unit,
            format!("the values are no density ({why}), {asked} was stated"),
            "leave `--unit` out and give the bones with `--mask`",
        )),
        (Says::Nothing, Some(asked)) => Ok((
            asked,
            UnitKnown::Stated,
            "stated by the caller; the file does not say".to_owned(),
        )),
        (Says::Nothing, None) if options.calibration.is_some() => Ok((
            DensityUnit::Native,
            UnitKnown::Stated,
            "taken for native counts, since a calibration was stated; the file does not say"
                .to_owned(),
        )),
        (Says::Nothing, None) => Ok((
            DensityUnit::Arbitrary,
            UnitKnown::Unknown,
            "the file does not say".to_owned(),
        )),
        (Says::Unclear(why), Some(asked)) => Ok((
            asked,
            UnitKnown::Stated,
            format!("stated by the caller; {why}"),
        )),
        (Says::Unclear(why), None) => Err(Fault::new(
            Problem::Unit,
            why.clone(),
            "state what the stored numbers are: `--unit native` for counts, `--unit mgHA/cm3` for density",
        )),
    }
}

fn contradiction(unit: DensityUnit, asked: DensityUnit, words: &str, calibrated: bool) -> Fault {
    if unit == DensityUnit::Native && !calibrated {
        return Fault::new(
            Problem::Unit,
            format!(
                "the values are native counts ({words}), and a word does not make them {asked}"
            ),
            STATE_CALIBRATION,
        );
    }
    let advice = if calibrated {
        format!(
            "leave `--unit` out: it says what the stored numbers are; to get {asked}, convert the file (`howship convert --to`)"
        )
    } else {
        "leave the unit out, or correct the header".to_owned()
    };
    Fault::new(
        Problem::Unit,
        format!("the values are in {unit} ({words}), {asked} was stated"),
        advice,
    )
}

fn converted(
    sampling: &Sampling,
    calibration: Option<Calibration>,
    from: DensityUnit,
    to: DensityUnit,
) -> Parsed<Sampling> {
    if from == to {
        return Ok(*sampling);
    }
    let Some(calibration) = calibration else {
        let advice = match from {
            DensityUnit::Native => STATE_CALIBRATION,
            DensityUnit::Arbitrary => {
                "state what the stored numbers are (`--unit`) and the scanner's calibration (`--calibration`)"
            }
            _ => {
                "state the scanner's calibration (`--calibration MU_SCALING,MU_WATER,SLOPE,INTERCEPT`)"
            }
        };
        return Err(Fault::new(
            Problem::Unit,
            format!("no calibration leads from {from} to {to}"),
            advice,
        ));
    };
    let (slope, offset) = calibration.linear(from, to).map_err(|e| {
        Fault::new(
            Problem::Unit,
            e.to_string(),
            "correct the calibration, or state what the stored numbers are (`--unit`)",
        )
    })?;
    Ok(Sampling {
        slope: sampling.slope * slope,
        intercept: sampling.intercept * slope + offset,
        ..*sampling
    })
}
