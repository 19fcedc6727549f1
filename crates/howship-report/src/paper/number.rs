//! Numbers in print: as many digits as the error allows, a typographic minus, a unit that does not break off.

/// Decimals that show two digits of a standard error; `None` where there is no usable error.
pub(crate) fn decimals(se: f64) -> Option<usize> {
    if !(se.is_finite() && se > 0.0) {
        return None;
    }
    // 0.0996 rounds to 0.10: one decimal fewer than its first digit asks for.
    let decade = (se * (1.0 + 5e-3)).log10().floor();
    Some((1.0 - decade).clamp(0.0, 6.0) as usize)
}

/// Decimals that show two digits of a small number, an end of an interval of which more is to be said than that it is
/// small; `None` below a millionth, which is said to be small.
#[must_use]
pub fn small_decimals(size: f64) -> Option<usize> {
    (1e-6..1.0)
        .contains(&size)
        .then(|| (1.0 - size.log10().floor()) as usize)
}

/// A number with fixed decimals, `−` for minus, no negative zero.
pub(crate) fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let text = format!("{:.*}", decimals, value.abs());
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if value < 0.0 && !zero {
        format!("−{text}")
    } else {
        text
    }
}

/// As [`fixed`], with a plus sign on what is larger than zero.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if value > 0.0 && value.is_finite() && !zero {
        format!("+{text}")
    } else {
        text
    }
}

/// Three significant digits, for numbers without an error.
pub(crate) fn plain(value: f64) -> String {
    fixed(value, plain_decimals(value))
}

fn plain_decimals(value: f64) -> usize {
    let size = value.abs();
    if !size.is_finite() || size < 1e-6 {
        return 0;
    }
    (2.0 - size.log10().floor()).clamp(0.0, 6.0) as usize
}

/// A setting such as δ: no more digits than it was given with.
pub(crate) fn setting(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    let rounded = (value * 1e6).round() / 1e6;
    format!("{rounded}").replace('-', "−")
}

/// Three significant digits without needless zeros: for δ, which may be a share of something measured.
pub(crate) fn rounded(value: f64) -> String {
    let scale = 10f64.powi(plain_decimals(value) as i32);
    setting((value * scale).round() / scale)
}

/// `value ± se`, both with two digits of the error.
pub(crate) fn with_error(value: f64, se: f64) -> String {
    match decimals(se) {
        Some(d) => format!("{} ± {}", fixed(value, d), fixed(se, d)),
        None => plain(value),
    }
}

/// `+value [low to high]`, all with two digits of the error.
pub(crate) fn with_interval(value: f64, se: f64, interval: [f64; 2]) -> (String, String) {
    let d = decimals(se).unwrap_or_else(|| plain_decimals(value));
    (
        signed(value, d),
        format!("{} to {}", signed(interval[0], d), signed(interval[1], d)),
    )
}

/// A probability that a model of few weights gives: two digits, never 0 or 1 in print.
pub(crate) fn coarse_probability(p: f64) -> String {
    if !p.is_finite() {
        "–".into()
    } else if p < 0.01 {
        "<\u{2009}0.01".into()
    } else if p > 0.99 {
        ">\u{2009}0.99".into()
    } else {
        format!("{p:.2}")
    }
}

/// A probability: never 0 or 1 in print.
pub(crate) fn probability(p: f64) -> String {
    if !p.is_finite() {
        "–".into()
    } else if p < 0.001 {
        "<\u{2009}0.001".into()
    } else if p > 0.999 {
        ">\u{2009}0.999".into()
    } else {
        format!("{p:.3}")
    }
}

/// A share as percent.
pub(crate) fn percent(share: f64) -> String {
    let value = share * 100.0;
    let d = usize::from(value.abs() < 10.0);
    format!("{} %", fixed(value, d))
}

/// Largest size of a number that is drawn; what is beyond is no score.
const LARGEST: f64 = 1e6;

/// Whether a number can be drawn.
pub(crate) fn drawable(value: f64) -> bool {
    value.is_finite() && value.abs() <= LARGEST
}

/// An interval whose ends are both known, in order.
pub(crate) fn ordered(interval: Option<[f64; 2]>) -> Option<[f64; 2]> {
    let [a, b] = interval?;
    (drawable(a) && drawable(b)).then(|| [a.min(b), a.max(b)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_digits_of_what_is_small() {
        let enough = [0.34, 0.0412, 1e-6, 0.9e-6, 0.0, 1.0, f64::NAN].map(small_decimals);
        assert_eq!(enough, [Some(2), Some(3), Some(7), None, None, None, None]);
    }

    #[test]
    fn digits_follow_the_error() {
        assert_eq!(with_error(2.71351, 0.0234), "2.714 ± 0.023");
        assert_eq!(with_error(2.71351, 0.0996), "2.71 ± 0.10");
        assert_eq!(with_error(-1234.5, 23.0), "−1234 ± 23");
        assert_eq!(with_error(1234.5, 456.0), "1234 ± 456");
        assert_eq!(with_error(2.0, 0.0), "2.00");
        assert_eq!(with_error(f64::NAN, f64::NAN), "–");
    }

    #[test]
    fn signs_are_typographic_and_zero_has_none() {
        assert_eq!(signed(-0.001, 2), "0.00");
        assert_eq!(signed(0.001, 2), "0.00");
        assert_eq!(signed(0.5, 1), "+0.5");
        assert_eq!(fixed(-0.5, 1), "−0.5");
        let (value, interval) = with_interval(-0.8512, 0.12, [-1.09, -0.61]);
        assert_eq!(
            (value.as_str(), interval.as_str()),
            ("−0.85", "−1.09 to −0.61")
        );
    }

    #[test]
    fn no_probability_is_certain() {
        assert_eq!(probability(1.0), ">\u{2009}0.999");
        assert_eq!(probability(0.0), "<\u{2009}0.001");
        assert_eq!(probability(0.95), "0.950");
        assert_eq!(setting(0.25), "0.25");
        assert_eq!(
            [0.454_321, 0.1, 10.0, 1.234_5].map(rounded),
            ["0.454", "0.1", "10", "1.23"]
        );
        assert_eq!(percent(0.034), "3.4 %");
    }
}
