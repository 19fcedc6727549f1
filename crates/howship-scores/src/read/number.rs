//! Numbers as tables write them.

use crate::Reason;

/// Squares of larger numbers, added up, leave what an `f64` holds.
pub(super) const LARGEST: f64 = 1e38;

/// A finite number, or why the text is none.
pub(super) fn number(text: &str, decimal_comma: bool) -> Result<f64, Reason> {
    let comma = text.contains(',');
    if comma && !decimal_comma {
        let point = text.replacen(',', ".", 1);
        return Err(if point.parse::<f64>().is_ok() {
            (
                "has a decimal comma",
                format!("write `{point}`, or read with `--decimal-comma`"),
            )
                .into()
        } else {
            NO_NUMBER.into()
        });
    }
    let parsed = if comma {
        text.replacen(',', ".", 1).parse::<f64>()
    } else {
        text.parse::<f64>()
    };
    match parsed {
        Ok(number) if number.abs() <= LARGEST => Ok(number),
        Ok(number) if number.is_finite() => Err("is too large for a score".into()),
        Ok(_) => Err((
            "is no number",
            "leave the cell empty and set status `missing`",
        )
            .into()),
        Err(_) => Err(NO_NUMBER.into()),
    }
}

const NO_NUMBER: (&str, &str) = (
    "is no number",
    "leave the cell empty where there is none, or say in a mapping what the word means (`[values.score]`: a grade, or \
     `missing`, `replaced`, `not-scorable`)",
);
