//! Numbers as tables write them.

use crate::Reason;

/// Squares of larger numbers, added up, leave what an `f64` holds.
pub(super) const LARGEST: f64 = 1e38;

/// A finite number, or why the text is none.
pub(super) fn number(text: &str, decimal_comma: bool) -> Result<f64, Reason> {
    let comma = text.contains(',');
    let of_thousands = match decimal_comma {
        true => thousands(text, '.'),
        false => thousands(text, ','),
    };
    if let Some(whole) = of_thousands {
        let (mark, fraction) = match decimal_comma {
            true => ("a point", text.replacen('.', ",", 1)),
            false => ("a comma", text.replacen(',', ".", 1)),
        };
        return Err((
            format!(
                "has {mark} before three digits, which may stand for thousands or for decimals"
            ),
            format!("write `{whole}` or `{fraction}`"),
        )
            .into());
    }
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

/// Digits in groups of three behind a first group that is no zero: the number without the marks.
fn thousands(text: &str, mark: char) -> Option<String> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let mut groups = unsigned.split(mark);
    let first = groups.next()?;
    let digits = |group: &str| group.bytes().all(|b| b.is_ascii_digit());
    let starts = (1..=3).contains(&first.len()) && digits(first) && !first.starts_with('0');
    let rest: Vec<&str> = groups.collect();
    let three = !rest.is_empty() && rest.iter().all(|g| g.len() == 3 && digits(g));
    (starts && three).then(|| text.replace(mark, ""))
}

const NO_NUMBER: (&str, &str) = (
    "is no number",
    "leave the cell empty where there is none, or say in a mapping what the word means (`[values.score]`: a grade, or \
     `missing`, `replaced`, `not-scorable`)",
);
