//! Days and seconds into ISO 8601, on the proleptic Gregorian calendar.

/// `2024-02-29` for days since 1970-01-01. Years beyond four digits carry their sign, as ISO 8601 has it.
pub(crate) fn date(days: i64) -> String {
    // Civil from days: years begin in March, so that the leap day is the last of a year; eras of 400 years.
    let days = i128::from(days) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + 400 * era + i128::from(month <= 2);
    if (0..=9999).contains(&year) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:+07}-{month:02}-{day:02}")
    }
}

/// `2024-02-29T13:05:00` for units since 1970-01-01T00:00:00, `per_second` of them in a second. Midnight is left
/// out: many tools write dates so. Fractions of a second are cut off.
pub(crate) fn date_time(units: i64, per_second: i64) -> String {
    let seconds = units.div_euclid(per_second.max(1));
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    if rest == 0 {
        return date(days);
    }
    format!(
        "{}T{:02}:{:02}:{:02}",
        date(days),
        rest / 3_600,
        rest / 60 % 60,
        rest % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_known_dates() {
        let known = [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (-3653, "1960-01-01"),
            (19_782, "2024-02-29"),
            (19_783, "2024-03-01"),
            (11_016, "2000-02-29"),
            (-719_528, "0000-01-01"),
            (2_932_897, "+010000-01-01"),
        ];
        for (days, text) in known {
            assert_eq!(date(days), text);
        }
    }

    #[test]
    fn midnight_is_a_date_and_extremes_do_not_overflow() {
        assert_eq!(date_time(19_782 * 86_400_000, 1_000), "2024-02-29");
        assert_eq!(date_time(-1, 1_000_000), "1969-12-31T23:59:59");
        for units in [i64::MIN, i64::MAX] {
            assert!(!date_time(units, 1).is_empty());
        }
    }
}
