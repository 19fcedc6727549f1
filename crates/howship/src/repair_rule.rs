//! A definition of repair in a joint, as typed: `2/3,feature=erosion,visits=2,days=365`.

use howship_scores::change::{JointRepair, Reference};

const FORM: &str = "give K/N readers, as in `2/3`, then what differs from a decrease seen once since an earlier visit: \
                    `feature=`, `decrease=` points, `visits=` in a row, `days=` that it lasts, `early=` days allowed, \
                    `from=first`";

/// Reads a definition; its name is what was typed.
pub(crate) fn parse(text: &str) -> Result<JointRepair, String> {
    let mut parts = text.split(',').map(str::trim);
    let (readers, of) = parts
        .next()
        .and_then(|p| p.split_once('/'))
        .and_then(|(k, n)| Some((whole(k)?, whole(n)?)))
        .ok_or(FORM)?;
    if readers > of {
        return Err(format!("{readers} of {of} readers cannot be; {FORM}"));
    }
    let mut rule = JointRepair {
        name: text.to_owned(),
        feature: None,
        decrease: 0.0,
        readers,
        of,
        visits: 1,
        days: 0.0,
        days_early: 0.0,
        reference: Reference::AnyEarlier,
    };
    let mut seen: Vec<&str> = Vec::new();
    for part in parts {
        let (key, value) = part.split_once('=').ok_or(FORM)?;
        let (key, value) = (key.trim(), value.trim());
        let wrong = || format!("`{part}` cannot be read; {FORM}");
        if seen.contains(&key) {
            return Err(format!("`{key}` is given twice; give it once"));
        }
        seen.push(key);
        match key {
            "feature" => rule.feature = Some(value.to_owned()),
            "decrease" => rule.decrease = amount(value).ok_or_else(wrong)?,
            "visits" => rule.visits = whole(value).ok_or_else(wrong)?,
            "days" => rule.days = amount(value).ok_or_else(wrong)?,
            "early" => rule.days_early = amount(value).ok_or_else(wrong)?,
            "from" if value == "first" => rule.reference = Reference::Baseline,
            "from" if value == "any" => rule.reference = Reference::AnyEarlier,
            _ => return Err(wrong()),
        }
    }
    Ok(rule)
}

fn whole(text: &str) -> Option<usize> {
    let number = text.trim().parse().ok()?;
    (1..=1000).contains(&number).then_some(number)
}

fn amount(text: &str) -> Option<f64> {
    let number: f64 = text.trim().parse().ok()?;
    (number >= 0.0 && number.is_finite()).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_as_typed() {
        let rule = parse("2/3,feature= erosion, days=730.5,early =60,visits=2").unwrap();
        let leiden = JointRepair {
            name: rule.name.clone(),
            ..JointRepair::leiden()
        };
        assert_eq!(rule, leiden);
        let rule = parse("1/2,decrease=1,from=first").unwrap();
        assert_eq!((rule.readers, rule.of, rule.decrease), (1, 2, 1.0));
        assert_eq!(rule.reference, Reference::Baseline);
        for wrong in [
            "",
            "2",
            "3/2",
            "0/2",
            "2/2,visits=0",
            "2/2,days=-1",
            "2/2,days=nan",
            "2/2,site=MCP2",
            "2/2,from=last",
            "2/2,feature",
            "2/2,days=1,days=2",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
