//! The words in which Howship writes a density unit and a calibration into formats that have no
//! field for them.

use crate::error::{Fault, Parsed, Problem};
use crate::unit::Says;
use howship_image::{Calibration, DensityUnit, Scan};

/// `DensityUnit` and, with a calibration, its four numbers; nothing for a scan without either.
pub(crate) fn of_scan(scan: &Scan) -> Vec<(&'static str, String)> {
    let mut tags = Vec::new();
    if scan.unit != DensityUnit::Arbitrary || scan.calibration.is_some() {
        tags.push(("DensityUnit", ascii(scan.unit).to_owned()));
    }
    if let Some(c) = scan.calibration {
        tags.push(("MuScaling", c.mu_scaling.to_string()));
        tags.push(("MuWater", c.mu_water.to_string()));
        tags.push(("DensitySlope", c.density_slope.to_string()));
        tags.push(("DensityIntercept", c.density_intercept.to_string()));
    }
    tags
}

pub(crate) fn ascii(unit: DensityUnit) -> &'static str {
    match unit {
        DensityUnit::MgHaPerCm3 => "mgHA/cm3",
        DensityUnit::Hounsfield => "HU",
        DensityUnit::Native => "native",
        DensityUnit::Arbitrary => "arbitrary",
    }
}

/// `DensityUnit` as `density_unit`: the style of NRRD keys.
pub(crate) fn snake(tag: &str) -> String {
    let mut out = String::new();
    for (i, c) in tag.chars().enumerate() {
        if c.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// What a header's entries say of unit and calibration; keys in either style.
pub(crate) fn read(entries: &[(String, String)]) -> Parsed<(Says, Option<Calibration>)> {
    let calibration = calibration(entries)?;
    let Some(text) = find(entries, "DensityUnit")? else {
        return Ok((Says::Nothing, calibration));
    };
    let unit = text.parse::<DensityUnit>().map_err(|reason| {
        Fault::new(
            Problem::Unit,
            reason,
            "correct the density unit in the header",
        )
    })?;
    let words = format!("the header says `DensityUnit = {text}`");
    let says = match unit {
        // Written so before native counts had a name of their own.
        DensityUnit::Arbitrary if calibration.is_some() => Says::Unit(DensityUnit::Native, words),
        DensityUnit::Arbitrary => Says::Nothing,
        unit => Says::Unit(unit, words),
    };
    Ok((says, calibration))
}

/// The value of a tag, in either style of writing; two that differ are an error.
fn find<'a>(entries: &'a [(String, String)], tag: &str) -> Parsed<Option<&'a str>> {
    let mut found: Option<&str> = None;
    for (key, value) in entries {
        if !key.replace(['_', ' '], "").eq_ignore_ascii_case(tag) {
            continue;
        }
        let value = value.trim();
        if found.is_some_and(|first| first != value) {
            return Err(Fault::new(
                Problem::Unit,
                format!("the header states {tag} twice, and not the same"),
                "leave the right one",
            ));
        }
        found = Some(value);
    }
    Ok(found)
}

/// All four numbers or none: half a calibration is an error, and so is a number that is none.
fn calibration(entries: &[(String, String)]) -> Parsed<Option<Calibration>> {
    const TAGS: [&str; 4] = ["MuScaling", "MuWater", "DensitySlope", "DensityIntercept"];
    let mut numbers = [0.0; 4];
    let mut missing = Vec::new();
    for (number, tag) in numbers.iter_mut().zip(TAGS) {
        match find(entries, tag)? {
            Some(text) => *number = crate::text::number(text, tag)?,
            None => missing.push(tag),
        }
    }
    if missing.len() == TAGS.len() {
        return Ok(None);
    }
    let [mu_scaling, mu_water, density_slope, density_intercept] = numbers;
    let calibration = Calibration {
        mu_scaling,
        mu_water,
        density_slope,
        density_intercept,
    };
    let sound = calibration.linear(DensityUnit::Native, DensityUnit::MgHaPerCm3);
    match (missing.is_empty(), sound) {
        (true, Ok(_)) => Ok(Some(calibration)),
        (true, Err(e)) => Err(Fault::new(
            Problem::Unit,
            e.to_string(),
            "correct the calibration in the header",
        )),
        (false, _) => Err(Fault::new(
            Problem::Unit,
            format!("the header's calibration lacks {}", missing.join(", ")),
            "complete it, or remove the rest of it",
        )),
    }
}
