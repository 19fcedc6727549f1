//! Whole numbers among the arguments.

use std::ops::RangeInclusive;

/// spec.toml keeps the seed, and TOML's integers have a sign.
pub(crate) const LARGEST_SEED: u64 = i64::MAX as u64;

/// Reads a whole number of a range.
pub(crate) fn whole<T: TryFrom<u64>>(
    range: RangeInclusive<u64>,
) -> impl Fn(&str) -> Result<T, String> + Clone {
    move |text| {
        let number = text.trim().parse().ok();
        let number = number.filter(|n: &u64| range.contains(n));
        number.and_then(|n| T::try_from(n).ok()).ok_or_else(|| {
            format!(
                "`{text}` is no whole number from {} to {}",
                range.start(),
                range.end()
            )
        })
    }
}
