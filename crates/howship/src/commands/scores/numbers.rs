//! Numbers, shares, estimates and probabilities as they are printed.

use howship_report::paper::small_decimals;

/// A number with about three digits that matter; what rounds to zero has no sign.
pub(crate) fn number(x: f64) -> String {
    if !x.is_finite() {
        return "–".to_owned();
    }
    let decimals = match x.abs() {
        a if a >= 1000.0 || a == a.trunc() => 0,
        a if a >= 100.0 => 1,
        a if a >= 0.9995 => 2,
        a if a >= 0.0005 => 3,
        _ => return format!("{x:.1e}"),
    };
    fixed(x, decimals)
}

/// A share in percent: whole ones from ten on, with one decimal below; what is not none and not all does not become so.
pub(crate) fn percent(share: f64) -> String {
    let value = 100.0 * share;
    if !value.is_finite() {
        "–".to_owned()
    } else if value == 0.0 || value == 100.0 {
        format!("{value:.0} %")
    } else if value < 0.05 {
        "<0.1 %".to_owned()
    } else if value < 9.95 {
        format!("{value:.1} %")
    } else if value > 99.5 {
        ">99 %".to_owned()
    } else {
        format!("{value:.0} %")
    }
}

/// An end of a share's interval in percent: with two digits where [`percent`] would only say that it is small, or near
/// to all; as that from a millionth on.
pub(crate) fn percent_end(share: f64) -> String {
    let value = 100.0 * share;
    let rest = value.min(100.0 - value);
    if (0.05..=99.5).contains(&value) || !(rest >= 1e-4) {
        return percent(share);
    }
    small_decimals(rest).map_or_else(|| percent(share), |d| format!("{value:.d$} %"))
}

/// `7 of 99 (7.1 %)`.
pub(crate) fn counted(count: usize, of: usize) -> String {
    if of == 0 {
        return "none judged".to_owned();
    }
    let share = percent(count as f64 / of as f64);
    format!("{count} of {of} ({share})")
}

/// `value (lower to upper)`, all with the decimals that show two digits of a quarter of the interval's width.
pub(crate) fn estimated(value: f64, ends: Option<(f64, f64)>) -> String {
    let Some((low, high)) = ends.filter(|(l, h)| l.is_finite() && h.is_finite()) else {
        return number(value);
    };
    let error = (high - low) / 4.0;
    if !(value.is_finite() && error > 0.0) {
        return format!("{} ({} to {})", number(value), number(low), number(high));
    }
    let decimals = (1.0 - (1.005 * error).log10().floor()).clamp(0.0, 6.0) as usize;
    let [value, low, high] = [value, low, high].map(|x| fixed(x, decimals));
    format!("{value} ({low} to {high})")
}

/// A p-value: none is 0.
pub(crate) fn p_value(p: f64) -> String {
    if !p.is_finite() {
        "–".to_owned()
    } else if p < 0.0005 {
        "<0.001".to_owned()
    } else if p < 0.0995 {
        format!("{p:.3}")
    } else {
        format!("{p:.2}")
    }
}

/// With so many decimals; what rounds to zero has no sign.
fn fixed(x: f64, decimals: usize) -> String {
    let text = format!("{x:.decimals$}");
    let zero = text.bytes().all(|b| matches!(b, b'0' | b'.' | b'-'));
    if zero {
        return text.trim_start_matches('-').to_owned();
    }
    text
}

/// `value [lower, upper]`.
pub(crate) fn interval(value: f64, bounds: Option<(f64, f64)>) -> String {
    match bounds {
        Some((low, high)) => format!("{} [{}, {}]", number(value), number(low), number(high)),
        None => number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_estimates_in_words() {
        let known = [
            (0.0, "0 %"),
            (0.0004, "<0.1 %"),
            (0.0707, "7.1 %"),
            (0.0996, "10 %"),
            (0.5, "50 %"),
            (0.999, ">99 %"),
            (1.0, "100 %"),
        ];
        for (share, text) in known {
            assert_eq!(percent(share), text);
        }
        let ends = [0.0, 0.000_341, 0.0707, 0.999_12, 0.999_999_9, 1.0].map(percent_end);
        assert_eq!(
            ends,
            ["0 %", "0.034 %", "7.1 %", "99.912 %", ">99 %", "100 %"]
        );
        assert_eq!(counted(2, 37), "2 of 37 (5.4 %)");
        assert_eq!(counted(0, 0), "none judged");
        assert_eq!(
            estimated(1.7312, Some((-0.4187, 3.884))),
            "1.7 (-0.4 to 3.9)"
        );
        assert_eq!(estimated(-0.004, Some((-0.7, 0.7))), "0.00 (-0.70 to 0.70)");
        assert_eq!(estimated(104.26, Some((33.1, 180.2))), "104 (33 to 180)");
        assert_eq!(estimated(3.0, Some((3.0, 3.0))), "3 (3 to 3)");
        assert_eq!(
            [0.0001, 0.0432, 0.27].map(p_value),
            ["<0.001", "0.043", "0.27"]
        );
    }

    #[test]
    fn numbers_keep_three_digits_that_matter() {
        let known = [
            (0.0, "0"),
            (-0.0, "0"),
            (12.0, "12"),
            (0.99961, "1.00"),
            (2.25, "2.25"),
            (-0.0504, "-0.050"),
            (123.456, "123.5"),
            (1234.56, "1235"),
            (1.234e-7, "1.2e-7"),
            (f64::NAN, "–"),
        ];
        for (x, text) in known {
            assert_eq!(number(x), text);
        }
        assert_eq!(interval(1.0, Some((0.5, 2.0))), "1 [0.500, 2]");
    }
}
