//! What the name of a visit tells of its time.

use crate::scheme::normal;
use howship_change::Visit;

pub(super) const DAYS_PER_MONTH: f64 = 30.4375;

/// Days since baseline that a visit's name tells: `M6`, `Month 6`, `W24`, `Week 24`, `D0`, `Year 2`, `Baseline`.
///
/// Weeks of 7 days, months of 30.4375, years of 12 months.
pub(super) fn days_of_name(name: &str) -> Option<f64> {
    if let Some(days) = Visit::parse(name).ok().and_then(|v| v.days) {
        let dated = name.starts_with(|c: char| c.is_ascii_digit());
        return (!dated).then_some(days);
    }
    let word = normal_number(name);
    if matches!(word.as_str(), "BL" | "BASELINE" | "SCREENING" | "BASE") {
        return Some(0.0);
    }
    let start = word.find(|c: char| c.is_ascii_digit())?;
    let number: f64 = word[start..].parse().ok()?;
    let unit = match &word[..start] {
        "D" | "DAY" | "DAYS" => 1.0,
        "W" | "WK" | "WEEK" | "WEEKS" => 7.0,
        "M" | "MO" | "MONTH" | "MONTHS" => DAYS_PER_MONTH,
        "Y" | "YR" | "YEAR" | "YEARS" => 12.0 * DAYS_PER_MONTH,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number * unit)
}

/// As [`normal`], but a decimal point stays.
fn normal_number(name: &str) -> String {
    let parts: Vec<String> = name.split('.').map(normal).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_days() {
        for (name, days) in [
            ("M6", Some(182.625)),
            ("Month 6", Some(182.625)),
            ("W24", Some(168.0)),
            ("week 24", Some(168.0)),
            ("Week 2.5", Some(17.5)),
            ("Year 1", Some(365.25)),
            ("Baseline", Some(0.0)),
            ("D1", Some(1.0)),
            ("Visit 2", None),
            ("2024-03-01", None),
            ("W", None),
            ("", None),
            ("24", None),
        ] {
            assert_eq!(days_of_name(name), days, "{name}");
        }
    }
}
