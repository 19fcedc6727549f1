use crate::{Error, Tidy};
use serde::Serialize;

/// What a paper prints of patterns: joints, those with a change in any reading, those with the same sign in all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PatternCounts {
    /// Joints, each read so many times.
    pub joints: u64,
    /// Readings of each joint's change.
    pub readings: u32,
    /// Joints with a change in at least one reading.
    pub any: u64,
    /// Joints in which all readings see a change of the same sign.
    pub all_same: u64,
}

/// The share of changed joints that a sensitivity implies, and what a joint's pattern then says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PatternFit {
    /// Sensitivity that was assumed.
    pub sensitivity: f64,
    /// Share of joints that truly changed, either way.
    pub changed: f64,
    /// The same as a number of joints.
    pub changed_joints: f64,
    /// False-change rate of one reading, both signs together.
    pub false_change: f64,
    /// P(true change | k readings see it, with one sign, the others see none), k = 1, 2, ...
    pub probability: Vec<f64>,
}

/// What pure noise in independent readings would make of the same share of joints with any change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PureNoise {
    /// False-change rate of one reading.
    pub false_change: f64,
    /// Joints in which all readings would see a change.
    pub all: f64,
    /// Joints in which all readings would see a change of the same sign.
    pub all_same: f64,
}

impl PatternCounts {
    fn check(&self, sensitivity: f64) -> Result<(), Error> {
        if !(sensitivity > 0.0 && sensitivity <= 1.0) {
            return Err(Error::Statistic(howship_stats::Error::Domain {
                name: "assumed sensitivity",
                value: sensitivity,
                allowed: "0 < sensitivity <= 1",
            }));
        }
        if self.readings < 2 {
            return Err(Error::NotIdentified {
                question: "true change from patterns of readings",
                reason: (
                    "each joint's change was read once",
                    "noise and repair cannot be told apart",
                )
                    .into(),
            });
        }
        if self.any > self.joints || self.all_same > self.any || self.joints == 0 {
            return Err(Error::NotIdentified {
                question: "true change from patterns of readings",
                reason: format!(
                    "{} joints, {} with any change, {} with the same sign throughout do not nest",
                    self.joints, self.any, self.all_same
                )
                .into(),
            });
        }
        Ok(())
    }

    /// The false-change rate that explains every change as noise.
    ///
    /// # Errors
    /// Counts that do not nest, fewer than two readings.
    pub fn pure_noise(&self) -> Result<PureNoise, Error> {
        self.check(1.0)?;
        let (n, k) = (self.joints as f64, self.readings as i32);
        let f = 1.0 - (1.0 - self.any as f64 / n).powf(1.0 / f64::from(k));
        Ok(PureNoise {
            false_change: f,
            all: n * f.powi(k),
            all_same: n * 2.0 * (0.5 * f).powi(k),
        })
    }

    /// Three-class latent-change model (no change, repair, progression; false changes of either sign alike, readings
    /// independent given the class) with the sensitivity assumed: the maximum-likelihood fit to the three printed
    /// cells, which it meets exactly.
    ///
    /// `P(all same) = π·s^k + (1−π)·2(f/2)^k`, `P(none) = π(1−s)^k + (1−π)(1−f)^k`. Readings of one film share what
    /// the film shows wrongly, so that the probabilities are upper bounds.
    ///
    /// # Errors
    /// A sensitivity outside (0, 1], counts that do not nest, or that no share of changed joints can meet.
    pub fn fit(&self, sensitivity: f64) -> Result<PatternFit, Error> {
        self.check(sensitivity)?;
        let (n, s, k) = (self.joints as f64, sensitivity, self.readings as i32);
        let same = self.all_same as f64 / n;
        let none = 1.0 - self.any as f64 / n;
        let (mut pi, mut f) = (same / s.powi(k), 0.0);
        // Noise in all readings at once is rarer than noise in one by orders: the fixed point is reached at once.
        for _ in 0..200 {
            let quiet = ((none - pi * (1.0 - s).powi(k)) / (1.0 - pi)).clamp(0.0, 1.0);
            f = 1.0 - quiet.powf(1.0 / f64::from(k));
            pi = ((same - (1.0 - pi) * 2.0 * (0.5 * f).powi(k)) / s.powi(k)).clamp(0.0, 1.0);
        }
        if !(pi < 1.0 && f < s) {
            return Err(Error::NotIdentified {
                question: "true change from patterns of readings",
                reason: format!(
                    "no share of changed joints meets these counts at a sensitivity of {s} with fewer false changes \
                     than true ones"
                )
                .into(),
            });
        }
        let probability = (1..=k)
            .map(|seen| {
                let change = pi * s.powi(seen) * (1.0 - s).powi(k - seen);
                let noise = (1.0 - pi) * 2.0 * (0.5 * f).powi(seen) * (1.0 - f).powi(k - seen);
                change / (change + noise)
            })
            .collect();
        Ok(PatternFit {
            sensitivity,
            changed: pi,
            changed_joints: pi * n,
            false_change: f,
            probability,
        })
    }
}

impl PatternFit {
    /// One row per sensitivity, a column per k.
    #[must_use]
    pub fn tidy(fits: &[Self]) -> Tidy {
        let most = fits.iter().map(|f| f.probability.len()).max().unwrap_or(0);
        let mut columns: Vec<String> = ["sensitivity", "changed", "joints", "false_change"]
            .map(str::to_owned)
            .to_vec();
        columns.extend((1..=most).map(|k| format!("p_true_{k}_of_{most}")));
        let rows = fits.iter().map(|f| {
            let mut row = vec![
                f.sensitivity.into(),
                f.changed.into(),
                f.changed_joints.into(),
                f.false_change.into(),
            ];
            row.extend(f.probability.iter().map(|&p| p.into()));
            row
        });
        Tidy {
            rows: rows.collect(),
            columns,
        }
    }
}
