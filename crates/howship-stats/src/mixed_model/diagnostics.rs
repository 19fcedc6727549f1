//! What residuals say of a mixed model's assumptions.

use super::MixedFit;
use crate::spearman;
use serde::Serialize;

/// What the residuals say of the model's assumptions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResidualDiagnostics {
    /// Third standardised moment; 0 for a normal distribution.
    pub skewness: f64,
    /// Fourth standardised moment less 3; 0 for a normal distribution.
    pub excess_kurtosis: f64,
    /// Largest residual in residual standard deviations.
    pub largest: f64,
    /// Rows whose residual lies beyond three residual standard deviations.
    pub outliers: Vec<usize>,
    /// Spearman's correlation of the residual's size with the fitted value: not 0 where the error grows with it.
    pub spread_with_fitted: f64,
    /// Assumptions that the residuals contradict.
    pub notes: Vec<String>,
}

impl MixedFit {
    /// Moments and outliers of the residuals, and whether their spread grows with the fitted value.
    #[must_use]
    pub fn residual_diagnostics(&self) -> ResidualDiagnostics {
        let n = self.residuals.len() as f64;
        let mean = self.residuals.iter().sum::<f64>() / n;
        let moment = |k: i32| {
            self.residuals
                .iter()
                .map(|r| (r - mean).powi(k))
                .sum::<f64>()
                / n
        };
        let variance = moment(2);
        let skewness = moment(3) / variance.powf(1.5);
        let excess_kurtosis = moment(4) / (variance * variance) - 3.0;
        let sd = self.residual_variance.sqrt();
        let sizes: Vec<f64> = self.residuals.iter().map(|r| r.abs() / sd).collect();
        let outliers = (0..sizes.len()).filter(|&i| sizes[i] > 3.0).collect();
        let spread_with_fitted = spearman(&sizes, &self.fitted).unwrap_or(f64::NAN);
        let mut notes = Vec::new();
        // Twice the standard error under normality, and large enough to matter for t tests.
        if skewness.abs() > (2.0 * (6.0 / n).sqrt()).max(1.0) {
            notes.push("residuals are skewed; compare the rank analyses".to_owned());
        }
        if excess_kurtosis > (2.0 * (24.0 / n).sqrt()).max(2.0) {
            notes.push("residuals have heavy tails; compare the rank analyses".to_owned());
        }
        if spread_with_fitted.abs() > (2.0 / n.sqrt()).max(0.3) {
            notes.push("the residuals' spread changes with the fitted value".to_owned());
        }
        ResidualDiagnostics {
            skewness,
            excess_kurtosis,
            largest: sizes.iter().copied().fold(0.0, f64::max),
            outliers,
            spread_with_fitted,
            notes,
        }
    }
}
