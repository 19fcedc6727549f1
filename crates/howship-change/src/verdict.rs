use crate::{Change, Error, Scale};
use howship_stats::{Prior, change_posterior};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a lesion did.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// P(T < −δ) ≥ 0.95: smaller by more than matters.
    Healing,
    /// P(−δ ≤ T ≤ δ) ≥ 0.95.
    Stable,
    /// P(T > δ) ≥ 0.95: larger by more than matters.
    Progressing,
    /// None of the three, or a quality gate failed.
    Uncertain,
}

impl Verdict {
    /// The word in print.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Healing => "healing",
            Self::Stable => "stable",
            Self::Progressing => "progressing",
            Self::Uncertain => "uncertain",
        }
    }
}

impl std::fmt::Display for Verdict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

/// The three posterior probabilities; they sum to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Probability {
    /// P(T < −δ).
    pub healing: f64,
    /// P(−δ ≤ T ≤ δ).
    pub stable: f64,
    /// P(T > δ).
    pub progressing: f64,
}

/// Which prior of a true change is used.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PriorChoice {
    /// Wide normal around no change.
    #[default]
    Weak,
    /// Half of all lesions did not change at all; the others as in a reference cohort
    /// (Shiraishi, PLoS ONE 2022: changes of about ±0.7 mm³ in a year; here `Normal(0, 1)` in units of 4 δ).
    SpikeSlab,
}

/// How a verdict is reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerdictOptions {
    /// The smallest change that would matter, whatever the size at baseline; the quantity's default where absent.
    pub delta: Option<f64>,
    /// Share of a volume's baseline below which its change does not matter, where that is more than `delta`; the
    /// default where neither is stated, none where `delta` alone is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delta_share: Option<f64>,
    /// Probability that a call needs (0.95).
    pub level: f64,
    /// Prior of a true change.
    pub prior: PriorChoice,
}

impl Default for VerdictOptions {
    fn default() -> Self {
        Self {
            delta: None,
            delta_share: None,
            level: 0.95,
            prior: PriorChoice::Weak,
        }
    }
}

/// A change with what it means: its probabilities, the verdict and the reason in words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// The change that was judged; absent where the thing could not be measured at both visits.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub change: Option<Change>,
    /// How probable each class is; absent together with the change.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub probability: Option<Probability>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why.
    pub reason: String,
}

impl Judged {
    /// What could not be measured at both visits: `uncertain`, for a reason.
    #[must_use]
    pub fn unmeasured(reason: impl Into<String>) -> Self {
        Self {
            change: None,
            probability: None,
            verdict: Verdict::Uncertain,
            reason: reason.into(),
        }
    }
}

/// Judges a change: its three probabilities, the verdict, and the reason in words.
///
/// `scale` is the one on which the change was made; of it the prior's SD is used here, δ and unit are the change's.
/// `gate` names why a quality gate failed; then the verdict is `uncertain` whatever the numbers say.
///
/// # Errors
/// A change whose error is not positive and finite.
pub fn decide(
    change: Change,
    scale: &Scale,
    gate: Option<&str>,
    options: &VerdictOptions,
) -> Result<Judged, Error> {
    let probability = posterior(&change, scale, options)?;
    let (verdict, reason) = match gate {
        Some(reason) => (Verdict::Uncertain, reason.to_owned()),
        None => called(&change, probability, options.level, &scale.words),
    };
    Ok(Judged {
        change: Some(change),
        probability: Some(probability),
        verdict,
        reason,
    })
}

fn posterior(
    change: &Change,
    scale: &Scale,
    options: &VerdictOptions,
) -> Result<Probability, Error> {
    let prior = match options.prior {
        PriorChoice::Weak => Prior::Weak { sd: scale.prior_sd },
        PriorChoice::SpikeSlab => Prior::SpikeSlab {
            spike: 0.5,
            mean: 0.0,
            sd: 4.0 * change.delta.max(1e-9),
        },
    };
    let freedom = change.df.unwrap_or(f64::INFINITY);
    let p = change_posterior(change.value, change.se, freedom, change.delta, prior).map_err(
        |source| Error::Statistic {
            from: change.from.clone(),
            to: change.to.clone(),
            source,
        },
    )?;
    Ok(Probability {
        healing: p.below,
        stable: p.within,
        progressing: p.above,
    })
}

/// Standard errors that have to fit into δ on either side for a change of nothing to be called stable at 0.95.
const STABLE_SE: f64 = 1.96;

/// The class that reaches the level, and the reason in words.
fn called(
    change: &Change,
    p: Probability,
    level: f64,
    [smaller, larger]: &[String; 2],
) -> (Verdict, String) {
    // A share of a measured volume has no end of digits.
    let (delta, unit) = ((1000.0 * change.delta).round() / 1000.0, &change.unit);
    if p.healing >= level {
        let text = format!(
            "{smaller} by more than {delta} {unit} with probability {}",
            certainty(p.healing)
        );
        (Verdict::Healing, text)
    } else if p.progressing >= level {
        let text = format!(
            "{larger} by more than {delta} {unit} with probability {}",
            certainty(p.progressing)
        );
        (Verdict::Progressing, text)
    } else if p.stable >= level {
        let text = format!(
            "within ±{delta} {unit} with probability {}",
            certainty(p.stable)
        );
        (Verdict::Stable, text)
    } else {
        // With this error even a change of nothing could not be told from ±δ.
        let blunt = STABLE_SE * change.se > change.delta;
        let digits = if change.se < 0.1 { 3 } else { 2 };
        let se = format!("{:.digits$}", change.se);
        // Without a sign: the same sentence serves a change that is turned over afterwards.
        let size = format!("{:.digits$}", change.value.abs());
        let text = if blunt {
            format!(
                "no class reaches {level}: the error of the change, {se} {unit}, is too large beside δ = {delta} {unit}"
            )
        } else {
            format!(
                "no class reaches {level}: a measured change of {size} {unit} with a standard error of {se} {unit} may truly be less or more than δ = {delta} {unit}"
            )
        };
        (Verdict::Uncertain, text)
    }
}

/// A probability in print: three digits, and never 1.
fn certainty(p: f64) -> String {
    if p > 0.999 {
        "above 0.999".to_owned()
    } else {
        format!("{p:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(value: f64, se: f64, gate: Option<&str>) -> Judged {
        let scale = Scale::new("mm³", 0.25, 10.0);
        let change = Change::new(value, se, None, &scale, ("M0", "M6")).unwrap();
        decide(change, &scale, gate, &VerdictOptions::default()).unwrap()
    }

    #[test]
    fn four_verdicts() {
        let verdict_of = |value, se| judged(value, se, None).verdict;
        assert_eq!(verdict_of(-1.0, 0.1), Verdict::Healing);
        assert_eq!(verdict_of(0.0, 0.05), Verdict::Stable);
        assert_eq!(verdict_of(1.0, 0.1), Verdict::Progressing);
        assert_eq!(verdict_of(-0.3, 0.2), Verdict::Uncertain);
    }

    #[test]
    fn an_uncertain_change_says_what_keeps_it_from_a_class() {
        let blunt = judged(0.0, 0.3, None).reason;
        assert!(
            blunt.contains("error of the change, 0.30 mm³, is too large beside δ = 0.25"),
            "{blunt}"
        );
        let near = judged(-0.27, 0.05, None).reason;
        assert!(
            near.contains("0.270 mm³ with a standard error of 0.050 mm³")
                && near.contains("less or more than δ = 0.25"),
            "{near}"
        );
    }

    /// A change farther from δ than its own error is not said to lie within it.
    #[test]
    fn a_change_far_from_delta_is_not_said_to_be_near_it() {
        let scale = Scale::new("mm", 0.1, 1.0);
        for (value, se) in [(0.030, 0.048), (-0.007, 0.0505)] {
            let change = Change::new(value, se, Some(6.0), &scale, ("M0", "M6")).unwrap();
            let judged = decide(change, &scale, None, &VerdictOptions::default()).unwrap();
            assert_eq!(judged.verdict, Verdict::Uncertain);
            assert!(!judged.reason.contains("within its error"));
            assert!(judged.reason.contains(&format!("{se:.3} mm")));
        }
    }

    /// A change whose word is not of size says what it did in its own words.
    #[test]
    fn a_narrowed_joint_space_is_not_called_larger() {
        let scale = Scale::new("mm", 0.1, 1.0).worded("wider", "narrower");
        for (value, word) in [
            (0.5, "narrower by more than 0.1"),
            (-0.5, "wider by more than"),
        ] {
            let change = Change::new(value, 0.02, None, &scale, ("M0", "M6")).unwrap();
            let judged = decide(change, &scale, None, &VerdictOptions::default()).unwrap();
            assert!(judged.reason.starts_with(word), "{}", judged.reason);
        }
    }

    #[test]
    fn a_failed_gate_overrules_any_number() {
        let judged = judged(-5.0, 0.1, Some("overlap 40 %"));
        assert_eq!(judged.verdict, Verdict::Uncertain);
        assert!(judged.probability.unwrap().healing > 0.99 && judged.reason.contains("40 %"));
    }
}
