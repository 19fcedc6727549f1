use crate::Error;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Days in a month, as used for `M6` and the like.
const DAYS_PER_MONTH: f64 = 30.4375;

/// A dated occasion: `M0`, `M6`, or a date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Visit {
    /// Name in print.
    pub name: String,
    /// Days since baseline, where known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub days: Option<f64>,
}

impl Visit {
    /// Reads `M6`, `m12` or `2024-03-01`; days of a date count from 1970-01-01 until a baseline is known.
    ///
    /// # Errors
    /// The name is neither.
    pub fn parse(name: &str) -> Result<Self, Error> {
        let bad = || Error::VisitName {
            name: name.to_owned(),
        };
        if let Some(months) = name.strip_prefix(['M', 'm']) {
            let months: f64 = months.parse().map_err(|_| bad())?;
            if !(months.is_finite() && months >= 0.0) {
                return Err(bad());
            }
            return Ok(Self {
                name: name.to_owned(),
                days: Some(months * DAYS_PER_MONTH),
            });
        }
        let days = days_from_date(name).ok_or_else(bad)?;
        Ok(Self {
            name: name.to_owned(),
            days: Some(days),
        })
    }

    /// Names for visits that were not named: `M0` cannot be claimed, so `visit 1`, `visit 2` ... without days.
    #[must_use]
    pub fn unnamed(count: usize) -> Vec<Self> {
        (1..=count)
            .map(|i| Self {
                name: format!("visit {i}"),
                days: None,
            })
            .collect()
    }
}

/// Months between two visits, where both are dated.
#[must_use]
pub fn months_between(from: &Visit, to: &Visit) -> Option<f64> {
    Some((to.days? - from.days?) / DAYS_PER_MONTH)
}

/// Days since 1970-01-01 of an ISO date (proleptic Gregorian; algorithm of Howard Hinnant's `days_from_civil`).
fn days_from_date(text: &str) -> Option<f64> {
    let mut parts = text.split('-');
    let year: i64 = parts.next().filter(|p| p.len() == 4)?.parse().ok()?;
    let month: i64 = parts.next().filter(|p| p.len() == 2)?.parse().ok()?;
    let day: i64 = parts.next().filter(|p| p.len() == 2)?.parse().ok()?;
    if parts.next().is_some() || !(1..=12).contains(&month) || day < 1 {
        return None;
    }
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if leap { 29 } else { 28 };
    let length = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if day > length[(month - 1) as usize] {
        return None;
    }
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some((era * 146_097 + day_of_era - 719_468) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_dates() {
        assert_eq!(Visit::parse("M6").unwrap().days, Some(182.625));
        let a = Visit::parse("1970-01-01").unwrap();
        let b = Visit::parse("2000-03-01").unwrap();
        assert_eq!((a.days, b.days), (Some(0.0), Some(11_017.0)));
        assert!((months_between(&a, &b).unwrap() - 11_017.0 / 30.4375).abs() < 1e-12);
        for bad in [
            "",
            "M",
            "M-1",
            "Mx",
            "2024-02-30",
            "24-01-01",
            "2024-1-01",
            "2024-01-01-1",
        ] {
            assert!(Visit::parse(bad).is_err(), "{bad}");
        }
    }
}
