use crate::Error;
use toml::Value;

/// Days in a month, as used for `M6` and the like.
pub const DAYS_PER_MONTH: f64 = 30.4375;

/// An occasion: days from baseline.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct When {
    /// Days from baseline.
    pub days: f64,
}

impl When {
    /// Months from baseline.
    #[must_use]
    pub fn months(self) -> f64 {
        self.days / DAYS_PER_MONTH
    }

    /// `M6`, or `M6.5`.
    #[must_use]
    pub fn name(self) -> String {
        let months = self.months();
        let rounded = months.round();
        if (months - rounded).abs() < 0.02 {
            // Whole months print without a sign of zero.
            format!("M{}", rounded + 0.0)
        } else {
            format!("M{months:.1}")
        }
    }
}

/// Reads an occasion; `baseline` is the date of M0 in days since 1970.
pub(super) fn when(key: &str, value: &Value, baseline: Option<f64>) -> Result<When, Error> {
    const AS: &str = "write months from baseline (`M6`, `M-12`) or a date (`2001-03-15`)";
    let days = match value {
        Value::Integer(months) => *months as f64 * DAYS_PER_MONTH,
        Value::Float(months) => months * DAYS_PER_MONTH,
        Value::String(text) => match text.strip_prefix(['M', 'm']) {
            Some(months) => {
                let months: f64 =
                    (months.parse()).map_err(|_| Error::value(key, format!("`{text}`"), AS))?;
                months * DAYS_PER_MONTH
            }
            None => dated(key, text, baseline)?,
        },
        Value::Datetime(date) => dated(key, &date.to_string(), baseline)?,
        other => return Err(Error::value(key, other, AS)),
    };
    if !(days.abs() < 36_525.0) {
        return Err(Error::value(
            key,
            value,
            "it lies within a century of baseline",
        ));
    }
    Ok(When { days })
}

fn dated(key: &str, text: &str, baseline: Option<f64>) -> Result<f64, Error> {
    let day = days_of_date(key, text)?;
    let baseline = baseline.ok_or_else(|| Error::Missing {
        key: "subject.baseline".into(),
        hint: format!(
            "`{key}` is a date, so the date of M0 is needed, as in `baseline = \"2001-03-15\"`"
        ),
    })?;
    Ok(day - baseline)
}

/// Days since 1970-01-01 of `2001`, `2001-03` or `2001-03-15`; a year alone is its middle, a month its middle.
pub(super) fn days_of_date(key: &str, text: &str) -> Result<f64, Error> {
    let bad = || {
        Error::value(
            key,
            format!("`{text}`"),
            "a date is written 2001, 2001-03 or 2001-03-15",
        )
    };
    let parts: Vec<i64> = text
        .split('-')
        .map(|p| p.parse().map_err(|_| bad()))
        .collect::<Result<_, _>>()?;
    let (year, month, day) = match parts[..] {
        [year] => (year, 7, 1),
        [year, month] => (year, month, 15),
        [year, month, day] => (year, month, day),
        _ => return Err(bad()),
    };
    if !((1900..2200).contains(&year)
        && (1..=12).contains(&month)
        && (1..=month_length(year, month)).contains(&day))
    {
        return Err(bad());
    }
    // Days from the civil calendar (Hinnant's algorithm): March starts the year.
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Ok((era * 146_097 + day_of_era - 719_468) as f64)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_since_1970() {
        for (text, days) in [
            ("1970-01-01", 0.0),
            ("2000-03-01", 11_017.0),
            ("2024-02-29", 19_782.0),
        ] {
            assert_eq!(days_of_date("k", text).unwrap(), days);
        }
        for bad in ["2023-02-29", "2001-13", "01-02-2003", "x", "2001-1-1-1", ""] {
            assert!(days_of_date("k", bad).is_err(), "{bad}");
        }
    }
}
