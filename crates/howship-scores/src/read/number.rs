//! Numbers as tables write them.

/// Squares of larger numbers, added up, leave what an `f64` holds.
pub(super) const LARGEST: f64 = 1e38;

/// A finite number, or why the text is none.
pub(super) fn number(text: &str, decimal_comma: bool) -> Result<f64, String> {
    let comma = text.contains(',');
    if comma && !decimal_comma {
        let point = text.replacen(',', ".", 1);
        return Err(if point.parse::<f64>().is_ok() {
            format!("has a decimal comma; write `{point}`, or read with `--decimal-comma`")
        } else {
            NO_NUMBER.to_owned()
        });
    }
    let parsed = if comma {
        text.replacen(',', ".", 1).parse::<f64>()
    } else {
        text.parse::<f64>()
    };
    match parsed {
        Ok(number) if number.abs() <= LARGEST => Ok(number),
        Ok(number) if number.is_finite() => Err("is too large for a score".to_owned()),
        Ok(_) => Err("is no number; leave the cell empty and set status `missing`".to_owned()),
        Err(_) => Err(NO_NUMBER.to_owned()),
    }
}

const NO_NUMBER: &str = "is no number; leave the cell empty where there is none, or say in a mapping what the word \
                         means (`[values.score]`: a grade, or `missing`, `replaced`, `not-scorable`)";
