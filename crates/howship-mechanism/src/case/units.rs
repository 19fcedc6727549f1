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
    // `0,1 g` is no dose of nothing.
    let comma = unit.starts_with(',') && unit[1..].starts_with(|c: char| c.is_ascii_digit());
    if comma {
        return Err(Error::value(
            key,
            format!("`{text}`"),
            format!(
                "write decimals with a point: `{}`",
                text.replacen(',', ".", 1)
            ),
        ));
    }
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
    let dose = match unit {
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
    };
    let (WrittenDose::Milligrams(size) | WrittenDose::MilligramsPerKilogram(size)) = dose;
    if !(size > 0.0 && size <= 1e5) {
        return Err(Error::value(
            key,
            format!("`{text}`"),
            "a dose is above 0 and at most 100 g",
        ));
    }
    Ok(dose)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doses_are_held_against_what_a_person_gets_in_one_unit() {
        for text in ["100000 µg", "100000 ug", "0.1 g", "100 mg"] {
            assert_eq!(dose("dose", text).unwrap(), WrittenDose::Milligrams(100.0));
        }
        let comma = dose("dose", "0,1 g").unwrap_err().to_string();
        let hint = format!("{:?}", dose("dose", "0,1 g").unwrap_err());
        assert!(
            comma.contains("0,1 g") && hint.contains("`0.1 g`"),
            "{hint}"
        );
        for text in ["0 mg", "-5 mg", "101 g", "1 kg", "5"] {
            assert!(dose("dose", text).is_err(), "{text}");
        }
        assert_eq!(span("interval", "24 h").unwrap(), 1.0);
        assert!(span("interval", "0,5 d").is_err());
    }
}
