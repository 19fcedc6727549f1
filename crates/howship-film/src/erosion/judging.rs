//! Changes judged whose error has a part that grows with the true change.

use howship_change::{Change, Judged, Scale, Verdict, VerdictOptions, decide};

/// Error of a change in the unit of its scale.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChangeError {
    /// Standard error whatever the change is.
    pub noise: f64,
    /// Degrees of freedom of it; `None` where it is known.
    pub df: Option<f64>,
    /// Standard error besides, as a share of the true change.
    pub share: f64,
}

impl ChangeError {
    /// Standard error where the true change is `change`, and its degrees of freedom (Satterthwaite: the share is known).
    fn at(&self, change: f64) -> (f64, Option<f64>) {
        let se = self.noise.hypot(self.share * change);
        let grown = if self.noise > 0.0 {
            se / self.noise
        } else {
            1.0
        };
        (se, self.df.map(|df| df * grown.powi(4)))
    }

    /// The true changes from which the measured one is not farther than their own `k` standard errors: quadratic
    /// inequality of Fieller's kind; `None` where it bounds nothing.
    pub(super) fn interval(&self, value: f64, k: f64) -> Option<[f64; 2]> {
        let (n2, f2, k2) = (self.noise.powi(2), self.share.powi(2), k * k);
        let a = 1.0 - k2 * f2;
        let root = k * (n2 * a + f2 * value * value).sqrt();
        (a > 0.0).then(|| [(value - root) / a, (value + root) / a])
    }
}

pub(crate) fn judge(
    value: f64,
    se: f64,
    df: Option<f64>,
    scale: &Scale,
    between: (&str, &str),
    options: &VerdictOptions,
) -> Judged {
    Change::new(value, se, df, scale, between)
        .and_then(|change| decide(change, scale, None, options))
        .unwrap_or_else(|e| Judged::unmeasured(e.to_string()))
}

/// A change whose error grows with what is true.
///
/// Whether the true change is larger than δ is a question to a true change of δ: the error there decides, and it is the
/// one of the least significant change. Taken at the measured change instead, a share of 0.3 would keep every change
/// from being told from none, however large. The standard error given is that at the measured change; the interval holds
/// the true changes that the measured one does not contradict.
pub(super) fn judge_growing(
    value: f64,
    error: &ChangeError,
    scale: &Scale,
    between: (&str, &str),
    options: &VerdictOptions,
) -> Judged {
    let (near, near_df) = error.at(scale.delta);
    let mut judged = judge(value, near, near_df, scale, between, options);
    let (se, df) = error.at(value);
    if let Some(change) = judged.change.as_mut()
        && let Ok(far) = Change::new(value, se, df, scale, between)
    {
        let k = (far.interval[1] - value) / se;
        change.interval = error.interval(value, k).unwrap_or(far.interval);
        (change.se, change.df) = (se, df);
    }
    judged
}

/// A judged change with its sign turned over.
pub(super) fn turned(mut judged: Judged, delta: f64) -> Judged {
    if let Some(change) = judged.change.as_mut() {
        change.value = -change.value;
        change.interval = [-change.interval[1], -change.interval[0]];
    }
    judged.reason = match judged.verdict {
        Verdict::Healing => format!("rose by more than {delta}"),
        Verdict::Progressing => format!("fell by more than {delta}"),
        _ => judged.reason,
    };
    judged
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors of a share of the truth: the interval holds a truth exactly where the measured value is within 1.96 of
    /// its errors, and a large change is told from δ although its own error is large.
    #[test]
    fn the_interval_asks_each_truth_for_its_own_error() {
        let error = ChangeError {
            noise: 0.05,
            df: None,
            share: 0.3,
        };
        let scale = Scale::new("mm²", 0.25, 5.0);
        let of = |value: f64| {
            let all = VerdictOptions::default();
            judge_growing(value, &error, &scale, ("M0", "M6"), &all)
        };
        for truth in [-2.0f64, -0.4, 0.0, 0.1, 1.0] {
            let se = 0.05f64.hypot(0.3 * truth);
            for (z, inside) in [(-1.9, true), (1.9, true), (-2.05, false), (2.05, false)] {
                let [low, high] = of(truth + z * se).change.unwrap().interval;
                assert_eq!(low <= truth && truth <= high, inside, "{truth} {z}");
            }
        }
        let large = of(-0.6);
        assert_eq!(large.verdict, Verdict::Healing);
        let change = large.change.unwrap();
        assert!((change.se - 0.187).abs() < 0.001);
        assert!((change.lsc - 1.96 * 0.09).abs() < 0.002, "{}", change.lsc);
        // A change of nothing is told from δ by the noise, as before.
        assert_eq!(of(0.0).verdict, Verdict::Stable);
        assert_eq!(of(-0.35).verdict, Verdict::Uncertain);
    }
}
