//! δ as it is typed.

use std::str::FromStr;

/// The smallest change that matters: a volume (on films an area), a share of the volume at baseline, or both.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Delta {
    /// mm³, on films mm².
    pub(crate) floor: Option<f64>,
    /// Share of the baseline's volume, 0 to 1.
    pub(crate) share: Option<f64>,
}

/// What is wrong with what was typed, and what would do.
fn no_delta(text: &str) -> String {
    format!(
        "`{text}` is no change that could matter: give a positive size, as in `0.25`, a share of the volume at \
         baseline, as in `10%`, or both, as in `0.1,10%`, of which the larger counts"
    )
}

impl FromStr for Delta {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || no_delta(text);
        let mut delta = Self::default();
        for part in text.split(',').map(str::trim) {
            let (number, slot, most, scale) = match part.strip_suffix('%') {
                Some(number) => (number, &mut delta.share, 100.0, 0.01),
                None => (part, &mut delta.floor, f64::MAX, 1.0),
            };
            let value: f64 = number.trim().parse().map_err(|_| bad())?;
            if !(value > 0.0 && value <= most) || slot.is_some() {
                return Err(bad());
            }
            *slot = Some(value * scale);
        }
        Ok(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_shares_in_any_order() {
        let read = |text: &str| text.parse::<Delta>().map(|d| (d.floor, d.share));
        assert_eq!(read("0.25"), Ok((Some(0.25), None)));
        assert_eq!(read("10%"), Ok((None, Some(0.1))));
        assert_eq!(read("0.1, 20 %"), Ok((Some(0.1), Some(0.2))));
        assert_eq!(read("20%,0.1"), Ok((Some(0.1), Some(0.2))));
    }

    #[test]
    fn nonsense_is_told_with_what_would_do() {
        for text in [
            "-1", "0", "0%", "101%", "NaN", "inf", "", "0.1,0.2", "5%,6%", "0.1,", "a lot", "-5%",
        ] {
            let said = text.parse::<Delta>().unwrap_err();
            assert!(
                said.contains(&format!("`{text}`")) && said.contains("10%"),
                "{said}"
            );
        }
    }
}
