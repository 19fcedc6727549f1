use crate::{Error, Totals};
use serde::{Deserialize, Serialize};

/// Disagreement weights of a kappa of status, set by the user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CustomWeights {
    /// Grades, rising.
    pub grades: Vec<f64>,
    /// Disagreement of each pair, row-major, 0 on the diagonal.
    pub disagreement: Vec<f64>,
}

impl CustomWeights {
    /// What is wrong with them, if anything.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let (n, found) = (self.grades.len(), self.disagreement.len());
        let finite = self.grades.iter().all(|g| g.is_finite());
        if n < 2 || !finite || !self.grades.windows(2).all(|w| w[0] < w[1]) {
            return Some("`grades` are not two or more numbers that rise".to_owned());
        }
        if found != n * n {
            return Some(format!(
                "`disagreement` holds {found} numbers where {n} grades need {n} × {n} = {}, row by row",
                n * n
            ));
        }
        let stray = self
            .disagreement
            .iter()
            .find(|w| !(**w >= 0.0 && w.is_finite()));
        if let Some(stray) = stray {
            return Some(format!(
                "`disagreement` holds {stray} where 0 or more is allowed"
            ));
        }
        if self.disagreement.iter().all(|w| *w == 0.0) {
            return Some("`disagreement` is 0 throughout: no two grades differ by it".to_owned());
        }
        for (i, row) in self.disagreement.chunks_exact(n).enumerate() {
            if row[i] != 0.0 {
                let grade = self.grades[i];
                return Some(format!(
                    "`disagreement` of grade {grade} with itself is {}, not 0",
                    row[i]
                ));
            }
            for (j, weight) in row.iter().enumerate() {
                let mirrored = self.disagreement[j * n + i];
                if *weight != mirrored {
                    return Some(format!(
                        "`disagreement` of grades {} and {} is {weight} one way and {mirrored} the other",
                        self.grades[i], self.grades[j]
                    ));
                }
            }
        }
        None
    }
}

/// Options of [`agree`](super::agree).
#[derive(Debug, Clone, PartialEq)]
pub struct AgreeOptions {
    /// Confidence level of intervals.
    pub confidence: f64,
    /// Levels of detectable difference and change.
    pub levels: Vec<f64>,
    /// Bootstrap draws (patients as clusters).
    pub draws: usize,
    /// Seed of all draws.
    pub seed: u64,
    /// Features, and `total`; empty means all.
    pub features: Vec<String>,
    /// Numbers of readers averaged, for detectable change and generalisability; empty means 1 to the number of
    /// readers.
    pub readers: Vec<usize>,
    /// Whether joints are compared too.
    pub joints: bool,
    /// Weights of a further kappa of joints' status.
    pub weights: Option<CustomWeights>,
}

impl Default for AgreeOptions {
    fn default() -> Self {
        Self {
            confidence: 0.95,
            levels: vec![0.95, 0.80],
            draws: 2000,
            seed: 1979,
            features: Vec::new(),
            readers: Vec::new(),
            joints: true,
            weights: None,
        }
    }
}

impl AgreeOptions {
    /// Names of the features asked for, in the totals' order.
    pub(super) fn chosen(&self, totals: &Totals) -> Result<Vec<String>, Error> {
        for &level in self.levels.iter().chain([&self.confidence]) {
            if !(level > 0.0 && level < 1.0) {
                return Err(Error::Statistic(howship_stats::Error::Domain {
                    name: "confidence or level",
                    value: level,
                    allowed: "between 0 and 1, as in 0.95",
                }));
            }
        }
        if let Some(fault) = self.weights.as_ref().and_then(CustomWeights::fault) {
            return Err(Error::NotIdentified {
                question: "a kappa with weights of one's own",
                reason: fault.into(),
            });
        }
        if let Some(unknown) = self.features.iter().find(|f| totals.position(f).is_none()) {
            return Err(Error::NotIdentified {
                question: "agreement",
                reason: (
                    format!("there is no feature `{unknown}`"),
                    format!("there are: {}", totals.features.join(", ")),
                )
                    .into(),
            });
        }
        let mut chosen: Vec<String> = totals.features.clone();
        chosen.retain(|f| self.features.is_empty() || self.features.contains(f));
        Ok(chosen)
    }

    /// Numbers of readers to average, for a table with so many.
    pub(super) fn averaged(&self, readers: usize) -> Vec<usize> {
        if self.readers.is_empty() {
            (1..=readers).collect()
        } else {
            self.readers.clone()
        }
    }

    /// Numbers of readers for detectable change: those, and where no number was asked for, the mean number of readers
    /// by whom patients were read.
    pub(super) fn with_as_read(&self, averaged: &[usize], as_read: f64) -> Vec<f64> {
        let mut all: Vec<f64> = averaged.iter().map(|&n| n as f64).collect();
        if self.readers.is_empty() && !all.contains(&as_read) {
            all.push(as_read);
            all.sort_unstable_by(f64::total_cmp);
        }
        all
    }
}
