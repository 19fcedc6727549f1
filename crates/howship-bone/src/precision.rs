//! Precision error from a group's own rescans of unchanged lesions.

use crate::Error;
use howship_change::Quantity;
use howship_stats::{chi_square_quantile, least_significant_change, rms_precision_error};
use std::collections::BTreeMap;

/// One number of one thing that was measured again without having changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeat {
    /// What was repeated: one lesion of one joint.
    pub thing: String,
    /// Which of its numbers.
    pub quantity: Quantity,
    /// In the quantity's unit.
    pub value: f64,
}

/// A number with its 95 % interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounded {
    /// The estimate.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What repeats say of one quantity.
#[derive(Debug, Clone, PartialEq)]
pub struct PrecisionError {
    /// Things with at least two repeats.
    pub things: usize,
    /// Degrees of freedom: repeats less things.
    pub freedom: f64,
    /// Root mean square over things of the SD of their repeats, in the quantity's unit.
    pub rms_sd: Bounded,
    /// The same of their coefficients of variation, percent; `None` where a mean is not positive.
    pub rms_cv: Option<Bounded>,
    /// Least significant change at 95 %, in the quantity's unit.
    pub lsc: Bounded,
}

/// Precision errors by quantity.
///
/// # Method
/// Glüer, Blake, Lu, Blunt, Jergas, Genant (Osteoporos Int 1995): variances of repeats pooled over things, not SDs
/// averaged; intervals from the χ² distribution of the pooled variance; least significant change 1.96·√2 times it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Precision {
    /// Only quantities of which something was repeated.
    pub of: BTreeMap<Quantity, PrecisionError>,
}

impl Precision {
    /// From all repeats of all things.
    ///
    /// # Errors
    /// Nothing was measured twice; a value that is no number.
    pub fn from_repeats(repeats: &[Repeat]) -> Result<Self, Error> {
        let mut groups: BTreeMap<Quantity, BTreeMap<&str, Vec<f64>>> = BTreeMap::new();
        for repeat in repeats {
            if !repeat.value.is_finite() {
                return Err(Error::RepeatNotFinite {
                    thing: repeat.thing.clone(),
                });
            }
            let things = groups.entry(repeat.quantity).or_default();
            things.entry(&repeat.thing).or_default().push(repeat.value);
        }
        let mut of = BTreeMap::new();
        for (quantity, things) in groups {
            let repeated: Vec<Vec<f64>> = things.into_values().filter(|v| v.len() > 1).collect();
            if let Some(error) = precision_error(&repeated) {
                of.insert(quantity, error);
            }
        }
        if of.is_empty() {
            return Err(Error::NothingRepeated);
        }
        Ok(Self { of })
    }

    /// What provenance says of it.
    #[must_use]
    pub fn in_words(&self) -> String {
        let parts: Vec<String> = self
            .of
            .iter()
            .map(|(quantity, error)| {
                format!(
                    "{} {:.3} {} (RMS-SD of {} repeated, {} degrees of freedom)",
                    quantity.key(),
                    error.rms_sd.value,
                    quantity.unit(),
                    error.things,
                    error.freedom
                )
            })
            .collect();
        format!("the group's own repeats: {}", parts.join("; "))
    }

    /// Standard error of a change and its degrees of freedom; `None` where the quantity was not repeated.
    #[must_use]
    pub fn of_change(&self, quantity: Quantity) -> Option<(f64, f64)> {
        let error = self.of.get(&quantity)?;
        Some((std::f64::consts::SQRT_2 * error.rms_sd.value, error.freedom))
    }
}

fn precision_error(repeated: &[Vec<f64>]) -> Option<PrecisionError> {
    let (sd, freedom) = rms_precision_error(repeated).ok()?;
    // Each thing's values over its own mean: their pooled SD is the root mean square of the CVs.
    let relative: Option<Vec<Vec<f64>>> = repeated
        .iter()
        .map(|values| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            (mean > 0.0).then(|| values.iter().map(|v| v / mean).collect())
        })
        .collect();
    let cv = relative.and_then(|r| rms_precision_error(&r).ok());
    let rms_cv = match cv {
        Some((cv, _)) => Some(bounded(100.0 * cv, freedom)?),
        None => None,
    };
    Some(PrecisionError {
        things: repeated.len(),
        freedom,
        rms_sd: bounded(sd, freedom)?,
        rms_cv,
        lsc: bounded(least_significant_change(sd), freedom)?,
    })
}

/// 95 % interval of an SD: √(ν/χ²).
fn bounded(value: f64, freedom: f64) -> Option<Bounded> {
    let end = |p: f64| Some(value * (freedom / chi_square_quantile(p, freedom).ok()?).sqrt());
    Some(Bounded {
        value,
        low: end(0.975)?,
        high: end(0.025)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repeats(things: &[(&str, &[f64])]) -> Vec<Repeat> {
        let of = |(thing, values): &(&str, &[f64])| -> Vec<Repeat> {
            let one = |&value: &f64| Repeat {
                thing: (*thing).to_owned(),
                quantity: Quantity::Volume,
                value,
            };
            values.iter().map(one).collect()
        };
        things.iter().flat_map(of).collect()
    }

    #[test]
    fn variances_are_pooled_and_not_sds_averaged() {
        // SDs 0.1414 and 0: mean 0.0707, root mean square 0.1.
        let pairs = repeats(&[("a", &[1.0, 1.2]), ("b", &[2.0, 2.0]), ("c", &[7.0])]);
        let found = Precision::from_repeats(&pairs).unwrap();
        let error = &found.of[&Quantity::Volume];
        assert_eq!((error.things, error.freedom), (2, 2.0));
        assert!((error.rms_sd.value - 0.1).abs() < 1e-12);
        assert!((error.lsc.value - 0.277_180_8).abs() < 1e-6);
        // CVs 12.86 % and 0.
        let cv = error.rms_cv.unwrap().value;
        assert!(
            (cv - 100.0 * 0.02f64.sqrt() / 1.1 / 2f64.sqrt()).abs() < 1e-9,
            "{cv}"
        );
        // χ² of 2 degrees: 7.3778 and 0.050636.
        assert!((error.rms_sd.low - 0.1 * (2.0 / 7.377_759f64).sqrt()).abs() < 1e-6);
        assert!((error.rms_sd.high - 0.1 * (2.0 / 0.050_635_6f64).sqrt()).abs() < 1e-5);
        let (se, freedom) = found.of_change(Quantity::Volume).unwrap();
        assert!((se - 0.02f64.sqrt()).abs() < 1e-12 && freedom == 2.0);
        assert!(found.of_change(Quantity::Width).is_none());
    }

    #[test]
    fn the_interval_holds_the_true_error() {
        use rand::{RngExt, SeedableRng};
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let held = (0..400)
            .filter(|_| {
                let group: Vec<Vec<f64>> = (0..8)
                    .map(|k| {
                        (0..3)
                            .map(|_| f64::from(k) + 1.0 + 0.05 * normal())
                            .collect()
                    })
                    .collect();
                let sd = precision_error(&group).unwrap().rms_sd;
                (sd.low..sd.high).contains(&0.05)
            })
            .count();
        // 380 of 400 expected, SD 4.4.
        assert!((366..=394).contains(&held), "{held}");
    }

    #[test]
    fn what_says_nothing_is_refused() {
        assert!(Precision::from_repeats(&repeats(&[("a", &[1.0]), ("b", &[2.0])])).is_err());
        let bad = Precision::from_repeats(&repeats(&[("a", &[1.0, f64::NAN])])).unwrap_err();
        assert!(bad.to_string().contains('a'));
    }
}
