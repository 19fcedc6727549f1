//! Statistics of measurement: distributions' glue, precision error, least significant change, calibration of
//! probabilities, false discovery rate.
//!
//! Nothing here knows of images or lesions; everything takes plain numbers and says which formula it is.

mod calibration;
mod crossed_components;
mod distribution;
mod error;
mod jet;
mod linear_model;
mod posterior;
mod precision;
mod ranks;
mod ratings;

pub use calibration::{Coverage, ReliabilityBin, coverage, reliability};
pub use crossed_components::{
    CrossedComponents, OneWayComponents, crossed_components, one_way_components,
};
pub use distribution::{normal_cdf, normal_quantile, student_t_cdf, student_t_quantile};
pub use error::Error;
pub use linear_model::{Contrast, Design, LinearFit, fit_linear};
pub use posterior::{ClassProbability, Prior, change_posterior, expected_false_discovery};
pub use precision::{
    coefficient_of_variation, least_significant_change, rms_precision_error, welch_satterthwaite,
};
pub use ranks::{RankSum, mid_ranks, normal_scores, rank_sum};
pub use ratings::Ratings;
