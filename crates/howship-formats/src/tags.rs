//! The words in which Howship writes a density unit and a calibration into formats that have no
//! field for them.

use crate::error::{Fault, Parsed, Problem};
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

/// The unit, in which words the file says so, and the calibration.
type Stated = (Option<(DensityUnit, String)>, Option<Calibration>);

/// What a header's entries say of unit and calibration; keys in either style.
pub(crate) fn read(entries: &[(String, String)]) -> Parsed<Stated> {
    let find = |tag: &str| {
        entries
            .iter()
            .find(|(key, _)| key.replace('_', "").eq_ignore_ascii_case(tag))
            .map(|(_, value)| value.trim())
    };
    let unit = match find("DensityUnit") {
        None => None,
        Some(text) => {
            let unit = text.parse::<DensityUnit>().map_err(|reason| {
                Fault::new(
                    Problem::Unit,
                    reason,
                    "correct the density unit in the header",
                )
            })?;
            Some((unit, format!("the header says `DensityUnit = {text}`")))
        }
    };
    let number = |tag: &str| find(tag).and_then(|text| text.parse::<f64>().ok());
    let calibration = match (
        number("MuScaling"),
        number("MuWater"),
        number("DensitySlope"),
        number("DensityIntercept"),
    ) {
        (Some(mu_scaling), Some(mu_water), Some(density_slope), Some(density_intercept)) => {
            Some(Calibration {
                mu_scaling,
                mu_water,
                density_slope,
                density_intercept,
            })
        }
        _ => None,
    };
    Ok((unit, calibration))
}
