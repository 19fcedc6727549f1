//! A density with its unit, as in `250mgHA/cm3` or `350HU`.

use howship_image::{DensityUnit, Scan};

/// A threshold that knows its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Threshold {
    pub(crate) value: f64,
    pub(crate) unit: DensityUnit,
}

impl std::str::FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let at = text
            .find(|c: char| !(c.is_ascii_digit() || "+-.".contains(c)))
            .ok_or_else(|| {
                format!(
                    "`{text}` has no unit; write `{text}mgHA/cm3`, `{text}HU` or `{text}arbitrary`"
                )
            })?;
        let (number, unit) = text.split_at(at);
        let value: f64 = number
            .parse()
            .map_err(|_| format!("`{number}` is no number; write for example `250mgHA/cm3`"))?;
        Ok(Self {
            value,
            unit: unit.trim().parse()?,
        })
    }
}

impl std::fmt::Display for Threshold {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.value, self.unit)
    }
}

impl Threshold {
    /// The threshold for a scan, in the scan's unit.
    ///
    /// # Errors
    /// The units differ: a threshold in one unit on data in another is never guessed at. Where the scan's
    /// calibration says how, the hint names the equivalent.
    pub(crate) fn for_scan(&self, scan: &Scan) -> Result<f64, (String, String)> {
        if self.unit == scan.unit {
            return Ok(self.value);
        }
        let reason = format!(
            "the threshold {self} is in {}, the values are in {}",
            self.unit, scan.unit
        );
        let equivalent = scan
            .calibration
            .and_then(|c| c.convert(self.value, self.unit, scan.unit).ok());
        let hint = match equivalent {
            Some(value) => format!(
                "by this file's calibration {self} is {value:.1} {unit}: say `--threshold {value:.1}{ascii}`",
                unit = scan.unit,
                ascii = ascii(scan.unit)
            ),
            None => format!(
                "state the threshold in {}, or convert the file first (`howship convert --unit`)",
                scan.unit
            ),
        };
        Err((reason, hint))
    }

    /// As it is typed.
    pub(crate) fn typed(&self) -> String {
        format!("{}{}", self.value, ascii(self.unit))
    }
}

/// A unit as it is typed.
pub(crate) fn ascii(unit: DensityUnit) -> &'static str {
    match unit {
        DensityUnit::MgHaPerCm3 => "mgHA/cm3",
        DensityUnit::Hounsfield => "HU",
        DensityUnit::Native => "native",
        DensityUnit::Arbitrary => "arbitrary",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_needs_its_unit() {
        let t: Threshold = "250mgHA/cm3".parse().unwrap();
        assert_eq!((t.value, t.unit), (250.0, DensityUnit::MgHaPerCm3));
        let t: Threshold = "-10.5 HU".parse().unwrap();
        assert_eq!((t.value, t.unit), (-10.5, DensityUnit::Hounsfield));
        for bad in ["250", "HU", "2x5HU", "250 parsec", ""] {
            assert!(bad.parse::<Threshold>().is_err(), "{bad}");
        }
    }
}
