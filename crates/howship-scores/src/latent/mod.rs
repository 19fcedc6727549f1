//! A Bayesian latent-change model: P(repair) of every joint, from how its readings agree.
//!
//! [`latent_changes`] fits a table of scores; [`PatternCounts`] does the same with assumed sensitivity for what a
//! paper prints of patterns.

mod collapse;
mod counts;
mod fit;
mod kernel;
mod options;
mod population;
mod random;
mod rates;
mod report;
mod sampler;

pub use counts::{PatternCounts, PatternFit, PureNoise};
pub use fit::latent_changes;
pub use options::{Artefact, BetaPrior, Grouping, LatentOptions, LatentPriors};
pub use report::{
    Called, ExpectedCount, JointProbability, LatentReport, Parameter, PatientProbability, Standing,
};
