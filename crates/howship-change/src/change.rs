use crate::{Error, Scale};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The difference of two measurements of one thing, with the error of the difference.
///
/// The two measurements share the registration, the envelope and the wall that did not move, so the error is
/// *not* the two errors added in quadrature; it is estimated for the difference itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Follow-up minus baseline; negative means smaller.
    pub value: f64,
    /// Unit.
    pub unit: String,
    /// Standard error of the difference.
    pub se: f64,
    /// Degrees of freedom; absent where the error is taken as known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub df: Option<f64>,
    /// 95 % interval of the true change.
    pub interval: [f64; 2],
    /// Least significant change at 95 %: 1.96 · standard error of the difference.
    pub lsc: f64,
    /// Smallest change that would matter.
    pub delta: f64,
    /// Name of the earlier visit.
    pub from: String,
    /// Name of the later visit.
    pub to: String,
}

impl Change {
    /// A change on a scale, with its interval and least significant change worked out.
    ///
    /// `value` and `se` are in the scale's unit; `df` is absent where the error is taken as known; `visits` are the
    /// names of the earlier and the later one.
    ///
    /// # Errors
    /// Degrees of freedom that are not positive.
    pub fn new(
        value: f64,
        se: f64,
        df: Option<f64>,
        scale: &Scale,
        (from, to): (&str, &str),
    ) -> Result<Self, Error> {
        let freedom = df.unwrap_or(f64::INFINITY);
        let t = howship_stats::student_t_quantile(0.975, freedom).map_err(|source| {
            Error::Statistic {
                from: from.into(),
                to: to.into(),
                source,
            }
        })?;
        Ok(Self {
            value,
            unit: scale.unit.clone(),
            se,
            df,
            interval: [value - t * se, value + t * se],
            lsc: howship_stats::least_significant_change(se / std::f64::consts::SQRT_2),
            delta: scale.delta,
            from: from.into(),
            to: to.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lsc_of_a_difference_is_1_96_of_its_error() {
        let scale = Scale::new("mm", 0.25, 10.0);
        let change = Change::new(-1.0, 0.1, None, &scale, ("M0", "M6")).unwrap();
        assert!((change.lsc - 0.195_996_4).abs() < 1e-6);
        assert!((change.interval[0] + 1.195_996_4).abs() < 1e-6);
        assert_eq!((change.unit.as_str(), change.delta), ("mm", 0.25));
    }

    #[test]
    fn no_degrees_of_freedom_are_refused_by_the_visits_names() {
        let scale = Scale::new("mm", 0.25, 10.0);
        let error = Change::new(1.0, 0.1, Some(0.0), &scale, ("M0", "M6")).unwrap_err();
        assert!(error.to_string().contains("from `M0` to `M6`"), "{error}");
    }
}
