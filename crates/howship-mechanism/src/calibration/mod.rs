//! What the default set gives beside the numbers that it was fitted to, and what follows from it.
//!
//! Everything here is *calibration*: sixteen constants against six numbers and one sign, and none of it is evidence
//! that the model is right.

mod definitions;
mod jiang;
mod lag;
mod sensitivity;
mod targets;
mod timing;

pub use definitions::{DefinitionRow, definitions};
pub use jiang::{Jiang, jiang};
pub use lag::{LagRow, lag_closed_form, lag_on_grid, lags};
pub use sensitivity::{Factor, SensitivityOptions, SobolIndex, first_visible, sobol};
pub use targets::{TargetRow, targets};
pub use timing::{DetectionRow, TimingRow, detection, paired_lag, timing};
