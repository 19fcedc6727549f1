use crate::Error;

/// A dose as written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum WrittenDose {
    Milligrams(f64),
    MilligramsPerKilogram(f64),
}

fn split<'a>(key: &str, text: &'a str, units: &str) -> Result<(f64, &'a str), Error> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let bad = |what: &str| Error::value(key, format!("`{text}`"), format!("{what}, as in {units}"));
    let number: f64 = number.parse().map_err(|_| bad("it starts with a number"))?;
    let unit = unit.trim();
    if unit.is_empty() {
        return Err(bad("it has no unit: write one"));
    }
    Ok((number, unit))
}

/// `100 mg`, `3 mg/kg`, `0.1 g`, `20 ug`.
pub(super) fn dose(key: &str, text: &str) -> Result<WrittenDose, Error> {
    const UNITS: &str = "`100 mg`, `0.1 g`, `20 ug` or `3 mg/kg`";
    let (number, unit) = split(key, text, UNITS)?;
    if !(number > 0.0 && number < 1e5) {
        return Err(Error::value(
            key,
            format!("`{text}`"),
            "a dose is above 0 and below 100 g",
        ));
    }
    Ok(match unit {
        "mg" => WrittenDose::Milligrams(number),
        "g" => WrittenDose::Milligrams(1e3 * number),
        "ug" | "µg" | "mcg" => WrittenDose::Milligrams(number / 1e3),
        "mg/kg" => WrittenDose::MilligramsPerKilogram(number),
        _ => {
            return Err(Error::value(
                key,
                format!("`{text}`"),
                format!("unknown unit `{unit}`: write {UNITS}"),
            ));
        }
    })
}

/// `24 h`, `1 d`, `2 wk`, `6 mo`, in days.
pub(super) fn span(key: &str, text: &str) -> Result<f64, Error> {
    const UNITS: &str = "`24 h`, `1 d`, `2 wk` or `6 mo`";
    let (number, unit) = split(key, text, UNITS)?;
    let days = match unit {
        "h" => 1.0 / 24.0,
        "d" => 1.0,
        "wk" | "w" => 7.0,
        "mo" => super::DAYS_PER_MONTH,
        _ => {
            return Err(Error::value(
                key,
                format!("`{text}`"),
                format!("unknown unit `{unit}`: write {UNITS}"),
            ));
        }
    };
    if !(number > 0.0 && number * days < 4000.0) {
        return Err(Error::value(
            key,
            format!("`{text}`"),
            "a span is above 0 and below 10 years",
        ));
    }
    Ok(number * days)
}
