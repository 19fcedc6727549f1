//! A Bayesian latent-change model: P(repair) of every joint, from how its readings agree.
//!
//! [`latent_changes`] fits a table of scores; [`PatternCounts`] does the same with assumed sensitivity for what a
//! paper prints of patterns.

mod classes;
mod collapse;
mod counts;
mod design;
mod draw;
mod emission;
mod fit;
mod kernel;
mod model;
mod options;
mod patient_counts;
mod population;
mod posterior;
mod probabilities;
mod random;
mod rates;
mod report;
mod sampler;

pub use counts::{PatternCounts, PatternFit, PureNoise};
pub use fit::latent_changes;
pub use options::{Artefact, BetaPrior, Grouping, LatentOptions, LatentPriors};
pub use report::{
    Basis, Called, ExpectedCount, JointProbability, LatentReport, Parameter, PatientProbability,
    Standing,
};
