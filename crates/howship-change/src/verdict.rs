use crate::{Change, Error, Quantity};
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
    /// The smallest change that would matter; the quantity's default where absent.
    pub delta: Option<f64>,
    /// Probability that a call needs (0.95).
    pub level: f64,
    /// Prior of a true change.
    pub prior: PriorChoice,
}

impl Default for VerdictOptions {
    fn default() -> Self {
        Self {
            delta: None,
            level: 0.95,
            prior: PriorChoice::Weak,
        }
    }
}

impl VerdictOptions {
    /// δ of a quantity under these options: the stated one is of the volume, others keep their defaults.
    #[must_use]
    pub fn delta_of(&self, quantity: Quantity) -> f64 {
        match (quantity, self.delta) {
            (Quantity::Volume, Some(delta)) => delta,
            _ => quantity.default_delta(),
        }
    }
}

/// The verdict on a change, its three probabilities, and the reason in words.
///
/// `gate` names why a quality gate failed; then the verdict is `uncertain` whatever the numbers say.
///
/// # Errors
/// A change whose error is not positive and finite.
pub fn decide(
    quantity: Quantity,
    change: &Change,
    gate: Option<&str>,
    options: &VerdictOptions,
) -> Result<(Verdict, Probability, String), Error> {
    let prior = match options.prior {
        PriorChoice::Weak => Prior::Weak {
            sd: quantity.weak_prior_sd(),
        },
        PriorChoice::SpikeSlab => Prior::SpikeSlab {
            spike: 0.5,
            mean: 0.0,
            sd: 4.0 * change.delta.max(1e-9),
        },
    };
    let freedom = change.df.unwrap_or(f64::INFINITY);
    let p = change_posterior(change.value, change.se, freedom, change.delta, prior).map_err(
        |source| Error::Statistic {
            quantity: quantity.key().into(),
            source,
        },
    )?;
    let probability = Probability {
        healing: p.below,
        stable: p.within,
        progressing: p.above,
    };
    if let Some(reason) = gate {
        return Ok((Verdict::Uncertain, probability, reason.to_owned()));
    }
    let unit = &change.unit;
    let (verdict, reason) = if p.below >= options.level {
        let text = format!(
            "smaller by more than {} {unit} with probability {}",
            change.delta,
            certainty(p.below)
        );
        (Verdict::Healing, text)
    } else if p.above >= options.level {
        let text = format!(
            "larger by more than {} {unit} with probability {}",
            change.delta,
            certainty(p.above)
        );
        (Verdict::Progressing, text)
    } else if p.within >= options.level {
        let text = format!(
            "within ±{} {unit} with probability {}",
            change.delta,
            certainty(p.within)
        );
        (Verdict::Stable, text)
    } else {
        let text = format!(
            "no class reaches {}: error {:.2} {unit} of the change is too large beside δ = {} {unit}, or the change lies near it",
            options.level, change.se, change.delta
        );
        (Verdict::Uncertain, text)
    };
    Ok((verdict, probability, reason))
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

    fn verdict_of(value: f64, se: f64) -> Verdict {
        let change = Change::new(Quantity::Volume, value, se, None, 0.25, ("M0", "M6")).unwrap();
        decide(Quantity::Volume, &change, None, &VerdictOptions::default())
            .unwrap()
            .0
    }

    #[test]
    fn four_verdicts() {
        assert_eq!(verdict_of(-1.0, 0.1), Verdict::Healing);
        assert_eq!(verdict_of(0.0, 0.05), Verdict::Stable);
        assert_eq!(verdict_of(1.0, 0.1), Verdict::Progressing);
        assert_eq!(verdict_of(-0.3, 0.2), Verdict::Uncertain);
    }

    #[test]
    fn a_failed_gate_overrules_any_number() {
        let change = Change::new(Quantity::Volume, -5.0, 0.1, None, 0.25, ("M0", "M6")).unwrap();
        let options = VerdictOptions::default();
        let (verdict, p, reason) =
            decide(Quantity::Volume, &change, Some("overlap 40 %"), &options).unwrap();
        assert_eq!(verdict, Verdict::Uncertain);
        assert!(p.healing > 0.99 && reason.contains("40 %"));
    }
}
