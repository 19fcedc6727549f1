use super::options::{check_confidence, refused};
use crate::Error;
use crate::change::GroupChange;
use howship_stats::student_t_quantile;
use serde::{Deserialize, Serialize};

/// What a paper prints beside a mean change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// SD of changes.
    Sd(f64),
    /// Standard error of the mean.
    StandardError(f64),
    /// Confidence interval of the mean at the confidence asked for; its ends are taken as printed.
    Interval(f64, f64),
}

/// One arm of a published table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublishedGroup {
    /// Arm.
    pub arm: String,
    /// Feature or total.
    pub feature: String,
    /// Patients.
    pub patients: usize,
    /// Mean change.
    pub mean: f64,
    /// Its spread.
    pub spread: Spread,
}

impl PublishedGroup {
    /// The group rule of repair on printed numbers: mean change below 0 with its whole interval
    /// (van der Heijde, Arthritis Res Ther 2007;9:R62).
    ///
    /// # Errors
    /// Fewer than two patients, a spread below 0 or not finite, an interval that does not hold the mean, a
    /// confidence outside (0, 1).
    pub fn judge(&self, confidence: f64) -> Result<GroupChange, Error> {
        check_confidence(confidence)?;
        let root = (self.patients as f64).sqrt();
        let from_sd = |sd: f64| {
            let (arm, feature) = (&self.arm, &self.feature);
            GroupChange::from_moments(arm, feature, self.mean, sd, self.patients, confidence)
        };
        match self.spread {
            Spread::Sd(sd) => from_sd(sd),
            Spread::StandardError(se) => from_sd(se * root),
            Spread::Interval(lower, upper) => {
                if !(lower <= self.mean && self.mean <= upper) {
                    return Err(refused(format!(
                        "arm `{}`: the interval {lower} to {upper} does not hold the mean {}",
                        self.arm, self.mean
                    )));
                }
                let freedom = self.patients.saturating_sub(1).max(1) as f64;
                let t = student_t_quantile(0.5 + 0.5 * confidence, freedom)?;
                let group = from_sd((upper - lower) / (2.0 * t) * root)?;
                Ok(GroupChange {
                    lower,
                    upper,
                    repair: upper < 0.0,
                    progression: lower > 0.0,
                    ..group
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// TEMPO at 52 weeks (etanercept label, table 10), mean and 95 % interval: MTX 2.80 (1.08, 4.51), etanercept
    /// 0.52 (−0.10, 1.15), both −0.54 (−1.00, −0.07); implied SDs 12.7, 4.64, 3.50.
    #[test]
    fn in_tempo_the_combination_repairs_and_nobody_else() {
        let arms = [
            ("MTX", 212, 2.80, (1.08, 4.51), 12.7),
            ("ETN", 212, 0.52, (-0.10, 1.15), 4.64),
            ("ETN+MTX", 218, -0.54, (-1.00, -0.07), 3.50),
        ];
        for (arm, patients, mean, (lower, upper), sd) in arms {
            for spread in [Spread::Interval(lower, upper), Spread::Sd(sd)] {
                let group = PublishedGroup {
                    arm: arm.into(),
                    feature: "total".into(),
                    patients,
                    mean,
                    spread,
                };
                let judged = group.judge(0.95).unwrap();
                assert_eq!(judged.repair, arm == "ETN+MTX", "{judged:?}");
                assert_eq!(judged.progression, arm == "MTX", "{judged:?}");
                assert!((judged.lower - lower).abs() < 0.02 && (judged.upper - upper).abs() < 0.02);
                assert!((judged.sd / sd - 1.0).abs() < 0.01);
            }
        }
        // Of the combination's features only joint space narrowing is repaired as a group.
        for (feature, mean, ends) in [
            ("erosion", -0.30, (-0.65, 0.04)),
            ("jsn", -0.23, (-0.45, -0.02)),
        ] {
            let group = PublishedGroup {
                arm: "ETN+MTX".into(),
                feature: feature.into(),
                patients: 218,
                mean,
                spread: Spread::Interval(ends.0, ends.1),
            };
            assert_eq!(group.judge(0.95).unwrap().repair, feature == "jsn");
        }
    }

    #[test]
    fn numbers_that_contradict_themselves_are_refused() {
        let group = |patients, spread| PublishedGroup {
            arm: "a".into(),
            feature: "total".into(),
            patients,
            mean: 1.0,
            spread,
        };
        assert!(group(20, Spread::Interval(2.0, 3.0)).judge(0.95).is_err());
        assert!(group(1, Spread::Sd(1.0)).judge(0.95).is_err());
        assert!(group(20, Spread::Sd(-1.0)).judge(0.95).is_err());
        assert!(group(20, Spread::Sd(1.0)).judge(1.0).is_err());
    }
}
