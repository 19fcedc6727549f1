//! How well two images agree at the final pose.

use serde::{Deserialize, Serialize};

/// How well the two images agree at the final pose, over the samples of the finest level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Correlation of the smoothed images (−1 to 1), outliers included.
    pub correlation: f64,
    /// Root mean squared residual in the fixed image's unit, outliers included.
    pub rmse: f64,
    /// Share of the mask that the moving volume (and its mask) shows.
    pub overlap: f64,
    /// Noise of one smoothed image (robust standard deviation, fixed unit), both images taken to be equally noisy.
    pub noise_sd: f64,
    /// Distance at which the correlation of the residuals falls to 1/e (mm).
    pub residual_correlation_mm: f64,
    /// Share of samples whose residual counts as an outlier (changed bone, neighbours).
    pub outliers: f64,
    /// Steps over all levels of the chosen pose.
    pub iterations: usize,
    /// Voxels compared at the finest level.
    pub samples: usize,
    /// `fixed ≈ gain · moving + offset`.
    pub gain: f64,
    /// In the fixed image's unit.
    pub offset: f64,
    /// Standard error of the position of a point of the mask (mm, RMS over the samples).
    pub displacement_sd_mm: f64,
    /// The same at the worst sample.
    pub max_displacement_sd_mm: f64,
    /// Residual variance of the second-best distinct pose over that of the best, where the search found one.
    pub runner_up: Option<f64>,
}

/// Whether a registration may be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "lowercase")]
pub enum Gate {
    /// It may.
    Pass,
    /// It may not.
    Fail {
        /// Why, with the numbers.
        reason: String,
    },
}

impl Gate {
    /// Whether the registration may be used.
    #[must_use]
    pub fn passed(&self) -> bool {
        matches!(self, Self::Pass)
    }
}
