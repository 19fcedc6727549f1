//! A density with its unit, as in `250mgHA/cm3` or `350HU`.

use howship_image::DensityUnit;

/// A threshold that knows its unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// In the unit.
    pub value: f64,
    /// Of the value.
    pub unit: DensityUnit,
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

/// Muscle is about 50 mgHA/cm³ and compact bone holds at most about 1200 (Burghardt 2010, from memory); muscle is 50 HU
/// and compact bone of fingers at most about 2500.
const BETWEEN_MGHA: [f64; 2] = [100.0, 1200.0];
const BETWEEN_HU: [f64; 2] = [150.0, 2500.0];

impl Threshold {
    /// Between which values soft tissue ends and compact bone does, where this one lies outside of them: no bone lies
    /// above such a threshold, or soft tissue does, and nothing would be found.
    pub(crate) fn outside_of_tissues(&self) -> Option<[f64; 2]> {
        let [least, most] = match self.unit {
            DensityUnit::MgHaPerCm3 => BETWEEN_MGHA,
            DensityUnit::Hounsfield => BETWEEN_HU,
            DensityUnit::Native | DensityUnit::Arbitrary => return None,
        };
        (!(least..=most).contains(&self.value)).then_some([least, most])
    }

    /// How to state it for values in another unit.
    pub(crate) fn elsewhere(&self, values: DensityUnit, equivalent: Option<f64>) -> String {
        match equivalent {
            Some(value) => format!(
                "by this file's calibration {self} is {value:.1} {values}: say `--threshold {value:.1}{ascii}`",
                ascii = ascii_unit(values)
            ),
            None => format!(
                "state the threshold in {values}, or convert the file first (`howship convert --unit`)"
            ),
        }
    }
}

/// A unit as it is typed.
#[must_use]
pub fn ascii_unit(unit: DensityUnit) -> &'static str {
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
    fn a_threshold_lies_between_soft_tissue_and_compact_bone() {
        let stands = |text: &str| {
            let threshold: Threshold = text.parse().unwrap();
            threshold.outside_of_tissues().is_none()
        };
        for good in [
            "150mgHA/cm3",
            "300mgHA/cm3",
            "350HU",
            "1170HU",
            "5arbitrary",
        ] {
            assert!(stands(good), "{good}");
        }
        for bad in [
            "0mgHA/cm3",
            "60mgHA/cm3",
            "-5mgHA/cm3",
            "5000mgHA/cm3",
            "0HU",
        ] {
            assert!(!stands(bad), "{bad}");
        }
    }

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
